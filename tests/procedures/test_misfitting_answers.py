"""Answers that do not fit are asked for again within a bound, and every ask is paid for on the books."""

from __future__ import annotations

import json

import pytest

import grokcall
from grokcall.sandbox import SANDBOX_KEY, Sandbox
from scripted_service import COST_TICKS, answered

ASK = "CALL GenerateResponse(:body, OutputSchema => 'priority INTEGER NOT NULL, tags VARCHAR[]')"
TICKS_PER_USD = 10_000_000_000


def ticks_of(*tables):
    costs = [cost for table in tables for cost in table.column("Call_CostUsd").to_pylist() if cost is not None]
    return int(sum(costs) * TICKS_PER_USD)


def in_turn(*answers):
    """A service that gives each answer once, the last one for ever."""
    left = list(answers)

    def script(_asked):
        return answered(left.pop(0) if len(left) > 1 else left[0])

    return script


def test_a_bad_answer_is_asked_for_again_and_all_asks_are_counted(service, connection):
    service.script = in_turn("Urgent!", '{"priority": "high", "tags": []}', '{"priority": 2, "tags": ["late"]}')
    result = connection.lookup(ASK, [{"body": "x"}], call_columns=True)

    (row,) = result.rows.to_pylist()
    assert (row["priority"], row["tags"]) == (2, ["late"])
    assert row["Call_Attempts"] == 3
    assert ticks_of(result.rows) == 3 * COST_TICKS == row["Response_UsageCostInUsdTicks"]
    assert row["Response_UsageTotalTokens"] == 36
    assert len(service.asked) == 3
    assert len({asked.body for asked in service.asked}) == 1


def test_after_the_bound_the_row_is_an_error_that_names_the_column(service, connecting):
    service.script = in_turn('{"priority": "high", "tags": []}')
    result = connecting(schema_attempts=2).lookup(ASK, [{"body": "x"}])

    (row,) = result.errors.to_pylist()
    assert row["Call_ErrorCode"] == "answer_mismatch"
    assert row["Call_ErrorMessage"] == (
        'the answer does not fit OutputSchema (asked 2 times): priority: expected INTEGER, found the text "high"'
    )
    assert row["Call_Retryable"] is False
    assert row["Call_Attempts"] == 2
    assert ticks_of(result.errors) == 2 * COST_TICKS


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ('{"priority": 3000000000, "tags": []}', "priority: expected INTEGER (-2147483648 to 2147483647)"),
        ('{"priority": 1.5, "tags": []}', "priority: expected INTEGER, found 1.5"),
        ('{"priority": true, "tags": []}', "priority: expected INTEGER, found true"),
        ('{"priority": null, "tags": []}', "priority: expected INTEGER NOT NULL, found null"),
        ('{"tags": []}', "priority: expected a value (INTEGER), found no member of that name"),
        ('{"priority": 1, "tags": ["a", 2]}', "tags[2]: expected VARCHAR, found 2"),
        ('{"priority": 1, "tags": ["a", null]}', "tags[2]: expected VARCHAR, found null"),
        ('[{"priority": 1}]', "the answer: expected a JSON object, found the list"),
        ('{"priority": NaN, "tags": []}', "priority: expected INTEGER NOT NULL, found null"),
        ("```json {} ```", "priority: expected a value (INTEGER), found no member of that name"),
        ('Here it is: ```{"priority": 1}```', "the answer: expected JSON"),
        ("", 'the answer: expected JSON, found the text ""'),
    ],
)
def test_what_was_expected_and_what_came_is_told(service, connecting, answer, told):
    service.script = in_turn(answer)
    with pytest.raises(grokcall.AnswerMismatchError) as caught:
        connecting(schema_attempts=1).execute(ASK, {"body": "x"})
    assert told in str(caught.value)
    assert len(str(caught.value)) < 250


def test_null_and_5_0_will_do(service, connection):
    service.script = in_turn('{"priority": 5.0, "tags": null, "more": 1}')
    assert connection.execute(ASK, {"body": "x"}).fetchone()[:2] == (5, None)


@pytest.mark.parametrize(("profile", "code"), [("refusal:share=1", "refusal"), ("incomplete:share=1", "incomplete")])
def test_a_refusal_and_an_answer_cut_short_are_errors_and_not_asked_for_again(profile, code):
    with (
        Sandbox(profile=profile) as sandbox,
        grokcall.connect(api_key=SANDBOX_KEY, base_url=sandbox.base_url) as connection,
    ):
        result = connection.lookup(ASK, [{"body": "The parcel never came"}])
        assert result.errors.column("Call_ErrorCode").to_pylist() == [code]
        assert len(sandbox.ledger()) == 1
        assert ticks_of(result.errors) == sandbox.ledger()[0]["ticks"]


@pytest.fixture(scope="module")
def misfitting():
    with Sandbox(profile="misfit:share=0.5") as sandbox:
        yield sandbox


def test_wrong_typed_answers_become_error_rows_and_the_ledger_is_the_cost_column(misfitting, tmp_path):
    misfitting.reset()
    rows = [{"id": number, "body": f"Ticket {number}"} for number in range(200)]
    with grokcall.connect(api_key=SANDBOX_KEY, base_url=misfitting.base_url, schema_attempts=2) as connection:
        result = connection.lookup(ASK, rows, call_columns=True, journal=tmp_path / "j")
        entries = misfitting.ledger()
        again = connection.lookup(ASK, rows, call_columns=True, journal=tmp_path / "j")

    assert result.rows.num_rows + result.errors.num_rows == 200
    assert 25 < result.errors.num_rows < 75
    assert set(result.errors.column("Call_ErrorCode").to_pylist()) == {"answer_mismatch"}
    assert 1 in result.rows.column("Call_Attempts").to_pylist()
    assert 2 in result.rows.column("Call_Attempts").to_pylist()
    assert ticks_of(result.rows, result.errors) == sum(entry["ticks"] for entry in entries)
    assert result.summary.calls == len(entries)
    assert all(json.loads(text) for text in result.rows.column("Response_Result").to_pylist())
    assert len(misfitting.ledger()) == len(entries), "what had been paid for was asked for again"
    assert again.errors.select(["id", "Call_ErrorMessage"]) == result.errors.select(["id", "Call_ErrorMessage"])


def test_a_budget_has_room_for_every_ask(misfitting):
    misfitting.reset()
    ask = ASK.replace(", OutputSchema", ", MaxOutputTokens => 200, OutputSchema")
    rows = [{"body": f"Ticket {number}"} for number in range(300)]
    with grokcall.connect(api_key=SANDBOX_KEY, base_url=misfitting.base_url) as connection:
        with pytest.raises(grokcall.BudgetReachedError) as caught:
            connection.lookup(ask, rows, call_columns=True, max_cost="0.02")
        spent = ticks_of(caught.value.result.rows, caught.value.result.errors)
        assert spent == sum(entry["ticks"] for entry in misfitting.ledger())
        assert 0 < spent <= 0.02 * TICKS_PER_USD


def test_the_highest_price_is_that_of_all_asks(connecting):
    silent = "MaxOutputTokens => 100, ReasoningEffort => 'none'"
    plain = f"EXPLAIN COST CALL GenerateResponse('hi', {silent}, OutputSchema => 'a INTEGER')"
    once, thrice = (
        connecting(schema_attempts=asks).execute(plain).fetch_arrow_table().to_pylist()[0] for asks in (1, 3)
    )
    assert thrice["WorstUsd"] == 3 * once["WorstUsd"]
    assert thrice["LowUsd"] == once["LowUsd"]
    assert "3 answers" in thrice["Note"]
