"""The spans of a connection: the one place that makes them, and all that knows OpenTelemetry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from grokcall._version import __version__
from grokcall.config.options import Options
from grokcall.core.call_events import SentRequest
from grokcall.core.redaction import redact
from grokcall.errors import NotSupportedError, ToolError
from grokcall.execution.tracing.attributes import Attribute, name_of, of_call
from grokcall.execution.tracing.call_span import CallSpan, fail, harmless
from grokcall.execution.tracing.content import of_output, of_question, of_use
from grokcall_procedures import BoundCall, ToolUse
from grokcall_procedures.client_tools import ToolOutput

if TYPE_CHECKING:
    from opentelemetry.trace import Span, SpanKind

ROW: ContextVar[int | None] = ContextVar("grokcall.row", default=None)
"""The number of the row, from 0, whose call is made next in this task."""
_SPAN: ContextVar[CallSpan | None] = ContextVar("grokcall.span", default=None)
"""The span of the call that runs in this task; not simply the current one, which may be the caller's own."""


class Tracing:
    """Makes the spans of a connection's calls, and is told what happens in them.

    They go to the provider that is set for the process, also where that is set later. Imports opentelemetry, which
    nothing else of the package does.

    Args:
        options: The connection's.

    Raises:
        NotSupportedError: The package is not there.
    """

    def __init__(self, options: Options) -> None:
        try:
            from opentelemetry import context, trace
        except ImportError as missing:
            raise NotSupportedError(
                "the option traces needs the package 'opentelemetry-api': pip install 'grokcall[otel]'"
            ) from missing
        self._options = options
        self._context = context
        self._trace = trace
        self._tracer = trace.get_tracer("grokcall", __version__)

    @contextmanager
    def call(self, call: BoundCall) -> Iterator[CallSpan]:
        """The span of a call, which is made in the block; what is raised there ends it as an error."""
        told = of_call(call, self._options.address(call.host))
        row = ROW.get()
        if row is not None:
            told["grokcall.row"] = row
        with self._span(name_of(call), self._trace.SpanKind.CLIENT, told) as opened:
            shows = self._options.trace_content
            span = CallSpan(opened, call, shows_content=shows)
            if shows and opened.is_recording():
                with harmless():
                    opened.set_attributes(of_question(call))
            # What a tool of this call calls is no row of its lookup.
            tokens = ROW.set(None), _SPAN.set(span)
            try:
                yield span
            except BaseException as error:
                span.broken(error)
                raise
            finally:
                ROW.reset(tokens[0])
                _SPAN.reset(tokens[1])

    def sent(self, request: SentRequest) -> None:
        """Notes a request in the span of the call that runs in this task, if there is one."""
        span = _SPAN.get()
        if span is not None:
            span.sent(request)

    @contextmanager
    def using(self, use: ToolUse) -> Iterator[Callable[[ToolOutput], None]]:
        """The span of a tool of the caller's, below that of its call, which gets an event besides."""
        of, shows = _SPAN.get(), self._options.trace_content
        told: dict[str, Attribute] = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": redact(use.tool),  # a model may write anything
            "gen_ai.tool.type": "function",
            **(of_use(use) if shows else {}),
        }
        with self._span(f"execute_tool {told['gen_ai.tool.name']}", self._trace.SpanKind.INTERNAL, told) as span:

            def ended(output: ToolOutput) -> None:
                if of is not None:
                    of.used(use.tool, output)
                with harmless():
                    if shows:
                        span.set_attributes(of_output(output))
                    if output.error is not None:
                        span.set_attribute("error.type", ToolError.error_code)
                        fail(span, output.error if shows else ToolError.__name__)  # its words may quote an argument

            yield ended

    @contextmanager
    def _span(self, name: str, kind: SpanKind, told: dict[str, Attribute]) -> Iterator[Span]:
        """A span that is the current one for the block."""
        span = self._tracer.start_span(name, kind=kind, attributes=told)
        token = self._context.attach(self._trace.set_span_in_context(span))
        try:
            yield span
        finally:
            self._context.detach(token)
            with harmless():
                span.end()
