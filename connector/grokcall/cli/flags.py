"""The flags that every command shares: those of the options of a connection, and a few of the command line's own."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from grokcall.cli.declared_flags import flag_name, with_flags
from grokcall.config.declared_options import DeclaredOptions
from grokcall.core.declarations import Declaration, declarations
from grokcall.core.option_facts import LIMITS, MESSAGES, SERVICE, VALUES

# Help and completion read the flags without what is made of them: that is loaded where it is used.
if TYPE_CHECKING:
    from grokcall.cli.screens import Screen
    from grokcall.dbapi.connection import Connection

DECLARED: tuple[Declaration, ...] = tuple(declarations(DeclaredOptions).values())
FLAGGED = {each.name: flag_name(each) for each in DECLARED if each.about.flag is not None}
"""The options of a connection that have flags, with the names of those."""
SPENDING_OPTIONS = tuple(each.name for each in DECLARED if each.about in LIMITS)
"""Those that limit what is spent: a lookup takes them for itself, for other commands they limit the connection."""
CONNECTION_OPTIONS = tuple(name for name in FLAGGED if name not in SPENDING_OPTIONS)
"""The others."""


@dataclass(slots=True)
@with_flags(DECLARED, before="show_secrets")
class Flags:
    """The shared flags of one run of the command: these, and before ``csv_safe`` those of a connection's options."""

    sandbox: Annotated[
        bool, Option("--sandbox", rich_help_panel=SERVICE, help="Run on a local sandbox: no key, no network.")
    ] = False
    show_secrets: Annotated[
        bool,
        Option("--show-secrets", rich_help_panel=VALUES, help="Show and write a new key, which is masked otherwise."),
    ] = False
    tool: Annotated[
        list[str] | None,
        Option(
            "--tool",
            metavar="MODULE:FUNCTION",
            rich_help_panel=VALUES,
            help="A function that Tools may name, from a module of Python; may be repeated.",
        ),
    ] = None
    csv_safe: Annotated[
        bool,
        Option(
            "--csv-safe",
            rich_help_panel=VALUES,
            help="Put a quote before texts that a spreadsheet would take for formulas.",
        ),
    ] = False
    quiet: Annotated[
        bool, Option("--quiet", "-q", rich_help_panel=MESSAGES, help="Show nothing but errors and data.")
    ] = False
    verbose: Annotated[
        bool, Option("--verbose", "-v", rich_help_panel=MESSAGES, help="Log requests and retries, never a key.")
    ] = False
    no_color: Annotated[bool, Option("--no-color", rich_help_panel=MESSAGES, help="Use no colours.")] = False

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """The flag of an option."""

    def laid_over(self, before: Flags) -> Flags:
        """These flags, with those given before the command's name where these are not given."""
        chosen = {}
        for item in fields(self):
            mine, earlier = getattr(self, item.name), getattr(before, item.name)
            chosen[item.name] = earlier if mine is None or mine is item.default else mine
        for name in ("default_model", "tool"):
            chosen[name] = [*(getattr(before, name) or ()), *(getattr(self, name) or ())]
        return Flags(**chosen)

    def options(self) -> dict[str, Any]:
        """The connection options that were given, but for the limits of what may be spent."""
        return self._given(CONNECTION_OPTIONS)

    def spending(self) -> dict[str, Any]:
        """The limits of what may be spent that were given."""
        return self._given(SPENDING_OPTIONS)

    def _given(self, names: Iterable[str]) -> dict[str, Any]:
        found = {name: getattr(self, FLAGGED[name]) for name in names}
        return {
            name: ",".join(value) if isinstance(value, list) else value  # a table in pieces
            for name, value in found.items()
            if value is not None and value != []
        }

    def console(self) -> Screen:
        """Where everything but data goes: standard error."""
        from grokcall.cli.screens import Screen

        return Screen(stderr=True, quiet=self.quiet, no_color=self.no_color)

    def errors(self) -> Screen:
        """Where errors go: standard error, even when quiet."""
        from grokcall.cli.screens import Screen

        return Screen(stderr=True, no_color=self.no_color)

    def screen(self) -> Screen:
        """Where tables go: standard output."""
        from grokcall.cli.screens import Screen

        return Screen(no_color=self.no_color)

    def connection(self, *, limited: bool = True, files: bool = False) -> AbstractContextManager[Connection]:
        """A connection with these flags; with ``--sandbox`` to a sandbox that lives as long as the block.

        Args:
            limited: Whether what may be spent limits the connection; False for a command that heeds it itself.
            files: Whether text may name files where nothing says otherwise: for statements of the user's own.
        """
        from grokcall.cli.connections import opened

        given = {**self.options(), **(self.spending() if limited else {})}
        return opened(
            given, self.console(), sandbox=self.sandbox, verbose=self.verbose, files=files, tools=self.tool or ()
        )
