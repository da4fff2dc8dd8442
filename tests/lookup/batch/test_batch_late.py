"""Answers that come late, twice, or to another lookup's batch are taken, and not paid for again."""

from __future__ import annotations

from decimal import Decimal

import pytest
from batching import ASK

import grokcall
from grokcall.journal import Journal
from scripted_batches import completion, good
from scripted_service import Answer, refused

PRICE = Decimal("0.0001")


def results_of(rows):
    return [row["Response_Result"] for row in rows]


def first_only(count):
    """Gives the first results of the first batch, and all of any other."""
    return lambda number, entries: entries[:count] if number == 1 else entries


@pytest.mark.parametrize("has", [0, 1, 2])
def test_what_comes_after_the_batch_was_given_up_is_taken_by_the_next_lookup(batched, ask, tmp_path, has):
    batched.results = first_only(has)
    rows = ask("a", "b", "c")
    assert results_of(rows) == ["A", "B", "C"][:has] + [None] * (3 - has)
    assert {row["Call_ErrorCode"] for row in rows[has:]} == {"batch_unanswered"}
    assert "looks there once more" in rows[-1]["Call_ErrorMessage"]
    batched.results = lambda number, entries: entries
    rows = ask("a", "b", "c")
    assert results_of(rows) == ["A", "B", "C"]
    assert [row["Call_Status"] for row in rows] == ["cached"] * has + ["ok"] * (3 - has)
    assert batched.sent == ["a", "b", "c"]
    with Journal(tmp_path / "j", read_only=True) as journal:
        run = journal.run()
        assert (run.ok, run.failed, run.attempts, run.cost_usd) == (3, 0, 3, 3 * PRICE)
        assert [batch.state for batch in journal.batches()] == ["ended"]


@pytest.mark.parametrize("limits", [{"max_calls": 3}, {"max_cost": 1}])
def test_an_answer_that_comes_late_takes_the_place_of_what_was_counted_for_it(batched, ask, tmp_path, limits):
    batched.results = first_only(1)
    ask("a", "b", "c", **limits)
    batched.results = lambda number, entries: entries
    assert results_of(ask("a", "b", "c", **limits)) == ["A", "B", "C"]
    with Journal(tmp_path / "j") as journal:
        (run,) = journal.runs()
        spent = journal.begin("other", {})._records.rows(
            "SELECT sum(tries), sum(unpriced), sum(bound_ticks) FROM calls WHERE run = ?", run.number
        )
    assert spent == [(3, 0, 0)]


def test_what_does_not_come_is_sent_again_and_only_that(batched, ask, tmp_path):
    batched.results = first_only(1)
    ask("a", "b", "c")
    batched.results = first_only(2)
    assert results_of(ask("a", "b", "c")) == ["A", "B", "C"]
    assert batched.sent == ["a", "b", "c", "c"]
    with Journal(tmp_path / "j", read_only=True) as journal:
        assert [batch.state for batch in journal.batches()] == ["ended", "ended"]


def test_a_late_batch_that_is_at_work_again_is_waited_for(batched, ask):
    batched.results = first_only(1)
    ask("a", "b")
    batched.status = lambda number, batch: {**batch, "state": {**batch["state"], "num_pending": 1}}
    with pytest.raises(grokcall.BatchPendingError):
        ask("a", "b", wait=False)
    batched.status = lambda number, batch: batch
    batched.results = lambda number, entries: entries
    assert results_of(ask("a", "b")) == ["A", "B"]
    assert batched.sent == ["a", "b"]


@pytest.mark.parametrize("bad", [refused(404, "Batch not found"), Answer(b"null"), Answer(b"<html>", 502)])
def test_one_bad_look_at_a_late_batch_sends_nothing_again(batched, ask, bad):
    batched.results = first_only(1)
    ask("a", "b")
    batched.results = lambda number, entries: entries
    bads = [bad]
    batched.instead = lambda asked: bads.pop() if bads and asked.path.endswith("batch_1") else None
    assert results_of(ask("a", "b")) == ["A", "B"]
    assert batched.sent == ["a", "b"]


@pytest.mark.parametrize("status", [400, 404])
def test_results_that_are_not_there_yet_are_looked_for(batched, ask, status):
    not_yet = [refused(status, "No results.")] * 3
    batched.instead = lambda asked: not_yet.pop() if not_yet and "/results" in asked.path else None
    assert results_of(ask("a", "b")) == ["A", "B"]
    assert not not_yet


