"""What was looked at for an answer: pages that a search found or that were opened, and parts of files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from grokcall_procedures.outputs.replies import (
    Document,
    call_id_of,
    items_of,
    list_of,
    read,
    rounds_of,
    text_or_none,
)

Source = dict[str, Any]
WEB, FILE = "web", "file"
SEARCHES = frozenset({"web_search_call", "x_search_call", "custom_tool_call"})
FILE_SEARCHES = frozenset({"file_search_call", "collections_search_call", "attachment_search_call"})


def sources(raw: str | None, earlier: str | None) -> list[Source] | None:
    """The sources of all rounds, each once, in the order in which they came; None where there is no reply.

    Args:
        raw: The last reply.
        earlier: Those before it.
    """
    replies = rounds_of(raw, earlier)
    if not replies:
        return None
    found: dict[tuple[object, ...], Source] = {}
    for reply in replies:
        for item in items_of(reply):
            for source in sources_of(item):
                known = found.setdefault((source["url"], source["file_id"], source["text"]), source)
                known.update({name: value for name, value in source.items() if known[name] is None})
    return list(found.values())


def sources_of(item: Document) -> Iterator[Source]:
    """The sources of one call of a tool."""
    kind = item.get("type")
    if kind in SEARCHES:
        yield from pages_of(item)
    if kind in FILE_SEARCHES:
        for result in list_of(item.get("results")):
            if isinstance(result, dict):
                yield file_of(result, item)


def pages_of(item: Document) -> Iterator[Source]:
    """The pages that a search gave, or that were opened; the form of 2025 has the page in its arguments."""
    action = item.get("action")
    if not isinstance(action, dict):
        arguments = item.get("arguments")
        action = read(arguments) if isinstance(arguments, str) else arguments
    if not isinstance(action, dict):
        return
    for each in list_of(action.get("sources")):
        source = each if isinstance(each, dict) else {"url": each}
        if isinstance(source.get("url"), str) and source["url"]:
            yield page_of(source, item)
    for name in ("url", "source"):
        if isinstance(action.get(name), str) and action[name]:
            yield page_of({"url": action[name], "title": action.get("title")}, item)
            break


def page_of(source: Document, item: Document) -> Source:
    """A page; a source of another type than an address keeps its type as its kind."""
    kind = source.get("type")
    return {
        "kind": kind if isinstance(kind, str) and kind not in ("", "url") else WEB,
        "url": source["url"],
        "title": text_or_none(source.get("title")),
        "file_id": None,
        "score": None,
        "text": text_or_none(source.get("text") or source.get("snippet")),
        "call_id": call_id_of(item),
    }


def file_of(result: Document, item: Document) -> Source:
    """A part of a file."""
    score = result.get("score")
    is_number = isinstance(score, int | float) and not isinstance(score, bool) and math.isfinite(score)
    return {
        "kind": FILE,
        "url": text_or_none(result.get("url")),
        "title": text_or_none(result.get("filename") or result.get("title")),
        "file_id": text_or_none(result.get("file_id")),
        "score": float(score) if is_number and score is not None else None,
        "text": text_or_none(result.get("text") or result.get("content")),
        "call_id": call_id_of(item),
    }
