"""What the service does not show yet, or shows oddly, has nothing sent a second time."""

from __future__ import annotations

import pytest

import grokcall
from scripted_batches import PAGE, reply
from scripted_service import Answer, refused


def results_of(rows):
    return [row["Response_Result"] for row in rows]


def zeros(batch):
    return {**batch, "state": dict.fromkeys(batch["state"], 0)}


@pytest.mark.parametrize("lagging", [("count",), ("list", "count"), ("list", "count", "results")])
@pytest.mark.parametrize("looks", [1, 4, 15])
def test_while_list_and_count_lag_nothing_is_added_again(batched, ask, lagging, looks):
    def lags(what):
        return what in lagging and batched.looks <= looks

    batched.status = lambda number, batch: zeros(batch) if lags("count") else batch
    batched.results = lambda number, entries: [] if lags("results") else entries
    batched.instead = lambda asked: (
        reply({"batch_request_metadata": []})
        if lags("list") and asked.method == "GET" and "/requests" in asked.path
        else None
    )
    assert results_of(ask("a", "b", "c")) == ["A", "B", "C"]
    assert [len(ids) for ids in batched.adds] == [3]


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [
        (400, "batch_request_id must be unique", "invalid-argument"),
        (400, "Duplicate batch_request_id", "invalid-argument"),
        (400, "Request is already in the batch", ""),
        (422, "Request id exists", ""),
        (409, "Conflict", "already-exists"),
        (400, "No.", "Some entity that we attempted to create already exists"),
    ],
)
def test_a_refusal_because_the_id_is_there_means_that_it_is_there(batched, ask, status, message, code):
    def instead(asked):
        if asked.method == "POST" and asked.path.endswith("/requests"):
            items = asked.json["batch_requests"]
            fresh = not batched.requests[0].keys() & {item["batch_request_id"] for item in items}
            if fresh:
                batched.add(batched.requests[0], items)
            return refused(status, message, code)
        if asked.method == "GET" and "/requests" in asked.path:
            return reply({"batch_request_metadata": []})
        if asked.path.endswith("batch_1"):
            return reply(zeros(batched.shown(1))) if asking.pop() else None
        return None

    asking = [False] * 20 + [True] * 2  # the count lags as long as requests are added
    batched.instead = instead
    rows = ask("a", "b", "c")
    assert results_of(rows) == ["A", "B", "C"], [row["Call_ErrorMessage"] for row in rows]
    assert batched.sent == ["a", "b", "c"]


def test_an_add_whose_reply_is_lost_is_not_made_again_while_the_list_lags(batched, ask):
    def instead(asked):
        if asked.method == "POST" and asked.path.endswith("/requests") and not batched.adds:
            batched.add(batched.requests[0], asked.json["batch_requests"])
            return Answer(cut=True)
        if asked.method == "GET" and "/requests" in asked.path and batched.looks < 8:
            return reply({"batch_request_metadata": []})
        return None

    batched.status = lambda number, batch: zeros(batch) if batched.looks < 8 else batch
    batched.instead = instead
    assert results_of(ask("a", "b")) == ["A", "B"]
    assert len(batched.adds) == 1


COUNTS = {
    "texts": lambda counts: {name: str(count) for name, count in counts.items()},
    "numbers with a point": lambda counts: {name: float(count) for name, count in counts.items()},
    "no zeros": lambda counts: {name: count for name, count in counts.items() if count},
    "no pending": lambda counts: {name: count for name, count in counts.items() if name != "num_pending"},
    "no requests": lambda counts: {name: count for name, count in counts.items() if name != "num_requests"},
    "another kind of end": lambda counts: {
        **{name: count for name, count in counts.items() if name not in ("num_pending", "num_success")},
        "num_expired": counts["num_success"],
    },
    "null": lambda counts: None,
    "nothing": lambda counts: {},
    "no numbers": lambda counts: dict.fromkeys(counts, "many"),
}


@pytest.mark.parametrize("spelling", COUNTS)
def test_counts_are_read_however_they_are_spelled_and_say_nothing_where_they_are_missing(batched, ask, spelling):
    def status(number, batch):
        counts = batch["state"]
        if batched.looks < 6 and counts["num_requests"]:
            counts = {**counts, "num_pending": counts["num_requests"], "num_success": 0}
        return {**batch, "state": COUNTS[spelling](counts)}

    batched.status = status
    batched.results = lambda number, entries: entries if batched.looks >= 6 else []
    assert results_of(ask("a", "b")) == ["A", "B"]
    assert results_of(ask("a", "b")) == ["A", "B"]
    assert batched.sent == ["a", "b"]
    assert batched.looks >= 6


