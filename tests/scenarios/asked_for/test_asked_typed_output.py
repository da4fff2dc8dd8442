"""One call fills several columns of real types; what does not fit is asked for anew, and then the matter of its row."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from commanding import ASK, numbered, rows_of, run, tickets

from scripted_service import Answer, answered, refused

SCHEMA = "priority INTEGER NOT NULL, topic VARCHAR, urgent BOOLEAN, tags VARCHAR[]"
TYPED = f"CALL GenerateResponse(:body, OutputSchema => '{SCHEMA}')"
FITTING = {"priority": 2, "topic": "delivery", "urgent": True, "tags": ["parcel", "late"]}
COLUMNS = ["priority", "topic", "urgent", "tags"]


def answering(*texts):
    """Answers with these texts one after the other, and with the last one from then on."""
    left = list(texts)
    return lambda asked: answered(left.pop(0) if len(left) > 1 else left[0])


def test_one_call_fills_several_columns_of_real_types(service, connection):
    service.script = answering(json.dumps(FITTING))
    result = connection.lookup(TYPED, numbered(["My parcel never came"]))
    assert result.rows.select(COLUMNS).to_pylist() == [FITTING]
    types = [result.rows.schema.field(name).type for name in COLUMNS]
    assert types == [pa.int32(), pa.string(), pa.bool_(), pa.list_(pa.string())]
    assert len(service.asked) == 1


def test_columns_of_an_answer_go_into_a_file_like_any_others(service, tmp_path):
    service.script = answering(json.dumps(FITTING))
    out = tmp_path / "answers.parquet"
    done = run(service, "lookup", tickets(tmp_path, ["My parcel never came"]), TYPED, "-o", out)
    assert done.code == 0, done.err
    (row,) = rows_of(out)
    assert {name: row[name] for name in COLUMNS} == FITTING


def test_an_answer_that_is_no_json_is_asked_for_anew_by_a_fresh_request(service, connection):
    service.script = answering("Sure! Here you are:", '{"priority": 2', json.dumps(FITTING))
    result = connection.lookup(TYPED, numbered(["My parcel never came"]))
    assert result.rows.select(COLUMNS).to_pylist() == [FITTING]
    assert len(service.asked) == 3
    assert len({asked.body for asked in service.asked}) == 1, "the bad answer was sent back to the model"
    assert result.summary.cost_ticks == 3 * 2_306_000, "answers that were thrown away were paid for too"


def test_answers_that_never_fit_are_the_error_of_their_row_after_a_bounded_number_of_questions(service, connecting):
    service.script = lambda asked: answered(json.dumps(FITTING) if asked.text == "good" else "no JSON at all")
    result = connecting(schema_attempts=2).lookup(TYPED, numbered(["bad", "good"]))
    assert result.rows["topic"].to_pylist() == ["delivery"]
    assert service.texts.count("bad") == 2
    (failed,) = result.errors.to_pylist()
    assert (failed["body"], failed["Call_ErrorCode"]) == ("bad", "answer_mismatch")


def test_the_service_s_own_sentence_is_what_a_refused_request_says(service, connection):
    sentence = "max_output_tokens: must be at most 131072 for grok-4.3."
    service.script = lambda asked: refused(400, sentence, code="invalid-argument")
    (failed,) = connection.lookup(TYPED, numbered(["one"])).errors.to_pylist()
    assert sentence in failed["Call_ErrorMessage"]
    assert failed["Call_RequestId"] == "req-refused"


@pytest.mark.parametrize("page", [b"upstream request timeout", b"<html><h1>500</h1></html>", b""])
def test_a_failure_without_a_sentence_is_told_by_its_status_and_not_as_bad_json(service, connecting, page):
    service.script = lambda asked: Answer(page, 500, {"content-type": "text/html"})
    (failed,) = connecting(max_attempts=1).lookup(ASK, numbered(["one"])).errors.to_pylist()
    assert failed["Call_ErrorCode"] == "server"
    assert "500" in failed["Call_ErrorMessage"]
    assert not any(word in failed["Call_ErrorMessage"].lower() for word in ("json", "decode", "parse"))


@pytest.mark.parametrize(
    ("priority", "found"),
    [(None, " NOT NULL, found null"), ("high", ', found the text "high"'), ([2], ", found the list [2]")],
)
def test_a_value_of_another_type_is_told_by_its_place_and_what_was_expected(service, connecting, priority, found):
    service.script = answering(json.dumps({**FITTING, "priority": priority}))
    (failed,) = connecting(schema_attempts=1).lookup(TYPED, numbered(["one"])).errors.to_pylist()
    assert failed["Call_ErrorMessage"].endswith(f"priority: expected INTEGER{found}")


def test_a_value_that_the_model_does_not_know_is_null_where_null_may_be(service, connection):
    service.script = answering(json.dumps({**FITTING, "topic": None, "tags": None}))
    result = connection.lookup(TYPED, numbered(["one"]))
    assert result.rows.select(["topic", "tags"]).to_pylist() == [{"topic": None, "tags": None}]


def test_an_answer_without_its_usual_members_is_a_row_or_an_error_in_plain_words(service, connection):
    odd = {"usage": None, "incomplete_details": 7, "model": 3, "metadata": "none"}
    service.script = lambda asked: answered("fine", **odd)
    (row,) = connection.lookup(ASK, numbered(["one"])).rows.to_pylist()
    assert (row["Response_Result"], row["Response_UsageInputTokens"]) == ("fine", None)


@pytest.mark.parametrize(("treatment", "requests", "rows"), [("keep", 1, 1), ("error", 1, 0), ("retry", 2, 1)])
def test_what_becomes_of_an_answer_that_was_cut_short_can_be_chosen(service, connection, treatment, requests, rows):
    def script(asked):
        if asked.json["max_output_tokens"] > 50:
            return answered("the whole answer")
        return answered("the whole", status="incomplete", incomplete_details={"reason": "max_output_tokens"})

    service.script = script
    statement = "CALL GenerateResponse(:body, MaxOutputTokens => 50)"
    result = connection.lookup(statement, numbered(["one"]), on_incomplete=treatment)
    assert (len(service.asked), result.rows.num_rows) == (requests, rows)
    assert set(result.errors["Call_ErrorCode"].to_pylist()) <= {"incomplete"}
