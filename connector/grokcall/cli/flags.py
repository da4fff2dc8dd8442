"""The flags that every command shares, declared once and added by a decorator."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from grokcall.budget.spending_limits import SpendingLimits
from grokcall.cli.exit_codes import guarded
from grokcall.cli.screens import Screen, shown
from grokcall.core.terminals import visible
from grokcall.dbapi.connection import Connection, connect
from grokcall.errors import InterfaceError
from grokcall.scheduling import event_loop as background

Profile = Annotated[
    str | None, typer.Option("--profile", metavar="NAME", help="The profile of the configuration file.")
]
BaseUrl = Annotated[str | None, typer.Option("--base-url", metavar="URL", help="Where the service is.")]
OnSandbox = Annotated[bool, typer.Option("--sandbox", help="Run on an embedded engine: no key, no network.")]
Timeout = Annotated[
    float | None, typer.Option("--timeout", metavar="SECONDS", help="How long to wait for an answer.", min=0.001)
]
ConnectTimeout = Annotated[
    float | None,
    typer.Option("--connect-timeout", metavar="SECONDS", help="How long to wait for a connection.", min=0.001),
]
RetryBilled = Annotated[
    bool | None,
    typer.Option(
        "--retry-billed/--no-retry-billed",
        help="Send a billed request again when its answer is lost; each try is paid for.",
    ),
]
MaxAttempts = Annotated[int | None, typer.Option("--max-attempts", metavar="N", help="Tries for each request.", min=1)]
Concurrency = Annotated[
    int | None, typer.Option("--concurrency", metavar="N", help="Calls in flight at the most.", min=1)
]
RequestsPerSecond = Annotated[
    float | None,
    typer.Option("--requests-per-second", metavar="N", help="Requests a second to each model at the most."),
]
RequestsPerMinute = Annotated[
    float | None,
    typer.Option("--requests-per-minute", metavar="N", help="Requests a minute to each model at the most."),
]
TokensPerMinute = Annotated[
    float | None,
    typer.Option("--tokens-per-minute", metavar="N", help="Tokens a minute of each model at the most."),
]
PollInterval = Annotated[
    float | None,
    typer.Option("--poll-interval", metavar="SECONDS", help="The time between looks at a video or a batch."),
]
PollTimeout = Annotated[
    float | None, typer.Option("--poll-timeout", metavar="SECONDS", help="When a video is given up.")
]
DefaultModel = Annotated[
    list[str] | None,
    typer.Option("--default-model", metavar="KIND=ID", help="The model where a call names none, e.g. text=grok-4.6."),
]
StrictArity = Annotated[
    bool | None, typer.Option("--strict-arity/--no-strict-arity", help="Demand every argument, as the vendor does.")
]
StrictEnums = Annotated[
    bool | None, typer.Option("--strict-enums/--no-strict-enums", help="Refuse values that are not listed.")
]
Store = Annotated[
    bool | None,
    typer.Option("--store/--no-store", help="Whether the service keeps answers (30 days) where a call does not say."),
]
TransportName = Annotated[
    str | None, typer.Option("--transport", metavar="aiohttp|httpx", help="What requests are sent with.")
]
MaxCost = Annotated[
    str | None, typer.Option("--max-cost", metavar="USD", help="What may be spent; exit code 4 when reached.")
]
MaxCalls = Annotated[int | None, typer.Option("--max-calls", metavar="N", help="Calls that may be made.", min=0)]
MaxTokens = Annotated[
    int | None, typer.Option("--max-tokens", metavar="N", help="Tokens that may be read and written.", min=0)
]
MaxDuration = Annotated[
    float | None, typer.Option("--max-duration", metavar="SECONDS", help="When no call starts any more.", min=0)
]
AssumedOutputTokens = Annotated[
    int | None,
    typer.Option(
        "--assumed-output-tokens",
        metavar="N",
        help="The longest text of an answer to reckon with without MaxOutputTokens; not sent.",
        min=1,
    ),
]
AssumedReasoningTokens = Annotated[
    int | None,
    typer.Option(
        "--assumed-reasoning-tokens",
        metavar="N",
        help="The longest reasoning of one answer to reckon with; not sent.",
        min=1,
    ),
]
AssumedToolCost = Annotated[
    str | None,
    typer.Option(
        "--assumed-tool-cost", metavar="USD", help="What tools are reckoned to add to a call, over all of its turns."
    ),
]
CatalogFile = Annotated[
    Path | None, typer.Option("--catalog", metavar="FILE", help="The file that keeps procedures of your own.")
]
DatabaseFile = Annotated[
    Path | None, typer.Option("--database", metavar="FILE", help="The DuckDB file in which queries run.")
]
CsvSafe = Annotated[
    bool, typer.Option("--csv-safe", help="Put a quote before texts that a spreadsheet would take for formulas.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show nothing but errors and data.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log requests and retries; never a key.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colours.")]

CONNECTION_OPTIONS = (
    "base_url",
    "timeout",
    "connect_timeout",
    "max_attempts",
    "retry_billed",
    "concurrency",
    "requests_per_second",
    "requests_per_minute",
    "tokens_per_minute",
    "poll_interval",
    "poll_timeout",
    "strict_arity",
    "strict_enums",
    "store",
    "catalog",
    "database",
)
"""The flags that are options of a connection by the same name and type."""
SPENDING_OPTIONS: tuple[str, ...] = tuple(item.name for item in fields(SpendingLimits))
"""Those that limit what is spent: a lookup takes them for itself, for other commands they limit the connection."""


@dataclass(slots=True)
class Flags:
    """The shared flags of one run of the command."""

    profile: Profile = None
    base_url: BaseUrl = None
    sandbox: OnSandbox = False
    timeout: Timeout = None
    connect_timeout: ConnectTimeout = None
    max_attempts: MaxAttempts = None
    retry_billed: RetryBilled = None
    concurrency: Concurrency = None
    requests_per_second: RequestsPerSecond = None
    requests_per_minute: RequestsPerMinute = None
    tokens_per_minute: TokensPerMinute = None
    poll_interval: PollInterval = None
    poll_timeout: PollTimeout = None
    default_model: DefaultModel = None
    strict_arity: StrictArity = None
    strict_enums: StrictEnums = None
    store: Store = None
    transport: TransportName = None
    catalog: CatalogFile = None
    database: DatabaseFile = None
    max_cost: MaxCost = None
    max_calls: MaxCalls = None
    max_tokens: MaxTokens = None
    max_duration: MaxDuration = None
    assumed_output_tokens: AssumedOutputTokens = None
    assumed_reasoning_tokens: AssumedReasoningTokens = None
    assumed_tool_cost: AssumedToolCost = None
    csv_safe: CsvSafe = False
    quiet: Quiet = False
    verbose: Verbose = False
    no_color: NoColor = False

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
        return Screen(stderr=True, quiet=self.quiet, no_color=self.no_color)

    def errors(self) -> Screen:
        """Where errors go: standard error, even when quiet."""
        return Screen(stderr=True, no_color=self.no_color)

    def screen(self) -> Screen:
        """Where tables go: standard output."""
        return Screen(no_color=self.no_color)

    @contextmanager
    def connection(self, *, limited: bool = True) -> Iterator[Connection]:
        """A connection with these flags; with ``--sandbox`` to an engine that lives as long as the block.

        Args:
            limited: Whether what may be spent limits the connection; False for a command that heeds it itself.
        """
        given = {**self.options(), **(self.spending() if limited else {})}
        if self.verbose:
            log_to_standard_error()
        if not self.sandbox:
            with (
                waits_shown(self.console()),
                connect(profile=self.profile, transport=self.transport, **given) as connection,
            ):
                yield connection
            return
        if self.base_url:
            raise InterfaceError("--sandbox starts an engine of its own; leave out --base-url")
        from grokcall.sandbox import SANDBOX_KEY, Sandbox

        options = {"poll_interval": 0.1, **given}
        with (
            waits_shown(self.console()),
            Sandbox() as sandbox,
            connect(
                profile=self.profile,
                api_key=SANDBOX_KEY,
                transport=self.transport,
                **{**options, "base_url": sandbox.base_url},
            ) as connection,
        ):
            yield connection


class ConsoleHandler(logging.Handler):
    """Shows what is logged as plain sentences."""

    def __init__(self, console: Screen) -> None:
        super().__init__(logging.WARNING)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Prints the sentence."""
        self._console.print(shown(record.getMessage()), soft_wrap=True)


