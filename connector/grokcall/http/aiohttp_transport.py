"""The transport that is used unless another is asked for: aiohttp, with as little around it as possible."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from grokcall.errors import Error, InterfaceError
from grokcall.http import aiohttp_sockets
from grokcall.http.aiohttp_failures import EXCEPTIONS, FAILURES, UNWRITTEN, is_unwritten
from grokcall.http.aiohttp_targets import PublicResolver, Target, target_by
from grokcall.http.environment import ClientCertificate, Proxies, sockets_for, tls_contexts
from grokcall.http.media_links import check_beyond_proxy
from grokcall.http.open_replies import unpacked
from grokcall.http.request_bodies import FormBody, length_headers
from grokcall.http.transport import HttpRequest, HttpResponse, HttpStream, headers_of
from grokcall.http.transport_errors import FailureTable, failure, too_large, unpacked_body
from grokcall.http.websocket import Socket, SocketRequest

_LARGE_BODY = 1 << 20
"""Bytes from which a body is sent in pieces."""

MOST_CACHED = 1024
"""Addresses that are kept ready in parsed form."""

_UNWANTED_HEADERS = ("Accept", "Accept-Encoding")
"""What aiohttp would add; see :mod:`grokcall.http.content_encodings`."""

LONGEST_HEADER, MOST_HEADERS = 1 << 18, 1000
"""Bytes of a line of a reply's head, and its lines: a reply with more was paid for as well."""
_HEADER_LIMITS: dict[str, Any] = {"max_line_size": LONGEST_HEADER, "max_field_size": LONGEST_HEADER}
if "max_headers" in inspect.signature(aiohttp.ClientSession).parameters:  # older versions take any number
    _HEADER_LIMITS["max_headers"] = MOST_HEADERS

_CLEAN_URL = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class _Pool:
    """The connections of one event loop."""

    loop: asyncio.AbstractEventLoop
    session: aiohttp.ClientSession
    public: aiohttp.ClientSession
    """For requests that must not get to a private address."""
    sockets: aiohttp.ClientSession
    """For WebSockets."""
    slots: asyncio.Semaphore
    """One for each connection. The session has no limit of its own, so that waiting counts towards no timeout."""

    async def close(self) -> None:
        for session in (self.session, self.public, self.sockets):
            await session.close()


