"""The database that tools query: a file behind walls of its own, or a connection that is handed in."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from grokcall.core.daemon_threads import in_daemon_thread
from grokcall.core.redaction import redact
from grokcall.errors import Error, OperationalError, ProgrammingError
from grokcall.tools.confinement import confine, one_select
from grokcall.tools.query_results import QueryResult, records_of
from grokcall.tools.table_names import TableNames

T = TypeVar("T")

TIMEOUT = 10.0
"""Seconds after which a query is interrupted."""
MOST_ROWS = 200
"""Rows of a result that a model gets."""
GRACE = 5.0
"""Seconds for a query to end once it is interrupted; one that does not is left to itself."""
AGAIN = 0.2
"""Seconds between two interrupts: DuckDB forgets one that comes before the query begins."""
SETTINGS: Mapping[str, Any] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
    "memory_limit": "512MB",
    "threads": 2,
    "temp_directory": "",
}
"""The settings of an instance of its own; nothing is written beside memory."""
CATALOG = "data"
"""What the file's catalog is called where the file's own name will not do."""


@dataclass(frozen=True)
class ToolDatabase:
    """Where tools read: a DuckDB file, or what a function gives a connection of.

    A file is opened anew for each query, read-only, in an instance of its own in memory, from which neither files nor
    settings nor extensions can be reached: so a query sees what others have written by then, and keeps nobody from
    writing in between. DuckDB opens no file twice that its process writes to; then the query runs on ``cursor``, in a
    transaction that only reads.

    Args:
        path: The file; None for ``cursor`` alone.
        cursor: Gives a connection of DuckDB, which is closed after the query: ``database.cursor``.
        timeout: Seconds after which a query is interrupted.
        most_rows: Rows that a query gives at most; what is cut is said beside them.

    Raises:
        ProgrammingError: There is neither, or a limit is none.

    >>> import duckdb
    >>> asyncio.run(ToolDatabase(cursor=duckdb.connect().cursor).run("SELECT 6 * $n AS product", {"n": 7})).rows
    [{'product': 42}]
    """

    path: str | os.PathLike[str] | None = None
    cursor: Callable[[], Any] | None = None
    timeout: float = TIMEOUT
    most_rows: int = MOST_ROWS

    def __post_init__(self) -> None:
        if self.path is None and self.cursor is None:
            raise ProgrammingError("a tool's database is a file of DuckDB, or a function that gives a connection of it")
        if self.timeout <= 0 or self.most_rows < 1:
            raise ProgrammingError("a query of a tool needs a timeout above 0 and at least 1 row")

    @property
    def version(self) -> str:
        """The size and the time of the file; empty without one."""
        if self.path is None:
            return ""
        with suppress(OSError):
            found = Path(self.path).stat()
            return f"{found.st_size}:{found.st_mtime_ns}"
        return "none"

    async def run(
        self, sql: str, values: Mapping[str, object] | None = None, tables: Sequence[str] | None = None
    ) -> QueryResult:
        """What one SELECT gives.

        Args:
            sql: The query, with ``$name`` for each value.
            values: The values, which are bound.
            tables: For a query that a model wrote: the tables that it may read. None for one of the user's own, which
                may read whatever the database can.

        Raises:
            ProgrammingError: The query is refused, or DuckDB finds it wrong.
            OperationalError: It takes too long or too much memory, or the database cannot be opened.
        """

        def query(connection: Any) -> QueryResult:
            if tables is None:
                one_select(connection, sql)
            else:
                confine(connection, sql, TableNames.read(connection, tables))
            return records_of(connection.execute(sql, dict(values or {})), self.most_rows)

        return await self.work(query)

    async def work(self, of: Callable[[Any], T]) -> T:
        """What some work on a connection gives, done in a thread and interrupted after the timeout.

        Args:
            of: Is given a connection on which nothing can be written.

        Raises:
            ProgrammingError: DuckDB finds something wrong.
            OperationalError: It takes too long, or the database cannot be opened.
        """
        running = Running()
        future = in_daemon_thread(once(lambda: self._worked(of, running)))
        try:
            done, _ = await asyncio.wait([future], timeout=self.timeout + GRACE)
        finally:
            running.interrupt()
        if not done:
            future.add_done_callback(lambda ended: ended.exception())
            raise OperationalError(self._too_long)
        return future.result()

    def _worked(self, of: Callable[[Any], T], running: Running) -> T:
        try:
            return self._on_connection(of, running)
        except duckdb.InterruptException:
            fault: Error = OperationalError(self._too_long)
        except duckdb.OutOfMemoryException as error:
            fault = OperationalError(f"the query needs too much memory: {redact(first_line(error))}")
        except duckdb.Error as error:
            fault = ProgrammingError(redact(str(error)))
        raise fault

    def _on_connection(self, of: Callable[[Any], T], running: Running) -> T:
        with self._connection() as connection, running.within(connection, self.timeout):
            return of(connection)

    @property
    def _too_long(self) -> str:
        return f"the query was interrupted after {self.timeout:g} seconds; read fewer rows, or aggregate less"

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        connection = self._opened()
        try:
            connection.execute("BEGIN TRANSACTION READ ONLY")
            yield connection
        finally:
            with suppress(duckdb.Error):
                connection.execute("ROLLBACK")
            connection.close()

    def _opened(self) -> Any:
        """An instance of its own with the file; or a connection that was handed in."""
        if self.path is None:
            assert self.cursor is not None
            return self.cursor()
        try:
            return walled(Path(self.path))
        except duckdb.Error as error:
            if self.cursor is not None and is_in_use(error):
                return self.cursor()
            remedy = "; this process writes to it: pass its connection" if is_in_use(error) else ""
            raise OperationalError(f"the database {self.path} cannot be opened: {redact(str(error))}{remedy}") from None


def once(work: Callable[[], T]) -> Callable[[], T]:
    """Some work that is let go of when it is done.

    A connection that a thread holds on to would be closed by it, while the process may be ending already.
    """
    kept = [work]
    return lambda: kept.pop()()


class Running:
    """A query that may be interrupted from another thread, until it ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: Any = None
        self._is_ended = threading.Event()

    @contextmanager
    def within(self, connection: Any, seconds: float) -> Iterator[None]:
        """Interrupts a connection after some seconds, or when it is asked for."""
        with self._lock:
            self._connection = connection
        timer = threading.Thread(target=self._after, args=(seconds,), name="grokcall-query-timer", daemon=True)
        timer.start()
        try:
            yield
        finally:
            with self._lock:
                self._connection = None
            self._is_ended.set()
            timer.join()

    def interrupt(self) -> None:
        """Ends the query, if it runs."""
        with self._lock:
            if self._connection is not None:
                self._connection.interrupt()

    def _after(self, seconds: float) -> None:
        while not self._is_ended.wait(seconds):
            self.interrupt()
            seconds = AGAIN


def walled(path: Path) -> Any:
    """A connection of an instance in memory, with a file attached read-only, that reaches nothing else.

    Raises:
        duckdb.Error: The file is none of DuckDB's, or cannot be opened.
    """
    # DuckDB would make a database in memory of an empty path.
    if not path.is_file():
        raise duckdb.IOException(f"there is no file {path}")
    name = path.stem if path.stem.isidentifier() and path.stem not in TAKEN else CATALOG
    connection = duckdb.connect(":memory:", config=dict(SETTINGS))
    try:
        quoted = os.fspath(path.absolute()).replace("'", "''")
        connection.execute(f"ATTACH '{quoted}' AS \"{name}\" (TYPE duckdb, READ_ONLY)")
        connection.execute(f'USE "{name}"')
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
    except BaseException:
        connection.close()
        raise
    return connection


TAKEN = frozenset({"memory", "system", "temp", "main"})
"""Catalogs that are there already, and a name that is a schema's."""


def is_in_use(error: duckdb.Error) -> bool:
    """Whether this process has the file open for writing."""
    return "Unique file handle conflict" in str(error) or "already attached" in str(error)


def first_line(error: BaseException) -> str:
    """The first line of a message."""
    return str(error).partition("\n")[0]