def test_rows_that_are_missing_meanwhile_leave_their_late_answers_to_a_later_lookup(batched, ask):
    batched.results = first_only(1)
    ask("a", "b", "c")
    assert results_of(ask("a", "b")) == ["A", "B"]
    batched.results = lambda number, entries: entries
    assert results_of(ask("a", "b", "c")) == ["A", "B", "C"]
    assert batched.sent == ["a", "b", "c", "b"]


def test_results_that_grow_are_read_until_they_grow_no_more(batched, ask):
    reads = []

    def growing(number, entries):
        reads.append(1)
        return entries[: len(reads) // 3]

    batched.results = growing
    texts = [f"text {number}" for number in range(6)]
    assert results_of(ask(*texts)) == [text.upper() for text in texts]


BAD = {"error": {"code": "internal", "message": "Failed."}}


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("bad", [BAD, {"error": {"code": "invalid-argument", "message": "Bad."}}, {"response": {}}])
def test_of_a_result_that_comes_twice_the_answer_counts(batched, ask, order, bad):
    batched.results = lambda number, entries: [
        each
        for entry in entries
        for each in (entry, {"batch_request_id": entry["batch_request_id"], "batch_result": bad})[::order]
    ]
    rows = ask("a", "b")
    assert results_of(rows) == ["A", "B"]
    assert [row["Call_CostUsd"] for row in rows] == [PRICE] * 2
    assert results_of(ask("a", "b")) == ["A", "B"]
    assert batched.sent == ["a", "b"]


def test_an_answer_that_comes_twice_is_taken_once(batched, ask, tmp_path):
    batched.results = lambda number, entries: [
        *entries,
        *entries,
        good("ff", "none of ours"),
        {"batch_request_id": None},
    ]
    assert results_of(ask("a", "b")) == ["A", "B"]
    with Journal(tmp_path / "j", read_only=True) as journal:
        assert (journal.run().attempts, journal.run().cost_usd) == (2, 2 * PRICE)


PENDING = {"num_pending": 1}
SPELLED = [
    "CALL  GenerateResponse( :body )",
    "call generateresponse(:body);",
    "CALL GenerateResponse(Message => :body)",
]
"""Other spellings of the same lookup."""


@pytest.mark.parametrize("command", SPELLED)
@pytest.mark.parametrize("given", [{}, {"reuse": True}])
def test_calls_in_the_batch_of_a_lookup_in_other_words_are_not_sent_again(batched, ask, command, given):
    batched.status = lambda number, batch: {**batch, "state": {**batch["state"], **PENDING}}
    for spelled in (ASK, command, command):
        with pytest.raises(grokcall.BatchPendingError):
            ask("a", "b", command=spelled, wait=False, **given)
    batched.status = lambda number, batch: batch
    for spelled in (command, ASK, command):
        assert results_of(ask("a", "b", command=spelled, **given)) == ["A", "B"]
    assert batched.sent == ["a", "b"]


def test_calls_of_a_renamed_input_are_found_and_only_new_rows_are_sent(batched, ask, tmp_path, service):
    texts = ["a", "b", "c"]
    for name, count in (("first.csv", 2), ("second.csv", 3)):
        (tmp_path / name).write_text("body\n" + "".join(f"{text}\n" for text in texts[:count]))
    batched.status = lambda number, batch: {**batch, "state": {**batch["state"], **PENDING}}
    told = {"batch": True, "journal": tmp_path / "j", "fields": ["Response_Result"]}
    with grokcall.connect(api_key="xai-0123456789", base_url=service.base_url, poll_interval=0.02) as connection:
        for name in ("first.csv", "second.csv"):
            with pytest.raises(grokcall.BatchPendingError):
                connection.lookup(ASK, tmp_path / name, wait=False, **told)
        batched.status = lambda number, batch: batch
        for name, count in (("second.csv", 3), ("first.csv", 2)):
            rows = connection.lookup(ASK, tmp_path / name, **told).rows
            assert rows["Response_Result"].to_pylist() == ["A", "B", "C"][:count]
    assert batched.sent == texts


def test_other_calls_and_batches_that_are_gone_do_not_keep_a_lookup(batched, ask):
    batched.status = lambda number, batch: {**batch, "state": {**batch["state"], **PENDING}}
    with pytest.raises(grokcall.BatchPendingError):
        ask("a", wait=False)
    batched.status = lambda number, batch: batch
    assert results_of(ask("b", command=SPELLED[0])) == ["B"]
    batched.instead = lambda asked: refused(404, "Batch not found") if "batch_1" in asked.path else None
    assert results_of(ask("a", command=SPELLED[1])) == [None], "a batch that is gone has no answer"
    assert results_of(ask("a", command=SPELLED[2])) == ["A"]
    assert batched.sent == ["a", "b", "a"]


WORDS = {"code": "x", "message": "the model is overloaded"}


@pytest.mark.parametrize(
    "result",
    [
        {"batch_result": {"response": {"chat_get_completion": {"error": WORDS}}}},
        {"batch_result": {"response": {"responses": {"error": WORDS}}}},
        {"batch_result": {"response": {"error": WORDS}}},
        {"batch_result": {"response": {"chat_get_completion": {"error": WORDS["message"]}}}},
        {"batch_result": {"response": {"chat_get_completion": {"choices": [], "error": WORDS}}}},
        {"batch_result": {"response": {"chat_get_completion": {"choices": None, "error": {**WORDS, "code": None}}}}},
        {"batch_result": {"response": {"chat_get_completion": {"code": "x", "message": WORDS["message"]}}}},
        {"batch_result": {"response": {"status_code": 503, "body": {"error": WORDS}}}},
        {"batch_result": {"error": {"error": WORDS["message"]}}},
        {"batch_result": None, "error_message": WORDS["message"]},
        {"batch_result": '{"error": {"message": "the model is overloaded"}}'},
        {"error": WORDS},
    ],
)
def test_the_words_of_an_error_are_found_wherever_they_stand(batched, ask, result):
    batched.results = lambda number, entries: [{"batch_request_id": entries[0]["batch_request_id"], **result}]
    (row,) = ask("a")
    assert (row["Call_Status"], row["Response_Result"]) == ("error", None)
    assert "the model is overloaded" in row["Call_ErrorMessage"]


PARTS = [{"type": "text", "text": "in "}, {"type": "text", "text": "parts"}]


@pytest.mark.parametrize(
    "content",
    [
        "in parts",
        PARTS,
        ["in ", "parts"],
        [{"text": "in parts"}],
        [{"type": "output_text", "text": "in parts"}, {"type": "image_url", "image_url": {}}],
    ],
)
def test_content_in_parts_is_joined(batched, ask, content):
    answer = {"response": {"chat_get_completion": completion(content)}}
    batched.results = lambda number, entries: [
        {"batch_request_id": entries[0]["batch_request_id"], "batch_result": answer}
    ]
    assert results_of(ask("a")) == ["in parts"]


def choice(**members):
    return {**completion(None), "choices": [{"index": 0, "finish_reason": "stop", **members}]}


@pytest.mark.parametrize(
    "answer",
    [
        choice(),
        choice(message=None),
        choice(message={}),
        choice(message={"role": "assistant", "content": None}),
        choice(message={"role": "assistant", "content": []}),
        choice(message={"role": "assistant", "content": None, "reasoning_content": "Hm."}),
        {**completion(None), "choices": []},
        {"marked": "by nothing that is known"},
        {"id": "c1", "output": []},
        {"id": "c1", "output": None, "status": "completed"},
        {"id": "c1", "output": [{"type": "message", "content": []}], "status": "completed"},
        {"id": "c1", "output": [{"type": "reasoning", "summary": []}], "usage": {"cost_in_usd_ticks": 1_000_000}},
    ],
)
def test_no_answer_is_an_error_that_keeps_the_raw_result_and_its_price(batched, ask, answer):
    result = {"response": {"chat_get_completion": answer}}
    batched.results = lambda number, entries: [
        {"batch_request_id": entries[0]["batch_request_id"], "batch_result": result}
    ]
    (row,) = ask("a")
    assert (row["Call_Status"], row["Call_ErrorCode"]) == ("error", "malformed_reply")
    assert "c1" in row["Response_Result"] or "marked" in row["Response_Result"]
    assert row["Call_CostUsd"] == (PRICE if "usage" in answer else None)
    assert ask("a")[0]["Call_Status"] == "error"
    assert batched.sent == ["a"]
