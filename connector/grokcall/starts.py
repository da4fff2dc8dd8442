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

    Attributes:
        begun: Whether something may have been sent that costs money.
        refusal: Why it must not be sent; None while nothing speaks against it.
    """

    __slots__ = ("_budget", "_limit", "_place", "_run", "begun", "refusal")

    def __init__(self, budget: Budget | None, run: JournalRun | None, place: CallKey | None) -> None:
        self.begun: bool = False
        self.refusal: Error | None = None
        self._budget = budget
        self._run = run
        self._place = place
        self._limit: asyncio.Timeout | None = None

    def __call__(self) -> None:
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
                self._run.intend(*self._place)
        except Error as error:
            self.refusal = error
            raise
        self.begun = True
        if self._limit is not None:
            self._limit.reschedule(None)

    def may_wait(self, seconds: float) -> bool:
        """Whether the time of the budget allows another try after so many seconds."""
        left = self._budget.seconds_left if self._budget is not None else None
        return left is None or seconds < left

    async def in_time(self, work: Awaitable[Outcome], budget: Budget) -> Outcome:
        """The outcome of the call, which begins before the time of ``budget`` is over or not at all.

        Raises:
            BudgetReachedError: The time was over before it began.
        """
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
