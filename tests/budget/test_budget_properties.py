"""What holds of budgets whatever happens: limits, order, room that is found again, and an end to every wait."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from grokcall.budget.budget import Budget, Reservation
from grokcall.errors import BudgetReachedError
from grokcall_procedures.estimates import Estimate

CAP = 1_000
USD = 10_000_000_000
"""Limits here are of that many ticks; steps are calls that start, end, are given back, or are cancelled."""

starts = st.tuples(st.just("start"), st.integers(0, 2), st.integers(0, CAP + CAP // 5))
ends = st.tuples(st.sampled_from(["settle", "unknown", "release", "cancel"]), st.integers(0, 50), st.integers(0, 100))
limits = st.one_of(st.none(), st.integers(0, CAP))


@dataclass
class Call:
    """One call of a play."""

    number: int
    budget: Budget
    need: int
    task: asyncio.Task[None] | None = None
    reservation: Reservation | None = None
    refusal: BudgetReachedError | None = None
    headroom: int = 0
    """What its budget, or the one above, had left when it was refused."""


@dataclass
class Play:
    """A sequence of steps on three budgets: one above, two below it."""

    budgets: list[Budget]
    calls: list[Call] = field(default_factory=list)
    admitted: list[Call] = field(default_factory=list)

    async def enter(self, call: Call) -> None:
        """A call's wait for room."""
        try:
            call.reservation = await call.budget.reserve(Estimate(0, 0, call.need, worst_tokens=call.need))
            self.admitted.append(call)
        except BudgetReachedError as error:
            call.refusal = error

    async def step(self, kind: str, which: int, amount: int) -> None:
        """One step; those that fit nothing do nothing."""
        if kind == "start":
            call = Call(len(self.calls), self.budgets[which], amount)
            self.calls.append(call)
            call.task = asyncio.create_task(self.enter(call))
        elif self.calls:
            self.end(self.calls[which % len(self.calls)], kind, amount)
        for _ in range(3):
            await asyncio.sleep(0)

    def end(self, call: Call, kind: str, percent: int) -> None:
        """Ends a call that is in flight, or cancels one that waits."""
        if kind == "cancel":
            if call.task is not None:
                call.task.cancel()
        elif call.reservation is not None:
            if kind == "release":
                call.budget.release(call.reservation)
            else:
                ticks = None if kind == "unknown" else call.need * percent // 100
                call.budget.settle(call.reservation, ticks, ticks)

    def check(self) -> None:
        """What holds after every step."""
        for budget in self.budgets:
            in_flight = [
                call
                for call in self.calls
                if call.reservation is not None
                and call.reservation.open
                and budget in (call.budget, call.budget.parent)
            ]
            assert budget.reserved_ticks == budget.reserved_tokens == sum(call.need for call in in_flight)
            assert budget.in_flight == len(in_flight)
            if budget.max_ticks is not None:
                assert budget.spent_ticks + budget.reserved_ticks <= budget.max_ticks
            if budget.max_tokens is not None:
                assert budget.tokens + budget.reserved_tokens <= budget.max_tokens
            if budget.max_calls is not None:
                assert budget.calls <= budget.max_calls
        for call in self.calls:
            if call.refusal is not None and call.refusal.reason == "max_cost":
                assert call.refusal.needed > call.refusal.cap - call.refusal.spent  # type: ignore[operator]

    async def finish(self) -> None:
        """Ends everything that is in flight until nobody waits any more."""
        for _ in range(2 * len(self.calls) + 2):
            for call in self.calls:
                self.end(call, "settle", 50)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert all(call.task is not None and call.task.done() for call in self.calls), "a call waits for ever"
        for budget in self.budgets:
            assert (budget.in_flight, budget.reserved_ticks, budget.reserved_tokens) == (0, 0, 0)


@settings(max_examples=300, deadline=None)
@given(
    above=limits,
    below=st.tuples(limits, limits),
    tokens=limits,
    calls=st.one_of(st.none(), st.integers(0, 20)),
    steps=st.lists(st.one_of(starts, ends), max_size=60),
)
def test_no_limit_is_passed_no_wait_is_endless_and_nothing_leaks(
    above: int | None,
    below: tuple[int | None, int | None],
    tokens: int | None,
    calls: int | None,
    steps: list[tuple[str, int, int]],
) -> None:
    async def play() -> None:
        top = Budget(usd(above), max_calls=calls, max_tokens=tokens, name="connection")
        running = Play([top, *(Budget(usd(limit), parent=top) for limit in below)])
        for step in steps:
            await running.step(*step)
            running.check()
        await running.finish()

    asyncio.run(play())


@settings(max_examples=200, deadline=None)
@given(steps=st.lists(st.one_of(starts, ends), max_size=60))
def test_calls_of_one_budget_are_let_in_in_the_order_in_which_they_came(steps: list[tuple[str, int, int]]) -> None:
    async def play() -> None:
        budget = Budget(usd(CAP))
        running = Play([budget, budget, budget])
        for step in steps:
            await running.step(*step)
        await running.finish()
        order = [call.number for call in running.admitted]
        assert order == sorted(order)

    asyncio.run(play())


@settings(max_examples=200, deadline=None)
@given(needs=st.lists(st.integers(1, 200), min_size=1, max_size=80), percent=st.integers(1, 100))
def test_a_run_ends_within_the_highest_price_of_one_call_of_its_limit(needs: list[int], percent: int) -> None:
    async def play() -> None:
        budget = Budget(usd(CAP))

        async def run(need: int) -> None:
            reservation = await budget.reserve(Estimate(0, 0, need))
            await asyncio.sleep(0)
            budget.settle(reservation, need * percent // 100)

        ended = await asyncio.gather(*map(run, needs), return_exceptions=True)
        assert budget.spent_ticks <= CAP
        refused = [error for error in ended if isinstance(error, BudgetReachedError)]
        assert len(refused) == len([each for each in ended if each is not None])
        if refused:
            assert CAP - budget.spent_ticks < max(needs)
            assert budget.stopped in refused
        else:
            assert budget.spent_ticks == sum(need * percent // 100 for need in needs)

    asyncio.run(play())


def usd(ticks: int | None) -> str | None:
    """A limit of so many ticks in USD."""
    return None if ticks is None else f"{ticks}e-10"
