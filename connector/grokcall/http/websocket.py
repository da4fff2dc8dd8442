"""The method behind which sockets lie: a WebSocket of the service, over which messages go both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from grokcall.errors import NotSupportedError
from grokcall.http.transport import HttpResponse, Transport

LARGEST_MESSAGE = 1 << 24
"""Bytes of one message that is taken: 16 MiB."""


@dataclass(frozen=True, slots=True)
class SocketEnding:
    """How a socket was closed.

    Args:
        code: The code of its closing; None where the connection just ended.
        reason: What the other side said of it; may hold anything.
    """

    code: int | None = None
    reason: str = ""

    @property
    def words(self) -> str:
        """The same in words.

        >>> SocketEnding(1011, "busy").words, SocketEnding().words
        ('closed by the service with 1011: busy', 'the connection was cut')
        """
        if self.code is None:
            return "the connection was cut"
        return f"closed by the service with {self.code}" + (f": {self.reason}" if self.reason else "")


class Socket(Protocol):
    """An open WebSocket. One task may send while another receives."""

    async def send(self, message: str | bytes) -> None:
        """Sends a text or binary message; waits while the other side takes no more.

        Raises:
            grokcall.errors.ConnectionCutError: The socket is closed.
        """
        ...

    async def receive(self) -> str | bytes | SocketEnding:
        """The next message, or how the socket was closed.

        Raises:
            grokcall.errors.ReplyTooLargeError: The message is longer than :data:`LARGEST_MESSAGE`.
        """
        ...

    async def close(self) -> None:
        """Closes it; harmless when repeated."""
        ...


@dataclass(frozen=True, slots=True)
class SocketRequest:
    """What a socket is opened with."""

    url: str
    """The whole address, ``wss://`` or ``ws://``."""
    headers: Mapping[str, str] = field(repr=False)
    """Includes the key, so it has no place in a repr."""
    subprotocols: Sequence[str] = field(default=(), repr=False)
    """Those offered; one may be a token."""
    connect_timeout: float = 10.0
    """Seconds until it is open."""


@runtime_checkable
class SocketTransport(Protocol):
    """A transport that can open sockets. That of aiohttp can; one without ``connect`` has none."""

    async def connect(self, request: SocketRequest) -> Socket | HttpResponse:
        """An open socket, or the reply with which it was refused, whatever its status.

        Raises:
            grokcall.errors.NotSentError: There is no way to the service.
        """
        ...


def socket_transport(transport: Transport) -> SocketTransport:
    """A transport as one that opens sockets.

    Raises:
        NotSupportedError: It opens none.
    """
    if isinstance(transport, SocketTransport):
        return transport
    raise NotSupportedError(
        f"speak, transcribe_stream and realtime need a WebSocket, and {type(transport).__name__} opens none: connect "
        "with transport='aiohttp', which is the default, or with an object that has connect (grokcall.SocketTransport)"
    )
