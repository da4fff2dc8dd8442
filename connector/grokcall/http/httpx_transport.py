"""The transport for those who bring their own httpx client or transport: recorders, mocks, company proxies."""

from __future__ import annotations

import asyncio
import http.cookiejar
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx

from grokcall.core.redaction import get_logger, redact
from grokcall.errors import ConnectionCutError, Error, InterfaceError, NotSentError, ReadTimeoutError, TransportError
from grokcall.http.environment import ClientCertificate, Proxies, sockets_for, tls_context
from grokcall.http.media_links import PORTS, check_beyond_proxy, check_public, resolved
from grokcall.http.open_replies import unpacked
from grokcall.http.request_bodies import FormBody, length_headers
from grokcall.http.transport import HttpRequest, HttpResponse, HttpStream, headers_of
from grokcall.http.transport_errors import failure, too_large, unpacked_body

for _name in ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks"))):
    get_logger(_name)  # at DEBUG these tell the headers of replies, which may repeat the key

FAILURES: Mapping[str, type[TransportError]] = {
    # No connection, so nothing was sent
    "ConnectError": NotSentError,
    "ConnectTimeout": NotSentError,
    "InvalidURL": NotSentError,
    "LocalProtocolError": NotSentError,
    "PoolTimeout": NotSentError,
    "ProxyError": NotSentError,
    "UnsupportedProtocol": NotSentError,
    # Sent, and no answer in time
    "ReadTimeout": ReadTimeoutError,
    "TimeoutError": ReadTimeoutError,
    "TimeoutException": ReadTimeoutError,
    # Sent as a whole or in part, and the answer is missing, cut off or no HTTP
    "CloseError": ConnectionCutError,
    "DecodingError": ConnectionCutError,
    "HTTPError": ConnectionCutError,
    "NetworkError": ConnectionCutError,
    "OSError": ConnectionCutError,
    "ProtocolError": ConnectionCutError,
    "ReadError": ConnectionCutError,
    "RemoteProtocolError": ConnectionCutError,
    "RequestError": ConnectionCutError,
    "TransportError": ConnectionCutError,
    "WriteError": ConnectionCutError,
    "WriteTimeout": ConnectionCutError,
    # Redirects are not followed, cookies not asked for and streams read once; listed so that the list is whole
    "CookieConflict": ConnectionCutError,
    "HTTPStatusError": ConnectionCutError,
    "RequestNotRead": ConnectionCutError,
    "ResponseNotRead": ConnectionCutError,
    "StreamClosed": ConnectionCutError,
    "StreamConsumed": ConnectionCutError,
    "StreamError": ConnectionCutError,
    "TooManyRedirects": ConnectionCutError,
}
"""What each exception of httpx means for a request."""

_EXCEPTIONS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict, OSError)


