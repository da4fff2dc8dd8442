"""Tokens by a plain rule: short pieces of words, runs of marks, runs of blanks."""

import re
import zlib

_PIECE = re.compile(r" ?\w{1,6}| ?[^\w\s]{1,3}|\s+")
_VOCABULARY = 131_072


def split_tokens(text: str) -> list[str]:
    """The pieces of a text; joined they give it back."""
    return _PIECE.findall(text)


def count_tokens(text: str) -> int:
    """How many tokens a text has."""
    return len(_PIECE.findall(text))


def first_tokens(text: str, count: int) -> str:
    """The beginning of a text, `count` tokens long."""
    return "".join(_PIECE.findall(text)[:count])


def token_id(piece: str) -> int:
    """A number for a piece, the same every time."""
    return zlib.crc32(piece.encode()) % _VOCABULARY
