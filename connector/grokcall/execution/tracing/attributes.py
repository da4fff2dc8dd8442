"""What a span says of a call, but for what is asked and answered: names and counts by the conventions for GenAI.

See https://opentelemetry.io/docs/specs/semconv/gen-ai/; names of our own begin with ``grokcall.``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias
from urllib.parse import urlsplit

from grokcall.core.call_events import SentRequest
from grokcall.core.outcome import CallStatus, Outcome
from grokcall.core.redaction import redact
from grokcall.errors import Error, error_code
from grokcall.journal.codec import RecalledOutcome
from grokcall_procedures import BoundCall, Procedure, Row
from grokcall_procedures.effects import Effect
from grokcall_procedures.outputs.further_fields import REPLIES
from grokcall_procedures.outputs.tool_calls import tool_calls

Attribute: TypeAlias = str | bool | int | float | Sequence[str]
Attributes: TypeAlias = dict[str, Attribute]

PROVIDER = "x_ai"
PORTS: Mapping[str, int] = {"https": 443, "http": 80}

# By what they give procedures of the user's own are known as well, which have no kind of model.
OUTPUTS: Mapping[str, str] = {
    "ResultImage_Content": "image",
    "ResultVideo_Content": "video",
    "ResultAudio_Content": "speech",
}
"""What comes out, by the column that has it."""
OPERATIONS: Mapping[str, str] = {
    **dict.fromkeys(("Response_Id", "Completion_Id", "Message_Id", "Compaction_Id"), "chat"),
    **dict.fromkeys(("RowNumber", "Source_Cited", "Post_Cited"), "chat"),
    "Embedding_Vector": "embeddings",
    "Match_Content": "retrieval",
}
"""What is done, by a column that nothing else gives."""
REQUESTED: Mapping[str, tuple[str, ...]] = {
    "gen_ai.request.temperature": ("Temperature",),
    "gen_ai.request.top_p": ("TopP",),
    "gen_ai.request.max_tokens": ("MaxOutputTokens", "MaxCompletionTokens", "MaxTokens"),
    "gen_ai.request.seed": ("Seed",),
}
"""The parameters that stand for each attribute, one for each interface."""
ANSWERED: Mapping[str, tuple[str, ...]] = {
    "gen_ai.response.id": ("Response_Id", "Completion_Id", "Message_Id", "Compaction_Id"),
    "gen_ai.response.model": ("Response_Model", "Completion_Model", "Message_Model", "Embedding_Model"),
    "gen_ai.usage.input_tokens": (
        "Response_UsageInputTokens",
        "Completion_UsagePromptTokens",
        "Message_UsageInputTokens",
        "Embedding_InputTokens",
        "Compaction_InputTokens",
    ),
    "gen_ai.usage.output_tokens": (
        "Response_UsageOutputTokens",
        "Completion_UsageCompletionTokens",
        "Message_UsageOutputTokens",
    ),
    "gen_ai.usage.cache_read.input_tokens": (
        "Response_UsageInputTokensDetailsCachedTokens",
        "Completion_UsageCachedTokens",
        "Message_UsageCacheReadInputTokens",
    ),
    "gen_ai.usage.reasoning.output_tokens": (
        "Response_UsageOutputTokensDetailsReasoningTokens",
        "Completion_UsageReasoningTokens",
    ),
}
"""The columns that tell each attribute, one for each interface."""
FINISHED = ("Completion_FinishReason", "Message_StopReason", "Response_Status")
TOTAL = "Completion_UsageTotalTokens"


def operation_of(procedure: Procedure) -> str | None:
    """What a call of a procedure does, in the words of the conventions; None for one that asks no model."""
    if procedure.effect not in (Effect.ASK, Effect.MAKE):
        return None
    if procedure.model_kind == "text":
        return "chat"
    found = next((word for column, word in OPERATIONS.items() if column in procedure.places), "generate_content")
    return found if procedure.effect is Effect.ASK else None  # an upload asks no model


def name_of(call: BoundCall) -> str:
    """The name of a call's span: what is done and with which model, else by which procedure."""
    operation = operation_of(call.procedure)
    if operation is None:
        return call.procedure.name
    return f"{operation} {redact(str(call.values.get('Model') or call.procedure.name))}"


