"""Opening a table, whatever it is."""

from __future__ import annotations

import contextlib
import io
import os
import select
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, assert_never

from grokcall.core.option_facts import Types
from grokcall.core.terminals import check_standard_input
from grokcall.tables.binary_files import open_arrow, open_database_table, open_parquet
from grokcall.tables.column_types import ColumnTypes, checked_columns, typed_source
from grokcall.tables.csv_files import open_csv
from grokcall.tables.duckdb_reader import checked_query, private_connection, record_batches
from grokcall.tables.errors import mapped_errors
from grokcall.tables.formats import (
    COMPRESSIONS,
    Format,
    database_table,
    format_named,
    format_of,
    is_database,
    is_query,
    local_path,
    shown_path,
)
from grokcall.tables.json_files import open_json
from grokcall.tables.objects import open_object
from grokcall.tables.pipes import is_pipe, open_pipe, refuse_pipes
from grokcall.tables.sheets import open_sheet
from grokcall.tables.source import DEFAULT_BATCH_ROWS, Source
from grokcall.tables.text_streams import encoding_of, text_file
from grokcall_parser.errors import DataError, NotSupportedError, OperationalError, ProgrammingError
from grokcall_parser.suggestions import nearest

QUERY_THREADS = 2
SECONDS_A_LOOK = 0.2
"""How long standard input is waited for at a time."""


def open_table(
    source: Any,
    *,
    format: str | None = None,  # noqa: A002 - the word users know
    batch_rows: int = DEFAULT_BATCH_ROWS,
    types: Types = "text",
    columns: ColumnTypes | None = None,
    encoding: str | None = None,
) -> Source:
    """A table as a stream of Arrow record batches, in order, in plain types, in bounded memory.

    Args:
        source: A file (.csv .tsv .json .jsonl .ndjson, each also with .gz or .zst; .parquet .arrow .feather .ipc;
            .xlsx or ``book.xlsx::Sheet``), ``file.duckdb::table``, a SELECT, ``-`` for standard input, an Arrow table,
            batch or reader, a pandas or Polars frame, a DuckDB relation, anything with ``__arrow_c_stream__`` or
            ``__arrow_c_array__``, dictionaries (one for each row), or an iterable of record batches.
        format: The file's format when its ending does not tell it, for example ``"jsonl"``.
        batch_rows: The most rows in a batch, from 1.
        types: What the cells of a CSV or TSV file become: ``"text"`` leaves every cell as it stands in the file;
            ``"auto"`` gives a type to each column whose values are written again as they were (``007`` and ``1.10``
            are not); ``"schema"`` goes by ``columns`` and leaves the other columns text.
        columns: Types for columns of any table, from name to an Arrow type or its name: BOOLEAN, INT32, INT64,
            DOUBLE, DECIMAL(10,2), DATE, TIME, TIMESTAMP, TIMESTAMPTZ, TEXT.
        encoding: What a file of text is written in, for example ``"cp1252"``. Without it, UTF-8, or what a mark at
            the start of the file says.

    Raises:
        ProgrammingError: There is no such file, table, format, type or encoding, or the SELECT is wrong.
        DataError: The file or the rows are malformed.
        OperationalError: The file may not be read, or the disk failed.
        NotSupportedError: The file needs what is not installed, or a column has a type without a plain form.

    >>> with open_table([{"a": 1}, {"b": "x"}]) as table:
    ...     table.schema.names, table.read_all().to_pylist()
    (['a', 'b'], [{'a': 1, 'b': None}, {'a': None, 'b': 'x'}])
    """
    if batch_rows < 1:
        raise ProgrammingError(f"batch_rows is {batch_rows}; it must be at least 1")
    form = None if format is None else format_named(format)
    given = checked_columns(types, columns)
    reading = Reading(batch_rows, types, encoding)
    table = opened(source, form, reading)
    if not given:
        return table
    try:
        return typed_source(table, given, batch_rows=batch_rows)
    except BaseException:
        table.close()
        raise


