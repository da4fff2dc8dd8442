"""A session over a socket, on its connection's loop: what goes in, what comes out, and its end."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from grokcall.budget.budget import Budget
from grokcall.client.service_sockets import Document, ServiceSocket, opened
from grokcall.errors import ConnectionCutError, ReadTimeoutError, StreamCutError
from grokcall.execution.runtime import Runtime
from grokcall.http.websocket import SocketEnding
from grokcall.realtime.meter import Meter

T = TypeVar("T")
Given = TypeVar("Given")

MOST_WAITING = 64
"""Results that wait for who takes them; then nothing more is read from the socket."""

GREETING = 30.0
"""Seconds within which the service has to say that a session can begin."""


@dataclass(frozen=True, slots=True)
class End:
    """Nothing more comes, because of an error or because it is done."""

    error: BaseException | None = None


class SocketWork(ABC, Generic[Given, T]):
    """One session; all but its facts is used on the loop.

    The socket is opened when the first of what is given has been reserved in the budget. Nothing is sent again and no
    socket opened a second time: what was sent has been paid for.

    Args:
        runtime: What it runs on.
        path: Where its socket is, for example ``/tts``.
        query: What stands behind that.
        budget: What may be spent.
    """

    def __init__(self, runtime: Runtime, path: str, query: Mapping[str, object], budget: Budget) -> None:
        self._runtime = runtime
        self._path = path
        self._query = query
        self._news: asyncio.Queue[T | End] = asyncio.Queue(MOST_WAITING)
        self._socket: ServiceSocket | None = None
        self._receiver: asyncio.Task[None] | None = None
        self._feeding: asyncio.Task[Any] | None = None
        self._failure: BaseException | None = None
        self._finished = False
        self._awaited_since: float | None = None
        self._ended = False
        self.meter: Meter = Meter(budget)
        """What it costs."""

    @property
    def spent(self) -> int:
        """Ticks that it has cost so far."""
        return self.meter.spent

    @abstractmethod
    async def _sent(self, given: Given) -> None:
        """Reserves and sends what was given."""

    @abstractmethod
    async def _closed_off(self, socket: ServiceSocket) -> None:
        """Tells the service that nothing more is given."""

    @abstractmethod
    async def _taken(self, document: Document) -> bool:
        """Takes in what has come; gives whether it was the last."""

    @abstractmethod
    def _cut(self, why: str) -> StreamCutError:
        """The error for a socket that was closed too early, with what had come by then."""

    async def feed(self, given: Given) -> bool:
        """Sends what is given, as soon as there is room; gives whether more is wanted.

        Raises:
            BudgetReachedError: A limit leaves no room for it; nothing of it was sent.
            grokcall.Error: The socket cannot be opened.
        """
        return await self._step(self._sent(given))

    async def finish(self) -> None:
        """Says that nothing more is given."""
        await self._step(self._finish())

    async def fail(self, error: BaseException) -> None:
        """Ends the session with an error of what is given, once that has come which was paid for."""
        if self._ended or self._failure is not None:
            return
        self._failure = error
        try:
            await self._finish()
        except Exception:  # the socket is closed as well
            await self._news.put(End(error))

    async def more(self) -> T | None:
        """The next result; None at the end.

        Raises:
            StreamCutError: The socket was closed too early.
            grokcall.Error: What the session failed with.
        """
        if self._ended:
            return None
        news = await self._news.get()
        if not isinstance(news, End):
            return news
        await self.end()
        if news.error is not None:
            raise news.error
        return None

    async def end(self) -> None:
        """Closes the socket and settles the budget; harmless when repeated."""
        if self._ended:
            return
        self._ended = True
        try:
            await stopped(self._feeding)
            await stopped(self._receiver)
            if self._socket is not None:
                await self._socket.close()
        finally:
            self._settle()
            while not self._news.empty():  # whoever would still tell of something does not wait for ever
                self._news.get_nowait()

    async def _step(self, sending: Coroutine[Any, Any, None]) -> bool:
        """Sends something, unless the session is over; what has closed the socket is told by who receives."""
        if self._ended:
            sending.close()
            return False
        self._feeding = asyncio.current_task()
        try:
            await sending
        except ConnectionCutError:
            return False
        finally:
            self._feeding = None
        return not self._ended

    async def _finish(self) -> None:
        if self._failure is None:
            await self._flush()
        self._finished = True
        self._await_more()
        if self._socket is None:  # nothing was sent
            await self._news.put(End(self._failure))
        else:
            await self._closed_off(self._socket)

    async def _opened(self) -> ServiceSocket:
        """The socket, opened at its first use."""
        if self._socket is None:
            socket = await opened(self._runtime.runner().api, self._path, self._query)
            try:
                await self._greeted_in_time(socket)
            except BaseException:
                await socket.close()
                raise
            self._socket = socket
            self._receiver = asyncio.create_task(self._receive(socket))
        return self._socket

    def _settle(self) -> None:
        """Settles the budget; harmless when repeated."""
        self.meter.settle()

    def _is_regular(self, ending: SocketEnding) -> bool:  # noqa: ARG002
        """Whether the service may end the session like this."""
        return False

    async def _before_failing(self, error: Exception) -> None:
        """Tells of what is about to be raised."""

    async def _greeted_in_time(self, socket: ServiceSocket) -> None:
        try:
            async with asyncio.timeout(GREETING) as limit:
                await self._greeted(socket)
        except TimeoutError:
            if not limit.expired():
                raise
            raise ReadTimeoutError(f"The service did not begin the session within {GREETING:g} s") from None

    async def _flush(self) -> None:
        """Sends what was given and waited for more."""

    async def _greeted(self, socket: ServiceSocket) -> None:
        """Waits for what has to come before anything is sent."""

    async def _receive(self, socket: ServiceSocket) -> None:
        try:
            while True:
                document = await self._next(socket)
                if isinstance(document, SocketEnding):
                    if self._is_regular(document):
                        break
                    raise self._cut(document.words)
                if await self._taken(document):
                    break
        except asyncio.CancelledError:
            self._settle()  # the connection is closed, or the session left
            raise
        except Exception as error:
            await self._before_failing(error)
            await self._news.put(End(self._failure or error))
        else:
            await self._news.put(End(self._failure))

    def _await_more(self) -> None:
        """Takes note that the service owes something, so that it may be silent no longer than ``idle_timeout``."""
        self._awaited_since = asyncio.get_running_loop().time()

    async def _next(self, socket: ServiceSocket) -> Document | SocketEnding:
        """What comes next; where the service owes something, within the time that a silence may take."""
        idle = self._runtime.options.idle_timeout
        while True:
            try:
                async with asyncio.timeout(idle) as limit:
                    return await socket.receive()
            except TimeoutError:
                if not limit.expired():
                    raise
            since = self._awaited_since  # whoever asks in the midst of a silence waits for a whole one
            if since is not None and asyncio.get_running_loop().time() - since >= idle:
                raise ReadTimeoutError(f"Nothing came over the socket for {idle:g} s (the option idle_timeout)")


async def stopped(task: asyncio.Task[Any] | None) -> None:
    """Cancels a task and waits for its end; does nothing for the one that asks."""
    if task is not None and task is not asyncio.current_task() and not task.done():
        task.cancel()
        await asyncio.wait([task])
