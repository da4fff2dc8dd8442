"""The formats of tables, and which one a name stands for."""

from __future__ import annotations

import enum
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.request import url2pathname

from grokcall_parser.errors import NotSupportedError, ProgrammingError
from grokcall_parser.suggestions import hint


class Format(enum.StrEnum):
    """A format that a table is read from or written to."""

    CSV = "csv"
    TSV = "tsv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"
    ARROW = "arrow"
    XLSX = "xlsx"

    @property
    def is_text(self) -> bool:
        """Whether values stand as text, so that bytes need files of their own."""
        return self in (Format.CSV, Format.TSV, Format.JSON, Format.JSONL)


ENDINGS = {
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".json": Format.JSON,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".parquet": Format.PARQUET,
    ".arrow": Format.ARROW,
    ".feather": Format.ARROW,
    ".ipc": Format.ARROW,
    ".xlsx": Format.XLSX,
}
NAMES = {ending[1:]: form for ending, form in ENDINGS.items()}
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
DATABASE = re.compile(r"(?P<file>.+\.(?:duckdb|ddb|db))(?:::(?P<table>.*))?", re.IGNORECASE | re.DOTALL)
ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://(?P<host>[^/]*)")
QUERY = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/|\()*(?:select|from|with)[\s(]", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class DatabaseTable:
    """A table inside a DuckDB file, written ``file.duckdb::table`` or ``file.duckdb::schema.table``."""

    file: Path
    schema: str
    table: str

    def __str__(self) -> str:
        return f"{self.file}::{self.table}" if self.schema == "main" else f"{self.file}::{self.schema}.{self.table}"

    @property
    def quoted(self) -> str:
        """The schema and the table as SQL writes them."""
        return f"{quoted_name(self.schema)}.{quoted_name(self.table)}"


def local_path(text: str) -> str:
    """What names a file here, of a path or of an address that begins with ``file:``.

    Raises:
        NotSupportedError: It is the address of something that is not on this machine.

    >>> local_path("file:///data/may%20be.csv"), local_path("a.csv")
    ('/data/may be.csv', 'a.csv')
    """
    found = ADDRESS.match(text)
    if found is None:
        return text
    if found["scheme"].lower() != "file" or found["host"].lower() not in ("", "localhost"):
        raise NotSupportedError(f"{text}: only local files are read and written")
    return url2pathname(text[found.end() :])


def shown_path(text: str) -> str:
    """A path as text that can be shown and stored; bytes of its name that are no UTF-8 stand there as numbers."""
    return os.fsencode(text).decode("utf-8", "backslashreplace") if not text.isascii() else text


def is_query(text: str) -> bool:
    """Whether ``text`` is a SELECT, FROM or WITH and no file name.

    >>> is_query("FROM 'a.csv' WHERE x > 1"), is_query("select.csv")
    (True, False)
    """
    return QUERY.match(text) is not None


def is_database(text: str) -> bool:
    """Whether ``text`` names a DuckDB file, with a table or without."""
    return DATABASE.fullmatch(text) is not None


def database_table(text: str) -> tuple[Path, DatabaseTable | None]:
    """The DuckDB file that ``text`` names, and the table in it when it names one.

    Raises:
        ProgrammingError: ``text`` is not of the form ``file.duckdb::table``.
    """
    found = DATABASE.fullmatch(text)
    if found is None:
        raise ProgrammingError(f"{text}: expected file.duckdb::table")
    file, name = Path(found["file"]), found["table"]
    if not name:
        return file, None
    parts = [
        part[1:-1].replace('""', '"') if part[0] == '"' else part for part in re.findall(r'"(?:[^"]|"")+"|[^.]+', name)
    ]
    if len(parts) > 2:
        raise ProgrammingError(f"{text}: expected file.duckdb::table or file.duckdb::schema.table")
    return file, DatabaseTable(file, parts[0] if len(parts) == 2 else "main", parts[-1])


def format_named(name: str) -> Format:
    """The format that a user calls ``name``, for example ``jsonl`` or ``ndjson``.

    Raises:
        ProgrammingError: There is no such format.
    """
    form = NAMES.get(name.lower().lstrip("."))
    if form is None:
        told = hint(name, NAMES, f"there are {', '.join(NAMES)}", quoted=True)
        raise ProgrammingError(f"unknown format {name!r}; {told}")
    return form


def format_of(path: Path) -> tuple[Format, str | None]:
    """The format of a file by its ending, and its compression when the ending tells one.

    Raises:
        ProgrammingError: The ending is unknown, or such a file is not read compressed.
    """
    endings = [ending.lower() for ending in path.suffixes]
    compression = COMPRESSIONS.get(endings[-1]) if endings else None
    ending = "".join(endings[-2:-1] if compression else endings[-1:])
    form = ENDINGS.get(ending)
    if form is None:
        known = " ".join([*ENDINGS, "file.duckdb::table"])
        raise ProgrammingError(
            f"{path}: cannot tell the format by the ending {ending!r}; "
            + hint(ending, ENDINGS, f"name the format, or use one of {known}", quoted=True)
        )
    if compression and not form.is_text:
        raise ProgrammingError(f"{path}: a {form.value} file is read without outer compression; decompress it first")
    return form, compression


def quoted_name(name: str) -> str:
    """``name`` as SQL writes a name that may hold anything."""
    return '"' + name.replace('"', '""') + '"'


def quoted_text(text: str) -> str:
    """``text`` as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