class HttpxTransport:
    """Sends requests with httpx.

    Args:
        client_or_transport: A client, which is used as it is and left open by :meth:`close`; or a transport, which is
            closed; or None for a client of our own.
        concurrency: The most connections to keep, for a client of our own.
        trust_env_proxies: Whether a client of our own goes through the proxies that the environment prescribes.
        ca_file: A PEM file of further certificate authorities that a client of our own trusts.
        own: The certificate that a client of our own shows to the service; not to hosts that it names.

    >>> transport = HttpxTransport(httpx.MockTransport(lambda request: httpx.Response(200, json={})))
    """

    takes_blocks: bool = True
    """Whether it takes bodies in blocks."""

    def __init__(
        self,
        client_or_transport: httpx.AsyncClient | httpx.AsyncBaseTransport | None = None,
        *,
        concurrency: int = 64,
        trust_env_proxies: bool = True,
        ca_file: Path | None = None,
        own: ClientCertificate | None = None,
    ) -> None:
        self._given = client_or_transport
        self._concurrency = concurrency
        self._trust_env_proxies = trust_env_proxies
        self._ca_file = ca_file
        self._own = own
        self._client = client_or_transport if isinstance(client_or_transport, httpx.AsyncClient) else None
        self._public: httpx.AsyncClient | None = None
        self._closed = False

    async def send(self, request: HttpRequest) -> HttpResponse:
        """The reply to ``request``; see :class:`~grokcall.http.transport.Transport`."""
        client = self._client_here()
        try:
            async with asyncio.timeout(request.connect_timeout + request.read_timeout):
                if not request.public_only or self._given is not None:
                    return await _exchange(client, request, request.url)
                return await self._public_exchange(client, request)
        except _EXCEPTIONS as exception:
            error: Error = failure(exception, FAILURES, request, self._told_of_proxy(request))
        except Error as told:
            # Without the frames that have the reply among their local variables, which may repeat the key.
            error = told.with_traceback(None)
        # Outside the handler, so that the exception above, which may hold the key, does not come along as its context.
        raise error

    @asynccontextmanager
    async def open(self, request: HttpRequest) -> AsyncIterator[HttpStream]:
        """The reply to ``request`` from its head on; see :class:`~grokcall.http.transport.StreamingTransport`."""
        if request.public_only and self._given is None:  # its address is looked at there
            reply = await self.send(request)
            async with unpacked(_one(reply.body), "", request) as body:
                yield HttpStream(reply.status, reply.headers, body)
            return
        response = await self._opened(request)
        is_packed = not response.is_stream_consumed
        headers = headers_of(response.headers.raw)
        packing = headers.get("content-encoding", "") if is_packed else ""
        chunks = self._chunks(response.aiter_raw() if is_packed else response.aiter_bytes(), request)
        try:
            async with unpacked(chunks, packing, request) as body:
                yield HttpStream(response.status_code, headers, body)
        finally:
            await response.aclose()

    async def _opened(self, request: HttpRequest) -> httpx.Response:
        client = self._client_here()
        try:
            return await client.send(
                client.build_request(
                    request.method,
                    request.url,
                    headers={**request.headers, **length_headers(request.body)},
                    content=_content(request),
                    timeout=httpx.Timeout(request.idle_timeout, connect=request.connect_timeout),
                ),
                stream=True,
                follow_redirects=False,
            )
        except _EXCEPTIONS as exception:
            error = failure(exception, FAILURES, request, self._told_of_proxy(request), streamed=True)
        raise error

    async def _chunks(self, chunks: AsyncIterator[bytes], request: HttpRequest) -> AsyncGenerator[bytes, None]:
        try:
            async for chunk in chunks:
                yield chunk
        except _EXCEPTIONS as exception:
            error = failure(exception, FAILURES, request, self._told_of_proxy(request), streamed=True)
        else:
            return
        raise error

    def _told_of_proxy(self, request: HttpRequest) -> str | None:
        with suppress(InterfaceError, ValueError):
            return Proxies(trusted=self._trust_env_proxies and self._given is None).described(request.url)
        return None

    async def close(self) -> None:
        """Closes every connection, unless they belong to a client that was handed in."""
        self._closed = True
        client, self._client = self._client, None
        public, self._public = self._public, None
        if public is not None:
            await public.aclose()
        if client is not None and client is not self._given:
            await client.aclose()

    def _client_here(self) -> httpx.AsyncClient:
        if self._client is not None:
            return self._client
        if self._closed:
            raise InterfaceError("The transport is closed.")
        self._client = self._made_client(self._concurrency, self._own, trust_env=self._trust_env_proxies)
        return self._client

    async def _public_exchange(self, client: httpx.AsyncClient, request: HttpRequest) -> HttpResponse:
        """The reply from an address that its host's name leads to, looked up once and found to be public."""
        url = httpx.URL(request.url)
        if Proxies(trusted=self._trust_env_proxies).proxy_for(request.url):
            await check_beyond_proxy(request.url)
            return await _exchange(client, request, request.url)
        if self._public is None:
            # Nothing is kept: connections to one address are told apart by it, not by the name it was looked up for.
            self._public = self._made_client(0, None, trust_env=False)
        addresses = await resolved(url.host, url.port or PORTS[url.scheme])
        check_public(url.host, addresses)
        for address in addresses[:-1]:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await _exchange(self._public, request, str(url.copy_with(host=address)), url)
        return await _exchange(self._public, request, str(url.copy_with(host=addresses[-1])), url)

    def _made_client(self, kept: int, own: ClientCertificate | None, *, trust_env: bool) -> httpx.AsyncClient:
        transport = self._given if isinstance(self._given, httpx.AsyncBaseTransport) else None
        sockets = sockets_for(self._concurrency)
        try:
            client = httpx.AsyncClient(
                transport=transport,
                verify=True if transport is not None else tls_context(self._ca_file, own),
                trust_env=trust_env and transport is None,
                limits=httpx.Limits(max_connections=sockets, max_keepalive_connections=min(kept, sockets)),
                cookies=http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=())),
            )
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            raise InterfaceError(f"The proxy that the environment names cannot be used: {redact(str(error))}") from None
        del client.headers["accept-encoding"]  # see grokcall.http.content_encodings
        return client


def _content(request: HttpRequest) -> bytes | AsyncIterator[bytes] | None:
    """The body as httpx takes it."""
    return request.body.blocks() if isinstance(request.body, FormBody) else request.body


async def _one(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


async def _exchange(
    client: httpx.AsyncClient, request: HttpRequest, url: str, named: httpx.URL | None = None
) -> HttpResponse:
    """The reply from an address; ``named`` is the same with the host's name, which was looked up before."""
    host = {} if named is None else {"Host": named.netloc.decode("ascii")}
    outgoing = client.build_request(
        request.method,
        url,
        headers={**request.headers, **length_headers(request.body), **host},
        # A certificate never has the dot that may end a name.
        extensions={} if named is None else {"sni_hostname": named.raw_host.decode("ascii").rstrip(".")},
        content=_content(request),
        timeout=httpx.Timeout(request.read_timeout, connect=request.connect_timeout),
    )
    response = await client.send(outgoing, stream=True, follow_redirects=False)
    # What a transport made of bytes in memory has been unpacked by httpx already.
    is_packed = not response.is_stream_consumed
    try:
        chunks, size = [], 0
        async for chunk in response.aiter_raw() if is_packed else response.aiter_bytes():
            size += len(chunk)
            if size > request.max_bytes:
                raise too_large(request)
            chunks.append(chunk)
    finally:
        await response.aclose()
    headers, body = headers_of(response.headers.raw), b"".join(chunks)
    if is_packed and (packing := headers.get("content-encoding")):
        body = unpacked_body(body, packing, response.status_code, request)
    return HttpResponse(response.status_code, headers, body)
