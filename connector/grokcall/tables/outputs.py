"""Where a table goes: a file that appears whole, a table of a DuckDB file, or a stream."""

from __future__ import annotations

import contextlib
import stat
import sys
from pathlib import Path
from typing import Protocol

from grokcall.core.files import sync_folder
from grokcall.core.terminals import TerminalStream, check_standard_output
from grokcall.tables.duckdb_reader import private_connection
from grokcall.tables.errors import mapped_errors
from grokcall.tables.formats import DatabaseTable, quoted_name, quoted_text
from grokcall.tables.part_files import Part
from grokcall.tables.partials import Partial
from grokcall.tables.reserved_file import ForwardStream, OutputStream, ReservedFile
from grokcall_parser.errors import OperationalError, ProgrammingError


class Output(Protocol):
    """A place for one table."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def path(self) -> Path | None:
        """The file, which media are put beside; None for standard output."""

    @property
    def stream(self) -> OutputStream:
        """What the format writes into."""

    @property
    def streamed(self) -> bool:
        """Whether what was written cannot be taken back."""

    def publish(self) -> None:
        """Makes the finished table visible under its name."""

    def keep(self) -> Path | None:
        """Leaves the finished part of a table beside the place where the whole one would be."""

    def discard(self) -> None:
        """Leaves nothing."""

    def remove_partial(self) -> None:
        """Removes what :meth:`keep` of an earlier try has left."""


class StagedFile:
    """A file written aside under a hidden name, and renamed when it is whole.

    A reader never sees half of it, and a file of that name is only replaced by a whole one.
    """

    streamed = False

    def __init__(self, path: Path, *, overwrite: bool) -> None:
        self.name: str = str(path)
        check_folder(path)
        if path.exists() and not overwrite:
            raise ProgrammingError(f"{path}: there is such a file already; remove it, or allow overwriting")
        self.path = path
        self._final = path.resolve()  # a link stays a link
        self._partial = Partial(path.with_name(f"{path.stem}.partial{path.suffix}"))
        with mapped_errors(self.name):
            self._part = Part(self._final)
            self.stream: ReservedFile = self._part.stream
            if self._final.exists():
                self._part.path.chmod(stat.S_IMODE(self._final.stat().st_mode))

    def publish(self) -> None:
        """Takes the place of the file of this name, in one step."""
        self.stream.seal()
        self._part.rename(self._final)
        sync_folder(self._final.parent)

    def keep(self) -> Path:
        """Renames the part to ``out.partial.parquet``."""
        self.stream.seal()
        kept = self._partial.take(self._part)
        sync_folder(kept.parent)
        return kept

    def discard(self) -> None:
        """Removes what was written."""
        self.stream.close()
        self._part.remove()

    def remove_partial(self) -> None:
        """Removes the part that an earlier try has left."""
        self._partial.remove()


class StagedTable:
    """A table of a DuckDB file. Its rows wait in a Parquet file and go into the database at the end, all at once.

    So the database is not locked while the work goes on, nor is anything in it half done.
    """

    streamed = False

    def __init__(self, table: DatabaseTable, *, overwrite: bool) -> None:
        self.name: str = str(table)
        self.path: Path = table.file
        self._table = table
        check_folder(table.file)
        if table.file.exists():
            self._check_database(overwrite=overwrite)
        self._partial = Partial(table.file.with_name(f"{table.file.stem}.{table.table}.partial.parquet"))
        with mapped_errors(self.name):
            self._part = Part(table.file.with_name(f"{table.file.stem}.{table.table}.parquet"))
            self.stream: ReservedFile = self._part.stream

    def _check_database(self, *, overwrite: bool) -> None:
        with self.path.open("rb") as file:
            head = file.read(12)
        if head and head[8:12] != b"DUCK":
            raise ProgrammingError(f"{self.path}: is not a DuckDB file; name another file")
        if overwrite:
            return
        with mapped_errors(self.name), contextlib.closing(private_connection()) as connection:
            connection.execute(f"ATTACH {quoted_text(str(self.path))} AS target (READ_ONLY)")
            found = connection.execute(
                "SELECT 1 FROM duckdb_tables() WHERE database_name = 'target'"
                " AND schema_name = ? AND lower(table_name) = lower(?)",
                [self._table.schema, self._table.table],
            ).fetchall()
        if found:
            raise ProgrammingError(f"{self.name}: there is such a table already; drop it, or allow overwriting")

    def publish(self) -> None:
        """Creates or replaces the table in one transaction; when that fails, the rows stay in a Parquet file."""
        self.stream.seal()
        try:
            with mapped_errors(self.name), contextlib.closing(private_connection()) as connection:
                connection.execute(f"ATTACH {quoted_text(str(self.path))} AS target")
                connection.execute("BEGIN")
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS target.{quoted_name(self._table.schema)}")
                connection.execute(
                    f"CREATE OR REPLACE TABLE target.{self._table.quoted} AS"
                    f" FROM read_parquet({quoted_text(str(self._part.path))}, hive_partitioning=false)"
                )
                connection.execute("COMMIT")
        except Exception as error:
            kept = self._rename()
            raise OperationalError(f"{error}; the rows are kept in {kept}") from error
        self._part.remove()

    def keep(self) -> Path:
        """Renames the waiting rows to ``file.table.partial.parquet``."""
        self.stream.seal()
        return self._rename()

    def _rename(self) -> Path:
        return self._partial.take(self._part)

    def discard(self) -> None:
        """Removes the waiting rows."""
        self.stream.close()
        self._part.remove()

    def remove_partial(self) -> None:
        """Removes the rows that an earlier try has left."""
        self._partial.remove()


class Forward:
    """Standard output, a device or a pipe: what is written is gone."""

    streamed = True

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.name: str = "standard output" if path is None else str(path)
        with mapped_errors(self.name):
            if path is None:
                # Past Python's buffer: what would wait in it when the reader goes could fail again at the exit.
                check_standard_output()
                sys.stdout.flush()
                stream = getattr(sys.stdout.buffer, "raw", sys.stdout.buffer)
            else:
                stream = path.open("wb", buffering=0)
            guarded = TerminalStream(stream) if stream.isatty() else stream
            self.stream: ForwardStream = ForwardStream(guarded, owned=path is not None)

    def publish(self) -> None:
        """Sends on what waits in a buffer."""
        self.stream.seal()

    def keep(self) -> None:
        """Sends on what waits in a buffer; there is no file to keep."""
        self.stream.seal()

    def discard(self) -> None:
        """Lets go; what was sent cannot be taken back."""
        self.stream.close()

    def remove_partial(self) -> None:
        """Does nothing: what was sent stands nowhere."""


def is_forward(path: Path) -> bool:
    """Whether ``path`` is a device, a pipe or a socket, which cannot be replaced by a file."""
    with contextlib.suppress(OSError):
        mode = path.stat().st_mode
        return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
    return False


def check_folder(path: Path) -> None:
    """Raises unless a file can be made at ``path``."""
    if path.is_dir():
        raise ProgrammingError(f"{path}: is a folder; name a file in it")
    if not path.parent.is_dir():
        raise ProgrammingError(f"{path}: there is no folder {path.parent}; make it first")
