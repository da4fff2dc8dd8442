"""Messages of Anthropic's interface that come in events."""

from __future__ import annotations

from collections.abc import Mapping

from grokcall_procedures.documents import encode_json
from grokcall_procedures.lenient_json import read_json
from grokcall_procedures.pieces import Piece
from grokcall_procedures.streams.event_fold import (
    ERROR,
    EventFold,
    call_piece,
    citation_piece,
    output_piece,
    reasoning_piece,
    stream_failure,
    text_piece,
)

JOINED = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}
"""The kinds of deltas that add to a text of their block."""


class MessagesFold(EventFold):
    """Folds events into the message. It is whole with ``message_stop``, or where it ends after its stop reason."""

    def __init__(self) -> None:
        super().__init__()
        self._message: dict[str, object] = {}
        self._blocks: dict[int, dict[str, object]] = {}
        self._inputs: dict[int, list[str]] = {}

    def end(self, *, orderly: bool) -> list[Piece]:
        """A stream that ends without its last event is whole where the message said why it stopped."""
        return [*super().end(orderly=orderly), *self._finished()]

    def _folded(self, kind: str, document: dict[str, object]) -> list[Piece]:
        match kind:
            case "message_start":
                self._begin(document.get("message"))
            case "content_block_start":
                return self._start(number_in(document), document.get("content_block"))
            case "content_block_delta":
                return self._add(number_in(document), document.get("delta"))
            case "content_block_stop":
                return self._stop(number_in(document))
            case "message_delta":
                self._merge(document)
            case "message_stop":
                self.is_whole = True
            case _:
                if kind == ERROR or document.get("error"):
                    raise stream_failure(document)
        return []

    def _begin(self, message: object) -> None:
        if isinstance(message, dict):
            self._message = {**message, "content": []}
            for index, block in enumerate(blocks_of(message)):
                self._blocks[index] = dict(block)

    def _start(self, index: int, told: object) -> list[Piece]:
        block = dict(told) if isinstance(told, dict) else {"type": "text", "text": ""}
        self._blocks[index] = block
        kind = str(block.get("type"))
        if kind.endswith("tool_result"):
            return [output_piece(block.get("tool_use_id") or kind, block.get("content"))]
        return [*text_piece(block.get("text")), *reasoning_piece(block.get("thinking"))]

    def _add(self, index: int, delta: object) -> list[Piece]:
        if not isinstance(delta, dict):
            return []
        block = self._blocks.setdefault(index, {"type": "text", "text": ""})
        kind = delta.get("type")
        if kind == "input_json_delta":
            self._inputs.setdefault(index, []).append(str(delta.get("partial_json") or ""))
        elif kind == "citations_delta" and isinstance(delta.get("citation"), dict):
            known = block.get("citations")
            block["citations"] = [*(known if isinstance(known, list) else ()), delta["citation"]]
            return [citation_piece(delta["citation"])]
        elif kind in JOINED:
            name = JOINED[kind]
            more = delta.get(name)
            if isinstance(more, str):
                block[name] = f"{block.get(name) or ''}{more}"
                return text_piece(more) if name == "text" else reasoning_piece(more) if name == "thinking" else []
        return []

    def _stop(self, index: int) -> list[Piece]:
        block = self._blocks.get(index, {})
        if index in self._inputs:
            block["input"] = input_in("".join(self._inputs.pop(index)))
        return [used(block)] if str(block.get("type")).endswith("tool_use") else []

    def _merge(self, document: Mapping[str, object]) -> None:
        delta, usage, known = document.get("delta"), document.get("usage"), self._message.get("usage")
        if isinstance(delta, dict):
            self._message.update(delta)
        if isinstance(usage, dict):
            told = {name: value for name, value in usage.items() if value is not None}
            self._message["usage"] = {**(known if isinstance(known, dict) else {}), **told}

    def _finished(self) -> list[Piece]:
        self.is_whole = self.is_whole or self._message.get("stop_reason") is not None
        return []

    def _document(self) -> dict[str, object]:
        return {**self._message, "content": [block for _, block in sorted(self._blocks.items())]}

    def _pieces_of(self, document: dict[str, object]) -> list[Piece]:
        pieces: list[Piece] = []
        for index, block in enumerate(blocks_of(document)):
            pieces += [*self._start(index, block), *self._stop(index)]
        return pieces


def number_in(document: Mapping[str, object]) -> int:
    """The number of the block that an event is about."""
    index = document.get("index")
    return index if isinstance(index, int) else 0


def blocks_of(message: Mapping[str, object]) -> list[dict[str, object]]:
    """The blocks of a message."""
    content = message.get("content")
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def input_in(text: str) -> object:
    """The arguments of a tool; as text where they are no JSON."""
    try:
        return read_json(text) if text.strip() else {}
    except (ValueError, RecursionError):
        return text


def used(block: Mapping[str, object]) -> Piece:
    """The use of a tool."""
    arguments = block.get("input")
    told = encode_json(arguments).decode("utf-8") if isinstance(arguments, dict) and arguments else arguments
    return call_piece(block.get("name") or block.get("type"), told)
