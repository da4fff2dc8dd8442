"""A semaphore whose waiting tasks come from several queues, which take turns."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable


class FairSemaphore:
    """Lets so many tasks of one event loop go on at a time.

    Whoever waits stands in the queue of its owner. A place that becomes free goes to the queues in turn, and in each to
    whoever came first, so that an owner with many tasks keeps none from an owner with few.

    Args:
        count: How many places there are.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: dict[Hashable, deque[asyncio.Future[None]]] = {}

    def locked(self) -> bool:
        """Whether whoever comes now has to wait."""
        return self._free == 0

    async def acquire(self, owner: Hashable) -> None:
        """Waits for a place.

        Args:
            owner: Whose queue it is waited in.
        """
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(owner, deque()).append(turn)
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled():  # it was given a place in the same moment
                self.release()
            else:
                turn.cancel()
            raise

    def release(self) -> None:
        """Gives a place back, which goes to the next who waits."""
        while self._waiting:
            owner = next(iter(self._waiting))
            queue = self._waiting.pop(owner)
            while queue:
                turn = queue.popleft()
                if not turn.done():
                    if queue:
                        self._waiting[owner] = queue  # behind the others
                    turn.set_result(None)
                    return
        self._free += 1
