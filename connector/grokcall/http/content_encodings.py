"""Packed replies, unpacked: gzip, deflate, Brotli and Zstandard, and never to more bytes than a request allows.

Nothing is asked to be packed, because to unpack a reply of 2 kB costs more than to receive it as it is. A server or
proxy may pack it all the same, and what it packs was paid for.
"""

from __future__ import annotations

import importlib
import sys
import zlib
from collections.abc import Callable, Mapping
from typing import Any

PIECE = 1 << 20
"""Bytes that are unpacked at a time."""
MOST_MEMBERS = 1000
"""Packed pieces that one body may consist of."""
GZIP, DEFLATE, RAW_DEFLATE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"


class TooLongError(Exception):
    """What is packed is longer than is allowed."""


class BrokenError(Exception):
    """What is packed cannot be unpacked; the text says why."""


def unpacked(body: bytes, encodings: str, most: int) -> bytes:
    """A body without its content encodings.

    Args:
        body: As it came.
        encodings: The header Content-Encoding. Names that are no encoding are passed over.
        most: The most bytes to unpack it to.

    Raises:
        TooLongError: It is longer.
        BrokenError: It cannot be unpacked.

    >>> unpacked(zlib.compress(b"hello"), "deflate", 100)
    b'hello'
    """
    for name in reversed(encodings.lower().split(",")):
        unpack = UNPACKING.get(name.strip())
        if unpack is None or not body:
            continue
        try:
            body = unpack(body, most)
        except (TooLongError, BrokenError):
            raise
        except Exception as error:  # each library has an error of its own
            # A proxy may have unpacked it and left the header.
            if not body.lstrip().startswith((b"{", b"[")):
                raise BrokenError(f"it is no {name.strip()} ({error})") from None
    return body


def gunzipped(data: bytes, most: int) -> bytes:
    """The content of gzip."""
    return inflated(data, GZIP, most)


def undeflated(data: bytes, most: int) -> bytes:
    """The content of deflate, with the head of zlib or, as some servers send it, without."""
    try:
        return inflated(data, DEFLATE, most)
    except zlib.error:
        return inflated(data, RAW_DEFLATE, most)


def inflated(data: bytes, form: int, most: int) -> bytes:
    """The content of one or more pieces of a form that zlib knows."""
    return joined(
        data, most, lambda: zlib.decompressobj(form), lambda rest: form == GZIP and rest.startswith(b"\x1f\x8b")
    )


def joined(data: bytes, most: int, unpacker_of: Callable[[], Any], goes_on: Callable[[bytes], bool]) -> bytes:
    """The content of packed pieces, one after the other.

    Args:
        data: The pieces.
        most: Bytes that the content may have.
        unpacker_of: Makes what unpacks one piece, in the way of zlib.
        goes_on: Whether what follows a piece is a further one.
    """
    pieces: list[bytes] = []
    size = 0
    for _ in range(MOST_MEMBERS):
        unpacker = unpacker_of()
        pieces.append(unpacker.decompress(data, most - size + 1))
        size += len(pieces[-1])
        if size > most:
            raise TooLongError
        if not unpacker.eof:
            raise EOFError("its end is missing")
        data = unpacker.unused_data
        if not goes_on(data):
            return b"".join(pieces)
    raise ValueError(f"it has more than {MOST_MEMBERS:,} pieces")


def unbrotlied(data: bytes, most: int) -> bytes:
    """The content of Brotli."""
    unpacker = library("brotli", "Brotli").Decompressor()
    pieces: list[bytes] = []
    size = 0
    while not unpacker.is_finished():
        piece = unpacker.process(data, output_buffer_limit=PIECE)
        if not piece and not unpacker.is_finished() and not data:
            raise EOFError("its end is missing")
        data = b""
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise TooLongError
    return b"".join(pieces)


def unzstd(data: bytes, most: int) -> bytes:
    """The content of one or more frames of Zstandard."""
    return joined(data, most, library(ZSTD, "backports.zstd").ZstdDecompressor, bool)


def library(module: str, distribution: str) -> Any:
    """A library that unpacks, loaded with its first use.

    Raises:
        BrokenError: It is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise BrokenError(f"to unpack it needs a library: pip install {distribution}") from None


UNPACKING: Mapping[str, Callable[[bytes, int], bytes]] = {
    "gzip": gunzipped,
    "x-gzip": gunzipped,
    "deflate": undeflated,
    "br": unbrotlied,
    "zstd": unzstd,
}
