"""The thread that writes: what many calls want written at the same moment becomes one transaction.

A call waits until its group is on the disk. While one group is being written the next one gathers, so the groups grow
with the load and the disk is waited for once a group, not once a call.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from grokcall.journal.faults import JournalError, fault
from grokcall.journal.media import MediaStore

SYNC_SECONDS = 1.0
"""How old a commit may become before it is brought to the disk."""

T = TypeVar("T")
Change: TypeAlias = tuple[str, tuple[object, ...]]
"""A statement and its values."""
Work: TypeAlias = Callable[[sqlite3.Connection], Any]


@dataclass(slots=True)
class Group:
    """What one transaction will write, and who waits for it."""

    changes: defaultdict[str, list[tuple[object, ...]]] = field(default_factory=lambda: defaultdict(list))
    """The rows by statement: one statement with many rows is cheaper than many statements."""
    files: dict[bytes, bytes] = field(default_factory=dict)
    waiting: defaultdict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = field(
        default_factory=lambda: defaultdict(list)
    )


class Writer:
    """Writes to a journal from a thread of its own.

    What is committed has left the process: to kill it loses nothing. A power cut is another matter, and a wait for the
    disk at each group (SQLite's ``synchronous = FULL``) costs about a quarter of a millisecond of CPU beside the wait,
    each time, where groups are small: more than all the rest. So it is waited for once a second, and when there is
    nothing to do; a power cut takes what was recorded in about the last second before it, and nothing older.

    Args:
        connection: Where to; the writer closes it.
        media: Where the files go.
        path: The journal's name, for errors.
        sync_seconds: How old a commit may become before it is brought to the disk; 0 for at once.
    """

    def __init__(
        self, connection: sqlite3.Connection, media: MediaStore, path: Path, sync_seconds: float = SYNC_SECONDS
    ) -> None:
        self._connection = connection
        self._media = media
        self._path = path
        self._lock = threading.Lock()
        self._group: Group | None = None
        self._queue: queue.SimpleQueue[Group | tuple[Work, Future[Any]] | None] = queue.SimpleQueue()
        self._closed = False
        self._sync_seconds = sync_seconds
        self._synced = time.monotonic()
        self._dirty = False
        self._thread = threading.Thread(target=self._serve, name="grokcall-journal", daemon=True)
        self._thread.start()

    def write(self, *changes: Change, files: Mapping[bytes, bytes] | None = None) -> asyncio.Future[None]:
        """Writes rows, all of them or none; they are durable once what this gives has been awaited.

        Args:
            changes: Each a statement and its values. Those that wait at the same time are written in any order.
            files: Contents to save first, by SHA-256.

        Raises:
            JournalError: They could not be written, and are not.
        """
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        with self._lock:
            group = self._group
            if group is None:
                self._check_open()
                self._group = group = Group()
                self._queue.put(group)
            for statement, row in changes:
                group.changes[statement].append(row)
            if files:
                group.files.update(files)
            group.waiting[loop].append(future)
        return future

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The result of ``work``, done between two groups; whoever calls waits for it.

        Raises:
            JournalError: SQLite refused.
        """
        future: Future[T] = Future()
        with self._lock:
            self._check_open()
            self._queue.put((work, future))
        return future.result()

    def close(self) -> None:
        """Writes what waits and ends the thread; harmless when repeated."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _check_open(self) -> None:
        if self._closed:
            raise JournalError(f"the journal {self._path} is closed")

    def _serve(self) -> None:
        while (item := self._next()) is not None:
            if isinstance(item, Group):
                self._settle(item)
            else:
                self._do(*item)
            del item  # or the last rows would stay in memory until the next
        with suppress(sqlite3.Error):
            self._connection.close()

    def _next(self) -> Group | tuple[Work, Future[Any]] | None:
        """What is to be done next; None at the end."""
        while self._dirty:
            try:
                return self._queue.get(timeout=self._sync_seconds)
            except queue.Empty:
                with suppress(sqlite3.Error):  # the next commit will say what is wrong
                    self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
                self._dirty = False
        return self._queue.get()

    def _settle(self, group: Group) -> None:
        with self._lock:
            self._group = None  # who comes now starts the next group
        error: Exception | None = None
        try:
            self._commit(group)
        except (sqlite3.Error, OSError) as refused:
            self._roll_back()
            error = refused
        except Exception as unforeseen:  # nobody may wait for ever, whatever happened here
            self._roll_back()
            error = unforeseen
        for loop, futures in group.waiting.items():
            with suppress(RuntimeError):  # a loop that was closed waits for nothing
                loop.call_soon_threadsafe(self._tell, futures, error)

    def _commit(self, group: Group) -> None:
        for digest, content in group.files.items():
            self._media.save(digest, content)
        execute = self._connection.execute
        now = time.monotonic()
        full = now - self._synced >= self._sync_seconds
        execute(f"PRAGMA synchronous = {'FULL' if full else 'NORMAL'}")
        execute("BEGIN IMMEDIATE")
        for statement, rows in group.changes.items():
            self._connection.executemany(statement, rows)
        execute("COMMIT")
        self._dirty = not full
        if full:
            self._synced = now

    def _do(self, work: Work, future: Future[Any]) -> None:
        try:
            future.set_result(work(self._connection))
        except (sqlite3.Error, OSError) as error:
            self._roll_back()
            future.set_exception(fault(self._path, error))
        except BaseException as error:
            self._roll_back()
            future.set_exception(error)

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")

    def _tell(self, futures: Sequence[asyncio.Future[None]], error: Exception | None) -> None:
        for future in futures:
            if future.done():  # whoever waited was cancelled
                continue
            if error is None:
                future.set_result(None)
            elif isinstance(error, sqlite3.Error | OSError):
                future.set_exception(fault(self._path, error))  # one each: an exception keeps where it passed
            else:
                future.set_exception(JournalError(f"the journal {self._path}: {error!r}"))
