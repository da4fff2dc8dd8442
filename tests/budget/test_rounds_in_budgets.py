"""Calls of several rounds reserve each of them: the limit holds, and none waits for ever."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from grokcall.budget.budget import Budget
from grokcall.errors import BudgetReachedError
from grokcall_procedures.estimates import Estimate

SECONDS = 60


@dataclass
class Round:
    """A request: the most that it can cost, and what it does cost."""

    highest: int
    share: int

    @property
    def cost(self) -> int:
        return self.highest * self.share // 100


ROUNDS = st.builds(Round, st.integers(1, 50), st.integers(0, 100))
CALLS = st.lists(st.lists(ROUNDS, min_size=1, max_size=5), min_size=1, max_size=12)


def estimate(ticks: int) -> Estimate:
    return Estimate(ticks, ticks, ticks)


@settings(deadline=None)
@given(CALLS, st.integers(1, 400), st.integers(1, 400))
def test_what_is_spent_and_reserved_never_passes_the_limits_and_every_call_ends(calls, inner, outer):
    async def made() -> tuple[list[int], Budget, Budget]:
        above = Budget(name="connection", max_cost=outer / 10**10)
        budget = Budget(max_cost=inner / 10**10, parent=above)
        ended: list[int] = []

        def check() -> None:
            for each in (budget, above):
                assert each.spent_ticks + each.reserved_ticks <= (each.max_ticks or 0)

        async def call(rounds: list[Round]) -> None:
            taken = done = 0
            reservation = await budget.reserve(estimate(rounds[0].highest))
            try:
                for number, each in enumerate(rounds):
                    if number:
                        await budget.reserve_further(reservation, taken, 0, estimate(each.highest))
                    check()
                    await asyncio.sleep(0)
                    taken += each.cost
                    done += 1
            finally:
                budget.settle(reservation, taken)
                ended.append(done)
            check()

        results = await asyncio.gather(*(call(rounds) for rounds in calls), return_exceptions=True)
        assert all(result is None or isinstance(result, BudgetReachedError) for result in results), results
        return ended, budget, above

    async def in_time() -> tuple[list[int], Budget, Budget]:
        return await asyncio.wait_for(made(), SECONDS)

    _, budget, above = asyncio.run(in_time())
    for each in (budget, above):
        assert (each.reserved_ticks, each.in_flight) == (0, 0)
        assert each.spent_ticks <= (each.max_ticks or 0)


def test_a_round_waits_for_those_in_flight_and_goes_before_new_calls():
    async def made() -> list[str]:
        budget = Budget(max_cost=100 / 10**10)
        order: list[str] = []
        first = await budget.reserve(estimate(50))
        other = await budget.reserve(estimate(50))

        async def further() -> None:
            await budget.reserve_further(first, 40, 0, estimate(50))
            order.append("further")
            budget.settle(first, 60)

        async def new() -> None:
            reservation = await budget.reserve(estimate(20))
            order.append("new")
            budget.settle(reservation, 20)

        tasks = [asyncio.create_task(further()), asyncio.create_task(new())]
        await asyncio.sleep(0)
        assert order == []
        budget.settle(other, 10)
        await asyncio.wait_for(asyncio.gather(*tasks), SECONDS)
        return order

    assert asyncio.run(made()) == ["further", "new"]


def test_a_cancelled_round_leaves_no_place_taken():
    async def made() -> Budget:
        budget = Budget(max_cost=100 / 10**10)
        first, other = await budget.reserve(estimate(50)), await budget.reserve(estimate(50))
        waiting = asyncio.create_task(budget.reserve_further(first, 40, 0, estimate(50)))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        budget.settle(first, 40)
        budget.settle(other, 50)
        return budget

    budget = asyncio.run(made())
    assert (budget.spent_ticks, budget.reserved_ticks, budget.in_flight) == (90, 0, 0)
