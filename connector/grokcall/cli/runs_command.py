"""``grokcall runs``: what a journal holds, and how to be rid of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from grokcall.cli.flags import Flags
from grokcall.cli.shared_options import AsJson

JournalFile = Annotated[
    Path, Option("--journal", metavar="FILE", envvar="GROKCALL_JOURNAL", help="The journal to look at.")
]
RunName = Annotated[str, Argument(metavar="RUN", help="A run's name, its beginning, or last for the latest.")]

# What the commands run is loaded in them: help and completion need nothing of it.


def list_(*, journal: JournalFile, as_json: AsJson = False, flags: Flags) -> None:
    """List the runs, the oldest first."""
    from grokcall.cli.run_reports import list_runs

    list_runs(journal, as_json, flags)


def show(*, run: RunName = "last", journal: JournalFile, as_json: AsJson = False, flags: Flags) -> None:
    """Show one run: what it was, how far it came, what it cost."""
    from grokcall.cli.run_reports import show_run

    show_run(run, journal, as_json, flags)


def export(
    *,
    run: RunName = "last",
    journal: JournalFile,
    output: Annotated[
        str, Option("-o", "--output", metavar="OUT", help="Where the rows go; - is standard output.")
    ] = "-",
    form: Annotated[
        str | None, Option("--format", metavar="NAME", help="The format of OUT, where its name does not tell.")
    ] = None,
    as_json: AsJson = False,
    flags: Flags,
) -> None:
    """Write the calls of a run to a file: fingerprint, how each went, what it gave."""
    from grokcall.cli.run_reports import export_run

    export_run(run, journal, output, form or ("json" if as_json else None), flags)


def prune(
    *,
    runs: Annotated[list[str] | None, Argument(metavar="RUN", help="The runs to remove, by name.")] = None,
    journal: JournalFile,
    keep: Annotated[int | None, Option("--keep", metavar="N", min=0, help="Keep the latest N runs.")] = None,
    older_than: Annotated[
        float | None, Option("--older-than", metavar="DAYS", min=0, help="Remove what ended longer ago.")
    ] = None,
    as_json: AsJson = False,
    flags: Flags,
) -> None:
    """Remove runs, with the media that only they use."""
    from grokcall.cli.run_reports import prune_runs

    prune_runs(runs or (), journal, keep, older_than, as_json, flags)
