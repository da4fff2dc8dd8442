"""Rows with the same value in a column are the turns of one conversation, in the order of the input."""

from __future__ import annotations

import asyncio

import pyarrow as pa
import pytest
from remembering import Remembering

import grokcall
from grokcall import errors
from scripted_service import answered

ASK = "CALL GenerateResponse(:message)"


def rows_of(*turns: tuple[object, str | None]) -> pa.Table:
    return pa.table({"thread": [turn[0] for turn in turns], "message": [turn[1] for turn in turns]})


def results(table: pa.Table) -> list[str | None]:
    return table["Response_Result"].to_pylist()


def looked_up(connection: grokcall.Connection, rows: pa.Table, command: str = ASK, **options: object):
    options = {"fields": ["Response_Result"], **options}
    return connection.lookup(command, rows, conversation="thread", **options)


MIXED = rows_of(("a", "a1"), ("b", "b1"), ("a", "a2"), (None, "alone"), ("b", "b2"), ("a", "a3"), (None, "alone too"))
EXPECTED = ["a1", "b1", "a1 > a2", "alone", "b1 > b2", "a1 > a2 > a3", "alone too"]


@pytest.mark.parametrize("concurrency", [1, 2, 8])
def test_a_turn_goes_on_from_those_before_it_wherever_they_stand(service, connection, concurrency):
    service.script = Remembering()
    result = looked_up(connection, MIXED, concurrency=concurrency)
    assert results(result.rows) == [f"answer: {each}" for each in EXPECTED]
    assert len(service.asked) == len(EXPECTED)


@pytest.mark.parametrize(
    "values", [[1, 2, 1], ["1", "2", "1"], [b"x", b"y", b"x"], [1.5, 2.5, 1.5], [True, False, True]]
)
def test_a_conversation_may_be_told_by_values_of_any_plain_type(service, connection, values):
    service.script = Remembering()
    result = looked_up(connection, pa.table({"thread": values, "message": ["m1", "n1", "m2"]}))
    assert results(result.rows) == ["answer: m1", "answer: n1", "answer: m1 > m2"]


