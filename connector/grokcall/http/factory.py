"""What people may hand in as ``transport``, settled once into a :class:`~grokcall.http.transport.Transport`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from grokcall.config.options import Options
from grokcall.errors import InterfaceError
from grokcall.http.environment import ClientCertificate
from grokcall.http.transport import HttpRequest, HttpResponse, Transport

TransportFunction: TypeAlias = Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]


class FunctionTransport:
    """A function as a transport, for tests and recorders.

    Args:
        function: Gives the reply to a request, at once or when awaited. It is called in the event loop, so a plain
            function must not block. What it raises goes to the caller as it is.

    >>> FunctionTransport(lambda request: HttpResponse(200, {}, b"{}"))
    FunctionTransport(<lambda>)
    """

    def __init__(self, function: TransportFunction) -> None:
        self._function = function

    def __repr__(self) -> str:
        return f"FunctionTransport({getattr(self._function, '__name__', type(self._function).__name__)})"

    async def send(self, request: HttpRequest) -> HttpResponse:
        """What the function says to ``request``."""
        reply = self._function(request)
        if inspect.isawaitable(reply):
            reply = await reply
        if not isinstance(reply, HttpResponse):
            raise InterfaceError(f"The transport {self!r} gave {type(reply).__name__} and not HttpResponse.")
        return reply

    async def close(self) -> None:
        """Nothing to close."""


def as_transport(value: object, options: Options) -> Transport:
    """The transport that ``value`` stands for.

    Args:
        value: None for what ``options`` name; ``"aiohttp"`` or ``"httpx"``; an object with ``send`` and ``close``; an
            ``httpx.AsyncClient`` or ``httpx.AsyncBaseTransport``; or a plain or async function from HttpRequest to
            HttpResponse.
        options: The connection's options.

    Raises:
        InterfaceError: ``value`` is none of these.
    """
    if value is None or isinstance(value, str):
        return _named(value or options.transport, options)
    # Only who has imported httpx can hand in a part of it. Asked first: httpx.Client has send and close, too.
    if httpx := sys.modules.get("httpx"):
        if isinstance(value, httpx.AsyncClient | httpx.AsyncBaseTransport):
            from grokcall.http.httpx_transport import HttpxTransport

            return HttpxTransport(value)
        if isinstance(value, httpx.Client | httpx.BaseTransport):
            raise InterfaceError(
                "transport: calls run concurrently; hand in httpx.AsyncClient instead of httpx.Client."
            )
    if isinstance(value, Transport) and not isinstance(value, type):
        return value
    if callable(value) and not isinstance(value, type):
        return FunctionTransport(value)
    raise InterfaceError(
        f"transport cannot be {type(value).__name__}; it is 'aiohttp', 'httpx', an httpx.AsyncClient, an object with"
        " send and close, or a function from HttpRequest to HttpResponse."
    )


def as_transport_anew(value: object, options: Options) -> Transport:
    """The transport that ``value`` stands for in the child of a fork.

    A client or transport of httpx has sockets that are the parent's as well: through it nothing is sent.
    """
    httpx = sys.modules.get("httpx")
    if httpx and isinstance(value, httpx.AsyncClient | httpx.AsyncBaseTransport):
        return FunctionTransport(_refuse_in_child)
    return as_transport(value, options)


def _refuse_in_child(_: HttpRequest) -> HttpResponse:
    raise InterfaceError(
        "transport: the httpx client was handed in before this process was forked, and its sockets are shared with "
        "the parent; make a client and a connection in the child"
    )


def _named(name: str, options: Options) -> Transport:
    certificate = options.client_certificate
    if options.client_key is not None and certificate is None:
        raise InterfaceError("The option client_key is the key of client_certificate, which is not given.")
    given: dict[str, Any] = {
        "concurrency": options.concurrency,
        "trust_env_proxies": options.trust_env_proxies,
        "ca_file": options.ca_file,
        "own": None if certificate is None else ClientCertificate(certificate, options.client_key),
    }
    # The libraries are imported where they are needed: each costs a start of the program some tens of milliseconds.
    if name == "aiohttp":
        from grokcall.http.aiohttp_transport import AiohttpTransport

        return AiohttpTransport(**given)
    if name == "httpx":
        from grokcall.http.httpx_transport import HttpxTransport

        return HttpxTransport(**given)
    raise InterfaceError(f"There is no transport {name!r}; there are 'aiohttp' and 'httpx'.")
