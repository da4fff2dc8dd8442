"""Batches that a run has sent to the service: intended before they are made, so that none is ever made twice.

The tables are made with the first batch.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from grokcall.errors import InternalError
from grokcall.journal.mutations import STATEMENTS, TAKE_BATCHED, Change
from grokcall.journal.reader import Records
from grokcall.journal.writer import Writer

Key: TypeAlias = tuple[bytes, int]
"""A call of a run: its fingerprint and its ordinal."""
BatchState: TypeAlias = Literal["intended", "made", "filled", "late", "ended"]
"""``intended``: perhaps made. ``made``: its id is known. ``filled``: has its requests. ``late``: was done without all
of its answers, which may still come. ``ended``: answers taken."""

TABLES = (
    "CREATE TABLE IF NOT EXISTS batches ("
    "id INTEGER PRIMARY KEY, run INTEGER NOT NULL, name TEXT NOT NULL UNIQUE, batch_id TEXT, state TEXT NOT NULL,"
    " at REAL NOT NULL, ended REAL)",
    "CREATE TABLE IF NOT EXISTS batch_calls ("
    "batch INTEGER NOT NULL, fingerprint BLOB NOT NULL, ordinal INTEGER NOT NULL, taken INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY (batch, fingerprint, ordinal)) WITHOUT ROWID",
)
HAS_TABLES = "SELECT 1 FROM sqlite_master WHERE name = 'batch_calls'"
READ = """
SELECT id, name, batch_id, state, at, ended, count(fingerprint), ifnull(sum(taken), 0)
FROM batches LEFT JOIN batch_calls ON batch = id WHERE run = ? GROUP BY id ORDER BY id
"""
READ_OTHERS = READ.replace("run = ?", "run <> ? AND state <> 'ended'")
CALLS = "SELECT fingerprint, ordinal FROM batch_calls WHERE batch = ?"
UNTAKEN = "SELECT fingerprint, ordinal FROM batch_calls WHERE batch = ? AND taken = 0"
REMOVE = (
    "DELETE FROM batch_calls WHERE batch IN (SELECT id FROM batches WHERE run = ?)",
    "DELETE FROM batches WHERE run = ?",
)


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A batch of a run, as the journal knows it.

    Args:
        number: Its number in the file.
        name: What it is called at the service; no two batches share a name.
        batch_id: What the service calls it; None when that is not known yet.
        state: How far it is.
        at: When it was intended, in seconds since 1970.
        ended: When its last answer was taken; None before.
        calls: Requests that it has, or is to have.
        taken: How many of them have their outcome in the journal.
    """

    number: int
    name: str
    batch_id: str | None
    state: BatchState
    at: float
    ended: float | None
    calls: int
    taken: int

    def as_dict(self) -> dict[str, object]:
        """The facts under their names, as JSON can hold them."""
        return {
            "name": self.name,
            "batch_id": self.batch_id,
            "state": self.state,
            "calls": self.calls,
            "taken": self.taken,
        }


