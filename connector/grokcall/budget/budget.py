"""Budgets: limits of money, calls, tokens and time that hold while many calls run at once.

What a call may take is reserved before it is sent and replaced by what it really cost when it has ended. For a call
with a highest price that is its highest price: what is spent and what is reserved together never pass the limit, so
calls that run at the same time cannot pass it together.

A call that reasons has no highest price. What is reserved for it is an allowance that replies teach: when one takes
more, what is reserved for the calls in flight rises at once, and none starts until all of it fits again. So the limit
can be passed by what the calls in flight take beyond their allowances, and by nothing else.
:meth:`Budget.guarantee` says which of the two holds.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from decimal import Decimal

from grokcall.budget.chain import BudgetChain
from grokcall.budget.queues import Queues
from grokcall.budget.reservation import Asker, Estimating, Reservation, Waiter
from grokcall_procedures.estimates import Estimate, Reserve

__all__ = ["Budget", "Reservation"]


class Budget(BudgetChain):
    """Limits for a statement, a run or a connection.

    Every reservation counts for the budget and for those above it. Threads and event loops may share a budget.

    Args:
        max_cost: USD that may be spent, 0 or more; None for no limit. Rounded down to 1e-10 USD.
        max_calls: Calls that may be made.
        max_tokens: Tokens that may be read and written together.
        max_duration: Seconds, counted from the first reservation, after which no call starts any more; those in flight
            end.
        name: Whose budget it is, for messages.
        parent: The budget above, for example the connection's.
        clock: Gives seconds; tests hand in one that they set.

    Raises:
        InterfaceError: A limit is negative or no number.

    >>> budget = Budget(max_cost="5", max_calls=1000)
    >>> budget.remaining_usd, budget.stopped
    (Decimal('5.0000000000'), None)
    """

    def __init__(
        self,
        max_cost: Decimal | float | str | None = None,
        max_calls: int | None = None,
        max_tokens: int | None = None,
        max_duration: float | None = None,
        name: str = "run",
        parent: Budget | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(max_cost, max_calls, max_tokens, max_duration, name, parent, clock)
        self.queue: deque[Waiter] = deque()
        """Calls that wait for room in it."""
        self._queues: Queues = parent._queues if parent is not None else Queues()

    async def reserve(self, estimate: Estimate, estimating: Estimating | None = None) -> Reservation:
        """Reserves what a call may take, as soon as there is room for it.

        Calls are admitted in the order in which they came. One waits while calls in flight may cost less than was
        reserved for them and so make room. A call that is alone needs room for what is sure of it, no more.

        Args:
            estimate: What the call may take.
            estimating: Estimates it anew, for :meth:`top_up`; None for a call of which nothing more is learned.

        Raises:
            BudgetReachedError: There is no room and will be none, however little the calls in flight cost.
        """
        need = estimate.reserve
        with self._queues.lock:
            for budget in self.chain:
                budget.start()
            lacking = self.lacking(need)
            if lacking is None and self._queues.is_empty:
                return self.take(need, estimating)
            waiter = self._queues.enqueue(self, need, estimating)
            self._queues.admit()
        try:
            await waiter.admitted
        except BaseException:
            self._leave(waiter)
            raise
        if waiter.error is not None:
            raise waiter.error
        assert waiter.reservation is not None
        return waiter.reservation

    async def reserve_further(self, reservation: Reservation, ticks: int, tokens: int, estimate: Estimate) -> None:
        """Reserves what a further request of a call in flight may take, beside what its earlier ones have taken.

        It waits for calls in flight that may make room, before any new call is let in; where all that are in flight
        wait like it, the last one has none.

        Args:
            reservation: The call's.
            ticks: What its earlier requests cost.
            tokens: What they read and wrote.
            estimate: What the further one may take.

        Raises:
            BudgetReachedError: There is no room and will be none.
        """
        one, loop = estimate.reserve, asyncio.get_running_loop()
        need = Reserve(
            ticks + one.ticks,
            tokens + one.tokens,
            ticks + one.least_ticks,
            tokens + one.least_tokens,
            one.reasoning_tokens,
        )
        asker = Asker(reservation, need, one, loop, loop.create_future())
        with self._queues.lock:
            self._queues.askers.append(asker)
            self._queues.admit()
        try:
            if not asker.is_over:
                await asker.admitted
        except BaseException:
            with self._queues.lock:
                if asker in self._queues.askers:
                    self._queues.askers.remove(asker)
                    self._queues.admit()
            raise
        if asker.error is not None:
            raise asker.error

    def reserve_together(self, estimates: Sequence[Estimate], *, sent: bool = False) -> list[Reservation]:
        """Reserves what several calls may take, for all of them or for none; waits for nothing.

        Args:
            estimates: What each may take.
            sent: Whether they have been sent already, so that they count whether there is room or not.

        Raises:
            BudgetReachedError: There is no room for all of them.
        """
        needs = [estimate.reserve for estimate in estimates]
        with self._queues.lock:
            for budget in self.chain if needs else ():
                budget.start()
                error = None if sent else budget.refusal_of(needs)
                if error is not None:
                    budget.stopped = budget.stopped or error
                    raise error
            return [self.take(need) for need in needs]

    def settle(self, reservation: Reservation, ticks: int | None, tokens: int | None = None) -> None:
        """Replaces what was reserved by what the call cost. Of several settles and releases the first counts.

        Args:
            reservation: The call's.
            ticks: What it cost; None where nobody knows, and all that was reserved counts as spent.
            tokens: What it read and wrote; None as for ``ticks``.
        """
        with self._queues.lock:
            if not reservation.open:
                return
            self._queues.give_back(reservation)
            whole = reservation.whole
            over = (ticks or 0) > whole.ticks or (tokens or 0) > whole.tokens
            for budget in reservation.chain:
                budget.spent_ticks += whole.ticks if ticks is None else ticks
                budget.tokens += whole.tokens if tokens is None else tokens
                budget.over_calls += over
            self._queues.admit()

    def release(self, reservation: Reservation) -> None:
        """Gives back what was reserved for a call that surely was not billed, as if it had never been made."""
        with self._queues.lock:
            if reservation.open:
                self._queues.undo(reservation)
                self._queues.admit()

    def extend(self, reservation: Reservation, more: Reserve) -> bool:
        """Sets more aside for a call in flight, for a request that is sent again, if there is room for it now.

        Returns:
            Whether there was room.
        """
        with self._queues.lock:
            if not all(budget.fits(more.ticks, more.tokens) for budget in reservation.chain):
                return False
            further = reservation.further
            reservation.further = Reserve(further.ticks + more.ticks, further.tokens + more.tokens)
            for budget in reservation.chain:
                budget.add_aside(more.ticks, more.tokens)
            return True

    def top_up(self) -> None:
        """Reserves for calls in flight, and for those that wait, what has been learned meanwhile that they may take.

        It may pass the limit; then nothing starts until all of it fits again.
        """
        with self._queues.lock:
            for reservation in self._queues.open:
                assert reservation.estimating is not None
                before = reservation.need
                reservation.need = need = before.raised_to(reservation.estimating().reserve)
                for budget in reservation.chain:
                    budget.add_aside(need.ticks - before.ticks, need.tokens - before.tokens)
            self._queues.estimate_anew()

    def carry(self, *, ticks: int = 0, tokens: int = 0, calls: int = 0) -> None:
        """Counts what earlier tries of the same run used up, in this budget alone: those above it are not the run's."""
        with self._queues.lock:
            self.bring_forward(ticks, tokens, calls)

    def leave_to_parent(self) -> None:
        """In the child of a fork: what is in flight is the parent's, and counts as spent here."""
        self.queue, self._queues = deque(), Queues()
        self.spend_reserved()

    def lacking(self, need: Reserve) -> Budget | None:
        """The first budget of the chain without room; None when there is room. Raises where there never will be."""
        for budget in self.chain:
            error = budget.refusal(need)
            if error is not None:
                budget.stopped = budget.stopped or error
                raise error
        return next((budget for budget in self.chain if not budget.has_room(need)), None)

    def take(self, need: Reserve, estimating: Estimating | None = None) -> Reservation:
        """Reserves what a call needs, for which there is room."""
        for budget in self.chain:
            budget.set_aside(need)
        reservation = Reservation(self.chain, need, estimating)
        if estimating is not None:
            self._queues.open.add(reservation)
        return reservation

    def _leave(self, waiter: Waiter) -> None:
        """Undoes a wait that was cancelled, whether room had been found in the meantime or not."""
        with self._queues.lock:
            if waiter.reservation is not None:
                self.release(waiter.reservation)
            elif waiter in self.queue:
                self.queue.remove(waiter)
                self._queues.admit()
