"""What a session costs: reserved in the budget before it is sent, and settled once the session is over."""

from __future__ import annotations

from grokcall.budget.budget import Budget, Reservation
from grokcall_procedures.bounds import media_estimate


class Meter:
    """The costs of one session, which is one call of its budget; for one loop.

    Args:
        budget: What may be spent.

    >>> Meter(Budget()).spent
    0
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._reservation: Reservation | None = None
        self._reserved = 0
        self.spent: int = 0
        """Ticks for what was sent so far."""

    @property
    def room(self) -> int:
        """Ticks that are reserved and not spent."""
        return max(0, self._reserved - self.spent)

    async def reserve(self, ticks: int) -> None:
        """Has so many ticks beyond what was spent be reserved.

        Raises:
            BudgetReachedError: There is no room for them and will be none.
        """
        if ticks <= self.room and self._reservation is not None:
            return
        estimate = media_estimate(ticks, ticks)
        if self._reservation is None:
            self._reservation = await self._budget.reserve(estimate)
        else:
            self._budget.check_time()
            await self._budget.reserve_further(self._reservation, self.spent, 0, estimate)
        self._reserved = self.spent + ticks

    def spend(self, ticks: int) -> None:
        """Takes note of what is about to be sent."""
        self.spent += ticks

    def settle(self) -> None:
        """Puts what was spent in the place of what was reserved; harmless when repeated."""
        if self._reservation is None:
            return
        if self.spent:
            self._budget.settle(self._reservation, self.spent, 0)
        else:
            self._budget.release(self._reservation)
