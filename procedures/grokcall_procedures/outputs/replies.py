"""The replies of a call's rounds, read for what they hold beside the answer."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, TypeAlias

from grokcall_procedures.documents import encode_json
from grokcall_procedures.lenient_json import read_json

Document: TypeAlias = dict[str, Any]
TOOL_OUTPUTS = "tool_outputs"
"""The member of a kept reply in which stands what the tools of the client gave that it called."""


@functools.lru_cache(maxsize=8)
def rounds_of(raw: str | None, earlier: str | None) -> tuple[Document, ...]:
    """The replies of all rounds, the last one last; none where there is no reply that can be read.

    They are shared between the fields of a row, so nobody may change them.

    Args:
        raw: The last reply.
        earlier: Those before it, as a JSON list.
    """
    last = read(raw)
    before = read(earlier)
    found = [*(before if isinstance(before, list) else []), last]
    return tuple(each for each in found if isinstance(each, dict))


def read(text: str | None) -> object:
    """The JSON value in a text; None where there is none."""
    if text is None:
        return None
    try:
        return read_json(text.encode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return None


def items_of(document: Document) -> Iterator[Document]:
    """The entries of a reply's ``output``."""
    output = document.get("output")
    for item in output if isinstance(output, list) else ():
        if isinstance(item, dict):
            yield item


def outputs_of(document: Document) -> list[Document]:
    """What the tools of the client gave that a reply called, as items of input with the error and the seconds."""
    return [each for each in list_of(document.get(TOOL_OUTPUTS)) if isinstance(each, dict)]


def list_of(value: object) -> list[Any]:
    """A list as it is; nothing for anything else."""
    return value if isinstance(value, list) else []


def text_or_none(value: object) -> str | None:
    """A text as it is, any other value as JSON; None for null and for an empty text."""
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else encode_json(value).decode()


def whole_or_none(value: object) -> int | None:
    """A whole number of 32 bits; None for anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if abs(value) < 1 << 31 else None


def call_id_of(item: Document) -> str | None:
    """The id by which the results of a call name it."""
    return text_or_none(item.get("call_id")) or text_or_none(item.get("id"))
