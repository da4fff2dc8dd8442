"""A lookup as somebody else's step, and a command as an action: what is known before a run, and what travels."""

from __future__ import annotations

import multiprocessing
import os
import pickle
from concurrent.futures import ProcessPoolExecutor

import pyarrow as pa
import pytest

import grokcall
from grokcall import ExecuteCommand, Lookup, const
from scripted_service import KEY, answered, refused

ASK = "CALL GenerateResponse(:Message)"
BATCH = pa.RecordBatch.from_pylist([{"id": 1, "body": "one"}, {"id": 2, "body": None}, {"id": 3, "body": "three"}])


@pytest.fixture
def key_in_the_surroundings(monkeypatch, service):
    monkeypatch.setenv("XAI_API_KEY", KEY)
    monkeypatch.setenv("XAI_BASE_URL", service.base_url)


def run_elsewhere(packed: bytes, batch: pa.RecordBatch) -> tuple[int, list[str | None]]:
    """What a worker process does with a step that was sent to it."""
    step = pickle.loads(packed)
    try:
        return os.getpid(), step(batch)["Response_Result"].to_pylist()
    finally:
        step.close()


@pytest.mark.usefixtures("key_in_the_surroundings")
def test_a_step_adds_columns_to_batches_in_their_order():
    step = Lookup(ASK, {"Message": "body"}, fields=["Response_Result"])
    promised = step.schema(BATCH.schema)
    result = step(BATCH)
    step.close()
    assert result.schema == promised
    assert result.schema.names[:4] == ["id", "body", "Response_Result", "Call_Status"]
    assert result["Response_Result"].to_pylist() == ["ONE", None, "THREE"]
    assert result["Call_Status"].to_pylist() == ["ok", "error", "ok"]


@pytest.mark.usefixtures("key_in_the_surroundings")
def test_a_step_keeps_its_schema_for_a_batch_without_rows(service):
    step = Lookup(ASK, {"Message": "body"})
    result = step(BATCH.slice(0, 0))
    assert (result.num_rows, result.schema) == (0, step.schema(BATCH.schema))
    step.close()
    assert service.asked == []


@pytest.mark.usefixtures("key_in_the_surroundings")
def test_a_step_can_fail_at_the_first_bad_row():
    step = Lookup(ASK, {"Message": "body"}, on_error="fail")
    with pytest.raises(grokcall.LookupFailedError, match=r"row 2: .* is required and must not be NULL"):
        step(BATCH)
    step.close()


def test_a_step_tells_its_schema_without_a_key_or_a_request(service):
    step = Lookup(ASK, {"Message": "body"}, prefix="a_", base_url=service.base_url)
    assert len(step.schema(BATCH.schema)) == 2 + 34 + 8
    step.close()
    assert service.asked == []


@pytest.mark.usefixtures("key_in_the_surroundings")
def test_a_step_runs_in_another_process_with_the_key_of_its_surroundings(service):
    step = Lookup(ASK, {"Message": "body"}, fields=["Response_Result"], concurrency=2)
    step(BATCH)  # a step that has run already travels as well
    packed = pickle.dumps(step)
    step.close()
    assert KEY.encode() not in packed
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        process, values = pool.submit(run_elsewhere, packed, BATCH).result(300)
    assert process != os.getpid()
    assert values == ["ONE", None, "THREE"]
    assert {asked.headers["authorization"] for asked in service.asked} == {f"Bearer {KEY}"}


def test_a_step_travels_with_its_constants_and_options():
    step = Lookup(ASK, {"Message": const("x")}, concurrency=3, timeout=9.0, base_url="https://example.org/v1")
    copy = pickle.loads(pickle.dumps(step))
    assert (copy.command, copy.mapping, copy.lookup_options, copy.options) == (
        step.command,
        step.mapping,
        step.lookup_options,
        step.options,
    )


@pytest.mark.usefixtures("key_in_the_surroundings")
def test_a_step_treats_incomplete_answers_and_equal_rows_as_it_is_told(service):
    cut = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    service.script = lambda _: answered("half", **cut)
    step = pickle.loads(pickle.dumps(Lookup(ASK, {"Message": "body"}, on_incomplete="error", dedupe=False)))
    equal = pa.RecordBatch.from_pylist([{"body": "same"}, {"body": "same"}])
    assert step(equal)["Call_ErrorCode"].to_pylist() == ["incomplete", "incomplete"]
    step.close()
    assert len(service.asked) == 2


