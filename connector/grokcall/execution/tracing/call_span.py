"""The span of one call, from the moment at which it is asked for to its answer."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from grokcall.core.call_events import SentRequest
from grokcall.core.outcome import Outcome
from grokcall.core.redaction import get_logger, redact
from grokcall.execution.tracing.attributes import Attributes, of_error, of_outcome, of_request, of_tools
from grokcall.execution.tracing.content import of_answer
from grokcall_procedures import BoundCall
from grokcall_procedures.client_tools import ToolOutput

if TYPE_CHECKING:
    from opentelemetry.trace import Span

logger: logging.Logger = get_logger("grokcall.execution.tracing")

REQUEST, TOOL = "grokcall.request", "grokcall.tool"
"""The names of events."""


class CallSpan:
    """What is written into the span of one call.

    Args:
        span: The span of OpenTelemetry.
        call: The call.
        shows_content: Whether what is asked and answered is written as well.
    """

    def __init__(self, span: Span, call: BoundCall, *, shows_content: bool) -> None:
        self._span = span
        self._call = call
        self._shows_content = shows_content
        self._told: Counter[str] = Counter()

    def sent(self, request: SentRequest) -> None:
        """Takes note of a request."""
        if not self._span.is_recording():
            return
        with harmless():
            self._span.add_event(REQUEST, of_request(request))

    def used(self, name: str, output: ToolOutput) -> None:
        """Takes note of a tool of the caller's that has ended."""
        with harmless():
            self._told[name] += 1
            told: Attributes = {"gen_ai.tool.name": redact(name), "gen_ai.tool.type": "function"}
            told["grokcall.tool.status"] = "completed" if output.error is None else "failed"
            if output.seconds is not None:
                told["grokcall.seconds"] = round(output.seconds, 6)
            self._span.add_event(TOOL, told)

    def ended(self, outcome: Outcome) -> None:
        """Takes note of what became of the call."""
        if not self._span.is_recording():
            return
        with harmless():
            self._span.set_attributes(of_outcome(self._call.procedure, outcome))
            for tool in of_tools(self._call.procedure, outcome):
                name = str(tool["gen_ai.tool.name"])
                if tool["gen_ai.tool.type"] == "function" and self._told[name]:
                    self._told[name] -= 1  # it was told of when it ran
                else:
                    self._span.add_event(TOOL, tool)
            if self._shows_content:
                self._span.set_attributes(of_answer(self._call, outcome))
            if outcome.error is not None:
                self._fail(outcome.error)

    def broken(self, error: BaseException) -> None:
        """Takes note that the call has no outcome, because of what was raised."""
        with harmless():
            self._span.set_attributes(of_error(error))
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        # Its words may quote what was asked.
        fail(self._span, (redact(str(error)) if self._shows_content else "") or type(error).__name__)


def fail(span: Span, told: str) -> None:
    """Gives a span the status of an error."""
    from opentelemetry.trace import Status, StatusCode

    span.set_status(Status(StatusCode.ERROR, told))


@contextmanager
def harmless() -> Iterator[None]:
    """Keeps what goes wrong with a span away from the call, which may have been paid for."""
    try:
        yield
    except Exception as error:
        logger.warning("a span could not be written: %s", error)
