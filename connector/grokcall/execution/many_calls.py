"""The calls of ``executemany``: one for each set of parameters, many at a time, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from grokcall.budget.spending_limits import SpendingLimits
from grokcall.client.receiving import Receiving
from grokcall.core.outcome import Outcome
from grokcall.errors import Error, StoppedError
from grokcall.execution.circuit_breaker import CircuitBreaker
from grokcall.execution.runtime import Runtime
from grokcall.scheduling.chunks import Chunk, Values
from grokcall.scheduling.row_scheduler import RowLimits, RowScheduler
from grokcall_procedures import Binder, BoundCall

CHUNK_SETS = 64

Ends: TypeAlias = tuple[list[Outcome], Error | None, BaseException | None]
"""The outcomes in the order of the sets, the error that ended the calls early, the interrupt that stopped them."""


class ManyCalls:
    """The calls of many sets of parameters.

    Args:
        runtime: Makes them.
        limits: What all of them together may spend, beside the limits of the connection.
        binder: The statement.
        sets: The parameters of each call.
        how: How their replies are received; None for what the connection's option says.
    """

    def __init__(
        self,
        runtime: Runtime,
        limits: SpendingLimits,
        binder: Binder,
        sets: Sequence[Any],
        how: Receiving | None = None,
    ) -> None:
        self._loop = runtime.loop
        self._cancelled: StoppedError | None = None
        concurrency = runtime.options.concurrency
        executor = runtime.executor(limits, how, runtime.consent())
        self._window: RowScheduler[None] = RowScheduler(
            executor,
            each_set(binder),
            (Chunk(None, [(values,) for values in part]) for part in pieces(sets, CHUNK_SETS)),
            RowLimits(concurrency, 16 * concurrency),
            lambda _outcome, _row: None,
            CircuitBreaker(binder, concurrency),
            on_row=executor.on_row,
        )

    def outcome(self) -> Ends:
        """What became of them, and why they ended early; a cancel is among the interrupts."""
        (outcomes, failure), interrupt = self._loop.run_patiently(self._run(), self._stop)
        return outcomes, failure, interrupt or self._cancelled

    async def aoutcome(self) -> Ends:
        """The same, awaited from any loop."""
        (outcomes, failure), interrupt = await self._loop.arun_patiently(self._run(), self._stop)
        return outcomes, failure, interrupt or self._cancelled

    def cancel(self, patience: float) -> None:
        """Has them stopped from another thread or task; calls that have been sent may take so many seconds."""
        self._cancelled = self._cancelled or StoppedError()
        self._loop.submit_if_open(self._stop(patience))

    async def _run(self) -> tuple[list[Outcome], Error | None]:
        outcomes: list[Outcome] = []
        if self._cancelled is not None:
            return outcomes, None
        self._window.start()
        try:
            while (chunk := await self._window.next_chunk()) is not None:
                outcomes += [outcome for outcome in chunk.outcomes if outcome is not None]
        except Error as error:
            return outcomes, error
        except BaseException as error:
            await self._window.stop(error)
            raise
        return outcomes, None

    async def _stop(self, patience: float) -> None:
        await self._window.stop(StoppedError("the calls were interrupted"), patience)


def each_set(binder: Binder) -> Callable[[Values], BoundCall]:
    """Binds rows that hold a whole parameter set as their only value."""
    return lambda row: binder.bind(row[0])  # type: ignore[arg-type]  # the binder says what a set may be


def pieces(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """``items`` in pieces of at most ``size``."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
