"""What comes over a socket, for those who wait for it and for those who await it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterable, Iterable
from contextlib import suppress
from decimal import Decimal
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from grokcall.errors import InterfaceError
from grokcall.realtime.socket_work import SocketWork, stopped
from grokcall.scheduling.event_loop import BackgroundLoop
from grokcall_procedures.rates import usd

T = TypeVar("T")


class BaseSocketStream(Generic[T]):
    """What both kinds have in common: everything but the waiting.

    Args:
        work: The session.
        given: What goes in, piece by piece.
        loop: Where it runs.
        warnings: What was changed about it on its way.
    """

    def __init__(
        self, work: SocketWork[Any, T], given: object, loop: BackgroundLoop, warnings: tuple[str, ...] = ()
    ) -> None:
        self._work = work
        self._given = given
        self._loop = loop
        self._begun = False
        self._over = False
        self._process = os.getpid()
        self.warnings: tuple[str, ...] = warnings
        """What was changed about it on its way."""

    @property
    def cost_usd(self) -> Decimal:
        """The list price of what was sent so far, in USD, for no message tells one; with what a talk's tools cost."""
        return usd(self._work.spent)

    def _check_process(self) -> None:
        if self._process != os.getpid():
            raise InterfaceError("the session was begun before this process was forked; it goes on in the parent alone")

    def _left(self) -> bool:
        """Takes note that no more is wanted; gives whether a session has to be ended for it."""
        is_under_way = self._begun and not self._over and self._process == os.getpid()
        self._over = True
        return is_under_way

    def __del__(self) -> None:
        # Whoever drops a session without leaving it wants no more of it, and must not go on paying.
        if not getattr(self, "_over", True) and self._left():
            with suppress(RuntimeError):
                self._loop.submit_if_open(self._work.end())


class SocketStream(BaseSocketStream[T]):
    """An iterator of what comes over a socket, and a context manager; leaving it early closes the socket.

    The session begins with the first piece. What goes in is taken from its iterable in a thread of its own, as fast as
    the service takes it.
    """

    def close(self) -> None:
        """Closes the socket if the session is not over; harmless when repeated."""
        if self._left():
            with suppress(InterfaceError):  # a closed connection has stopped everything already
                self._loop.run(self._work.end())

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        self._check_process()
        if self._over:
            raise StopIteration
        try:
            self._begin()
            piece = self._loop.run(self._work.more())
        except BaseException:
            self.close()
            raise
        if piece is None:
            self._over = True
            raise StopIteration
        return piece

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            work, given, loop = self._work, self._given, self._loop  # not the stream: who drops it ends the session
            threading.Thread(target=pour, args=(work, given, loop), name="grokcall-socket-input", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncSocketStream(BaseSocketStream[T]):
    """The twin for programs that await, in any event loop; what goes in may be an asynchronous iterable."""

    _pouring: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Closes the socket if the session is not over; harmless when repeated."""
        await stopped(self._pouring)
        if self._left():
            with suppress(InterfaceError):  # a closed connection has stopped everything already
                await self._loop.arun(self._work.end())

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        self._check_process()
        if self._over:
            raise StopAsyncIteration
        try:
            await self._begin()
            piece = await self._loop.arun(self._work.more())
        except BaseException:
            await self.close()
            raise
        if piece is None:
            self._over = True
            await stopped(self._pouring)
            raise StopAsyncIteration
        return piece

    async def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._pouring = asyncio.create_task(apour(self._work, self._given, self._loop))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def pour(work: SocketWork[Any, Any], given: object, loop: BackgroundLoop) -> None:
    """Gives a session what goes in, piece by piece, for as long as it wants more."""
    try:
        assert isinstance(given, Iterable)
        for piece in given:
            if not loop.run(work.feed(piece)):
                return
        loop.run(work.finish())
    except BaseException as error:
        loop.submit_if_open(work.fail(error))


async def apour(work: SocketWork[Any, Any], given: object, loop: BackgroundLoop) -> None:
    """The same, from an asynchronous iterable as well."""
    try:
        async for piece in as_async(given):
            if not await loop.arun(work.feed(piece)):
                return
        await loop.arun(work.finish())
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        loop.submit_if_open(work.fail(error))


async def as_async(given: object) -> Any:
    """The elements of an iterable of either kind."""
    if isinstance(given, AsyncIterable):
        async for each in given:
            yield each
        return
    assert isinstance(given, Iterable)
    for each in given:
        yield each
