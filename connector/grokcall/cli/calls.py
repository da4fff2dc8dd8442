"""One statement, its result on the terminal or in a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import typer

from grokcall.cli.display import described, show_table
from grokcall.cli.flags import Flags
from grokcall.cli.new_secrets import check_shown, write_secret
from grokcall.cli.screens import on_terminal, shown
from grokcall.cli.targets import check_target
from grokcall.cli.values import checked_text, parameters, statement_on_stdin
from grokcall.core.files import aside
from grokcall.core.secrets import is_secret, masked
from grokcall.core.terminals import check_standard_output
from grokcall.dataflow.execute_command import ExecuteCommand
from grokcall.dbapi.connection import Connection
from grokcall.errors import DataError, ProgrammingError
from grokcall.tables.media import is_bytes, sniff_extension
from grokcall.tables.outputs import check_folder
from grokcall.tables.writer import open_writer
from grokcall_parser import Call, parse_statement
from grokcall_procedures import BoundCall
from grokcall_procedures.effects import Effect

MEDIA_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".mp3", ".wav", ".pcm", ".ulaw", ".alaw", ".mp4", ".bin")


def run_statement(
    statement: str,
    given_parameters: Sequence[str],
    form: str | None,
    output: Path | None,
    flags: Flags,
    *,
    agreed: bool = False,
    secret_file: Path | None = None,
) -> None:
    """Runs one statement and puts its result where it was asked for.

    Args:
        statement: The statement, or ``-`` for standard input.
        given_parameters: ``Name=value`` pairs.
        form: The format of what is put out; None for the one that fits.
        output: The file for the result.
        flags: The shared flags.
        agreed: Whether what it removes may go without a question.
        secret_file: The file that gets the secret which the service shows once; None for none.
    """
    text = statement_on_stdin() if statement == "-" else checked_text("the statement", statement)
    with flags.connection(files=True) as connection:
        action = ExecuteCommand(connection, text)
        given = action.completed(parameters(given_parameters))
        check_output(action.schema_for(given), form, output)
        parsed = parse_statement(action.command)
        if secret_file is not None and not isinstance(parsed, Call):
            raise ProgrammingError("--secret-file goes with a CALL that makes a secret")
        if isinstance(parsed, Call):
            binder = connection.runtime.binder(parsed, given)
            check_shown(binder.procedure, flags.show_secrets, secret_file, flag="--secret-file")
            if not agreed:
                check_removal(binder.bind(given))
            promise = connection.guarantee(action.command, given)
            if promise is not None:
                flags.console().print(promise, soft_wrap=True)

        def put_out(table: pa.Table) -> None:
            if secret_file is not None:
                write_secret(table, secret_file)
                flags.console().print(f"the secret is in {secret_file}", soft_wrap=True)
            deliver(table, form, output, flags)

        try:
            with answer_kept(put_out):
                cursor = connection.execute(action.command, given)
        finally:
            tell_excess(connection, flags)
        for _, warning in cursor.messages:
            flags.console().print(shown(f"warning: {warning}", "yellow"), soft_wrap=True)
        put_out(cursor.fetch_arrow_table())


def check_removal(call: BoundCall) -> None:
    """Asks on a terminal whether what a call removes may go.

    Raises:
        ProgrammingError: It may not, or there is nobody to ask.
    """
    if call.effect is not Effect.REMOVE:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ProgrammingError(f"{call.procedure.name} {call.effect.told}; say that it may: --yes")
    if not typer.confirm(f"{call.procedure.name} {call.effect.told}. Go on?", err=True):
        raise ProgrammingError(f"{call.procedure.name} was not called: the answer was no")


def tell_excess(connection: Connection, flags: Flags) -> None:
    """Says what was taken beyond the limits, if they were passed."""
    excess = connection.budget.excess
    if excess is not None:
        flags.console().print(shown(f"warning: {excess}", "yellow"), soft_wrap=True)


@contextmanager
def answer_kept(put_out: Callable[[pa.Table], None]) -> Iterator[None]:
    """Puts out the answer of the call in the block if an interrupt strikes there, because it was paid for."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        answer = getattr(interrupt, "result", None)
        if isinstance(answer, pa.Table):
            put_out(answer)
        raise


def check_output(schema: pa.Schema, form: str | None, output: Path | None) -> None:
    """Refuses an output that cannot be, before the call is paid for."""
    if output is not None and is_media(output, form):
        check_folder(output)
        media_column(schema, output)
    elif form == "table":
        if output is not None:
            raise ProgrammingError("a table is for reading; choose csv, json, jsonl, arrow or parquet for a file")
        check_standard_output()
    else:
        target = "-" if output is None else str(output)
        check_target(target, schema, form or ("jsonl" if target == "-" else None))


def deliver(table: pa.Table, form: str | None, output: Path | None, flags: Flags) -> None:
    """Puts a result where it was asked for, secrets in it masked unless they may be shown."""
    hides = [] if flags.show_secrets else [field.name for field in table.schema if is_secret(field)]
    if hides:
        table = masked(table)
        flags.console().print(f"{', '.join(hides)} is masked, and shown with --show-secrets only", soft_wrap=True)
    if output is not None and is_media(output, form):
        save_media(table, output, flags)
        return
    if form == "table" or (form is None and output is None and on_terminal()):
        show_table(flags.screen(), table)
        return
    target = "-" if output is None or str(output) == "-" else str(output)
    shape = form or ("jsonl" if target == "-" else None)
    with open_writer(target, table.schema, format=shape, csv_safe=flags.csv_safe) as writer:
        for batch in table.to_batches():
            writer.write(batch)
    if target != "-":
        flags.console().print(f"{table.num_rows:,} row{'s' if table.num_rows != 1 else ''} written to {target}")


def is_media(output: Path, form: str | None) -> bool:
    """Whether an output takes the media itself instead of a table."""
    return form is None and output.suffix.lower() in MEDIA_ENDINGS


def media_column(schema: pa.Schema, path: Path) -> str:
    """The name of the one column of bytes."""
    binary: list[str] = [field.name for field in schema if is_bytes(field.type)]
    if len(binary) != 1:
        raise ProgrammingError(
            f"the result is not one piece of media, so {path.name!r} cannot hold it; "
            "choose an ending such as .parquet, .json or .csv"
        )
    return binary[0]


def save_media(table: pa.Table, path: Path, flags: Flags) -> None:
    """Writes the media of a result as files: one to the path itself, several beside it, numbered by their rows."""
    column = media_column(table.schema, path)
    pieces: list[bytes | None] = table.column(column).to_pylist()
    if not any(pieces):
        raise DataError(f"{column} is NULL: there is nothing to write to {path}")
    for number, data in enumerate(pieces, 1):
        if data:
            save_piece(data, path if len(pieces) == 1 else path.with_stem(f"{path.stem}-{number}"), flags)


def save_piece(data: bytes, path: Path, flags: Flags) -> None:
    """Writes one piece of media, aside first and then renamed."""
    with aside(path) as name:
        name.write_bytes(data)
    flags.console().print(f"{described(data)} written to {path}")
    kind = sniff_extension(data)
    if kind != "bin" and kind != path.suffix.lower().lstrip(".").replace("jpeg", "jpg"):
        flags.console().print(shown(f"warning: the content is {kind}, whatever the file's name says", "yellow"))
