"""What POST /v1/responses takes, and what it refuses."""

from typing import Any, Literal

import msgspec

from grokcall_sandbox.api.generation import JSON_SCHEMA, check_effort, check_sampling
from grokcall_sandbox.api.tools import check_tools
from grokcall_sandbox.catalogue import TextModel
from grokcall_sandbox.errors import (
    ApiError,
    invalid,
    undeserializable,
    unknown_call,
    unsupported_field,
    unsupported_parameter,
    wrong_endpoint,
)

# Fields of chat completions that are refused here, and what this endpoint has in their place.
_OF_CHAT = {
    "response_format": "text.format",
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
}


class ReasoningOptions(msgspec.Struct):
    """The `reasoning` object."""

    effort: str | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None


class TextFormat(msgspec.Struct):
    """The `text.format` object; the schema stays as it was sent, for it is echoed."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    schema: msgspec.Raw = msgspec.Raw()


class TextOptions(msgspec.Struct):
    """The `text` object."""

    format: TextFormat | None = None


class ResponseRequest(msgspec.Struct):
    """The body; fields that the service ignores are not listed."""

    input: str | list[dict[str, Any]]
    model: str | None = None
    instructions: str | None = None
    previous_response_id: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    max_turns: int | None = None
    max_tool_calls: int | None = None
    store: bool | None = None
    stream: bool | None = None
    reasoning: ReasoningOptions | None = None
    text: TextOptions | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    include: list[str] | None = None
    prompt_cache_key: str | None = None
    safety_identifier: str | None = None
    user: str | None = None
    service_tier: str | None = None
    metadata: dict[str, Any] | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    stop: str | list[str] | None = None
    background: Any = None
    response_format: Any = None
    max_tokens: Any = None
    max_completion_tokens: Any = None

    @property
    def format(self) -> TextFormat:
        """The wanted format; plain text when none is given."""
        return (self.text.format if self.text else None) or _PLAIN

    @property
    def effort(self) -> str | None:
        """The reasoning effort that is asked for; None for the model's own."""
        return self.reasoning.effort if self.reasoning else None

    @property
    def wants_encrypted(self) -> bool:
        """True when encrypted reasoning is asked for."""
        return ENCRYPTED in (self.include or ())


ENCRYPTED = "reasoning.encrypted_content"
_OF_SDK = frozenset({"inline_citations", "verbose_streaming"})
"""Values of `include` that only the SDK's own protocol has."""
_PLAIN = TextFormat()
DECODER = msgspec.json.Decoder(ResponseRequest)


def check_request(request: ResponseRequest, model: TextModel, refusals: frozenset[str] = frozenset()) -> str | None:
    """The reasoning effort that applies, once everything in the request is found to be allowed.

    Args:
        request: What is asked.
        model: Who is to answer.
        refusals: Those of `sandbox.REFUSALS` that are in force.

    Raises:
        ApiError: 400 or 422, the service refuses a parameter.
    """
    if request.instructions is not None and request.previous_response_id is not None:
        problem = unsupported_field("instructions and previous_response_id together")
        raise ApiError(problem.status, problem.message, "400")
    for name, instead in _OF_CHAT.items():
        if getattr(request, name) is not None:
            raise wrong_endpoint(name, instead)
    _check_contested(request, refusals)
    for name, value in (
        ("presencePenalty", request.presence_penalty),
        ("frequencyPenalty", request.frequency_penalty),
        ("stop", request.stop),
    ):
        if value is not None:
            raise unsupported_parameter(model.id, name)
    check_sampling(request.temperature, request.top_p)
    _check_bounds(request, model)
    if request.format.type == JSON_SCHEMA and not bytes(request.format.schema):
        raise undeserializable("text.format: missing field `schema`")
    if request.service_tier not in (None, "auto", "default", "priority"):
        raise invalid(f"Invalid service_tier: {request.service_tier}.")
    if _OF_SDK.intersection(request.include or ()):
        raise unsupported_field("include")
    if request.tools or request.tool_choice is not None:
        check_tools(model, request.tools or [], request.tool_choice)
    return check_effort(model, request.effort)


def check_call_ids(given: str | list[dict[str, Any]], known: frozenset[str]) -> frozenset[str]:
    """The ids of the function calls made so far.

    Args:
        given: The input, whose items were found to be well formed.
        known: The ids of the calls in what the request goes on from.

    Raises:
        ApiError: 422, there is an output for a call that is not among them.
    """
    items = [] if isinstance(given, str) else given
    known |= {str(item.get("call_id")) for item in items if item.get("type") == "function_call"}
    if any(item.get("type") == "item_reference" for item in items):
        return known  # it may mean a call
    for item in items:
        if item.get("type") == "function_call_output" and item["call_id"] not in known:
            raise unknown_call(item["call_id"])
    return known


def _check_contested(request: ResponseRequest, refusals: frozenset[str]) -> None:
    """What is said to be refused by some and to be taken by others; it is taken unless it was asked to be refused."""
    if "background" in refusals and request.background is True:
        raise unsupported_field("background")
    if "user_location" in refusals:
        for tool in request.tools or ():
            if tool.get("type") == "web_search" and "user_location" in tool:
                raise unsupported_field("user_location")


def _check_bounds(request: ResponseRequest, model: TextModel) -> None:
    if not request.input and request.input != "":
        raise invalid("input must not be empty.")
    if request.max_output_tokens is not None:
        if model.agents:
            raise unsupported_parameter(model.id, "maxOutputTokens")
        if request.max_output_tokens < 1:
            raise invalid("max_output_tokens must be at least 1.")
    if request.max_turns is not None and request.max_turns < 1:
        raise invalid("max_turns must be at least 1.")
