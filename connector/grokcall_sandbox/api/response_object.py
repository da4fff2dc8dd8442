"""The response object: output items, usage, and the echo of the request."""

import base64
import hashlib
import time
from typing import Any

import msgspec

from grokcall_sandbox.api.generation import FINGERPRINT, JSON_SCHEMA, Written
from grokcall_sandbox.api.response_request import ResponseRequest
from grokcall_sandbox.api.server_tools import ToolRun, call_of
from grokcall_sandbox.api.tools import Item, echo_tools
from grokcall_sandbox.prices import Usage


def build_output(response_id: str, written: Written, run: ToolRun, functions: list[tuple[str, str]]) -> list[Item]:
    """The output items: reasoning, calls of the service's tools, then a message or calls of the client's functions.

    Args:
        response_id: A bare UUID.
        written: The answer.
        run: What tools of the service did.
        functions: The functions to call, with their arguments; with any of them there is no answer.
    """
    output: list[Item] = []
    if written.thought:
        output.append(_reasoning(f"rs_{response_id}", [{"type": "summary_text", "text": written.thought}]))
    for calls in run.rounds:
        output += calls
        output += [_reasoning(f"tco_{response_id}_{call_of(item)}", []) for item in calls]
    if run.remark:
        output.append(_message(f"msg_{response_id}_0", _text(run.remark, [])))
    for number, (name, arguments) in enumerate(functions):
        output.append(_function_call(response_id, number, name, arguments))
    if written.text and not functions:
        output.append(_message(f"msg_{response_id}", _content(written, run)))
    return output


def seal_reasoning(output: list[Item]) -> None:
    """Put encrypted reasoning on every reasoning item, those after calls of tools too."""
    for item in output:
        if item["type"] == "reasoning":
            digest = hashlib.sha512(msgspec.json.encode(item["summary"])).digest()
            item["encrypted_content"] = base64.b64encode(digest * 4).decode()


def build_response(
    response_id: str,
    request: ResponseRequest,
    model: str,
    effort: str | None,
    output: list[Item],
    usage: Usage,
    cut: bool,
) -> dict[str, Any]:
    """The whole object.

    Args:
        response_id: A bare UUID.
        request: What was asked, for the echo.
        model: The id that serves.
        effort: The reasoning effort that applied.
        output: The items.
        usage: What it took.
        cut: True when the answer did not fit `max_output_tokens`.
    """
    now = int(time.time())
    wanted = request.format
    shown: dict[str, Any] = {"type": wanted.type}
    if wanted.type == JSON_SCHEMA:
        shown["schema"] = msgspec.Raw(bytes(wanted.schema))
    return {
        "id": response_id,
        "object": "response",
        "created_at": now,
        "completed_at": None if cut else now,
        "status": "incomplete" if cut else "completed",
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "model": model,
        "output": output,
        "instructions": request.instructions,
        "max_output_tokens": request.max_output_tokens,
        "max_tool_calls": None,
        "parallel_tool_calls": request.parallel_tool_calls is not False,
        "previous_response_id": request.previous_response_id,
        "reasoning": {"effort": effort, "summary": "detailed"},
        "store": request.store is not False,
        "temperature": 0.7 if request.temperature is None else request.temperature,
        "top_p": 0.95 if request.top_p is None else request.top_p,
        "text": {"format": shown},
        "tool_choice": request.tool_choice or "auto",
        "tools": echo_tools(request.tools or []),
        "usage": build_usage(usage),
        "user": request.user,
        "safety_identifier": request.safety_identifier,
        "prompt_cache_key": request.prompt_cache_key,
        "service_tier": "priority" if request.service_tier == "priority" else "default",
        "truncation": "disabled",
        "background": False,
        "top_logprobs": 0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "metadata": {"system_fingerprint": FINGERPRINT},
    }


def build_usage(usage: Usage) -> dict[str, Any]:
    """The usage block."""
    block: dict[str, Any] = {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "num_sources_used": 0,
        "num_server_side_tools_used": sum(usage.tools.values()),
        "cost_in_usd_ticks": usage.ticks,
        "context_details": {"input_tokens": usage.last_turn[0], "output_tokens": usage.last_turn[1]},
    }
    if usage.tools:
        block["server_side_tool_usage_details"] = {name: usage.tools.get(name, 0) for name in _TOOL_NAMES}
    return block


_TOOL_NAMES = (
    "web_search_calls",
    "x_search_calls",
    "code_interpreter_calls",
    "file_search_calls",
    "mcp_calls",
    "document_search_calls",
    "image_generation_calls",
)


def _reasoning(item_id: str, summary: list[Item]) -> Item:
    return {"type": "reasoning", "id": item_id, "status": "completed", "summary": summary}


def _function_call(response_id: str, number: int, name: str, arguments: str) -> Item:
    return {
        "type": "function_call",
        "id": f"fc_{response_id}_{number}",
        "call_id": f"call-{response_id}-{number}",
        "name": name,
        "arguments": arguments,
        "status": "completed",
    }


def _message(item_id: str, content: Item) -> Item:
    return {"type": "message", "id": item_id, "role": "assistant", "status": "completed", "content": [content]}


def _content(written: Written, run: ToolRun) -> Item:
    if written.refused:
        return {"type": "refusal", "refusal": written.text}
    text = written.text
    if written.cut or text.startswith(("{", "[")):  # structured answers stay valid JSON
        return _text(text, [])
    text, annotations = _cite(text, run.cited)
    annotations += [
        {"type": "url_citation", "url": post, "title": post, "start_index": 0, "end_index": 0} for post in run.posts
    ]
    return _text(text, annotations)


def _text(text: str, annotations: list[Item]) -> Item:
    return {"type": "output_text", "text": text, "logprobs": [], "annotations": annotations}


def _cite(text: str, addresses: list[str]) -> tuple[str, list[Item]]:
    annotations: list[Item] = []
    for number, address in enumerate(addresses, start=1):
        mark = f"[[{number}]]({address})"
        start = len(text) + 1
        text = f"{text} {mark}"
        annotations.append(
            {"type": "url_citation", "url": address, "title": str(number), "start_index": start, "end_index": len(text)}
        )
    return text, annotations
