"""Calls that equal rows share: one request, whoever of those that wait for its answer goes away meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from grokcall.core.outcome import Outcome
from grokcall.errors import CallStoppedError
from grokcall.scheduling.admission import cancelled
from grokcall.scheduling.in_flight import InFlight


class SharedCall:
    """A call under way, made by the row that came first.

    Who stops the pass of the task that makes it leaves that task alone for as long as others wait for it: so to stop
    one query takes nothing from another one.

    Args:
        in_flight: Knows the tasks that others wait for.
    """

    __slots__ = ("_ended", "_in_flight", "_maker", "_waiting", "stopped")

    def __init__(self, in_flight: InFlight) -> None:
        self.stopped: bool = False
        """Whether it came to no end, so that it can be shared no longer."""
        self._in_flight = in_flight
        self._maker: asyncio.Task[Any] | None = None
        self._ended: asyncio.Future[Outcome] | None = None
        self._waiting = 0

    async def made(self, work: Awaitable[Outcome]) -> Outcome:
        """What became of it, made by whoever awaits this."""
        self._maker = asyncio.current_task()
        try:
            outcome = await work
        except BaseException as error:
            self.stopped = True
            if self._ended is not None:
                self._in_flight.take_back(self._maker)
                self._ended.set_exception(error if isinstance(error, Exception) else CallStoppedError())
                self._ended.exception()  # perhaps nobody waits for it any more
            raise
        if self._ended is not None:
            self._in_flight.take_back(self._maker)
            self._ended.set_result(outcome)
        return outcome

    async def outcome(self) -> Outcome:
        """What became of it, for one more row.

        Raises:
            CallStoppedError: It was stopped.
        """
        if self._ended is None:
            self._ended = asyncio.get_running_loop().create_future()
        self._waiting += 1
        self._in_flight.share(self._maker)
        try:
            return await asyncio.shield(self._ended)
        finally:
            self._waiting -= 1
            if not self._waiting and self._in_flight.unshare(self._maker) and self._maker is not None:
                await cancelled([self._maker])  # what it holds is given back before anybody goes on
