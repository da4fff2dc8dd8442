"""A CALL that is ready to be run: its statement joined with its procedure and its parameters."""

from __future__ import annotations

import pyarrow as pa

from grokcall.core.outcome import Outcome
from grokcall.core.result_columns import result_table
from grokcall.execution.single_calls import SingleCall
from grokcall.scheduling.event_loop import BackgroundLoop
from grokcall_procedures import Binder


class StatementCall:
    """A CALL that is ready to be run, once.

    Args:
        binder: The statement.
        call: Its call.
        loop: Where it runs.
    """

    def __init__(self, binder: Binder, call: SingleCall, loop: BackgroundLoop) -> None:
        self.binder = binder
        self._call = call
        self._loop = loop

    def outcome(self) -> Outcome:
        """What becomes of it; an interrupt has its answer, if it came, in its attribute ``result``."""
        return self._call.made(self._loop)

    async def aoutcome(self) -> Outcome:
        """The same, awaited from any event loop."""
        return await self._call.amade(self._loop)

    def cancel(self, patience: float) -> None:
        """Has it stopped from another thread or task; whoever waits gets a StoppedError, with its answer if it came."""
        self._loop.submit_if_open(self._call.cancel(patience))

    def table(self, outcome: Outcome) -> pa.Table:
        """The rows of an outcome as a table.

        Raises:
            grokcall.Error: The error of the outcome.
        """
        if outcome.error is not None:
            raise outcome.error
        return result_table(self.binder.procedure, outcome.rows or [])