class RunBatches:
    """The batches of one run; every change is on the disk once its method returns.

    Args:
        records: The journal, for reading.
        writer: Who writes to it.
        run: The run's number.
    """

    def __init__(self, records: Records, writer: Writer, run: int) -> None:
        self._records = records
        self._writer = writer
        self._run = run

    def open(self) -> list[BatchRecord]:
        """The batches whose answers have not all been taken, the oldest first."""
        return [batch for batch in batches_of(self._records, self._run) if batch.state != "ended"]

    def untaken(self, number: int) -> list[Key]:
        """The calls of a batch that have no outcome from it yet."""
        self._records.flush()
        return [(fingerprint, ordinal) for fingerprint, ordinal in self._records.rows(UNTAKEN, number)]

    def elsewhere(self) -> list[BatchRecord]:
        """The batches of other runs that have not ended, the oldest first."""
        return batches_of(self._records, self._run, READ_OTHERS)

    def calls(self, number: int) -> list[Key]:
        """The calls of a batch, of whichever run."""
        return [(fingerprint, ordinal) for fingerprint, ordinal in self._records.rows(CALLS, number)]

    def intend(self, name: str, calls: Sequence[Key]) -> BatchRecord:
        """Writes down that a batch is about to be made, and which calls it will hold.

        Raises:
            grokcall.journal.JournalError: It could not be written: do not make the batch.
        """
        return self._added(name, None, "intended", time.time(), calls)

    def join(self, other: BatchRecord, batch_id: str, name: str, calls: Sequence[Key]) -> BatchRecord:
        """Writes down that calls of this run are in a batch that another run has made; each takes the answers itself.

        Args:
            other: The batch as the other run knows it.
            batch_id: What the service calls it.
            name: A name for it that no other has.
            calls: The calls.
        """
        state = "made" if other.state == "intended" else other.state
        return self._added(name, batch_id, state, other.at, calls)

    def _added(
        self, name: str, batch_id: str | None, state: BatchState, at: float, calls: Sequence[Key]
    ) -> BatchRecord:

        def write(connection: sqlite3.Connection) -> int:
            for statement in TABLES:
                connection.execute(statement)
            number = connection.execute(
                "INSERT INTO batches (run, name, batch_id, state, at) VALUES (?, ?, ?, ?, ?)",
                (self._run, name, batch_id, state, at),
            ).lastrowid
            rows = ((number, fingerprint, ordinal) for fingerprint, ordinal in calls)
            connection.executemany("INSERT INTO batch_calls (batch, fingerprint, ordinal) VALUES (?, ?, ?)", rows)
            return int(number or 0)

        return BatchRecord(self._durably(write), name, batch_id, state, at, None, len(calls), 0)

    def made(self, number: int, batch_id: str) -> None:
        """Writes down what the service calls the batch; requests may be added once this returns."""
        self._set(number, "made", batch_id)

    def filled(self, number: int) -> None:
        """Writes down that the batch has all of its requests."""
        self._set(number, "filled")

    def late(self, number: int) -> None:
        """Writes down that the batch was done without all of its answers, and has to be looked at once more."""
        self._set(number, "late")

    def release(self, number: int, calls: Sequence[Key]) -> None:
        """Writes down that nothing more is expected of a batch for calls, which may be sent again."""
        rows = [(number, *call) for call in calls]
        self._durably(lambda connection: connection.executemany(STATEMENTS[TAKE_BATCHED], rows))

    def drop(self, number: int, calls: Sequence[Key]) -> None:
        """Strikes calls that were never added to the batch."""
        rows = [(number, *call) for call in calls]
        statement = "DELETE FROM batch_calls WHERE batch = ? AND fingerprint = ? AND ordinal = ?"
        self._durably(lambda connection: connection.executemany(statement, rows))

    def end(self, number: int) -> None:
        """Writes down that nothing more is to be had from the batch.

        Raises:
            grokcall.errors.InternalError: Calls of it have no outcome yet.
        """
        if self.untaken(number):
            raise InternalError(f"the batch {number} has calls without an outcome, so it cannot have ended")
        self._set(number, "ended")

    def _set(self, number: int, state: BatchState, batch_id: str | None = None) -> None:
        values = (state, batch_id, time.time() if state == "ended" else None, number)
        statement = "UPDATE batches SET state = ?, batch_id = ifnull(?, batch_id), ended = ? WHERE id = ?"
        self._durably(lambda connection: connection.execute(statement, values))

    def _durably(self, work: Callable[[sqlite3.Connection], object]) -> int:
        """Does some work as one transaction that outlives a power cut; gives its result, if that is a number."""

        def done(connection: sqlite3.Connection) -> int:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            result = work(connection)
            connection.execute("COMMIT")
            return result if isinstance(result, int) else 0

        return self._writer.run(done)


def taken_from(number: int, call: Key) -> Change:
    """What has to stand in the journal together with the outcome of a call that came from a batch."""
    return (TAKE_BATCHED, (number, *call))


def batches_of(records: Records, run: int, statement: str = READ) -> list[BatchRecord]:
    """The batches of a run, or those that another statement finds for it, the oldest first."""
    records.flush()
    if records.row(HAS_TABLES) is None:
        return []
    return [BatchRecord(*row) for row in records.rows(statement, run)]


def remove_batches(connection: sqlite3.Connection, run: int) -> None:
    """Removes what is known of a run's batches; for use inside a transaction."""
    if connection.execute(HAS_TABLES).fetchone() is not None:
        for statement in REMOVE:
            connection.execute(statement, (run,))
