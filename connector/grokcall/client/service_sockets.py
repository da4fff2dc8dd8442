"""Sockets of the service: opened with the key of the connection, and their messages as JSON documents."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from grokcall.client.api_client import ApiClient
from grokcall.client.endpoints import AnyAccess
from grokcall.client.regional_service import check_region
from grokcall.core.redaction import SHORTEST_SECRET, get_logger, redact
from grokcall.errors import AuthenticationError, Error, MalformedReplyError, ServiceError
from grokcall.http.redirects import is_redirect, redirected
from grokcall.http.service_errors import clean, error_of, in_band_error, service_error, without_key
from grokcall.http.transport import HttpResponse
from grokcall.http.websocket import Socket, SocketEnding, SocketRequest, socket_transport
from grokcall_procedures import Host, Kind, Request

logger: logging.Logger = get_logger("grokcall.client.service_sockets")

Document = dict[str, Any]


class ServiceSocket:
    """An open socket of the service, whose texts are JSON documents.

    Args:
        socket: The socket.
        secret: The key, which no document shows that comes back.
    """

    def __init__(self, socket: Socket, secret: str) -> None:
        self._socket = socket
        self._secret = secret if len(secret) >= SHORTEST_SECRET else ""
        self.optional: set[str] = set()
        """The ids of documents that were sent and may be refused, which is then no error."""
        self.refused: set[str] = set()
        """Those among them that were."""
        self.last_error: Document = {}
        """The last document that told of an error."""

    def __repr__(self) -> str:
        return f"ServiceSocket({self._socket!r})"

    async def send(self, message: Mapping[str, Any] | bytes) -> None:
        """Sends a document, or bytes as they are; waits while the service takes no more.

        Raises:
            ConnectionCutError: The socket is closed.
        """
        await self._socket.send(message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False))

    async def receive(self) -> Document | SocketEnding:
        """The next document, or how the socket was closed.

        Raises:
            ServiceError: It tells of an error.
            MalformedReplyError: It is no JSON object.
        """
        told = self._read(await self._socket.receive())
        if isinstance(told, str):
            raise MalformedReplyError(f"the service sent over a socket what is no JSON object: {told!r}")
        if isinstance(told, dict) and told.get("type") == "error":
            self.last_error = told
            inner = told.get("error")
            identity = inner.get("event_id") if isinstance(inner, dict) else None
            if identity not in self.optional:
                raise error_in(told)
            self.refused.add(identity)
        return told

    def _read(self, message: str | bytes | SocketEnding) -> Document | SocketEnding | str:
        """A document, without the key; the beginning of a text that is none. It holds the key in no frame of errors."""
        if isinstance(message, SocketEnding):
            return message
        text = message.decode("utf-8", "replace") if isinstance(message, bytes) else message
        if self._secret:
            text = text.replace(self._secret, "[redacted]")
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            document = None
        return document if isinstance(document, dict) else redact(text[:200])

    async def close(self) -> None:
        """Closes it; harmless when repeated."""
        await self._socket.close()


async def opened(client: ApiClient, path: str, query: Mapping[str, object]) -> ServiceSocket:
    """An open socket of the API. Over it nothing has been sent, so that opening it costs nothing and can be repeated.

    Args:
        client: Has the transport and the key.
        path: For example ``/tts``.
        query: What stands behind it; None is left out, and a list comes once for each element.

    Raises:
        NotSupportedError: The transport opens no sockets, or the region has none.
        NotSentError: There is no way to the service.
        ServiceError: It refuses.
    """
    told = [(name, query_text(each)) for name, value in query.items() if value is not None for each in listed(value)]
    request = Request("GET", f"{path}?{urlencode(told)}" if told else path, kind=Kind.METADATA)
    check_region(request, client.options.region)
    renewed, attempt = False, 0
    while True:
        attempt += 1
        access = client.endpoints.access(Host.API)
        try:
            return await _opened_once(client, request, access)
        except Error as error:
            if isinstance(error, AuthenticationError) and not renewed and await asyncio.to_thread(access.renew):
                renewed = True
                continue
            wait = client.policy.wait_before_retry(error, request, attempt)
            if wait is None:
                raise
            logger.info("socket %s: %s; trying again in %.1f s", path, error, wait)
        await client.sleep(wait)


async def _opened_once(client: ApiClient, request: Request, access: AnyAccess) -> ServiceSocket:
    agent = client.options.user_agent
    url = f"ws{access.url(request).removeprefix('http')}"
    asked = SocketRequest(url, access.headers(request, agent), (), client.options.connect_timeout)
    answer = await socket_transport(client.transport).connect(asked)
    if not isinstance(answer, HttpResponse):
        logger.debug("socket %s is open", request.path)
        return ServiceSocket(answer, access.secret)
    reply = without_key(answer, access.secret)
    failure: Error | None = error_of(reply)
    if failure is None and is_redirect(reply):
        failure = redirected(url, reply)
    elif failure is None:
        failure = MalformedReplyError(f"the service answered HTTP {reply.status} where a socket was to be opened")
    assert failure is not None
    access.name_key(failure)
    raise failure


def error_in(document: Document) -> ServiceError:
    """The error that a document of the type ``error`` tells of, in whichever of its forms."""
    told = document.get("error") or document.get("message") or document.get("detail")
    error = in_band_error({**document, "error": told})
    return error or service_error(None, clean(json.dumps(document, ensure_ascii=False)))


def listed(value: object) -> list[object]:
    """The elements of a list, or a value alone."""
    return list(value) if isinstance(value, list | tuple) else [value]


def query_text(value: object) -> str:
    """A value as a query has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
