"""A call by itself: an interrupt lets it come to its end, because it may have been paid for."""

from __future__ import annotations

import asyncio
from typing import Any

import pyarrow as pa

from grokcall.core.outcome import Outcome
from grokcall.core.result_columns import result_table
from grokcall.errors import StoppedError
from grokcall.execution.executor import CallExecutor
from grokcall.scheduling.event_loop import BackgroundLoop
from grokcall_procedures import BoundCall, Procedure


class SingleCall:
    """One call, which can be stopped.

    Args:
        runner: Makes it.
        call: What is called.
    """

    def __init__(self, runner: CallExecutor, call: BoundCall) -> None:
        self._runner = runner
        self._call = call
        self._task: asyncio.Task[Any] | None = None
        self._stopped = False
        self._cancelled = False
        self._in_doubt = False

    def made(self, loop: BackgroundLoop) -> Outcome:
        """What became of it.

        Raises:
            BaseException: The interrupt that struck while it was waited for, or a StoppedError after :meth:`cancel`,
                with the answer if it came: see :func:`leave_with_answer`.
        """
        outcome, interrupt = loop.run_patiently(self._run(), self._stop)
        return self._left(outcome, interrupt)

    async def amade(self, loop: BackgroundLoop) -> Outcome:
        """The same, awaited from any loop."""
        outcome, interrupt = await loop.arun_patiently(self._run(), self._stop)
        return self._left(outcome, interrupt)

    async def cancel(self, patience: float) -> None:
        """Stops it; runs on the loop.

        Args:
            patience: Seconds that its answer may still take if it has been sent.
        """
        self._cancelled = True
        await self._stop(patience)

    def _left(self, outcome: Outcome | None, interrupt: BaseException | None) -> Outcome:
        if interrupt is None and self._cancelled:
            interrupt = StoppedError()
        if interrupt is not None:
            if outcome is not None:
                leave_with_answer(interrupt, self._call.procedure, outcome)
            elif self._in_doubt:
                interrupt.add_note("the call had been sent: it may have been billed, and its answer is lost")
            raise interrupt
        assert outcome is not None
        return outcome

    async def _run(self) -> Outcome | None:
        """What became of it; None when it was stopped before that was known."""
        if self._cancelled:
            return None
        self._task = asyncio.current_task()
        try:
            return await self._runner.run(self._call)
        except asyncio.CancelledError:
            if not self._stopped:
                raise
            return None

    async def _stop(self, patience: float) -> None:
        self._stopped = True
        task = self._task
        if task is None or task.done():
            return
        in_flight = self._runner.gate.in_flight
        if patience and in_flight.is_sent(task):
            await asyncio.wait([task], timeout=patience)
        self._in_doubt |= in_flight.is_sent(task)  # a second stop may have cancelled it already
        task.cancel()


def leave_with_answer(interrupt: BaseException, procedure: Procedure, outcome: Outcome) -> None:
    """Gives an interrupt the answer of the call that it struck, in the attribute ``result``, or says why there is none.

    Args:
        interrupt: The exception that is about to be raised.
        procedure: What was called.
        outcome: What became of it.
    """
    if outcome.error is not None:
        interrupt.add_note(f"the call failed: {outcome.error}")
        return
    leave_with_table(interrupt, result_table(procedure, outcome.rows or []))


def leave_with_table(interrupt: BaseException, table: pa.Table) -> None:
    """Gives an interrupt what was answered, an Arrow table, in the attribute ``result``."""
    interrupt.result = table  # type: ignore[attr-defined]
