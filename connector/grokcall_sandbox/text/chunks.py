"""Cutting a text into chunks, which overlap."""

import re
from collections.abc import Callable, Mapping

from grokcall_sandbox.tokens import count_tokens

USUAL_SIZE, USUAL_OVERLAP = 512, 64
"""Tokens, where a collection says nothing."""
_PIECE = re.compile(r"\S+\s*|\s+")

MEASURES: Mapping[str, Callable[[str], int]] = {
    "tokens": count_tokens,
    "chars": len,
    "bytes": lambda text: len(text.encode("utf-8")),
}


def cut(text: str, unit: str = "tokens", size: int = USUAL_SIZE, overlap: int = USUAL_OVERLAP) -> list[str]:
    """The chunks of a text, each of whole words; a word that is longer than a chunk is one of its own.

    Args:
        text: The text.
        unit: What sizes count, a key of `MEASURES`.
        size: The most that a chunk has.
        overlap: The most of a chunk's end that the next one begins with.
    """
    measure = MEASURES[unit]
    pieces = [(piece, measure(piece)) for piece in _PIECE.findall(text)]
    chunks: list[str] = []
    start = 0
    while start < len(pieces):
        end, length = start + 1, pieces[start][1]
        while end < len(pieces) and length + pieces[end][1] <= size:
            length += pieces[end][1]
            end += 1
        chunks.append("".join(piece for piece, _ in pieces[start:end]))
        if end == len(pieces):
            break
        back, kept = end, 0
        while back > start + 1 and kept + pieces[back - 1][1] <= overlap:
            kept += pieces[back - 1][1]
            back -= 1
        start = back
    return chunks
