"""What an answer cites: the annotations of its messages, with their places in the answer's text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grokcall_procedures.answer_texts import BETWEEN, TEXT_PARTS
from grokcall_procedures.outputs.replies import Document, items_of, list_of, rounds_of, text_or_none, whole_or_none

Citation = dict[str, Any]


def citations(raw: str | None, earlier: str | None, result: str | None) -> list[Citation] | None:
    """The citations of the last reply, in its order; None where there is no reply.

    The places of one whose message is no part of the answer, such as a remark before a search, are NULL.

    Args:
        raw: The last reply.
        earlier: Those before it.
        result: The answer.
    """
    replies = rounds_of(raw, earlier)
    if not replies:
        return None
    messages = [item for item in items_of(replies[-1]) if item.get("type") == "message"]
    starts = places_of([text_of(message) for message in messages], result or "")
    return [
        citation for message, start in zip(messages, starts, strict=True) for citation in citations_of(message, start)
    ]


def text_of(message: Document) -> str:
    """The text of a message: its parts, joined."""
    return "".join(text for _, text in parts_of(message))


def parts_of(message: Document) -> Iterator[tuple[Document, str]]:
    """The parts of a message, each with the text that it gives the answer."""
    content = message.get("content")
    for each in content if isinstance(content, list) else [content]:
        part: Document = each if isinstance(each, dict) else {"text": each}
        text = part.get("text")
        yield part, text if isinstance(text, str) and part.get("type", "") in TEXT_PARTS else ""


def places_of(texts: list[str], result: str) -> list[int | None]:
    r"""Where in an answer each of several texts begins that it was joined from; None for those that are no part of it.

    >>> places_of(["Let me look.", "Yes.", "No."], "Yes.\n\nNo.")
    [None, 0, 6]
    """
    starts: list[int | None] = [None] * len(texts)
    end = len(result)
    for index in reversed(range(len(texts))):
        text = texts[index]
        if not text or not result.endswith(text, 0, end):
            continue
        start = starts[index] = end - len(text)
        end = start - len(BETWEEN) if result.endswith(BETWEEN, 0, start) else start
        if end <= 0:
            break
    return starts


def citations_of(message: Document, start: int | None) -> Iterator[Citation]:
    """The citations of a message whose text begins at ``start`` in the answer."""
    at = start
    for part, text in parts_of(message):
        for annotation in list_of(part.get("annotations")):
            if isinstance(annotation, dict):
                yield citation_of(annotation, at)
        at = None if at is None else at + len(text)


def citation_of(annotation: Document, shift: int | None) -> Citation:
    """One annotation, whatever its type; one of a file is told by the file's name.

    One without a span, as those of posts on X are, has 0 in both places.
    """
    inner = annotation.get(str(annotation.get("type")))  # the form of chat completions
    told = {**annotation, **inner} if isinstance(inner, dict) else annotation
    first, end = whole_or_none(told.get("start_index")), whole_or_none(told.get("end_index"))
    if first is not None and end is not None and (first, end) != (0, 0):
        first, end = (None, None) if shift is None else (first + shift, end + shift)
    title = told.get("title") or told.get("filename") or told.get("file_id")
    return {
        "url": text_or_none(told.get("url")),
        "title": text_or_none(title),
        "start_index": first,
        "end_index": end,
    }
