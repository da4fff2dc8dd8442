"""The thread that brings what was appended to the tail into the database, many calls in one transaction."""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import msgspec

from grokcall.core.heard_waits import result_of
from grokcall.errors import JournalError
from grokcall.journal.mutations import Change, Group, Values
from grokcall.journal.sqlite_errors import fault
from grokcall.journal.write_ahead import WriteAheadLog

T = TypeVar("T")
Work: TypeAlias = Callable[[sqlite3.Connection], Any]

GATHER_SECONDS = 1.0
"""How long entries gather before the database takes them in: few large transactions disturb the calls least."""
RIPE, RIPE_BYTES = 8192, 16 << 20
"""Entries, and their bytes, after which it does so at once."""
MOST_WAITING, MOST_BYTES = 4 * RIPE, 4 * RIPE_BYTES
"""Those after which whoever records a call waits for the database, so that memory stays bounded on a slow disk."""
SYNC_SECONDS = 1.0
"""How long the system may keep a transaction in its memory before it has to be on the disk."""

encode: Callable[[object], bytes] = msgspec.msgpack.Encoder().encode


class Writer:
    """Writes to a journal.

    What was added has left the process: to kill it loses nothing. A power cut is another matter, and to wait for the
    disk each time (SQLite's ``synchronous = FULL``) costs about a quarter of a millisecond of CPU beside the wait. So
    it is waited for once a second, and when there is nothing to do: a power cut takes what was recorded in about the
    last two seconds before it, and nothing older.

    Args:
        connection: The database; the writer closes it.
        tail: Where changes go first; the writer closes it.
        path: The journal's name, for errors.
        numbers: Gives each entry its number.
    """

    def __init__(self, connection: sqlite3.Connection, tail: WriteAheadLog, path: Path, numbers: Iterator[int]) -> None:
        self._connection = connection
        self._tail = tail
        self._path = path
        self._numbers = numbers
        self._lock = threading.Lock()
        self._group = Group()
        self._absorbing: Group | None = None
        self._ripe = threading.Event()
        self._queue: queue.SimpleQueue[tuple[Work, Future[Any]] | bool] = queue.SimpleQueue()
        self.is_behind: bool = False
        """Whether so much waits for the database that whoever goes on has to :meth:`flush` first."""
        self._failure: JournalError | None = None
        self._closed = False
        self._synced = time.monotonic()
        self._dirty = False
        self._thread = threading.Thread(target=self._serve, name="grokcall-journal", daemon=True)
        self._thread.start()

    def add(self, *changes: Change) -> None:
        """Makes changes, all of them or none; a process that is killed from now on does not undo them.

        Raises:
            JournalError: They could not be written, and are not.
        """
        with self._lock:
            if self._closed or self._failure is not None:
                raise self._unusable()
            number = next(self._numbers)
            try:
                size = self._tail.append(encode((number, changes)))
            except OSError as error:
                raise fault(self._path, error) from error
            count = self._group.take(number, changes)
        if count == 1:
            self._queue.put(True)
        if count >= RIPE or size >= RIPE_BYTES:
            self._ripe.set()
        self.is_behind = count >= MOST_WAITING or size >= MOST_BYTES

    def waiting(self, call: int) -> tuple[Values, bytes] | None:
        """The row and the answer of a new call that the database does not have yet; None when it has it."""
        with self._lock:
            groups = [group for group in (self._group, self._absorbing) if group is not None]
            if not any(call in group.updated for group in groups):
                return next(
                    ((group.calls[call], group.answers[call][1]) for group in groups if call in group.calls), None
                )
        self.flush()
        return None

    def flush(self) -> None:
        """Waits until the database has everything.

        Raises:
            JournalError: It could not take it in.
        """
        self.run(lambda _: None)

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The result of ``work``, done once the database has everything that came before; whoever calls waits for it.

        Raises:
            JournalError: It could not be done.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._closed or self._failure is not None:
                raise self._unusable()
            self._queue.put((work, future))
            self._ripe.set()
        return result_of(future)

    def close(self) -> None:
        """Brings in what waits and ends the thread; harmless when repeated.

        What the database cannot take in stays in the tail, and comes in when the journal is opened again.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._queue.put(False)
            self._ripe.set()
        self._thread.join()

    def _unusable(self) -> JournalError:
        """Why nothing more can be written."""
        if self._failure is None:
            return JournalError(f"the journal {self._path} is closed")
        again = type(self._failure)(*self._failure.args)
        again.__cause__ = self._failure
        return again

    def _serve(self) -> None:
        while (item := self._next()) is not False:
            if item is True:
                self._ripe.wait(GATHER_SECONDS)
            self._absorb()
            if isinstance(item, tuple):
                self._do(*item)
            del item  # or what it holds would stay in memory until the next
        self._absorb()
        with suppress(sqlite3.Error):
            self._connection.close()
        self._tail.close()

    def _next(self) -> tuple[Work, Future[Any]] | bool:
        """What is to be done next: a piece of work, or a group that gathers; False at the end."""
        while self._dirty:
            try:
                return self._queue.get(timeout=SYNC_SECONDS)
            except queue.Empty:
                with suppress(sqlite3.Error):  # the next transaction will say what is wrong
                    self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
                self._dirty = False
        return self._queue.get()

    def _absorb(self) -> None:
        """Brings the group that has gathered into the database."""
        with self._lock:
            self._ripe.clear()
            if not self._group.count or self._failure is not None:
                return
            self._absorbing, self._group = self._group, Group()
            self._tail.turn()
        try:
            self._commit(self._absorbing)
        except (sqlite3.Error, OSError) as error:
            roll_back(self._connection)
            self._failure = fault(self._path, error)
            return
        except Exception as error:  # the thread goes on whatever it is, or others would wait for it for ever
            roll_back(self._connection)
            self._failure = JournalError(f"the journal {self._path}: {error!r}")
            return
        with self._lock:
            self._absorbing = None
            self._tail.clear_other()

    def _commit(self, group: Group) -> None:
        now = time.monotonic()
        full = now - self._synced >= SYNC_SECONDS
        self._connection.execute(f"PRAGMA synchronous = {'FULL' if full else 'NORMAL'}")
        self._connection.execute("BEGIN IMMEDIATE")
        group.apply(self._connection)
        self._connection.execute("COMMIT")
        self._dirty = not full
        if full:
            self._synced = now

    def _do(self, work: Work, future: Future[Any]) -> None:
        try:
            if self._failure is not None:
                raise self._unusable()
            future.set_result(work(self._connection))
        except (sqlite3.Error, OSError) as error:
            roll_back(self._connection)
            future.set_exception(fault(self._path, error))
        except BaseException as error:  # nobody may wait for ever, whatever happened here
            roll_back(self._connection)
            future.set_exception(error)


def roll_back(connection: sqlite3.Connection) -> None:
    """Ends a transaction that failed, where SQLite has not done so itself."""
    if connection.in_transaction:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
