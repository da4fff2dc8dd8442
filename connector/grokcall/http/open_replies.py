"""Replies that come in pieces, unpacked as they come and never to more bytes than a request allows."""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, Protocol

from grokcall.errors import MalformedReplyError
from grokcall.http.content_encodings import GZIP, MOST_MEMBERS, PIECE, RAW_DEFLATE, ZSTD, BrokenError, library
from grokcall.http.transport import HttpRequest
from grokcall.http.transport_errors import host_of, too_large

PLAIN_BEGINNINGS = (b"{", b"[", b"data:", b"event:", b":", b"id:", b"retry:")
"""How replies begin that are not packed, whatever their head says: a proxy may have unpacked them."""

HEAD_BYTES = 2
"""Bytes of the head of zlib."""


class Unpacker(Protocol):
    """Unpacks one encoding, piece by piece."""

    def feed(self, data: bytes, most: int) -> bytes:
        """What can be unpacked of ``data`` and what came before, at most so many bytes and one more."""
        ...

    def end(self) -> None:
        """Raises where the end is missing."""
        ...


class Inflating:
    """Unpacks what has the interface of zlib: one or more pieces after each other.

    Args:
        make: Makes what unpacks one piece.
        again: How a further piece begins; None where none may follow.
    """

    def __init__(self, make: Callable[[], Any], again: bytes | None) -> None:
        self._make, self._again = make, again
        self._unpacker = make()
        self._members = 1

    def feed(self, data: bytes, most: int) -> bytes:
        """What can be unpacked of ``data``."""
        pieces: list[bytes] = []
        size = 0
        while data and size <= most:
            if self._unpacker.eof:
                if self._again is None or not data.startswith(self._again) or self._members >= MOST_MEMBERS:
                    break
                self._unpacker, self._members = self._make(), self._members + 1
            pieces.append(self._unpacker.decompress(data, most - size + 1))
            size += len(pieces[-1])
            data = self._unpacker.unused_data if self._unpacker.eof else getattr(self._unpacker, "unconsumed_tail", b"")
            if not self._unpacker.eof and not pieces[-1]:
                break
        return b"".join(pieces)

    def end(self) -> None:
        """Raises where the end is missing."""
        if not self._unpacker.eof:
            raise EOFError("its end is missing")


class Deflated(Inflating):
    """Unpacks deflate, with the head of zlib or, as some servers send it, without."""

    def __init__(self) -> None:
        super().__init__(zlib.decompressobj, None)
        self._head = b""
        self._is_known = False

    def feed(self, data: bytes, most: int) -> bytes:
        """What can be unpacked of ``data``; nothing before the two bytes of a head have come."""
        if self._is_known:
            return super().feed(data, most)
        self._head += data
        if len(self._head) < HEAD_BYTES:
            return b""
        self._is_known = True
        try:
            return super().feed(self._head, most)
        except zlib.error:
            self._unpacker = zlib.decompressobj(RAW_DEFLATE)
            return super().feed(self._head, most)


class Brotli:
    """Unpacks Brotli."""

    def __init__(self) -> None:
        self._unpacker = library("brotli", "Brotli").Decompressor()

    def feed(self, data: bytes, most: int) -> bytes:
        """What can be unpacked of ``data``."""
        pieces: list[bytes] = []
        size = 0
        while size <= most and not self._unpacker.is_finished():
            pieces.append(self._unpacker.process(data, output_buffer_limit=PIECE))
            size += len(pieces[-1])
            data = b""
            if not pieces[-1]:
                break
        return b"".join(pieces)

    def end(self) -> None:
        """Raises where the end is missing."""
        if not self._unpacker.is_finished():
            raise EOFError("its end is missing")


UNPACKERS: dict[str, Callable[[], Unpacker]] = {
    "gzip": lambda: Inflating(lambda: zlib.decompressobj(GZIP), b"\x1f"),
    "x-gzip": lambda: Inflating(lambda: zlib.decompressobj(GZIP), b"\x1f"),
    "deflate": Deflated,
    "br": Brotli,
    "zstd": lambda: Inflating(library(ZSTD, "backports.zstd").ZstdDecompressor, b""),
}


@asynccontextmanager
async def unpacked(
    chunks: AsyncGenerator[bytes, None], packing: str, request: HttpRequest
) -> AsyncIterator[AsyncIterator[bytes]]:
    """The pieces of a body without its content encodings, for the block; then nothing is read any more.

    Args:
        chunks: As they come.
        packing: The header Content-Encoding; empty for none.
        request: What was asked; it says how long the reply may be.

    Raises:
        ReplyTooLargeError: It is longer than the request allows, as it is or unpacked.
        MalformedReplyError: It cannot be unpacked.
    """
    async with aclosing(chunks), aclosing(_unpacked_chunks(chunks, packing, request)) as body:
        yield body


async def _unpacked_chunks(
    chunks: AsyncIterator[bytes], packing: str, request: HttpRequest
) -> AsyncGenerator[bytes, None]:
    size = unpacked_size = 0
    unpackers: list[Unpacker] | None = None
    async for chunk in chunks:
        size += len(chunk)
        if size > request.max_bytes:
            raise too_large(request)
        if not chunk:
            continue
        if unpackers is None:
            unpackers = [] if chunk.startswith(PLAIN_BEGINNINGS) else unpackers_of(packing, request)
        piece = _unpacked(unpackers, chunk, request, request.max_bytes - unpacked_size) if unpackers else chunk
        unpacked_size += len(piece)
        if unpacked_size > request.max_bytes:
            raise too_large(request)
        if piece:
            yield piece
    _check_ends(unpackers or (), request)


def unpackers_of(packing: str, request: HttpRequest) -> list[Unpacker]:
    """What unpacks the content encodings, the last one first; names that are no encoding are passed over."""
    names = [name.strip() for name in reversed(packing.lower().split(","))]
    try:
        return [UNPACKERS[name]() for name in names if name in UNPACKERS]
    except BrokenError as error:
        raise _unreadable(request, error) from None


def _unpacked(unpackers: Sequence[Unpacker], data: bytes, request: HttpRequest, most: int) -> bytes:
    try:
        for unpacker in unpackers:
            data = unpacker.feed(data, most)
    except Exception as error:  # each library has an error of its own
        raise _unreadable(request, error) from None
    return data


def _check_ends(unpackers: Sequence[Unpacker], request: HttpRequest) -> None:
    try:
        for unpacker in unpackers:
            unpacker.end()
    except EOFError as error:
        raise _unreadable(request, error) from None


def _unreadable(request: HttpRequest, why: Exception) -> MalformedReplyError:
    host = host_of(request.url)
    return MalformedReplyError(f"The reply of {host} is packed and cannot be read: {why}; it may have been billed")
