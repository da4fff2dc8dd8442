"""Requests for chat completions: what they may hold, and what is refused."""

from typing import Any, Literal

import msgspec

from grokcall_sandbox.api.generation import check_effort, check_sampling
from grokcall_sandbox.catalogue import TextModel
from grokcall_sandbox.errors import (
    invalid,
    live_search_is_gone,
    undeserializable,
    unknown_call,
    unsupported_field,
    unsupported_parameter,
)


class SchemaOptions(msgspec.Struct):
    """The `json_schema` object of a response format."""

    schema: msgspec.Raw
    name: str | None = None


class ResponseFormat(msgspec.Struct):
    """The `response_format` object."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: SchemaOptions | None = None


class StreamOptions(msgspec.Struct):
    """The `stream_options` object."""

    include_usage: bool = False


class Sampling(msgspec.Struct, kw_only=True):
    """What a chat completion and the older kind are asked for alike, and take in the same way."""

    model: str
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    n: int | None = None
    stop: str | list[str] | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    service_tier: str | None = None


class ChatRequest(Sampling, kw_only=True):
    """The body of a chat completion; fields that the service ignores are not listed."""

    messages: list[dict[str, Any]]
    max_completion_tokens: int | None = None
    reasoning_effort: str | None = None
    response_format: ResponseFormat | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    deferred: bool | None = None
    seed: int | None = None
    search_parameters: Any = None
    web_search_options: Any = None


DECODER = msgspec.json.Decoder(ChatRequest)


def check_request(request: ChatRequest, model: TextModel) -> str | None:
    """Refuse what the service refuses; gives the reasoning effort that applies.

    Raises:
        ApiError: 400 as a rule, 410 for live search, 422 for messages of tools that answer no call.
    """
    if model.agents:
        raise invalid(f"Model {model.id} is not available on chat completions; use the Responses endpoint.")
    if request.search_parameters is not None or request.web_search_options is not None:
        raise live_search_is_gone()
    for name, value, refused in (
        ("presencePenalty", request.presence_penalty, True),
        ("frequencyPenalty", request.frequency_penalty, True),
        ("stop", request.stop, model.reasons),
    ):
        if value is not None and refused:
            raise unsupported_parameter(model.id, name)
    if request.logit_bias is not None:
        raise unsupported_field("logit_bias")
    check_sampling(request.temperature, request.top_p)
    if not request.messages:
        raise invalid("messages must not be empty.")
    if request.n is not None and not 1 <= request.n <= 8:
        raise invalid(f"Invalid n: {request.n} is not between 1 and 8.")
    if isinstance(request.stop, list) and len(request.stop) > 4:
        raise invalid("At most 4 stop sequences are allowed.")
    for limit in (request.max_completion_tokens, request.max_tokens):
        if limit is not None and limit < 1:
            raise invalid("max_completion_tokens must be at least 1.")
    _check_tool_messages(request.messages)
    return check_effort(model, request.reasoning_effort)


def _check_tool_messages(messages: list[dict[str, Any]]) -> None:
    """Each message of a tool answers a call of an earlier message, by its id."""
    known: set[str] = set()
    for message in messages:
        if message.get("role") == "tool":
            call_id = message.get("tool_call_id")
            if not isinstance(call_id, str):
                raise undeserializable("messages: missing field `tool_call_id`")
            if call_id not in known:
                raise unknown_call(call_id)
        known |= {str(call.get("id")) for call in message.get("tool_calls") or () if isinstance(call, dict)}


def flat_tools(request: ChatRequest) -> tuple[list[dict[str, Any]], Any]:
    """The tools and the choice in the flat form of the Responses endpoint."""
    tools = []
    for tool in request.tools or []:
        nested = tool.get("function")
        if tool.get("type") != "function" or not isinstance(nested, dict):
            raise undeserializable("tools: only tools of type `function` are taken here")
        tools.append({"parameters": {"type": "object"}, **nested, "type": "function"})
    choice = request.tool_choice
    if isinstance(choice, dict) and isinstance(choice.get("function"), dict):
        choice = {"type": "function", **choice["function"]}
    return tools, choice
