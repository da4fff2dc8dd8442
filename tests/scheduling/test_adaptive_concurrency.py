"""How many requests are under way: more while the service keeps up, fewer when it does not."""

from __future__ import annotations

import math
import random

import pytest
from virtual_time import now, run

from enforcing_service import Service, client, request
from grokcall.scheduling.ratelimit.adaptive_concurrency import Concurrency
from grokcall.scheduling.ratelimit.backoff import FORGIVEN, Backoff


def answer(concurrency: Concurrency, seconds: float, times: int) -> None:
    for _ in range(times):
        concurrency.answered(seconds)


@pytest.mark.parametrize("ceiling", [1, 3, 64, 256, 4096])
def test_it_opens_to_the_ceiling_within_a_few_rounds(ceiling):
    concurrency = Concurrency(ceiling)
    assert concurrency.limit <= ceiling
    for _ in range(4):
        answer(concurrency, 0.1, int(concurrency.limit))
    assert concurrency.limit == ceiling


def test_a_slow_service_is_not_asked_one_by_one():
    """Without any reply the number still grows, a little at a time."""
    concurrency = Concurrency(64)
    moment, under_way = 0.0, 0
    while under_way < 64:
        wait = concurrency.wait(under_way, moment)
        if wait:
            moment += wait
        else:
            under_way += 1
    assert 2 < moment < 5
    assert concurrency.wait(64, moment) == math.inf


def test_failures_shrink_it_by_their_share_and_down_to_one():
    concurrency = Concurrency(64)
    answer(concurrency, 0.1, 64)
    seen = [concurrency.limit]
    for _ in range(500):
        concurrency.failed()
        seen.append(concurrency.limit)
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == 1


def test_single_failures_shrink_nothing():
    concurrency = Concurrency(64)
    for number in range(2000):
        concurrency.failed() if number % 20 == 0 else concurrency.answered(0.1)
    assert concurrency.limit == 64


def test_it_grows_again_once_the_service_keeps_up():
    concurrency = Concurrency(64)
    for _ in range(100):
        concurrency.failed()
    assert concurrency.limit < 10
    answer(concurrency, 0.1, 5000)
    assert concurrency.limit == 64


def test_answers_of_very_different_length_shrink_nothing():
    concurrency, dice = Concurrency(256), random.Random(3)
    for _ in range(20_000):
        concurrency.answered(dice.lognormvariate(0, 1))
    assert concurrency.limit == 256


def test_a_service_that_slows_down_under_load_gets_fewer_requests():
    """It works on 20 at a time; the others wait their turn there."""

    async def main() -> tuple[float, float]:
        service = Service(latency=0.5, works_on=20)
        asking = client(service, concurrency=256)
        began = now()
        await asking.ask_all(request() for _ in range(10_000))
        return asking.gate.limiter.models["grok-4.3"].limit, 10_000 * 0.5 / 20 / (now() - began)

    limit, share = run(main())
    assert 20 <= limit < 100
    assert share > 0.95


def test_harder_questions_are_not_taken_for_overload():
    concurrency = Concurrency(64)
    answer(concurrency, 0.3, 1000)
    answer(concurrency, 3.0, 2000)
    assert concurrency.limit == 64


def test_a_service_that_fails_above_a_number_is_asked_for_about_that_many():
    async def main() -> tuple[float, int]:
        asking = client(Service(latency=0.2, most_at_once=10), concurrency=64)
        await asking.ask_all(request() for _ in range(2000))
        return asking.gate.limiter.models["grok-4.3"].limit, asking.failed

    limit, failed = run(main())
    assert 3 <= limit <= 20
    assert failed < 20


def test_pauses_grow_while_the_service_goes_on_refusing():
    cooldown = Backoff(rng=lambda: 0.0)
    moment, pauses = 100.0, []
    for _ in range(8):
        assert cooldown.refused(sent=moment, now=moment + 0.1, asked=None, needed=1.0)
        pauses.append(round(cooldown.wait(moment + 0.1), 3))
        moment = cooldown.until + 0.1
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    moment = cooldown.until + FORGIVEN + 1
    cooldown.refused(sent=moment, now=moment, asked=None, needed=1.0)
    assert cooldown.wait(moment) == 1


def test_what_was_under_way_when_a_pause_began_makes_it_no_longer():
    cooldown = Backoff(rng=lambda: 0.0)
    assert cooldown.refused(sent=10.0, now=10.1, asked=None, needed=1.0)
    until = cooldown.until
    for number in range(50):
        assert not cooldown.refused(sent=10.0, now=10.1 + number / 1000, asked=None, needed=1.0)
    assert cooldown.until == until


def test_a_pause_is_as_long_as_the_service_asks():
    cooldown = Backoff()
    cooldown.refused(sent=10.0, now=10.0, asked=7.0, needed=1.0)
    assert cooldown.wait(10.0) == 7.0
    cooldown.refused(sent=9.0, now=11.0, asked=20.0, needed=1.0)
    assert cooldown.wait(11.0) == 20.0
