"""The command line's front door: the options before a command, and the commands by their names."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from grokcall._version import __version__
from grokcall.cli.flags import Flags
from grokcall.cli.groups import CommandGroup
from grokcall.cli.shared_flags import shared_flags
from grokcall.cli.signals import terminations_raised
from grokcall.core.terminals import hold_closed_streams

COMPLETION_VARIABLE = "_GROKCALL_COMPLETE"
"""Set by a shell that asks how a command line could go on."""

WIDEST_HELP = 120
"""Columns that the help takes of a wide terminal."""

app: typer.Typer = typer.Typer(
    name="grokcall",
    cls=CommandGroup,
    help="Stored procedures for xAI's Grok API: an answer beside each row of a table.",
    epilog=(
        "The key is taken from XAI_API_KEY, the file XAI_API_KEY_FILE, the keyring or a profile; it is never an "
        "argument. Exit codes: 0 all fine, 1 some rows failed, 2 usage, 3 key refused, 4 stopped by a budget, "
        "5 service unreachable, 130 interrupted."
    ),
    no_args_is_help=True,
    context_settings={"max_content_width": WIDEST_HELP},
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def print_version(wanted: bool) -> None:
    """Prints the version and ends."""
    if wanted:
        typer.echo(f"grokcall {__version__}")
        raise typer.Exit


@app.callback()
@shared_flags
def common(
    *,
    flags: Flags,
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Stored procedures for xAI's Grok API: an answer beside each row of a table."""


def run(arguments: Sequence[str]) -> None:
    """Runs the command and leaves the process with its exit code."""
    hold_closed_streams()
    if COMPLETION_VARIABLE in os.environ:
        # Typer would load Rich to take markup out of the sentences, which have none, and the shell would wait for it.
        sys.modules.setdefault("rich", None)  # type: ignore[arg-type]  # None: not to be found
    with terminations_raised():
        app(arguments, prog_name="grokcall")
