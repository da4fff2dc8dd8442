"""Calls in queries that cannot be made: told as those of CALLs are, with the place, and nothing is sent."""

from __future__ import annotations

import pytest

import grokcall
from grokcall import ArgumentsError, BadValueError, StatementError, UnknownNameError
from scripted_service import KEY

# The query with marks around the place, the class of the error, and the first line of what it says.
WRONG = [
    (
        "FROM GenerateResponse('hi', «Modell» := 'grok-4.3')",
        UnknownNameError,
        "GenerateResponse has no parameter Modell; did you mean Model?",
    ),
    ("FROM GetModel('grok-4.3', «'grok-4.5'»)", ArgumentsError, "GetModel takes at most 1 argument, got 2"),
    (
        "SELECT «generate_response»(Model := 'grok-4.3')",
        ArgumentsError,
        "GenerateResponse needs Message (position 1, String): add the argument",
    ),
    (
        "FROM GetModel('a') a, «GetModel»() b",
        ArgumentsError,
        "GetModel needs Model (position 1, String): add the argument",
    ),
    (
        "FROM GenerateResponse('hi', OutputSchema := 'a INT', «Max_Output_Token» := 1)",
        UnknownNameError,
        "GenerateResponse has no parameter Max_Output_Token; did you mean MaxOutputTokens?",
    ),
    (
        "FROM «GenerateRespons»('hi')",
        UnknownNameError,
        "there is no procedure GenerateRespons; did you mean GenerateResponse?",
    ),
    (
        "SELECT «Generate_Respons»('hi')",
        UnknownNameError,
        "there is no function Generate_Respons; did you mean generate_response?",
    ),
    (
        "SELECT «list_models»()",
        UnknownNameError,
        "ListModels has no form for one value; write FROM ListModels(…)",
    ),
    (
        "FROM «generate_response»('hi')",
        UnknownNameError,
        "generate_response gives one value and no rows; write FROM GenerateResponse(…)",
    ),
    (
        "SELECT «GenerateResponse»('hi')",
        StatementError,
        "GenerateResponse gives rows and no value; write FROM GenerateResponse(…), or generate_response(…) for "
        "Response_Result alone",
    ),
    (
        "DESCRIBE «GenerateResponse»",
        UnknownNameError,
        "GenerateResponse is a procedure and no table; write FROM GenerateResponse(…), or DESCRIBE PROCEDURE "
        "GenerateResponse",
    ),
    (
        "FROM GenerateResponse('hi', «Model =» 'grok-4.3')",
        ArgumentsError,
        "GenerateResponse: Model is named with :=, not with =; write Model := …",
    ),
    (
        "FROM (VALUES (1)) v(x), GenerateResponse('hi', «model =» 'grok-4.3')",
        ArgumentsError,
        "GenerateResponse: model is named with :=, not with =; write model := …",
    ),
    (
        "FROM «GenerateRows»('two teas')",
        ArgumentsError,
        "GenerateRows needs OutputSchema (position 2, String): add the argument",
    ),
    (
        "SELECT «nosuch» FROM GenerateResponse('hi')",
        StatementError,
        'Binder Error: Referenced column "nosuch" not found',
    ),
    ("FROM «generate_serie»(1, 2)", StatementError, "Catalog Error: Table Function with name generate_serie does not"),
    (
        "SELECT «r.Response_Model_Name» FROM (VALUES ('a')) v(t), GenerateResponse(v.t) AS r",
        UnknownNameError,
        "GenerateResponse has no column Response_Model_Name; did you mean Response_Model?",
    ),
    (
        "SELECT «r.Colour» FROM (VALUES ('a')) v(t), GenerateResponse(v.t) r",
        UnknownNameError,
        "GenerateResponse has no column Colour; DESCRIBE PROCEDURE GenerateResponse lists those it has",
    ),
]


@pytest.mark.parametrize(("marked", "kind", "told"), WRONG, ids=[each[0] for each in WRONG])
def test_a_wrong_call_is_told_at_its_place_and_not_sent(connection: grokcall.Connection, service, marked, kind, told):
    sql = marked.replace("«", "").replace("»", "")
    with pytest.raises(grokcall.Error) as caught:
        connection.execute(sql)
    assert type(caught.value) is kind
    assert str(caught.value).startswith(told)
    assert caught.value.column == marked.index("«") + 1
    assert service.asked == []


def test_a_value_that_a_macro_refuses_names_its_parameter(connection: grokcall.Connection, service):
    with pytest.raises(BadValueError) as caught:
        connection.execute("FROM AnalyzeImage('What?', 'photo.png')")
    assert (caught.value.procedure, caught.value.parameter, caught.value.position) == (
        "AnalyzeImage",
        "Image1_Content",
        2,
    )
    assert caught.value.reason.startswith("must be a BLOB or a data URI, not VARCHAR; read_blob(")
    assert service.asked == []


def test_a_wrong_call_beside_a_key_does_not_show_it(connection: grokcall.Connection):
    with pytest.raises(StatementError, match="GetModel takes at most 1 argument") as caught:
        connection.execute(f"FROM GetModel('grok-4.3', '{KEY}')")
    assert KEY not in str(caught.value)
    assert caught.value.span is None
