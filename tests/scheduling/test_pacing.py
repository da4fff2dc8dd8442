"""The clock and the window, with any times and any stalls."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enforcing_service import most_in
from grokcall.scheduling.ratelimit.pacing import LATENESS, WOBBLE, Pacer, SlidingWindow


def test_uses_are_spaced_evenly():
    clock = Pacer()
    clock.space = 0.5
    for moment in (10.0, 10.5, 11.0):
        assert clock.wait(moment) == 0
        clock.take(moment)
        assert clock.wait(moment) == pytest.approx(0.5)


def test_a_clock_without_a_limit_lets_everything_through():
    clock = Pacer()
    for _ in range(1000):
        clock.take(5.0)
    assert clock.wait(5.0) == 0


def test_what_was_not_used_is_not_saved_up():
    clock = Pacer()
    clock.space = 0.1
    clock.take(0.0)
    clock.take(1000.0)
    assert clock.wait(1000.0) == pytest.approx(0.1)


def test_a_stall_is_caught_up_by_a_quarter_of_a_second_at_most():
    clock = Pacer()
    clock.space = 0.01
    clock.take(0.0)
    at_once = 0
    while clock.wait(50.0) == 0:
        clock.take(50.0, waited=True)
        at_once += 1
    assert at_once <= LATENESS / 0.01 + 2


def test_small_delays_cost_nothing():
    """Each use begins 5 ms late, which is half of the space, and the pace stays what it should be."""
    clock = Pacer()
    clock.space = 0.01
    moment, uses = 0.0, 0
    while moment < 10.0:
        clock.take(moment, waited=True)
        uses += 1
        moment += clock.wait(moment) and clock.wait(moment) + 0.005
    assert uses >= 995


def test_what_is_given_back_can_be_used_again():
    clock = Pacer()
    clock.space = 1.0
    clock.take(0.0, 5.0)
    clock.give_back(4.0)
    assert clock.wait(0.0) == pytest.approx(1.0)


STEPS = st.lists(st.floats(0, 3, allow_nan=False), min_size=1, max_size=200)


@given(limit=st.floats(0.2, 60), pauses=STEPS)
def test_no_window_ever_has_more_than_its_limit(limit, pauses):
    window = SlidingWindow()
    window.set(limit, 1.0)
    moment, moments = 100.0, []
    for pause in pauses:
        moment += min(pause, 0.05) if pause < 2 else pause
        wait = window.wait(moment)
        assert wait >= 0
        moment += wait + 1e-9
        assert window.wait(moment) == 0
        window.take(moment)
        moments.append(moment)
    most = max(1, -(-limit // 1))
    assert most_in(most / limit, moments) <= most


@given(space=st.floats(0.001, 2), pauses=STEPS)
def test_the_clock_never_exceeds_its_pace_by_more_than_what_may_be_late(space, pauses):
    clock = Pacer()
    clock.space = space
    moment, moments = 100.0, []
    for pause in pauses:
        moment += pause if pause > 2.5 else 0.0  # now and then everything stands still
        wait = clock.wait(moment)
        moment += wait
        clock.take(moment, waited=True)
        moments.append(moment)
    for first in range(0, len(moments), 7):
        for last in range(first + 1, len(moments), 11):
            passed = moments[last] - moments[first]
            assert last - first <= (passed + LATENESS) / space + 1.000001


def test_a_limit_below_one_a_second_is_kept_over_a_longer_time():
    window = SlidingWindow()
    window.set(0.5, 1.0)
    window.take(0.0)
    assert window.wait(1.0) == pytest.approx(1.0 + 2 * WOBBLE)
