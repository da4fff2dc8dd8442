"""A schema that cannot be is refused before anything is sent, with its place and a remedy."""

from __future__ import annotations

import pytest

import grokcall
from grokcall_parser import parse_call
from grokcall_procedures import CATALOG, Binder, Settings


def bound(schema: object, **values: object) -> Binder:
    call = parse_call("CALL GenerateResponse('hi', OutputSchema => :schema)")
    return Binder(call, CATALOG["GenerateResponse"], Settings(), {"schema": schema})


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ("", "is empty"),
        ("priority", "expected the type of the column priority, found the end"),
        ("priority INTEGR", "did you mean INTEGER?"),
        ("priority INTEGER team VARCHAR", "only NOT NULL and COMMENT '…' may stand here"),
        ("a INTEGER,", "expected the name of a column, found the end"),
        ("a INTEGER, A VARCHAR", "the column A is declared twice"),
        ("a BLOB", "holds no bytes; declare VARCHAR"),
        ("a HUGEINT", "declare DECIMAL(38,0)"),
        ("a INTERVAL", "declare a number of seconds"),
        ("a DECIMAL(39,0)", "DECIMAL has 1 to 38 digits"),
        ("a DECIMAL(3,4)", "no more of them after the point"),
        ("a INTEGER(3)", "INTEGER takes no size"),
        ("a MAP(INTEGER, VARCHAR)", "the keys of a MAP are VARCHAR"),
        ("a ENUM()", "expected a text in single quotes, found ')'"),
        ("a ENUM('x', 'x')", "stands in the ENUM twice"),
        ("a STRUCT()", "expected the name of a field"),
        ("a STRUCT(b INTEGER, B DATE)", "the field B is declared twice"),
        ("a INTEGER[", "expected ']'"),
        ("a INTEGER[0]", "a whole number from 1 to 10,000"),
        ("a INTEGER DEFAULT 3", "found 'DEFAULT' after the type of a"),
        ("a INTEGER COMMENT", "a text in single quotes after COMMENT"),
        ("a INTEGER NOT", "expected NULL after NOT"),
        ("a 'INTEGER", "never closed"),
        ("a " + "STRUCT(b " * 13 + "INTEGER" + ")" * 13, "nested more than 12 deep"),
        ("a INTEGER" + "[]" * 14, "nested more than 12 deep"),
        (", ".join(f"c{n} DATE" for n in range(201)), "declares 201 columns; at most 200"),
        ("a VARCHAR COMMENT '" + "x" * 70_000 + "'", "at most 65,536"),
        ("Response_Id VARCHAR", "is the name of a field that every result has; rename it"),
        ("{", "no valid JSON Schema"),
        ('{"type": "array"}', "must be one of an object"),
        ('{"type": "object", "properties": {}}', "has no properties"),
        ('{"properties": {"a": true}}', "must be an object, not bool"),
        ('{"properties": {"a": {"$ref": "#/$defs/b"}}}', "leads nowhere"),
        ('{"properties": {"a": {"$ref": "http://x/y"}}}', "must stay inside the schema"),
        ('{"properties": {"a": {"$ref": "#/properties/a"}}}', "refers to itself"),
        (
            '{"properties": {"a": {"$ref": "#/$defs/t"}}, "$defs": {"t": {"type": "object", "properties": '
            '{"next": {"$ref": "#/$defs/t"}}}}}',
            "nested more than 24 deep",
        ),
        (7, "expected columns such as"),
    ],
)
def test_the_message_says_what_is_wrong_and_what_to_do(schema, told):
    with pytest.raises(grokcall.BadValueError) as caught:
        bound(schema)
    assert told in str(caught.value)
    assert "GenerateResponse: parameter OutputSchema" in str(caught.value)


def test_the_place_in_the_schema_is_pointed_at():
    with pytest.raises(grokcall.BadValueError) as caught:
        bound("priority INTEGER,\nteam VARCHR")
    assert "  team VARCHR\n       ^^^^^^ line 2, column 6" in str(caught.value)


def test_columns_that_differ_from_row_to_row_are_refused(connection):
    ask = "CALL GenerateResponse(:body, OutputSchema => :schema)"
    rows = [{"body": "x", "schema": "a INTEGER"}]
    with pytest.raises(grokcall.ArgumentsError, match="all rows need the same"):
        connection.lookup(ask, rows)
    with pytest.raises(grokcall.ArgumentsError, match="all rows need the same"):
        connection.cursor().executemany(ask, rows)


def test_null_is_no_schema(service, connection):
    cursor = connection.execute("CALL GenerateResponse('hi', OutputSchema => NULL)")
    assert cursor.description[0][0] == "Response_Result"
    assert "text" not in service.asked[0].json


def test_question_marks_take_a_schema_as_well(on_sandbox):
    cursor = on_sandbox.execute("CALL GenerateResponse(?, OutputSchema => ?)", ["hi", "a INTEGER"])
    assert cursor.description[0][0] == "a"


def test_a_column_of_the_input_asks_for_a_prefix(connection):
    ask = "CALL GenerateResponse(:body, OutputSchema => 'id INTEGER')"
    with pytest.raises(grokcall.ProgrammingError, match="already has a column 'id'; choose a prefix"):
        connection.lookup(ask, [{"id": 1, "body": "x"}])


def test_another_text_format_beside_it_is_refused(connection):
    ask = """CALL GenerateResponse('hi', OutputSchema => 'a INTEGER', ExtraBody => '{"text": {"format": {}}}')"""
    with pytest.raises(grokcall.DataError, match="which OutputSchema sets as well"):
        connection.execute(ask)
