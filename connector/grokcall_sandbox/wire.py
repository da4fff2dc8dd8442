"""The connection a request came over: sending replies whole, slowly or in part, and cutting it."""

import asyncio
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from grokcall_sandbox.replies import Reply

_TRANSPORT = "grokcall.http.transport"
_MOST_PIECES = 20
_COMMENT = b": keepalive\n\n"
_COMMENT_SECONDS = 1.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with no time to linger: closing resets


class ConnectionCut(Exception):  # noqa: N818
    """A fault wants the connection cut before anything is answered; `reset` as in `Wire.cut`."""

    def __init__(self, reset: bool) -> None:
        super().__init__("the connection is cut on purpose")
        self.reset = reset


class SocketBreak(Exception):  # noqa: N818
    """A fault wants a socket ended.

    Attributes:
        error: What an event tells before it; None for no event.
        code: With which it is closed; None where its connection is cut without a word.
        reset: As in `Wire.cut`.
    """

    def __init__(self, *, error: dict[str, str] | None = None, code: int | None = None, reset: bool = False) -> None:
        super().__init__("the socket is ended on purpose")
        self.error = error
        self.code = code
        self.reset = reset


class OpenProtocol(H11Protocol):
    """The server's protocol, which also hands each connection's transport to the application.

    ASGI has no message that ends a connection without an answer. This is the whole of what is added to it: the
    transport stands in `scope["state"]`, where `Wire` finds it.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Note the transport of a new connection."""
        super().connection_made(transport)
        self.app_state: dict[str, Any] = {**self.app_state, _TRANSPORT: transport}


class Wire:
    """What one request came over, and its reply goes back over.

    Under a server that does not use `OpenProtocol` it sends everything alike, but cutting raises instead.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._transport = transport_of(scope)
        self._receive = receive
        self._send = send

    async def read(self, limit: int) -> tuple[bytes, bool]:
        """The request's body, and whether it kept to `limit` bytes; what exceeds it is read and dropped."""
        message = await self._receive()
        body: bytes = message.get("body", b"")
        if not message.get("more_body"):
            return body, len(body) <= limit
        parts, size = [body], len(body)
        while message.get("more_body"):
            message = await self._receive()
            size += len(message.get("body", b""))
            if size <= limit:
                parts.append(message.get("body", b""))
        return b"".join(parts), size <= limit

    async def deliver(self, reply: Reply, note: Callable[[bool], None]) -> None:
        """Send a reply the way its delivery says.

        Args:
            reply: What to send.
            note: Called once, just before the last of it goes out, with whether the client can then have all of it.
                Who has got a reply therefore finds it noted.
        """
        way = reply.delivery
        if way.head:
            await self._send({"type": "http.response.start", "status": reply.status, "headers": _head(reply)})
            await self._keep_alive(way.silence)
            if way.pause is not None and isinstance(reply.content, list):
                await self._send_pieces(reply.content[: way.pause.events], 0.0)
                await asyncio.sleep(way.pause.seconds)
                reply = replace(reply, content=reply.content[way.pause.events :])
        if way.ending != "keep":
            await self._send_pieces(_pieces(reply.content, way.share) if way.head else [], way.seconds)
            note(False)
            await self.cut(reset=way.ending == "reset")
            return
        if isinstance(reply.content, bytes) and not way.seconds:
            most, last = [], reply.content
        else:
            *most, last = _pieces(reply.content, 1.0) or [b""]
        await self._send_pieces(most, way.seconds)
        note(self._is_open())
        await self._send({"type": "http.response.body", "body": last})

    async def cut(self, reset: bool) -> None:
        """End the connection.

        Args:
            reset: True for a TCP reset, False for an orderly close of what was sent so far.

        Raises:
            ConnectionResetError: The server does not hand over its transport.
        """
        end_connection(self._transport, reset)
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def _is_open(self) -> bool:
        return self._transport is None or not self._transport.is_closing()

    async def _keep_alive(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            await self._send({"type": "http.response.body", "body": _COMMENT, "more_body": True})
            await asyncio.sleep(min(left, _COMMENT_SECONDS))

    async def _send_pieces(self, pieces: list[bytes], seconds: float) -> None:
        for piece in pieces:
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
            if seconds:
                await asyncio.sleep(seconds / len(pieces))


def transport_of(scope: Scope) -> asyncio.Transport | None:
    """The transport that a request came over; None where the server does not hand it over."""
    found: asyncio.Transport | None = scope.get("state", {}).get(_TRANSPORT)
    return found


def end_connection(transport: asyncio.Transport | None, reset: bool) -> None:
    """End a connection, as `Wire.cut` does.

    Raises:
        ConnectionResetError: The server does not hand over its transport.
    """
    if transport is None:
        raise ConnectionResetError("the sandbox cuts the connection")
    if not reset:
        transport.close()
        return
    held: Any = transport.get_extra_info("socket")
    if held is not None:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()


def _head(reply: Reply) -> list[tuple[bytes, bytes]]:
    headers = [(b"content-type", reply.content_type), *reply.headers]
    if isinstance(reply.content, bytes):
        headers.append((b"content-length", b"%d" % len(reply.content)))
    return headers


def _pieces(content: bytes | list[bytes], share: float) -> list[bytes]:
    """The pieces of the beginning of a body; a share below 1 leaves out something of any body."""
    count = int(len(content) * share)
    if isinstance(content, list):
        return content[:count]
    size = max(1, -(-count // _MOST_PIECES))
    return [content[start : min(start + size, count)] for start in range(0, count, size)]
