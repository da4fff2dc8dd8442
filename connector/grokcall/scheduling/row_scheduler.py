"""The sliding window: many calls in flight over a table, their rows back in the table's order.

Rows are read in chunks, but no chunk waits for another: whenever a call ends, the next row starts, whichever chunk it
is in. Chunks leave in order once each of their rows has its outcome. Reading ahead is bounded in rows and in bytes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextvars import copy_context
from dataclasses import dataclass
from typing import Generic, Protocol, TypeAlias

from grokcall.core.daemon_threads import in_daemon_thread
from grokcall.core.outcome import CallStatus, Outcome, payload_of
from grokcall.core.unread import unexpected
from grokcall.errors import CallStoppedError, Error
from grokcall.scheduling.admission import Gate, Judge, Watch, cancelled
from grokcall.scheduling.chunks import C, Chunk, Values
from grokcall.scheduling.row_sequences import RowSequences, Turns
from grokcall_procedures import BoundCall

Place: TypeAlias = tuple[Chunk[C], int]
"""Where a row stands: its chunk, and its index there."""


class Runner(Protocol):
    """Runs one call."""

    gate: Gate

    async def run(self, call: BoundCall) -> Outcome:
        """What became of ``call``."""
        ...


class Verdict(Judge, Protocol):
    """Judges what becomes of the calls of a pass."""

    def of(self, outcome: Outcome) -> Exception | None:
        """The error that ends the pass, because every row would meet it; None for none."""
        ...


@dataclass(frozen=True, slots=True)
class RowLimits:
    """How far the window reaches.

    Args:
        workers: The most calls in flight.
        rows: Rows that may be read and not yet given back.
        payload: Bytes of results that may be held for rows which are not yet given back.
    """

    workers: int
    rows: int
    payload: int = 256 * 1024 * 1024


STOP_SECONDS = 2.0
"""How long a pass that is stopped waits for its source; one that waits for others itself may never come back."""


class RowScheduler(Generic[C]):
    """One pass over a table.

    Args:
        runner: Runs calls.
        bind: A row's call, or an outcome where it needs none, or a future of either; its errors belong to the row.
        chunks: Gives the input; it is read in another thread because it may have to wait for a disk.
        limits: How far the window reaches.
        settle: Told of each outcome and its row's number from 0; gives the error that ends the whole pass, if any.
        verdicts: Judges tries and outcomes, so that a pass ends that cannot succeed; None for one that goes on.
        turns: Tells which rows go one after another; None where all go side by side.
        on_row: Told of the number of each row, from 0, in the task that makes its call; None for nobody.
    """

    def __init__(
        self,
        runner: Runner,
        bind: Callable[[Values], BoundCall | Outcome | asyncio.Future[BoundCall | Outcome]],
        chunks: Iterator[Chunk[C]],
        limits: RowLimits,
        settle: Callable[[Outcome, int], BaseException | None],
        verdicts: Verdict | None = None,
        turns: Turns | None = None,
        on_row: Callable[[int], object] | None = None,
    ) -> None:
        self._sequences: RowSequences[Place[C]] = RowSequences(turns)
        self._runner = runner
        self._bind = bind
        self._chunks = chunks
        self._limits = limits
        self._settle = settle
        self._verdicts = verdicts
        self._on_row = on_row
        self._surroundings = copy_context()
        self._watch: Watch | None = None
        self._open: deque[Chunk[C]] = deque()
        self._next_chunk: Chunk[C] | None = None
        self._next_row = 0
        self._read_rows = 0
        self._held_rows = self._held_bytes = 0
        self._exhausted = False
        self._failure: BaseException | None = None
        self._feeding = asyncio.Lock()
        self._finished = asyncio.Event()
        self._room = asyncio.Event()
        self._workers: set[asyncio.Task[None]] = set()
        self._reading: asyncio.Future[Chunk[C] | None] | None = None

    def start(self) -> None:
        """Starts the calls; must be called on the loop."""
        self._runner.gate.on_vacancy.add(self._add_worker)
        if self._verdicts is not None:
            self._watch = Watch(self._verdicts, self._condemn)
        for _ in range(self._limits.workers):
            self._add_worker()

    async def next_chunk(self) -> Chunk[C] | None:
        """The next chunk in order, None at the end.

        When the pass fails, no further call starts, those in flight end (they may have been paid for), and every
        outcome still comes, with None for the rows that were not reached; then the failure is raised.
        """
        while True:
            ended = self._failure is not None and not self._workers
            if self._open and (self._open[0].missing == 0 or ended):
                return self._give_back(self._open.popleft())
            if self._failure is not None and ended:
                raise self._failure
            if self._failure is None and self._exhausted and not self._open:
                return None
            self._finished.clear()
            await self._finished.wait()

    async def stop(self, reason: BaseException, patience: float = 0.0) -> None:
        """Ends the pass; :meth:`next_chunk` gives what has ended and then raises ``reason``.

        Args:
            reason: Why.
            patience: Seconds to wait for the answers of calls that have been sent, because they may have been paid
                for. What has not been sent, or takes longer, is cancelled, unless another pass waits for it as well.
        """
        self._fail(reason)
        in_flight, workers = self._runner.gate.in_flight, set(self._workers)
        sent = in_flight.sent_among(workers) if patience else set()
        await cancelled(workers - sent - in_flight.shared_among(workers))
        if sent:
            await asyncio.wait(sent, timeout=patience)
        shared = in_flight.leave(workers)  # what another pass waits for goes on without this one
        self._workers -= shared
        await cancelled(workers - shared)
        self._finished.set()
        if self._reading is not None:
            await asyncio.wait([self._reading], timeout=STOP_SECONDS)

    @property
    def in_flight(self) -> int:
        """How many calls have been sent and not been answered."""
        return len(self._runner.gate.in_flight.sent_among(self._workers))

    @property
    def is_reading(self) -> bool:
        """Whether somebody is reading from the source just now, so that it cannot be closed."""
        return self._reading is not None and not self._reading.done()

    def _give_back(self, chunk: Chunk[C]) -> Chunk[C]:
        self._held_rows -= len(chunk.rows)
        self._held_bytes -= chunk.payload
        self._room.set()
        return chunk

    def _add_worker(self) -> None:
        # Up to twice as many: the second half only works while calls of the first wait before a retry.
        if self._exhausted or self._failure is not None or len(self._workers) >= 2 * self._limits.workers:
            return
        # Whose call has just made room is none of its surroundings.
        worker = asyncio.get_running_loop().create_task(self._work(), context=self._surroundings.copy())
        self._workers.add(worker)
        if self._watch is not None:
            self._runner.gate.watches[worker] = self._watch
        worker.add_done_callback(self._worker_ended)

    def _worker_ended(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        self._runner.gate.watches.pop(worker, None)
        if not worker.cancelled() and (error := worker.exception()) is not None:
            self._fail(error)
        if not self._workers:
            self._runner.gate.on_vacancy.discard(self._add_worker)
        self._finished.set()

    async def _work(self) -> None:
        place = await self._take_row()
        while place is not None:
            chunk, index = place
            called = await self._bound(chunk.rows[index])
            if self._failure is not None:  # it came while the row's files were read
                return
            try:
                if self._on_row is not None:
                    self._on_row(chunk.first + index)
                outcome = called if isinstance(called, Outcome) else await self._runner.run(called)
            except CallStoppedError:  # the pass is over, and this row was not reached
                return
            self._keep(chunk, index, outcome)
            following = self._sequences.following(chunk.rows[index], called, outcome)
            place = await self._take_row() if following is None else await self._taken_up(following)

    def _keep(self, chunk: Chunk[C], index: int, outcome: Outcome) -> None:
        chunk.outcomes[index] = outcome
        chunk.missing -= 1
        payload = payload_of(outcome)
        chunk.payload += payload
        self._held_bytes += payload
        if chunk.missing == 0:
            self._finished.set()
        error = self._settle(outcome, chunk.first + index) or outcome.unrecorded
        verdict = self._verdicts.of(outcome) if self._verdicts is not None else None
        if verdict is not None and verdict is outcome.error:
            self._condemn(verdict)
        elif (reason := verdict or error) is not None:
            self._fail(reason)

    async def _taken_up(self, place: Place[C]) -> Place[C] | None:
        """A row that waited for another, once there is room for it; None where the pass is over."""
        while not self._has_room(place[0]) and self._failure is None:
            await self._wait_for_room()
        return place if self._failure is None else None

    async def _bound(self, row: Values) -> BoundCall | Outcome:
        try:
            called = self._bind(row)
            return await called if isinstance(called, asyncio.Future) else called
        except Exception as error:
            return Outcome(CallStatus.ERROR, error=error if isinstance(error, Error) else unexpected(error))

    async def _take_row(self) -> Place[C] | None:
        while self._failure is None:
            chunk, index = self._next_chunk, self._next_row
            if chunk is not None and index < len(chunk.rows):
                if not self._has_room(chunk):
                    await self._wait_for_room()
                    continue
                self._next_row = index + 1
                place = chunk, index
                if self._sequences.begins(chunk.rows[index], place):
                    return place
                continue
            if self._exhausted:
                return None
            async with self._feeding:
                # Unless somebody else has read on, or failed to, in the meantime.
                if self._next_chunk is chunk and not self._exhausted and self._failure is None:
                    await self._read_chunk()
        return None

    async def _read_chunk(self) -> None:
        while self._held_rows >= self._limits.rows and self._failure is None:
            await self._wait_for_room()
        self._reading = in_daemon_thread(lambda: next(self._chunks, None))
        try:
            chunk = await asyncio.shield(self._reading)
        except Exception as error:
            self._fail(error)  # at once: who reads on after a failure would find an ordinary end
            return
        if chunk is None:
            self._exhausted = True
            self._finished.set()
            return
        chunk.first = self._read_rows
        self._read_rows += len(chunk.rows)
        self._held_rows += len(chunk.rows)
        self._open.append(chunk)
        self._next_chunk, self._next_row = chunk, 0
        if chunk.missing == 0:  # no outcome will ever tell that an empty chunk can leave
            self._finished.set()

    def _has_room(self, chunk: Chunk[C]) -> bool:
        """Whether a row of a chunk may begin; the first open one never waits, for nothing leaves before it does."""
        return self._held_bytes <= self._limits.payload or chunk is self._open[0]

    async def _wait_for_room(self) -> None:
        self._room.clear()
        await self._room.wait()

    def _condemn(self, error: Exception) -> None:
        """Ends the pass for what every row would meet: calls that wait for a turn or another try end as well."""
        self._fail(error)
        if self._watch is not None:
            self._watch.close()

    def _fail(self, error: BaseException) -> None:
        if self._failure is None:
            self._failure = error
        self._room.set()
        self._finished.set()
