"""Sockets of aiohttp."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

from grokcall.errors import ConnectionCutError, NotSentError, ReplyTooLargeError
from grokcall.http.aiohttp_targets import Target
from grokcall.http.service_errors import LARGEST_ERROR_BODY, clean
from grokcall.http.transport import HttpResponse, headers_of
from grokcall.http.transport_errors import FailureTable, host_of
from grokcall.http.websocket import LARGEST_MESSAGE, Socket, SocketEnding, SocketRequest

UNOPENED: FailureTable = {"ClientError": NotSentError, "HttpProcessingError": NotSentError, "OSError": NotSentError}
"""What each exception of aiohttp means for a socket that is not open yet: over it nothing was sent."""
PULSE = 30.0
"""Seconds between two pings; without an answer to one the connection counts as cut."""
CLOSING_SECONDS = 5.0
"""How long the other side may take to agree that a socket is closed."""
NORMAL_ENDS = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED)


class RefusedUpgrade(Exception):  # noqa: N818
    """The service has answered something else than that the socket is open."""

    def __init__(self, reply: HttpResponse) -> None:
        super().__init__(reply.status)
        self.reply = reply


async def refuse(response: aiohttp.ClientResponse) -> None:
    """Reads the reply with which a socket was refused."""
    if response.status == 101:
        return
    body = b""
    while len(body) < LARGEST_ERROR_BODY and (chunk := await response.content.readany()):
        body += chunk
    raise RefusedUpgrade(HttpResponse(response.status, headers_of(response.raw_headers), body))


async def _refuse_redirect(_session: object, _context: object, told: aiohttp.TraceRequestRedirectParams) -> None:
    raise RefusedUpgrade(HttpResponse(told.response.status, headers_of(told.response.raw_headers), b""))


def session_options() -> dict[str, Any]:
    """What a session needs that opens sockets: it would follow redirects, and not read why it was refused."""
    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_refuse_redirect)
    return {"raise_for_status": refuse, "trace_configs": [trace]}


async def opened(session: aiohttp.ClientSession, request: SocketRequest, target: Target) -> Socket | HttpResponse:
    """An open socket, or the reply with which it was refused.

    Args:
        session: One with :func:`session_options`.
        request: What is opened.
        target: Its address, with http in place of ws, and the proxy on the way.
    """
    opening = session.ws_connect(
        target.url,
        protocols=request.subprotocols,
        headers={**request.headers, **target.headers},
        proxy=target.proxy,
        proxy_headers=target.proxy_headers,
        heartbeat=PULSE,
        timeout=aiohttp.ClientWSTimeout(ws_close=CLOSING_SECONDS),
        max_msg_size=LARGEST_MESSAGE,
    )
    try:
        async with asyncio.timeout(request.connect_timeout):
            return AiohttpSocket(await opening, host_of(request.url))
    except RefusedUpgrade as refusal:
        return refusal.reply


class AiohttpSocket:
    """An open socket.

    Args:
        socket: That of aiohttp.
        host: Where it leads, for messages.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[Any], host: str) -> None:
        self._socket = socket
        self._host = host

    def __repr__(self) -> str:
        return f"<socket to {self._host}{' (closed)' if self._socket.closed else ''}>"

    async def send(self, message: str | bytes) -> None:
        """Sends a text or binary message; see :class:`grokcall.http.websocket.Socket`."""
        try:
            if isinstance(message, str):
                await self._socket.send_str(message)
            else:
                await self._socket.send_bytes(message)
        except (aiohttp.ClientError, OSError, RuntimeError):
            failed = True
        else:
            failed = False
        if failed:  # outside the handler, so that what aiohttp raised does not come along
            raise ConnectionCutError(f"The socket to {self._host} is closed: {self._ending().words}")

    async def receive(self) -> str | bytes | SocketEnding:
        """The next message, or how the socket was closed; see :class:`grokcall.http.websocket.Socket`."""
        message = await self._socket.receive()
        if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            return message.data  # type: ignore[no-any-return]
        if self._socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG and message.type not in NORMAL_ENDS:
            raise ReplyTooLargeError(
                f"A message of {self._host} is longer than the {LARGEST_MESSAGE:,} bytes that are allowed"
            )
        reason = message.extra if message.type is aiohttp.WSMsgType.CLOSE else ""
        return self._ending(reason if isinstance(reason, str) else "")

    async def close(self) -> None:
        """Closes it; harmless when repeated."""
        await self._socket.close()

    def _ending(self, reason: str = "") -> SocketEnding:
        code = self._socket.close_code
        if code in (None, aiohttp.WSCloseCode.ABNORMAL_CLOSURE):
            return SocketEnding()
        return SocketEnding(int(code or 0), clean(reason)[:200])
