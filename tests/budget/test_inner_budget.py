"""The budget of calls that something makes which is itself in flight."""

from __future__ import annotations

import asyncio

import pytest

from grokcall.budget.budget import Budget
from grokcall.budget.inner_budget import InnerBudget
from grokcall.errors import BudgetReachedError
from grokcall_procedures.bounds import media_estimate

CENT = 100_000_000


def test_a_call_for_which_there_is_no_room_beside_what_makes_it_is_refused_at_once():
    async def main() -> None:
        talk = Budget(max_cost="0.10", name="talk")
        held = await talk.reserve(media_estimate(6 * CENT, 6 * CENT))
        inner = InnerBudget(talk)
        with pytest.raises(BudgetReachedError, match="talk"):
            await inner.reserve(media_estimate(5 * CENT, 5 * CENT))
        fitting = await inner.reserve(media_estimate(4 * CENT, 4 * CENT))
        inner.settle(fitting, 3 * CENT)
        talk.settle(held, 6 * CENT)
        assert (inner.spent_ticks, talk.spent_ticks, talk.calls) == (3 * CENT, 9 * CENT, 2)
        assert talk.reserved_ticks == talk.in_flight == 0

    asyncio.run(main())


def test_its_calls_count_where_nothing_is_limited():
    async def main() -> None:
        connection = Budget(name="connection")
        inner = InnerBudget(connection)
        assert inner.limited
        inner.settle(await inner.reserve(media_estimate(CENT, CENT)), CENT)
        assert inner.spent_ticks == connection.spent_ticks == CENT

    asyncio.run(main())


def test_a_limit_of_calls_above_it_holds():
    async def main() -> None:
        talk = Budget(max_calls=1, name="talk")
        await talk.reserve(media_estimate(0, 0))
        with pytest.raises(BudgetReachedError, match="max_calls"):
            await InnerBudget(talk).reserve(media_estimate(0, 0))

    asyncio.run(main())
