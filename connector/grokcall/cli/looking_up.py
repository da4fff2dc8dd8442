"""``grokcall lookup``: one call for each row of a table, the answers in a file beside the rows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from grokcall.cli.display import show_dry_run, show_summary
from grokcall.cli.exits import Exit
from grokcall.cli.flags import Flags
from grokcall.cli.lookup_run import ErrorFile, LookupRun
from grokcall.cli.progress import report
from grokcall.cli.values import mapping, names
from grokcall.connection import Connection
from grokcall.lookup import LookupStream, chunk_rows
from grokcall.tables import open_table, open_writer
from grokcall_parser import parse_call


def lookup(
    *,
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="A .csv .tsv .json .jsonl .parquet .arrow or .xlsx file, file.duckdb::table, a SELECT, or -.",
        ),
    ],
    command: Annotated[str, typer.Argument(metavar="CALL", help="The CALL; its markers take columns of the input.")],
    maps: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="MARKER=COLUMN", help="Which column a marker takes; @COLUMN holds paths."),
    ] = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="OUT", help="Where the rows go; - is standard output.")
    ] = None,
    errors: Annotated[
        str | None, typer.Option("--errors", metavar="FILE", help="Where failed rows go; beside OUT by default.")
    ] = None,
    on_error: Annotated[
        str | None, typer.Option("--on-error", help="redirect failed rows, ignore (keep them), or fail.")
    ] = None,
    on_null_input: Annotated[
        str, typer.Option("--on-null-input", help="error or skip, for NULL in a required parameter.")
    ] = "error",
    fields: Annotated[
        str | None, typer.Option("--fields", metavar="A,B", help="The result fields to add; all without it.")
    ] = None,
    prefix: Annotated[str, typer.Option("--prefix", help="Put before the name of each result field.")] = "",
    call_columns: Annotated[
        bool, typer.Option("--call-columns", help="Add the Call_* columns: status, error, attempts, cost.")
    ] = False,
    form: Annotated[
        str | None, typer.Option("--format", help="The output's format where its name does not tell.")
    ] = None,
    input_format: Annotated[
        str | None, typer.Option("--input-format", help="The input's format where its name does not tell.")
    ] = None,
    max_cost: Annotated[
        str | None,
        typer.Option("--max-cost", metavar="USD", help="What it may cost; exit code 4 when reached."),
    ] = None,
    max_calls: Annotated[int | None, typer.Option("--max-calls", help="Calls it may make.", min=0)] = None,
    max_tokens: Annotated[int | None, typer.Option("--max-tokens", help="Tokens it may read and write.", min=0)] = None,
    max_duration: Annotated[
        float | None, typer.Option("--max-duration", help="Seconds after which no call starts.", min=0)
    ] = None,
    assumed_output_tokens: Annotated[
        int | None,
        typer.Option("--assumed-output-tokens", help="The longest answer to reckon with without MaxOutputTokens."),
    ] = None,
    journal: Annotated[
        Path | None, typer.Option("--journal", metavar="FILE", help="Keep finished calls, so that a rerun continues.")
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Send again what failed for good in the journal.")
    ] = False,
    reuse: Annotated[bool, typer.Option("--reuse", help="Take answers of the journal's other runs as well.")] = False,
    dedupe: Annotated[bool, typer.Option("--dedupe/--no-dedupe", help="Whether equal calls share one request.")] = True,
    dry: Annotated[bool, typer.Option("--dry-run", help="Tell rows, calls and price; send nothing.")] = False,
    flags: Flags,
) -> int:
    """Put the result of a CALL beside each row of a table."""
    target = output or default_output(source)
    to_stdout = target == "-"
    policy = on_error or ("ignore" if to_stdout and errors is None else "redirect")
    options: dict[str, Any] = {
        "on_error": policy,
        "on_null_input": on_null_input,
        "fields": names(fields),
        "prefix": prefix,
        "call_columns": call_columns or None,
        "concurrency": flags.concurrency,
        "max_cost": max_cost,
        "max_calls": max_calls,
        "max_tokens": max_tokens,
        "max_duration": max_duration,
        "assumed_output_tokens": assumed_output_tokens,
        "journal": journal,
        "retry_failed": retry_failed,
        "reuse": reuse,
        "dedupe": dedupe,
    }
    with (
        flags.connection() as connection,
        open_table(source, format=input_format, batch_rows=rows_at_once(connection, command)) as table,
        connection.lookup_stream(command, table, mapping(maps or ()), **options) as stream,
    ):
        if dry:
            show_dry_run(flags.console(), stream.dry_run())
            return Exit.FINE
        if stream.guarantee is not None:
            flags.console().print(stream.guarantee, soft_wrap=True)
        return moved(stream, target, errors, form, flags)


def moved(stream: LookupStream, target: str, errors: str | None, form: str | None, flags: Flags) -> int:
    """Moves a lookup's rows to their files and tells what it did."""
    to_stdout = target == "-"
    with open_writer(target, stream.schema, format=form or ("jsonl" if to_stdout else None)) as writer:
        failed = ErrorFile(errors or beside(target), stream.error_schema)
        LookupRun(stream, writer, failed).to_the_end(report(flags.console(), stream.row_count))
    if stream.in_doubt:
        flags.console().print(
            f"{stream.in_doubt:,} calls of an earlier try were sent and never answered: they may have been billed",
            soft_wrap=True,
        )
    show_summary(flags.console(), stream.summary, {"output": None if to_stdout else target, "errors": failed.path})
    return Exit.FAILED_ROWS if stream.summary.failed else Exit.FINE


def rows_at_once(connection: Connection, command: str) -> int:
    """How many rows of the input to read at once for this command."""
    return chunk_rows(connection.binder(parse_call(command)))


def default_output(source: str) -> str:
    """Where rows go when nothing is said: standard output for a pipe, a file for a terminal."""
    if not sys.stdout.isatty():
        return "-"
    path = Path(source.partition("::")[0])
    named = path.stem if path.suffix and "\n" not in source and len(path.suffix) <= 8 else "rows"
    return f"{named}.grokcall.parquet"


def beside(target: str) -> str | None:
    """The file for failed rows beside an output; None where there is no file."""
    if target == "-":
        return None
    if "::" in target:
        return f"{target}_errors"
    path = Path(target)
    return str(path.with_name(f"{path.stem}.errors{path.suffix}"))
