"""Opening a table, whatever it is."""

from __future__ import annotations

import contextlib
import io
import os
import select
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from grokcall.tables.binary_files import open_arrow, open_database_table, open_parquet, open_sheet
from grokcall.tables.engine import checked_query, private_connection, record_batches
from grokcall.tables.faults import told_of
from grokcall.tables.formats import (
    Format,
    database_table,
    format_named,
    format_of,
    is_database,
    is_query,
    nearest,
)
from grokcall.tables.objects import open_object
from grokcall.tables.sources import DEFAULT_BATCH_ROWS, Source
from grokcall.tables.text_files import Types, open_csv, open_json
from grokcall.terminals import check_standard_input
from grokcall_parser.errors import DataError, NotSupportedError, OperationalError, ProgrammingError

QUERY_THREADS = 2
SECONDS_A_LOOK = 0.2
"""How long standard input is waited for at a time."""


def open_table(
    source: Any,
    *,
    format: str | None = None,  # noqa: A002 - the word users know
    batch_rows: int = DEFAULT_BATCH_ROWS,
    types: Types = "sniff",
) -> Source:
    """A table as a stream of Arrow record batches, in order, in plain types, in bounded memory.

    Args:
        source: A file (.csv .tsv .json .jsonl .ndjson, each also with .gz or .zst; .parquet .arrow .feather .ipc;
            .xlsx or ``book.xlsx::Sheet``), ``file.duckdb::table``, a SELECT, ``-`` for standard input, an Arrow table,
            batch or reader, a pandas or Polars frame, a DuckDB relation, anything with ``__arrow_c_stream__`` or
            ``__arrow_c_array__``, dictionaries (one for each row), or an iterable of record batches.
        format: The file's format when its ending does not tell it, for example ``"jsonl"``.
        batch_rows: The most rows in a batch, from 1.
        types: ``"text"`` reads every column of a CSV file as text; ``"sniff"`` finds out what it holds.

    Raises:
        ProgrammingError: There is no such file, table or format, or the SELECT is wrong.
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
    if isinstance(source, str):
        if source == "-":
            check_standard_input()
            return open_stdin(sys.stdin.buffer, form, batch_rows=batch_rows, types=types)
        if form is None and is_query(source) and not is_file(source):
            return open_query(source, batch_rows=batch_rows)
        return open_path(source, form, batch_rows=batch_rows, types=types)
    if isinstance(source, Path):
        return open_path(str(source), form, batch_rows=batch_rows, types=types)
    return open_object(source, batch_rows=batch_rows)


def open_path(text: str, form: Format | None, *, batch_rows: int, types: Types) -> Source:
    """The table that a file's name, with ``::table`` or ``::sheet`` or without, stands for."""
    if form is None and is_database(text):
        file, table = database_table(text)
        check_file(file)
        return open_database_table(file, table, batch_rows=batch_rows, name=text)
    name, _, sheet = text.partition("::") if ".xlsx::" in text.lower() else (text, "", "")
    path = Path(name)
    check_no_folder(path)
    compression = None
    if form is None:
        form, compression = format_of(path)
    elif path.suffix.lower() in (".gz", ".zst"):
        compression = {".gz": "gzip", ".zst": "zstd"}[path.suffix.lower()]
    check_file(path)
    if form is Format.XLSX:
        return open_sheet(path, sheet or None, batch_rows=batch_rows, name=text)
    return open_file(path, form, compression, batch_rows=batch_rows, types=types, name=text)


def open_file(path: Path, form: Format, compression: str | None, *, batch_rows: int, types: Types, name: str) -> Source:
    """The table in a file of a known format."""
    if form in (Format.CSV, Format.TSV):
        return open_csv(path, form, compression, types=types, batch_rows=batch_rows, name=name)
    if form in (Format.JSON, Format.JSONL):
        return open_json(path, form, compression, batch_rows=batch_rows, name=name)
    if form is Format.PARQUET:
        return open_parquet(path, batch_rows=batch_rows, name=name)
    if form is Format.ARROW:
        return open_arrow(path, batch_rows=batch_rows, name=name)
    return open_sheet(path, None, batch_rows=batch_rows, name=name)


def open_query(sql: str, *, batch_rows: int) -> Source:
    """The rows of a SELECT over files."""
    checked_query(sql)
    connection = private_connection(QUERY_THREADS)
    try:
        with told_of("the SELECT"):
            reader = record_batches(connection.sql(sql), batch_rows)
    except BaseException:
        connection.close()
        raise
    return Source("the SELECT", reader.schema, reader, batch_rows=batch_rows, close=connection.close)


def open_stdin(stream: BinaryIO, form: Format | None, *, batch_rows: int, types: Types) -> Source:
    """The table on standard input, which is first copied to a temporary file until it ends.

    The copy is what allows types to be told from all rows, and formats to be read that are not read from the front.
    """
    descriptor, spooled = tempfile.mkstemp(prefix="grokcall-stdin-")
    path = Path(spooled)
    try:
        with told_of("standard input"), os.fdopen(descriptor, "w+b") as spool:
            copy(stream, spool)
            spool.seek(0)
            head = spool.read(4096)
        compression = {b"\x1f\x8b": "gzip", b"\x28\xb5": "zstd"}.get(head[:2])
        form = form or format_of_bytes(head)
        source = open_file(path, form, compression, batch_rows=batch_rows, types=types, name="standard input")
    except BaseException:
        path.unlink()
        raise
    source.on_close(path.unlink)
    return source


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


def format_of_bytes(head: bytes) -> Format:
    """The format of a table by its first bytes.

    Raises:
        DataError: There are none, or they are packed so that the format cannot be seen.
    """
    if not head:
        raise DataError("standard input is empty")
    if head.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")):
        raise DataError("standard input is compressed; name its format, for example csv")
    if head.startswith(b"PAR1"):
        return Format.PARQUET
    if head.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return Format.ARROW
    if head.startswith(b"PK\x03\x04"):
        return Format.XLSX
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return Format.JSON if text.startswith((b"{", b"[")) else Format.CSV


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
        raise ProgrammingError(f"{path}: no such file{nearest(path.name, beside)}")
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
