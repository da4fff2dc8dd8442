"""The work of a lookup, on its connection's loop: it opens what the lookup needs, has its calls made, and ends."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable

import pyarrow as pa

from grokcall.core.forks import abandon, follow_forks
from grokcall.core.outcome import Outcome
from grokcall.errors import BatchPendingError, BudgetReachedError, CreditsExhaustedError, InterfaceError, StoppedError
from grokcall.execution.circuit_breaker import CircuitBreaker
from grokcall.execution.other_runs import to_the_log
from grokcall.execution.runtime import Runtime
from grokcall.execution.summary import Summary, SummaryBuilder
from grokcall.journal.run import RunState
from grokcall.lookup.batch.batch_lookup import BatchPass
from grokcall.lookup.batch.looks import BatchCounts
from grokcall.lookup.chunk_output import ChunkOutput
from grokcall.lookup.costs import LookupCosts
from grokcall.lookup.going_on import advice
from grokcall.lookup.passes import Watchers, open_pass
from grokcall.lookup.plan import LookupPlan
from grokcall.lookup.record import LookupRecord, aside
from grokcall.scheduling.chunks import Chunk
from grokcall.scheduling.row_scheduler import RowScheduler
from grokcall.tables.source import Source
from grokcall_procedures import Piece, PieceKind

STOPPED = "the lookup was stopped"
WRITTEN = frozenset((PieceKind.TEXT, PieceKind.REASONING))
"""The pieces that a model writes, each of about a token."""


class LookupWork:
    """The work of a lookup, on its connection's loop.

    Args:
        plan: What is to be done.
        source: The input.
        runtime: What its calls run on.
    """

    def __init__(
        self,
        plan: LookupPlan,
        source: Source,
        runtime: Runtime,
    ) -> None:
        self.plan = plan
        """The lookup as it was checked against its input."""
        self.schema: pa.Schema = plan.schema
        """The columns of the output rows."""
        self.error_schema: pa.Schema = plan.error_schema
        """The columns of the failed rows."""
        self.row_count: int | None = source.row_count
        """How many rows the input has; None where that is not known before its end."""
        self.on_outcome: Callable[[Outcome], None] | None = None
        """Told of each outcome as it ends, on the connection's loop; must be quick."""
        self.on_batches: Callable[[BatchCounts], None] | None = None
        """Told how far the batches of the lookup are, whenever that is known anew; must be quick."""
        self.on_wait: Callable[[str], None] | None = None
        """Told what a call waits for, such as `indexing policy.txt: chunked`; must be quick."""
        self.on_piece: Callable[[], None] | None = None
        """Told of each piece of text and reasoning that comes, where answers come in pieces; must be quick."""
        self.on_hint: Callable[[str], None] = to_the_log
        """Told what can be done better, before a call is paid for; it goes to the log, and must be quick."""
        self.service: str | None = None
        """What the journal calls the service, so that it is known again at another address; None for its base URL."""
        self.temporary: bool = False
        """Whether the journal is one that is to go once every row has its answer; noted down in it."""
        self._source = source
        self._runtime = runtime
        self._tally = SummaryBuilder(plan.binder.procedure)
        self._concurrency = plan.options.concurrency or runtime.options.concurrency
        self._verdicts = CircuitBreaker(plan.binder, self._concurrency)
        self._window: RowScheduler[pa.RecordBatch] | BatchPass | None = None
        self._costs = LookupCosts(plan, runtime)
        self._costs.show_in(self.summary)
        self._record = LookupRecord(plan, source.name, self._costs, runtime.consent(plan.options.allow_changes))
        self._reason: BaseException | None = None
        # What has left the window and was not yet given out: an interrupt may strike between the two.
        self._held: ChunkOutput | None = None
        self._stopped = False
        self._over = False
        self._complete = False
        self._failure: BaseException | None = None
        self._is_parents = False
        follow_forks(self)

    @property
    def summary(self) -> Summary:
        """The totals so far."""
        return self._tally.summary

    @property
    def state(self) -> RunState:
        """How the lookup ended, once it has.

        One of ``finished``, ``budget``, ``failed``, ``interrupted``, ``stopped``, and ``waiting`` for batches.
        """
        if isinstance(self._reason, KeyboardInterrupt):
            return "interrupted"
        # Whoever stops a lookup for a reason of his own, such as a full disk, has it end for that reason.
        cause = self._reason if isinstance(self._failure, StoppedError) else self._failure
        if isinstance(cause, BudgetReachedError | CreditsExhaustedError):
            return "budget"
        if isinstance(cause, BatchPendingError):
            return "waiting"
        if cause is not None:
            return "failed"
        return "finished" if self._complete else "stopped"

    @property
    def is_over(self) -> bool:
        """Whether all that there is has been given out."""
        return self._over

    @property
    def in_flight(self) -> int:
        """How many calls have been sent and not been answered."""
        return self._window.in_flight if isinstance(self._window, RowScheduler) else 0

    async def next_chunk(self) -> Chunk[pa.RecordBatch] | None:
        """The next chunk with its outcomes; runs on the connection's loop."""
        if self._over:
            return None
        try:
            if self._stopped and self._window is None:
                raise StoppedError(STOPPED)
            chunk = await (self._window or await self._started()).next_chunk()
        except asyncio.CancelledError:
            raise  # the caller was interrupted; what has ended can still be had after stop()
        except BaseException as error:
            self._over = True
            self._failure = error
            if isinstance(error, BudgetReachedError):
                error.advice = advice(error, self.plan.options, self.summary) or error.advice
            self.summary.stopped = self._reason or error
            raise
        self._over = self._complete = chunk is None
        self._held = None if chunk is None else ChunkOutput(self.plan, chunk)
        return chunk

    def _end(self) -> None:
        self._over = True
        if self._is_parents:
            return
        if not (isinstance(self._window, RowScheduler) and self._window.is_reading):
            self._source.close()
        if isinstance(self._window, BatchPass):
            self._window.close()
        self._record.close(self.state, self.summary)

    async def _astop(self, patience: float = 0.0) -> None:
        self._stopped = True
        if self._window is None or self._over:
            return
        # The reason stays on the caller's side: an interrupt raised inside the loop would end the loop as well.
        if isinstance(self._window, RowScheduler):
            await self._window.stop(StoppedError(STOPPED), patience)
        else:
            await self._window.stop(StoppedError(STOPPED))

    async def _started(self) -> RowScheduler[pa.RecordBatch] | BatchPass:
        await self._costs.load_prices()
        if not self._record.is_open:
            await self._record.open(
                self._service(), hinted_to(weakref.ref(self)), self._opened_too_late, temporary=self.temporary
            )
            self.summary.earlier_ticks = self._record.earlier_ticks
            if self._stopped:
                raise StoppedError(STOPPED)
        self._window = open_pass(
            self.plan,
            self._source,
            self._runtime,
            self._record,
            self._service(),
            Watchers(
                counted_by(weakref.ref(self)),
                self._verdicts,
                self._told,
                waits_told_to(weakref.ref(self)),
                None if self.on_piece is None else pieces_told_to(weakref.ref(self)),
            ),
        )
        self._window.start()
        return self._window

    def _opened_too_late(self) -> None:
        """Closes a journal that came to be open after the lookup was over."""
        self.summary.earlier_ticks = self._record.earlier_ticks
        if self._over:
            aside(lambda: self._record.close(self.state, self.summary))

    def _told(self, counts: BatchCounts) -> None:
        if self.on_batches is not None:
            self.on_batches(counts)

    def _counted(self, outcome: Outcome, row: int) -> BaseException | None:
        self._tally.add(outcome)
        if self.on_outcome is not None:
            self.on_outcome(outcome)
        return self.plan.fatal(outcome, row)

    def _service(self) -> str:
        return self.service if self.service is not None else self._runtime.options.base_url

    def leave_to_parent(self) -> None:
        """In the child of a fork: the lookup, its input and its journal are the parent's."""
        abandon(self)
        self._is_parents = self._over = True

    def _refuse_in_child(self) -> None:
        if self._is_parents:
            raise InterfaceError("the lookup was begun before this process was forked; it goes on in the parent alone")


