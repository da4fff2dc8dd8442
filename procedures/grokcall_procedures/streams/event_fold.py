"""What the folds of event streams have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from grokcall_procedures.documents import as_text, cost_of, encode_json, stated_failure, unreadable
from grokcall_procedures.errors import FailedReplyError, MalformedReplyError
from grokcall_procedures.lenient_json import read_json
from grokcall_procedures.pieces import Piece, PieceKind
from grokcall_procedures.streams.events import Event, EventReader

EVENT_STREAM = "text/event-stream"
LAST_LINE = b"[DONE]"
"""What some streams send as their last data."""
ERROR = "error"
"""The type of an event that says that the stream has failed."""

Members: TypeAlias = dict[str, msgspec.Raw]
"""The members of a request, each as its JSON."""

_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class EventFold(ABC):
    """Folds an event stream into one document."""

    def __init__(self) -> None:
        self._events = EventReader()
        self._texts: list[str] = []
        self._is_last = False
        self.is_whole: bool = False
        self.failure: Exception | None = None
        self.response_id: str | None = None
        self.is_stored: bool = False

    @property
    def is_done(self) -> bool:
        """Whether nothing more is to be read."""
        return self.is_whole or self._is_last or self.failure is not None

    @property
    def partial(self) -> str:
        """The text so far."""
        return "".join(self._texts)

    def asked(self, body: bytes) -> bytes:
        """The body with ``stream``; its other members stay byte for byte."""
        return encode_json({**self._noted(_members(body)), "stream": True})

    def reads(self, content_type: str) -> bool:
        """Whether it is an event stream; one without a type is taken for it."""
        return not content_type or EVENT_STREAM in content_type.lower()

    def feed(self, chunk: bytes) -> list[Piece]:
        """The pieces of the events that end in ``chunk``."""
        return self._pieces(self._events.feed(chunk))

    def end(self, *, orderly: bool) -> list[Piece]:  # noqa: ARG002 - its events say whether it is whole
        """The pieces of the event that the end of the connection ends."""
        return self._pieces(self._events.end())

    def body(self) -> bytes:
        """The body that the whole reply would have."""
        return encode_json(self._document())

    def whole(self, body: bytes) -> list[Piece]:
        """The pieces of a reply that came whole; none of one that cannot be read."""
        try:
            document = read_json(body)
        except (ValueError, RecursionError):
            return []
        return self._pieces_of(document) if isinstance(document, dict) else []

    def _pieces(self, events: list[Event]) -> list[Piece]:
        pieces: list[Piece] = []
        for event in events:
            if self.is_done:
                break
            if event.data == LAST_LINE:
                self._is_last = True
                pieces += self._finished()
                break
            try:
                pieces += self._taken(event)
            except (FailedReplyError, MalformedReplyError) as failure:
                # Not raised: what came before it has come.
                self.failure = failure
        self._texts += [piece.text for piece in pieces if piece.kind is PieceKind.TEXT]
        return pieces

    def _taken(self, event: Event) -> list[Piece]:
        try:
            document = read_json(event.data)
        except (ValueError, RecursionError):
            self._broken(event)
            return []
        if not isinstance(document, dict):
            return []
        kind = document.get("type")
        return self._folded(kind if isinstance(kind, str) else event.name, document)

    def _broken(self, event: Event) -> None:
        """Deals with an event that cannot be read: what it held cannot be made up."""
        raise unreadable(event.data, "an event of the stream is no JSON")

    def _finished(self) -> list[Piece]:
        """Deals with the line that says that nothing more comes."""
        return []

    def _noted(self, members: Members) -> Members:
        """The members of the request, which a fold may look at and change."""
        return members

    @abstractmethod
    def _folded(self, kind: str, document: dict[str, object]) -> list[Piece]:
        """Takes in one event; gives its pieces."""

    @abstractmethod
    def _document(self) -> dict[str, object]:
        """The document that the whole reply would be."""

    @abstractmethod
    def _pieces_of(self, document: dict[str, object]) -> list[Piece]:
        """The pieces of a document that came whole."""


def stream_failure(document: Mapping[str, object]) -> FailedReplyError:
    """The failure that an event states, in ``error`` or in its own members."""
    failure = stated_failure(document)
    if failure is None:
        message = document.get("message") or "the stream failed without saying why"
        code = document.get("code")
        return FailedReplyError(None if code is None else as_text(code), as_text(message), cost_ticks=cost_of(document))
    inner = document.get("error")
    if failure.code is None and isinstance(inner, dict) and isinstance(inner.get("type"), str):
        return FailedReplyError(inner["type"], failure.message, cost_ticks=failure.cost_ticks)
    return failure


def text_piece(text: object) -> list[Piece]:
    """A piece of the answer; none for no text."""
    return [Piece(PieceKind.TEXT, text)] if isinstance(text, str) and text else []


def reasoning_piece(text: object) -> list[Piece]:
    """A piece of the reasoning; none for no text."""
    return [Piece(PieceKind.REASONING, text)] if isinstance(text, str) and text else []


def call_piece(name: object, arguments: object) -> Piece:
    """The use of a tool: its text is its name with its arguments."""
    told = "" if arguments in (None, "", {}) else as_text(arguments)
    detail = {"name": as_text(name), "arguments": told}
    return Piece(PieceKind.TOOL_CALL, f"{detail['name']} {told}".rstrip(), detail=detail)


def output_piece(name: object, output: object) -> Piece:
    """What a tool gave."""
    return Piece(PieceKind.TOOL_OUTPUT, as_text(output), detail={"name": as_text(name)})


def citation_piece(citation: Mapping[str, object]) -> Piece:
    """A source that an answer names: its text is the address, or the title where there is none."""
    detail = {name: value for name, value in citation.items() if name != "type" and value is not None}
    return Piece(PieceKind.CITATION, as_text(citation.get("url") or citation.get("title") or ""), detail=detail)
