"""``grokcall lookup``: one call for each row of a table, the answers in a file beside the rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from grokcall.cli.display import show_dry_run, show_summary
from grokcall.cli.exit_codes import Exit
from grokcall.cli.flags import Flags
from grokcall.cli.journal_files import journal_of_lookup
from grokcall.cli.lookup_files import ErrorFile, LookupRun
from grokcall.cli.next_steps import failed_rows, flag_of, next_step
from grokcall.cli.progress import report
from grokcall.cli.screens import on_terminal
from grokcall.cli.shared_options import CallColumns, Dedupe, NoJournal, RetryFailed, Reuse
from grokcall.cli.targets import check_distinct
from grokcall.cli.values import checked_text, column_types, mapping, names, one_of_types
from grokcall.dbapi.connection import Connection
from grokcall.errors import BatchPendingError, BudgetReachedError, InterfaceError, JournalBusyError
from grokcall.lookup.plan import chunk_rows
from grokcall.lookup.stream import LookupStream
from grokcall.tables.outputs import check_folder, is_forward
from grokcall.tables.reader import open_table
from grokcall.tables.writer import open_writer
from grokcall_parser import parse_call

EMBEDDED = "grokcall-sandbox"
"""What journals call the engine of ``--sandbox``, which has another port each time and gives the same answers."""


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
        str | None,
        typer.Option(
            "--on-error", metavar="redirect|ignore|fail", help="redirect failed rows, ignore (keep them), or fail."
        ),
    ] = None,
    on_null_input: Annotated[
        str,
        typer.Option("--on-null-input", metavar="error|skip", help="error or skip, for NULL in a required parameter."),
    ] = "error",
    on_incomplete: Annotated[
        str,
        typer.Option(
            "--on-incomplete",
            metavar="keep|error|retry",
            help="keep, error or retry (with twice the MaxOutputTokens), for answers cut short and refusals.",
        ),
    ] = "keep",
    fields: Annotated[
        str | None, typer.Option("--fields", metavar="A,B", help="The result fields to add; all without it.")
    ] = None,
    prefix: Annotated[
        str, typer.Option("--prefix", metavar="TEXT", help="Put before the name of each result field.")
    ] = "",
    call_columns: CallColumns = False,
    form: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="The output's format where its name does not tell.")
    ] = None,
    input_format: Annotated[
        str | None,
        typer.Option("--input-format", metavar="NAME", help="The input's format where its name does not tell."),
    ] = None,
    types: Annotated[
        str,
        typer.Option(
            "--types",
            metavar="text|auto|schema",
            help="CSV cells: as they stand in the file, typed where that changes none, or as --column says.",
        ),
    ] = "text",
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="NAME=TYPE", help="The type of a column of the input, for example id=INT64."),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option("--encoding", metavar="NAME", help="What the input is written in, for example cp1252."),
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option(
            "--journal",
            metavar="FILE",
            help="Keep finished calls in FILE, so that a rerun continues; else GROKCALL_JOURNAL, else a journal beside "
            "OUT until every row has its answer.",
        ),
    ] = None,
    no_journal: NoJournal = False,
    retry_failed: RetryFailed = False,
    reuse: Reuse = False,
    dedupe: Dedupe = True,
    batch: Annotated[
        bool, typer.Option("--batch", help="Send the calls as a batch, which takes up to a day; needs a journal.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait for the batch, or leave it; run again for the answers.")
    ] = True,
    dry: Annotated[bool, typer.Option("--dry-run", help="Tell rows, calls and price; send nothing.")] = False,
    count_tokens: Annotated[
        int,
        typer.Option(
            "--count-tokens", metavar="N", help="Dry run: have the service count the tokens of N calls.", min=0
        ),
    ] = 0,
    prices: Annotated[
        str,
        typer.Option(
            "--prices", metavar="table|service", help="The dated table, or what the service tells: table or service."
        ),
    ] = "table",
    summary: Annotated[
        Path | None, typer.Option("--summary", metavar="FILE", help="Where to write how it ended, as JSON.")
    ] = None,
    flags: Flags,
) -> int:
    """Put the result of a CALL beside each row of a table."""
    checked_text("the statement", command)
    target = output or default_output(source)
    has_beside = beside(target) is not None
    policy = on_error or ("redirect" if has_beside or errors is not None else "ignore")
    failed = None if policy == "ignore" else errors or beside(target)
    keeping = journal_of_lookup(journal, no_journal, target, form)
    written = {"--output": target, "--errors": failed, "--journal": keeping.path, "--summary": summary}
    check_distinct(source, written)
    options: dict[str, Any] = {
        "on_error": policy,
        "on_null_input": on_null_input,
        "fields": names(fields),
        "prefix": prefix,
        "call_columns": call_columns or ("replace" if policy == "ignore" and on_error is None else None),
        "concurrency": flags.concurrency,
        "on_incomplete": on_incomplete,
        "prices": prices,
        **flags.spending(),
        "journal": keeping.path,
        "retry_failed": retry_failed,
        "reuse": reuse,
        "dedupe": dedupe,
        "batch": batch,
        "wait": wait,
    }
    with (
        flags.connection(limited=False) as connection,
        open_table(
            source,
            format=input_format,
            batch_rows=rows_at_once(connection, command),
            types=one_of_types(types),
            columns=column_types(column or ()),
            encoding=encoding,
        ) as table,
        connection.lookup_stream(command, table, mapping(maps or ()), **options) as stream,
    ):
        stream.temporary = keeping.temporary
        if flags.sandbox:
            stream.service = EMBEDDED
        if dry:
            show_dry_run(flags.console(), stream.dry_run(count_tokens))
            return Exit.FINE
        if stream.guarantee is not None:
            flags.console().print(stream.guarantee, soft_wrap=True)
        try:
            with summary_written(stream, summary):
                return moved(stream, target, errors, form, flags)
        except BatchPendingError as pending:
            flags.console().print(f"{pending}: run the same command again. No rows were written", soft_wrap=True)
            return Exit.FINE


def moved(stream: LookupStream, target: str, errors: str | None, form: str | None, flags: Flags) -> int:
    """Moves a lookup's rows to their files and tells what it did."""
    to_stdout = target == "-"
    try:
        shape = form or ("jsonl" if to_stdout else None)
        with open_writer(target, stream.schema, format=shape, csv_safe=flags.csv_safe) as writer:
            failed = ErrorFile(errors or beside(target), stream.error_schema, csv_safe=flags.csv_safe)
            LookupRun(stream, writer, failed).to_the_end(report(flags.console(), stream.row_count))
    except BatchPendingError:
        raise
    except BaseException as error:
        if isinstance(error, BudgetReachedError):
            show_summary(flags.console(), stream.summary, {})
        tell_next_step(error, stream, flags)
        raise
    if stream.continued:
        writer.remove_partial()
    if stream.in_doubt:
        flags.console().print(
            f"{stream.in_doubt:,} calls of earlier tries were sent, not answered, and sent again: "
            "they may have been billed twice",
            soft_wrap=True,
        )
    show_summary(flags.console(), stream.summary, {"output": None if to_stdout else target, "errors": failed.path})
    if failed.left_behind is not None:
        flags.console().print(f"no row failed; {failed.left_behind} is of an earlier run", soft_wrap=True)
    journal, goes = journal_of(stream), stream.discard_journal()
    if journal is not None and stream.summary.failed:
        flags.console().print(failed_rows(journal), soft_wrap=True)
    elif stream.temporary and not goes:
        flags.console().print(
            f"{journal} stays, for it holds more: grokcall runs list --journal {journal} shows it", soft_wrap=True
        )
    return Exit.FAILED_ROWS if stream.summary.failed else Exit.FINE


