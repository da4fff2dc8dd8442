"""The one method behind which the outside world lies.

Everything that leaves the process goes through :class:`Transport.send`: bytes out; status, headers and bytes in. Tests
and callers may hand in any object with that method, or a plain function.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from grokcall.http.request_bodies import FormBody

MAX_REPLY_BYTES = 1 << 30
"""The largest reply that a transport accepts unless a request says otherwise: 1 GiB."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One HTTP request as it goes over the wire."""

    method: str
    """``GET``, ``POST`` or ``DELETE``."""
    url: str
    """The whole address."""
    headers: Mapping[str, str] = field(repr=False)
    """Includes the key, so it has no place in a repr."""
    body: bytes | FormBody | None = field(default=None, repr=False)
    """What is sent; None for nothing. A form in blocks comes only to a transport whose attribute ``takes_blocks`` is
    true; any other is given bytes."""
    connect_timeout: float = 10.0
    """Seconds to wait for a connection."""
    read_timeout: float = 600.0
    """Seconds to wait for the whole reply, connecting included."""
    max_bytes: int = MAX_REPLY_BYTES
    """A longer reply is cut off with :class:`~grokcall.errors.ReplyTooLargeError`."""
    public_only: bool = False
    """Whether the address must not be one of this machine or a private network: the service chose it, not the user.
    A host that is written as an address was looked at; a transport that looks up names looks at what they lead to, and
    connects to that."""
    idle_timeout: float = 600.0
    """Seconds without a byte after which a reply that comes in pieces is given up, instead of ``read_timeout``."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One HTTP reply, read to its end and unpacked. Header names are lower-case."""

    status: int
    """The status, from 100 to 599."""
    headers: Mapping[str, str] = field(repr=False)
    """By lower-case name; those of one name joined by commas."""
    body: bytes = field(repr=False)
    """Unpacked."""


@dataclass(frozen=True, slots=True)
class HttpStream:
    """One HTTP reply whose body is still to come. Header names are lower-case."""

    status: int
    """The status, from 100 to 599."""
    headers: Mapping[str, str] = field(repr=False)
    """By lower-case name; those of one name joined by commas."""
    chunks: AsyncIterator[bytes] = field(repr=False)
    """The body as it comes, unpacked; raises what :meth:`Transport.send` does."""


@runtime_checkable
class StreamingTransport(Protocol):
    """A transport whose replies can come in pieces. One without ``open`` gives each reply whole."""

    def open(self, request: HttpRequest) -> AbstractAsyncContextManager[HttpStream]:
        """The reply to ``request`` from its head on; leaving the block early ends its connection.

        Raises:
            grokcall.errors.Error: What :meth:`Transport.send` raises; a ReadTimeoutError where no byte has come for
                ``idle_timeout`` seconds.
        """
        ...


@runtime_checkable
class Transport(Protocol):
    """Sends requests. An implementation keeps its own pool of connections and never follows a redirect."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """The reply to ``request``, whatever its status.

        Raises:
            grokcall.errors.NotSentError: No byte of the request can have been served; sending again is safe.
            grokcall.errors.ConnectionCutError: The connection ended or timed out after bytes may have been served.
            grokcall.errors.ReadTimeoutError: The reply did not come within ``read_timeout``.
            grokcall.errors.ReplyTooLargeError: The reply is longer than ``max_bytes``, as it is or unpacked.
            grokcall.errors.MediaError: The name of a ``public_only`` request leads to a private address.
            grokcall.errors.MalformedReplyError: The reply came, and its head or its packing cannot be read.
        """
        ...

    async def close(self) -> None:
        """Closes every connection."""
        ...


def headers_of(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    r"""The headers of a reply by lower-case name; those of one name joined by commas.

    What is no UTF-8 is read as Latin-1, in which every byte is a character: a header never spoils a reply.

    >>> headers_of([(b"X-Request-Id", b"\xe9t\xe9"), (b"Vary", b"a"), (b"Vary", b"b")])
    {'x-request-id': 'été', 'vary': 'a, b'}
    """
    headers: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name = raw_name.decode("latin-1").lower()
        try:
            value = raw_value.decode()
        except UnicodeDecodeError:
            value = raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
