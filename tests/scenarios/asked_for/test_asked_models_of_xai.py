"""What is particular to xAI's models is known beforehand, told, and never silently dearer."""

from __future__ import annotations

import json

import pytest
from commanding import ASK, numbered, run

import grokcall
from scripted_service import answered, refused

EFFORT = "CALL GenerateResponse(:body, Model => :model, ReasoningEffort => 'low')"


def refuse_effort(asked):
    if "effort" in (asked.json.get("reasoning") or {}) and asked.json["model"] == "grok-4.20":
        return refused(400, "Model grok-4.20 does not support parameter reasoningEffort.")
    return answered(asked.text.upper())


def test_a_reasoning_effort_that_a_model_refuses_is_left_out_with_a_warning(service, connection):
    service.script = refuse_effort
    rows = [{"body": "one", "model": "grok-4.20"}, {"body": "two", "model": "grok-4.3"}]
    result = connection.lookup(EFFORT, rows)
    assert result.summary.ok == 2
    assert [asked.json.get("reasoning") for asked in service.asked] == [None, {"effort": "low"}]
    (warning,) = result.summary.warnings
    assert "grok-4.20 takes no reasoning effort: ReasoningEffort 'low' was left out" in warning


def test_the_warning_is_seen_on_the_command_line(service):
    service.script = refuse_effort
    done = run(service, "call", "CALL GenerateResponse('one', Model => 'grok-4.20', ReasoningEffort => 'low')")
    assert done.code == 0
    assert "takes no reasoning effort" in done.err


def test_leaving_out_the_effort_keeps_what_else_is_said_of_reasoning(service, connection):
    extra = '{"reasoning": {"summary": "auto"}}'
    connection.execute(
        "CALL GenerateResponse('one', Model => 'grok-4.20', ReasoningEffort => 'low', ExtraBody => ?)", [extra]
    )
    assert service.asked[0].json["reasoning"] == {"summary": "auto"}


def test_an_effort_that_is_asked_for_is_sent_as_it_is(service, connection):
    for effort in ("none", "low", "medium", "high"):
        connection.execute("CALL GenerateResponse('one', ReasoningEffort => ?)", [effort])
    assert [asked.json["reasoning"]["effort"] for asked in service.asked] == ["none", "low", "medium", "high"]


def test_the_model_that_answered_is_on_record_beside_the_one_that_was_asked(service, connection):
    service.script = lambda asked: answered("fine", model="grok-4.3-0309")
    result = connection.lookup(
        "CALL GenerateResponse(:body, Model => 'grok-4')",
        numbered(["one"]),
        fields=["Response_Result", "Response_Model"],
    )
    assert service.asked[0].json["model"] == "grok-4"
    assert result.rows["Response_Model"].to_pylist() == ["grok-4.3-0309"]


def test_an_answer_that_was_all_thinking_says_that_the_tokens_ran_out(service, connection):
    usage = {
        "input_tokens": 10,
        "output_tokens": 50,
        "total_tokens": 60,
        "output_tokens_details": {"reasoning_tokens": 50},
    }
    service.script = lambda asked: answered(
        "", status="incomplete", incomplete_details={"reason": "max_output_tokens"}, output=[], usage=usage
    )
    row = connection.lookup("CALL GenerateResponse(:body, MaxOutputTokens => 50)", numbered(["one"])).rows.to_pylist()[
        0
    ]
    assert not row["Response_Result"]
    assert row["Response_Status"] == "incomplete"
    assert json.loads(row["Response_IncompleteDetails"]) == {"reason": "max_output_tokens"}
    assert row["Response_UsageOutputTokens"] == 50


def test_next_month_s_model_is_sent_with_a_warning_and_refused_only_where_that_is_wanted(connecting, service):
    ask = "CALL GenerateResponse('one', Model => 'grok-99')"
    cursor = connecting().execute(ask)
    assert service.asked[0].json["model"] == "grok-99"
    assert any("grok-99" in str(message) for message in cursor.messages)
    with pytest.raises(grokcall.BadValueError, match="grok-99"):
        connecting(strict_enums=True).execute(ask)


def test_the_service_s_own_sentence_is_what_a_refused_request_says(service, connection):
    sentence = "max_output_tokens: must be at most 131072 for grok-4.3."
    service.script = lambda asked: refused(400, sentence, code="invalid-argument")
    (failed,) = connection.lookup(ASK, numbered(["one"])).errors.to_pylist()
    assert sentence in failed["Call_ErrorMessage"]


@pytest.mark.parametrize("effort", ["none", "low", "medium", "high", "xhigh"])
def test_the_sandbox_refuses_no_effort_that_is_sent_to_any_of_its_models(on_sandbox, effort):
    listed = on_sandbox.execute("CALL ListModels()").fetch_arrow_table().to_pylist()
    models = [model["Model_Id"] for model in listed if "imagine" not in model["Model_Id"]]
    assert {"grok-4.3", "grok-4.5", "grok-4.6", "grok-4.7"} <= set(models)
    statement = "CALL GenerateResponse('Say hello', Model => :model, ReasoningEffort => :effort)"
    result = on_sandbox.lookup(statement, [{"model": model, "effort": effort} for model in models])
    assert result.errors.num_rows == 0
    told = [warning for warning in result.summary.warnings if "'low', its lowest, is sent" in warning]
    assert bool(told) == (effort == "none")
