"""One call for each row of a table, the answers in a file beside the rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grokcall.cli.display import show_dry_run, show_summary
from grokcall.cli.exit_codes import Exit
from grokcall.cli.flags import Flags
from grokcall.cli.journal_files import journal_of_lookup, named_journal
from grokcall.cli.lookup_files import ErrorFile, LookupRun, Reading, Writing
from grokcall.cli.new_secrets import check_shown
from grokcall.cli.next_steps import failed_rows, flag_of, next_step
from grokcall.cli.progress import report
from grokcall.cli.screens import on_terminal
from grokcall.cli.targets import check_distinct
from grokcall.cli.unnested_files import UnnestedFiles, targets_of
from grokcall.cli.values import checked_text, mapping, names
from grokcall.dbapi.connection import Connection
from grokcall.errors import BatchPendingError, BudgetReachedError, InterfaceError, JournalBusyError
from grokcall.lookup.plan import chunk_rows
from grokcall.lookup.stream import LookupStream
from grokcall.tables.outputs import check_folder, is_forward
from grokcall.tables.reader import open_table
from grokcall.tables.writer import open_writer
from grokcall_parser import parse_call

SANDBOX_SERVICE = "grokcall-sandbox"
"""What journals call the sandbox of ``--sandbox``, which has another port each time and gives the same answers."""


def run_lookup(
    command: str,
    maps: Sequence[str],
    reading: Reading,
    writing: Writing,
    options: Mapping[str, Any],
    flags: Flags,
    counted: int | None,
) -> int:
    """Makes a call for each row of the input and writes the answers beside the rows.

    Args:
        command: The CALL.
        maps: ``Marker=column`` pairs.
        reading: How the input is read.
        writing: Where rows, failed rows, the journal and the summary go.
        options: Further options of the lookup.
        flags: The shared flags.
        counted: For a dry run, of how many calls the service counts the tokens; None for a lookup.

    Returns:
        The exit code.
    """
    checked_text("the statement", command)
    fields: str | None = options.get("fields")
    target = writing.output or default_output(reading.source)
    has_beside = beside(target) is not None
    policy = options.get("on_error") or ("redirect" if has_beside or writing.errors is not None else "ignore")
    failed = None if policy == "ignore" else writing.errors or beside(target)
    keeping = journal_of_lookup(options.get("journal"), writing.no_journal, target, writing.format)
    aside = targets_of(writing.unnest)
    written = {"--output": target, "--errors": failed, "--journal": keeping.path, "--summary": writing.summary}
    check_distinct(reading.source, {**written, **{f"--unnest {field}": file for field, file in aside.items()}})
    replaces = policy == "ignore" and "on_error" not in options
    chosen: dict[str, Any] = {
        **options,
        "on_error": policy,
        "call_columns": options.get("call_columns") or ("replace" if replaces else None),
        "concurrency": flags.concurrency,
        **flags.spending(),
        "journal": keeping.path,
        "show_secrets": flags.show_secrets,
    }
    with (
        flags.connection(limited=False) as connection,
        open_table(
            reading.source,
            batch_rows=rows_at_once(connection, command),
            **reading.arguments(),
        ) as table,
        connection.lookup_stream(
            command,
            table,
            mapping(maps),
            **{
                **chosen,
                **unkept(
                    connection,
                    command,
                    options.get("journal"),
                    writing,
                    shows=flags.show_secrets or counted is not None,
                ),
                "fields": wanted_fields(connection, command, fields, aside),
            },
        ) as stream,
    ):
        stream.temporary = keeping.temporary
        if flags.sandbox:
            stream.service = SANDBOX_SERVICE
        if counted is not None:
            show_dry_run(flags.console(), stream.dry_run(counted))
            return Exit.FINE
        if stream.guarantee is not None:
            flags.console().print(stream.guarantee, soft_wrap=True)
        try:
            with summary_written(stream, writing.summary):
                return moved(stream, target, writing, fields, flags)
        except BatchPendingError as pending:
            flags.console().print(f"{pending}: run the same command again. No rows were written", soft_wrap=True)
            return Exit.FINE


def moved(stream: LookupStream, target: str, writing: Writing, fields: str | None, flags: Flags) -> int:
    """Moves a lookup's rows to their files and tells what it did."""
    to_stdout = target == "-"
    kept = names(writing.unnest_keep)
    aside = targets_of(writing.unnest)
    try:
        shape = writing.format or ("jsonl" if to_stdout else None)
        with (
            UnnestedFiles(stream, aside, kept, names(fields), csv_safe=flags.csv_safe) as unnested,
            open_writer(target, unnested.schema, format=shape, csv_safe=flags.csv_safe) as writer,
        ):
            failed = ErrorFile(writing.errors or beside(target), stream.error_schema, csv_safe=flags.csv_safe)
            LookupRun(stream, writer, failed, unnested).to_the_end(report(flags.console(), stream.row_count))
    except BatchPendingError:
        raise
    except BaseException as error:
        if isinstance(error, BudgetReachedError):
            show_summary(flags.console(), stream.summary, {})
        tell_next_step(error, stream, flags)
        raise
    if stream.continued:
        writer.remove_partial()
        unnested.remove_partial()
    if stream.in_doubt:
        flags.console().print(
            f"{stream.in_doubt:,} calls of earlier tries were sent, not answered, and sent again: "
            "they may have been billed twice",
            soft_wrap=True,
        )
    files: dict[str, Path | str | None] = {
        "output": None if to_stdout else target,
        **unnested.paths,
        "errors": failed.path,
    }
    show_summary(flags.console(), stream.summary, files)
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


def unkept(
    connection: Connection, command: str, journal: Path | None, writing: Writing, *, shows: bool
) -> dict[str, None]:
    """No journal beside the output for a command whose results hold secrets, which no journal may keep.

    Raises:
        ProgrammingError: They would be masked, and so be lost.
    """
    procedure = connection.runtime.binder(parse_call(command)).procedure
    check_shown(procedure, shows)
    has_secret = procedure.has_secret
    return {"journal": None} if has_secret and named_journal(journal, writing.no_journal) is None else {}


def rows_at_once(connection: Connection, command: str) -> int:
    """How many rows of the input to read at once for this command."""
    return chunk_rows(connection.runtime.binder(parse_call(command)))


def wanted_fields(
    connection: Connection, command: str, fields: str | None, aside: Mapping[str, str]
) -> list[str] | None:
    """The result fields that a lookup has to have: those of its output, and those whose lists go to other files."""
    chosen = names(fields)
    if not aside:
        return chosen
    if chosen is None:
        procedure = connection.runtime.binder(parse_call(command)).procedure
        chosen = [field.name for field in procedure.fields]
    there = {field.strip().lower() for field in chosen}
    return [*chosen, *(field for field in aside if field.lower() not in there)]


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
