"""A run: the calls of one command, over as many processes as it takes to finish them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from grokcall.core.outcome import CallStatus, Outcome
from grokcall.core.unread import unexpected
from grokcall.errors import Error, InterfaceError, InternalError, ServiceError, error_code, is_retryable, is_systemic
from grokcall.journal.batches import RunBatches
from grokcall.journal.call_index import key_of
from grokcall.journal.codec import Packed, RecalledOutcome, is_plain, packed
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
from grokcall.journal.sqlite_errors import mapped_errors
from grokcall.journal.writer import Writer
from grokcall_procedures.bounds import Reserve

RunState: TypeAlias = Literal["finished", "stopped", "interrupted", "failed", "budget", "waiting"]
"""How a run can end. Until then it is ``running``, or ``killed`` when its process died without a word."""

SENT = (CallStatus.OK, CallStatus.ERROR)
MEMOS = "SELECT fingerprint, ordinal, step, reply, ticks, tokens FROM memos WHERE run = ?"
SPENT = """
SELECT sum(calls), sum(high), sum(low), sum(tokens) FROM (
    SELECT ifnull(sum(tries), 0) AS calls, ifnull(sum(cost_ticks >> 32), 0) AS high,
        ifnull(sum(ifnull(cost_ticks & 0xffffffff, 0) + ifnull(bound_ticks, 0)), 0) AS low,
        ifnull(sum(ifnull(tokens, 0) + ifnull(bound_tokens, 0)), 0) AS tokens FROM calls WHERE run = :run
    UNION ALL SELECT count(*), 0, ifnull(sum(ticks), 0), ifnull(sum(tokens), 0) FROM intents WHERE run = :run
    UNION ALL SELECT count(*) FILTER (WHERE ticks > 0), 0, ifnull(sum(ticks), 0), ifnull(sum(tokens), 0) FROM memos
        WHERE run = :run
)
"""
UNKNOWN_TRIES = """
SELECT fingerprint, ordinal, sum(requests) FROM (
    SELECT fingerprint, ordinal, unpriced AS requests FROM calls
        WHERE run = :run AND unpriced > 0 AND bound_ticks IS NULL
    UNION ALL SELECT fingerprint, ordinal, 1 FROM intents WHERE run = :run AND ticks IS NULL
) GROUP BY fingerprint, ordinal
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What the calls of a run have cost so far; a request without a price counts with what was reserved for it.

    Args:
        calls: Calls that were or may have been billed, each try of them.
        ticks: What they cost.
        tokens: What they read and wrote, as far as their tries had a budget.
        unknown: Calls with requests of which neither the price nor a reserve is known, and how many each has.
    """

    calls: int
    ticks: int
    tokens: int
    unknown: tuple[tuple[tuple[bytes, int], int], ...]


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
        if plain or is_plain(outcome):
            self._record(fingerprint, ordinal, outcome, packed_whatever(outcome, plain=True), along)
        else:
            # It was paid for: whoever is cancelled meanwhile does not keep it out of the journal.
            await asyncio.shield(asyncio.create_task(self._record_media(fingerprint, ordinal, outcome, along)))

    async def _record_media(self, fingerprint: bytes, ordinal: int, outcome: Outcome, along: Sequence[Change]) -> None:
        # To hash and save a video takes a while, in which other calls can go on.
        made = await asyncio.to_thread(self._with_files, outcome)
        self._record(fingerprint, ordinal, outcome, made, along)

    def _record(
        self, fingerprint: bytes, ordinal: int, outcome: Outcome, made: Packed, along: Sequence[Change]
    ) -> None:
        call, key = (fingerprint, ordinal), key_of(fingerprint, ordinal)
        changes, place = self._changes(fingerprint, ordinal, key, outcome, made)
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
        self, fingerprint: bytes, ordinal: int, key: int, outcome: Outcome, made: Packed
    ) -> tuple[list[Change], int]:
        """What to write for an outcome, and where the call then stands in the index."""
        ok = int(outcome.status is CallStatus.OK)
        word = "" if outcome.error is None else error_code(outcome.error)
        ticks, attempts = outcome.cost_ticks, outcome.attempts
        unpriced, tokens = outcome.unpriced, UNKNOWN if outcome.tokens is None else outcome.tokens
        tried = int(attempts > 0 and (ok == 1 or ticks is not None or unpriced > 0))
        begun_ticks, begun_tokens = self._begun.get((fingerprint, ordinal), (0, 0))
        bound = outcome.unpriced_ticks + begun_ticks
        before = self._index.get(key)
        if before is None or not self._records.is_call(before >> 1, fingerprint, ordinal):
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

    def in_doubt(self) -> list[InDoubt]:
        """Calls that were about to be sent and have no outcome: they may have been billed.

        While the run is under way, the calls in flight are among them.
        """
        return self._records.in_doubt(self.number)

    def spent(self) -> Spent:
        """What the run's calls have cost so far, in all its processes; those in doubt are among them."""
        self._records.flush()
        ((calls, high, low, tokens),) = self._records.rows(SPENT, {"run": self.number})
        unknown = self._records.rows(UNKNOWN_TRIES, {"run": self.number})
        counts = tuple(((print_, ordinal), count) for print_, ordinal, count in unknown)
        return Spent(calls, (high << 32) + low, tokens, counts)

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


def packed_whatever(outcome: Outcome, *, plain: bool) -> Packed:
    """An outcome as bytes; one that holds what no journal can keep becomes an error, and its row keeps what it has."""
    try:
        return packed(outcome, plain=plain)
    except Exception as error:
        outcome.status, outcome.error = CallStatus.ERROR, error if isinstance(error, Error) else unexpected(error)
        return packed(replace(outcome, rows=None), plain=True)


def is_settled(outcome: Outcome) -> bool:
    """Whether what the service began for a call is over: it gave its result, or was refused for good.

    A video that is not ready in time, a connection that was cut or a link that had expired leave it to be had still.
    """
    error = outcome.error
    if error is None:
        return True
    return isinstance(error, ServiceError) and not is_retryable(error) and not is_systemic(error)
