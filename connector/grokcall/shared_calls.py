"""Calls that equal rows share: one request, whoever of those that wait for its answer goes away meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from grokcall.outcomes import Outcome


class SharedCall:
    """A call under way, made by the row that came first or, where several passes share it, by a task of its own.

    A task costs some time for each call. It goes on as long as one row waits for it, and is stopped when the last one
    was: so to stop one query leaves alone what another one waits for.
    """

    def __init__(self) -> None:
        self.stopped: bool = False
        """Whether it came to no end, so that it can be shared no longer."""
        self._ended: asyncio.Future[Outcome] | None = None
        """Made when somebody waits for it: most calls have no equal one."""
        self._waiting = 0

    async def made(self, work: Coroutine[Any, Any, Outcome]) -> Outcome:
        """What became of it, made by whoever awaits this."""
        try:
            outcome = await work
        except Exception as error:
            self.stopped = True
            if self._ended is not None:
                self._ended.set_exception(error)
                self._ended.exception()  # perhaps nobody waits for it any more
            raise
        except BaseException:
            self.stopped = True
            if self._ended is not None:
                self._ended.cancel()
            raise
        if self._ended is not None:
            self._ended.set_result(outcome)
        return outcome

    async def made_apart(self, work: Coroutine[Any, Any, Outcome]) -> Outcome:
        """What became of it, made by a task that nobody's end ends."""
        self._ended = asyncio.get_running_loop().create_task(work)
        return await self.outcome()

    async def outcome(self) -> Outcome:
        """What became of it, for one more row."""
        ended = self._ended
        if ended is None:
            ended = self._ended = asyncio.get_running_loop().create_future()
        self._waiting += 1
        try:
            return await asyncio.shield(ended)
        finally:
            self._waiting -= 1
            if not self._waiting and isinstance(ended, asyncio.Task) and not ended.done():
                self.stopped = True
                ended.cancel()
                await asyncio.wait([ended])  # what it holds is given back before anybody goes on
