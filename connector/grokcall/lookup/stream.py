"""A lookup under way."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

import pyarrow as pa

from grokcall.budget.budget import BudgetReachedError
from grokcall.client.api_client import ApiClient
from grokcall.client.metadata import counted_tokens, listed_prices
from grokcall.core.daemon_threads import in_daemon_thread
from grokcall.core.forks import abandon, follow_forks
from grokcall.core.outcome import Outcome
from grokcall.errors import CreditsExhaustedError, InterfaceError, StoppedError
from grokcall.execution.circuit_breaker import CircuitBreaker
from grokcall.execution.executor import CallExecutor
from grokcall.execution.incomplete_answers import held_to
from grokcall.execution.run_session import RunSession
from grokcall.execution.runtime import Runtime
from grokcall.execution.summary import Summary, SummaryBuilder
from grokcall.journal.fingerprint import fingerprint
from grokcall.journal.run import RunState
from grokcall.journal.run_list import declared_columns
from grokcall.journal.sqlite_errors import JournalError
from grokcall.lookup.batch.batch_lookup import BatchPass
from grokcall.lookup.batch.errors import BatchPendingError
from grokcall.lookup.batch.looks import BatchCounts
from grokcall.lookup.batch.prices import batch_prices
from grokcall.lookup.dry_run import DryRun, TokenSample, dry_run
from grokcall.lookup.going_on import advice
from grokcall.lookup.identities import former_identity, lookup_identity
from grokcall.lookup.plan import MEDIA_BATCH_ROWS, LookupPlan, example_call, moves_media
from grokcall.lookup.results import Pair, leave_with, rest_of
from grokcall.lookup.temporary_journals import MARK, is_needed
from grokcall.scheduling.event_loop import PATIENCE, explained, patience_of
from grokcall.scheduling.row_scheduler import Chunk, RowLimits, RowScheduler, Values
from grokcall.tables.source import Source
from grokcall_procedures import BoundCall
from grokcall_procedures.estimates import estimate
from grokcall_procedures.prices import PRICES, Prices

READ_AHEAD_ROWS = 8192
"""Rows that may be under way or waiting for an earlier one, at least."""
STOPPED = "the lookup was stopped"


class LookupStream:
    """A lookup under way: an iterator of pairs of record batches, output rows and failed rows, in input order.

    A context manager; leaving it early stops the lookup. Nothing more is sent then, and where there is a journal, or an
    exception leaves the block, the answers of calls in flight are waited for up to 30 s, because they may have been
    paid for. The exception gets the rows that had ended and were not given out yet in its attribute ``result``, a
    :class:`grokcall.LookupResult`. ``summary`` grows as rows come.
    """

    def __init__(
        self,
        plan: LookupPlan,
        source: Source,
        runtime: Runtime,
    ) -> None:
        self.plan = plan
        self.schema: pa.Schema = plan.schema
        self.error_schema: pa.Schema = plan.error_schema
        self.row_count: int | None = source.row_count
        self.on_outcome: Callable[[Outcome], None] | None = None
        """Told of each outcome as it ends, on the connection's loop; must be quick."""
        self.on_batches: Callable[[BatchCounts], None] | None = None
        """Told how far the batches of the lookup are, whenever that is known anew; must be quick."""
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
        self._budget = plan.options.spending.budget("lookup", runtime.budget)
        self._own_budget = None if self._budget is runtime.budget else self._budget
        self._allowances = plan.options.spending.allowances(runtime.allowances)
        if self._budget is not None and self._budget.limited:
            self.summary.budget, self.summary.learned = self._budget, self._allowances.learned
        self._prices: Prices | None = None if plan.options.prices == "service" else PRICES
        self._books: RunSession | None = None
        self._reason: BaseException | None = None
        # What has left the window and was not yet given out: an interrupt may strike between the two.
        self._held: Chunk[pa.RecordBatch] | None = None
        self._stopped = False
        self._over = False
        self._complete = False
        self._failure: BaseException | None = None
        self._is_parents = False
        follow_forks(self)

    def dry_run(self, count_tokens: int = 0) -> DryRun:
        """What the lookup would do and cost, told from the whole input, which is used up by it.

        Nothing is sent that costs money: nothing at all, but for what was asked for with ``count_tokens`` and with
        the option ``prices="service"``.

        Args:
            count_tokens: Of how many different calls, the first ones, the service is asked to count the tokens. The
                others are reckoned with the bytes a token that were found.
        """
        self._refuse_in_child()
        runner = self._runtime.runner()
        service = self._service()
        key = (lambda call: fingerprint(call, service)) if self.plan.options.dedupe else None
        sample = TokenSample(count_tokens, lambda calls: self._runtime.loop.run(counted_tokens(runner, calls)))
        return dry_run(self.plan, self._source, self._known_prices(), self._allowances, key, sample)

    @property
    def in_doubt(self) -> int:
        """How many calls of earlier tries were sent and not answered then, as far as the journal knows.

        They may have been billed, and twice where they were sent again.
        """
        run = self._books.run if self._books is not None else None
        return len(run.in_doubt()) if run is not None and run.continued else 0

    @property
    def continued(self) -> bool:
        """Whether an earlier try was continued, as far as the journal knows."""
        return self._books is not None and self._books.run is not None and self._books.run.continued

    def _service(self) -> str:
        return self.service if self.service is not None else self._runtime.options.base_url

    @property
    def at_service(self) -> int:
        """How many calls are in batches whose answers have not been taken, as far as the journal knows."""
        run = self._books.run if self._books is not None else None
        open_batches = [] if run is None else run.batches.open()
        return sum(batch.calls - batch.taken for batch in open_batches if batch.state != "late")

    @property
    def is_begun(self) -> bool:
        """Whether a row has ended, or a call was sent, as far as the journal knows."""
        run = self._books.run if self._books is not None else None
        with suppress(JournalError):
            return bool(self.summary.rows or self.at_service or (run is not None and run.in_doubt()))
        return True

    @property
    def guarantee(self) -> str | None:
        """What the budget promises for calls like the lookup's, in a sentence; None without a budget."""
        if self._budget is None or not self._budget.limited:
            return None
        example = example_call(self.plan.binder)
        if example is None:
            return None
        in_flight = (self.row_count or 0) if self.plan.options.batch else self._concurrency
        told = estimate(example, self._known_prices(), self._allowances)
        return self._budget.guarantee(told, in_flight, self._runtime.runner().api.policy.billed_attempts)

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

    def __iter__(self) -> Iterator[Pair]:
        self._refuse_in_child()
        while (chunk := self._held or self._chunk()) is not None:
            pair = self.plan.assemble(chunk)
            self._held = None
            yield pair

    def leave_to_parent(self) -> None:
        """In the child of a fork: the lookup, its input and its journal are the parent's."""
        abandon(self)
        self._is_parents = self._over = True

    def _refuse_in_child(self) -> None:
        if self._is_parents:
            raise InterfaceError("the lookup was begun before this process was forked; it goes on in the parent alone")

    def _chunk(self) -> Chunk[pa.RecordBatch] | None:
        self._refuse_in_child()
        try:
            return self._runtime.loop.run(self.next_chunk())
        except StoppedError as stopped:
            raise self._reason or stopped from None

    async def next_chunk(self) -> Chunk[pa.RecordBatch] | None:
        """The next chunk with its outcomes; runs on the connection's loop."""
        if self._over:
            return None
        try:
            if self._stopped and self._window is None:
                raise StoppedError(STOPPED)
            if self._prices is None:
                self._prices = await listed_prices(self._runtime.runner())
            if self._books is None:
                await self._open_books()
            chunk = await self._started().next_chunk()
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
        self._held = chunk
        return chunk

    def stop(self, reason: BaseException | None = None, patience: float = 0.0) -> None:
        """Ends the calls in flight. Iterating goes on with what has ended and then raises ``reason``.

        Args:
            reason: Why.
            patience: For how many seconds calls that have been sent may still be answered; an interrupt ends that.
        """
        self._reason = reason
        with explained() as waiting:
            if self.in_flight:
                waiting(patience)
            _, interrupt = self._runtime.loop.run_patiently(self._astop(patience), lambda _: self._astop())
        if interrupt is not None and not isinstance(reason, KeyboardInterrupt):
            raise interrupt

    def interrupt(self, reason: BaseException, patience: float = 0.0) -> None:
        """Like :meth:`stop`, without waiting for the end of anything: for the handler of a signal.

        Args:
            reason: Why.
            patience: For how many seconds calls that have been sent may still be answered, since they may have been
                paid for; then they are cancelled.
        """
        self._reason = reason
        self._runtime.loop.submit(self._astop(patience))

    @property
    def in_flight(self) -> int:
        """How many calls have been sent and not been answered."""
        return self._window.in_flight if isinstance(self._window, RowScheduler) else 0

    def close(self) -> None:
        """Stops the lookup if it is not over, and closes its input and its journal."""
        self._leave(self._patience_of_close)

    @property
    def _patience_of_close(self) -> float:
        return PATIENCE if self.plan.options.journal is not None else 0.0

    def _leave(self, patience: float, error: BaseException | None = None) -> None:
        """Closes everything; an exception that leaves the block gets the rows that were not given out yet."""
        try:
            if self._window is not None and not self._over:
                with suppress(InterfaceError):  # a closed connection has stopped everything already
                    self.stop(error if isinstance(error, KeyboardInterrupt) else None, patience)
                if error is not None:
                    leave_with(error, self.plan, self.summary, rest_of(self))
        finally:
            self._end()

    @property
    def is_over(self) -> bool:
        """Whether all that there is has been given out."""
        return self._over

    async def apair(self) -> Pair | None:
        """The next pair, None at the end; awaited from any loop."""
        self._refuse_in_child()
        chunk = self._held or await self._runtime.loop.arun(self.next_chunk())
        if chunk is None:
            return None
        pair = self.plan.assemble(chunk)
        self._held = None
        return pair

    async def astop(self, patience: float) -> None:
        """The asynchronous twin of :meth:`stop`; awaited from any loop, where a cancel ends the wait."""
        await self._runtime.loop.arun_patiently(self._astop(patience), lambda _: self._astop())

    async def aleave(self, error: BaseException | None = None) -> None:
        """The asynchronous twin of leaving the block; awaited from any loop."""
        is_left_early = self._window is not None and not self._over
        try:
            if is_left_early and (error is None or isinstance(error, GeneratorExit)):
                await self._astop_if_open(self._patience_of_close)
            elif is_left_early and error is not None:
                await self._astop_if_open(patience_of(error))
                leave_with(error, self.plan, self.summary, await arest_of(self))
        finally:
            await in_daemon_thread(self._end)

    async def _astop_if_open(self, patience: float) -> None:
        with suppress(InterfaceError):  # a closed connection has stopped everything already
            await self.astop(patience)

    def _end(self) -> None:
        self._over = True
        if self._is_parents:
            return
        if not (isinstance(self._window, RowScheduler) and self._window.is_reading):
            self._source.close()
        if self._books is not None:
            self._books.close(self.state, self.summary.as_dict())

    def discard_journal(self) -> bool:
        """Has a temporary journal go when the lookup is closed, unless it is needed; gives whether it goes.

        It is needed where a row has no answer, a call is in doubt or in a batch, or where it has other runs.
        """
        if not self.temporary or self._books is None or self._books.journal is None or self._books.run is None:
            return False
        whole = self._complete and not self.summary.failed
        with suppress(JournalError):
            self._books.journal.dispensable = not is_needed(self._books.journal, self._books.run, whole=whole)
        return self._books.journal.dispensable

    async def _astop(self, patience: float = 0.0) -> None:
        self._stopped = True
        if self._window is None or self._over:
            return
        # The reason stays on the caller's side: an interrupt raised inside the loop would end the loop as well.
        if isinstance(self._window, RowScheduler):
            await self._window.stop(StoppedError(STOPPED), patience)
        else:
            await self._window.stop(StoppedError(STOPPED))

    def __del__(self) -> None:
        # Whoever drops a stream without leaving it wants no more of it, and must not go on paying.
        if getattr(self, "_over", True) or not isinstance(self._window, RowScheduler):
            return
        with suppress(InterfaceError, RuntimeError):  # a closed connection has stopped everything already
            self._runtime.loop.submit(self._dropped())

    async def _dropped(self) -> None:
        try:
            await self._astop(self._patience_of_close)
        finally:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, GeneratorExit):
            self.close()
        else:
            self._leave(patience_of(error), error)

    def _started(self) -> RowScheduler[pa.RecordBatch] | BatchPass:
        if self._window is None:
            limits = RowLimits(self._concurrency, max(READ_AHEAD_ROWS, 16 * self._concurrency))
            if moves_media(self.plan.binder):
                limits = RowLimits(self._concurrency, 4 * self._concurrency + MEDIA_BATCH_ROWS)
            chunks = self.plan.chunks(iter(self._source))
            calls = self._runtime.runner().narrowed(self._concurrency)
            assert self._books is not None
            self._window = self._batch_pass(self._books, calls.api)
            if self._window is not None:
                self._window.start()
                return self._window
            books = CallExecutor(calls, self._service(), self._books.books)
            runner = held_to(self.plan.options.on_incomplete, self.plan.binder.procedure, books)
            bind = bound_aside(self.plan) if any(self.plan.reader.files) else self.plan.bind
            self._window = RowScheduler(runner, bind, chunks, limits, counted_by(weakref.ref(self)), self._verdicts)
            self._window.start()
        return self._window

    async def _open_books(self) -> None:
        """Opens the journal aside from the loop, on which other calls are under way."""
        opening = in_daemon_thread(self._brought_forward)
        try:
            self._books, self.summary.earlier_ticks = await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(self._opened_too_late)
            raise
        if self._stopped:
            raise StoppedError(STOPPED)

    def _brought_forward(self) -> tuple[RunSession, int]:
        books = self._opened_books()
        try:
            return books, books.bring_forward(self.plan.binder.procedure, self._own_budget).ticks
        except BaseException:
            books.close("failed", self.summary.as_dict())
            raise

    def _opened_too_late(self, opening: asyncio.Future[tuple[RunSession, int]]) -> None:
        if opening.exception() is None:
            self._books, self.summary.earlier_ticks = opening.result()
            if self._over:
                self._books.close(self.state, self.summary.as_dict())

    def _batch_pass(self, books: RunSession, api: ApiClient) -> BatchPass | None:
        """The pass through batches; None for a lookup that sends each call by itself.

        Raises:
            InterfaceError: It would send by itself what is in a batch already.
        """
        options, run = self.plan.options, books.run
        if run is None:
            return None
        if options.batch:
            chunks = self.plan.chunks(iter(self._source))
            return BatchPass(self.plan, chunks, books.books, run, api, self._counted, self._told, self.row_count)
        if self.at_service:
            raise InterfaceError(
                f"{self.at_service:,} calls of this lookup are at the service in a batch, and would be paid for again; "
                "take their answers with batch (--batch) first"
            )
        return None

    def _told(self, counts: BatchCounts) -> None:
        if self.on_batches is not None:
            self.on_batches(counts)

    def _opened_books(self) -> RunSession:
        options, call = self.plan.options, self.plan.binder.call
        return RunSession(
            options.journal,
            lookup_identity(self.plan, self._source.name, self._service()),
            {
                "command": call.text,
                "procedure": self.plan.binder.procedure.name,
                "input": self._source.name,
                **declared_columns(self.plan.binder.procedure),
                **(MARK if self.temporary else {}),
            },
            self._budget,
            dedupe=options.dedupe,
            reuse=options.reuse,
            retry_failed=options.retry_failed,
            allowances=self._allowances,
            prices=self._reckoned(self._prices or PRICES),
            former=former_identity(self.plan, self._source.name, self._service()),
        )

    def _known_prices(self) -> Prices:
        if self._prices is None:
            self._prices = self._runtime.loop.run(listed_prices(self._runtime.runner()))
        return self._reckoned(self._prices)

    def _reckoned(self, prices: Prices) -> Prices:
        return batch_prices(prices) if self.plan.options.batch else prices

    def _counted(self, outcome: Outcome, row: int) -> BaseException | None:
        self._tally.add(outcome)
        if self.on_outcome is not None:
            self.on_outcome(outcome)
        return self.plan.fatal(outcome, row)


async def arest_of(stream: LookupStream) -> list[Pair]:
    """The asynchronous twin of :func:`grokcall.lookup.results.rest_of`."""
    rest: list[Pair] = []
    with suppress(BaseException):
        while (pair := await stream.apair()) is not None:
            rest.append(pair)
    return rest


def counted_by(stream: weakref.ref[LookupStream]) -> Callable[[Outcome, int], BaseException | None]:
    """Has a stream count outcomes for as long as somebody holds it; then the lookup ends."""

    def count(outcome: Outcome, row: int) -> BaseException | None:
        counting = stream()
        return StoppedError(STOPPED) if counting is None else counting._counted(outcome, row)

    return count


def bound_aside(plan: LookupPlan) -> Callable[[Values], asyncio.Future[BoundCall | Outcome]]:
    """Binds rows in threads, since their files have to be read."""
    return lambda row: in_daemon_thread(lambda: plan.bind(row))
