"""The budget of calls that are made inside something which is itself in flight, for example by a talk."""

from __future__ import annotations

from grokcall.budget.budget import Budget
from grokcall.budget.reservation import Estimating, Reservation
from grokcall_procedures.estimates import Estimate


class InnerBudget(Budget):
    """No limits of its own, but what the calls of something in flight take, within the limits of those above.

    Its calls wait for no room: what they would wait for may be the end of that which makes them.

    Args:
        parent: The budget above.

    >>> inner = InnerBudget(Budget(max_cost="0.10", name="talk"))
    >>> inner.name, inner.spent_ticks
    ('talk', 0)
    """

    def __init__(self, parent: Budget) -> None:
        super().__init__(name=parent.name, parent=parent)

    @property
    def limited(self) -> bool:
        """That its calls are counted, whether a limit is set above it or not."""
        return True

    async def reserve(self, estimate: Estimate, estimating: Estimating | None = None) -> Reservation:  # noqa: ARG002
        """Reserves what a call may take.

        Raises:
            BudgetReachedError: There is no room for it beside what is in flight.
        """
        return self.reserve_together([estimate])[0]