class AiohttpTransport:
    """Sends requests with aiohttp, over connections that are kept for the next request.

    The session is made by the first request, in the event loop that sends it. Cookies are never kept, redirects never
    followed, and nothing is read from ``.netrc``.

    Args:
        concurrency: The most requests under way at once; further ones wait for their turn.
        trust_env_proxies: Whether to go through the proxies that the environment prescribes.
        ca_file: A PEM file of further certificate authorities to trust.
        own: The certificate that is shown to the service; not to hosts that it names.
    """

    takes_blocks: bool = True
    """Whether it takes bodies in blocks."""

    def __init__(
        self,
        *,
        concurrency: int = 64,
        trust_env_proxies: bool = True,
        ca_file: Path | None = None,
        own: ClientCertificate | None = None,
    ) -> None:
        self._concurrency = concurrency
        self._trust_env_proxies = trust_env_proxies
        self._ca_file = ca_file
        self._own = own
        self._pool: _Pool | None = None
        self._closed = False
        self._proxies = Proxies(trusted=False)
        self._targets: dict[str, Target] = {}
        self._timeouts: dict[tuple[float, float], aiohttp.ClientTimeout] = {}

    async def send(self, request: HttpRequest) -> HttpResponse:
        """The reply to ``request``; see :class:`~grokcall.http.transport.Transport`."""
        pool = await self._pool_here()
        await pool.slots.acquire()
        try:
            response = await self._begun(pool, request, self._timeout(request))
            return await _whole(response, request)
        except (*EXCEPTIONS, Error) as exception:
            error = self._told(exception, request)
        finally:
            pool.slots.release()
        # Outside the handler, so that the exception above, which may hold the key, does not come along as its context.
        raise error

    @asynccontextmanager
    async def open(self, request: HttpRequest) -> AsyncIterator[HttpStream]:
        """The reply to ``request`` from its head on; see :class:`~grokcall.http.transport.StreamingTransport`."""
        pool = await self._pool_here()
        await pool.slots.acquire()
        try:
            response = await self._opened(pool, request)
            headers = headers_of(response.raw_headers)
            chunks = self._chunks(response, request)
            try:
                async with unpacked(chunks, headers.get("content-encoding", ""), request) as body:
                    yield HttpStream(response.status, headers, body)
            finally:
                response.close()  # which keeps the connection where the reply was read to its end
        finally:
            pool.slots.release()

    async def connect(self, request: SocketRequest) -> Socket | HttpResponse:
        """An open socket, or the reply that refuses it; see :class:`~grokcall.http.websocket.SocketTransport`."""
        pool = await self._pool_here()
        # The proxies of http are those of ws, and aiohttp upgrades an address of http.
        plain = HttpRequest("GET", f"http{request.url.removeprefix('ws')}", {}, None, request.connect_timeout)
        try:
            target = self._targets.get(plain.url) or self._target(plain.url)
            return await aiohttp_sockets.opened(pool.sockets, request, target)
        except (*EXCEPTIONS, Error) as exception:
            error = self._told(exception, plain, aiohttp_sockets.UNOPENED)
        raise error

    async def _opened(self, pool: _Pool, request: HttpRequest) -> aiohttp.ClientResponse:
        connect, idle = min(request.connect_timeout, 0.9 * request.idle_timeout), request.idle_timeout
        try:
            return await self._begun(pool, request, aiohttp.ClientTimeout(None, connect=connect, sock_read=idle))
        except (*EXCEPTIONS, Error) as exception:
            error = self._told(exception, request, streamed=True)
        raise error

    async def _chunks(self, response: aiohttp.ClientResponse, request: HttpRequest) -> AsyncGenerator[bytes, None]:
        try:
            async for chunk in response.content.iter_any():
                yield chunk
        except EXCEPTIONS as exception:
            error = self._told(exception, request, streamed=True)
        else:
            return
        raise error

    def _told(
        self, exception: Exception, request: HttpRequest, table: FailureTable | None = None, *, streamed: bool = False
    ) -> Error:
        """Our error for what ended a request."""
        if isinstance(exception, Error):
            # Without the frames that have the reply among their local variables, which may repeat the key.
            return exception.with_traceback(None)
        if isinstance(request.body, FormBody) and request.body.failure is not None:
            return request.body.failure.with_traceback(None)
        table = table or (UNWRITTEN if is_unwritten(exception) else FAILURES)
        return failure(exception, table, request, self._told_of_proxy(request), streamed=streamed)

    async def _begun(self, pool: _Pool, request: HttpRequest, limits: aiohttp.ClientTimeout) -> aiohttp.ClientResponse:
        """The reply to a request as far as its head."""
        target = self._targets.get(request.url) or self._target(request.url)
        session = pool.session
        if request.public_only and target.proxy is None:
            session = pool.public
        elif request.public_only:
            await check_beyond_proxy(request.url)
        return await session.request(
            request.method,
            target.url,
            data=_in_pieces(request.body),
            headers={**request.headers, **length_headers(request.body), **target.headers},
            proxy=target.proxy,
            proxy_headers=target.proxy_headers,
            timeout=limits,
            allow_redirects=False,
        )

    async def close(self) -> None:
        """Closes every connection; nothing can be sent afterwards."""
        self._closed = True
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    async def _pool_here(self) -> _Pool:
        pool = self._pool
        return pool if pool is not None and pool.loop is asyncio.get_running_loop() else await self._open_pool()

    async def _open_pool(self) -> _Pool:
        """A pool for the running loop, in place of that of a loop which has ended."""
        if self._closed:
            raise InterfaceError("The transport is closed.")
        old = self._pool
        if old is not None and not old.loop.is_closed():
            raise InterfaceError("A transport belongs to one event loop; this one is in use in another.")
        self._proxies = Proxies(trusted=self._trust_env_proxies)
        self._targets.clear()
        tls, own = tls_contexts(self._ca_file, self._own)
        session = _session(aiohttp.TCPConnector(limit=0, ssl=own))
        public = _session(aiohttp.TCPConnector(limit=0, ssl=tls, resolver=PublicResolver(), use_dns_cache=False))
        sockets = _session(aiohttp.TCPConnector(limit=0, ssl=own), **aiohttp_sockets.session_options())
        slots = asyncio.Semaphore(sockets_for(self._concurrency))
        pool = self._pool = _Pool(asyncio.get_running_loop(), session, public, sockets, slots)
        if old is not None:
            await old.close()
        return pool

    def _told_of_proxy(self, request: HttpRequest) -> str | None:
        with suppress(InterfaceError, ValueError):
            return self._proxies.described(request.url)
        return None

    def _target(self, url: str) -> Target:
        """The parsed address and proxy for ``url``."""
        if len(self._targets) >= MOST_CACHED:
            self._targets.clear()
        try:
            proxy = self._proxies.proxy_for(url)
            # A clean address is taken as it is: to quote a signed one anew would break its signature.
            target = target_by(URL(url, encoded=_CLEAN_URL.fullmatch(url) is not None), proxy)
        except ValueError as error:
            raise aiohttp.InvalidURL(url, str(error)) from None
        self._targets[url] = target
        return target

    def _timeout(self, request: HttpRequest) -> aiohttp.ClientTimeout:
        seconds = (request.connect_timeout, request.read_timeout)
        timeout = self._timeouts.get(seconds)
        if timeout is None:
            if len(self._timeouts) >= MOST_CACHED:
                self._timeouts.clear()
            # Connecting ends a little before the whole does, so that nobody there is told from nobody answering.
            connect = min(request.connect_timeout, 0.9 * request.read_timeout)
            timeout = aiohttp.ClientTimeout(total=request.read_timeout, connect=connect)
            self._timeouts[seconds] = timeout
        return timeout


