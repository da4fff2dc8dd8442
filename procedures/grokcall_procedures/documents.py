"""Replies as JSON documents: reading one, finding values along paths, and the failures that a reply can state."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from grokcall_procedures.definition import ResultField
from grokcall_procedures.errors import FailedReplyError, MalformedReplyError
from grokcall_procedures.lenient_json import decode_json as decode_json  # strict, for what is ours
from grokcall_procedures.lenient_json import read_json
from grokcall_procedures.lists import ListOf
from grokcall_procedures.types import MOST_TICKS, ParameterType, UnfitValue, coerce, well_formed

SHOWN_BYTES = 80
"""How much of an unreadable reply its error quotes."""

PRICE = "usage.cost_in_usd_ticks"
"""Where every reply says what it cost."""

encode_json = msgspec.json.Encoder().encode


class PricedUsage(msgspec.Struct):
    """``usage``, as far as the price."""

    cost_in_usd_ticks: int | float | None = None


class Priced(msgspec.Struct):
    """A reply, as far as its price."""

    usage: PricedUsage | None = None


_decode_price = msgspec.json.Decoder(Priced).decode


def document_of(body: bytes) -> dict[str, object]:
    """The body as a JSON object, read leniently where it is no strict JSON.

    Raises:
        MalformedReplyError: It is no JSON by any reading, or not an object.
    """
    if not body.strip():
        raise unreadable(body, "it is empty")
    try:
        document = read_json(body)
    except (ValueError, RecursionError) as error:
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
    if column.path == PRICE:
        return ticks_in(value)
    if column.type is ParameterType.JSON or (column.type is ParameterType.STRING and isinstance(value, dict | list)):
        return json_text(value)
    try:
        if isinstance(column.type, ListOf):
            return column.type.values(value)
        assert isinstance(column.type, ParameterType)  # columns of other types are declared by the caller
        return coerce(value, column.type)
    except UnfitValue:
        return None


def json_text(value: object) -> str:
    """A value of a reply as JSON text."""
    return encode_json(value).decode("utf-8")


def ticks_in(value: object) -> int | None:
    """A price in ticks; None for what is none: text, a fraction, less than nothing, or more than 64 bits.

    >>> ticks_in(5e7), ticks_in(-1), ticks_in("5")
    (50000000, None, None)
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= MOST_TICKS else None


def cost_of(document: Mapping[str, object]) -> int | None:
    """What the reply says it cost, in ticks."""
    return ticks_in(value_at(document, PRICE))


def cost_in(body: bytes) -> int | None:
    """What a reply says it cost, in ticks; the same as :func:`cost_of`, without reading the rest of the body.

    >>> cost_in(b'{"usage": {"cost_in_usd_ticks": 5e7}}')
    50000000
    """
    try:
        usage = _decode_price(body).usage
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            document = read_json(body)
        except (ValueError, RecursionError):
            return None
        return cost_of(document) if isinstance(document, dict) else None
    return ticks_in(usage.cost_in_usd_ticks) if usage is not None else None


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
    """The error for an image or video that moderation holds back, in the words that the API uses with status 400."""
    message = f"Generated {what} rejected by content moderation."
    return FailedReplyError("imagine:content-moderated", message, cost_ticks=cost_of(document))


def as_text(value: object) -> str:
    """A string as it is, any other value as JSON text."""
    return well_formed(value) if isinstance(value, str) else json_text(value)
