"""GenerateRows: what it asks, and the rows that it makes of an answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from canned import ANSWER
from stepping import Run, drive, run

from grokcall_parser import ProgrammingError, parse_call
from grokcall_procedures import CATALOG, BadValueError, Binder, Settings
from grokcall_procedures.errors import AnswerMismatchError
from grokcall_procedures.schemas import read_output_schema
from grokcall_procedures.schemas.rows import RowsSchema

ORDER = "CALL GenerateRows('Two teas, one cake', 'item VARCHAR, qty INTEGER')"
ITEMS = [{"item": "tea", "qty": 2}, {"item": "cake", "qty": 1}]


def reply(document: object, **members: Any) -> dict[str, Any]:
    """A response object whose answer is a document, or a text."""
    text = document if isinstance(document, str) else json.dumps(document)
    message = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    return {**ANSWER, "output": [message], **members}


def columns_of(done: Run) -> list[tuple[object, ...]]:
    """The declared columns and the number of each row."""
    assert done.error is None, done.error
    assert done.rows is not None
    width = len(done.rows[0]) - len(CATALOG["GenerateRows"].row_fields) + 1 if done.rows else 0
    return [row[:width] for row in done.rows]


def steps(statement: str, *replies: object) -> Run:
    """Runs a statement with replies in its hands; those of one row are not compared with the plain definition."""

    call = parse_call(statement)
    return drive(Binder(call, CATALOG[call.procedure], Settings()).bind().steps(), replies)


def test_the_rows_have_the_declared_columns_and_their_number():
    done = steps(ORDER, reply({"rows": ITEMS}))
    assert columns_of(done) == [("tea", 2, 1), ("cake", 1, 2)]
    assert done.path == ["POST /responses"]
    told = done.body()["text"]["format"]
    assert (told["type"], told["strict"]) == ("json_schema", True)
    schema = told["schema"]
    assert (schema["required"], schema["additionalProperties"]) == (["rows"], False)
    assert schema["properties"]["rows"]["items"] == read_output_schema("item VARCHAR, qty INTEGER").json_schema


def test_no_rows_are_a_result_and_a_list_alone_is_taken():
    assert steps(ORDER, reply({"rows": []})).rows == []
    assert columns_of(steps(ORDER, reply("```json\n" + json.dumps(ITEMS) + "\n```"))) == [("tea", 2, 1), ("cake", 1, 2)]


def test_the_model_is_told_how_many_rows_there_may_be_and_more_are_cut():
    done = steps(f"{ORDER[:-1]}, MaxRows => 1)", reply({"rows": ITEMS}))
    assert columns_of(done) == [("tea", 2, 1)]
    assert "At most 1 of them." in done.body()["text"]["format"]["schema"]["properties"]["rows"]["description"]


def test_the_parameters_of_answers_are_there_by_name():
    done = steps(
        f"{ORDER[:-1]}, 'Be exact.', WebSearch => TRUE, Temperature => 0.2, Store => FALSE, MaxOutputTokens => 90)",
        reply({"rows": []}),
    )
    body = done.body()
    assert (body["instructions"], body["temperature"], body["store"], body["max_output_tokens"]) == (
        "Be exact.", 0.2, False, 90,
    )  # fmt: skip
    assert body["tools"] == [{"type": "web_search"}]


def test_the_answer_is_told_of_on_the_first_row_with_all_that_was_asked():
    done = steps(ORDER, reply({"rows": [{"item": "tea", "qty": "two"}]}), reply({"rows": ITEMS}))
    assert len(done.requests) == 2
    assert done.rows is not None
    names = [column.name for column in CATALOG["GenerateRows"].row_fields]
    first, second = (dict(zip(names, row[2:], strict=True)) for row in done.rows)
    assert first["Response_UsageCostInUsdTicks"] == 2 * ANSWER["usage"]["cost_in_usd_ticks"]
    assert (first["RowNumber"], second["RowNumber"]) == (1, 2)
    assert {value for name, value in second.items() if name != "RowNumber"} == {None}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"rows": [ITEMS[0], {"item": "cake", "qty": "one"}]}, r"rows\[1\]\.qty: expected INTEGER"),
        ({"rows": ["tea"]}, r"rows\[0\]: expected a JSON object"),
        ({"items": ITEMS}, 'expected an object with a list "rows"'),
        ("Two teas.", "expected JSON"),
    ],
)
def test_an_answer_that_never_fits_is_an_error_that_names_the_place(answer, message):
    asks = Settings().schema_attempts
    done = steps(ORDER, *[reply(answer)] * asks)
    assert isinstance(done.error, AnswerMismatchError)
    with pytest.raises(AnswerMismatchError, match=message):
        raise done.error


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("RowNumber INTEGER", "declares the column RowNumber"),
        ("response_id VARCHAR", "declares the column response_id"),
        ("", "is empty"),
        ("item", "expected the type"),
    ],
)
def test_columns_that_cannot_be_are_refused(schema, message):
    with pytest.raises(BadValueError, match=message):
        run(f"CALL GenerateRows('hi', '{schema}')", [])


def test_a_schema_is_required():
    with pytest.raises(ProgrammingError, match="OutputSchema"):
        run("CALL GenerateRows('hi')", [])


def test_what_a_json_schema_refers_to_is_found_below_the_list():
    declared = {
        "type": "object",
        "properties": {
            "from": {"$ref": "#/$defs/place"},
            "to": {"$ref": "#/properties/from"},
            "kind": {"enum": ["$ref"], "default": {"$ref": "#"}},
        },
        "$defs": {"place": {"type": "object", "properties": {"city": {"type": "string"}}}},
    }
    schema = RowsSchema(read_output_schema(json.dumps(declared))).text_format()["format"]["schema"]  # type: ignore[index]
    items = schema["properties"]["rows"]["items"]
    assert schema["$defs"] == declared["$defs"]
    assert "$defs" not in items
    assert items["properties"]["from"] == {"$ref": "#/$defs/place"}
    assert items["properties"]["to"] == {"$ref": "#/properties/rows/items/properties/from"}
    assert items["properties"]["kind"] == declared["properties"]["kind"]  # type: ignore[index]