@dataclass(frozen=True, slots=True)
class Reading:
    """How a table is read."""

    batch_rows: int
    types: Types = "text"
    encoding: str | None = None


def opened(source: Any, form: Format | None, reading: Reading) -> Source:
    """The table that a file, a SELECT, standard input or an object is."""
    if isinstance(source, str):
        if source == "-":
            check_standard_input()
            return open_stdin(sys.stdin.buffer, form, reading)
        if form is None and is_query(source) and not is_file(source):
            return open_query(source, batch_rows=reading.batch_rows)
        return open_path(local_path(source), form, reading)
    if isinstance(source, Path):
        return open_path(str(source), form, reading)
    return open_object(source, batch_rows=reading.batch_rows)


def open_path(text: str, form: Format | None, reading: Reading) -> Source:
    """The table that a file's name, with ``::table`` or ``::sheet`` or without, stands for."""
    name = shown_path(text)
    batch_rows = reading.batch_rows
    if form is None and is_database(text):
        file, table = database_table(text)
        check_file(file)
        with named_for_libraries(file) as (readable, forget):
            return open_database_table(readable, table, batch_rows=batch_rows, name=name).on_close(forget)
    title, _, sheet = text.partition("::") if ".xlsx::" in text.lower() else (text, "", "")
    path = Path(title)
    if is_pipe(path):
        with mapped_errors(name), open_pipe(path) as pipe:
            return open_spooled(pipe, form or form_by_name(path), reading, name=name)
    check_no_folder(path)
    form, compression = format_of(path) if form is None else (form, COMPRESSIONS.get(path.suffix.lower()))
    check_file(path)
    if form.is_text:
        return open_file(path, form, compression, reading, name=name)
    with named_for_libraries(path) as (readable, forget):
        if form is Format.XLSX:
            return open_sheet(readable, sheet or None, batch_rows=batch_rows, name=name).on_close(forget)
        return open_file(readable, form, compression, reading, name=name).on_close(forget)


@contextlib.contextmanager
def named_for_libraries(path: Path) -> Iterator[tuple[Path, Callable[[], object]]]:
    """The file under a name that is UTF-8, as libraries want it, and what takes that name away again."""
    if str(path) == shown_path(str(path)):
        yield path, lambda: None
        return
    folder = tempfile.TemporaryDirectory(prefix="grokcall-name-")
    try:
        link = Path(folder.name, f"table{shown_path(path.suffix)}")
        link.symlink_to(path.absolute())
        yield link, folder.cleanup
    except BaseException:
        folder.cleanup()
        raise


def open_file(path: Path, form: Format, compression: str | None, reading: Reading, *, name: str) -> Source:
    """The table in a file of a known format."""
    batch_rows = reading.batch_rows
    if form in (Format.CSV, Format.TSV, Format.JSON, Format.JSONL):
        with mapped_errors(name):
            file = text_file(path, compression, reading.encoding, name)
        if form in (Format.CSV, Format.TSV):
            return open_csv(file, form, types=reading.types, batch_rows=batch_rows)
        return open_json(file, form, batch_rows=batch_rows)
    match form:
        case Format.PARQUET:
            return open_parquet(path, batch_rows=batch_rows, name=name)
        case Format.ARROW:
            return open_arrow(path, batch_rows=batch_rows, name=name)
        case Format.XLSX:
            return open_sheet(path, None, batch_rows=batch_rows, name=name)
    assert_never(form)


def open_query(sql: str, *, batch_rows: int) -> Source:
    """The rows of a SELECT over files."""
    checked_query(sql)
    refuse_pipes(sql)
    connection = private_connection(QUERY_THREADS)
    try:
        with mapped_errors("the SELECT"):
            reader = record_batches(connection.sql(sql), batch_rows)
    except BaseException:
        connection.close()
        raise
    return Source("the SELECT", reader.schema, reader, batch_rows=batch_rows, close=connection.close)


