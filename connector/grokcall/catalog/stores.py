"""Where the user's procedures and tools are kept: with the connection, in a file of SQL, or in a DuckDB database.

A catalog file is the ``CREATE PROCEDURE`` and ``CREATE TOOL`` statements themselves, so it can be read, edited and put
under version control. It is written aside and renamed, and changed by one writer at a time; what others have changed is
seen at the next call.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from grokcall.core.files import locked, unlock, write_whole
from grokcall.errors import OperationalError, ProgrammingError
from grokcall_parser import split_statements
from grokcall_procedures.own_catalog import Declaration, kind_and_name

LOCK_PATIENCE = 10.0
"""Seconds to wait for another writer of a catalog file."""
LARGEST_FILE = 16 * 1024 * 1024
TABLE = "grokcall_procedures"
READ = "SELECT statement FROM grokcall_procedures ORDER BY position"
MAKE = "CREATE OR REPLACE TABLE grokcall_procedures (position INTEGER, name VARCHAR, statement VARCHAR)"
FILL = "INSERT INTO grokcall_procedures VALUES (?, ?, ?)"


class Store(Protocol):
    """Keeps the statements of a catalog."""

    name: str
    """What messages call it."""

    def version(self) -> object:
        """Something that differs once others have changed what is kept; it is asked for before each statement."""
        ...

    def read(self) -> list[str]:
        """The statements in their order."""
        ...

    def changing(self) -> Any:
        """A context in which nobody else writes."""
        ...

    def write(self, statements: Sequence[Declaration]) -> None:
        """Keeps these statements in place of all others."""
        ...


class MemoryStore:
    """Keeps nothing longer than the connection lives."""

    name: str = "the connection"

    def __init__(self) -> None:
        self._texts: list[str] = []

    def version(self) -> object:
        """Always the same: nobody else can change it."""
        return None

    def read(self) -> list[str]:
        """The statements in their order."""
        return list(self._texts)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Nobody else writes here."""
        yield

    def write(self, statements: Sequence[Declaration]) -> None:
        """Keeps these statements in place of all others."""
        self._texts = [statement.text for statement in statements]


class FileStore:
    """Keeps the statements in a file of SQL.

    Args:
        path: The file; it comes to be with the first procedure or tool.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path: Path = Path(path).expanduser()
        self.name: str = f"the catalog {self.path}"
        self.path = self.path.resolve()  # a link stays a link, and has the lock of its file

    def version(self) -> object:
        """The file's identity, size and time; None without a file."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns

    def read(self) -> list[str]:
        """The statements in the file; none without a file.

        Raises:
            OperationalError: It cannot be read, is no text, or is longer than 16 MiB.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise OperationalError(f"{self.name} cannot be read: {error.strerror}") from None
        if len(data) > LARGEST_FILE:
            raise OperationalError(f"{self.name} has {len(data):,} bytes; a catalog has at most {LARGEST_FILE:,}")
        try:
            return split_statements(data.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise OperationalError(f"{self.name} is no UTF-8 text; is it another file?") from None
        except ProgrammingError as error:
            raise ProgrammingError(f"{self.name}: {error}") from None

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Holds the lock beside the file, waiting up to 10 seconds for another writer.

        Raises:
            OperationalError: Another writer does not end, or there is no such folder.
        """
        lock = self.path.with_name(f"{self.path.name}.lock")
        try:
            descriptor = locked(lock, LOCK_PATIENCE)
        except OSError as error:
            raise OperationalError(f"{self.name} cannot be written to: {error.strerror}") from None
        if descriptor is None:
            raise OperationalError(f"{self.name} is being changed by another process; try again")
        try:
            yield
        finally:
            unlock(lock, descriptor)

    def write(self, statements: Sequence[Declaration]) -> None:
        """Writes the file aside and renames it.

        Raises:
            OperationalError: It cannot be written; the old one is still there.
        """
        text = "\n".join(map(closed, statements))
        try:
            mode = stat.S_IMODE(self.path.stat().st_mode) if self.path.exists() else 0o600
            write_whole(self.path, text.encode(), mode)
        except OSError as error:
            raise OperationalError(f"{self.name} cannot be written to: {error.strerror}") from None


class DuckDBStore:
    """Keeps the statements in the table ``grokcall_procedures`` (name, statement) of a DuckDB database.

    Args:
        database: A connection of DuckDB. It is read once; the table comes to be with the first procedure or tool.
    """

    def __init__(self, database: Any) -> None:
        self.name: str = f"the table {TABLE}"
        self._database = database

    def version(self) -> object:
        """Always the same: to ask the database from within a query of its own is not possible."""
        return None

    def read(self) -> list[str]:
        """The statements in the order of their making."""
        with self._cursor() as cursor:
            there = cursor.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [TABLE]).fetchone()
            if there is None:
                return []
            return [text for (text,) in cursor.execute(READ).fetchall()]

    @contextmanager
    def changing(self) -> Iterator[None]:
        """DuckDB lets one process at a time write to a database."""
        yield

    def write(self, statements: Sequence[Declaration]) -> None:
        """Replaces the rows of the table in one transaction."""
        rows = [(number, kind_and_name(each)[1], each.text) for number, each in enumerate(statements)]
        with self._cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(MAKE)
            if rows:
                cursor.executemany(FILL, rows)
            cursor.execute("COMMIT")

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        cursor = self._database.cursor()
        try:
            yield cursor
        finally:
            cursor.close()


def closed(statement: Declaration) -> str:
    """The text of a statement with its semicolon, which must not become part of a comment at the end."""
    text = statement.text.strip().rstrip(";").rstrip()
    return f"{text}\n;\n" if "--" in text.rpartition("\n")[2] else f"{text};\n"
