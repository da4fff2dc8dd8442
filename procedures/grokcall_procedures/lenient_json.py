"""JSON as it comes: read strictly first, then leniently, because a reply with one odd character was paid for as well.

The lenient reading takes what strict readers refuse: halves of surrogate pairs and bytes that are no UTF-8 (U+FFFD
stands in for them), ``NaN`` and infinities (null), raw line breaks and control characters inside of texts, byte order
marks, what follows after the document, numbers of any length, and nesting beyond all measure (null below a depth).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable

import msgspec

MOST_DIGITS = 4000
"""Digits of a whole number; Python refuses to read about as many, and no column holds them."""
DEEPEST = 100
"""Levels of nesting that are kept of a document which is too deep to be read as it is."""
BLANKS = " \t\r\n\f\v\0\xa0\ufeff\u200b\u200e\u2060"
"""What may stand around a document, marks of byte orders and of no width among it."""

_HEX = "[0-9a-fA-F]"
_ESCAPE = re.compile(
    rf"\\(?:u[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}}|(?P<half>u[dD][89a-fA-F]{_HEX}{{2}})|.)", re.DOTALL
)
_TEXT_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)

decode_json = msgspec.json.Decoder().decode


def read_json(data: bytes | str) -> object:
    r"""The JSON value in ``data``, read strictly and, where that fails, leniently.

    Raises:
        ValueError: It is no JSON by any reading.

    >>> read_json(b'{"said": "hi \\ud83d", "score": NaN} ')
    {'said': 'hi �', 'score': None}
    """
    try:
        return decode_json(data)
    except (msgspec.DecodeError, UnicodeDecodeError, UnicodeEncodeError, RecursionError):
        return read_leniently(data if isinstance(data, str) else text_in(data))


def read_leniently(text: str, number: Callable[[str], object] | None = None, *, whole: bool = False) -> object:
    """The JSON value that a text begins with.

    Args:
        text: The text.
        number: Makes a value of a number with a fraction or an exponent; None for a finite float.
        whole: Whether nothing may follow after the value.

    Raises:
        ValueError: It does not begin with JSON.
    """
    text = _ESCAPE.sub(mended_escape, text.strip(BLANKS))
    decoder = json.JSONDecoder(
        strict=False, parse_float=number or finite, parse_int=whole_number, parse_constant=no_number
    )
    read = decoder.decode if whole else lambda each: decoder.raw_decode(each)[0]
    try:
        return read(text)
    except RecursionError:
        return read(pruned(text))


def text_in(data: bytes) -> str:
    """Bytes as text, in whichever encoding of Unicode; what is none of it becomes U+FFFD."""
    return data.decode(json.detect_encoding(data), "replace")


def mended_escape(escape: re.Match[str]) -> str:
    """An escape of a text; U+FFFD for half a surrogate pair."""
    return "\\ufffd" if escape["half"] else escape[0]


def pruned(text: str) -> str:
    """A document with null in the place of what is nested too deeply."""
    kept: list[str] = []
    depth = start = 0
    for found in _TEXT_OR_BRACKET.finditer(text):
        if found[0] in ("[", "{"):
            depth += 1
            if depth == DEEPEST:
                kept += (text[start : found.start()], "null")
        elif found[0] in ("]", "}"):
            if depth == DEEPEST:
                start = found.end()
            depth -= 1
    return "".join((*kept, text[start:]))


def finite(digits: str) -> float | None:
    """A number; None where it is beyond what a double holds."""
    number = float(digits)
    return number if math.isfinite(number) else None


def whole_number(digits: str) -> int | None:
    """A whole number; None for one that nothing could hold."""
    return int(digits) if len(digits) <= MOST_DIGITS else None


def no_number(_name: str) -> None:
    """What ``NaN`` and infinities are read as: JSON has no such numbers."""
