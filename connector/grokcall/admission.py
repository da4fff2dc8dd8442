"""The one place where a call is admitted, its requests are paced, and its outcome is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any

from grokcall.limits import Caps, Limiter, Passage
from grokcall.outcomes import Outcome
from grokcall.transport import HttpReply
from grokcall_procedures import BoundCall, Request

PATIENCE = 0.25
"""Seconds that a request waits for its turn before further calls are begun, which may have other limits."""


class Gate:
    """Lets at most ``concurrency`` calls of a connection run at a time, whichever thread or lookup they come from.

    A call that waits before a retry steps aside, so that its place does not stand empty; ``on_vacancy`` holds what is
    to be told then. Within a call each request is paced: it waits until the limits of its model let it go.

    Args:
        concurrency: Calls that may run at a time.
        wider: The gate behind this one, for a lookup with a limit of its own: a call passes both, and its requests
            keep the limits of the wider one.
        limiter: Keeps the limits of requests; None for one that learns all of them.
    """

    def __init__(self, concurrency: int, wider: Gate | None = None, limiter: Limiter | None = None) -> None:
        self.concurrency = concurrency
        self.on_vacancy: set[Callable[[], None]] = set()
        self.sent: set[asyncio.Task[Any] | None] = set()
        """The tasks whose calls may have been billed and have no answer yet: to cancel one of them loses it."""
        self.shared: set[asyncio.Task[Any] | None] = set()
        """The tasks whose calls other tasks wait for as well."""
        self.left: set[asyncio.Task[Any] | None] = set()
        """Those among them whose own pass has been stopped: they end when nobody waits any more."""
        shared = limiter if wider is None else wider.limiter
        self.limiter: Limiter = shared or Limiter(Caps(concurrency))
        self._wider = wider
        self._places = asyncio.Semaphore(concurrency)

    async def admit(self, _call: BoundCall) -> None:
        """Waits for a place."""
        await self._enter()

    def record(self, _call: BoundCall, _outcome: Outcome) -> None:
        """Takes note of a call's end and gives its place to the next."""
        self._leave()

    async def pace(self, request: Request) -> Passage | None:
        """Waits until a request of an admitted call may go.

        Returns:
            What :meth:`observe` has to be given once the request has ended; None for a request without limits.
        """
        lane = self.limiter.lane(request)
        if lane is None:
            return None
        passage = lane.passage(request.body or b"")
        turn = lane.enter(passage)
        if turn is not None:
            try:
                await self._await_turn(turn)
            except BaseException:
                lane.give_up(passage, turn)
                raise
        return passage

    def observe(self, passage: Passage | None, reply: HttpReply | None, error: BaseException | None) -> None:
        """Takes note of how a paced request has ended, and learns from it.

        Args:
            passage: What :meth:`pace` gave.
            reply: The reply, if one came.
            error: What the reply stands for, or why there is none; None for an answer.
        """
        if passage is not None:
            passage.lane.leave(passage, reply, error)

    @asynccontextmanager
    async def stepped_aside(self) -> AsyncIterator[None]:
        """Gives the place to another call for the length of a wait."""
        self._leave()
        self._tell()
        try:
            yield
        finally:
            await self._return()

    async def _await_turn(self, turn: asyncio.Future[None]) -> None:
        # Who waits holds no place: it would be missing to those whose turn it is, and to calls with other limits.
        self._leave()
        try:
            await asyncio.wait([turn], timeout=PATIENCE)
            if not turn.done():
                self._tell()
                await turn
        finally:
            await self._return()

    async def _return(self) -> None:
        """Takes a place again, in the midst of a cancel as well: ``record`` gives one back in every case."""
        if self._is_full:
            await asyncio.shield(self._enter())
        else:
            await self._enter()  # does not wait, so it cannot be cancelled

    @property
    def _is_full(self) -> bool:
        return self._places.locked() or (self._wider is not None and self._wider._is_full)

    async def _enter(self) -> None:
        # The narrower gate first: who holds a place of the wider one waits for nothing else.
        await self._places.acquire()
        if self._wider is None:
            return
        try:
            await self._wider._enter()
        except BaseException:
            self._places.release()
            raise

    def _leave(self) -> None:
        if self._wider is not None:
            self._wider._leave()
        self._places.release()

    def _tell(self) -> None:
        for tell in tuple(self.on_vacancy):
            tell()
        if self._wider is not None:
            self._wider._tell()


async def cancelled(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancels tasks and waits for their ends."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
