"""The help of commands: their own options first, then the shared ones, by what they are for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer.core import TyperCommand, TyperGroup

from grokcall.core.terminals import visible

SECTIONS: dict[str, tuple[str, ...]] = {
    "Service": (
        "profile",
        "base_url",
        "sandbox",
        "default_model",
        "strict_arity",
        "strict_enums",
        "store",
        "transport",
        "catalog",
        "database",
    ),
    "Pace and patience": (
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
    ),
    "Limits of what is spent": (
        "max_cost",
        "max_calls",
        "max_tokens",
        "max_duration",
        "assumed_output_tokens",
        "assumed_reasoning_tokens",
        "assumed_tool_cost",
    ),
    "Messages": ("csv_safe", "quiet", "verbose", "no_color"),
}
"""The shared flags under the headings at which the help shows them."""

LONGEST = 400
"""Characters of what a command does."""

_HEADINGS = {name: heading for heading, names in SECTIONS.items() for name in names}


def write_sections(command: Any, context: Any, formatter: Any) -> None:
    """Writes a command's parameters, each under its heading; a command's own are its arguments and options."""
    rows: dict[str, list[tuple[str, str]]] = {heading: [] for heading in ("Arguments", "Options", *SECTIONS)}
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            own = "Arguments" if parameter.param_type_name == "argument" else "Options"
            rows[_HEADINGS.get(parameter.name, own)].append(record)
    # One width for all, so that the explanations stand in one column.
    widest = max((len(name) for records in rows.values() for name, _ in records), default=0)
    for heading, records in rows.items():
        if records:
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(min(widest, 30)), told) for name, told in records])


@contextmanager
def usage_errors_visible() -> Iterator[None]:
    """Writes out the control characters of arguments that an error quotes: a shell makes them of names of files."""
    try:
        yield
    except Exception as error:
        if isinstance(message := getattr(error, "message", None), str):
            error.message = visible(message)  # type: ignore[attr-defined]
        raise


class SectionedCommand(TyperCommand):
    """A command whose help has sections."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes the parameters."""
        write_sections(self, ctx, formatter)


class SectionedGroup(TyperGroup):
    """A group of commands whose help has sections, the commands before the options that they share."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """The context of a run."""
        with usage_errors_visible():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        """Runs a command."""
        with usage_errors_visible():
            return super().invoke(ctx)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes the commands and the parameters."""
        self.format_commands(ctx, formatter)
        write_sections(self, ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Writes the commands, what they do in full: a sentence that breaks off helps nobody."""
        with formatter.section("Commands"):
            found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
            formatter.write_dl([(name, command.get_short_help_str(LONGEST)) for name, command in found if command])
