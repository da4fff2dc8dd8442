"""Sound and files that come in pieces: the whole is the pieces joined."""

from __future__ import annotations

from grokcall_procedures.pieces import Piece, PieceKind


class BytesFold:
    """Folds bytes. They are whole when the connection says so; nothing has to be asked for.

    Args:
        kind: What they are: sound, which is told of apart from texts and documents, or the bytes of any file.
    """

    response_id: str | None = None
    is_stored: bool = False
    failure: Exception | None = None

    def __init__(self, kind: PieceKind = PieceKind.AUDIO) -> None:
        self._kind = kind
        self._chunks: list[bytes] = []
        self.is_whole: bool = False

    @property
    def is_done(self) -> bool:
        """Whether nothing more is to be read: only the connection knows."""
        return False

    @property
    def partial(self) -> bytes:
        """The bytes so far."""
        return b"".join(self._chunks)

    def asked(self, body: bytes) -> bytes:
        """The same body: such replies come in pieces anyway."""
        return body

    def reads(self, content_type: str) -> bool:
        """Whether it is what was asked for: no sound is a text or a document."""
        kind = content_type.lower()
        return self._kind is PieceKind.DATA or (not kind.startswith("text/") and "json" not in kind)

    def feed(self, chunk: bytes) -> list[Piece]:
        """The bytes as a piece."""
        if not chunk:
            return []
        self._chunks.append(chunk)
        return [Piece(self._kind, data=chunk)]

    def end(self, *, orderly: bool) -> list[Piece]:
        """Takes note that the connection has given all of it."""
        self.is_whole = orderly
        return []

    def body(self) -> bytes:
        """The bytes joined."""
        return self.partial

    def whole(self, body: bytes) -> list[Piece]:
        """The bytes of a reply that came whole; none of a document, which is no sound yet."""
        is_document = self._kind is PieceKind.AUDIO and body.lstrip().startswith((b"{", b"[", b"<"))
        return [] if not body or is_document else [Piece(self._kind, data=body)]
