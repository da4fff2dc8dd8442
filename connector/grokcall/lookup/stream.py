"""A lookup under way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Self, TypeAlias

import pyarrow as pa

from grokcall.background import BackgroundLoop
from grokcall.bookkeeping import ALLOWANCES, Bookkeeper, OpenBooks
from grokcall.budgets import Budget, BudgetReachedError
from grokcall.costs import DryRun, dry_run
from grokcall.engine import Engine
from grokcall.errors import InterfaceError
from grokcall.journal import RunState, fingerprint
from grokcall.lookup.options import LookupOptions
from grokcall.lookup.plan import MEDIA_BATCH_ROWS, LookupPlan, example_call, moves_media
from grokcall.outcomes import Outcome
from grokcall.summaries import Summary, Tally
from grokcall.tables import Source
from grokcall.verdicts import Verdicts
from grokcall.window import Chunk, Window, WindowLimits
from grokcall_procedures.estimates import Allowances, estimate

Pair: TypeAlias = tuple[pa.RecordBatch, pa.RecordBatch]
"""Output rows and failed rows."""
READ_AHEAD_ROWS = 8192
"""Rows that may be under way or waiting for an earlier one, at least."""


class LookupStoppedError(InterfaceError):
    """The lookup was stopped by whoever ran it."""

    def __init__(self) -> None:
        super().__init__("the lookup was stopped")


class LookupStream:
    """A lookup under way: an iterator of pairs of record batches, output rows and failed rows, in input order.

    A context manager; leaving it early stops the lookup. ``summary`` grows as rows come.
    """

    def __init__(
        self,
        plan: LookupPlan,
        source: Source,
        engine: Callable[[], Engine],
        loop: BackgroundLoop,
        concurrency: int,
        budget: Budget | None = None,
    ) -> None:
        self.plan = plan
        self.schema: pa.Schema = plan.schema
        self.error_schema: pa.Schema = plan.error_schema
        self.row_count: int | None = source.row_count
        self.on_outcome: Callable[[Outcome], None] | None = None
        """Told of each outcome as it ends, on the connection's loop; must be quick."""
        self._source = source
        self._engine = engine
        self._loop = loop
        self._tally = Tally(plan.binder.procedure)
        self._concurrency = plan.options.concurrency or concurrency
        self._verdicts = Verdicts(plan.binder, self._concurrency)
        self._window: Window[pa.RecordBatch] | None = None
        self._budget = budget_of(plan.options, budget)
        self._books: OpenBooks | None = None
        self._reason: BaseException | None = None
        # What has left the window and was not yet given out: an interrupt may strike between the two.
        self._held: Chunk[pa.RecordBatch] | None = None
        self._stopped = False
        self._over = False
        self._complete = False
        self._failure: BaseException | None = None

    def dry_run(self) -> DryRun:
        """What the lookup would do and cost, told from the whole input, which is used up by it; sends nothing."""
        base_url = self._engine().options.base_url
        key = (lambda call: fingerprint(call, base_url)) if self.plan.options.dedupe else None
        return dry_run(self.plan, self._source, allowances=self._allowances(), key=key)

    @property
    def in_doubt(self) -> int:
        """How many calls were sent and never answered, as far as the journal knows: they may have been billed."""
        run = self._books.run if self._books is not None else None
        return len(run.in_doubt()) if run is not None and run.continued else 0

    @property
    def guarantee(self) -> str | None:
        """What the budget promises for calls like the lookup's, in a sentence; None without a budget."""
        if self._budget is None or not self._budget.limited:
            return None
        example = example_call(self.plan.binder)
        return None if example is None else self._budget.guarantee(estimate(example, allowances=self._allowances()))

    @property
    def summary(self) -> Summary:
        """The totals so far."""
        return self._tally.summary

    def __iter__(self) -> Iterator[Pair]:
        while (chunk := self._held or self._chunk()) is not None:
            pair = self.plan.assemble(chunk)
            self._held = None
            yield pair

    def _chunk(self) -> Chunk[pa.RecordBatch] | None:
        try:
            return self._loop.run(self.next_chunk())
        except LookupStoppedError:
            raise self._reason or LookupStoppedError() from None

    async def next_chunk(self) -> Chunk[pa.RecordBatch] | None:
        """The next chunk with its outcomes; runs on the connection's loop."""
        if self._over:
            return None
        try:
            if self._stopped and self._window is None:
                raise LookupStoppedError
            chunk = await self._started().next_chunk()
        except asyncio.CancelledError:
            raise  # the caller was interrupted; what has ended can still be had after stop()
        except BaseException as error:
            self._over = True
            self._failure = error
            raise
        self._over = self._complete = chunk is None
        self._held = chunk
        return chunk

    def stop(self, reason: BaseException | None = None) -> None:
        """Cancels the calls in flight. Iterating goes on with what has ended and then raises ``reason``."""
        self._reason = reason
        self._loop.run(self._astop())

    def interrupt(self, reason: BaseException) -> None:
        """Like :meth:`stop`, without waiting for the calls in flight to end: for the handler of a signal."""
        self._reason = reason
        self._loop.submit(self._astop())

    def close(self) -> None:
        """Stops the lookup if it is not over, and closes its input and its journal."""
        if self._window is not None and not self._over:
            with suppress(InterfaceError):  # a closed connection has stopped everything already
                self._loop.run(self._astop())
        self._end()

    async def aclose(self) -> None:
        """The asynchronous twin of :meth:`close`; runs on the connection's loop."""
        await self._astop()
        self._end()

    def _end(self) -> None:
        self._over = True
        self._source.close()
        if self._books is not None:
            self._books.close(self._state(), self.summary.as_dict())

    def _state(self) -> RunState:
        """How the run ended, in the journal's words."""
        if isinstance(self._reason, KeyboardInterrupt):
            return "interrupted"
        if isinstance(self._failure, BudgetReachedError):
            return "budget"
        if self._failure is not None:
            return "failed"
        return "finished" if self._complete else "stopped"

    async def _astop(self) -> None:
        self._stopped = True
        if self._window is not None and not self._over:
            # The reason stays on the caller's side: an interrupt raised inside the loop would end the loop as well.
            await self._window.stop(LookupStoppedError())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _started(self) -> Window[pa.RecordBatch]:
        if self._window is None:
            limits = WindowLimits(self._concurrency, max(READ_AHEAD_ROWS, 16 * self._concurrency))
            if moves_media(self.plan.binder):
                limits = WindowLimits(self._concurrency, 4 * self._concurrency + MEDIA_BATCH_ROWS)
            chunks = self.plan.chunks(iter(self._source))
            engine = self._engine().narrowed(self._concurrency)
            self._books = self._opened_books()
            runner = Bookkeeper(engine, engine.options.base_url, self._books.books)
            self._window = Window(runner, self.plan.bind, chunks, limits, self._settled)
            self._window.start()
        return self._window

    def _opened_books(self) -> OpenBooks:
        options, call = self.plan.options, self.plan.binder.call
        base_url = self._engine().options.base_url
        return OpenBooks(
            options.journal,
            identity_of(call.text, repr(self.plan.mapping), self._source.name, base_url),
            {"command": call.text, "procedure": self.plan.binder.procedure.name, "input": self._source.name},
            self._budget,
            dedupe=options.dedupe,
            reuse=options.reuse,
            retry_failed=options.retry_failed,
            allowances=self._allowances(),
        )

    def _allowances(self) -> Allowances:
        return replace(ALLOWANCES, assumed_output_tokens=self.plan.options.assumed_output_tokens)

    def _settled(self, outcome: Outcome, row: int) -> BaseException | None:
        self._tally.add(outcome)
        if self.on_outcome is not None:
            self.on_outcome(outcome)
        return self._verdicts.of(outcome) or self.plan.fatal(outcome, row)


def budget_of(options: LookupOptions, parent: Budget | None) -> Budget | None:
    """The budget of a lookup under that of its connection; None where neither has a limit."""
    limits = (options.max_cost, options.max_calls, options.max_tokens, options.max_duration)
    return parent if limits == (None, None, None, None) else Budget(*limits, name="lookup", parent=parent)


def identity_of(*parts: str) -> str:
    """One text for what makes two lookups the same, so that the second continues the first."""
    return "\x1f".join(parts)
