"""The response object: output items, usage, and the echo of the request."""

import time
from typing import Any

import msgspec

from grokcall.sandbox.api.generation import JSON_SCHEMA, Written
from grokcall.sandbox.api.response_request import ResponseRequest
from grokcall.sandbox.api.tools import Item, ToolRun, echo_tools
from grokcall.sandbox.prices import Usage


def build_output(response_id: str, written: Written, run: ToolRun) -> list[Item]:
    """The output items: reasoning, tool calls, message."""
    output: list[Item] = []
    if written.thought:
        output.append(_reasoning(response_id, written))
    output += run.items
    if written.text:
        output.append(_message(response_id, written, run.citations))
    return output


def build_call_output(response_id: str, written: Written, run: ToolRun, name: str, arguments: str) -> list[Item]:
    """The output items of an answer that calls a function."""
    call = {
        "type": "function_call",
        "id": f"fc_{response_id}_0",
        "call_id": f"call-{response_id}-0",
        "name": name,
        "arguments": arguments,
        "status": "completed",
    }
    return [*([_reasoning(response_id, written)] if written.thought else []), *run.items, call]


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
        "metadata": {},
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


def _reasoning(response_id: str, written: Written) -> Item:
    return {
        "type": "reasoning",
        "id": f"rs_{response_id}",
        "status": "completed",
        "summary": [{"type": "summary_text", "text": written.thought}],
    }


def _message(response_id: str, written: Written, citations: list[str]) -> Item:
    content: Item
    if written.refused:
        content = {"type": "refusal", "refusal": written.text}
    else:
        text, annotations = _cite(written.text, [] if written.cut else citations)
        content = {"type": "output_text", "text": text, "logprobs": [], "annotations": annotations}
    return {
        "type": "message",
        "id": f"msg_{response_id}",
        "role": "assistant",
        "status": "completed",
        "content": [content],
    }


def _cite(text: str, addresses: list[str]) -> tuple[str, list[Item]]:
    annotations: list[Item] = []
    if text.startswith(("{", "[")):  # structured answers stay valid JSON
        return text, annotations
    for number, address in enumerate(addresses, start=1):
        mark = f"[[{number}]]({address})"
        start = len(text) + 1
        text = f"{text} {mark}"
        annotations.append(
            {"type": "url_citation", "url": address, "title": str(number), "start_index": start, "end_index": len(text)}
        )
    return text, annotations
