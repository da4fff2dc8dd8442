"""The start of a call: the moment at which its first request that costs money is about to go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from grokcall.budgets import Budget
from grokcall.earlier_tries import CallKey
from grokcall.errors import Error
from grokcall.journal import JournalRun
from grokcall.outcomes import Outcome


class Start:
    """The start of one call, which a limit of time or a journal that cannot be written prevents.

    A call can wait long for its turn at the service. While it waits it has cost nothing: it ends when its time is
    over, and is put on record only when it goes.

    Args:
        budget: What may be spent; None for no limit.
        run: The run of the journal; None for no journal.
        place: Where the journal has the call.
    """

    def __init__(self, budget: Budget | None, run: JournalRun | None, place: CallKey | None) -> None:
        self.begun: bool = False
        """Whether something may have been sent that costs money."""
        self._budget = budget
        self._run = run
        self._place = place
        self._limit: asyncio.Timeout | None = None
        self._refusal: Error | None = None

    async def __call__(self) -> None:
        """Takes note that a request which costs money is about to go, unless it must not.

        Raises:
            BudgetReachedError: The time is over.
            JournalError: The call cannot be put on record.
        """
        if self.begun:
            return
        try:
            if self._budget is not None:
                self._budget.check_time()
            if self._run is not None and self._place is not None:
                await self._run.intend(*self._place)
        except Error as error:
            self._refusal = error
            raise
        self.begun = True
        if self._limit is not None:
            self._limit.reschedule(None)

    async def awaited(self, work: Awaitable[Outcome]) -> Outcome:
        """The outcome of a call that was given this start.

        Raises:
            BudgetReachedError: The time was over before it began.
            JournalError: It could not be put on record, so it was not sent.
        """
        outcome = await work if self._budget is None else await self._in_time(work, self._budget)
        if self._refusal is not None:
            raise self._refusal
        return outcome

    async def _in_time(self, work: Awaitable[Outcome], budget: Budget) -> Outcome:
        left = budget.seconds_left
        if left is None:
            return await work
        self._limit = asyncio.timeout(left)
        try:
            async with self._limit:
                return await work
        except TimeoutError:
            if not self._limit.expired():
                raise
            raise budget.overtime() from None
