"""Replies as JSON documents: reading one, finding values along paths, and the failures that a reply can state."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from grokcall_procedures.definition import ResultField
from grokcall_procedures.steps import FailedReplyError, MalformedReplyError
from grokcall_procedures.types import INT64_RANGE, ParameterType, UnfitValue, coerce, well_formed

SHOWN_BYTES = 80
"""How much of an unreadable reply its error quotes."""

decode_json = msgspec.json.Decoder().decode
encode_json = msgspec.json.Encoder().encode


def document_of(body: bytes) -> dict[str, object]:
    """The body as a JSON object.

    Raises:
        MalformedReplyError: It is not valid JSON, or not an object.
    """
    try:
        document = decode_json(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(body, error) from None
    if not isinstance(document, dict):
        raise unreadable(body, "it is not a JSON object")
    return document


def unreadable(body: bytes, why: object) -> MalformedReplyError:
    """The error for a reply that is not what it should be, quoting how it begins."""
    begins = body[:SHOWN_BYTES].decode("utf-8", "replace")
    return MalformedReplyError(f"the reply could not be read: {why}; it begins with {begins!r}")


def value_at(document: object, path: str) -> object:
    """The value at a dotted path, or None.

    >>> value_at({"usage": {"input_tokens": 3}}, "usage.input_tokens")
    3
    """
    for member in path.split("."):
        if not isinstance(document, dict):
            return None
        document = document.get(member)
    return document


def column_value(document: object, column: ResultField, path: str = "") -> object:
    """One column's value along its path, or None where it is missing or does not fit.

    Args:
        document: The reply.
        column: What is wanted.
        path: Where to look instead of the column's own path.
    """
    value = value_at(document, path or column.path)
    if value is None:
        return None
    if column.type is ParameterType.JSON or (column.type is ParameterType.STRING and isinstance(value, dict | list)):
        return json_text(value)
    try:
        assert isinstance(column.type, ParameterType)  # columns of other types are declared by the caller
        return coerce(value, column.type)
    except UnfitValue:
        return None


def json_text(value: object) -> str:
    """A value of a reply as JSON text."""
    return encode_json(value).decode("utf-8")


def cost_of(document: Mapping[str, object]) -> int | None:
    """What the reply says it cost, in ticks."""
    ticks = value_at(document, "usage.cost_in_usd_ticks")
    low, high = INT64_RANGE
    fits = isinstance(ticks, int) and not isinstance(ticks, bool) and low <= ticks <= high
    return ticks if fits and isinstance(ticks, int) else None


def stated_failure(document: Mapping[str, object]) -> FailedReplyError | None:
    """The failure that a reply with a success status states in ``error``, in any of the API's shapes; None if none.

    >>> stated_failure({"error": {"code": "internal_error", "message": "try again"}}).code
    'internal_error'
    """
    error = document.get("error")
    if error is None or error == "":
        return None
    inner: Mapping[str, object] = error if isinstance(error, dict) else {"message": error}
    code = inner.get("code") if inner.get("code") is not None else document.get("code")
    message = inner.get("message")
    return FailedReplyError(
        None if code is None else as_text(code),
        as_text(message if message else error),
        cost_ticks=cost_of(document),
    )


def moderated(what: str, document: Mapping[str, object]) -> FailedReplyError:
    """The error for a picture or film that moderation holds back, in the words that the API uses with status 400."""
    message = f"Generated {what} rejected by content moderation."
    return FailedReplyError("imagine:content-moderated", message, cost_ticks=cost_of(document))


def as_text(value: object) -> str:
    """A string as it is, any other value as JSON text."""
    return well_formed(value) if isinstance(value, str) else json_text(value)
