"""Calls that equal rows share: one request, whoever of those that wait for its answer goes away meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from grokcall.core.outcome import Outcome
from grokcall.scheduling.admission import CallStoppedError, Gate, cancelled


class SharedCall:
    """A call under way, made by the row that came first.

    Who stops the pass of the task that makes it leaves that task alone for as long as others wait for it: so to stop
    one query takes nothing from another one.

    Args:
        gate: Knows the tasks that others wait for.
    """

    __slots__ = ("_ended", "_gate", "_maker", "_waiting", "stopped")

    def __init__(self, gate: Gate) -> None:
        self.stopped: bool = False
        """Whether it came to no end, so that it can be shared no longer."""
        self._gate = gate
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
                self._gate.left.discard(self._maker)
                self._ended.set_exception(error if isinstance(error, Exception) else CallStoppedError())
                self._ended.exception()  # perhaps nobody waits for it any more
            raise
        if self._ended is not None:
            self._gate.left.discard(self._maker)
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
        self._gate.shared.add(self._maker)
        try:
            return await asyncio.shield(self._ended)
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._gate.shared.discard(self._maker)
                if self._maker is not None and self._maker in self._gate.left:
                    self._gate.left.discard(self._maker)
                    await cancelled([self._maker])  # what it holds is given back before anybody goes on
