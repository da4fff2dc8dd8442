"""A service of sockets that does what a test tells it to, and remembers what it was sent."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from aiohttp import WSMsgType, web

from scripted_service import KEY

__all__ = ["KEY", "SocketService", "Talk"]


class Talk:
    """One socket, as the service has it."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        self.request = request
        self.query: dict[str, str] = dict(request.query)
        self.socket = socket
        self.got: list[Any] = []
        self.left = asyncio.Event()

    async def next(self) -> Any:
        """The next message, JSON or bytes; None once the client has left."""
        message = await self.socket.receive()
        if message.type is WSMsgType.TEXT:
            self.got.append(json.loads(message.data))
        elif message.type is WSMsgType.BINARY:
            self.got.append(message.data)
        else:
            self.left.set()
            return None
        return self.got[-1]

    async def until(self, kind: str) -> None:
        """Takes messages up to one of this type."""
        while (message := await self.next()) is not None:
            if isinstance(message, dict) and message.get("type") == kind:
                return

    async def send(self, **document: Any) -> None:
        """Sends a JSON object."""
        await self.socket.send_str(json.dumps(document))

    def cut(self) -> None:
        """Ends the connection without a word."""
        assert self.request.transport is not None
        self.request.transport.abort()


Script = Callable[[Talk], Awaitable[None]]


class SocketService:
    """A server in a thread.

    Args:
        script: Holds a talk; the socket is closed when it returns.
    """

    def __init__(self, script: Script) -> None:
        self.script = script
        self.refusal: web.Response | None = None
        """The answer to the next upgrade, in place of a socket."""
        self.talks: list[Talk] = []
        self.upgrades = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="scripted sockets", daemon=True)
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def base_url(self) -> str:
        """The address that a client is given."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(300)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(300)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(300)
        self._loop.close()

    async def _listen(self) -> None:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._upgraded)
        self._runner = web.AppRunner(app, shutdown_timeout=0.5, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _upgraded(self, request: web.Request) -> web.StreamResponse:
        self.upgrades += 1
        if self.refusal is not None:
            refusal, self.refusal = self.refusal, None
            return refusal
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        talk = Talk(request, socket)
        self.talks.append(talk)
        await self.script(talk)
        await socket.close()
        return socket
