"""The flags that every command shares, declared once."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from grokcall.cli.flag_names import CONNECTION_OPTIONS, SPENDING_OPTIONS
from grokcall.cli.shared_options import one_of

# Help and completion read the flags without what is made of them: that is loaded where it is used.
if TYPE_CHECKING:
    from grokcall.cli.screens import Screen
    from grokcall.dbapi.connection import Connection

SERVICE = "Service"
BUDGET = "Budget"
PACE = "Pace and patience"
VALUES = "Calls and data"
MESSAGES = "Messages"
"""The headings at which the help shows the flags."""


@dataclass(slots=True)
class Flags:
    """The shared flags of one run of the command, by headings, those used most first."""

    sandbox: Annotated[
        bool, Option("--sandbox", rich_help_panel=SERVICE, help="Run on a local sandbox: no key, no network.")
    ] = False
    profile: Annotated[
        str | None,
        Option("--profile", metavar="NAME", rich_help_panel=SERVICE, help="The profile of the configuration file."),
    ] = None
    base_url: Annotated[
        str | None, Option("--base-url", metavar="URL", rich_help_panel=SERVICE, help="The address of the service.")
    ] = None
    transport: Annotated[
        str | None, Option("--transport", metavar="aiohttp|httpx", rich_help_panel=SERVICE, help="The HTTP client.")
    ] = None
    store: Annotated[
        bool | None,
        Option(
            "--store/--no-store",
            rich_help_panel=SERVICE,
            help="Whether the service keeps answers for 30 days where a call names no Store.",
        ),
    ] = None
    max_cost: Annotated[
        str | None,
        Option(
            "--max-cost", metavar="USD", rich_help_panel=BUDGET, help="Spend up to USD; exit code 4 when it is reached."
        ),
    ] = None
    max_calls: Annotated[
        int | None, Option("--max-calls", metavar="N", rich_help_panel=BUDGET, min=0, help="Make up to N calls.")
    ] = None
    max_tokens: Annotated[
        int | None,
        Option("--max-tokens", metavar="N", rich_help_panel=BUDGET, min=0, help="Read and write up to N tokens."),
    ] = None
    max_duration: Annotated[
        float | None,
        Option("--max-duration", metavar="SECONDS", rich_help_panel=BUDGET, min=0, help="Start no call after SECONDS."),
    ] = None
    assumed_output_tokens: Annotated[
        int | None,
        Option(
            "--assumed-output-tokens",
            metavar="N",
            rich_help_panel=BUDGET,
            min=1,
            help="Estimate with answers of up to N tokens where a call sets no MaxOutputTokens; not sent.",
        ),
    ] = None
    assumed_reasoning_tokens: Annotated[
        int | None,
        Option(
            "--assumed-reasoning-tokens",
            metavar="N",
            rich_help_panel=BUDGET,
            min=1,
            help="Estimate with up to N tokens of reasoning for each answer; not sent.",
        ),
    ] = None
    assumed_tool_cost: Annotated[
        str | None,
        Option(
            "--assumed-tool-cost",
            metavar="USD",
            rich_help_panel=BUDGET,
            help="Estimate with up to USD for the tools of each call, over all of its turns.",
        ),
    ] = None
    concurrency: Annotated[
        int | None,
        Option("--concurrency", metavar="N", rich_help_panel=PACE, min=1, help="Have up to N calls in flight."),
    ] = None
    timeout: Annotated[
        float | None,
        Option(
            "--timeout", metavar="SECONDS", rich_help_panel=PACE, min=0.001, help="Wait up to SECONDS for an answer."
        ),
    ] = None
    idle_timeout: Annotated[
        float | None,
        Option(
            "--idle-timeout",
            metavar="SECONDS",
            rich_help_panel=PACE,
            min=0.001,
            help="Give an answer in pieces up after SECONDS without a byte.",
        ),
    ] = None
    receive: Annotated[
        str | None,
        Option(
            "--receive",
            **one_of("whole", "stream"),
            rich_help_panel=PACE,
            help="Receive answers whole, or in pieces, which no proxy takes for idle.",
        ),
    ] = None
    connect_timeout: Annotated[
        float | None,
        Option(
            "--connect-timeout",
            metavar="SECONDS",
            rich_help_panel=PACE,
            min=0.001,
            help="Wait up to SECONDS for a connection.",
        ),
    ] = None
    max_attempts: Annotated[
        int | None,
        Option("--max-attempts", metavar="N", rich_help_panel=PACE, min=1, help="Try each request up to N times."),
    ] = None
    retry_billed: Annotated[
        bool | None,
        Option(
            "--retry-billed/--no-retry-billed",
            rich_help_panel=PACE,
            help="Send a billed request again when its answer is lost; each try is paid for.",
        ),
    ] = None
    requests_per_second: Annotated[
        float | None,
        Option(
            "--requests-per-second",
            metavar="N",
            rich_help_panel=PACE,
            help="Send up to N requests a second to each model.",
        ),
    ] = None
    requests_per_minute: Annotated[
        float | None,
        Option(
            "--requests-per-minute",
            metavar="N",
            rich_help_panel=PACE,
            help="Send up to N requests a minute to each model.",
        ),
    ] = None
    tokens_per_minute: Annotated[
        float | None,
        Option(
            "--tokens-per-minute", metavar="N", rich_help_panel=PACE, help="Use up to N tokens a minute of each model."
        ),
    ] = None
    poll_interval: Annotated[
        float | None,
        Option(
            "--poll-interval", metavar="SECONDS", rich_help_panel=PACE, help="Look at a video or a batch every SECONDS."
        ),
    ] = None
    poll_timeout: Annotated[
        float | None,
        Option("--poll-timeout", metavar="SECONDS", rich_help_panel=PACE, help="Wait up to SECONDS for a video."),
    ] = None
    default_model: Annotated[
        list[str] | None,
        Option(
            "--default-model",
            metavar="KIND=ID",
            rich_help_panel=VALUES,
            help="The model where a call names none: text=grok-4.6.",
        ),
    ] = None
    catalog: Annotated[
        Path | None,
        Option(
            "--catalog", metavar="FILE", rich_help_panel=VALUES, help="The file that keeps user-defined procedures."
        ),
    ] = None
    database: Annotated[
        Path | None,
        Option("--database", metavar="FILE", rich_help_panel=VALUES, help="The DuckDB file in which queries run."),
    ] = None
    strict_arity: Annotated[
        bool | None,
        Option(
            "--strict-arity/--no-strict-arity",
            rich_help_panel=VALUES,
            help="Demand every argument, as the vendor does.",
        ),
    ] = None
    strict_enums: Annotated[
        bool | None,
        Option("--strict-enums/--no-strict-enums", rich_help_panel=VALUES, help="Refuse values that are not listed."),
    ] = None
    allow_changes: Annotated[
        bool | None,
        Option(
            "--allow-changes/--no-allow-changes",
            rich_help_panel=VALUES,
            help="Let lookups and queries change and remove things at the service.",
        ),
    ] = None
    read_only: Annotated[
        bool | None,
        Option(
            "--read-only/--no-read-only",
            rich_help_panel=VALUES,
            help="Let nothing be made, changed or removed at the service.",
        ),
    ] = None
    show_secrets: Annotated[
        bool,
        Option("--show-secrets", rich_help_panel=VALUES, help="Show and write a new key, which is masked otherwise."),
    ] = False
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

    def laid_over(self, before: Flags) -> Flags:
        """These flags, with those given before the command's name where these are not given."""
        chosen = {}
        for item in fields(self):
            mine, earlier = getattr(self, item.name), getattr(before, item.name)
            chosen[item.name] = earlier if mine is None or mine is item.default else mine
        chosen["default_model"] = [*(before.default_model or ()), *(self.default_model or ())]
        return Flags(**chosen)

    def options(self) -> dict[str, Any]:
        """The connection options that were given."""
        given = {name: getattr(self, name) for name in CONNECTION_OPTIONS if getattr(self, name) is not None}
        if self.default_model:
            given["default_models"] = ",".join(self.default_model)
        return given

    def spending(self) -> dict[str, Any]:
        """The limits of what may be spent that were given."""
        return {name: getattr(self, name) for name in SPENDING_OPTIONS if getattr(self, name) is not None}

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

    def connection(self, *, limited: bool = True) -> AbstractContextManager[Connection]:
        """A connection with these flags; with ``--sandbox`` to a sandbox that lives as long as the block.

        Args:
            limited: Whether what may be spent limits the connection; False for a command that heeds it itself.
        """
        from grokcall.cli.connections import opened

        given = {**self.options(), **(self.spending() if limited else {})}
        given |= {"profile": self.profile, "transport": self.transport}
        return opened(given, self.console(), sandbox=self.sandbox, verbose=self.verbose)
