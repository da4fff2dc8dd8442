"""A response as the event stream it would have come in."""

import struct
from itertools import groupby
from typing import Any

import msgspec

from grokcall_sandbox.api.response_request import ResponseRequest
from grokcall_sandbox.api.tools import Item, echo_tools
from grokcall_sandbox.tokens import split_tokens

_TOKENS_PER_DELTA = 3
# What an item shows before its content has come.
_EMPTY: dict[str, Item] = {
    "message": {"content": []},
    "reasoning": {"summary": []},
    "function_call": {"arguments": ""},
    "custom_tool_call": {"input": ""},
    "image_generation_call": {"result": None, "prompt": None},
}
_STAGES = {
    "web_search_call": ("in_progress", "searching", "completed"),
    "file_search_call": ("in_progress", "searching", "completed"),
    "code_interpreter_call": ("in_progress", "interpreting", "completed"),
    "image_generation_call": ("in_progress", "generating", "completed"),
}


def build_events(response: dict[str, Any], request: ResponseRequest) -> list[bytes]:
    """The frames of a stream, in the order the service sends them; no `[DONE]` line follows.

    Args:
        response: The whole object, as it would come without a stream.
        request: What was asked.
    """
    stream = _Stream()
    # Streamed objects differ from plain ones: they echo no effort but one that was asked for, show functions without
    # `strict` as they came, and have 32-bit floats.
    final = {
        **response,
        "reasoning": response["reasoning"] if request.effort else {"effort": None, "summary": None},
        "tools": echo_tools(request.tools or [], strict=None),
        "temperature": _float32(response["temperature"]),
        "top_p": _float32(response["top_p"]),
    }
    begun = {
        **final,
        "status": "in_progress",
        "completed_at": None,
        "incomplete_details": None,
        "output": [],
        "usage": None,
    }
    stream.send("response.created", response=begun)
    stream.send("response.in_progress", response=begun)
    for _, group in groupby(enumerate(response["output"]), key=_made_at_once):
        _send_items(stream, list(group))
    stream.send("response.incomplete" if response["status"] == "incomplete" else "response.completed", response=final)
    return stream.frames


class _Stream:
    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def send(self, kind: str, **fields: Any) -> None:
        data = msgspec.json.encode({"sequence_number": len(self.frames), "type": kind, **fields})
        self.frames.append(b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n")


def _made_at_once(place: tuple[int, Item]) -> object:
    """The same for calls of the service's tools that follow each other, for these are made at once."""
    index, item = place
    return "calls" if item["type"] in _STAGES or item["type"] == "custom_tool_call" else index


def _send_items(stream: _Stream, items: list[tuple[int, Item]]) -> None:
    """Send items that come at the same time: all begin, then each has its content, then all are done."""
    for index, item in items:
        begun = {**item, "status": "in_progress", **_EMPTY.get(item["type"], {})}
        stream.send("response.output_item.added", output_index=index, item=begun)
    for index, item in items:
        _send_content(stream, item, {"item_id": item["id"], "output_index": index})
    for index, item in items:
        stream.send("response.output_item.done", output_index=index, item=item)


def _send_content(stream: _Stream, item: Item, place: dict[str, Any]) -> None:
    match item["type"]:
        case "reasoning":
            _send_reasoning(stream, item, place)
        case "message":
            _send_message(stream, item, place)
        case "function_call":
            stream.send("response.function_call_arguments.delta", **place, delta=item["arguments"])
            stream.send("response.function_call_arguments.done", **place, arguments=item["arguments"])
        case "custom_tool_call":
            stream.send("response.custom_tool_call_input.delta", **place, delta=item["input"])
            stream.send("response.custom_tool_call_input.done", **place, input=item["input"])
        case kind:
            for stage in _STAGES.get(kind, ()):
                stream.send(f"response.{kind}.{stage}", **place)


def _send_reasoning(stream: _Stream, item: Item, place: dict[str, Any]) -> None:
    for number, part in enumerate(item["summary"]):
        at = {**place, "summary_index": number}
        stream.send("response.reasoning_summary_part.added", **at, part={"type": "summary_text", "text": ""})
        for delta in _deltas(part["text"]):
            stream.send("response.reasoning_summary_text.delta", **at, delta=delta)
        stream.send("response.reasoning_summary_text.done", **at, text=part["text"])
        stream.send("response.reasoning_summary_part.done", **at, part=part)


def _send_message(stream: _Stream, item: Item, place: dict[str, Any]) -> None:
    for number, part in enumerate(item["content"]):
        at = {**place, "content_index": number}
        if part["type"] == "refusal":
            stream.send("response.content_part.added", **at, part={"type": "refusal", "refusal": ""})
            stream.send("response.refusal.delta", **at, delta=part["refusal"])
            stream.send("response.refusal.done", **at, refusal=part["refusal"])
        else:
            stream.send("response.content_part.added", **at, part={**part, "text": "", "annotations": []})
            for delta in _deltas(part["text"]):
                stream.send("response.output_text.delta", **at, delta=delta, logprobs=[])
            for position, annotation in enumerate(part["annotations"]):
                stream.send(
                    "response.output_text.annotation.added", **at, annotation_index=position, annotation=annotation
                )
            stream.send("response.output_text.done", **at, text=part["text"], logprobs=[])
        stream.send("response.content_part.done", **at, part=part)


def _deltas(text: str) -> list[str]:
    pieces = split_tokens(text)
    return ["".join(pieces[start : start + _TOKENS_PER_DELTA]) for start in range(0, len(pieces), _TOKENS_PER_DELTA)]


def _float32(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])
