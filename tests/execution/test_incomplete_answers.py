"""Answers that were cut short and refusals: seen, counted, and treated as the lookup says."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

import grokcall
from grokcall.errors import BudgetReachedError
from grokcall.execution.incomplete_answers import MOST_RETRIES
from grokcall_procedures import CATALOG
from grokcall_procedures.shortfalls import shortfall_finder
from scripted_service import COST_TICKS, Answer, Asked, Service, answered

Connecting = Callable[..., grokcall.Connection]
ASK = "CALL GenerateResponse(:body, MaxOutputTokens => 10)"
CUT = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
NO = "I can't help with that."
REFUSAL = {"output": [{"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": NO}]}]}
PRICE = Decimal(COST_TICKS).scaleb(-10)


def needs(tokens: int) -> Callable[[Asked], Answer]:
    """A service whose answers to prompts that begin with ``long`` take so many tokens; ``bad`` ones are refused."""

    def script(asked: Asked) -> Answer:
        if asked.text.startswith("long") and asked.json["max_output_tokens"] < tokens:
            return answered("half", **CUT)
        return answered(NO, **REFUSAL) if asked.text.startswith("bad") else answered("whole")

    return script


def rows(*bodies: str) -> list[dict[str, str]]:
    return [{"body": body} for body in bodies]


def test_without_a_word_they_are_kept_and_counted(service: Service, connecting: Connecting) -> None:
    service.script = needs(40)
    result = connecting().lookup(ASK, rows("short", "long", "bad"))
    assert result.rows["Response_Result"].to_pylist() == ["whole", "half", NO]
    assert [
        json.loads(each or "{}").get("reason") for each in result.rows["Response_IncompleteDetails"].to_pylist()
    ] == [
        None,
        "max_output_tokens",
        "refusal",
    ]
    assert result.rows["Response_Status"].to_pylist() == ["completed", "incomplete", "completed"]
    told = result.summary.as_dict()
    assert (told["ok"], told["failed"], told["incomplete"], told["refusals"]) == (3, 0, 1, 1)


def test_as_errors_they_have_codes_of_their_own_and_keep_their_price(service: Service, connecting: Connecting) -> None:
    service.script = needs(40)
    result = connecting().lookup(ASK, rows("short", "long", "bad"), on_incomplete="error")
    assert result.rows["body"].to_pylist() == ["short"]
    assert result.errors["Call_ErrorCode"].to_pylist() == ["incomplete", "refusal"]
    assert result.errors["Call_CostUsd"].to_pylist() == [PRICE, PRICE]
    assert result.errors["Call_Retryable"].to_pylist() == [False, False]
    assert result.errors["Call_RequestId"].to_pylist() == ["req-half", f"req-{NO[:20]}"]
    assert NO in result.errors["Call_ErrorMessage"][1].as_py()
    assert (result.summary.cost_usd, result.summary.total_tokens) == (3 * PRICE, 36)
    assert (result.summary.failed, result.summary.incomplete, result.summary.refusals) == (2, 1, 1)


def test_rows_that_are_kept_in_spite_of_the_error_keep_the_half_answer(
    service: Service, connecting: Connecting
) -> None:
    service.script = needs(40)
    result = connecting().lookup(ASK, rows("long"), on_incomplete="error", on_error="ignore")
    assert result.rows["Response_Result"].to_pylist() == ["half"]
    assert result.rows["Call_ErrorCode"].to_pylist() == ["incomplete"]


def test_with_fail_the_first_one_ends_the_lookup(service: Service, connecting: Connecting) -> None:
    service.script = needs(40)
    with pytest.raises(grokcall.LookupFailedError, match="row 1: the answer is incomplete"):
        connecting().lookup(ASK, rows("long"), on_incomplete="error", on_error="fail")


def test_a_retry_asks_with_twice_the_room_and_its_price_is_that_of_all_tries(
    service: Service, connecting: Connecting
) -> None:
    service.script = needs(40)
    result = connecting().lookup(ASK, rows("short", "long"), on_incomplete="retry", call_columns=True)
    assert result.rows["Response_Result"].to_pylist() == ["whole", "whole"]
    assert sorted(asked.json["max_output_tokens"] for asked in service.asked) == [10, 10, 20, 40]
    assert result.rows["Call_CostUsd"].to_pylist() == [PRICE, 3 * PRICE]
    assert result.rows["Call_Attempts"].to_pylist() == [1, 3]
    assert (result.summary.cost_usd, result.summary.calls, result.summary.total_tokens) == (4 * PRICE, 4, 48)
    assert result.summary.incomplete == 0


def test_what_stays_incomplete_after_the_last_retry_is_an_error_with_the_price_of_all(
    service: Service, connecting: Connecting
) -> None:
    service.script = needs(1_000_000)
    result = connecting().lookup(ASK, rows("long"), on_incomplete="retry")
    assert [asked.json["max_output_tokens"] for asked in service.asked] == [10, 20, 40]
    assert len(service.asked) == 1 + MOST_RETRIES
    assert result.errors["Call_ErrorCode"].to_pylist() == ["incomplete"]
    assert result.errors["Call_CostUsd"].to_pylist() == [3 * PRICE]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("CALL GenerateResponse(:body)", "incomplete"),
        ("CALL GenerateResponse(:body, MaxOutputTokens => 9, ExtraBody => '{\"max_output_tokens\": 9}')", "incomplete"),
    ],
)
def test_an_answer_is_not_asked_for_again_where_no_limit_can_be_raised(
    service: Service, connecting: Connecting, command: str, code: str
) -> None:
    service.script = lambda _: answered("half", **CUT)
    result = connecting().lookup(command, rows("long"), on_incomplete="retry")
    assert result.errors["Call_ErrorCode"].to_pylist() == [code]
    assert len(service.asked) == 1


@pytest.mark.parametrize("reason", ["max_time_limit", "content_filter"])
def test_a_larger_limit_is_not_tried_for_what_it_cannot_mend(
    service: Service, connecting: Connecting, reason: str
) -> None:
    service.script = lambda _: answered("half", status="incomplete", incomplete_details={"reason": reason})
    result = connecting().lookup(ASK, rows("a"), on_incomplete="retry")
    assert reason in result.errors["Call_ErrorMessage"][0].as_py()
    assert len(service.asked) == 1


def test_a_retry_that_fails_gives_its_own_error_and_the_price_of_both(service: Service, connecting: Connecting) -> None:
    def script(asked: Asked) -> Answer:
        if asked.json["max_output_tokens"] > 10:
            return Answer(b'{"code": "invalid-argument", "error": "max_output_tokens is too large"}', 400)
        return answered("half", **CUT)

    service.script = script
    result = connecting().lookup(ASK, rows("long"), on_incomplete="retry", on_error="ignore")
    assert result.rows["Call_ErrorCode"].to_pylist() == ["invalid_request"]
    assert result.rows["Response_Result"].to_pylist() == ["half"]
    assert result.summary.cost_usd == PRICE


def test_a_budget_without_room_for_a_retry_ends_the_lookup_and_what_was_paid_for_is_kept(
    service: Service, connecting: Connecting, tmp_path: Path
) -> None:
    service.script = needs(20)
    connection, journal = connecting(concurrency=1), tmp_path / "run.journal"
    with pytest.raises(BudgetReachedError) as stopped:
        connection.lookup(ASK, rows("short", "long", "last"), on_incomplete="retry", max_calls=2, journal=journal)
    result = stopped.value.result  # type: ignore[attr-defined]
    assert result.errors["Call_ErrorCode"].to_pylist() == ["incomplete"]
    assert result.summary.cost_usd == 2 * PRICE
    assert len(service.asked) == 2
    # Raised, it goes on with the larger limit; the half answer comes from the journal.
    done = connection.lookup(ASK, rows("short", "long", "last"), on_incomplete="retry", max_calls=4, journal=journal)
    assert done.rows["Response_Result"].to_pylist() == ["whole"] * 3
    assert [asked.json["max_output_tokens"] for asked in service.asked] == [10, 10, 20, 10]


def test_a_journal_keeps_the_answer_and_each_run_treats_it_anew_without_paying_again(
    service: Service, connecting: Connecting, tmp_path: Path
) -> None:
    service.script = needs(40)
    connection, journal = connecting(), tmp_path / "run.journal"
    codes = []
    for treatment, retry_failed in (("error", False), ("error", True), ("keep", False), ("error", False)):
        result = connection.lookup(
            ASK, rows("long", "bad"), on_incomplete=treatment, journal=journal, retry_failed=retry_failed
        )
        codes.append(result.errors["Call_ErrorCode"].to_pylist())
    assert codes == [["incomplete", "refusal"], ["incomplete", "refusal"], [], ["incomplete", "refusal"]]
    assert len(service.asked) == 2
    result = connection.lookup(ASK, rows("long", "bad"), on_incomplete="retry", journal=journal)
    assert result.rows["Response_Result"].to_pylist() == ["whole"]
    assert [asked.json["max_output_tokens"] for asked in service.asked] == [10, 10, 20, 40]
    assert result.summary.cost_usd == 2 * PRICE
    again = connection.lookup(ASK, rows("long", "bad"), on_incomplete="retry", journal=journal, call_columns=True)
    assert again.rows["Call_Status"].to_pylist() == ["cached"]
    assert (len(service.asked), again.summary.cost_ticks) == (4, 0)


def test_equal_rows_share_the_larger_answer_too(service: Service, connecting: Connecting) -> None:
    service.script = needs(20)
    result = connecting().lookup(ASK, rows(*["long"] * 30), on_incomplete="retry")
    assert result.rows.num_rows == 30
    assert [asked.json["max_output_tokens"] for asked in service.asked] == [10, 20]


def test_an_unknown_treatment_is_refused(connecting: Connecting) -> None:
    with pytest.raises(grokcall.InterfaceError, match="on_incomplete must be one of keep, error, retry"):
        connecting().lookup(ASK, rows("a"), on_incomplete="drop")


@pytest.mark.parametrize(
    ("procedure", "members", "reason"),
    [
        ("CreateChatCompletion", {"Completion_FinishReason": "length"}, "max_output_tokens"),
        ("CreateChatCompletion", {"Completion_FinishReason": "content_filter"}, "content_filter"),
        (
            "CreateChatCompletion",
            {
                "Completion_FinishReason": "stop",
                "Completion_Raw": '{"choices": [{"message": {"content": null, "refusal": "No."}}]}',
            },
            "refusal",
        ),
        (
            "CreateChatCompletion",
            {
                "Completion_FinishReason": "stop",
                "Completion_Raw": '{"choices": [{"message": {"content": "\\"refusal\\"", "refusal": null}}]}',
            },
            None,
        ),
        ("CreateMessage", {"Message_StopReason": "max_tokens"}, "max_output_tokens"),
        ("CreateMessage", {"Message_StopReason": "end_turn"}, None),
        ("ClassifyText", {"Response_Status": "incomplete"}, "unknown"),
        ("ClassifyText", {"Response_Status": "incomplete", "Response_IncompleteDetails": '{"reason":"x"}'}, "x"),
        ("ClassifyText", {"Response_Status": "completed"}, None),
    ],
)
def test_each_interface_tells_in_its_own_words(procedure: str, members: dict[str, str], reason: str | None) -> None:
    found = shortfall_finder(CATALOG[procedure])
    assert found is not None
    assert found(tuple(members.get(column.name) for column in CATALOG[procedure].fields)) == reason


def test_images_and_audio_are_never_half(connecting: Connecting) -> None:
    assert shortfall_finder(CATALOG["GenerateImage"]) is None


def test_the_errors_carry_their_facts_through_a_pickle() -> None:
    import pickle

    reached = BudgetReachedError("max_calls", 2, 2, 1, "lookup")
    error = grokcall.IncompleteAnswerError("max_output_tokens", request_id="r", cost_ticks=7, stopped_by=reached)
    again = pickle.loads(pickle.dumps(error))
    assert (again.reason, again.request_id, again.cost_ticks, str(again.stopped_by)) == (
        "max_output_tokens",
        "r",
        7,
        str(reached),
    )
    refusal = pickle.loads(pickle.dumps(grokcall.AnswerRefusedError("No.", cost_ticks=3)))
    assert (refusal.words, refusal.cost_ticks) == ("No.", 3)
