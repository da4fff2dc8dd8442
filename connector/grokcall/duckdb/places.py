"""The DuckDB connections of one database: one for all statements, and others for queries that come while it is busy."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from grokcall.duckdb.cancellation import Cancellation
from grokcall.duckdb.interrupts import heard
from grokcall.duckdb.place import Place
from grokcall.duckdb.results import kinds_of
from grokcall.tables.duckdb_reader import SETTINGS as FILE_SETTINGS

SETTINGS = f"{FILE_SETTINGS}; SET arrow_large_buffer_size = true"
"""Those of the DuckDB that reads files, and results of more than 2 GiB of text can be."""
TEMPORARY = re.compile(r"\bTEMP(ORARY)?\b", re.IGNORECASE)
KEPT_FOR_ALL = frozenset(
    {"SELECT", "INSERT", "UPDATE", "DELETE", "COPY", "CREATE", "DROP", "ALTER", "EXPLAIN", "ANALYZE", "MERGE_INTO"}
)
"""Kinds of statements after which each connection to the database finds the same."""


class Places:
    """The first place, where every statement may run, and others: for what only reads, and for who wants one alone.

    What is temporary, set, prepared or not committed belongs to its place. Once there is such a thing at the first
    one, all statements without a place of their own run there, and wait for each other.

    Args:
        first: The first place.
    """

    def __init__(self, first: Place) -> None:
        self.first = first
        self._others: list[Place] = []
        self._owned: list[Place] = []
        self._lock = threading.Lock()
        self._has_own = False

    def __iter__(self) -> Iterator[Place]:
        return iter((self.first, *self._others, *self._owned))

    @contextmanager
    def free(self, sql: str, cancellation: Cancellation | None = None) -> Iterator[Place]:
        """A place for one statement, for the block in which it runs; the first is waited for where it must be that.

        Args:
            sql: The statement.
            cancellation: Ends it.

        Raises:
            StoppedError: It was cancelled.
        """
        cancellation = cancellation or Cancellation()
        place = self.first
        if not place.lock.acquire(blocking=False):
            place = self._other(sql) or place
            if place is self.first:
                cancellation.wait_for(place.lock)
        with ended(place, cancellation):
            yield place

    def took(self, place: Place, sql: str) -> None:
        """Told of each statement that has run."""
        if place is not self.first or self._has_own:
            return
        for kind in kinds_of(place.con, sql):
            if kind not in KEPT_FOR_ALL or (kind == "CREATE" and TEMPORARY.search(sql)):
                self._has_own = True

    @property
    def is_stopping(self) -> bool:
        """Whether calls that have been told to stop have not ended yet."""
        return any(place.session.is_stopping for place in self)

    def interrupt(self, patience: float = 0.0) -> None:
        """Stops the calls of all statements: for the handler of a signal, of which DuckDB hears by itself."""
        for place in self:
            place.session.interrupt(patience)

    def await_end(self) -> None:
        """Waits until the calls that were told to stop have ended."""
        for place in self:
            place.session.await_end()

    def close(self) -> None:
        """Closes every connection, each when its statement has ended."""
        for place in reversed(tuple(self)):
            place.close()

    def own(self) -> Place:
        """A place for one user, who closes it."""
        with self._lock:
            place = self._another()
            self._owned = [each for each in self._owned if not each.closed] + [place]
        return place

    def _other(self, sql: str) -> Place | None:
        """A free place, taken, for a query that only reads; None for any other statement."""
        if self._has_own or self.first.in_transaction:
            return None
        with self._lock:
            place = next((each for each in self._others if each.lock.acquire(blocking=False)), None)
            if place is None:
                place = self._another()
                place.lock.acquire()
                self._others.append(place)
        if only_reads(place.con, sql):
            return place
        place.lock.release()
        return None

    def _another(self) -> Place:
        return Place(settled(self.first.con.cursor()), self.first.session.beside())


def settled(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A connection with our settings; closed where an interrupt strikes it."""
    try:
        with heard():
            con.execute(SETTINGS)
    except BaseException:
        con.close()
        raise
    return con


@contextmanager
def held(place: Place, cancellation: Cancellation | None) -> Iterator[Place]:
    """One place for a statement, waited for, for the block in which it runs.

    Raises:
        StoppedError: It was cancelled.
    """
    cancellation = cancellation or Cancellation()
    cancellation.wait_for(place.lock)
    with ended(place, cancellation):
        yield place


@contextmanager
def ended(place: Place, cancellation: Cancellation) -> Iterator[None]:
    """Lets a place go at the end of the block, in which a cancel ends its statement."""
    try:
        place.session.await_end()  # the calls hear of a cancel late; it must not end those of this statement
        place.session.halted = False
        with cancellation.over(place):
            yield
    finally:
        place.lock.release()


def only_reads(con: duckdb.DuckDBPyConnection, sql: str) -> bool:
    """Whether a text is one SELECT."""
    try:
        return kinds_of(con, sql) == ["SELECT"]
    except duckdb.Error:
        return False
