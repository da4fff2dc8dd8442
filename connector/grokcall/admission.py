"""The one place where a call is admitted and the one where its outcome is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from grokcall.outcomes import Outcome
from grokcall_procedures import BoundCall


class Gate:
    """Lets at most ``concurrency`` calls of a connection run at a time, whichever thread or lookup they come from.

    A call that waits before a retry steps aside, so that its place does not stand empty; ``on_vacancy`` holds what is
    to be told then.

    Args:
        concurrency: Calls that may run at a time.
        wider: The gate behind this one, for a lookup with a limit of its own: a call passes both.
    """

    def __init__(self, concurrency: int, wider: Gate | None = None) -> None:
        self.concurrency = concurrency
        self.on_vacancy: set[Callable[[], None]] = set()
        self._wider = wider
        self._places = asyncio.Semaphore(concurrency)

    async def admit(self, _call: BoundCall) -> None:
        """Waits for a place."""
        await self._enter()

    def record(self, _call: BoundCall, _outcome: Outcome) -> None:
        """Takes note of a call's end and gives its place to the next."""
        self._leave()

    @asynccontextmanager
    async def stepped_aside(self) -> AsyncIterator[None]:
        """Gives the place to another call for the length of a wait."""
        self._leave()
        self._tell()
        try:
            yield
        finally:
            # A cancelled wait must take its place back as well, because ``record`` gives one back in every case.
            await asyncio.shield(self._enter())

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