@pytest.mark.usefixtures("key_in_the_surroundings")
def test_the_limits_of_a_step_hold_over_all_its_batches(service):
    step = pickle.loads(pickle.dumps(Lookup(ASK, {"Message": const("x")}, dedupe=False, max_calls=4)))
    assert step(BATCH)["Call_Status"].to_pylist() == ["ok"] * 3
    with pytest.raises(grokcall.BudgetReachedError, match="the connection's max_calls of 4 calls is reached"):
        step(BATCH)
    step.close()
    assert len(service.asked) == 4


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"api_key": KEY}, grokcall.InterfaceError, "a step travels between processes, so it takes no key"),
        ({"on_error": "redirect"}, grokcall.InterfaceError, "a step has one output: on_error must be"),
        ({"on_error": "skip"}, grokcall.InterfaceError, "on_error must be one of"),
        ({"command": "SELECT 1"}, grokcall.CallSyntaxError, ""),
        ({"max_atempts": 3}, grokcall.InterfaceError, "a step has no option 'max_atempts'; did you mean max_attempts?"),
    ],
)
def test_a_wrong_step_is_refused_where_it_is_made(arguments, kind, message):
    with pytest.raises(kind) as caught:
        Lookup(**{"command": ASK, **arguments})
    assert message in str(caught.value)
    assert KEY not in str(caught.value)


COMMAND = "CALL GenerateResponse(:Message, Model => :Model, Temperature => :t, Store => FALSE)"


def test_the_parameters_of_a_command_are_found_and_typed(connection):
    found = ExecuteCommand(connection, COMMAND).parameters
    assert [(item.name, str(item.type), item.required, item.procedure_parameter) for item in found] == [
        ("Message", "String", True, "Message"),
        ("Model", "Enum", False, "Model"),
        ("t", "Double", False, "Temperature"),
    ]
    assert "grok-4.3" in found[1].values
    assert found[0].doc


def test_the_parameters_of_question_marks_are_numbers(connection):
    found = ExecuteCommand(connection, "CALL GenerateResponse(?, Temperature => ?)").parameters
    assert [(item.name, item.procedure_parameter) for item in found] == [("1", "Message"), ("2", "Temperature")]


def test_a_marker_that_fills_two_parameters_is_required_when_one_of_them_is(connection):
    (found,) = ExecuteCommand(connection, "CALL GenerateResponse(:text, :text)").parameters
    assert (found.name, found.required) == ("text", True)


@pytest.mark.parametrize("command", ["SHOW PROCEDURES", "SELECT 1", "DESCRIBE PROCEDURE GetModel"])
def test_a_command_without_a_call_has_no_parameters(connection, command):
    action = ExecuteCommand(connection, command)
    assert action.parameters == ()
    assert isinstance(action.run(), list)


def test_a_command_always_gives_a_list_of_dictionaries(connection, service):
    action = ExecuteCommand(connection, COMMAND)
    rows = action.run({"message": "hi", "t": "0.5"})
    assert [row["Response_Result"] for row in rows] == ["HI"]
    assert service.asked[0].json["temperature"] == 0.5
    assert service.asked[0].json["store"] is False
    assert ExecuteCommand(connection, "CALL GenerateResponse(?)").run(["hi"])[0]["Response_Result"] == "HI"


def test_the_schema_of_a_command_is_that_of_its_rows_and_needs_no_request(connection, service):
    action = ExecuteCommand(connection, COMMAND)
    assert len(action.schema) == 34
    assert service.asked == []
    assert list(action.run({"Message": "hi"})[0]) == action.schema.names


@pytest.mark.parametrize(
    ("command", "parameters", "message"),
    [
        (COMMAND, {"Mesage": "hi"}, "the command has no parameter 'Mesage'; did you mean Message?"),
        (COMMAND, {"Colour": "x"}, "the command has no parameter 'Colour'; it has: Message, Model, t"),
        ("SELECT 1", {"Colour": "x"}, "the command has no parameter 'Colour'; it has: none"),
        (COMMAND, {}, "GenerateResponse: parameter Message (position 1): is required and must not be NULL"),
        (COMMAND, None, "GenerateResponse: parameter Message (position 1): is required and must not be NULL"),
        (
            "CALL GenerateResponse(?)",
            {"Message": "hi"},
            "the command has question marks: pass a sequence, or name the markers (:Name)",
        ),
        (
            "CALL GenerateResponse(?)",
            None,
            "the command has question marks: pass a sequence, or name the markers (:Name)",
        ),
        ("CALL GenerateResponse(?)", [], "the statement has 1 question mark, got 0 values"),
    ],
)
def test_wrong_parameters_of_a_command_are_told_and_nothing_is_sent(connection, service, command, parameters, message):
    with pytest.raises(grokcall.DatabaseError) as caught:
        ExecuteCommand(connection, command).run(parameters)
    assert str(caught.value).splitlines()[0] == message
    assert service.asked == []


def test_a_command_raises_what_its_call_failed_with(connection, service):
    service.script = lambda asked: refused(400, "Bad.")
    with pytest.raises(grokcall.InvalidRequestError):
        ExecuteCommand(connection, ASK).run({"Message": "hi"})
    service.script = lambda asked: answered("fine")
    assert ExecuteCommand(connection, ASK).run({"Message": "hi"})[0]["Response_Result"] == "fine"
