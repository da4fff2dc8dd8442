"""Refusals and failures that have nothing to do with the load: they hold up the row that they strike, and no other."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_time import now, run

from enforcing_service import Client, Service, client, request
from grokcall.http.retry import RetryPolicy
from grokcall.scheduling.admission import Gate
from grokcall.scheduling.ratelimit.backoff import Backoff
from grokcall.scheduling.ratelimit.limiter import Limiter

LEARNING = 4.0
"""Seconds within which it is found out what the refusals come from, at most; a pause that is asked for comes on top."""


FINDING_OUT = 12.0
"""The most seconds that this takes where some refusals happen to come together and look like a limit."""


class NoLimits(Limiter):
    """Lets everything go at once."""

    def for_request(self, _request):
        return None


async def seconds(service: Service, rows: int, concurrency: int, *, paced: bool, fail: bool = False) -> float:
    """How long the rows take when each failed try is made again after its own wait; ``fail``: some may fail."""
    asking = client(service, concurrency)
    if not paced:
        asking = Client(service, Gate(concurrency, limiter=NoLimits(asking.gate.limiter._caps)))
    asking.policy = RetryPolicy(rng=random.Random(7).random)
    rest = iter(range(rows))

    async def worker() -> None:
        for _ in rest:
            await asking.ask(request())

    began = now()
    await asyncio.gather(*(worker() for _ in range(3 * concurrency)))
    assert fail or asking.failed == 0
    return now() - began


def compared(rows: int, concurrency: int, **facts: float) -> tuple[float, float]:
    """How long the rows take, and how long they would take without any pacing."""
    taken = run(seconds(Service(**facts), rows, concurrency, paced=True))
    return taken, run(seconds(Service(**facts), rows, concurrency, paced=False))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    chance=st.floats(0.05, 0.6),
    retry_after=st.sampled_from([None, None, 1, 3]),
    concurrency=st.sampled_from([16, 64, 128]),
    latency=st.sampled_from([0.02, 0.1, 0.4]),
)
def test_refusals_by_chance_hold_up_no_other_row(chance, retry_after, concurrency, latency):
    facts = {"chance": chance, "chance_retry_after": retry_after, "latency": latency}
    taken, ideal = compared(40 * concurrency, concurrency, **facts)
    assert taken < ideal / 0.6 + FINDING_OUT + (retry_after or 0)


def test_three_in_ten_refused_by_chance_leave_more_than_six_tenths_of_the_pace():
    taken, ideal = compared(3000, 64, chance=0.3)
    assert ideal / taken > 0.6


@pytest.mark.parametrize("status", [500, 503, 529])
@pytest.mark.parametrize("chance", [0.1, 0.3, 0.6])
def test_a_service_that_fails_by_chance_keeps_its_concurrency(chance, status):
    taken, ideal = compared(2000, 64, chance=chance, chance_status=status)
    assert ideal / taken > 0.6


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    chance=st.sampled_from([0.0, 0.05, 0.3, 0.6]),
    per_second=st.integers(20, 200),
    announce=st.booleans(),
    counts_refused=st.booleans(),
)
def test_a_limit_that_the_service_names_is_kept_among_refusals_by_chance(chance, per_second, announce, counts_refused):
    service = Service(per_second=per_second, chance=chance, announce=announce, counts_refused=counts_refused)
    rows = 20 * per_second
    taken = run(seconds(service, rows, 64, paced=True))
    begun = service.arrived[0] + LEARNING
    later = [moment for moment in service.refused if moment > begun]
    assert len(later) <= 0.005 * len(service.arrived) + 1
    assert rows / (taken - LEARNING) > 0.6 * (1 - chance) * per_second


@pytest.mark.parametrize("per_second", [30, 100, 300])
def test_a_limit_that_no_refusal_names_is_found_and_hardly_ever_exceeded(per_second):
    service = Service(per_second=per_second, states=False)
    taken = run(seconds(service, 40 * per_second, 64, paced=True))
    later = [moment for moment in service.refused if moment > service.arrived[0] + LEARNING]
    assert len(later) <= 0.005 * len(service.arrived) + 1
    assert 40 / taken > 0.7


def test_a_limit_of_zero_teaches_nothing_and_pauses_nothing():
    class WithoutQuota(Service):
        def problem(self) -> str | None:
            return "Requests per Second (actual/limit): 0/0" if len(self.arrived) % 10 == 0 else None

    service = WithoutQuota(latency=0.05)
    taken = run(seconds(service, 1000, 64, paced=True, fail=True))
    assert len(service.refused) >= 100
    assert taken < run(seconds(WithoutQuota(latency=0.05), 1000, 64, paced=False, fail=True)) / 0.6


def test_a_limit_is_not_believed_that_the_service_exceeds_itself():
    class Canned(Service):
        def problem(self) -> str | None:
            is_struck = len(self.arrived) > 1000 and len(self.arrived) % 10 == 0
            return "Requests per Second (actual/limit): 2/2" if is_struck else None

    taken = run(seconds(Canned(), 4000, 64, paced=True))
    assert taken < 4000 / 64 * 0.05 / 0.6 + LEARNING


def test_an_answer_to_what_left_after_the_refused_request_ends_the_pause():
    cooldown = Backoff(rng=lambda: 0.0)
    cooldown.refused(sent=10.0, now=10.1, asked=None, needed=1.0, turn=5)
    cooldown.answered(sent=10.0, now=10.2, turn=4)
    assert cooldown.wait(10.2) > 0
    cooldown.answered(sent=10.0, now=10.3, turn=6)
    assert (cooldown.wait(10.3), cooldown.lone) == (0, True)


@pytest.mark.parametrize(("asked", "turn"), [(2.0, 5), (None, None)])
def test_a_pause_that_was_asked_for_or_whose_limit_is_named_is_kept(asked, turn):
    cooldown = Backoff(rng=lambda: 0.0)
    cooldown.refused(sent=10.0, now=10.0, asked=asked, needed=1.0, turn=turn)
    cooldown.answered(sent=10.0, now=10.1, turn=6)
    assert cooldown.wait(10.1) > 0.8
