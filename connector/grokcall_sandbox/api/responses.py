"""The Responses endpoints: create, retrieve, delete, list the input."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import msgspec

from grokcall_sandbox.api.contents import read_items
from grokcall_sandbox.api.generation import (
    calling_answer,
    check_length,
    check_policy,
    compose,
    empty_document,
    fit_answer,
    read_format,
    turn_file_tokens,
    turn_picture_tokens,
    turn_tokens,
)
from grokcall_sandbox.api.response_events import build_events
from grokcall_sandbox.api.response_object import build_output, build_response, seal_reasoning
from grokcall_sandbox.api.response_request import DECODER, ResponseRequest, check_call_ids, check_request
from grokcall_sandbox.api.server_tools import ToolRun, ToolRunner, offers_server_tools
from grokcall_sandbox.api.tools import call_functions
from grokcall_sandbox.catalogue import find_text_model
from grokcall_sandbox.errors import invalid, not_found
from grokcall_sandbox.prices import Prompt, price_text
from grokcall_sandbox.replies import EVENTS, Reply, json_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.state import SandboxState, StoredResponse
from grokcall_sandbox.text.conversation import Conversation, Turn
from grokcall_sandbox.tokens import count_tokens


async def create(call: SandboxRequest) -> Reply:
    """POST /v1/responses."""
    request = call.decode(DECODER)
    model = find_text_model(request.model)
    effort = check_request(request, model, call.state.refusals)
    wanted = read_format(request.format.type, request.format.schema)
    earlier = earlier_response(call.state, request.previous_response_id)
    conversation, new_tokens = await _read_conversation(call.state, request, earlier)
    call_ids = check_call_ids(request.input, earlier.call_ids if earlier else frozenset())
    check_policy(model, conversation)
    earlier_tokens = earlier.tokens if earlier else 0
    file_tokens = sum(turn_file_tokens(turn) for turn in conversation.turns)
    room = check_length(model, earlier_tokens + new_tokens + file_tokens)

    response_id = str(uuid4())
    tools = request.tools or []
    run = ToolRun()
    if tools or conversation.documents:
        runner = ToolRunner(call, response_id, conversation, request.include or ())
        run = await runner.run(model, tools, request.tool_choice, request.max_turns, file_tokens)
        if run.remark and wanted.schema is not None:
            run.remark = empty_document(wanted.schema)
    functions = call_functions(tools, request.tool_choice, conversation, request.parallel_tool_calls is not False)
    if functions:
        written = fit_answer(calling_answer(functions), model, effort, room, None, replace(call.steering, keep=None))
    else:
        informed = replace(conversation, findings=tuple(run.files.values()))
        answer = await compose(informed, wanted, call.steering)
        written = fit_answer(answer, model, effort, room, request.max_output_tokens, call.steering)
    output = build_output(response_id, written, run, functions)
    if request.wants_encrypted or model.seals:
        seal_reasoning(output)
    prompt = Prompt(
        tokens=earlier_tokens + new_tokens,
        earlier_tokens=earlier_tokens,
        picture_tokens=sum(turn_picture_tokens(turn) for turn in conversation.turns),
        tools_offered=offers_server_tools(tools),
        results=tuple(run.results),
    )
    usage = price_text(
        model,
        prompt,
        written.visible_tokens + run.written_tokens,
        written.reasoning_tokens,
        run.counts,
        priority=request.service_tier == "priority",
    )
    response = build_response(response_id, request, model.id, effort, output, usage, written.cut)
    if request.store is not False:
        tokens = earlier_tokens + new_tokens + written.visible_tokens
        call_ids |= {item["call_id"] for item in output if item["type"] == "function_call"}
        _keep(call, response, conversation, written.text, tokens, call_ids)
    billing: Any = {
        "ticks": usage.ticks,
        "model": model.id,
        "tokens": usage.total_tokens,
        "used_tools": bool(run.counts),
    }
    if request.stream:
        return Reply(build_events(response, request), content_type=EVENTS, **billing)
    return json_reply(response, **billing)


async def retrieve(call: SandboxRequest) -> Reply:
    """GET /v1/responses/{id}."""
    return Reply(_stored(call.state, call.parameters["id"]).reply)


async def delete(call: SandboxRequest) -> Reply:
    """DELETE /v1/responses/{id}."""
    response_id = call.parameters["id"]
    _stored(call.state, response_id)
    call.state.responses.take(response_id)
    return json_reply({"id": response_id, "object": "response", "deleted": True})


async def list_input(call: SandboxRequest) -> Reply:
    """GET /v1/responses/{id}/input_items."""
    stored = _stored(call.state, call.parameters["id"])
    limit = call.query.get("limit", "20")
    if not limit.isdigit() or not 1 <= int(limit) <= 100:
        raise invalid(f"Invalid limit: {limit} is not between 1 and 100.")
    items = _input_items(DECODER.decode(stored.request), call.parameters["id"])
    if call.query.get("order", "asc") == "desc":
        items.reverse()
    after = call.query.get("after")
    if after is not None:
        items = items[next((n for n, item in enumerate(items, start=1) if item["id"] == after), len(items)) :]
    page = items[: int(limit)]
    return json_reply(
        {
            "object": "list",
            "data": page,
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
            "has_more": len(items) > len(page),
        }
    )


def earlier_response(state: SandboxState, response_id: str | None) -> StoredResponse | None:
    """The stored response that a request goes on from; raises a 404 `ApiError` when it is not there."""
    return None if response_id is None else _stored(state, response_id)


def _stored(state: SandboxState, response_id: str) -> StoredResponse:
    stored = state.responses.get(response_id)
    if stored is None:
        raise not_found(f"Response with id={response_id} not found")
    return stored


async def _read_conversation(
    state: SandboxState, request: ResponseRequest, earlier: StoredResponse | None
) -> tuple[Conversation, int]:
    given = request.input
    turns = (Turn("user", given),) if isinstance(given, str) else await read_items(given, state)
    tokens = sum(turn_tokens(turn) for turn in turns)
    instructions = request.instructions or ""
    if earlier is not None:
        return Conversation(earlier.conversation.turns + turns, earlier.conversation.instructions), tokens
    if instructions:
        tokens += count_tokens(instructions)
    system = [turn.text for turn in turns if turn.role == "system"]
    return Conversation(turns, "\n".join([*filter(None, (instructions,)), *system])), tokens


def _keep(
    call: SandboxRequest,
    response: dict[str, Any],
    conversation: Conversation,
    said: str,
    tokens: int,
    call_ids: frozenset[str],
) -> None:
    # What is given back later has no reasoning in it, and no instructions.
    output = [item for item in response["output"] if item["type"] != "reasoning"]
    body = msgspec.json.encode({**response, "output": output, "instructions": None})
    turns = (*conversation.turns, Turn("assistant", said))
    attached = sum(len(picture.data or b"") for picture in conversation.pictures)
    attached += sum(len(document.data or b"") for document in conversation.documents)
    kept = StoredResponse(body, call.body, Conversation(turns, conversation.instructions), tokens, call_ids)
    call.state.responses.put(response["id"], kept, len(body) + len(call.body) + attached)


def _input_items(request: ResponseRequest, response_id: str) -> list[dict[str, Any]]:
    given = request.input
    items = [{"role": "user", "content": [{"type": "input_text", "text": given}]}] if isinstance(given, str) else given
    listed: list[dict[str, Any]] = []
    for number, item in enumerate(items):
        shown = {
            "type": "message",
            "status": "completed",
            **item,
            "id": item.get("id") or f"item_{response_id}_{number}",
        }
        if shown["type"] == "message" and isinstance(shown.get("content"), str):
            kind = "output_text" if shown.get("role") == "assistant" else "input_text"
            shown["content"] = [{"type": kind, "text": shown["content"]}]
        listed.append(shown)
    return listed
