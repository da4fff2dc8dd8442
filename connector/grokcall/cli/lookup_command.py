"""``grokcall lookup``: one call for each row of a table, the answers in a file beside the rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from grokcall.cli.flags import Flags
from grokcall.cli.shared_options import (
    FAILURES,
    JOURNAL,
    REQUESTS,
    CallColumns,
    Dedupe,
    NoJournal,
    OnIncomplete,
    OnNullInput,
    RetryFailed,
    Reuse,
    one_of,
)

ESTIMATE = "Estimate"
INPUT = "Input"
OUTPUT = "Output"
"""Headings at which the help shows options."""


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
    fields: Annotated[
        str | None, Option("--fields", metavar="A,B", help="The result fields to add; all without it.")
    ] = None,
    on_error: Annotated[
        str | None,
        Option(
            "--on-error",
            **one_of("redirect", "ignore", "fail"),
            help="Redirect failed rows to a file, ignore (keep them with NULL), or fail at the first.",
        ),
    ] = None,
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
    prices: Annotated[
        str,
        Option(
            "--prices",
            **one_of("table", "service"),
            rich_help_panel=ESTIMATE,
            help="Estimate with the dated table of the package, or ask the service for its prices.",
        ),
    ] = "table",
    input_format: Annotated[
        str | None,
        Option(
            "--input-format",
            metavar="NAME",
            rich_help_panel=INPUT,
            help="The format of INPUT, where its name does not tell.",
        ),
    ] = None,
    types: Annotated[
        str,
        Option(
            "--types",
            **one_of("text", "auto", "schema"),
            rich_help_panel=INPUT,
            help="CSV cells: text as it stands, typed where that changes none, or as --column says.",
        ),
    ] = "text",
    column: Annotated[
        list[str] | None,
        Option("--column", metavar="NAME=TYPE", rich_help_panel=INPUT, help="The type of a column: id=INT64."),
    ] = None,
    encoding: Annotated[
        str | None,
        Option("--encoding", metavar="NAME", rich_help_panel=INPUT, help="The encoding of INPUT: cp1252."),
    ] = None,
    form: Annotated[
        str | None,
        Option(
            "--format", metavar="NAME", rich_help_panel=OUTPUT, help="The format of OUT, where its name does not tell."
        ),
    ] = None,
    prefix: Annotated[
        str, Option("--prefix", metavar="TEXT", rich_help_panel=OUTPUT, help="Put TEXT before each result field.")
    ] = "",
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
    call_columns: CallColumns = False,
    many: Annotated[
        str,
        Option(
            "--many",
            **one_of("nest", "expand"),
            rich_help_panel=OUTPUT,
            help="Where a call gives any number of rows: a list in each row, or an output row for each of them.",
        ),
    ] = "nest",
    drop_empty: Annotated[
        bool,
        Option(
            "--drop-empty", rich_help_panel=OUTPUT, help="With --many expand: leave out rows whose call gives no rows."
        ),
    ] = False,
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
    on_null_input: OnNullInput = "error",
    on_incomplete: OnIncomplete = "keep",
    journal: Annotated[
        Path | None,
        Option(
            "--journal",
            metavar="FILE",
            rich_help_panel=JOURNAL,
            help="Keep finished calls in FILE, so that a rerun continues; else in GROKCALL_JOURNAL, else beside OUT "
            "until every row has its answer.",
        ),
    ] = None,
    no_journal: NoJournal = False,
    retry_failed: RetryFailed = False,
    reuse: Reuse = False,
    dedupe: Dedupe = True,
    batch: Annotated[
        bool,
        Option("--batch", rich_help_panel=REQUESTS, help="Send the calls as a batch, which takes up to a day."),
    ] = False,
    wait: Annotated[
        bool,
        Option(
            "--wait/--no-wait",
            rich_help_panel=REQUESTS,
            help="Wait for the batch, or leave it; the same command takes its answers later.",
        ),
    ] = True,
    flags: Flags,
) -> int:
    """Put the result of a CALL beside each row of a table."""
    # Loaded when it runs: help and completion need nothing of it.
    from grokcall.cli.lookups import Reading, Writing, run_lookup

    options: dict[str, Any] = {
        "on_null_input": on_null_input,
        "prefix": prefix,
        "call_columns": call_columns,
        "many": many,
        "keep_empty": not drop_empty,
        "on_incomplete": on_incomplete,
        "prices": prices,
        "retry_failed": retry_failed,
        "reuse": reuse,
        "dedupe": dedupe,
        "batch": batch,
        "wait": wait,
    }
    reading = Reading(source, input_format, types, column or (), encoding)
    files = (unnest or (), unnest_keep)
    writing = Writing(output, form, fields, on_error, errors, journal, no_journal, summary, *files)
    return run_lookup(command, maps or (), reading, writing, options, flags, count_tokens if dry else None)
