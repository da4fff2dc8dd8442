"""What headers and refusals say, and what is believed of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokcall.scheduling.ratelimit.advertised import AdvertisedLimit, StatedLimit, grants_nothing, stated_limit
from grokcall.scheduling.ratelimit.limiter import model_of
from grokcall.scheduling.ratelimit.recent_requests import Recent
from grokcall.scheduling.ratelimit.token_estimate import FIRST_ANSWER, TokenEstimate, usage_of

TEAM = "for team 0b6f and model grok-4.3. Your team's rate limit is — "


@pytest.mark.parametrize(
    ("message", "stated"),
    [
        (f"Too many requests {TEAM}Requests per Second (actual/limit): 2/2. Slow.", StatedLimit("requests", 1, 2, 2)),
        (f"Too many requests {TEAM}Requests per Minute (actual/limit): 31/30.", StatedLimit("requests", 60, 31, 30)),
        (f"Too many tokens {TEAM}Tokens per Minute (actual/limit): 9,005/9,000", StatedLimit("tokens", 60, 9005, 9000)),
        ("requests per second (actual/limit):31/30", StatedLimit("requests", 1, 31, 30)),
        ("Requests per Second (actual/limit): 1/0", None),
        ("The service is at capacity.", None),
        ("", None),
    ],
)
def test_a_refusal_tells_the_limit(message, stated):
    assert stated_limit(message) == stated


@pytest.mark.parametrize(
    ("figures", "nothing"), [("0/0", True), ("3/0", True), ("1/0,000", True), ("0/10", False), ("2/2", False)]
)
@pytest.mark.parametrize("unit", ["Requests per Second", "Requests per Minute", "Tokens per Minute"])
def test_a_limit_of_zero_grants_nothing(figures, nothing, unit):
    message = f"Too many requests {TEAM}{unit} (actual/limit): {figures}. Please slow down."
    assert grants_nothing(message) is nothing
    assert (stated_limit(message) is None) is nothing


@given(st.text())
def test_no_text_is_too_odd_to_be_read(text):
    assert stated_limit(text) is None or "per" in text.lower()
    announcement = AdvertisedLimit("requests")
    announcement.heed({"x-ratelimit-limit-requests": text, "x-ratelimit-remaining-requests": text}, 0.9, 1.0)
    assert announcement.limit >= 0


def headers(limit, remaining, thing="requests"):
    return {f"x-ratelimit-limit-{thing}": str(limit), f"x-ratelimit-remaining-{thing}": str(remaining)}


def heard(announcement, replies, pace=0.01, units=1.0):
    """Replies one after another, each to a request that was sent after the one before had come."""
    for number, reply in enumerate(replies):
        announcement.heed(reply, sent=pace * (number - 0.5), now=pace * number, units=units)
    return announcement.limit, announcement.ceiling


@pytest.mark.parametrize("thing", ["requests", "tokens"])
@pytest.mark.parametrize("pace", [0.0001, 0.01, 1.0])
def test_a_limit_of_which_everything_remains_is_believed_however_fast_the_answers_come(thing, pace):
    """The service fills up all the time: the figure equals the limit in nearly all recorded replies."""
    assert heard(AdvertisedLimit(thing), [headers(1800, 1800, thing)] * 50, pace) == (1800, 1800)


def test_a_limit_whose_remainder_falls_is_believed():
    replies = [headers(1800, 1799 - number) for number in range(10)]
    assert heard(AdvertisedLimit("requests"), replies) == (1800, 1800)


@pytest.mark.parametrize("figures", [[1799, 1800], [1800, 1799, 1799], [1795, 1799, 1798]])
def test_a_remainder_that_changes_is_believed(figures):
    assert heard(AdvertisedLimit("requests"), [headers(1800, figure) for figure in figures * 20]) == (1800, 1800)


@pytest.mark.parametrize(("thing", "units"), [("requests", 1.0), ("tokens", 600.0)])
@pytest.mark.parametrize("remaining", [1799, 900, 5])
def test_a_limit_whose_remainder_stands_still_below_it_is_not(thing, units, remaining):
    replies = [headers(1800, remaining, thing)] * 10
    assert heard(AdvertisedLimit(thing), replies, units=units) == (0, 0)


def test_a_limit_of_which_more_was_answered_than_it_and_its_refill_is_not():
    announcement = AdvertisedLimit("requests")
    assert heard(announcement, [headers(60, 60)] * 60) == (60, 60)
    assert heard(announcement, [headers(60, 60)] * 60) == (0, 0)


def test_what_is_answered_within_the_refill_disproves_nothing():
    assert heard(AdvertisedLimit("requests"), [headers(60, 60)] * 600, pace=1.0) == (60, 60)


def test_refusals_disprove_nothing():
    assert heard(AdvertisedLimit("requests"), [headers(60, 60)] * 600, units=0.0) == (60, 60)


def test_more_answers_than_are_said_to_be_used_settle_it_at_once():
    announcement = AdvertisedLimit("requests")
    for _ in range(6):  # to requests that were all sent at the beginning
        announcement.heed(headers(480, 479), sent=1.0, now=2.0)
    assert announcement.limit == 0


def test_answers_to_what_was_sent_together_may_all_say_the_same():
    announcement = AdvertisedLimit("requests")
    for _ in range(8):
        announcement.heed(headers(480, 472), sent=1.0, now=2.0)
    assert announcement.limit == 480


def test_a_remainder_that_is_filled_up_as_fast_as_it_is_used_proves_nothing():
    assert heard(AdvertisedLimit("requests"), [headers(1800, 1799)] * 100, pace=0.2)[0] == 1800


def test_a_refusal_ends_the_doubt():
    announcement = AdvertisedLimit("requests")
    announcement.heed(headers(480, 479), sent=1.0, now=2.0)
    announcement.confirm()
    assert heard(announcement, [headers(480, 479)] * 10) == (480, 480)


def test_a_new_limit_is_weighed_anew():
    announcement = AdvertisedLimit("requests")
    heard(announcement, [headers(480, 479)] * 10)
    announcement.heed(headers(960, 960), sent=0.9, now=1.0)
    assert announcement.ceiling == 960


def test_tokens_are_guessed_from_the_length_and_the_own_limit_of_the_request():
    estimate = TokenEstimate()
    assert estimate.of(b"x" * 300) == 100 + FIRST_ANSWER
    assert estimate.of(b'{"max_output_tokens":50}') == 8 + 50


def test_tokens_are_guessed_from_what_was_used():
    estimate = TokenEstimate()
    for _ in range(50):
        estimate.learn(b"x" * 300, 400)
    assert estimate.of(b"x" * 300) == pytest.approx(400)
    assert estimate.of(b"x" * 600) == pytest.approx(500)


@pytest.mark.parametrize(
    ("reply", "usage"),
    [
        (b'{"output":[],"usage":{"input_tokens":10,"output_tokens":2,"total_tokens": 12,"num":0}}', 12),
        (rb'{"output":[{"text":"\"total_tokens\":99"}]}', None),
        (b"", None),
        (b"\xff\x00", None),
    ],
)
def test_usage_is_read_where_it_stands(reply, usage):
    assert usage_of(reply) == usage


@pytest.mark.parametrize(
    ("body", "model"),
    [
        (b'{"model":"grok-4.3","input":"hi"}', "grok-4.3"),
        (b'{"input":"a \\"model\\":\\"b\\" c", "model" : "grok-4"}', "grok-4"),
        (b'{"text":"hello"}', ""),
        (b'{"model":"', ""),
        (None, ""),
    ],
)
def test_the_model_is_read_from_the_body(body, model):
    assert model_of(body) == model


def test_a_window_that_was_used_up_at_once_is_free_when_that_has_left_it():
    recent = Recent()
    for number in range(100):
        recent.add(number / 100)
    assert 59.0 < recent.wait_until_left(0.05, 60.0, now=1.0) < 59.3
    assert 59.9 < recent.wait_until_left(1.0, 60.0, now=1.0) < 60.2
    assert recent.wait_until_left(0.05, 60.0, now=200.0) == 0


def test_what_was_sent_is_remembered_by_the_moment_and_never_taken_for_older():
    recent = Recent()
    sent = [10.0, 10.05, 10.3, 11.0]
    for moment in sent:
        recent.add(moment)
    moments = list(recent.moments(1.0, now=11.02))
    assert len(moments) == 4
    assert all(said >= moment for said, moment in zip(moments, sent, strict=True))
    assert max(moments) <= 11.02
    assert len(list(recent.moments(0.5, now=11.02))) == 1
