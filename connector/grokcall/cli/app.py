"""The command line's front door: the list of commands."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from grokcall._version import __version__
from grokcall.cli.call_command import call
from grokcall.cli.demo_command import demo
from grokcall.cli.flags import Flags, shared_flags
from grokcall.cli.help import SectionedCommand, SectionedGroup
from grokcall.cli.lookup_command import lookup
from grokcall.cli.procedures_command import models, procedures
from grokcall.cli.runs_command import runs_app
from grokcall.cli.service_commands import check, sandbox
from grokcall.cli.signals import terminations_raised
from grokcall.cli.sql_command import sql
from grokcall.core.terminals import hold_closed_streams

app: typer.Typer = typer.Typer(
    name="grokcall",
    cls=SectionedGroup,
    help="Stored procedures for xAI's Grok API: an answer beside each row of a table.",
    epilog=(
        "The key is taken from XAI_API_KEY, the file XAI_API_KEY_FILE, the keyring or a profile; it is never an "
        "argument. Exit codes: 0 all fine, 1 some rows failed, 2 usage, 3 key refused, 4 stopped by a budget, "
        "5 service unreachable, 130 interrupted."
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def print_version(wanted: bool) -> None:
    """Prints the version and ends."""
    if wanted:
        sys.stdout.write(f"grokcall {__version__}\n")
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


for _function in (call, lookup, sql, procedures, models, check, sandbox, demo):
    app.command(cls=SectionedCommand)(shared_flags(_function))
app.add_typer(runs_app, name="runs")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command and leaves the process with its exit code."""
    hold_closed_streams()
    with terminations_raised():
        app(arguments)
