"""Chat completions: plain, streamed, deferred."""

import time
from dataclasses import replace
from typing import Any
from uuid import uuid4

import msgspec

from grokcall_sandbox.api.chat_chunks import build_chunks
from grokcall_sandbox.api.chat_request import DECODER, ChatRequest, ResponseFormat, check_request, flat_tools
from grokcall_sandbox.api.contents import read_message
from grokcall_sandbox.api.generation import (
    FINGERPRINT,
    JSON_SCHEMA,
    Format,
    Written,
    apply_stop,
    calling_answer,
    check_length,
    check_policy,
    compose,
    fit_answer,
    read_format,
    turn_file_tokens,
    turn_picture_tokens,
    turn_tokens,
)
from grokcall_sandbox.api.tools import call_functions, check_tools
from grokcall_sandbox.catalogue import TextModel, find_text_model
from grokcall_sandbox.errors import not_found, undeserializable
from grokcall_sandbox.prices import Prompt, Usage, price_text
from grokcall_sandbox.replies import EVENTS, Reply, json_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.state import DeferredChat, SandboxState
from grokcall_sandbox.text.conversation import Conversation


async def create(call: SandboxRequest) -> Reply:
    """POST /v1/chat/completions."""
    request = call.decode(DECODER)
    model = find_text_model(request.model)
    effort = check_request(request, model)
    wanted = _wanted_format(request.response_format)
    conversation, prompt = await _read_conversation(request, call.state)
    check_policy(model, conversation)
    room = check_length(model, prompt.tokens)
    tools, choice = flat_tools(request)
    if tools or choice is not None:
        check_tools(model, tools, choice)
    functions = call_functions(tools, choice, conversation, request.parallel_tool_calls is not False)
    if functions:
        written = fit_answer(calling_answer(functions), model, effort, room, None, replace(call.steering, keep=None))
    else:
        limit = request.max_completion_tokens or request.max_tokens
        answer = await compose(conversation, wanted, call.steering)
        written = fit_answer(answer, model, effort, room, limit, call.steering)
    marks = [request.stop] if isinstance(request.stop, str) else request.stop or []
    written, mark = apply_stop(written, [] if functions else marks)
    count = request.n or 1
    usage = price_text(
        model,
        prompt,
        written.visible_tokens * count,
        written.reasoning_tokens * count,
        {},
        priority=request.service_tier == "priority",
    )
    completion = _completion(model, written, functions, usage, count, mark is not None)
    if request.service_tier == "priority":
        completion["service_tier"] = "priority"
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
