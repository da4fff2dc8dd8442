"""Batches that are ended by somebody, by the service or by time are over, whatever their counts say."""

from __future__ import annotations

import logging

import pytest

import grokcall
from scripted_batches import ScriptedBatches
from scripted_service import answered, refused


def results_of(rows):
    return [row["Response_Result"] for row in rows]


def messages_of(rows):
    return [row["Call_ErrorMessage"] for row in rows if row["Call_ErrorMessage"]]


def ended(batched: ScriptedBatches, only: int = 1, **members: object) -> None:
    """The first batch is ended after one of its requests, and its counts stay where they are."""

    def status(number, batch):
        count = batch["state"]["num_requests"]
        if number > only or not count:
            return batch
        return {**batch, "state": {"num_requests": count, "num_pending": count - 1, "num_success": 1}, **members}

    batched.status = status
    batched.results = lambda number, entries: entries if number > only else entries[:1]


ENDS = [
    ({"cancel_time": "2026-11-29T12:00:00Z"}, "was cancelled before it came to this request, which was not billed"),
    ({"status": "cancelled"}, "was cancelled before it came to this request"),
    ({"status": "CANCELED"}, "was cancelled before it came to this request"),
    ({"state": "cancelled"}, "was cancelled before it came to this request"),
    ({"state": {"status": "expired", "num_pending": 3}}, "expired before it came to this request"),
    ({"status": "expired"}, "expired before it came to this request"),
    ({"status": "BATCH_STATUS_EXPIRED"}, "expired before it came to this request"),
    ({"status": "failed"}, "failed before it came to this request"),
    ({"status": "failed", "error": {"code": 13, "message": "An internal error, try again."}}, "An internal error"),
    ({"cancel_by_xai_message": "The service is at capacity."}, "The service is at capacity"),
    ({"status": "cancelled_by_user", "cancel_reason": "Stop."}, "which was not billed (Stop)"),
    ({"status": "validation_failed"}, "failed before it came to this request"),
    ({"status": "completed"}, "is done and has no result for this request"),
]


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize(("members", "told"), ENDS)
def test_what_was_answered_is_taken_and_the_next_lookup_asks_for_the_rest(batched, ask, members, told, wait):
    ended(batched, **members)
    rows = ask("a", "b", "c", wait=wait)
    assert results_of(rows) == ["A", None, None]
    assert all(told in message for message in messages_of(rows))
    assert [row["Call_Retryable"] for row in rows[1:]] == [True, True]
    assert results_of(ask("a", "b", "c")) == ["A", "B", "C"]
    assert batched.sent == ["a", "b", "c", "b", "c"]


FINAL = [
    "JSONL file validation failed: Model grok-4.5 is not supported for batch processing.",
    "Your team has no quota for batches of this model.",
    "This batch violates the terms of service.",
    {"code": "invalid-argument", "message": "The model cannot be batched."},
]


@pytest.mark.parametrize("words", FINAL)
def test_what_the_service_refuses_for_good_is_told_and_not_sent_again(batched, ask, caplog, words):
    ended(batched, cancel_by_xai_message=words)
    said = words["message"] if isinstance(words, dict) else words
    with caplog.at_level(logging.WARNING, "grokcall.lookup.batch"):
        for _ in range(3):
            rows = ask("a", "b")
            assert results_of(rows) == ["A", None]
            assert said.rstrip(".") in rows[1]["Call_ErrorMessage"]
            assert "--retry-failed" in rows[1]["Call_ErrorMessage"]
            assert rows[1]["Call_Retryable"] is False
    assert said.rstrip(".") in caplog.text
    assert batched.sent == ["a", "b"]
    assert results_of(ask("a", "b", retry_failed=True)) == ["A", "B"]
    assert batched.sent == ["a", "b", "b"]


@pytest.mark.parametrize(
    "words",
    [
        "Your team has used all available credits.",
        "The service is temporarily unavailable.",
        "Too many batches at once, please try again later.",
        "Internal error",
    ],
)
def test_what_can_be_mended_is_told_and_sent_again(batched, ask, words):
    ended(batched, cancel_by_xai_message=words)
    assert words.rstrip(".") in ask("a", "b")[1]["Call_ErrorMessage"]
    assert results_of(ask("a", "b")) == ["A", "B"]


def test_a_batch_that_is_cancelled_while_it_is_filled_strikes_no_request_for_good(batched, ask):
    def instead(asked):
        if asked.method == "POST" and asked.path.endswith("/requests") and len(batched.names) == 1:
            batched.status = lambda number, batch: {**batch, "cancel_time": "2026-11-29"} if number == 1 else batch
            return refused(400, "Batch is in a terminal state.", "failed-precondition")
        return None

    batched.instead = instead
    rows = ask("a", "b")
    assert [row["Call_Retryable"] for row in rows] == [True, True]
    assert all("was cancelled" in message for message in messages_of(rows))
    assert results_of(ask("a", "b")) == ["A", "B"]


@pytest.mark.parametrize("status", [400, 404])
def test_a_batch_without_results_is_over_all_the_same(batched, ask, status):
    ended(batched, cancel_by_xai_message=FINAL[0])
    batched.instead = lambda asked: refused(status, "There are no results.") if "/results" in asked.path else None
    for _ in range(2):
        assert all("not supported for batch processing" in told for told in messages_of(ask("a", "b")))
    assert batched.sent == ["a", "b"]


def test_results_of_a_cancelled_batch_are_looked_for_until_they_grow_no_more(batched, ask):
    ended(batched, cancel_time="2026-11-29")
    seen = []

    def growing(number, entries):
        seen.append(1)
        return entries[: min(len(seen), 3)]

    batched.results = growing
    assert results_of(ask("a", "b", "c", "d")) == ["A", "B", "C", None]


def test_the_lookup_without_batches_is_free_to_ask_for_what_a_cancelled_batch_left(batched, ask):
    ended(batched, cancel_time="2026-11-29")
    ask("a", "b")
    batched.instead = lambda asked: answered("alone") if asked.path == "/v1/responses" else None
    assert results_of(ask("a", "b", batch=False)) == ["A", "alone"]
    assert results_of(ask("a", "b")) == ["A", "alone"]
    assert batched.sent == ["a", "b"]


def test_a_batch_that_works_is_waited_for(batched, ask):
    batched.status = lambda number, batch: {**batch, "status": "in_progress", "state": {"num_requests": 1}}
    with pytest.raises(grokcall.BatchPendingError):
        ask("a", wait=False)
