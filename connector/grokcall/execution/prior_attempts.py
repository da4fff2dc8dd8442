"""What earlier tries of a run have used of its limits, as far as its journal knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from grokcall.budget.budget import Budget
from grokcall.journal.run import JournalRun
from grokcall_procedures.estimates import Estimate, Reserve

CallKey: TypeAlias = tuple[bytes, int]
"""A call's fingerprint, and which of the equal calls it is."""


@dataclass(frozen=True, slots=True)
class PriorAttempts:
    """What was used up before; a request whose price nobody knows counts with what was reserved for it.

    Args:
        calls: Calls that were made, each try of them, those in doubt included.
        ticks: What they cost.
        tokens: What they read and wrote.
        unknown: Requests for which nothing was reserved, since there was no limit then, by their calls. They count with
            the reserve of the first call, and with that of their own once its row comes by.
    """

    calls: int = 0
    ticks: int = 0
    tokens: int = 0
    unknown: Counter[CallKey] = field(default_factory=Counter)


NO_TRIES = PriorAttempts()


class UnknownTries:
    """Earlier requests of which the journal knows neither a price nor what was reserved; a budget is charged with them.

    Args:
        earlier: What is known of earlier tries.
        budget: The run's; None for none.
    """

    def __init__(self, earlier: PriorAttempts, budget: Budget | None) -> None:
        self._budget = budget
        self._left = earlier.unknown.copy() if budget is not None else Counter[CallKey]()
        self._first: Reserve | None = None

    def charge(self, key: CallKey, estimated: Callable[[], Estimate]) -> None:
        """Counts all of them at the first call, and those of this call at what each can have taken."""
        if not self._left or self._budget is None:
            return
        if self._first is None:
            self._first = estimated().request_reserve
            count = self._left.total()
            self._budget.carry(ticks=count * self._first.ticks, tokens=count * self._first.tokens)
        count = self._left.pop(key, 0)
        if count:
            own = estimated().request_reserve
            self._budget.carry(
                ticks=count * (own.ticks - self._first.ticks), tokens=count * (own.tokens - self._first.tokens)
            )


def prior_attempts(run: JournalRun) -> PriorAttempts:
    """What earlier tries of a run took.

    Args:
        run: The run, just begun or continued.
    """
    if not run.continued:
        return NO_TRIES
    spent = run.spent()
    return PriorAttempts(spent.calls, spent.ticks, spent.tokens, Counter(dict(spent.unknown)))
