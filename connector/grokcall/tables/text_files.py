"""CSV and JSON files as streams, through DuckDB's readers.

DuckDB finds the types; how a CSV file is cut into values is not left to chance: the delimiter comes from the header
line, quotes are double quotes, and a row with too many or too few values is an error and not another guess.
"""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path
from typing import Any, Literal, cast

import duckdb
import pyarrow as pa

from grokcall.tables.engine import private_connection, record_batches
from grokcall.tables.faults import LARGEST_OBJECT, LONGEST_ROW, told_of
from grokcall.tables.formats import Format, quoted_name, quoted_text
from grokcall.tables.plain import unique_names
from grokcall.tables.sources import Source
from grokcall_parser.errors import DataError

Types = Literal["sniff", "text"]

SNIFFED_BYTES = 64 << 20
"""Types are told from about this much of a CSV file: all of it when it is smaller."""
HEADER_BYTES = 1 << 20


def open_csv(path: Path, form: Format, compression: str | None, *, types: Types, batch_rows: int, name: str) -> Source:
    """A CSV or TSV file with a header line.

    Raises:
        DataError: The file is empty, is not UTF-8 or UTF-16 text, or its rows do not fit its header.
    """
    with told_of(name):
        head = first_bytes(path, compression)
        encoding = encoding_of(head)
        text = head.decode(encoding, "replace")
        names, delimiter = header_of(text, form)
    if any("\ufffd" in title for title in names):
        raise DataError(f"{name}: line 1: the text is not UTF-8; save the file as UTF-8")
    if not names:
        raise DataError(f"{name}: the file is empty; a header line with the columns' names is needed")
    options = csv_options(path, unique_names(names, str.casefold), delimiter, encoding, compression)
    if any(mark in title for title in names for mark in "\r\n"):
        # DuckDB would take a line break inside a name for the one that ends lines, and find no rows.
        options["new_line"] = quoted_text(line_end_of(text))
    sample = {"all_varchar": "true"} if types == "text" else {"sample_size": str(sample_rows(path, compression, head))}
    connection = private_connection()
    try:
        with told_of(name):
            relation = csv_relation(connection, options, sample)
            reader = record_batches(relation, batch_rows)
    except BaseException:
        connection.close()
        raise
    schema = pa.schema([pa.field(title, field.type) for title, field in zip(names, reader.schema, strict=True)])
    return Source(name, schema, reader, batch_rows=batch_rows, close=connection.close)


def csv_options(path: Path, names: list[str], delimiter: str, encoding: str, compression: str | None) -> dict[str, str]:
    """The options of DuckDB's ``read_csv`` that leave it only the types to find."""
    return {
        "path": duckdb_path(path),
        "delim": quoted_text(delimiter),
        "quote": "'\"'",
        "escape": "'\"'",
        "comment": "''",
        "skip": "0",
        "header": "true",
        "names": f"[{', '.join(map(quoted_text, names))}]",
        "encoding": quoted_text("utf-16" if encoding == "utf-16" else "utf-8"),
        "compression": quoted_text({"gzip": "gzip", "zstd": "zstd", None: "none"}[compression]),
        "hive_partitioning": "false",
        "max_line_size": str(LONGEST_ROW),
        "buffer_size": str(2 * LONGEST_ROW),
    }


def csv_relation(connection: Any, options: dict[str, str], sample: dict[str, str]) -> Any:
    """The rows of the file; when DuckDB cannot say what is wrong with it, the first row that is."""
    try:
        return connection.sql(call_of("read_csv", options | sample))
    except duckdb.Error as error:
        if "sniffing file" not in str(error):
            raise
        names = options["names"][1:-1]
        columns = {"columns": "{" + ", ".join(f"{column}: 'VARCHAR'" for column in names.split(", ")) + "}"}
        rest = {key: value for key, value in options.items() if key != "names"}
        relation = connection.sql(call_of("read_csv", rest | columns | {"auto_detect": "false"}))
        relation.aggregate("count(*)").fetchall()
        return relation


def open_json(path: Path, form: Format, compression: str | None, *, batch_rows: int, name: str) -> Source:
    """A JSON file: an array of objects, or an object a line. Its columns are those of all its objects.

    Raises:
        DataError: The file is not JSON, or its values are not objects.
    """
    options = {
        "path": duckdb_path(path),
        "format": "'newline_delimited'" if form is Format.JSONL else "'auto'",
        "records": "'true'",
        "compression": quoted_text({"gzip": "gzip", "zstd": "zstd", None: "uncompressed"}[compression]),
        "hive_partitioning": "false",
        "maximum_object_size": str(LARGEST_OBJECT),
    }
    with told_of(name):
        if first_bytes(path, compression, 4096).strip(b"\xef\xbb\xbf \t\r\n") in (b"", b"[]"):
            return Source(name, pa.schema([]), iter(()), row_count=0)
    connection = private_connection()
    try:
        with told_of(name):
            found = connection.sql(call_of("read_json", options | {"sample_size": "-1"}))
            columns = {column: json_type(of) for column, of in zip(found.columns, found.types, strict=True)}
            given = "{" + ", ".join(f"{quoted_name(key)}: {quoted_text(of)}" for key, of in columns.items()) + "}"
            reader = record_batches(connection.sql(call_of("read_json", options | {"columns": given})), batch_rows)
    except BaseException:
        connection.close()
        raise
    return Source(name, reader.schema, reader, batch_rows=batch_rows, close=connection.close)


def json_type(of: Any) -> str:
    """The type to read a member as: what DuckDB found, but a UUID stays the text that it is."""
    return "VARCHAR" if of.id == "uuid" else str(of)


def call_of(function: str, options: dict[str, str]) -> str:
    """``FROM function(path, option=value, …)``."""
    rest = [f"{key}={value}" for key, value in options.items() if key != "path"]
    return f"FROM {function}({', '.join([options['path'], *rest])})"


def duckdb_path(path: Path) -> str:
    """``path`` as a literal that stands for one file, although DuckDB takes ``*`` and its like for a pattern."""
    escaped = "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))
    return quoted_text(escaped if escaped.count("[") else str(path))


def first_bytes(path: Path, compression: str | None, size: int = HEADER_BYTES) -> bytes:
    """The first bytes of a file, decompressed."""
    with pa.input_stream(str(path), compression=cast("Any", compression)) as stream:
        data: bytes = stream.read(size)
    return data


def encoding_of(head: bytes) -> str:
    """UTF-16 or UTF-8, by the mark at the start."""
    return "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def header_of(head: str, form: Format) -> tuple[list[str], str]:
    """The names in the header line, exactly as they stand there, and the delimiter between them."""
    line = head.split("\n", 1)[0]
    delimiter = "\t" if form is Format.TSV else max(",;\t|", key=lambda mark: unquoted_count(line, mark))
    return next(csv.reader(io.StringIO(head), delimiter=delimiter), []), delimiter


def line_end_of(head: str) -> str:
    r"""What ends the header line: ``\n`` or ``\r\n``, written as DuckDB wants it."""
    header = "".join(head.split('"')[::2]).partition("\n")[0]
    return r"\r\n" if header.endswith("\r") else r"\n"


def unquoted_count(line: str, mark: str) -> int:
    """How often ``mark`` stands outside quotes."""
    return sum(part.count(mark) for part in line.split('"')[::2])


def sample_rows(path: Path, compression: str | None, head: bytes) -> int:
    """How many rows to tell types from; -1 for all of them."""
    if compression is None and path.stat().st_size <= SNIFFED_BYTES:
        return -1
    return max(20_480, SNIFFED_BYTES * max(head.count(b"\n"), 1) // max(len(head), 1))
