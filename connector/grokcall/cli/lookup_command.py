"""``grokcall lookup``: one call for each row of a table, the answers in a file beside the rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from grokcall.cli.flags import Flags
from grokcall.cli.lookup_flags import OF_LOOKUPS, lookup_flags
from grokcall.cli.shared_options import NoJournal
from grokcall.core.option_facts import ESTIMATE, FAILURES, INPUT, OUTPUT


@lookup_flags(
    OF_LOOKUPS,
    journal="Keep finished calls in FILE, so that a rerun continues; else in GROKCALL_JOURNAL, else beside OUT until "
    "every row has its answer.",
)
def lookup(
    *,
    source: Annotated[
        str,
        Argument(
            metavar="INPUT",
            help="A .csv .tsv .json .jsonl .parquet .arrow or .xlsx file, file.duckdb::table, a SELECT, or -.",
        ),
    ],
    command: Annotated[str, Argument(metavar="CALL", help="The CALL; its markers take columns of the input.")],
    output: Annotated[
        str | None, Option("-o", "--output", metavar="OUT", help="Where the rows go; - is standard output.")
    ] = None,
    maps: Annotated[
        list[str] | None,
        Option("--map", metavar="MARKER=COLUMN", help="The column that a marker takes; @COLUMN holds paths of files."),
    ] = None,
    options: dict[str, Any],
    dry: Annotated[
        bool, Option("--dry-run", help="Count rows and calls and estimate the price; send nothing.")
    ] = False,
    count_tokens: Annotated[
        int,
        Option(
            "--count-tokens",
            metavar="N",
            rich_help_panel=ESTIMATE,
            min=0,
            help="Dry run: have the service count the tokens of N calls.",
        ),
    ] = 0,
    input_format: Annotated[
        str | None,
        Option(
            "--input-format",
            metavar="NAME",
            rich_help_panel=INPUT,
            help="The format of INPUT, where its name does not tell.",
        ),
    ] = None,
    form: Annotated[
        str | None,
        Option(
            "--format", metavar="NAME", rich_help_panel=OUTPUT, help="The format of OUT, where its name does not tell."
        ),
    ] = None,
    unnest: Annotated[
        list[str] | None,
        Option(
            "--unnest",
            metavar="FIELD=FILE",
            rich_help_panel=OUTPUT,
            help="Write the lists of a field to FILE, a row for each element: Response_Citations=citations.parquet.",
        ),
    ] = None,
    unnest_keep: Annotated[
        str | None,
        Option(
            "--unnest-keep",
            metavar="A,B",
            rich_help_panel=OUTPUT,
            help="The columns that stand beside each element; those of INPUT without it.",
        ),
    ] = None,
    summary: Annotated[
        Path | None,
        Option("--summary", metavar="FILE", rich_help_panel=OUTPUT, help="Write how it ended to FILE, as JSON."),
    ] = None,
    errors: Annotated[
        str | None,
        Option(
            "--errors", metavar="FILE", rich_help_panel=FAILURES, help="Where failed rows go; beside OUT by default."
        ),
    ] = None,
    no_journal: NoJournal = False,
    flags: Flags,
) -> int:
    """Put the result of a CALL beside each row of a table."""
    # Loaded when it runs: help and completion need nothing of it.
    from grokcall.cli.lookup_files import READ, Reading, Writing
    from grokcall.cli.lookups import run_lookup

    reading = Reading(source, input_format, {name: options.pop(name) for name in READ if name in options})
    writing = Writing(output, form, errors, no_journal, summary, unnest or (), unnest_keep)
    return run_lookup(command, maps or (), reading, writing, options, flags, count_tokens if dry else None)
