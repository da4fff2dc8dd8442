"""A run: the calls of one command, over as many processes as it takes to finish them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias, get_args

from grokcall.core.outcome import CallStatus, Outcome
from grokcall.errors import InterfaceError, InternalError, error_code
from grokcall.journal.batches import RunBatches
from grokcall.journal.call_index import key_of
from grokcall.journal.codec import Packed, RecalledOutcome, is_plain
from grokcall.journal.mutations import (
    ADD_COST,
    ANSWER,
    CLOSE_INTENT,
    COUNT_MEMO,
    FILE,
    FORGET,
    INTEND,
    RECORD,
    REMEMBER,
    REPLACE,
    UNKNOWN,
    Change,
)
from grokcall.journal.reader import InDoubt, RecordedCall, Records
from grokcall.journal.recordable import is_settled, packed_whatever
from grokcall.journal.spent import Spent, spent_by
from grokcall.journal.sqlite_errors import mapped_errors
from grokcall.journal.writer import Writer
from grokcall_procedures.bounds import Reserve

RunState: TypeAlias = Literal["finished", "stopped", "interrupted", "failed", "budget", "waiting"]
"""How a run can end. Until then it is ``running``, or ``killed`` when its process died without a word."""

SENT = (CallStatus.OK, CallStatus.ERROR)
MEMOS = "SELECT fingerprint, ordinal, step, reply, ticks, tokens FROM memos WHERE run = ?"


class JournalRun:
    """A run that is under way; made by :meth:`grokcall.journal.Journal.begin`.

    A call is known by its fingerprint and its ordinal, which tells equal calls of a run apart: 0 where they share one
    answer. One task at a time may deal with a call; different calls may be dealt with at the same time, on one loop.

    Attributes:
        run_id: Its name.
        continued: Whether an earlier process worked on it.
        batches: What of it is at the service in batches.
    """

    def __init__(
        self, records: Records, writer: Writer, number: int, run_id: str, session: int, *, continued: bool
    ) -> None:
        self.run_id = run_id
        self.continued = continued
        self.number = number
        self.session = session
        self._records = records
        self._writer = writer
        self.batches: RunBatches = RunBatches(records, writer, number)
        self._index = records.index_of(number)
        self._open: dict[tuple[bytes, int], list[int]] = {}
        self._memos: dict[tuple[bytes, int], dict[int, bytes]] = {}
        self._begun: dict[tuple[bytes, int], tuple[int, int]] = {}
        """What is counted for starts of an earlier process that died before it recorded what became of them."""
        for print_, ordinal, step, reply, ticks, tokens in records.rows(MEMOS, number):
            call = print_, ordinal
            self._memos.setdefault(call, {})[step] = reply
            before = self._begun.get(call, (0, 0))
            self._begun[call] = before[0] + ticks, before[1] + tokens

    def knows(self, fingerprint: bytes, ordinal: int = 0) -> bool:
        """Whether there is an outcome of the call, be it a good one or not."""
        return self._index.get(key_of(fingerprint, ordinal)) is not None

    def recall(self, fingerprint: bytes, ordinal: int = 0) -> RecalledOutcome | None:
        """The outcome of a call of this run that ended well, as ``cached``; None when it has to be made.

        Nothing was sent for it now, so ``attempts`` is 0 and ``cost_ticks`` None; what it took when it was made is in
        ``saved_attempts`` and ``saved_ticks``.
        """
        place = self._index.get(key_of(fingerprint, ordinal))
        return None if place is None or not place & 1 else self._records.outcome(place >> 1, fingerprint, ordinal)

    def recall_failed(self, fingerprint: bytes, ordinal: int = 0) -> RecalledOutcome | None:
        """The outcome of a call of this run that failed; None when it did not, or was not made.

        Its ``error`` has the text and the facts of the first one (:class:`RecordedError`), ``retryable`` among them. A
        call with a :meth:`memo` has something under way for it still.
        """
        place = self._index.get(key_of(fingerprint, ordinal))
        return None if place is None or place & 1 else self._records.outcome(place >> 1, fingerprint, ordinal)

    def intend(self, fingerprint: bytes, ordinal: int = 0, need: Reserve | None = None, *, again: bool = False) -> None:
        """Writes down that a call is about to be sent; it may be sent once this returns.

        Args:
            fingerprint: Which call.
            ordinal: Which of the equal calls of the run.
            need: What is reserved for it; None where nothing is.
            again: Whether one of its requests is sent once more, which counts beside the first.

        Raises:
            grokcall.journal.JournalError: It could not be written: do not send.
        """
        intents = self._open.get((fingerprint, ordinal))
        if intents is not None and not again:
            return
        intent = next(self._records.numbers)
        ticks, tokens = (UNKNOWN, UNKNOWN) if need is None else (need.ticks, need.tokens)
        at = time.time()
        self._writer.add((INTEND, (intent, self.number, self.session, fingerprint, ordinal, at, ticks, tokens)))
        if intents is None:
            self._open[fingerprint, ordinal] = [intent]
        else:
            intents.append(intent)

    async def record(
        self,
        fingerprint: bytes,
        ordinal: int,
        outcome: Outcome,
        along: Sequence[Change] = (),
        *,
        plain: bool = False,
    ) -> None:
        """Writes down what became of a call, media included; to kill the process does not undo it once this returns.

        A failure never replaces a good outcome; what tries cost adds up.

        Args:
            fingerprint: Which call.
            ordinal: Which of the equal calls of the run.
            outcome: What became of it.
            along: What stands if and only if the outcome does.
            plain: Whether its rows are known to hold nothing but text, numbers and NULL; they are looked through
                otherwise.

        Raises:
            grokcall.journal.JournalError: It could not be written; the call stays in doubt.
        """
        if outcome.status not in SENT:
            raise InternalError(f"only what was sent is recorded, not a call that was {outcome.status}")
        plain = plain or is_plain(outcome)
        if plain and not self.knows(fingerprint, ordinal):
            self._record(fingerprint, ordinal, outcome, packed_whatever(outcome, plain=True), along, None)
        else:
            # It was paid for: whoever is cancelled meanwhile does not keep it out of the journal.
            work = self._record_aside(fingerprint, ordinal, outcome, along, plain=plain)
            await asyncio.shield(asyncio.create_task(work))
        if self._writer.is_behind:
            await asyncio.to_thread(self._writer.flush)

    async def _record_aside(
        self, fingerprint: bytes, ordinal: int, outcome: Outcome, along: Sequence[Change], *, plain: bool
    ) -> None:
        # To hash and save a video takes a while, as does a look at the disk; other calls go on meanwhile.
        before = await asyncio.to_thread(self._known_place, fingerprint, ordinal)
        made = packed_whatever(outcome, plain=True) if plain else await asyncio.to_thread(self._with_files, outcome)
        self._record(fingerprint, ordinal, outcome, made, along, before)

    def _known_place(self, fingerprint: bytes, ordinal: int) -> int | None:
        """Where the call stands in the index; None where it does not, or another one stands there."""
        place = self._index.get(key_of(fingerprint, ordinal))
        return place if place is not None and self._records.is_call(place >> 1, fingerprint, ordinal) else None

    def _record(
        self,
        fingerprint: bytes,
        ordinal: int,
        outcome: Outcome,
        made: Packed,
        along: Sequence[Change],
        before: int | None,
    ) -> None:
        call, key = (fingerprint, ordinal), key_of(fingerprint, ordinal)
        changes, place = self._changes(fingerprint, ordinal, outcome, made, before)
        changes += [(CLOSE_INTENT, (intent,)) for intent in self._open.get(call, ())]
        settled = call in self._memos and is_settled(outcome)
        if call in self._memos:
            changes.append((FORGET if settled else COUNT_MEMO, (self.number, fingerprint, ordinal)))
        self._writer.add(*changes, *along)
        self._open.pop(call, None)
        self._begun.pop(call, None)
        if settled:
            del self._memos[call]
        self._index.set(key, place)
        if place & 1 and self._records.everywhere is not None:
            self._records.everywhere.set(key_of(fingerprint, 0), place >> 1)

    def _with_files(self, outcome: Outcome) -> Packed:
        """An outcome as bytes, once its media are on the disk."""
        made = packed_whatever(outcome, plain=False)
        with mapped_errors(self._records.path):
            for digest, content in made.files.items():
                self._records.media.save(digest, content)
        return made

    def _changes(
        self, fingerprint: bytes, ordinal: int, outcome: Outcome, made: Packed, before: int | None
    ) -> tuple[list[Change], int]:
        """What to write for an outcome, and where the call then stands in the index; it stood ``before`` elsewhere."""
        ok = int(outcome.status is CallStatus.OK)
        word = "" if outcome.error is None else error_code(outcome.error)
        ticks, attempts = outcome.cost_ticks, outcome.attempts
        unpriced, tokens = outcome.unpriced, UNKNOWN if outcome.tokens is None else outcome.tokens
        tried = int(attempts > 0 and (ok == 1 or ticks is not None or unpriced > 0))
        begun_ticks, begun_tokens = self._begun.get((fingerprint, ordinal), (0, 0))
        bound = outcome.unpriced_ticks + begun_ticks
        if before is None:
            number = next(self._records.numbers)
            whose = (number, self.number, self.session, bytearray(fingerprint), ordinal)
            counted = (tried, max(unpriced, 0), max(bound, 0), begun_tokens, tokens)
            changes: list[Change] = [(RECORD, (*whose, ok, word, ticks, attempts, time.time(), *counted))]
        else:
            number = before >> 1
            counted = (tried, unpriced, bound, begun_tokens, tokens)
            changes = [(ADD_COST, (self.session, attempts, ticks, ticks, *counted, tokens, number))]
            if before & 1 and not ok:
                return changes, before
            changes.append((REPLACE, (ok, word, time.time(), number)))
        changes.append((ANSWER, (number, made.answer)))
        if made.files:
            changes += [(FILE, (number, digest)) for digest in made.files]
        return changes, 2 * number + ok

    def memo(self, fingerprint: bytes, ordinal: int = 0) -> list[bytes]:
        """The replies that :meth:`remember` kept for a call, by step."""
        steps = self._memos.get((fingerprint, ordinal), {})
        return [steps[step] for step in sorted(steps)]

    async def remember(
        self, fingerprint: bytes, ordinal: int, step: int, reply: bytes, need: Reserve | None = None
    ) -> None:
        """Keeps the reply to a billed start, so that the call can go on from there instead of starting anew.

        It is kept until the call has ended well, or the service has said for good that what it started failed. The
        call is no longer in doubt.

        Args:
            fingerprint: Which call.
            ordinal: Which of the equal calls of the run.
            step: Which of its starts, from 0.
            reply: The reply.
            need: What the start counts with as long as nobody knows its price.

        Raises:
            grokcall.journal.JournalError: It could not be written.
        """
        call = fingerprint, ordinal
        ticks, tokens = (0, 0) if need is None else (need.ticks, need.tokens)
        closed = [(CLOSE_INTENT, (intent,)) for intent in self._open.pop(call, ())]
        self._writer.add((REMEMBER, (self.number, fingerprint, ordinal, step, reply, ticks, tokens)), *closed)
        self._memos.setdefault(call, {})[step] = reply

    def forget(self, fingerprint: bytes, ordinal: int = 0) -> None:
        """Keeps the replies to a call's starts no more: what they began is there no more."""
        if self._memos.pop((fingerprint, ordinal), None) is not None:
            self._writer.add((FORGET, (self.number, fingerprint, ordinal)))

    def in_doubt(self) -> list[InDoubt]:
        """Calls that were about to be sent and have no outcome: they may have been billed.

        While the run is under way, the calls in flight are among them.
        """
        return self._records.in_doubt(self.number)

    def spent(self) -> Spent:
        """What the run's calls have cost so far, in all its processes; those in doubt are among them."""
        return spent_by(self._records, self.number)

    def calls(self) -> Iterator[RecordedCall]:
        """Every call of the run that has an outcome, in the order of their ends."""
        return self._records.of_run(self.number)

    def finish(self, state: RunState, summary: Mapping[str, object]) -> None:
        """Writes down how the run ended. It can be continued whatever the state.

        Args:
            state: How.
            summary: Figures, which JSON can hold.

        Raises:
            grokcall.journal.JournalError: It could not be written.
        """
        if state not in get_args(RunState):
            raise InterfaceError(f"a run ends as one of {', '.join(get_args(RunState))}, not as {state!r}")
        values = (state, json.dumps(dict(summary), default=str), time.time(), self.number)

        def end(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE runs SET state = ?, summary = ?, ended = ? WHERE id = ?", values)

        self._writer.run(end)
