"""Chat completions that come in chunks."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from grokcall_procedures.answer_texts import content_text
from grokcall_procedures.documents import encode_json
from grokcall_procedures.lenient_json import read_json
from grokcall_procedures.pieces import Piece
from grokcall_procedures.streams.event_fold import (
    ERROR,
    EventFold,
    Members,
    call_piece,
    citation_piece,
    reasoning_piece,
    stream_failure,
    text_piece,
)

WITH_USAGE = "include_usage"
TEXTS = ("content", "reasoning_content", "refusal")
"""The members of a delta that are joined."""
ORDER = ("id", "object", "created", "model", "choices", "usage", "system_fingerprint")
"""The members of a completion in the order of a whole one; others come after them."""


class ChatFold(EventFold):
    """Folds chunks into the completion. It is whole once each of its choices has said why it ended."""

    def __init__(self) -> None:
        super().__init__()
        self._head: dict[str, object] = {}
        self._choices: dict[int, Choice] = {}
        self._wanted = 1

    def end(self, *, orderly: bool) -> list[Piece]:
        """A stream that ends without its last line is whole where every choice has ended."""
        return [*super().end(orderly=orderly), *self._finished()]

    def _noted(self, members: Members) -> Members:
        chosen = read_json(bytes(members.get("stream_options", b"null")))
        count = read_json(bytes(members.get("n", b"null")))
        self._wanted = count if isinstance(count, int) else 1
        options = {**(chosen if isinstance(chosen, dict) else {}), WITH_USAGE: True}
        return {**members, "stream_options": msgspec.Raw(encode_json(options))}

    def _folded(self, kind: str, document: dict[str, object]) -> list[Piece]:
        if kind == ERROR or document.get("error"):
            raise stream_failure(document)
        pieces: list[Piece] = []
        choices = document.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict):
                pieces += self._chosen(choice)
        # What a chunk leaves open it says nothing of: the usage stands in the last one alone.
        self._head.update({name: value for name, value in document.items() if name != "choices" and value is not None})
        return pieces

    def _chosen(self, told: Mapping[str, object]) -> list[Piece]:
        index = told.get("index")
        number = index if isinstance(index, int) else 0
        choice = self._choices.setdefault(number, Choice())
        choice.add(told)
        # A row has the first choice only.
        return choice.take() if number == min(self._choices) else []

    def _finished(self) -> list[Piece]:
        ended = [choice for choice in self._choices.values() if choice.reason is not None]
        self.is_whole = len(ended) == len(self._choices) >= self._wanted
        return []

    def _document(self) -> dict[str, object]:
        choices = [choice.document(index) for index, choice in sorted(self._choices.items())]
        document = {**self._head, "object": "chat.completion", "choices": choices}
        return {name: document[name] for name in (*ORDER, *document) if name in document}

    def _pieces_of(self, document: dict[str, object]) -> list[Piece]:
        choices = document.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        message = first.get("message") if isinstance(first, dict) else None
        if not isinstance(message, dict):
            return []
        said = content_text(message.get("content"))
        calls = message.get("tool_calls")
        return [
            *reasoning_piece(content_text(message.get("reasoning_content")).text),
            *text_piece(said.text or message.get("refusal") or said.refusal),
            *(called(call) for call in (calls if isinstance(calls, list) else ()) if isinstance(call, dict)),
        ]


class Choice:
    """One of the answers of a completion, as far as it has come."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self._texts: dict[str, list[str]] = {}
        self._calls: dict[int, dict[str, object]] = {}
        self._further: dict[str, object] = {}
        self._outer: dict[str, object] = {}
        self._new: list[Piece] = []

    def add(self, told: Mapping[str, object]) -> None:
        """Takes in what a chunk says of the choice."""
        delta = told.get("delta")
        for name, value in (delta if isinstance(delta, dict) else {}).items():
            if name in TEXTS:
                self._add_text(name, value)
            elif name == "tool_calls":
                for call in value if isinstance(value, list) else ():
                    self._add_call(call)
            elif name == "annotations" and isinstance(value, list):
                self._new += [citation_piece(each) for each in value if isinstance(each, dict)]
                known = self._further.setdefault(name, [])
                self._further[name] = [*known, *value] if isinstance(known, list) else value
            elif value is not None:
                self._further[name] = value
        reason = told.get("finish_reason")
        if isinstance(reason, str) and self.reason is None:
            self.reason = reason
            self._new += [called(call) for _, call in sorted(self._calls.items())]
        self._outer.update(
            {name: value for name, value in told.items() if name not in ("delta", "finish_reason", "index")}
        )

    def take(self) -> list[Piece]:
        """The pieces that are new."""
        new, self._new = self._new, []
        return new

    def document(self, index: int) -> dict[str, object]:
        """The choice as it stands in a whole completion."""
        message: dict[str, object] = {"role": "assistant", "content": None, "refusal": None, **self._further}
        for name, texts in self._texts.items():
            message[name] = "".join(texts)
        if self._calls:
            if message["content"] is None:
                message["content"] = ""
            message["tool_calls"] = [call for _, call in sorted(self._calls.items())]
        return {**self._outer, "index": index, "message": message, "finish_reason": self.reason}

    def _add_text(self, name: str, value: object) -> None:
        if not isinstance(value, str):
            return
        self._texts.setdefault(name, []).append(value)
        self._new += reasoning_piece(value) if name == "reasoning_content" else text_piece(value)

    def _add_call(self, told: object) -> None:
        """Takes in a part of the use of a tool: a call can come whole, or its arguments in parts."""
        if not isinstance(told, dict):
            return
        call = self._calls.setdefault(self._place_of(told), {})
        for name, value in told.items():
            if name == "function" and isinstance(value, dict):
                inner = call.setdefault("function", {})
                assert isinstance(inner, dict)
                more = value.get("arguments")
                known = inner.get("arguments")
                merge(inner, value)
                if isinstance(more, str) and isinstance(known, str):
                    inner["arguments"] = known + more
            elif name != "index":
                merge(call, {name: value})

    def _place_of(self, told: Mapping[str, object]) -> int:
        """Which of the calls a part belongs to. Where no index says it, a new id or another name begins a call."""
        index = told.get("index")
        if isinstance(index, int):
            return index
        last = max(self._calls, default=-1)
        known = self._calls.get(last)
        if known is None:
            return 0
        function = told.get("function")
        identity = told.get("id")
        begins = identity != known.get("id") if identity else isinstance(function, dict) and bool(function.get("name"))
        return last + 1 if begins else last


def merge(known: dict[str, object], told: Mapping[str, object]) -> None:
    """Takes in members; what a part leaves open, with null or an empty text, stays as it was."""
    known.update(
        {name: value for name, value in told.items() if value is not None and (value != "" or name not in known)}
    )


def called(call: Mapping[str, object]) -> Piece:
    """The use of a tool."""
    function = call.get("function")
    inner = function if isinstance(function, dict) else {}
    return call_piece(inner.get("name") or call.get("type") or "function", inner.get("arguments"))
