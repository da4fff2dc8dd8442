"""When a request is sent again, and when it had better not be."""

from __future__ import annotations

import random

import pytest

from grokcall import errors
from grokcall.http.retry import LONGEST_RETRY_AFTER, RetryPolicy
from grokcall_procedures.steps import Kind, Request

LIST = Request("GET", "/models", kind=Kind.METADATA)
REMOVE = Request("DELETE", "/files/f", kind=Kind.METADATA)
UPLOAD = Request("POST", "/files", kind=Kind.UPLOAD)
OTHER = Request("POST", "/batches", kind=Kind.METADATA)
TEXT = Request("POST", "/responses", kind=Kind.TEXT, billed=True)
IMAGE = Request("POST", "/images/generations", kind=Kind.IMAGE, billed=True)
VIDEO = Request("POST", "/videos/generations", kind=Kind.VIDEO, billed=True)
AUDIO = Request("POST", "/tts", kind=Kind.AUDIO, billed=True)
EVERYTHING = [LIST, REMOVE, UPLOAD, OTHER, TEXT, IMAGE, VIDEO, AUDIO]

POLICY = RetryPolicy(max_attempts=5, rng=lambda: 1.0)


def is_retried(error: Exception, request: Request) -> bool:
    return POLICY.wait_before_retry(error, request, 1) is not None


def failure(status: int) -> errors.ServiceError:
    return errors.ServerFailureError("x", status=status)


@pytest.mark.parametrize("request_", EVERYTHING)
def test_what_was_not_sent_is_sent_again(request_: Request) -> None:
    assert is_retried(errors.NotSentError("refused"), request_)
    assert not is_retried(errors.NotSentError("untrusted certificate", retryable=False), request_)


@pytest.mark.parametrize("request_", EVERYTHING)
def test_a_rate_limited_or_overloaded_request_is_sent_again(request_: Request) -> None:
    assert is_retried(errors.RateLimitedError("slow down", status=429), request_)
    assert all(is_retried(failure(status), request_) for status in (409, 500, 502, 503, 520, 529))


@pytest.mark.parametrize("request_", EVERYTHING)
@pytest.mark.parametrize(
    "error",
    [
        errors.AuthenticationError("x", status=400),
        errors.PermissionDeniedError("x", status=403),
        errors.CreditsExhaustedError("x", status=429),
        errors.ContentRefusedError("x", status=400),
        errors.NotFoundError("x", status=404),
        errors.InvalidRequestError("x", status=422),
        errors.ReplyTooLargeError("x"),
        errors.MalformedReplyError("x"),
        errors.MediaError("x"),
        errors.NotReadyError("x", "v-1"),
        errors.DataError("x"),
        ValueError("x"),
    ],
)
def test_what_waiting_cannot_mend_is_not_sent_again(error: Exception, request_: Request) -> None:
    assert not is_retried(error, request_)


@pytest.mark.parametrize("error", [errors.ConnectionCutError("x"), errors.ReadTimeoutError("x")])
def test_what_may_have_been_served_is_sent_again_only_when_that_is_free_and_harmless(error: Exception) -> None:
    assert [request for request in EVERYTHING if is_retried(error, request)] == [LIST, REMOVE, UPLOAD]


@pytest.mark.parametrize("status", [408, 504, 524])
def test_what_may_have_been_made_is_not_paid_for_twice_unless_that_is_asked_for(status: int) -> None:
    billed = [request for request in EVERYTHING if request.billed]
    assert [request for request in EVERYTHING if not is_retried(failure(status), request)] == billed
    asked_for = RetryPolicy(retry_billed=True)
    for error in (failure(status), errors.ConnectionCutError("x"), errors.ReadTimeoutError("x")):
        assert all(asked_for.wait_before_retry(error, request, 1) is not None for request in billed)


def test_the_tries_are_counted() -> None:
    error = errors.NotSentError("refused")
    assert [POLICY.wait_before_retry(error, TEXT, attempt) is None for attempt in range(1, 7)] == [
        False, False, False, False, True, True,
    ]  # fmt: skip
    assert RetryPolicy(max_attempts=1).wait_before_retry(error, TEXT, 1) is None


def test_waits_double_up_to_the_cap() -> None:
    policy = RetryPolicy(max_attempts=5000, base=0.5, cap=30.0, rng=lambda: 1.0)
    waits = [policy.wait_before_retry(errors.NotSentError("x"), TEXT, attempt) for attempt in (1, 2, 3, 6, 7, 8, 4999)]
    assert waits == [0.5, 1.0, 2.0, 16.0, 30.0, 30.0, 30.0]


def test_waits_are_spread_over_the_whole_span() -> None:
    policy = RetryPolicy(rng=random.Random(7).random)
    waits = [policy.wait_before_retry(errors.NotSentError("x"), TEXT, 3) or 0.0 for _ in range(500)]
    assert min(waits) < 0.1
    assert max(waits) > 1.9
    assert all(0 <= wait < 2.0 for wait in waits)


def test_a_rate_limited_call_waits_as_long_as_it_was_told() -> None:
    for seconds in (0.25, 7.0, LONGEST_RETRY_AFTER):
        error = errors.RateLimitedError("x", status=429, retry_after=seconds)
        assert POLICY.wait_before_retry(error, TEXT, 1) == seconds
    overloaded = errors.ServerFailureError("x", status=503, retry_after=9.0)
    assert POLICY.wait_before_retry(overloaded, TEXT, 1) == 9.0


def test_a_service_that_asks_for_more_than_five_minutes_gets_no_further_try() -> None:
    error = errors.RateLimitedError("x", status=429, retry_after=LONGEST_RETRY_AFTER + 1)
    assert POLICY.wait_before_retry(error, TEXT, 1) is None


def test_to_be_told_to_wait_no_time_is_to_wait_as_usual() -> None:
    error = errors.RateLimitedError("x", status=429, retry_after=0.0)
    assert POLICY.wait_before_retry(error, TEXT, 1) == 0.5