def of_call(call: BoundCall, base_url: str) -> Attributes:
    """What is known of a call before it is made.

    Args:
        call: The call.
        base_url: The address of the host that it asks.
    """
    procedure, values = call.procedure, call.values
    address = urlsplit(base_url)
    told: Attributes = {
        "gen_ai.provider.name": PROVIDER,
        "grokcall.procedure": procedure.name,
        "server.address": address.hostname or "",
        "server.port": address.port or PORTS.get(address.scheme, 443),
    }
    operation = operation_of(procedure)
    if operation is not None:
        told["gen_ai.operation.name"] = operation
    if isinstance(model := values.get("Model"), str):
        told["gen_ai.request.model"] = redact(model)
    if operation == "chat":
        told["gen_ai.output.type"] = "text" if procedure.answer_schema is None else "json"
    elif (kind := next((OUTPUTS[name] for name in OUTPUTS if name in procedure.places), None)) is not None:
        told["gen_ai.output.type"] = kind
    for name, parameters in REQUESTED.items():
        value = next((values[each] for each in parameters if each in values), None)
        if isinstance(value, int | float):
            told[name] = value
    return told


def of_outcome(procedure: Procedure, outcome: Outcome) -> Attributes:
    """What became of a call: where its answer is from, and what it took where the service made it for this call."""
    source = source_of(outcome)
    told: Attributes = {"grokcall.answer.source": source, "grokcall.attempts": outcome.attempts}
    if outcome.request_id is not None:
        told["grokcall.request_id"] = redact(outcome.request_id)
    if outcome.cost_ticks is not None:
        told["grokcall.cost.usd_ticks"] = outcome.cost_ticks
    if outcome.unpriced > 0:
        told["grokcall.unpriced"] = outcome.unpriced
    if procedure.many and outcome.rows is not None:
        told["grokcall.rows"] = len(outcome.rows)
    if outcome.error is not None:
        told |= of_error(outcome.error)
    if source == "service" and not procedure.many and outcome.rows:
        told |= of_answer(procedure, outcome.rows[0])
    return told


def source_of(outcome: Outcome) -> str:
    """Where an outcome is from: ``service``, ``journal``, or ``shared`` for that of an equal call."""
    if isinstance(outcome, RecalledOutcome):
        return "journal"
    return "shared" if outcome.status is CallStatus.CACHED else "service"


def of_answer(procedure: Procedure, row: Row) -> Attributes:
    """What the service says of an answer that it made."""
    places = procedure.places
    told: Attributes = {}
    for name, columns in ANSWERED.items():
        value = next((row[places[each]] for each in columns if each in places), None)
        if isinstance(value, str | int):
            told[name] = redact(value) if isinstance(value, str) else value
    reason = next((row[places[each]] for each in FINISHED if each in places), None)
    if isinstance(reason, str):
        told["gen_ai.response.finish_reasons"] = (redact(reason),)
    total, read = row[places[TOTAL]] if TOTAL in places else None, told.get("gen_ai.usage.input_tokens")
    if isinstance(total, int) and isinstance(read, int):  # a completion counts its reasoning beside what it wrote
        told["gen_ai.usage.output_tokens"] = total - read
    return told


def of_error(error: BaseException) -> Attributes:
    """What an error is, without its words: those may quote what was asked."""
    told: Attributes = {"error.type": error_code(error) if isinstance(error, Error) else type(error).__name__}
    status = getattr(error, "status", None)
    if isinstance(status, int):
        told["http.response.status_code"] = status
    return told


def of_request(request: SentRequest) -> Attributes:
    """What an event says of a request; of its address, which may hold secrets, host and path alone."""
    address = urlsplit(request.address)
    told: Attributes = {
        "http.request.method": request.method,
        "url.path": redact(address.path),
        "grokcall.attempt": request.attempt,
        "grokcall.waited_seconds": round(request.waited, 6),
        "grokcall.seconds": round(request.seconds, 6),
    }
    if address.hostname is not None:
        told["server.address"] = address.hostname
    if request.error is not None:
        told |= of_error(request.error)
    if request.status is not None:
        told["http.response.status_code"] = request.status
    return told


def of_tools(procedure: Procedure, outcome: Outcome) -> list[Attributes]:
    """What events say of the tools that an answer took, the service's and the caller's, in the order of their calls."""
    places = procedure.places
    if source_of(outcome) != "service" or not outcome.rows or any(name not in places for name in REPLIES):
        return []
    raw, earlier = (outcome.rows[0][places[name]] for name in REPLIES)
    if not isinstance(raw, str) or (earlier is None and '_call"' not in raw):  # most answers took none
        return []
    return [of_tool(each) for each in tool_calls(raw, earlier if isinstance(earlier, str) else None) or ()]


def of_tool(called: Mapping[str, object]) -> Attributes:
    """What an event says of one call of a tool."""
    told: Attributes = {"gen_ai.tool.name": redact(str(called["name"] or called["kind"]))}
    names = {"gen_ai.tool.type": "kind", "grokcall.tool.status": "status", "grokcall.round": "round"}
    for name, member in {**names, "grokcall.seconds": "seconds"}.items():
        value = called[member]
        if isinstance(value, str | int | float):
            told[name] = redact(value) if isinstance(value, str) else value
    return told
