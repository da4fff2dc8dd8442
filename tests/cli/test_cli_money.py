"""Limits, prices before running, and answers that fall short, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

from scripted_service import Answer, answered

ASK = "CALL GenerateResponse(:body, MaxOutputTokens => 10)"
CUT = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}


def table(count: int) -> str:
    with Path("in.csv").open("w", encoding="utf-8") as file:
        file.write("body\n" + "".join(f"b{number}\n" for number in range(count)))
    return "in.csv"


def test_every_limit_holds_for_a_single_call_and_its_promise_is_told_before(run, at_service):
    silent = "CALL GenerateResponse('hi', MaxOutputTokens => 9, ReasoningEffort => 'none')"
    done = run("call", silent, "--max-cost", "1", "--max-calls", "5")
    assert done.code == 0
    assert done.err.startswith("The connection will not cost more than 1 USD, as long as the model does not reason")
    assert "the connection will not make more than 5 calls." in done.err
    reasoning = run("call", "CALL GenerateResponse('hi', MaxOutputTokens => 9)", "--max-cost", "1")
    assert reasoning.err.startswith("No call starts once 1 USD are spent or reserved. The call in flight can pass that")
    for flag, value in (("--max-cost", "0"), ("--max-calls", "0"), ("--max-tokens", "1"), ("--max-duration", "0")):
        refused = run(flag, value, "call", "CALL GenerateResponse('hi', MaxOutputTokens => 9)")
        assert refused.code == 4
        assert f"grokcall: the connection's {flag[2:].replace('-', '_')} of" in refused.err
    assert len(at_service.asked) == 2


def test_the_limits_of_a_lookup_are_its_own_and_stand_anywhere(run, at_service, here):
    done = run("--max-calls", 3, "lookup", table(9), ASK, "-o", "out.csv")
    assert (done.code, len(at_service.asked)) == (4, 3)
    assert "The lookup will not make more than 3 calls." in done.err
    assert "rows      3 (3 ok, 0 failed)" in done.err
    assert "the lookup's max_calls of 3 calls is reached" in done.err


def test_what_the_surroundings_limit_holds_for_a_lookup_as_well(run, at_service, here, monkeypatch):
    monkeypatch.setenv("GROKCALL_MAX_CALLS", "2")
    done = run("lookup", table(9), ASK, "-o", "out.csv", "--max-calls", 3)
    assert (done.code, len(at_service.asked)) == (4, 2)
    assert "the connection's max_calls of 2 calls is reached" in done.err


def test_incomplete_answers_are_told_kept_failed_or_asked_for_again(run, at_service, here):
    at_service.script = lambda asked: (
        answered("half", **CUT) if asked.text == "b1" and asked.json["max_output_tokens"] < 40 else answered("whole")
    )
    kept = run("lookup", table(3), ASK, "-o", "kept.parquet")
    assert kept.code == 0
    assert "incomplete  1 answers cut short, 0 refusals" in kept.err
    failed = run("lookup", "in.csv", ASK, "-o", "failed.parquet", "--on-incomplete", "error")
    assert failed.code == 1
    assert pq.read_table("failed.parquet").num_rows == 2
    assert pq.read_table("failed.errors.parquet")["Call_ErrorCode"].to_pylist() == ["incomplete"]
    again = run("lookup", "in.csv", ASK, "-o", "again.parquet", "--on-incomplete", "retry")
    assert again.code == 0
    assert pq.read_table("again.parquet")["Response_Result"].to_pylist() == ["whole"] * 3
    assert run("lookup", "in.csv", ASK, "-o", "no.parquet", "--on-incomplete", "drop").code == 2


def test_a_dry_run_asks_the_service_only_when_told_to(run, at_service, here):
    models = {"data": [{"id": "grok-4.3", "prompt_text_token_price": 1, "completion_text_token_price": 1}]}

    def script(asked):
        if asked.path == "/v1/models":
            return Answer(json.dumps(models).encode())
        return Answer(json.dumps({"token_ids": [{"token_id": 1}]}).encode())

    at_service.script = script
    plain = run("lookup", table(5), ASK, "--dry-run")
    assert (plain.code, at_service.asked) == (0, [])
    assert "the table of 20" in plain.err
    assert plain.err.rstrip().endswith("nothing was sent")
    told = run("lookup", "in.csv", ASK, "--dry-run", "--prices", "service")
    assert "/v1/models, else the table of 20" in told.err
    assert told.err.rstrip().endswith("nothing was sent that costs money")
    counted = run("lookup", "in.csv", ASK, "--dry-run", "--count-tokens", 2)
    assert [asked.path for asked in at_service.asked] == ["/v1/models", *["/v1/tokenize-text"] * 2]
    assert "the service counted the tokens of 2 calls" in counted.err


def test_a_summary_is_written_however_a_lookup_ends(run, at_service, here):
    arguments = ("lookup", table(5), ASK, "-o", "out.csv", "--summary", "end.json")

    def end() -> dict[str, object]:
        told: dict[str, object] = json.loads((here / "end.json").read_text())
        return told

    assert run(*arguments).code == 0
    assert (end()["state"], end()["stop"], end()["ok"], end()["cost_usd"]) == ("finished", None, 5, "0.0011530000")
    assert run(*arguments, "--max-calls", 2).code == 4
    assert (end()["state"], end()["stop"]["reason"], end()["stop"]["cap"]) == ("budget", "max_calls", 2)
    at_service.script = lambda _: Answer(b'{"error": "Incorrect API key provided."}', 400)
    assert run(*arguments).code == 3
    assert (end()["state"], end()["stop"]["reason"]) == ("failed", "auth")
    message = "Your team t has either used all available credits or reached its monthly spending limit."
    at_service.script = lambda _: Answer(json.dumps({"error": message}).encode(), 429)
    assert run(*arguments).code == 4
    assert (end()["state"], end()["stop"]["reason"]) == ("budget", "credits_exhausted")
    assert run(*arguments[:-1], "nowhere/end.json").code != 0


def test_what_a_call_and_a_query_take_beyond_a_limit_is_said(run, at_service, here):
    at_service.script = lambda asked: answered("x", ticks=300_000_000)
    done = run("call", "CALL GenerateResponse('hi', MaxOutputTokens => 9)", "--max-cost", "0.02")
    assert done.code == 0
    assert "warning: the connection took 0.01 USD beyond the limit of 0.02 USD: 1 call" in done.err
    table(2)
    done = run("sql", "SELECT r.Response_Result FROM 'in.csv' t, GenerateResponse(t.body) r", "--max-cost", "0.02")
    assert "0.01 USD beyond the limit of 0.02 USD" in done.err


def test_a_connection_is_told_whether_the_service_keeps_answers(run, at_service, here, monkeypatch):
    run("call", "CALL GenerateResponse('a')")
    run("call", "CALL GenerateResponse('a')", "--no-store")
    monkeypatch.setenv("GROKCALL_STORE", "true")
    run("call", "CALL GenerateResponse('a')")
    assert [asked.json.get("store") for asked in at_service.asked] == [None, False, True]
