"""Responses that come in events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from grokcall_procedures.learned_tokens import THINKS_HARD, effort_in_force
from grokcall_procedures.lenient_json import read_json
from grokcall_procedures.pieces import Piece, PieceKind
from grokcall_procedures.responses import failed_reply
from grokcall_procedures.streams.event_fold import (
    ERROR,
    EventFold,
    Members,
    citation_piece,
    reasoning_piece,
    stream_failure,
    text_piece,
)
from grokcall_procedures.streams.events import Event
from grokcall_procedures.streams.items import item_pieces, parts_in, tool_pieces

TERMINAL = frozenset(f"response.{word}" for word in ("completed", "done", "incomplete", "failed", "cancelled"))
"""The types of the event that ends a stream, with the whole response."""
FAILED = "response.failed"
TEXT_EVENTS = frozenset({"response.output_text", "response.refusal"})
REASONING_EVENTS = frozenset({"response.reasoning_summary_text", "response.reasoning_text"})
CITATION_EVENT = "response.output_text.annotation.added"
STAGES = ("response.created", "response.queued", "response.in_progress")
"""The types of events that show the response as it is begun."""
SUMMARY = "detailed"
"""What whole replies show of how reasoning is told."""


class ResponsesFold(EventFold):
    """Folds events into the response. It is whole with its last event, which has all of it.

    Streams leave out what whole replies echo: the reasoning's settings where no effort was asked for, and ``strict`` of
    functions. Both are filled in.
    """

    BETWEEN: ClassVar[str] = "\n"
    """What stands between two parts of the reasoning."""

    def __init__(self) -> None:
        super().__init__()
        self._effort: object = None
        self._stores = True
        self._response: dict[str, object] = {}
        self._items: dict[int, dict[str, object]] = {}
        self._told: set[tuple[object, ...]] = set()
        """The places of texts of which pieces came."""
        self._cited: set[object] = set()
        self._reasoned: tuple[object, ...] | None = None

    def _noted(self, members: Members) -> Members:
        reasoning = read_json(bytes(members.get("reasoning", b"null")))
        self._effort = reasoning.get("effort") if isinstance(reasoning, dict) else None
        self._stores = bytes(members.get("store", b"null")) != b"false"
        return members

    def _broken(self, event: Event) -> None:
        """An event that cannot be read is passed over: the last one has the whole."""

    def _folded(self, kind: str, document: dict[str, object]) -> list[Piece]:
        if kind in TERMINAL:
            return self._ended(kind, document)
        if kind in STAGES:
            self._begun(document.get("response"))
            return [Piece(PieceKind.STATUS, kind.removeprefix("response."))]
        if kind == "response.output_item.done":
            return self._item(document)
        if kind == CITATION_EVENT:
            return self._citation(document)
        base, _, stage = kind.rpartition(".")
        if base in TEXT_EVENTS:
            return self._text(document, stage)
        if base in REASONING_EVENTS:
            return self._reasoning(document, stage)
        if kind == ERROR:
            raise stream_failure(document)
        if base.endswith("_call"):
            return [Piece(PieceKind.STATUS, kind.removeprefix("response."))]
        return []

    def _begun(self, response: object) -> None:
        if isinstance(response, dict):
            self._response = response
            identity = response.get("id")
            self.response_id = identity if isinstance(identity, str) and identity else self.response_id
        self.is_stored = self._stores and self.response_id is not None and self._response.get("store") is not False

    def _text(self, document: Mapping[str, object], stage: str) -> list[Piece]:
        place = place_of(document)
        if stage == "delta":
            self._told.add(place)
            return text_piece(document.get("delta"))
        if place in self._told:
            return []
        self._told.add(place)
        return text_piece(document.get("text") or document.get("refusal"))

    def _reasoning(self, document: Mapping[str, object], stage: str) -> list[Piece]:
        place = place_of(document)
        is_new = place not in self._told
        if stage != "delta" and not is_new:
            return []
        self._told.add(place)
        pieces = reasoning_piece(document.get("delta") if stage == "delta" else document.get("text"))
        if is_new and pieces and self._reasoned is not None:
            pieces.insert(0, Piece(PieceKind.REASONING, self.BETWEEN))
        self._reasoned = place if pieces else self._reasoned
        return pieces

    def _citation(self, document: Mapping[str, object]) -> list[Piece]:
        annotation = document.get("annotation")
        self._cited.add(document.get("item_id"))
        return [citation_piece(annotation)] if isinstance(annotation, dict) else []

    def _item(self, document: Mapping[str, object]) -> list[Piece]:
        """Takes in an item that is done; what of it no event has told is told now."""
        item, index = document.get("item"), document.get("output_index")
        if not isinstance(item, dict):
            return []
        self._items[index if isinstance(index, int) else len(self._items)] = item
        kind, identity = item.get("type"), item.get("id")
        if kind == "message":
            told = {place[0] for place in self._told}
            pieces = [] if identity in told else [each for part in parts_in(item) for each in text_piece(part)]
            return pieces if identity in self._cited else [*pieces, *item_pieces(item, PieceKind.CITATION)]
        if kind == "reasoning":
            return [] if identity in {place[0] for place in self._told} else item_pieces(item, PieceKind.REASONING)
        return tool_pieces(item)

    def _ended(self, kind: str, document: dict[str, object]) -> list[Piece]:
        told = document.get("response")
        response = told if isinstance(told, dict) else self._response
        self._begun(response)
        if kind == FAILED:
            raise failed_reply(response)
        if not isinstance(told, dict):
            word = kind.removeprefix("response.")
            self._response = {**self._response, "status": "completed" if word == "done" else word}
        self.is_whole = True
        pieces: list[Piece] = []
        if not self._items and not self._told:
            pieces = self._pieces_of(self._response)
        return [*pieces, Piece(PieceKind.STATUS, kind.removeprefix("response."))]

    def _document(self) -> dict[str, object]:
        document = dict(self._response)
        output = document.get("output")
        if len(output if isinstance(output, list) else ()) < len(self._items):
            document["output"] = [item for _, item in sorted(self._items.items())]
        if "reasoning" in document:
            document["reasoning"] = self._reasoning_settings(document["reasoning"], str(document.get("model")))
        tools = document.get("tools")
        if isinstance(tools, list):
            document["tools"] = [with_strict(tool) for tool in tools]
        return document

    def _reasoning_settings(self, told: object, model: str) -> object:
        """The settings of the reasoning as a whole reply has them: what was asked for, or is known of the model."""
        settings = told if isinstance(told, dict) else {}
        if told is not None and settings.get("effort") is not None:
            return told
        effort = self._effort
        if effort is None and (THINKS_HARD.match(model) or model.startswith("grok-4.3")):
            effort = effort_in_force(model, None)
        if effort is None:
            return told
        summary = settings.get("summary")
        return {**settings, "effort": effort, "summary": SUMMARY if summary is None else summary}

    def _pieces_of(self, document: dict[str, object]) -> list[Piece]:
        output = document.get("output")
        items = [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []
        return [piece for item in items for piece in item_pieces(item)]


def place_of(document: Mapping[str, object]) -> tuple[object, ...]:
    """Where a text stands: in which item, and in which part of it."""
    place = document.get("item_id") or document.get("output_index")
    return place, document.get("content_index"), document.get("summary_index")


def with_strict(tool: object) -> object:
    """A tool as a whole reply echoes it."""
    if isinstance(tool, dict) and tool.get("type") == "function" and tool.get("strict") is None:
        return {**tool, "strict": False}
    return tool
