"""Tokens by a plain rule: short pieces of words, runs of marks, runs of blanks; and squares of images."""

import io
import re
import zlib

from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

_PIECE = re.compile(r" ?\w{1,6}| ?[^\w\s]{1,3}|\s+")
_VOCABULARY = 131_072
_SQUARE = 32
_UNSEEN_SIDE = 1_024


def split_tokens(text: str) -> list[str]:
    """The pieces of a text; joined they give it back."""
    return _PIECE.findall(text)


def count_tokens(text: str) -> int:
    """How many tokens a text has."""
    return len(_PIECE.findall(text))


def first_tokens(text: str, count: int) -> str:
    """The beginning of a text, `count` tokens long."""
    return "".join(_PIECE.findall(text)[:count])


def picture_tokens(data: bytes | None) -> int:
    """How many tokens an image has: one for each square of 32 pixels that it touches, and 2.

    Args:
        data: A PNG or JPEG file. One that is not at hand, or damaged, counts as 1,024 x 1,024 pixels.
    """
    width, height = read_picture_size(data or b"") or (_UNSEEN_SIDE, _UNSEEN_SIDE)
    return -(-width // _SQUARE) * -(-height // _SQUARE) + 2


def token_id(piece: str) -> int:
    """A number for a piece, the same every time."""
    return zlib.crc32(piece.encode()) % _VOCABULARY


def read_picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG or JPEG file in pixels; None where it is damaged."""
    # Not Image.open, which refuses the size of very large images; only the head of the file is read here.
    reader = PngImageFile if data.startswith(b"\x89PNG") else JpegImageFile
    try:
        return reader(io.BytesIO(data)).size
    except (SyntaxError, OSError, ValueError):
        return None
