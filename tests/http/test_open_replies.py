"""Replies that come in pieces: both transports keep the same promises, over real sockets."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import zlib
from collections.abc import Callable, Iterable

import brotli
import pytest

from bad_server import KEY, MEGABYTE, BadServer, ServerThread, exchange, read_request, request_to
from grokcall import errors
from grokcall.http.content_encodings import ZSTD, library
from grokcall.http.factory import FunctionTransport
from grokcall.http.transport import HttpRequest, HttpResponse, StreamingTransport, Transport

EVENTS = b"data: one\n\n" * 50 + "data: zwölf\n\n".encode()


Read = tuple[int, dict[str, str], list[bytes]]


def read(transport: Transport, request: HttpRequest, most: int | None = None) -> Read:
    """The status, the headers and the pieces of a reply, the first few if so."""
    assert isinstance(transport, StreamingTransport)

    async def main() -> Read:
        chunks: list[bytes] = []
        try:
            async with transport.open(request) as opened:
                async for chunk in opened.chunks:
                    chunks.append(chunk)
                    if most is not None and len(chunks) >= most:
                        break
            return opened.status, dict(opened.headers), chunks
        finally:
            await transport.close()

    return asyncio.run(main())


def replying(thread: ServerThread, body: Iterable[bytes], head: str = "", pause: float = 0.0) -> str:
    """The address of a server that sends a body piece by piece."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await read_request(reader)
            writer.write(f"HTTP/1.1 200 OK\r\n{head}Transfer-Encoding: chunked\r\n\r\n".encode())
            for piece in body:
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                await writer.drain()
                await asyncio.sleep(pause)
            writer.write(b"0\r\n\r\n")
            await reader.read()  # until the other side has gone
        except ConnectionError:
            pass
        finally:
            writer.close()

    return f"http://127.0.0.1:{thread.listen(answer)}/x"


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def test_a_reply_comes_as_it_is_sent(transport: Transport, server_thread: ServerThread) -> None:
    url = replying(server_thread, [b"data: 1\n\n", b"data: 2\n\n"], "X-Request-ID: r-1\r\n", pause=0.05)
    status, headers, chunks = read(transport, request_to(url))
    assert (status, headers["x-request-id"], b"".join(chunks)) == (200, "r-1", b"data: 1\n\ndata: 2\n\n")
    assert len(chunks) == 2


@pytest.mark.parametrize("status", [400, 503])
def test_the_body_of_a_refusal_can_be_read(transport: Transport, server: BadServer, status: int) -> None:
    found, _, chunks = read(transport, request_to(server.url(f"/status/{status}")))
    assert (found, json.loads(b"".join(chunks))["code"]) == (status, "some-code")


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data[:100], mtime=0) + gzip.compress(data[100:]),
    "deflate": zlib.compress,
    "raw deflate": lambda data: zlib.compress(data)[2:-4],
    "br": brotli.compress,
    "zstd": lambda data: library(ZSTD, "backports.zstd").compress(data),
    "gzip, br": lambda data: brotli.compress(gzip.compress(data, mtime=0)),
    "identity": lambda data: data,
}


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("encoding", PACKED)
def test_what_is_packed_is_unpacked_as_it_comes(
    transport: Transport, server_thread: ServerThread, encoding: str, size: int
) -> None:
    head = f"Content-Encoding: {encoding.removeprefix('raw ')}\r\n"
    url = replying(server_thread, pieces(PACKED[encoding](EVENTS), size), head)
    assert b"".join(read(transport, request_to(url))[2]) == EVENTS


def test_what_is_not_packed_though_its_head_says_so_is_read(transport: Transport, server_thread: ServerThread) -> None:
    url = replying(server_thread, [EVENTS], "Content-Encoding: gzip\r\n")
    assert b"".join(read(transport, request_to(url))[2]) == EVENTS


@pytest.mark.parametrize("body", [b"this is not packed", gzip.compress(EVENTS, mtime=0)[:-20]])
def test_what_cannot_be_unpacked_came_and_was_paid_for(
    transport: Transport, server_thread: ServerThread, body: bytes
) -> None:
    url = replying(server_thread, [body], "Content-Encoding: gzip\r\n")
    with pytest.raises(errors.MalformedReplyError, match="may have been billed"):
        read(transport, request_to(url))


@pytest.mark.parametrize("path", [f"/large/{2 * MEGABYTE}", "/chunked/100000", f"/gzip/{2 * MEGABYTE}"])
def test_a_reply_is_cut_off_where_it_gets_too_long(transport: Transport, server: BadServer, path: str) -> None:
    with pytest.raises(errors.ReplyTooLargeError, match="1,048,576 bytes"):
        read(transport, request_to(server.url(path), max_bytes=MEGABYTE))


@pytest.mark.parametrize("path", ["/cut", "/reset", "/half", "/garbage", "/broken-chunks"])
def test_a_reply_that_ends_early_or_is_no_http_is_a_cut_connection(
    transport: Transport, server: BadServer, path: str
) -> None:
    with pytest.raises(errors.ConnectionCutError):
        read(transport, request_to(server.url(path)))


def test_silence_is_told_from_a_long_answer(
    transport: Transport, server: BadServer, server_thread: ServerThread
) -> None:
    url = replying(server_thread, [b": keepalive\n\n"] * 12, pause=0.1)
    again = type(transport)()
    assert len(b"".join(read(transport, request_to(url, idle_timeout=10.0, read_timeout=0.2))[2])) == 12 * 13
    with pytest.raises(errors.ReadTimeoutError, match=r"No byte came from 127.0.0.1:\d+ for 0.3 s \(the option idle"):
        read(again, request_to(server.url("/hang"), idle_timeout=0.3))


def test_nothing_can_have_been_served_where_nobody_listens(transport: Transport) -> None:
    with pytest.raises(errors.NotSentError):
        read(transport, request_to("http://127.0.0.1:1/x"))


def test_whoever_leaves_early_ends_the_connection(transport: Transport, server: BadServer) -> None:
    started = time.monotonic()
    assert read(transport, request_to(server.url("/dribble")), most=2)[2][0].startswith(b".")
    assert time.monotonic() - started < 30


def test_a_connection_whose_reply_was_read_is_kept(transport: Transport, server: BadServer) -> None:
    async def main() -> None:
        assert isinstance(transport, StreamingTransport)
        for _ in range(3):
            async with transport.open(request_to(server.url("/answer"))) as opened:
                assert [chunk async for chunk in opened.chunks]
        await transport.close()

    asyncio.run(main())
    assert server.connections == 1


def test_errors_do_not_hold_the_key(transport: Transport, server: BadServer) -> None:
    with pytest.raises(errors.ConnectionCutError) as caught:
        read(transport, request_to(server.url("/half")))
    assert caught.value.__context__ is None
    assert KEY not in str(caught.value)


def test_a_function_gives_each_reply_whole() -> None:
    transport = FunctionTransport(lambda request: HttpResponse(200, {}, request.body or b""))
    assert not isinstance(transport, StreamingTransport)
    assert exchange(transport, request_to("https://api.x.ai/v1/responses"))[0].status == 200
