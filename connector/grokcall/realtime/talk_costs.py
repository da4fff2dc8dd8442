"""What a talk costs: the time that it takes, or the sound of both directions, and the texts that were written."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from grokcall.realtime.meter import Meter
from grokcall_procedures.prices import PRICES

AHEAD = 10.0
"""Seconds that are reserved in the budget at a time, and after which they are counted."""
MINUTE = 60.0


class TalkCosts:
    """The costs of one talk; for one loop.

    Args:
        meter: Reserves and settles them.
        model: The model; None for the service's own choice.
        clock: Gives seconds; None for the clock of the loop.

    Attributes:
        seconds: Seconds of sound that were sent and received.
        texts: Texts that were written.
    """

    def __init__(self, meter: Meter, model: str | None, clock: Callable[[], float] | None = None) -> None:
        self._meter = meter
        self._minute = PRICES.talk_minute(model)
        self._clock = clock
        self._began: float | None = None
        self._counting = asyncio.Lock()
        self.seconds: float = 0.0
        self.texts: int = 0

    @property
    def now(self) -> float:
        """Seconds since the talk began; 0 before that."""
        return 0.0 if self._began is None else self._moment() - self._began

    @property
    def due(self) -> int:
        """The ticks for what was said or for the time that it took, whichever is more, and for what was written."""
        seconds = 0.0 if self._began is None else max(self.seconds, self.now)
        return self._price(seconds) + self.texts * PRICES.talk_text

    def begin(self) -> None:
        """Starts the clock."""
        self._began = self._moment()

    async def reserve(self, ticks: int = 0) -> None:
        """Has so much be reserved, and the next seconds with it.

        Raises:
            BudgetReachedError: There is no room for it.
        """
        await self._meter.reserve(ticks + self._price(AHEAD))

    async def count(self, seconds: float = 0.0, texts: int = 0) -> None:
        """Counts what has come due, with what is about to be sent, and has more be reserved where that is not enough.

        Raises:
            BudgetReachedError: There is no room for it; nothing of it was counted.
        """
        async with self._counting:
            before = self.seconds, self.texts
            self.seconds, self.texts = self.seconds + seconds, self.texts + texts
            try:
                due = self.due - self._meter.spent
                if due > self._meter.room:
                    await self.reserve(due)
            except BaseException:
                self.seconds, self.texts = before
                raise
            self._meter.spend(max(0, due))

    def spend_due(self) -> None:
        """Counts what has come due, whether there is room for it or not."""
        self._meter.spend(max(0, self.due - self._meter.spent))

    def _price(self, seconds: float) -> int:
        return math.ceil(seconds * self._minute / MINUTE)

    def _moment(self) -> float:
        return (self._clock or asyncio.get_running_loop().time)()