def test_a_batch_without_a_word_of_how_far_it_is_is_pending(batched, ask):
    batched.status = lambda number, batch: {**batch, "state": None}
    batched.results = lambda number, entries: entries[:1]
    with pytest.raises(grokcall.BatchPendingError) as pending:
        ask("a", "b", wait=False)
    assert pending.value.pending == 2
    batched.results = lambda number, entries: entries
    assert results_of(ask("a", "b", wait=False)) == ["A", "B"]
    assert batched.sent == ["a", "b"]


BAD_LOOKS = {
    "a page": Answer(PAGE, headers={"content-type": "text/html"}),
    "null": Answer(b"null"),
    "nothing": Answer(b""),
    "half of it": Answer(b'{"batch_id": "ba'),
    "no id": Answer(b"{}"),
    "502": Answer(PAGE, 502),
    "503": refused(503, "The service is currently unavailable"),
    "404": refused(404, "Batch not found", "not-found"),
    "cut": Answer(cut=True),
    "429": refused(429, "Slow down."),
}


@pytest.mark.parametrize("kind", BAD_LOOKS)
def test_one_bad_look_ends_nothing(batched, ask, kind):
    bad = [BAD_LOOKS[kind]]
    batched.status = lambda number, batch: (
        {**batch, "state": {**batch["state"], "num_pending": 1}} if batched.looks < 3 else batch
    )
    batched.instead = lambda asked: bad.pop() if bad and batched.looks == 1 and asked.path.endswith("batch_1") else None
    assert results_of(ask("a", "b")) == ["A", "B"]
    assert not bad
    assert batched.sent == ["a", "b"]


@pytest.mark.parametrize("kind", BAD_LOOKS)
def test_who_does_not_wait_is_not_told_of_a_bad_look(batched, ask, kind):
    bad = [BAD_LOOKS[kind]]
    batched.instead = lambda asked: bad.pop() if bad and batched.adds and asked.path.endswith("batch_1") else None
    assert results_of(ask("a", "b", wait=False)) == ["A", "B"]
    assert not bad


def test_a_batch_that_is_gone_is_not_pending_for_ever(batched, ask):
    batched.status = lambda number, batch: {**batch, "state": {**batch["state"], "num_pending": 2}}
    with pytest.raises(grokcall.BatchPendingError):
        ask("a", "b", wait=False)
    batched.instead = lambda asked: refused(404, "Batch not found") if "batch_1" in asked.path else None
    assert "knows the batch batch_1 no more" in ask("a", "b", wait=False)[0]["Call_ErrorMessage"]


def test_looks_that_all_fail_end_the_lookup_and_not_the_batch(batched, ask):
    batched.instead = lambda asked: Answer(PAGE, 502) if batched.adds and asked.path.endswith("batch_1") else None
    with pytest.raises(grokcall.ServiceError):
        ask("a", "b")
    batched.instead = lambda asked: None
    assert results_of(ask("a", "b")) == ["A", "B"]
    assert batched.sent == ["a", "b"]


@pytest.mark.parametrize("headers", [{}, {"retry_after": "0.05"}])
def test_limits_are_waited_for_wherever_they_are_met(batched, ask, headers):
    held = dict.fromkeys(["POST /v1/batches", "POST add", "GET /results", "GET batch"], 4)

    def instead(asked):
        path = asked.path.partition("?")[0]
        name = {"requests": "add", "results": "/results", "batches": "/v1/batches"}.get(
            path.rpartition("/")[2], "batch"
        )
        place = f"{asked.method} {name}"
        if held.get(place):
            held[place] -= 1
            return refused(429, "Too many requests for batches.", "", **headers)
        return None

    batched.instead = instead
    assert results_of(ask("a", "b")) == ["A", "B"]
    assert not any(held.values())
    assert len(batched.adds) == 1


@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_list_whose_next_page_has_expired_is_read_from_its_beginning(batched, ask, status):
    batched.page = 2
    expired = ["4", "4", "2"]

    def instead(asked):
        if expired and asked.path.endswith(f"pagination_token={expired[-1]}"):
            expired.pop()
            return refused(status, "The pagination token has expired.", "invalid-argument")
        return None

    batched.instead = instead
    texts = [f"text {number}" for number in range(7)]
    assert results_of(ask(*texts)) == [text.upper() for text in texts]
    assert not expired


def test_a_page_that_is_refused_again_and_again_ends_the_lookup_and_what_was_taken_stays(batched, ask):
    batched.page = 2
    batched.instead = lambda asked: (
        refused(400, "The pagination token has expired.") if "pagination_token" in asked.path else None
    )
    with pytest.raises(grokcall.InvalidRequestError):
        ask("a", "b", "c")
    batched.instead = lambda asked: None
    assert results_of(ask("a", "b", "c")) == ["A", "B", "C"]
    assert batched.sent == ["a", "b", "c"]
