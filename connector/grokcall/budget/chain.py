"""Budgets above each other, for example a statement's, a lookup's and the connection's: what all of them allow."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Self

from grokcall.budget.guarantee import promise, resent
from grokcall.budget.usage import BudgetUsage
from grokcall.errors import BudgetReachedError
from grokcall_procedures.estimates import Estimate


class BudgetChain(BudgetUsage):
    """The limits of one budget and of those above it.

    Args:
        max_cost, max_calls, max_tokens, max_duration, name, clock: As for :class:`BudgetUsage`.
        parent: The budget above.
    """

    def __init__(
        self,
        max_cost: Decimal | float | str | None = None,
        max_calls: int | None = None,
        max_tokens: int | None = None,
        max_duration: float | None = None,
        name: str = "run",
        parent: Self | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(max_cost, max_calls, max_tokens, max_duration, name, clock)
        self.parent = parent
        self.chain: tuple[Self, ...] = (self, *(parent.chain if parent is not None else ()))
        """This budget and those above it."""

    @property
    def limited(self) -> bool:
        """Whether this budget or one above it has a limit, so that calls have to be estimated at all."""
        return any(budget.has_limit for budget in self.chain)

    @property
    def seconds_left(self) -> float | None:
        """Seconds in which calls may still start, here and above; None without a limit."""
        left = [budget.remaining_seconds for budget in self.chain if budget.max_duration is not None]
        return min((seconds for seconds in left if seconds is not None), default=None)

    def check_time(self) -> None:
        """Makes sure that calls may still start.

        Raises:
            BudgetReachedError: The time is over, here or above.
        """
        if self.seconds_left == 0.0:
            raise self.overtime()

    def overtime(self) -> BudgetReachedError:
        """The error for calls that come too late, in the name of the budget whose time is over first."""
        timed = [budget for budget in self.chain if budget.max_duration is not None]
        first = min(timed, key=lambda budget: budget.remaining_seconds or 0.0)
        error = first.too_late()
        first.stopped = first.stopped or error
        return error

    def guarantee(self, example: Estimate, in_flight: int = 1, resends: int = 1) -> str:
        """What the limits are worth for calls like ``example``, in a sentence to show before the run starts.

        Args:
            example: What one of the calls may take.
            in_flight: The most that run at once.
            resends: How often a request may be sent whose answer is lost.

        >>> from grokcall.budget.budget import Budget
        >>> Budget(max_cost=5).guarantee(Estimate(1, 2, 3))
        'The run will not cost more than 5 USD.'
        """
        sentences = [promise(budget, example, in_flight) for budget in self.chain]
        if resends > 1 and any(budget.max_ticks is not None for budget in self.chain):
            sentences.append(resent(resends))
        return " ".join(filter(None, sentences)) or "No limit of cost, calls, tokens or time is set."
