"""What all functions of a registration share: one scheduler, one budget, one memo or journal, one summary."""

from __future__ import annotations

import asyncio
import concurrent.futures
import copy
import logging
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from contextvars import Context
from dataclasses import replace
from typing import TypeVar

from grokcall.budget.cost_totals import Costs
from grokcall.budget.spending_limits import SpendingLimits
from grokcall.client.call_runner import CallRunner
from grokcall.client.receiving import receiving
from grokcall.core.forks import abandon, follow_forks
from grokcall.core.heard_waits import await_all
from grokcall.core.outcome import Outcome
from grokcall.core.redaction import get_logger
from grokcall.duckdb.interrupts import unwatch
from grokcall.duckdb.query_costs import QueryCosts
from grokcall.errors import InterfaceError, StoppedError
from grokcall.execution.executor import CallExecutor
from grokcall.execution.incomplete_answers import held_to
from grokcall.execution.prior_attempts import prior_attempts
from grokcall.execution.run_context import RunContext
from grokcall.execution.run_session import RunSession
from grokcall.execution.runtime import Runtime
from grokcall.execution.spilling_cache import SpillingAnswerCache
from grokcall.execution.summary import Summary
from grokcall.journal.fingerprints import fingerprint
from grokcall.lookup.identities import identity_of
from grokcall.lookup.options import LookupOptions
from grokcall.lookup.passes import READ_AHEAD_ROWS
from grokcall.scheduling.chunks import Chunk, Values
from grokcall.scheduling.row_scheduler import RowLimits, RowScheduler, Verdict
from grokcall_procedures import BoundCall, Procedure
from grokcall_procedures.prices import PRICES

logger: logging.Logger = get_logger("grokcall.duckdb")

T = TypeVar("T")
Bind = Callable[[Values], BoundCall | Outcome]
Settle = Callable[[Outcome, int], BaseException | None]

INTERRUPTED = "the query was interrupted"


