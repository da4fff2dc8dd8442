"""The pieces of one item of a response's output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from grokcall_procedures.answer_texts import TEXT_PARTS
from grokcall_procedures.pieces import Piece, PieceKind
from grokcall_procedures.streams.event_fold import (
    call_piece,
    citation_piece,
    output_piece,
    reasoning_piece,
    text_piece,
)

ARGUMENTS = ("arguments", "input", "action", "code", "queries", "prompt")
"""Where the arguments of a tool's use stand, by its type."""
OUTPUTS = ("output", "outputs", "results", "error")
"""Where what it gave stands."""


def item_pieces(item: Mapping[str, object], only: PieceKind | None = None) -> list[Piece]:
    """The pieces of an item that came whole, each in one.

    Args:
        item: The item.
        only: The kind that is wanted; None for all.
    """
    kind = item.get("type")
    if kind == "message":
        pieces = [piece for text in parts_in(item) for piece in text_piece(text)]
        pieces += [citation_piece(each) for each in citations_in(item)]
    elif kind == "reasoning":
        told = "\n".join(texts_in(item.get("summary"))) or "\n".join(texts_in(item.get("content")))
        pieces = reasoning_piece(told)
    else:
        pieces = tool_pieces(item)
    return [piece for piece in pieces if only is None or piece.kind is only]


def tool_pieces(item: Mapping[str, object]) -> list[Piece]:
    """The use of a tool and what it gave; nothing of an item of another type."""
    kind = str(item.get("type") or "")
    if kind.endswith("_call_output"):
        return [output_piece(item.get("call_id") or kind, item.get("output"))]
    if not kind.endswith("_call"):
        return []
    name = item.get("name") or kind.removesuffix("_call")
    arguments = next((item[each] for each in ARGUMENTS if item.get(each) not in (None, "")), None)
    output = next((item[each] for each in OUTPUTS if item.get(each) not in (None, "", [])), None)
    return [call_piece(name, arguments), *([] if output is None else [output_piece(name, output)])]


def parts_in(item: Mapping[str, object]) -> Iterator[object]:
    """The texts and refusals of a message."""
    content = item.get("content")
    if isinstance(content, str):
        yield content
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict):
            yield part.get("text") if part.get("type", "") in TEXT_PARTS else part.get("refusal")


def citations_in(item: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """The sources that a message names."""
    content = item.get("content")
    for part in content if isinstance(content, list) else ():
        annotations = part.get("annotations") if isinstance(part, dict) else None
        yield from (each for each in (annotations if isinstance(annotations, list) else ()) if isinstance(each, dict))


def texts_in(parts: object) -> list[str]:
    """The texts of a list of parts."""
    found = [part.get("text") for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    return [text for text in found if isinstance(text, str) and text]
