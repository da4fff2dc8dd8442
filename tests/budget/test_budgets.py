"""Budgets: what is let in, what waits, what is turned away, and what is told."""

from __future__ import annotations

import asyncio
import pickle
import threading
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any

import pytest

from bound_calls import bind
from grokcall.budget.budget import Budget, Reservation
from grokcall.errors import BudgetReachedError, InterfaceError, error_code, is_retryable, is_systemic
from grokcall_procedures.bounds import FREE
from grokcall_procedures.estimates import Allowances, Estimate, estimate

USD = 10_000_000_000


def call(usd: float, tokens: int = 0) -> Estimate:
    """A bounded call of that highest price."""
    ticks = round(usd * USD)
    return Estimate(ticks // 10, ticks // 2, ticks, worst_tokens=tokens)


LOOSE = Estimate(
    1, USD, None, input_tokens_high=5, output_tokens_high=5, worst_tokens=None, reasons=("it has no limit",)
)
"""A call without a bound."""


def run(steps: Coroutine[Any, Any, None]) -> None:
    """Runs a test's coroutine, for up to five seconds."""
    asyncio.run(asyncio.wait_for(steps, 5))


async def turns(count: int = 5) -> None:
    """Lets everything run that can."""
    for _ in range(count):
        await asyncio.sleep(0)


def test_calls_are_let_in_until_what_is_reserved_fills_the_limit() -> None:
    async def steps() -> None:
        budget = Budget(max_cost="1")
        first = await budget.reserve(call(0.4))
        await budget.reserve(call(0.6))
        assert (budget.reserved_ticks, budget.remaining_ticks, budget.in_flight) == (USD, 0, 2)
        third = asyncio.create_task(budget.reserve(call(0.3)))
        await turns()
        assert not third.done()
        budget.settle(first, USD // 10, 0)
        await third
        assert (budget.spent_ticks, budget.reserved_ticks) == (USD // 10, 9 * USD // 10)

    run(steps())


def test_a_call_that_can_never_fit_is_turned_away_at_once_though_others_are_in_flight() -> None:
    async def steps() -> None:
        budget = Budget(max_cost=1)
        budget.settle(await budget.reserve(call(0.7)), 5 * USD // 10)
        await budget.reserve(call(0.4))
        with pytest.raises(BudgetReachedError) as caught:
            await budget.reserve(call(0.6))
        error = caught.value
        assert (error.reason, error.cap, error.spent, error.needed) == ("max_cost", 1, Decimal("0.5"), Decimal("0.6"))
        assert budget.stopped is error
        assert (error_code(error), is_retryable(error), is_systemic(error)) == ("budget", False, True)
        for words in ("max_cost of 1 USD", "0.5 USD used", "0.6 USD", "raise max_cost"):
            assert words in str(error)
        await budget.reserve(call(0.1))

    run(steps())


def test_a_waiting_call_is_turned_away_when_the_last_room_is_spent() -> None:
    async def steps() -> None:
        budget = Budget(max_cost=1)
        first = await budget.reserve(call(1))
        waiting = asyncio.create_task(budget.reserve(call(0.2)))
        await turns()
        budget.settle(first, None)
        with pytest.raises(BudgetReachedError):
            await waiting
        assert budget.spent_usd == 1

    run(steps())


def test_a_cost_that_nobody_knows_counts_as_all_that_was_set_aside() -> None:
    async def steps() -> None:
        budget = Budget(max_cost=1, max_tokens=100)
        budget.settle(await budget.reserve(call(0.3, 40)), None, None)
        assert (budget.spent_ticks, budget.tokens, budget.reserved_ticks) == (3 * USD // 10, 40, 0)

    run(steps())


def test_a_released_call_leaves_no_trace() -> None:
    async def steps() -> None:
        budget = Budget(max_cost=1, max_calls=1, max_tokens=10)
        reservation = await budget.reserve(call(1, 10))
        budget.release(reservation)
        assert (budget.remaining_ticks, budget.remaining_calls, budget.remaining_tokens) == (USD, 1, 10)
        await budget.reserve(call(1, 10))

    run(steps())


def test_of_several_settles_and_releases_the_first_counts() -> None:
    async def steps() -> None:
        budget = Budget(max_cost=1)
        reservation = await budget.reserve(call(0.5))
        budget.settle(reservation, 7)
        budget.settle(reservation, 9)
        budget.release(reservation)
        assert (budget.spent_ticks, budget.reserved_ticks, budget.calls, budget.in_flight) == (7, 0, 1, 0)

    run(steps())


def test_calls_are_counted_and_none_is_made_beyond_the_limit() -> None:
    async def steps() -> None:
        budget = Budget(max_calls=2)
        await budget.reserve(LOOSE)
        await budget.reserve(LOOSE)
        with pytest.raises(BudgetReachedError, match="2 calls") as caught:
            await budget.reserve(FREE)
        assert caught.value.reason == "max_calls"
        assert budget.calls == 2

    run(steps())


def test_no_call_starts_after_its_time_and_the_time_starts_with_the_first_call() -> None:
    now = 100.0
    budget = Budget(max_duration=60, clock=lambda: now)
    now = 500.0
    assert budget.remaining_seconds == 60

    async def steps() -> None:
        nonlocal now
        await budget.reserve(FREE)
        now = 559.0
        await budget.reserve(FREE)
        assert budget.remaining_seconds == 1
        now = 560.0
        with pytest.raises(BudgetReachedError, match="60 s") as caught:
            await budget.reserve(FREE)
        assert (caught.value.reason, caught.value.spent) == ("max_duration", 60.0)

    run(steps())


def test_tokens_have_a_limit_of_their_own() -> None:
    async def steps() -> None:
        budget = Budget(max_tokens=100)
        first = await budget.reserve(call(9, 80))
        waiting = asyncio.create_task(budget.reserve(call(9, 70)))
        await turns()
        assert not waiting.done()
        budget.settle(first, 1, 30)
        await waiting
        with pytest.raises(BudgetReachedError, match="100 tokens") as caught:
            await budget.reserve(call(9, 71))
        assert caught.value.reason == "max_tokens"

    run(steps())


def test_a_free_call_is_let_in_though_all_is_spent() -> None:
    async def steps() -> None:
        budget = Budget(max_cost=0)
        await budget.reserve(FREE)
        with pytest.raises(BudgetReachedError):
            await budget.reserve(call(0.01))

    run(steps())


def test_a_call_without_a_bound_takes_what_is_likely_and_none_is_let_in_once_all_is_spent() -> None:
    async def steps() -> None:
        budget = Budget(max_cost=2)
        first = await budget.reserve(LOOSE)
        assert budget.reserved_ticks == USD
        budget.settle(first, 3 * USD)
        assert budget.spent_usd == 3
        with pytest.raises(BudgetReachedError):
            await budget.reserve(Estimate(0, 0, None, worst_tokens=None))

    run(steps())


def test_the_budget_above_counts_what_all_below_it_spend() -> None:
    async def steps() -> None:
        above = Budget(max_cost=1, name="connection")
        left, right = Budget(max_cost=5, parent=above), Budget(parent=above)
        first = await left.reserve(call(0.6))
        waiting = asyncio.create_task(right.reserve(call(0.6)))
        await turns()
        assert not waiting.done()
        left.settle(first, 3 * USD // 10)
        await waiting
        assert (left.spent_ticks, right.spent_ticks, above.spent_ticks) == (3 * USD // 10, 0, 3 * USD // 10)
        with pytest.raises(BudgetReachedError, match="the connection's max_cost"):
            await left.reserve(call(0.8))
        assert left.stopped is None
        assert above.stopped is not None

    run(steps())


def test_a_full_budget_does_not_hold_up_its_siblings() -> None:
    async def steps() -> None:
        above = Budget(max_cost=10)
        small, other = Budget(max_cost=1, parent=above), Budget(parent=above)
        held = await small.reserve(call(1))
        waiting = asyncio.create_task(small.reserve(call(0.5)))
        await turns()
        await other.reserve(call(2))
        assert not waiting.done()
        small.release(held)
        await waiting

    run(steps())


def test_nobody_overtakes_a_call_that_waits_for_the_same_room() -> None:
    async def steps() -> None:
        budget = Budget(max_cost=1)
        held = [await budget.reserve(call(0.5)), await budget.reserve(call(0.4))]
        order: list[str] = []

        async def enter(name: str, usd: float) -> Reservation:
            reservation = await budget.reserve(call(usd))
            order.append(name)
            return reservation

        large = asyncio.create_task(enter("large", 0.6))
        await turns()
        small = asyncio.create_task(enter("small", 0.1))
        await turns()
        assert order == []
        budget.settle(held[0], 0)
        await large
        budget.settle(held[1], 0)
        await small
        assert order == ["large", "small"]

    run(steps())


@pytest.mark.parametrize("let_in_first", [False, True])
def test_a_cancelled_wait_leaks_nothing(let_in_first: bool) -> None:
    async def steps() -> None:
        budget = Budget(max_cost=1)
        first = await budget.reserve(call(1))
        waiting = asyncio.create_task(budget.reserve(call(0.8)))
        behind = asyncio.create_task(budget.reserve(call(0.7)))
        await turns()
        if let_in_first:
            budget.settle(first, 0)  # room was found, and the cancel comes before the task could tell
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        budget.settle(first, 0)
        reservation = await behind
        assert (budget.in_flight, budget.calls) == (1, 2)
        budget.settle(reservation, 0)
        assert budget.reserved_ticks == 0

    run(steps())


def test_threads_with_loops_of_their_own_share_a_budget() -> None:
    budget = Budget(max_cost=1, max_calls=400)
    highest = 0
    refused = []

    async def work() -> None:
        nonlocal highest
        for _ in range(110):
            try:
                reservation = await budget.reserve(call(0.3))
            except BudgetReachedError as error:
                refused.append(error.reason)
                return
            highest = max(highest, budget.spent_ticks + budget.reserved_ticks)
            await asyncio.sleep(0)
            budget.settle(reservation, 1)

    threads = [threading.Thread(target=lambda: run(work())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert not any(thread.is_alive() for thread in threads)
    assert highest <= USD
    assert (budget.calls, budget.spent_ticks, budget.in_flight) == (400, 400, 0)
    assert set(refused) == {"max_calls"}


def test_the_error_can_be_pickled() -> None:
    cap, spent, needed, earlier = Decimal("2.5"), Decimal("2.49"), Decimal("0.0234"), Decimal("1.5")
    error = BudgetReachedError("max_cost", cap, spent, needed, "statement", earlier)
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error)
    assert (copy.reason, copy.cap, copy.spent, copy.needed, copy.name) == (
        "max_cost",
        Decimal("2.5"),
        Decimal("2.49"),
        Decimal("0.0234"),
        "statement",
    )
    assert copy.as_dict() == {
        "reason": "max_cost",
        "of": "statement",
        "cap": "2.5",
        "spent": "2.49",
        "earlier": "1.5",
        "needed": "0.0234",
    }
    assert "2.49 USD used, 1.5 USD of it in earlier tries and the next call may take 0.0234 USD" in str(copy)


def test_what_earlier_tries_used_counts_in_the_budget_of_the_run_and_in_none_above_it() -> None:
    above = Budget(max_cost=10, name="connection")
    budget = Budget(max_cost=1, max_tokens=100, max_calls=5, parent=above)
    budget.carry(ticks=USD // 2, tokens=60, calls=4)
    assert (budget.remaining_usd, budget.remaining_tokens, budget.remaining_calls) == (Decimal("0.5"), 40, 1)
    assert (above.spent_ticks, above.calls, above.tokens) == (0, 0, 0)

    async def steps() -> None:
        budget.settle(await budget.reserve(call(0.4, 40)), USD // 10, 10)
        with pytest.raises(BudgetReachedError) as reached:
            await budget.reserve(call(0.1, 10))
        assert (reached.value.reason, reached.value.spent, reached.value.earlier) == ("max_calls", 5, 4)
        assert above.spent_ticks == USD // 10

    run(steps())


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"max_cost": "five"}, "max_cost"),
        ({"max_cost": -1}, "max_cost"),
        ({"max_cost": float("nan")}, "max_cost"),
        ({"max_cost": "Infinity"}, "max_cost"),
        ({"max_calls": -1}, "max_calls"),
        ({"max_calls": 1.5}, "max_calls"),
        ({"max_calls": True}, "max_calls"),
        ({"max_tokens": "9"}, "max_tokens"),
        ({"max_duration": float("inf")}, "max_duration"),
        ({"max_duration": -0.1}, "max_duration"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused_by_name(limits: dict[str, Any], words: str) -> None:
    with pytest.raises(InterfaceError, match=words):
        Budget(**limits)


@pytest.mark.parametrize(("cost", "ticks"), [("0.1", USD // 10), (0.1, USD // 10), (Decimal("1e-11"), 0), (3, 3 * USD)])
def test_a_limit_in_usd_is_exact_and_rounded_down(cost: Any, ticks: int) -> None:
    assert Budget(max_cost=cost).max_ticks == ticks


def test_the_guarantee_says_which_limit_holds_and_under_what_condition() -> None:
    bounded, assumed = call(1, 10), Estimate(1, 2, 3, worst_tokens=4, assumptions=("no answer is long",))
    budget = Budget(max_cost="2.50", max_calls=1_000, max_duration=90)
    assert budget.guarantee(bounded) == (
        "The run will not cost more than 2.5 USD or make more than 1,000 calls; no call starts after 90 s."
    )
    assert budget.guarantee(assumed) == (
        "The run will not cost more than 2.5 USD, as long as no answer is long; the run will not make more than "
        "1,000 calls; no call starts after 90 s."
    )
    loose = budget.guarantee(LOOSE)
    assert loose == (
        "The run will not make more than 1,000 calls; no call starts after 90 s. No call starts once 2.5 USD are spent "
        "or reserved. The call in flight can pass that: it has no limit."
    )
    reasoning = estimate(bind("CALL GenerateResponse('hi', MaxOutputTokens => 9)"))
    assert Budget(max_cost=5).guarantee(reasoning, 64) == (
        "No call starts once 5 USD are spent or reserved. The calls then in flight (up to 64) can pass that: no limit "
        "of the service counts reasoning; 3,000 tokens of reasoning are reserved for each, more once a reply takes "
        "more."
    )
    assert Budget(max_cost=5, max_tokens=90_000).guarantee(reasoning, 2, resends=3) == (
        "No call starts once 5 USD or 90,000 tokens are spent or reserved. The calls then in flight (up to 2) can "
        "pass that: no limit of the service counts reasoning; 3,000 tokens of reasoning are reserved for each, more "
        "once a reply takes more. A request whose answer is lost is sent up to 3 times, and each time counts at its "
        "full reserve."
    )
    silent = estimate(bind("CALL GenerateResponse('hi', ReasoningEffort => 'none', MaxOutputTokens => 9)"))
    assert Budget(max_cost=5).guarantee(silent) == (
        "The run will not cost more than 5 USD, as long as the model does not reason."
    )
    longest = estimate(
        bind("CALL GenerateResponse('hi', MaxOutputTokens => 9)"), allowances=Allowances(assumed_reasoning_tokens=4_000)
    )
    assert Budget(max_cost=5).guarantee(longest) == (
        "The run will not cost more than 5 USD, as long as no answer reasons longer than 4,000 tokens "
        "(assumed_reasoning_tokens)."
    )


def test_each_limit_has_the_conditions_that_concern_it_and_no_other() -> None:
    told = Estimate(
        1, 2, 3, worst_tokens=4, assumptions=("no answer is long", "no fee"), token_assumptions=("no answer is long",)
    )
    assert Budget(max_calls=5).guarantee(told) == "The run will not make more than 5 calls."
    assert Budget(max_tokens=9).guarantee(told) == (
        "The run will not take more than 9 tokens, as long as no answer is long."
    )
    assert Budget(max_cost=1).guarantee(told) == (
        "The run will not cost more than 1 USD, as long as no answer is long and no fee."
    )
    real = estimate(
        bind("CALL GenerateResponse('hi', ReasoningEffort => 'none')"), allowances=Allowances(9, refusal_fee_ticks=0)
    )
    assert "refused" in Budget(max_cost=1).guarantee(real)
    assert "refused" not in Budget(max_calls=1, max_tokens=2).guarantee(real)


def test_the_guarantee_speaks_of_the_budgets_above_and_says_when_there_is_no_limit() -> None:
    above = Budget(max_cost=10, name="connection")
    assert Budget(max_calls=5, parent=above).guarantee(call(1)) == (
        "The run will not make more than 5 calls. The connection will not cost more than 10 USD."
    )
    assert "No limit" in Budget().guarantee(call(1))
    assert (Budget().limited, Budget(parent=above).limited) == (False, True)