def tell_next_step(error: BaseException, stream: LookupStream, flags: Flags) -> None:
    """Has an error say how to go on after the lookup that it ended, where something is to be gone on with."""
    journal, goes = journal_of(stream), stream.discard_journal()
    if isinstance(error, JournalBusyError) and stream.temporary:
        error.add_note(f"the journal {journal} is that of the output: -o names another one, --journal another journal")
    if isinstance(error, BudgetReachedError):
        flagged = getattr(flags, error.reason) is not None and error.name == "lookup"
        error.advice = f"raise {flag_of(error)} for more" if flagged else f"raise {error.reason} for more"
    else:
        flagged = False
    if stream.is_begun and not goes and not isinstance(error, InterfaceError):
        if isinstance(error, BudgetReachedError):
            error.advice = ""
        error.add_note(next_step(error, journal, flagged))


def journal_of(stream: LookupStream) -> Path | None:
    """The journal of a lookup."""
    name = stream.plan.options.journal
    return None if name is None else Path(name)


@contextmanager
def summary_written(stream: LookupStream, path: Path | None) -> Iterator[None]:
    """Writes how the lookup ended as JSON, whatever ended it."""
    if path is not None:
        check_folder(path)
    try:
        yield
    finally:
        if path is not None:
            told = {"state": stream.state, **stream.summary.as_dict()}
            path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def rows_at_once(connection: Connection, command: str) -> int:
    """How many rows of the input to read at once for this command."""
    return chunk_rows(connection.runtime.binder(parse_call(command)))


def default_output(source: str) -> str:
    """Where rows go when nothing is said: standard output for a pipe, a file for a terminal."""
    if not on_terminal():
        return "-"
    path = Path(source.partition("::")[0])
    named = path.stem if path.suffix and "\n" not in source and len(path.suffix) <= 8 else "rows"
    return f"{named}.grokcall.parquet"


def beside(target: str) -> str | None:
    """The file for failed rows beside an output; None where there is no file."""
    if target == "-" or is_forward(Path(target)):
        return None
    if "::" in target:
        return f"{target}_errors"
    path = Path(target)
    return str(path.with_name(f"{path.stem}.errors{path.suffix}"))
