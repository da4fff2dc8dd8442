"""Who waits for room in a budget, and in which order they are let in."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from grokcall.budget.reservation import Asker, Estimating, Reservation, Waiter
from grokcall.budget.usage import BudgetUsage
from grokcall.errors import BudgetReachedError
from grokcall_procedures.estimates import Reserve


class Queued(Protocol):
    """A budget on which calls may have to wait."""

    @property
    def queue(self) -> deque[Waiter]:
        """Those that wait for it, the first of them first."""
        ...

    @property
    def chain(self) -> Sequence[BudgetUsage]:
        """The budget and those above it."""
        ...

    def lacking(self, need: Reserve) -> BudgetUsage | None:
        """The first budget of the chain without room; None when there is room. Raises where there never will be."""
        ...

    def take(self, need: Reserve, estimating: Estimating | None = None) -> Reservation:
        """Reserves what a call needs."""
        ...


@dataclass(slots=True)
class Queues:
    """What a budget and all budgets above and below it share: one lock, and who waits.

    Whoever calls a method holds the lock.
    """

    lock: threading.RLock = field(default_factory=threading.RLock)
    tickets: Iterator[int] = field(default_factory=itertools.count)
    waiting: set[Queued] = field(default_factory=set)
    """Budgets on which a call waits that has not begun."""
    askers: list[Asker] = field(default_factory=list)
    """Calls in flight that wait for room for a further request."""
    open: set[Reservation] = field(default_factory=set)
    """What is reserved for calls of which more may be learned while they are in flight."""

    @property
    def is_empty(self) -> bool:
        """Whether nobody waits."""
        return not self.waiting and not self.askers

    def enqueue(self, budget: Queued, need: Reserve, estimating: Estimating | None) -> Waiter:
        """Has a call wait for a budget."""
        loop = asyncio.get_running_loop()
        waiter = Waiter(need, estimating, next(self.tickets), loop, loop.create_future())
        budget.queue.append(waiter)
        self.waiting.add(budget)
        return waiter

    def admit(self) -> None:
        """Lets in who waited longest, as long as there is room; nobody overtakes on a budget that both need.

        Calls in flight come first: what they have paid for would be in vain.
        """
        waiting, full = self.waiting, self._admit_askers() if self.askers else set()
        while ready := [budget for budget in waiting if budget.queue and full.isdisjoint(budget.chain)]:
            budget = min(ready, key=lambda each: each.queue[0].ticket)
            lacking = self._admit_first(budget)
            if lacking is not None:
                full.add(lacking)
        waiting.difference_update([budget for budget in waiting if not budget.queue])

    def estimate_anew(self) -> None:
        """Has those that wait need what has been learned meanwhile."""
        for budget in self.waiting:
            for waiter in budget.queue:
                if waiter.estimating is not None:
                    waiter.need = waiter.estimating().reserve

    def _admit_askers(self) -> set[BudgetUsage]:
        """Gives calls in flight what they ask for; the budgets that have no room for one of them.

        Where all that are in flight in a budget wait for something nobody makes room, and the last that waits for this
        budget has none.
        """
        left: list[Asker] = []
        for asker in self.askers:
            if asker.lacking() is None:
                asker.admit()
                wake(asker)
            else:
                left.append(asker)
        lacked: dict[BudgetUsage, Asker] = {}
        for asker in left:
            lacking = asker.lacking()
            if lacking is not None:
                lacked[lacking] = asker
        for budget, last in lacked.items():
            if sum(budget in asker.reservation.chain for asker in left) >= budget.in_flight:
                last.error, last.is_over = budget.shortage(last.taken, last.request), True
                budget.stopped = budget.stopped or last.error
                wake(last)
                left.remove(last)
                break  # what it gives back is looked at when it has ended
        self.askers[:] = left
        return set(lacked)

    def _admit_first(self, budget: Queued) -> BudgetUsage | None:
        """Lets the first of the queue in, or turns it away for good; the budget without room if it has to wait on."""
        waiter = budget.queue[0]
        try:
            lacking = budget.lacking(waiter.need)
        except BudgetReachedError as error:
            waiter.error = error
        else:
            if lacking is not None:
                return lacking
            waiter.reservation = budget.take(waiter.need, waiter.estimating)
        budget.queue.popleft()
        if not wake(waiter) and waiter.reservation is not None:
            self.undo(waiter.reservation)
        return None

    def give_back(self, reservation: Reservation) -> None:
        """Gives back what is reserved for a call that has ended."""
        reservation.open = False
        self.open.discard(reservation)
        for budget in reservation.chain:
            budget.give_back(reservation.whole)

    def undo(self, reservation: Reservation) -> None:
        """Gives it back for a call that was not made."""
        self.give_back(reservation)
        for budget in reservation.chain:
            budget.calls -= 1


def wake(waiting: Waiter | Asker) -> bool:
    """Tells a call that its wait is over; False where its loop was closed, so that nobody is left."""
    with suppress(RuntimeError):
        waiting.loop.call_soon_threadsafe(end_wait, waiting.admitted)
        return True
    return False


def end_wait(admitted: asyncio.Future[None]) -> None:
    """Ends the wait of a call, unless it was cancelled meanwhile."""
    if not admitted.done():
        admitted.set_result(None)