def open_stdin(stream: BinaryIO, form: Format | None, reading: Reading) -> Source:
    """The table on standard input."""
    return open_spooled(stream, form, reading, name="standard input")


def form_by_name(path: Path) -> Format | None:
    """The format that the ending of a name stands for; None where it stands for none."""
    with contextlib.suppress(ProgrammingError, NotSupportedError):
        return format_of(path)[0]
    return None


def open_spooled(stream: BinaryIO, form: Format | None, reading: Reading, *, name: str) -> Source:
    """The table in a stream, which is first copied to a temporary file until it ends.

    The copy is what allows types to be told from all rows, and formats to be read that are not read from the front.
    """
    descriptor, spooled = tempfile.mkstemp(prefix="grokcall-stdin-")
    path = Path(spooled)
    try:
        with mapped_errors(name), os.fdopen(descriptor, "w+b") as spool:
            copy(stream, spool)
            spool.seek(0)
            head = spool.read(4096)
        compression = {b"\x1f\x8b": "gzip", b"\x28\xb5": "zstd"}.get(head[:2])
        form = form or format_of_bytes(head, reading.encoding, name)
        source = open_file(path, form, compression, reading, name=name)
    except BaseException:
        path.unlink()
        raise
    return source.on_close(path.unlink)


def copy(stream: BinaryIO, spool: BinaryIO) -> None:
    """Copies a stream to its end, in a way that an interrupt ends soon.

    A signal that strikes between two reads of one call into C would be noticed after the second, which may not come
    back for as long as a pipe is silent. So there is one read at a time, of what is there already.
    """
    raw = getattr(stream, "raw", stream)
    waits = os.name == "posix" and isinstance(raw, io.FileIO)
    while True:
        if waits and not select.select([raw], [], [], SECONDS_A_LOOK)[0]:
            continue
        piece = raw.read(1 << 20)
        if piece == b"":
            return
        spool.write(piece or b"")


def format_of_bytes(head: bytes, encoding: str | None = None, name: str = "standard input") -> Format:
    """The format of a table by its first bytes, and the encoding of its text where that was named.

    Raises:
        DataError: There are none, or they are packed so that the format cannot be seen.
    """
    if not head:
        raise DataError(f"{name} is empty")
    if head.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")):
        raise DataError(f"{name} is compressed; name its format, for example csv")
    if head.startswith(b"PAR1"):
        return Format.PARQUET
    if head.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return Format.ARROW
    if head.startswith(b"PK\x03\x04"):
        return Format.XLSX
    text = head.decode(encoding_of(head[:4], encoding), "replace").lstrip("\ufeff \t\r\n")
    return Format.JSON if text.startswith(("{", "[")) else Format.CSV


def is_file(text: str) -> bool:
    """Whether ``text`` is the name of a file, which may begin with a word of SQL and a space."""
    with contextlib.suppress(OSError, ValueError):
        return Path(text).is_file()
    return False


def check_file(path: Path) -> None:
    """Raises unless ``path`` is a file that may be read.

    Raises:
        ProgrammingError: There is no such file, or it is a folder.
        OperationalError: It may not be read.
    """
    check_no_folder(path)
    if not path.exists():
        if any(mark in str(path) for mark in "*?["):
            raise ProgrammingError(f"{path}: no such file; for several files write FROM '{path}'")
        beside = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        near = nearest(path.name, beside)
        raise ProgrammingError(f"{path}: no such file" + (f"; did you mean {near!r}?" if near else ""))
    try:
        path.open("rb").close()
    except PermissionError as error:
        raise OperationalError(f"{path}: you may not read this file") from error
    except OSError as error:
        raise NotSupportedError(f"{path}: cannot be opened ({error.strerror})") from error


def check_no_folder(path: Path) -> None:
    """Raises when ``path`` is a folder."""
    if path.is_dir():
        raise ProgrammingError(f"{path}: is a folder; name a file in it, or write FROM '{path}/*.csv'")
