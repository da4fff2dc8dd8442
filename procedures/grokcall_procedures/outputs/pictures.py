"""The pictures that tools of the service made for an answer."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from grokcall_procedures.outputs.replies import Document, items_of, list_of, rounds_of


def pictures(raw: str | None, earlier: str | None) -> list[bytes] | None:
    """The pictures in all rounds, in their order; None where there is no reply.

    Those of which a reply has the address only, and what is no base64, are left out.

    Args:
        raw: The last reply.
        earlier: Those before it.
    """
    replies = rounds_of(raw, earlier)
    if not replies:
        return None
    encoded = (text for reply in replies for item in items_of(reply) for text in encoded_pictures(item))
    return [content for text in encoded if (content := decoded(text))]


def encoded_pictures(item: Document) -> Iterator[object]:
    """The pictures of one call of a tool, as base64 or as data URIs."""
    if item.get("type") == "image_generation_call":
        yield item.get("result")
    for part in list_of(item.get("outputs")):
        url = part.get("url") if isinstance(part, dict) and part.get("type") == "image" else None
        if isinstance(url, str) and url.startswith("data:"):
            yield url


def decoded(text: object) -> bytes | None:
    """The bytes of base64 or of a data URI; None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        return base64.b64decode(text.partition(",")[2] if text.startswith("data:") else text, validate=True)
    except ValueError:
        return None
