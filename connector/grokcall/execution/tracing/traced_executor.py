"""Calls that are spans."""

from __future__ import annotations

from collections.abc import Callable

from grokcall.client.call_runner import CallRunner
from grokcall.core.outcome import Outcome
from grokcall.execution.executor import CallExecutor
from grokcall.execution.run_context import RunContext
from grokcall.execution.tracing.tracing import ROW, Tracing
from grokcall_procedures import BoundCall


class TracedExecutor(CallExecutor):
    """Runs the calls of one lookup, each of them in a span, one that needs no request as well.

    Args:
        runner, base_url, books: As for :class:`CallExecutor`.
        tracing: Makes the spans.
    """

    def __init__(self, runner: CallRunner, base_url: str, books: RunContext, tracing: Tracing) -> None:
        super().__init__(runner, base_url, books)
        self._tracing = tracing
        self.on_row: Callable[[int], object] | None = ROW.set

    async def run(self, call: BoundCall) -> Outcome:
        """What became of ``call``, as its span tells as well."""
        with self._tracing.call(call) as span:
            outcome = await super().run(call)
            span.ended(outcome)
        return outcome
