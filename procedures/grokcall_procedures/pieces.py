"""The pieces in which an answer comes, and what makes a whole reply of them: a fold."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class PieceKind(enum.StrEnum):
    """What a piece is a part of."""

    TEXT = "text"
    """The answer; a refusal's words, too."""
    REASONING = "reasoning"
    """What the model tells of its reasoning."""
    TOOL_CALL = "tool_call"
    """A tool that is used: its name and its arguments."""
    TOOL_OUTPUT = "tool_output"
    """What a tool gave."""
    CITATION = "citation"
    """A source that the answer names."""
    AUDIO = "audio"
    """Bytes of sound."""
    DATA = "data"
    """Bytes of a file."""
    STATUS = "status"
    """How far the work is; ``begun`` before the first piece of each request."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an answer; its ``str`` is its text.

    Args:
        kind: What it is a part of.
        text: Its text; empty for bytes.
        data: Its bytes, of sound or of a file.
        detail: What else is told of it: of a tool's use the ``name`` and the ``arguments``, of a citation the ``url``.

    >>> str(Piece(PieceKind.TEXT, "Yel"))
    'Yel'
    """

    kind: PieceKind
    text: str = ""
    data: bytes = field(default=b"", repr=False)
    detail: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text

    def as_dict(self) -> dict[str, object]:
        """The piece under names, for JSON; of bytes their number.

        >>> Piece(PieceKind.AUDIO, data=b"ID3").as_dict()
        {'kind': 'audio', 'bytes': 3}
        """
        told: dict[str, object] = {"kind": self.kind.value}
        if self.kind in (PieceKind.AUDIO, PieceKind.DATA):
            return {**told, "bytes": len(self.data)}
        return {**told, "text": self.text, **self.detail}


class Fold(Protocol):
    """Makes of a reply that comes in pieces the reply that would have come whole. One serves one request."""

    @property
    def is_done(self) -> bool:
        """Whether nothing more is to be read."""
        ...

    @property
    def is_whole(self) -> bool:
        """Whether the reply has come to its own end."""
        ...

    @property
    def failure(self) -> Exception | None:
        """Why there will be no whole reply: the service says that it has failed, or a part of it cannot be read."""
        ...

    @property
    def partial(self) -> str | bytes:
        """The answer so far."""
        ...

    @property
    def response_id(self) -> str | None:
        """By which the service knows the answer; None while it has not said it, and where it says none."""
        ...

    @property
    def is_stored(self) -> bool:
        """Whether the service keeps the answer, so that it can be fetched by its id."""
        ...

    def asked(self, body: bytes) -> bytes:
        """The body of the request that asks for pieces, of the one that asks for the whole."""
        ...

    def reads(self, content_type: str) -> bool:
        """Whether a reply of this type comes in pieces; any other is the whole reply."""
        ...

    def feed(self, chunk: bytes) -> list[Piece]:
        """The pieces that end with these bytes, which may be cut off anywhere."""
        ...

    def end(self, *, orderly: bool) -> list[Piece]:
        """The pieces that the end of the connection ends.

        Args:
            orderly: Whether the connection gave all that it had announced; False where it was cut.
        """
        ...

    def body(self) -> bytes:
        """The body that the whole reply would have; only once it is whole."""
        ...

    def whole(self, body: bytes) -> list[Piece]:
        """The pieces of a reply that came whole, each in one."""
        ...
