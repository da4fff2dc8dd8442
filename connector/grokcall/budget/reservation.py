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

    @property
    def whole(self) -> Reserve:
        """All that is reserved for the call."""
        return Reserve(self.need.ticks + self.further.ticks, self.need.tokens + self.further.tokens)


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
