"""Chat completions: plain, streamed, deferred."""

import time
from dataclasses import replace
from typing import Any, Literal
from uuid import uuid4

import msgspec

from grokcall_sandbox.api.chat_chunks import build_chunks
from grokcall_sandbox.api.contents import read_message
from grokcall_sandbox.api.generation import (
    FINGERPRINT,
    JSON_SCHEMA,
    Format,
    Written,
    calling_answer,
    check_effort,
    check_length,
    check_policy,
    check_sampling,
    compose,
    fit_answer,
    read_format,
    turn_file_tokens,
    turn_picture_tokens,
    turn_tokens,
)
from grokcall_sandbox.api.tools import call_functions, check_tools
from grokcall_sandbox.catalogue import TextModel, find_text_model
from grokcall_sandbox.errors import (
    invalid,
    live_search_is_gone,
    not_found,
    undeserializable,
    unsupported_field,
    unsupported_parameter,
)
from grokcall_sandbox.prices import Prompt, Usage, price_text
from grokcall_sandbox.replies import EVENTS, Reply, json_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.state import DeferredChat, SandboxState
from grokcall_sandbox.text.conversation import Conversation
from grokcall_sandbox.tokens import split_tokens


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


class ChatRequest(msgspec.Struct):
    """The body of a chat completion; fields that the service ignores are not listed."""

    model: str
    messages: list[dict[str, Any]]
    max_completion_tokens: int | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    n: int | None = None
    stop: str | list[str] | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    reasoning_effort: str | None = None
    response_format: ResponseFormat | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    deferred: bool | None = None
    service_tier: str | None = None
    search_parameters: Any = None
    web_search_options: Any = None


_DECODER = msgspec.json.Decoder(ChatRequest)


async def create(call: SandboxRequest) -> Reply:
    """POST /v1/chat/completions."""
    request = call.decode(_DECODER)
    model = find_text_model(request.model)
    effort = _check(request, model)
    wanted = _wanted_format(request.response_format)
    conversation, prompt = await _read_conversation(request, call.state)
    check_policy(model, conversation)
    room = check_length(model, prompt.tokens)
    tools, choice = _flat_tools(request)
    if tools or choice is not None:
        check_tools(model, tools, choice)
    functions = call_functions(tools, choice, conversation, request.parallel_tool_calls is not False)
    if functions:
        written = fit_answer(calling_answer(functions), model, effort, room, None, replace(call.steering, keep=None))
    else:
        limit = request.max_completion_tokens or request.max_tokens
        answer = await compose(conversation, wanted, call.steering)
        written = fit_answer(answer, model, effort, room, limit, call.steering)
    written, stopped = _apply_stop(written, request.stop)
    count = request.n or 1
    usage = price_text(
        model,
        prompt,
        written.visible_tokens * count,
        written.reasoning_tokens * count,
        {},
        priority=request.service_tier == "priority",
    )
    completion = _completion(model, written, functions, usage, count, stopped)
    billing: Any = {"ticks": usage.ticks, "model": model.id, "tokens": usage.total_tokens}
    if request.deferred:
        return json_reply({"request_id": _defer(call.state, completion)}, **billing)
    if request.stream:
        with_usage = request.stream_options is not None and request.stream_options.include_usage
        return Reply(build_chunks(completion, with_usage), content_type=EVENTS, **billing)
    return json_reply(completion, **billing)


async def retrieve_deferred(call: SandboxRequest) -> Reply:
    """GET /v1/chat/deferred-completion/{id}: readable once."""
    request_id = call.parameters["id"]
    held = call.state.deferred.get(request_id)
    if held is None:
        raise not_found(f"Deferred completion with id={request_id} not found")
    if time.monotonic() < held.ready_at:
        return Reply(b"", 202)
    call.state.deferred.take(request_id)
    return Reply(held.reply)


def _check(request: ChatRequest, model: TextModel) -> str | None:
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
    return check_effort(model, request.reasoning_effort)


def _wanted_format(wanted: ResponseFormat | None) -> Format:
    if wanted is None:
        return Format()
    if wanted.type == JSON_SCHEMA and wanted.json_schema is None:
        raise undeserializable("response_format: missing field `json_schema`")
    return read_format(wanted.type, wanted.json_schema.schema if wanted.json_schema else b"")


async def _read_conversation(request: ChatRequest, state: SandboxState) -> tuple[Conversation, Prompt]:
    turns = [await read_message(message.get("role"), message.get("content"), state) for message in request.messages]
    system = "\n".join(turn.text for turn in turns if turn.role == "system")
    tokens = sum(turn_tokens(turn) + turn_file_tokens(turn) for turn in turns)
    prompt = Prompt(tokens, picture_tokens=sum(turn_picture_tokens(turn) for turn in turns))
    return Conversation(tuple(turns), system), prompt


def _flat_tools(request: ChatRequest) -> tuple[list[dict[str, Any]], Any]:
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


def _apply_stop(written: Written, stop: str | list[str] | None) -> tuple[Written, bool]:
    text = written.text
    for mark in [stop] if isinstance(stop, str) else stop or []:
        text = text.partition(mark)[0] if mark else text
    if text == written.text:
        return written, False
    shorter = Written(
        text, written.thought, written.refused, len(split_tokens(text)), written.reasoning_tokens, cut=False
    )
    return shorter, True


def _completion(
    model: TextModel, written: Written, functions: list[tuple[str, str]], usage: Usage, count: int, stopped: bool
) -> dict[str, Any]:
    completion_id = str(uuid4())
    message: dict[str, Any] = {"role": "assistant", "content": written.text, "refusal": None}
    reason = "length" if written.cut and not stopped else "stop"
    if written.refused:
        message |= {"content": None, "refusal": written.text}
    if written.thought:
        message["reasoning_content"] = written.thought
    if functions:
        calls = [
            {
                "id": f"call-{completion_id}-{number}",
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            }
            for number, (name, arguments) in enumerate(functions)
        ]
        message |= {"content": "", "tool_calls": calls}
        reason = "tool_calls"
    return {
        "id": completion_id,
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model.id,
        "choices": [{"index": index, "message": message, "finish_reason": reason} for index in range(count)],
        "usage": _usage(usage),
        "system_fingerprint": FINGERPRINT,
        "service_tier": "default",
    }


def _usage(usage: Usage) -> dict[str, Any]:
    # Unlike on the Responses endpoint, the completion tokens leave the reasoning out.
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens - usage.reasoning_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {
            "text_tokens": usage.input_tokens - usage.picture_tokens,
            "audio_tokens": 0,
            "image_tokens": usage.picture_tokens,
            "cached_tokens": usage.cached_tokens,
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
        "num_sources_used": 0,
        "cost_in_usd_ticks": usage.ticks,
    }


def _defer(state: SandboxState, completion: dict[str, Any]) -> str:
    request_id = str(uuid4())
    body = msgspec.json.encode(completion)
    ready = time.monotonic() + state.video_seconds
    state.deferred.put(request_id, DeferredChat(body, ready), len(body))
    return request_id
