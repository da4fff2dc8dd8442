"""Messages in Anthropic's shape."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import msgspec

from grokcall_sandbox.api.contents import read_turns
from grokcall_sandbox.api.generation import (
    Format,
    apply_stop,
    calling_answer,
    check_length,
    check_policy,
    check_sampling,
    compose,
    fit_answer,
    turn_file_tokens,
    turn_picture_tokens,
    turn_tokens,
)
from grokcall_sandbox.api.tools import call_functions
from grokcall_sandbox.catalogue import TextModel, find_text_model
from grokcall_sandbox.errors import invalid, undeserializable
from grokcall_sandbox.prices import Prompt, Usage, price_text
from grokcall_sandbox.replies import EVENTS, Reply, json_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.text.conversation import Conversation
from grokcall_sandbox.tokens import count_tokens, split_tokens


class MessagesRequest(msgspec.Struct):
    """The body; fields that the service ignores are not listed."""

    model: str
    max_tokens: int
    messages: list[dict[str, Any]]
    system: str | list[dict[str, Any]] | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop_sequences: list[str] | None = None
    stream: bool | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: dict[str, Any] | None = None


_DECODER = msgspec.json.Decoder(MessagesRequest)


async def create(call: SandboxRequest) -> Reply:
    """POST /v1/messages."""
    request = call.decode(_DECODER)
    model = find_text_model(request.model)
    if model.agents:
        raise invalid(f"Model {model.id} is not available on messages; use the Responses endpoint.")
    check_sampling(request.temperature, request.top_p)
    if request.max_tokens < 1:
        raise invalid("max_tokens must be at least 1.")
    if not request.messages:
        raise invalid("messages must not be empty.")
    turns = [
        turn
        for message in request.messages
        for turn in await read_turns(message.get("role"), message.get("content"), call.state)
    ]
    conversation = Conversation(tuple(turns), _system_text(request.system))
    tokens = sum(turn_tokens(turn) + turn_file_tokens(turn) for turn in turns)
    tokens += count_tokens(conversation.instructions)
    check_policy(model, conversation)
    room = check_length(model, tokens)
    functions = _call_tools(request, conversation)
    effort = model.default_effort
    if functions:
        written = fit_answer(calling_answer(functions), model, effort, room, None, replace(call.steering, keep=None))
    else:
        answer = await compose(conversation, Format(), call.steering)
        written = fit_answer(answer, model, effort, room, request.max_tokens, call.steering)
    written, mark = apply_stop(written, [] if functions else request.stop_sequences or [])
    prompt = Prompt(tokens, picture_tokens=sum(turn_picture_tokens(turn) for turn in turns))
    usage = price_text(model, prompt, written.visible_tokens, written.reasoning_tokens, {})
    content: list[dict[str, Any]] = []
    if written.thought:
        content.append({"type": "thinking", "thinking": written.thought, "signature": ""})
    for number, (name, arguments) in enumerate(functions):
        call_id = f"call-{uuid4()}-{number}"
        content.append({"type": "tool_use", "id": call_id, "name": name, "input": msgspec.json.decode(arguments)})
    if written.text and not functions:
        content.append({"type": "text", "text": written.text})
    reason = "max_tokens" if written.cut else "end_turn" if mark is None else "stop_sequence"
    message = _message(model, content, "tool_use" if functions else reason, usage)
    message["stop_sequence"] = mark
    billing: Any = {"ticks": usage.ticks, "model": model.id, "tokens": usage.total_tokens}
    if request.stream:
        return Reply(_events(message), content_type=EVENTS, **billing)
    return json_reply(message, **billing)


def _message(model: TextModel, content: list[dict[str, Any]], reason: str, usage: Usage) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "type": "message",
        "role": "assistant",
        "model": model.id,
        "content": content,
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {
            "input_tokens": usage.input_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": usage.cached_tokens,
            "output_tokens": usage.output_tokens,
        },
    }


def _system_text(system: str | list[dict[str, Any]] | None) -> str:
    if isinstance(system, list):
        return "\n".join(str(block.get("text", "")) for block in system)
    return system or ""


def _call_tools(request: MessagesRequest, conversation: Conversation) -> list[tuple[str, str]]:
    tools = []
    for tool in request.tools or []:
        if not isinstance(tool.get("name"), str):
            raise undeserializable("tools: missing field `name`")
        tools.append({"type": "function", "name": tool["name"], "parameters": tool.get("input_schema")})
    wanted = (request.tool_choice or {}).get("type")
    parallel = (request.tool_choice or {}).get("disable_parallel_tool_use") is not True
    choice: Any = {"any": "required", "none": "none"}.get(str(wanted), "auto")
    if wanted == "tool" and request.tool_choice is not None:
        choice = {"type": "function", "name": request.tool_choice.get("name")}
    return call_functions(tools, choice, conversation, parallel)


def _events(message: dict[str, Any]) -> list[bytes]:
    frames: list[bytes] = []

    def send(kind: str, **fields: Any) -> None:
        data = msgspec.json.encode({"type": kind, **fields})
        frames.append(b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n")

    send("message_start", message={**message, "content": [], "stop_reason": None, "stop_sequence": None})
    for index, block in enumerate(message["content"]):
        _send_block(send, index, block)
    send(
        "message_delta",
        delta={"stop_reason": message["stop_reason"], "stop_sequence": message["stop_sequence"]},
        usage={"output_tokens": message["usage"]["output_tokens"]},
    )
    send("message_stop")
    return frames


def _send_block(send: Any, index: int, block: dict[str, Any]) -> None:
    match block["type"]:
        case "thinking":
            empty, deltas = {**block, "thinking": ""}, [{"type": "thinking_delta", "thinking": block["thinking"]}]
        case "tool_use":
            arguments = msgspec.json.encode(block["input"]).decode()
            empty, deltas = {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": arguments}]
        case _:
            empty = {**block, "text": ""}
            deltas = [{"type": "text_delta", "text": piece} for piece in split_tokens(block["text"])]
    send("content_block_start", index=index, content_block=empty)
    for delta in deltas:
        send("content_block_delta", index=index, delta=delta)
    send("content_block_stop", index=index)
