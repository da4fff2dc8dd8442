"""A response as the event stream it would have come in."""

import struct
from typing import Any

import msgspec

from grokcall.sandbox.api.tools import Item
from grokcall.sandbox.tokens import split_tokens

_SEARCHES = ("web_search_call", "x_search_call", "file_search_call")
_TOKENS_PER_DELTA = 3
# What an item shows before its content has come.
_EMPTY: dict[str, Item] = {
    "message": {"content": []},
    "reasoning": {"summary": []},
    "function_call": {"arguments": ""},
}


def build_events(response: dict[str, Any]) -> list[bytes]:
    """The frames of a stream, in the order the service sends them; no `[DONE]` line follows."""
    stream = _Stream()
    # Streamed objects differ from plain ones in these: the service has no reasoning echo and 32-bit floats there.
    final = {
        **response,
        "reasoning": {"effort": None, "summary": None},
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
    for index, item in enumerate(response["output"]):
        _send_item(stream, index, item)
    stream.send("response.incomplete" if response["status"] == "incomplete" else "response.completed", response=final)
    return stream.frames


class _Stream:
    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def send(self, kind: str, **fields: Any) -> None:
        data = msgspec.json.encode({"sequence_number": len(self.frames), "type": kind, **fields})
        self.frames.append(b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n")


def _send_item(stream: _Stream, index: int, item: Item) -> None:
    begun = {**item, "status": "in_progress", **_EMPTY.get(item["type"], {})}
    stream.send("response.output_item.added", output_index=index, item=begun)
    place = {"item_id": item["id"], "output_index": index}
    match item["type"]:
        case "reasoning":
            _send_reasoning(stream, item, place)
        case "message":
            _send_message(stream, item, place)
        case "function_call":
            stream.send("response.function_call_arguments.delta", **place, delta=item["arguments"])
            stream.send("response.function_call_arguments.done", **place, arguments=item["arguments"])
        case kind if kind in _SEARCHES:
            for stage in ("in_progress", "searching", "completed"):
                stream.send(f"response.{kind}.{stage}", **place)
        case "code_interpreter_call":
            for stage in ("in_progress", "interpreting", "completed"):
                stream.send(f"response.code_interpreter_call.{stage}", **place)
    stream.send("response.output_item.done", output_index=index, item=item)


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
