"""Commands that are loaded when they are used: a group knows their names and first sentences before that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from grokcall.cli.commands import COMMANDS, CommandEntry
from grokcall.cli.given_values import checked_where_given
from grokcall.cli.help import SectionedCommand, write_example, write_rows, write_sections
from grokcall.cli.shared_flags import shared_flags
from grokcall.core.terminals import visible


class LazyCommands(Mapping[str, TyperCommand | TyperGroup]):
    """Commands by their names; one is loaded when it is first looked up."""

    def __init__(self, entries: Sequence[CommandEntry]) -> None:
        self.entries: dict[str, CommandEntry] = {entry.name: entry for entry in entries}
        self._loaded: dict[str, TyperCommand | TyperGroup] = {}

    def __getitem__(self, name: str) -> TyperCommand | TyperGroup:
        if name not in self._loaded:
            self._loaded[name] = load(self.entries[name])
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


class LazyCommand(TyperCommand):
    """Stands for a command until it is run: its name and what it does."""

    def __init__(self, commands: LazyCommands, name: str) -> None:
        super().__init__(name, short_help=commands.entries[name].summary, rich_markup_mode=None)
        self._commands = commands

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:
        """The context of a run of the command itself."""
        return self._commands[str(self.name)].make_context(info_name, args, parent, **extra)


class CommandGroup(TyperGroup):
    """A group of commands whose help has sections, the commands before the options that they share.

    Args:
        entries: Its commands.
        example: A command line that works.
    """

    def __init__(
        self, *, entries: Sequence[CommandEntry] = COMMANDS, example: str = "grokcall demo", **options: Any
    ) -> None:
        super().__init__(**options)
        self.commands: Any = LazyCommands(entries)
        self.example = example

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters."""
        return checked_where_given(super().get_params(ctx))

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer fixes what it is given
        """The names of the commands."""
        return list(self.commands)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command of a name, or None."""
        return LazyCommand(self.commands, cmd_name) if cmd_name in self.commands else None

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """The context of a run."""
        with usage_errors_visible():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        """Runs a command."""
        with usage_errors_visible():
            return super().invoke(ctx)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Writes what the commands are for, and an example."""
        super().format_help_text(ctx, formatter)
        write_example(self.example, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes the commands and the parameters."""
        self.format_commands(ctx, formatter)
        write_sections(self.get_params(ctx), ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Writes the commands under their headings, what they do in full: a sentence that breaks off helps nobody."""
        rows: dict[str, list[tuple[str, str]]] = {}
        for entry in self.commands.entries.values():
            rows.setdefault(entry.heading, []).append((entry.name, entry.summary))
        write_rows(rows, formatter)


def load(entry: CommandEntry) -> TyperCommand | TyperGroup:
    """The command of an entry."""
    if entry.below:
        return CommandGroup(
            name=entry.name,
            entries=entry.below,
            example=entry.example,
            help=entry.summary,
            no_args_is_help=True,
            rich_markup_mode=None,
        )
    module, _, name = entry.place.partition(":")
    alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    alone.command(entry.name, cls=SectionedCommand)(shared_flags(getattr(import_module(module), name)))
    command = typer.main.get_command(alone)
    assert isinstance(command, SectionedCommand)
    command.example, command.shared = entry.example, entry.shared
    return command


@contextmanager
def usage_errors_visible() -> Iterator[None]:
    """Writes out the control characters of arguments that an error quotes: a shell makes them of names of files."""
    try:
        yield
    except Exception as error:
        if isinstance(message := getattr(error, "message", None), str):
            error.message = visible(message)  # type: ignore[attr-defined]
        raise