class CallSession:
    """Runs vectors of calls over the runtime of a connection.

    Args:
        runtime: Makes the calls.
        options: How the rows are treated.
        owned: Whether the runtime is closed with the session.
    """

    def __init__(self, runtime: Runtime, options: LookupOptions, *, owned: bool) -> None:
        self.runtime = runtime
        self.options = options
        self.owned = owned
        self.concurrency: int = options.concurrency or runtime.options.concurrency
        self.summary: Summary = Summary()
        self.service: str | None = None
        """What journals call the service; None for its address."""
        self.failure: Exception | None = None
        """The first error of a function since this was None, of which DuckDB tells in its own words only."""
        self.tell: Callable[[str], None] = lambda promise: logger.info("%s", promise)
        """Told what the limits are worth for a kind of call, before the first one is sent."""
        self.halted: bool = False
        """Whether the statement that runs is to end, so that none of its calls may begin any more."""
        self.surroundings: Context | None = None
        """The context variables of the statement that runs; None for those of the threads that call."""
        self._promised: set[str] = set()
        """The procedures of which it was told."""
        self._memo = SpillingAnswerCache()
        self._budget = options.spending.budget("registration", runtime.budget)
        self._books: RunContext | None = None
        self._runner: CallExecutor | None = None
        self._engine: CallRunner | None = None
        self._lock = threading.Lock()
        self._windows: set[RowScheduler[None]] = set()
        self._stops: list[concurrent.futures.Future[None]] = []
        """The stops that may still be under way."""
        self._open = ExitStack()
        if owned:
            self._open.callback(runtime.close)
        # DuckDB holds the functions, and they the session: when the last of them goes, so does what is open.
        self._open.callback(unwatch)
        self._closing = weakref.finalize(self, self._open.close)
        follow_forks(self)

    @property
    def closed(self) -> bool:
        """Whether nothing can be called through it any more."""
        return not self._closing.alive or self.runtime.closed

    def run(
        self, procedure: Procedure, bind: Bind, rows: Sequence[Values], settle: Settle, verdicts: Verdict
    ) -> list[Outcome]:
        """What became of each row's call of a procedure; any number of threads may do this at the same time.

        Raises:
            grokcall.Error: What ``settle`` or ``verdicts`` made of an outcome, or what ends all, as a budget does.
        """
        if not self._closing.alive:
            raise InterfaceError("the registration is closed; register again")
        self.open_books()
        outcomes, interrupt = self.surrounded(
            lambda: self.runtime.loop.run_patiently(self._outcomes(procedure, bind, rows, settle, verdicts), self._stop)
        )
        if interrupt is not None:
            raise interrupt
        return outcomes

    def surrounded(self, work: Callable[[], T]) -> T:
        """What some work gives, with the context variables of the statement, which threads of DuckDB do not have."""
        return work() if self.surroundings is None else self.surroundings.copy().run(work)

    def interrupt(self, patience: float = 0.0) -> None:
        """Stops what runs, without waiting for its end: for the handler of a signal.

        Args:
            patience: For how many seconds calls that have been sent may still be answered, since they may have been
                paid for. Until then nothing else is begun.
        """
        with suppress(InterfaceError):  # a closed connection has stopped everything already
            self._stops.append(self.runtime.loop.submit(self._stop(patience)))

    @property
    def is_stopping(self) -> bool:
        """Whether calls that have been told to stop have not ended yet."""
        return any(not stop.done() for stop in self._stops)

    def await_end(self) -> None:
        """Waits until the calls that were told to stop have ended."""
        await_all(self._stops)
        self._stops = [stop for stop in self._stops if not stop.done()]

    async def _stop(self, patience: float) -> None:
        await asyncio.gather(*(window.stop(StoppedError(INTERRUPTED), patience) for window in tuple(self._windows)))

    def leave_to_parent(self) -> None:
        """In the child of a fork: closed, without touching the journal, which is the parent's."""
        self._closing.detach()
        unwatch(self)
        abandon(self)

    def forget(self) -> None:
        """Forgets the answers so far, so that equal calls are made anew; a journal keeps its own."""
        self._memo.clear()

    def close(self) -> None:
        """Closes the journal, and the runtime where it was made for the session; harmless when repeated."""
        unwatch(self)
        self._closing()
        self._memo.clear()

    async def _outcomes(
        self, procedure: Procedure, bind: Bind, rows: Sequence[Values], settle: Settle, verdicts: Verdict
    ) -> list[Outcome]:
        window = self.window(procedure, bind, iter([Chunk(None, rows)]), settle, verdicts, rows=len(rows))
        with self.running(window):
            try:
                chunk = await window.next_chunk()
                await window.next_chunk()  # the end, or what ended it early
            except asyncio.CancelledError:
                await window.stop(StoppedError(INTERRUPTED))  # the connection is closed
                raise
        return [outcome for outcome in chunk.outcomes if outcome is not None] if chunk is not None else []

    def window(
        self,
        procedure: Procedure,
        bind: Bind,
        chunks: Iterator[Chunk[None]],
        settle: Settle,
        verdicts: Verdict,
        rows: int | None = None,
    ) -> RowScheduler[None]:
        """A window over rows of a procedure's arguments; to be made on the loop."""
        workers = self.concurrency if rows is None else min(self.concurrency, rows)
        limits = RowLimits(workers, max(READ_AHEAD_ROWS, 16 * self.concurrency))
        runner = held_to(self.options.on_incomplete, procedure, self._started())
        return RowScheduler(runner, bind, chunks, limits, settle, verdicts)

    @contextmanager
    def running(self, window: RowScheduler[None]) -> Iterator[None]:
        """Starts a window, which an interrupt stops for as long as the block lasts."""
        if self.halted or self.is_stopping:
            raise StoppedError(INTERRUPTED)
        window.start()
        self._windows.add(window)
        try:
            yield
        finally:
            self._windows.discard(window)

    def open_books(self) -> None:
        """Opens the journal, if there is one, in the caller's thread; on the loop it would hold up other calls."""
        self._started()

    def _started(self) -> CallExecutor:
        with self._lock:
            if self._runner is None:
                self._books = self._opened_books(self._service())
                self._runner = self._bookkeeper(self._books)
            return self._runner

    def beside(self) -> CallSession:
        """Another session with the same answers, books and budget, for statements that run at the same time."""
        self._started()
        books = self._books
        assert books is not None
        other = copy.copy(self)
        other._windows, other._stops, other._promised = set(), [], set()
        other._lock, other.failure, other.halted = threading.Lock(), None, False
        other._runner = self._bookkeeper(books)
        return other

    def promise(self, call: BoundCall) -> None:
        """Tells what the limits are worth for calls like this one, once for each procedure under the same limits."""
        if call.procedure.name in self._promised:
            return
        self._promised.add(call.procedure.name)
        promise = self._started().guarantee(call)
        if promise is not None:
            self.tell(promise)

    def query_costs(self, limits: SpendingLimits) -> QueryCosts:
        """Where the calls of one query can be added to be priced."""
        service = self._service()
        key = (lambda call: fingerprint(call, service)) if self.options.dedupe else None
        usual = self.options.spending.allowances(self.runtime.allowances)
        return QueryCosts(Costs(PRICES, limits.allowances(usual), key))

    @contextmanager
    def limited(self, limits: SpendingLimits) -> Iterator[None]:
        """Holds the calls inside the block to limits of their own beside the session's; for one block at a time."""
        usual, books = self._started(), self._books
        assert books is not None
        budget, allowances = limits.budget("statement", books.budget), limits.allowances(books.allowances)
        self._runner = self._bookkeeper(replace(books, budget=budget, allowances=allowances))
        self._promised.clear()
        try:
            yield
        finally:
            self._runner = usual
            self._promised.clear()

    def _bookkeeper(self, books: RunContext) -> CallExecutor:
        if self._engine is None:
            self._engine = self.runtime.runner().narrowed(self.concurrency)
            if (how := receiving(self.options.receive)) is not None:
                self._engine = self._engine.received(how)
        return self.runtime.executing(self._engine, self._service(), books)

    def _service(self) -> str:
        return self.service or self.runtime.options.base_url

    def _opened_books(self, base_url: str) -> RunContext:
        options, summary = self.options, self.summary
        opened = RunSession(
            options.journal,
            identity_of("duckdb", base_url),
            {"command": "DuckDB", "input": "DuckDB"},
            self._budget,
            dedupe=options.dedupe,
            reuse=options.reuse,
            retry_failed=options.retry_failed,
            allowances=options.spending.allowances(self.runtime.allowances),
        )
        self._open.callback(lambda: opened.close("stopped", summary.as_dict()))
        consent = self.runtime.consent(options.allow_changes, kept=True)
        books = replace(opened.books, answers=self._memo, consent=consent)
        if opened.run is None or self._budget is None or self._budget is self.runtime.budget:
            return books
        earlier = prior_attempts(opened.run)
        self._budget.carry(ticks=earlier.ticks, tokens=earlier.tokens, calls=earlier.calls)
        return replace(books, earlier=earlier)


_sessions: weakref.WeakValueDictionary[tuple[int, LookupOptions], CallSession] = weakref.WeakValueDictionary()
_sessions_lock = threading.Lock()


def session_of(runtime: Runtime, options: LookupOptions, *, owned: bool) -> CallSession:
    """The session of a runtime with these options: every cursor that is registered with both shares it."""
    key = id(runtime), options
    with _sessions_lock:
        session = _sessions.get(key)
        if session is None or session.closed or session.runtime is not runtime:
            session = _sessions[key] = CallSession(runtime, options, owned=owned)
        return session
