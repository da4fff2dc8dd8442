"""One bad row must not take the run with it: it is kept aside with its reason, and everything else is answered."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commanding import ANSWER_ONLY, ASK, numbered, rows_of, run, tickets

import grokcall
from scripted_service import KEY, WRONG_KEY, Answer, answered, refused

TICKETS = pa.schema({"id": pa.int64(), "body": pa.string()})
TOO_LONG = "This model's maximum prompt length is 131072 but the request contains 140000 tokens."
ODD_TEXTS = [
    " ",
    "\t\r\n",
    "a\r\nb",
    'say "yes", or no',
    "'; DROP TABLE tickets; --",
    ":Message ? $1 {{name}} %s \\",
    "<|endoftext|>",
    "\ufeffstarts with a mark",
    "اكتب من اليمين",
    "🦜" * 500,
    "line\u2028separator",
]


def refuse_long_prompts(asked):
    return refused(400, TOO_LONG) if len(asked.text) > 1000 else answered(asked.text.upper())


def refuse_two(asked):
    return refused(400, TOO_LONG) if asked.text == "two" else answered(asked.text.upper())


def test_one_over_long_prompt_does_not_end_the_run(service, tmp_path):
    service.script = refuse_long_prompts
    bodies = ["first", *(f"ticket {number}" for number in range(40)), "word " * 1000, "last"]
    out = tmp_path / "answers.csv"
    done = run(service, "lookup", tickets(tmp_path, bodies), ASK, "-o", out, *ANSWER_ONLY)
    assert done.code == 1
    assert [row["Response_Result"] for row in rows_of(out)] == [body.upper() for body in bodies if len(body) < 1000]
    (failed,) = rows_of(tmp_path / "answers.errors.csv")
    assert (failed["id"], failed["body"]) == (41, bodies[41])
    assert TOO_LONG in failed["Call_ErrorMessage"]


def test_rows_that_were_kept_aside_are_an_input_once_the_reason_is_gone(service, connection, tmp_path):
    service.script = refuse_two
    source, out = tickets(tmp_path, ["one", "two", "three"]), tmp_path / "answers.csv"
    assert run(service, "lookup", source, ASK, "-o", out).code == 1
    service.script = lambda asked: answered("now it fits")
    aside = f"SELECT id, body FROM '{tmp_path / 'answers.errors.csv'}'"
    again = connection.lookup(ASK, aside, fields=["Response_Result"])
    assert again.rows.to_pylist() == [{"id": 1, "body": "two", "Response_Result": "now it fits"}]
    assert sorted(service.texts) == ["one", "three", "two", "two"]


def test_a_failed_row_does_not_fail_the_job_of_an_engine_that_runs_the_step(service, monkeypatch):
    monkeypatch.setenv("XAI_API_KEY", KEY)
    service.script = refuse_two
    table = pa.Table.from_pylist(numbered(["one", "two", "three", "four", "five"]))
    with grokcall.Lookup(ASK, fields=["Response_Result"], base_url=service.base_url) as step:
        done = pa.Table.from_batches([step(batch) for batch in table.to_batches(max_chunksize=2)])
    assert done["Response_Result"].to_pylist() == ["ONE", None, "THREE", "FOUR", "FIVE"]
    assert done["Call_Status"].to_pylist() == ["ok", "error", "ok", "ok", "ok"]


def test_the_reason_has_a_column_of_its_own_and_a_word_that_programs_can_go_by(service, connection):
    service.script = refuse_two
    result = connection.lookup(ASK, numbered(["one", "two"]), on_error="ignore", fields=["Response_Result"])
    fine, failed = result.rows.to_pylist()
    assert (fine["Response_Result"], fine["Call_ErrorCode"], fine["Call_ErrorMessage"]) == ("ONE", None, None)
    assert (failed["Response_Result"], failed["Call_ErrorCode"]) == (None, "invalid_request")
    assert TOO_LONG in failed["Call_ErrorMessage"]


@pytest.mark.parametrize("policy", ["redirect", "ignore"])
def test_columns_are_the_same_whether_rows_failed_or_not(service, connection, policy):
    service.script = refuse_two
    fine = connection.lookup(ASK, numbered(["one"]), on_error=policy)
    mixed = connection.lookup(ASK, numbered(["one", "two"]), on_error=policy)
    hopeless = connection.lookup(ASK, numbered(["two"]), on_error=policy)
    assert fine.rows.schema == mixed.rows.schema == hopeless.rows.schema
    assert fine.errors.schema == mixed.errors.schema == hopeless.errors.schema


def test_odd_texts_need_no_filter_beforehand(on_sandbox, tmp_path):
    pq.write_table(pa.Table.from_pylist(numbered([*ODD_TEXTS, "", None])), tmp_path / "odd.parquet")
    result = on_sandbox.lookup(ASK, str(tmp_path / "odd.parquet"))
    assert result.rows["body"].to_pylist() == ODD_TEXTS
    assert set(result.rows["Response_Status"].to_pylist()) == {"completed"}
    assert result.errors["body"].to_pylist() == ["", None]
    assert all("parameter Message" in told for told in result.errors["Call_ErrorMessage"].to_pylist())


def test_tables_of_every_length_come_back_whole(connection):
    for count in (0, 1, 2, 19, 20, 21, 255, 256, 257, 513):
        table = pa.Table.from_pylist(numbered(f"text {number}" for number in range(count)), TICKETS)
        result = connection.lookup(ASK, table)
        assert result.rows["id"].to_pylist() == list(range(count))
        assert result.rows["Response_Result"].to_pylist() == [f"TEXT {number}" for number in range(count)]


def test_a_query_that_worked_works_the_next_time_too(service, connection):
    for _ in range(10):
        assert connection.lookup(ASK, numbered(["one", "two", "three"])).summary.ok == 3
    assert len(service.asked) == 30


def test_an_error_after_tries_says_that_the_rate_limit_was_the_reason(service, connecting):
    service.script = lambda asked: refused(429, "Too many requests per minute for grok-4.3.")
    result = connecting(max_attempts=2).lookup(ASK, numbered(["one"]))
    (failed,) = result.errors.to_pylist()
    assert (failed["Call_ErrorCode"], failed["Call_Attempts"], failed["Call_Retryable"]) == ("rate_limited", 2, True)
    assert "Too many requests per minute for grok-4.3." in failed["Call_ErrorMessage"]


def test_an_empty_or_broken_answer_is_the_error_of_its_row_and_of_no_other(service, connection):
    broken = {"two": Answer(b""), "four": Answer(b"{"), "six": Answer(b"<html>Bad day</html>")}
    service.script = lambda asked: broken.get(asked.text) or answered(asked.text.upper())
    bodies = ["one", "two", "three", "four", "five", "six"]
    result = connection.lookup(ASK, numbered(bodies))
    assert result.rows["Response_Result"].to_pylist() == ["ONE", "THREE", "FIVE"]
    assert result.errors["body"].to_pylist() == list(broken)
    assert set(result.errors["Call_ErrorCode"].to_pylist()) == {"malformed_reply"}

    service.script = lambda asked: answered(asked.text.upper())
    service.asked.clear()
    again = connection.lookup(ASK, result.errors.select(["id", "body"]))
    assert again.rows["Response_Result"].to_pylist() == ["TWO", "FOUR", "SIX"]
    assert sorted(service.texts) == sorted(broken)


def test_a_refused_key_is_said_once_and_stops_at_once_instead_of_failing_every_row(service, tmp_path):
    service.script = lambda asked: WRONG_KEY
    out = tmp_path / "answers.csv"
    source = tickets(tmp_path, (f"ticket {number}" for number in range(1000)))
    done = run(service, "lookup", source, ASK, "-o", out, "--concurrency", "16")
    assert done.code == 3
    assert done.err.count("Incorrect API key") == 1
    assert len(service.asked) <= 16
    assert not out.exists()
    assert len(rows_of(tmp_path / "answers.errors.csv")) <= 16, "only what was under way"


def test_a_service_that_is_not_there_ends_the_lookup_at_once_as_well(service, connecting):
    service.close()
    with pytest.raises(grokcall.NotSentError) as ended:
        connecting(max_attempts=1).lookup(ASK, numbered(f"ticket {number}" for number in range(1000)))
    assert ended.value.result.rows.num_rows == 0
    assert ended.value.result.errors.num_rows <= 64, "only what was under way"


def test_a_bad_hour_of_the_service_is_the_error_of_each_row_that_it_struck_and_of_no_other(service, connecting):
    service.script = lambda asked: refused(503, "Overloaded.") if len(service.asked) <= 10 else answered("fine")
    result = connecting(max_attempts=1).lookup(ASK, numbered(f"ticket {number}" for number in range(40)))
    assert (result.rows.num_rows, result.errors.num_rows) == (30, 10)
    assert set(result.errors["Call_ErrorCode"].to_pylist()) == {"server"}
    assert set(result.errors["Call_Retryable"].to_pylist()) == {True}


def test_a_service_that_answers_nothing_but_failures_ends_the_lookup_with_one_message(service, tmp_path):
    service.script = lambda asked: refused(503, "Overloaded.")
    source = tickets(tmp_path, (f"ticket {number}" for number in range(1000)))
    out = tmp_path / "answers.csv"
    options = ("--concurrency", "16", "--max-attempts", "1")
    done = run(service, "lookup", source, ASK, "-o", out, *options)
    assert done.code == 5
    assert done.err.count("Overloaded.") == 1
    assert len(service.asked) <= 48, "twice as many as may be in flight, and those then under way"


def test_the_first_bad_row_ends_the_run_where_that_is_wanted(service, connection):
    service.script = refuse_two
    with pytest.raises(grokcall.LookupFailedError, match=TOO_LONG) as ended:
        connection.lookup(ASK, numbered(["one", "two", "three"]), on_error="fail", concurrency=1)
    assert (ended.value.row, ended.value.result.rows["body"].to_pylist()) == (2, ["one"])
