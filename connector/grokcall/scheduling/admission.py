"""The one place where a call is admitted and its requests are paced."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any, Protocol

from grokcall.errors import CallStoppedError
from grokcall.http.transport import HttpResponse
from grokcall.scheduling.fair_semaphore import FairSemaphore
from grokcall.scheduling.in_flight import InFlight
from grokcall.scheduling.ratelimit.configured import Caps
from grokcall.scheduling.ratelimit.limiter import Limiter
from grokcall.scheduling.ratelimit.model_limiter import Permit
from grokcall_procedures import Kind, Request

PATIENCE = 0.25
"""Seconds that a request waits for its turn before further calls are begun, which may have other limits."""
GLANCE = 0.05
"""Seconds between two looks whether a call that is held back may go."""


class Judge(Protocol):
    """Judges the service by the tries of the calls of one pass."""

    def may_begin(self) -> bool:
        """Whether a request of the current task's call may be sent now."""
        ...

    def tried(self, error: BaseException | None, began: float) -> Exception | None:
        """Takes note of a try of the current task's call; gives the error that ends the pass, if any."""
        ...


class Watch:
    """Follows the tries of one pass, so that it ends when none can help; to be made on the loop.

    Args:
        judge: Judges them.
        end: Ends the pass for an error.
    """

    __slots__ = ("_end", "judge", "over")

    def __init__(self, judge: Judge, end: Callable[[Exception], None]) -> None:
        self.judge: Judge = judge
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._end = end

    def tried(self, error: BaseException | None, began: float) -> None:
        """Takes note of a try: how it ended, and when it began on the monotonic clock."""
        verdict = self.judge.tried(error, began)
        if verdict is not None:
            self._end(verdict)

    def close(self) -> None:
        """Ends all waits of calls for another try, or for their first."""
        if not self.over.done():
            self.over.set_result(None)


class Gate:
    """Lets at most ``concurrency`` calls of a connection run at a time, whichever thread or lookup they come from.

    Lookups take turns at its places, so that one with many calls keeps none from another with few. A call that waits
    before a retry steps aside, so that its place does not stand empty; ``on_vacancy`` holds what is to be told then.
    Within a call each request is paced: it waits until the limits of its model let it go.

    Args:
        concurrency: Calls that may run at a time.
        wider: The gate behind this one, for a lookup with a limit of its own: a call passes both, and its requests
            keep the limits of the wider one.
        limiter: Keeps the limits of requests; None for one that learns all of them.
    """

    def __init__(self, concurrency: int, wider: Gate | None = None, limiter: Limiter | None = None) -> None:
        self.concurrency = concurrency
        self.on_vacancy: set[Callable[[], None]] = set()
        self.in_flight: InFlight = InFlight()
        """The tasks whose calls are under way."""
        self.watches: dict[asyncio.Task[Any] | None, Watch] = {}
        """Who follows the tries of a task's calls."""
        shared = limiter if wider is None else wider.limiter
        self.limiter: Limiter = shared or Limiter(Caps(concurrency))
        self._wider = wider
        self._places = FairSemaphore(concurrency)

    @asynccontextmanager
    async def admitted(self) -> AsyncIterator[None]:
        """Waits for a place, which is had for the block."""
        await self._enter(self)
        try:
            yield
        finally:
            self._leave()

    async def pace(self, request: Request) -> Permit | None:
        """Waits until a request of an admitted call may go.

        Returns:
            What :meth:`observe` has to be given once the request has ended; None for a request without limits.

        Raises:
            CallStoppedError: The pass of the call is over.
        """
        watch = self.watch(request)
        limiter = self.limiter.for_request(request)
        while True:
            if watch is not None and (watch.over.done() or not watch.judge.may_begin()):
                await self._held_back(watch)
            if limiter is None:
                return None
            permit = limiter.permit(request.plain_body or b"")
            turn = limiter.enter(permit)
            if turn is None:
                return permit
            try:
                await self._await_turn(turn, watch)
            except BaseException:
                limiter.give_up(permit, turn)
                raise
            if watch is None or watch.judge.may_begin():
                return permit
            limiter.give_up(permit, turn)

    def watch(self, request: Request) -> Watch | None:
        """Who follows the tries of a request; None where nobody does.

        What looks after earlier work, which may have been paid for, or clears up after it, is done in any case.
        """
        if request.kind in (Kind.POLL, Kind.DOWNLOAD) or request.method == "DELETE":
            return None
        return self.watches.get(asyncio.current_task())

    def observe(self, permit: Permit | None, reply: HttpResponse | None, error: BaseException | None) -> None:
        """Takes note of how a paced request has ended, and learns from it.

        Args:
            permit: What :meth:`pace` gave.
            reply: The reply, if one came.
            error: What the reply stands for, or why there is none; None for an answer.
        """
        if permit is not None:
            permit.limiter.leave(permit, reply, error)

    def judge(self, request: Request, error: BaseException | None, began: float) -> None:
        """Has a try judged by who follows it.

        Args:
            request: What was sent.
            error: Why there is no answer; None for one.
            began: When it was sent, on the monotonic clock; infinity if it was not.
        """
        watch = self.watch(request)
        if watch is not None and began < math.inf:
            watch.tried(error, began)

    @asynccontextmanager
    async def stepped_aside(self) -> AsyncIterator[None]:
        """Gives the place to another call for the length of a wait."""
        self._leave()
        self._tell()
        try:
            yield
        finally:
            await self._return()

    async def wait_aside(self, request: Request, wait: Awaitable[None]) -> bool:
        """Keeps a wait before another try, aside; whether there is any use in that try."""
        watch = self.watch(request)
        async with self.stepped_aside():
            if watch is None:
                await wait
                return True
            waiting = asyncio.ensure_future(wait)
            try:
                await asyncio.wait([waiting, watch.over], return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiting.cancel()
        return not watch.over.done()

    async def _held_back(self, watch: Watch) -> None:
        """Waits, without a place, until a call may begin."""
        self._leave()
        try:
            while not watch.over.done():
                await asyncio.wait([watch.over], timeout=GLANCE)
                if not watch.over.done() and watch.judge.may_begin():
                    return
        finally:
            await self._return()
        raise CallStoppedError

    async def _await_turn(self, turn: asyncio.Future[None], watch: Watch | None) -> None:
        # Who waits holds no place: it would be missing to those whose turn it is, and to calls with other limits.
        awaited = [turn] if watch is None else [turn, watch.over]
        self._leave()
        try:
            await asyncio.wait(awaited, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            if not any(each.done() for each in awaited):
                self._tell()
                await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._return()
        if watch is not None and watch.over.done():
            raise CallStoppedError

    async def _return(self) -> None:
        """Takes a place again, in the midst of a cancel as well: whoever was admitted gives one back in every case."""
        if self._is_full:
            await asyncio.shield(self._enter(self))
        else:
            await self._enter(self)  # does not wait, so it cannot be cancelled

    @property
    def _is_full(self) -> bool:
        return self._places.locked() or (self._wider is not None and self._wider._is_full)

    async def _enter(self, owner: Gate) -> None:
        # The narrower gate first: who holds a place of the wider one waits for nothing else.
        await self._places.acquire(owner)
        if self._wider is None:
            return
        try:
            await self._wider._enter(self)
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
