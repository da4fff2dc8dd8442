"""What stands in a journal, read back call by call."""

from __future__ import annotations

import itertools
import logging
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from grokcall.core.redaction import get_logger
from grokcall.journal.call_index import CallIndex, key_of
from grokcall.journal.codec import RecalledOutcome, UnreadableAnswerError, recalled, unpacked
from grokcall.journal.media import LostMediaError, MediaStore
from grokcall.journal.sqlite_errors import mapped_errors
from grokcall.journal.writer import Writer

logger: logging.Logger = get_logger("grokcall.journal")

SqlRow: TypeAlias = tuple[Any, ...]

CHUNK = 1 << 14
"""Rows that are read at a time."""

READ_CALL = """
SELECT fingerprint, ordinal, ok, cost_ticks, attempts, answer FROM calls JOIN answers USING (id) WHERE id = ?
"""
READ_RUN = """
SELECT id, fingerprint, ordinal, ok, cost_ticks, attempts, answer, at FROM calls JOIN answers USING (id)
WHERE id > ? AND run = ? ORDER BY id LIMIT 256
"""
# In this order: the intents, which are few, are looked up in an index that SQLite makes for the purpose, so that the
# calls, which are many, are read once.
ANSWERED = """
SELECT intents.id FROM calls CROSS JOIN intents
WHERE intents.run = calls.run AND intents.fingerprint = calls.fingerprint AND intents.ordinal = calls.ordinal
AND intents.session < calls.session
"""
"""The calls in doubt which a later process made again."""
IN_DOUBT = f"SELECT fingerprint, ordinal, at, id IN ({ANSWERED}) FROM intents WHERE run = ? ORDER BY id"  # noqa: S608
LAST_NUMBER = """
SELECT max(absorbed, ifnull((SELECT max(id) FROM calls), 0), ifnull((SELECT max(id) FROM intents), 0)) FROM tail
"""


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A call of a run and what became of it; the times of an outcome are those of the call as it was made."""

    fingerprint: bytes
    ordinal: int
    at: float
    """When it was recorded, in seconds since 1970."""
    outcome: RecalledOutcome | None
    """None when it can no longer be read, because a file of it is gone."""


@dataclass(frozen=True, slots=True)
class InDoubt:
    """A call that may have been sent, and billed, and whose answer never came to the journal.

    Args:
        fingerprint: Which call.
        ordinal: Which of the equal calls of the run.
        at: When it was about to be sent, in seconds since 1970.
        answered: Whether a later process of the run made the call again and recorded what became of it; then it may
            have been billed twice.
    """

    fingerprint: bytes
    ordinal: int
    at: float
    answered: bool


class Records:
    """A journal's rows, for reading; threads may share it.

    Args:
        connection: Reads beside the writer's connection, and sees what has been committed.
        media: Where the files are.
        path: The journal's name, for messages.
    """

    def __init__(self, connection: sqlite3.Connection, media: MediaStore, path: Path) -> None:
        self.media = media
        self.path = path
        self.everywhere: CallIndex | None = None
        """The calls of all runs that ended well, once somebody has asked for one."""
        self._connection = connection
        self._lock = threading.Lock()
        (last,) = self.row(LAST_NUMBER) or (0,)
        self.numbers: Iterator[int] = itertools.count(last + 1)
        """The next numbers for calls, intents and entries."""
        self.writer: Writer | None = None
        """Who writes; None for a journal that is only looked at."""

    def row(self, statement: str, *values: object) -> SqlRow | None:
        """The first row that a statement gives."""
        with self._lock, mapped_errors(self.path):
            row: SqlRow | None = self._connection.execute(statement, values).fetchone()
            return row

    def rows(self, statement: str, *values: object) -> list[SqlRow]:
        """All rows that a statement gives.

        Args:
            statement: The statement.
            *values: One for each of its question marks, or one mapping for its names.
        """
        given: Any = values[0] if len(values) == 1 and isinstance(values[0], dict) else values
        with self._lock, mapped_errors(self.path):
            return self._connection.execute(statement, given).fetchall()

    def chunks(self, statement: str, *values: object) -> Iterator[list[SqlRow]]:
        """The rows of a statement that starts with an id, in pieces, so that millions need little memory.

        The statement's last two values are the id to start after and the number of rows.
        """
        last = 0
        while chunk := self.rows(statement, *values, last, CHUNK):
            yield chunk
            last = chunk[-1][0]

    def index_of(self, run: int) -> CallIndex:
        """The calls of a run that have an outcome: twice the id, and one more where it is a good one."""
        self.flush()
        index = CallIndex()
        chosen = "SELECT id, fingerprint, ordinal, ok FROM calls WHERE run = ? AND id > ? ORDER BY id LIMIT ?"
        for chunk in self.chunks(chosen, run):
            index.update({key_of(fingerprint, ordinal): 2 * id_ + ok for id_, fingerprint, ordinal, ok in chunk})
        return index

    def anywhere(self, fingerprint: bytes) -> RecalledOutcome | None:
        """The newest good outcome of a call, whichever run it belongs to."""
        everywhere = self.everywhere
        if everywhere is None:
            self.flush()
            everywhere = CallIndex()
            chosen = "SELECT id, fingerprint, ordinal, ok FROM calls WHERE ok = 1 AND id > ? ORDER BY id LIMIT ?"
            for chunk in self.chunks(chosen):
                everywhere.update({key_of(found, 0): id_ for id_, found, _, _ in chunk})
            self.everywhere = everywhere  # what was recorded meanwhile is found in its run
        call = everywhere.get(key_of(fingerprint, 0))
        return None if call is None else self.outcome(call, fingerprint)

    def may_have(self, fingerprint: bytes) -> bool:
        """Whether there may be a good outcome of a call; told without waiting for a disk."""
        return self.everywhere is None or self.everywhere.get(key_of(fingerprint, 0)) is not None

    def outcome(self, call: int, fingerprint: bytes, ordinal: int | None = None) -> RecalledOutcome | None:
        """The outcome with an id; None when it belongs to another call or can no longer be read."""
        row = self._waiting(call) or self.row(READ_CALL, call)
        if row is None or row[0] != fingerprint or (ordinal is not None and row[1] != ordinal):
            return None
        return self._outcome(call, *row[2:])

    def _waiting(self, call: int) -> SqlRow | None:
        """What READ_CALL would give for a call that the database does not have yet."""
        found = self.writer.waiting(call) if self.writer is not None else None
        if found is None:
            return None
        (_, _, _, fingerprint, ordinal, ok, _, ticks, attempts, *_), answer = found
        return fingerprint, ordinal, ok, ticks, attempts, answer

    def flush(self) -> None:
        """Brings everything into the database, for whoever asks it more than single calls."""
        if self.writer is not None:
            self.writer.flush()

    def is_call(self, call: int, fingerprint: bytes, ordinal: int) -> bool:
        """Whether the id is that of the call: the index may mistake one for another once in ages."""
        row = self._waiting(call) or self.row("SELECT fingerprint, ordinal FROM calls WHERE id = ?", call)
        return row is not None and row[:2] == (fingerprint, ordinal)

    def of_run(self, run: int) -> Iterator[RecordedCall]:
        """Every call of a run in the order of their ends."""
        self.flush()
        last = 0
        while page := self.rows(READ_RUN, last, run):
            for call, fingerprint, ordinal, ok, ticks, attempts, answer, at in page:
                last = call
                outcome = self._outcome(call, ok, ticks, attempts, answer)
                yield RecordedCall(fingerprint, ordinal, at, outcome)

    def in_doubt(self, run: int) -> list[InDoubt]:
        """The calls of a run that were about to be sent and were not answered then, the oldest first."""
        self.flush()
        return [
            InDoubt(fingerprint, ordinal, at, bool(answered))
            for fingerprint, ordinal, at, answered in self.rows(IN_DOUBT, run)
        ]

    def _outcome(self, call: int, ok: int, ticks: int | None, attempts: int, data: bytes) -> RecalledOutcome | None:
        try:
            answer = unpacked(data, self.media.load)
        except (UnreadableAnswerError, LostMediaError) as error:
            logger.warning("%s: call %d is recorded but cannot be read back: %s", self.path, call, error)
            return None
        return recalled(answer, ok=bool(ok), cost_ticks=ticks, attempts=attempts)

    def close(self) -> None:
        """Closes the connection."""
        with self._lock:
            self._connection.close()
