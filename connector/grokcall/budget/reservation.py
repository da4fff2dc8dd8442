"""What is reserved for calls, and calls that wait for room."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from grokcall.budget.usage import BudgetUsage
from grokcall.errors import BudgetReachedError
from grokcall_procedures.estimates import Estimate, Reserve

Estimating: TypeAlias = Callable[[], Estimate]
"""Estimates a call anew, with what has been learned meanwhile."""


@dataclass(slots=True, eq=False)
class Reservation:
    """What is reserved for one call in a budget and those above it; ``open`` until it is settled or released."""

    chain: Sequence[BudgetUsage]
    need: Reserve
    estimating: Estimating | None = None
    open: bool = True
    further: Reserve = field(default_factory=Reserve)
    """What was reserved beside the call's need, for requests that were sent again."""
    request: Reserve | None = None
    """What is reserved for the call's present request, where it has several that are reserved one by one."""

    @property
    def latest(self) -> Reserve:
        """What is reserved for the call's present request."""
        return self.need if self.request is None else self.request

    @property
    def whole(self) -> Reserve:
        """All that is reserved for the call."""
        return Reserve(self.need.ticks + self.further.ticks, self.need.tokens + self.further.tokens)


@dataclass(slots=True, eq=False)
class Asker:
    """A call in flight that waits for room for a further request.

    Args:
        reservation: The call's.
        need: What its earlier requests took and what this one may take together.
        request: What this one may take.
    """

    reservation: Reservation
    need: Reserve
    request: Reserve
    loop: asyncio.AbstractEventLoop
    admitted: asyncio.Future[None]
    is_over: bool = False
    error: BudgetReachedError | None = None

    @property
    def taken(self) -> Reserve:
        """What the call's earlier requests took."""
        return Reserve(self.need.ticks - self.request.ticks, self.need.tokens - self.request.tokens)

    def more(self, budget: BudgetUsage) -> tuple[int, int]:
        """The ticks and tokens that it needs in a budget beyond what is reserved for it.

        Of a call that is alone only what is sure counts, as when it began.
        """
        alone, need, before = budget.in_flight == 1, self.need, self.reservation.need
        ticks, tokens = (need.least_ticks, need.least_tokens) if alone else (need.ticks, need.tokens)
        return ticks - before.ticks, tokens - before.tokens

    def lacking(self) -> BudgetUsage | None:
        """The first budget of the chain without room for it; None where there is room."""
        return next((budget for budget in self.reservation.chain if not self._fits(budget)), None)

    def _fits(self, budget: BudgetUsage) -> bool:
        ticks, tokens = self.more(budget)
        if budget.in_flight > 1:  # who needs less than before makes room
            ticks, tokens = max(ticks, 0), max(tokens, 0)
        return budget.fits(ticks, tokens)

    def admit(self) -> None:
        """Has what it needs set aside."""
        before = self.reservation.need
        self.reservation.need, self.reservation.request = self.need, self.request
        for budget in self.reservation.chain:
            budget.add_aside(self.need.ticks - before.ticks, self.need.tokens - before.tokens)
        self.is_over = True


@dataclass(slots=True, eq=False)
class Waiter:
    """A call that waits for room."""

    need: Reserve
    estimating: Estimating | None
    ticket: int
    loop: asyncio.AbstractEventLoop
    admitted: asyncio.Future[None]
    reservation: Reservation | None = None
    error: BudgetReachedError | None = None