@contextmanager
def waits_shown(console: Screen) -> Iterator[None]:
    """Says in the block for what a command still waits after an interrupt."""
    logger, handler = logging.getLogger(background.__name__), ConsoleHandler(console)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class VisibleFormatter(logging.Formatter):
    """Writes out control characters."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        return visible(super().format(record))


def log_to_standard_error() -> None:
    """Shows the library's log; its filter has taken every secret out."""
    logger = logging.getLogger("grokcall")
    handler = logging.StreamHandler()
    handler.setFormatter(VisibleFormatter("%(asctime)s %(name)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)


def shared_flags(command: Callable[..., int | None]) -> Callable[..., None]:
    """Adds the shared flags to a command, which gets them as its keyword argument ``flags`` and gives an exit code."""

    @wraps(command)
    def with_flags(context: typer.Context, **arguments: Any) -> None:
        given = Flags(**{item.name: arguments.pop(item.name) for item in fields(Flags)})
        flags = given.laid_over(context.obj) if isinstance(context.obj, Flags) else given
        context.obj = flags
        code = guarded(command, flags.errors(), {"flags": flags, **arguments}, traced=flags.verbose)
        if code:
            raise typer.Exit(code)

    own = [item for item in inspect.signature(command, eval_str=True).parameters.values() if item.name != "flags"]
    shared = inspect.signature(Flags, eval_str=True).parameters.values()
    keyword = [item.replace(kind=inspect.Parameter.KEYWORD_ONLY) for item in (*own, *shared)]
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    with_flags.__signature__ = inspect.Signature([context, *keyword])  # type: ignore[attr-defined]
    with_flags.__annotations__ = {item.name: item.annotation for item in (context, *keyword)}
    return with_flags