def hinted_to(stream: weakref.ref[LookupWork]) -> Callable[[str], None]:
    """Tells a stream what can be done better, for as long as there is one."""

    def tell(hint: str) -> None:
        there = stream()
        if there is not None:
            there.on_hint(hint)

    return tell


def counted_by(stream: weakref.ref[LookupWork]) -> Callable[[Outcome, int], BaseException | None]:
    """Has a stream count outcomes for as long as somebody holds it; then the lookup ends."""

    def count(outcome: Outcome, row: int) -> BaseException | None:
        counting = stream()
        return StoppedError(STOPPED) if counting is None else counting._counted(outcome, row)

    return count


def waits_told_to(stream: weakref.ref[LookupWork]) -> Callable[[str], None]:
    """Has a stream hear what its calls wait for, for as long as somebody holds it."""

    def tell(note: str) -> None:
        listening = stream()
        if listening is not None and listening.on_wait is not None:
            listening.on_wait(note)

    return tell


def pieces_told_to(stream: weakref.ref[LookupWork]) -> Callable[[Piece], None]:
    """Has a stream hear of what is written, for as long as somebody holds it."""

    def tell(piece: Piece) -> None:
        listening = stream()
        if listening is not None and piece.kind in WRITTEN and listening.on_piece is not None:
            listening.summary.pieces += 1
            listening.on_piece()

    return tell
