"""What is said of a value that does not fit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

LONGEST_SHOWN_BITS = 200
ADDRESS = re.compile(r"\s*https?://", re.IGNORECASE)
BYTES_WANTED = "pass bytes, X'…', a data URI, or name a file with @path"
JSON_FAULTS: Mapping[str, str] = {
    "Input data was truncated": "it ends before a bracket or a quotation mark is closed",
    "invalid character (byte 0)": 'it begins as plain text does; write {…}, […] or "…"',
}
"""What msgspec says of a text that is no JSON, in the words of who wrote it."""
KINDS: Mapping[type, str] = {list: "a list", tuple: "a list", dict: "an object"}
"""What arrays and objects are called in statements."""


class UnfitValue(ValueError):  # noqa: N818 - a private signal; the binder turns it into a DataError
    """A value does not fit; the text says why, without the procedure's name.

    Args:
        reason: What is wrong and what would do.
        parameter: The parameter at fault, where a rule looks at several; its name is then no part of ``reason``.
    """

    def __init__(self, reason: str, parameter: str | None = None) -> None:
        self.parameter = parameter
        super().__init__(reason)


def described(value: object) -> str:
    """A short name for a value in a message; never more than its first characters, never bytes."""
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:37] + "…")
    if isinstance(value, bytes | bytearray | memoryview):
        return f"{len(value):,} bytes"
    if isinstance(value, int | float | Decimal):
        bits = value.bit_length() if isinstance(value, int) else 0
        return str(value) if bits <= LONGEST_SHOWN_BITS else f"a whole number of {bits:,} bits"
    return KINDS.get(type(value), f"a value of type {type(value).__name__}")


def text_instead(text: str, otherwise: str = f"text ({BYTES_WANTED})") -> str:
    """What is said of a text in the place of bytes: an address is told from other text.

    >>> text_instead("photo.png", "text"), text_instead("https://example.org/a.png", "text")[:11]
    ('text', 'the address')
    """
    if not ADDRESS.match(text):
        return otherwise
    return f"the address {described(text)}; pass what is there, or use a parameter that takes a URL"


def json_fault(error: Exception) -> str:
    """What is wrong with a text that is no JSON, in the words of a person who wrote it.

    >>> json_fault(ValueError("Input data was truncated"))
    'it ends before a bracket or a quotation mark is closed'
    """
    told = str(error).removeprefix("JSON is malformed: ")
    return JSON_FAULTS.get(told, told)