async def _whole(response: aiohttp.ClientResponse, request: HttpRequest) -> HttpResponse:
    """A reply read to its end."""
    try:
        body = await _body(response, request)
    finally:
        response.release()
    headers = headers_of(response.raw_headers)
    if packing := headers.get("content-encoding"):
        body = unpacked_body(body, packing, response.status, request)
    return HttpResponse(response.status, headers, body)


def _session(connector: aiohttp.TCPConnector, **options: Any) -> aiohttp.ClientSession:
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=_UNWANTED_HEADERS,
        auto_decompress=False,
        **_HEADER_LIMITS,
        **options,
    )
    if hasattr(session, "_retry_connection"):
        # It sends a GET, HEAD, PUT or DELETE a second time by itself; whether that may be is up to the retry policy.
        session._retry_connection = False
    return session


def _in_pieces(body: bytes | FormBody | None) -> bytes | BytesIO | AsyncIterator[bytes] | None:
    """A large body as a file, which aiohttp sends in pieces; as bytes it warns that the loop stands still meanwhile."""
    if isinstance(body, FormBody):
        return body.blocks()
    return BytesIO(body) if body is not None and len(body) > _LARGE_BODY else body


async def _body(response: aiohttp.ClientResponse, request: HttpRequest) -> bytes:
    """The whole body, in one go where its length is known beforehand."""
    length = response.content_length
    if length is not None:
        if length > request.max_bytes:
            raise too_large(request)
        return await response.read()
    chunks, size = [], 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > request.max_bytes:
            raise too_large(request)
        chunks.append(chunk)
    return b"".join(chunks)
