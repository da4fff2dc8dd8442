"""The help of commands: what is used most comes first, and what all commands take does not hide what one takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from typer.core import TyperCommand

from grokcall.cli.flags import Flags
from grokcall.cli.given_values import checked_where_given

SHARED = frozenset(item.name for item in fields(Flags))
WIDEST = 30
"""Columns for the names of options; the explanation of a longer one begins on the next line."""


class SectionedCommand(TyperCommand):
    """A command whose help has sections."""

    example: str = ""
    """A command line that works."""
    shared: Sequence[str] = ()
    """The shared flags that the help shows."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters."""
        return checked_where_given(super().get_params(ctx))

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Writes what the command does, and an example."""
        super().format_help_text(ctx, formatter)
        write_example(self.example, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes the parameters, of the shared flags those that matter most here."""
        parameters = self.get_params(ctx)
        own = [each for each in parameters if each.name not in SHARED]
        shared = {each.name: each for each in parameters if each.name in SHARED}
        write_sections(own, ctx, formatter, [shared[name] for name in self.shared])
        formatter.write_paragraph()
        formatter.write_text("Every command takes the shared options: see grokcall --help.")


def write_sections(parameters: Sequence[Any], ctx: Any, formatter: Any, shared: Sequence[Any] = ()) -> None:
    """Writes parameters, each under the heading that it was declared with, those without one first.

    Args:
        parameters: The parameters of the command.
        ctx: The context of the run.
        formatter: What writes the help.
        shared: Shared flags that come before those under headings of their own.
    """
    found: dict[str, list[Any]] = {"Arguments": [], "Options": [], "Shared options": list(shared)}
    for each in parameters:
        usual = "Arguments" if each.param_type_name == "argument" else "Options"
        found.setdefault(getattr(each, "rich_help_panel", None) or usual, []).append(each)
    records = {
        heading: [record for each in those if (record := each.get_help_record(ctx)) is not None]
        for heading, those in found.items()
    }
    write_rows(records, formatter)


def write_rows(rows: Mapping[str, Sequence[tuple[str, str]]], formatter: Any) -> None:
    """Writes names and explanations under headings, all explanations in one column."""
    widest = max((len(name) for records in rows.values() for name, _ in records), default=0)
    for heading, records in rows.items():
        if records:
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(min(widest, WIDEST)), told) for name, told in records])


def write_example(example: str, formatter: Any) -> None:
    """Writes a command line in one piece, so that it can be copied."""
    if example:
        with formatter.section("Example"):
            formatter.write(f"  {example}\n")