def test_other_conversations_go_on_while_one_waits(service, connection):
    """The first turn of ``a`` is answered only once both turns of ``b`` were asked."""
    remembering, b_is_done = Remembering(), asyncio.Event()

    async def script(asked):
        if asked.text == "a1":
            await b_is_done.wait()
        if asked.text == "b2":
            b_is_done.set()
        return remembering(asked)

    service.script = script
    rows = rows_of(("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("b", "b2"))
    result = looked_up(connection, rows, concurrency=2)
    assert results(result.rows)[2::2] == ["answer: a1 > a2 > a3", "answer: b1 > b2"]


def test_of_a_conversation_one_turn_is_under_way_at_a_time(service, connection):
    service.script = Remembering()
    looked_up(connection, rows_of(*(("a", f"a{number}") for number in range(30))), concurrency=8)
    assert service.peak == 1


def test_instructions_go_with_the_first_turn(service, connection):
    service.script = Remembering()
    command = "CALL GenerateResponse(:message, 'Be short.')"
    result = looked_up(connection, rows_of(("a", "a1"), ("a", "a2")), command)
    first, second = (asked.json for asked in service.asked)
    assert first["instructions"] == "Be short."
    assert "previous_response_id" not in first
    assert second["previous_response_id"] == "resp_1"
    assert "instructions" not in second
    assert not result.summary.warnings


def test_other_instructions_of_a_later_turn_are_told(service, connection):
    service.script = Remembering()
    rows = rows_of(("a", "a1"), ("a", "a2")).append_column("how", [["Be short.", "Be long."]])
    result = looked_up(connection, rows, "CALL GenerateResponse(:message, :how)")
    (warning,) = result.summary.warnings
    assert "Instructions of a later turn are not sent" in warning


@pytest.mark.parametrize("how", ["parameter", "option", "service"])
def test_what_the_service_does_not_keep_is_said_again(service, connecting, how):
    """With its reasoning, which is asked for from the first turn on where it is known that nothing is kept."""
    service.script = Remembering(keeps=how != "service")
    command = "CALL GenerateResponse(:message, 'Be short.', Store => FALSE)" if how == "parameter" else ASK
    with connecting(**({"store": False} if how == "option" else {})) as connection:
        result = looked_up(connection, MIXED, command)
    assert results(result.rows) == [f"answer: {each}" for each in EXPECTED]
    bodies = [asked.json for asked in service.asked]
    assert not any("previous_response_id" in body for body in bodies)
    last = max(bodies, key=lambda body: len(body["input"]) if isinstance(body["input"], list) else 0)
    assert [item["role"] for item in last["input"]] == ["user", "assistant"] * 2 + ["user"]
    if how != "service":
        turns = [asked.json for asked in service.asked if "alone" not in asked.text]
        assert all(body["include"] == ["reasoning.encrypted_content"] and body["store"] is False for body in turns)
    if how == "parameter":
        assert all(body["instructions"] == "Be short." for body in bodies)


def test_turns_after_one_without_an_answer_are_not_asked(service, connection):
    service.script = Remembering(fails=lambda text: text == "a2")
    result = looked_up(connection, MIXED)
    assert results(result.rows) == [f"answer: {each}" for each in ["a1", "b1", "alone", "b1 > b2", "alone too"]]
    failed = result.errors.to_pylist()
    assert [(row["message"], row["Call_Status"], row["Call_ErrorCode"]) for row in failed] == [
        ("a2", "error", "invalid_request"),
        ("a3", "skipped", "conversation_broken"),
    ]
    assert "'a'" in failed[1]["Call_ErrorMessage"]
    assert failed[1]["Call_Retryable"] is True
    assert (result.summary.failed, result.summary.skipped, len(service.asked)) == (1, 1, 6)


def test_rows_that_are_no_turns_break_nothing(service, connection):
    service.script = Remembering()
    rows = rows_of(("a", "a1"), ("a", None), ("a", "a2"))
    assert results(looked_up(connection, rows, on_null_input="skip").rows) == ["answer: a1", None, "answer: a1 > a2"]


def test_a_value_that_does_not_fit_breaks_its_conversation(service, connection):
    service.script = Remembering()
    result = looked_up(connection, rows_of(("a", "a1"), ("a", None), ("a", "a2"), ("b", "b1")))
    assert result.errors["Call_ErrorCode"].to_pylist() == ["bad_value", "conversation_broken"]


def test_equal_first_turns_are_not_shared(service, connection):
    service.script = Remembering()
    rows = rows_of(("a", "hi"), ("b", "hi"), ("a", "more"), ("b", "more"))
    assert results(looked_up(connection, rows).rows) == ["answer: hi"] * 2 + ["answer: hi > more"] * 2
    assert len(service.asked) == 4
    assert {asked.json.get("previous_response_id") for asked in service.asked} == {None, "resp_1", "resp_2"}


@pytest.mark.parametrize("store", [True, False])
@pytest.mark.parametrize("calls", range(1, 8))
def test_a_lookup_that_was_stopped_goes_on_and_asks_no_turn_twice(service, connecting, tmp_path, calls, store):
    service.script = Remembering()
    journal = tmp_path / "answers.journal"
    with connecting(store=store) as connection:
        for _ in range(10):
            try:
                result = looked_up(connection, MIXED, journal=journal, max_calls=calls, concurrency=2)
                break
            except errors.BudgetReachedError:
                calls += calls
    assert results(result.rows) == [f"answer: {each}" for each in EXPECTED]
    assert len(service.asked) == len(EXPECTED)


def test_a_rerun_asks_the_turn_that_failed_and_those_after_it(service, connection, tmp_path):
    remembering = service.script = Remembering(fails=lambda text: text == "a2")
    options = {"journal": tmp_path / "answers.journal", "retry_failed": True}
    assert looked_up(connection, MIXED, **options).errors.num_rows == 2
    remembering.fails = lambda text: False
    result = looked_up(connection, MIXED, **options)
    assert results(result.rows) == [f"answer: {each}" for each in EXPECTED]
    assert [asked.text for asked in service.asked[6:]] == ["a2", "a3"]


def test_the_same_rows_without_conversations_are_another_lookup(service, connection, tmp_path):
    service.script = Remembering()
    journal = tmp_path / "answers.journal"
    looked_up(connection, MIXED, journal=journal)
    alone = connection.lookup(ASK, MIXED, journal=journal, fields=["Response_Result"])
    assert results(alone.rows)[5] == "answer: a3"


def test_a_budget_counts_what_a_turn_reads_again_not_all_that_the_model_could_read(service, connecting):
    """A turn whose earlier tokens were told is reserved for with these, not with the whole context of the model."""
    service.script = lambda asked: answered("yes", id=f"resp_{len(service.asked)}")
    command = "CALL GenerateResponse(:message, Model => 'grok-4.20-0309-non-reasoning', MaxOutputTokens => 10)"
    with connecting() as connection:
        result = looked_up(connection, rows_of(*[("a", "hi")] * 5), command, max_cost="0.02")
    assert result.rows.num_rows == 5


def test_a_dry_run_counts_what_later_turns_read_again(connection):
    rows = rows_of(*[("a", "hi")] * 3)
    command = "CALL GenerateResponse(:message, MaxOutputTokens => 100)"
    with connection.lookup_stream(command, rows) as stream:
        alone = stream.dry_run()
    with connection.lookup_stream(command, rows, conversation="thread") as stream:
        turns = stream.dry_run()
    assert turns.calls == turns.distinct_calls or turns.distinct_calls is None
    assert turns.calls == 3
    assert turns.costs.high_usd > alone.costs.high_usd


@pytest.mark.parametrize(
    ("command", "options", "words"),
    [
        (ASK, {"conversation": "threads"}, "no column 'threads' for the conversations; did you mean 'thread'"),
        (ASK, {"conversation": "nested"}, "'nested' of conversation holds list"),
        (ASK, {"conversation": "thread", "batch": True, "journal": "j"}, "the turns of a conversation wait"),
        (
            "CALL GenerateImage(:message)",
            {"conversation": "thread"},
            "GenerateImage does not go on from earlier answers",
        ),
        (
            "CALL GenerateResponse(:message, PreviousResponseId => 'resp_1')",
            {"conversation": "thread"},
            "leave PreviousResponseId out",
        ),
    ],
)
def test_what_cannot_be_a_conversation_is_refused_before_anything_is_sent(service, connection, command, options, words):
    rows = rows_of(("a", "a1")).append_column("nested", [[["x"]]])
    with pytest.raises(errors.Error) as caught:
        connection.lookup(command, rows, **options)
    assert words in str(caught.value)
    assert not service.asked


def test_images_are_turns_as_well(service, connection):
    service.script = Remembering()
    rows = pa.table({"thread": ["a", "a"], "url": ["https://a.example/1.png", "https://a.example/2.png"]})
    command = "CALL AnalyzeImageByUrl('What is this?', :url)"
    looked_up(connection, rows, command)
    assert service.asked[1].json["previous_response_id"] == "resp_1"
    assert "1.png" not in str(service.asked[1].body)
    service.asked.clear()
    looked_up(connection, rows, command.replace(":url)", ":url, Store => FALSE)"))
    assert "1.png" in str(service.asked[1].body)
    assert "2.png" in str(service.asked[1].body)


def test_an_async_lookup_has_conversations_too(service, connection):
    service.script = Remembering()
    result = asyncio.run(connection.alookup(ASK, MIXED, conversation="thread", fields=["Response_Result"]))
    assert results(result.rows) == [f"answer: {each}" for each in EXPECTED]
