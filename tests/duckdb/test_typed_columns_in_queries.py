"""OutputSchema inside of queries: typed columns, one request a row, and nothing else of the query changed."""

from __future__ import annotations

import asyncio
import datetime
import json
from decimal import Decimal
from typing import Any

import duckdb
import pytest

import grokcall
from grokcall.duckdb import Registration
from grokcall.duckdb.typed_calls import typed_query
from grokcall_procedures import CATALOG
from scripted_service import Service, answered, refused

KNOWN = {name.lower(): procedure for name, procedure in CATALOG.items()}
ANSWER: dict[str, Any] = {
    "priority": 2,
    "tags": ["late", "parcel"],
    "due": "2026-03-04",
    "price": 12.5,
    "at": {"city": "Bonn", "zip": 53111},
    "team": "billing",
}
SCHEMA = (
    "priority INTEGER, tags VARCHAR[], due DATE, price DECIMAL(8,2), at STRUCT(city VARCHAR, zip INTEGER), "
    "team ENUM(''delivery'', ''billing'')"
)
TYPES = ["INTEGER", "VARCHAR[]", "DATE", "DECIMAL(8,2)", "STRUCT(city VARCHAR, zip INTEGER)"]
VALUES = (2, ["late", "parcel"], datetime.date(2026, 3, 4), Decimal("12.50"), {"city": "Bonn", "zip": 53111}, "billing")


@pytest.fixture(autouse=True)
def typed_answers(service: Service) -> None:
    """The service gives an answer that has all columns."""
    service.script = lambda asked: answered(json.dumps({**ANSWER, "said": asked.text}))


def test_typed_columns_come_first_with_their_types(con: duckdb.DuckDBPyConnection, registered: Registration):
    table = registered.query(f"FROM GenerateResponse('hi', OutputSchema := '{SCHEMA}')")
    assert table.column_names[:7] == ["priority", "tags", "due", "price", "at", "team", "Response_Result"]
    assert tuple(table.slice(0, 1).to_pylist()[0].values())[:6] == VALUES
    assert list(map(str, con.from_arrow(table).types))[:5] == TYPES


def test_each_row_is_asked_for_once_with_the_schema(registered: Registration, service: Service):
    sql = "SELECT t.id, r.said, r.priority + 1 AS n FROM tickets t, GenerateResponse(t.body, OutputSchema => '{}') r"
    table = registered.query(sql.format("said VARCHAR, priority INTEGER"))
    assert sorted(table.to_pylist(), key=lambda row: row["id"]) == [
        {"id": number, "said": f"m{number}", "n": 3} for number in range(5)
    ]
    assert sorted(service.texts) == ["m0", "m1", "m2", "m3", "m4"]
    formats = [asked.json["text"]["format"]["schema"]["properties"] for asked in service.asked]
    assert all(list(each) == ["said", "priority"] for each in formats)


def test_a_typed_query_over_a_table_reads_ahead(con, connecting, service: Service):
    last_vector = asyncio.Event()
    waited: list[bool] = []

    async def script(asked):
        if asked.text == "b2499":
            last_vector.set()
        if asked.text == "b5":  # answered once a row of the next vector was asked for
            waited.append(await asyncio.wait_for(last_vector.wait(), 60))
        return answered(json.dumps({"said": asked.text}))

    service.script = script
    with grokcall.duckdb.register(con, connecting(concurrency=64)) as registration:
        table = registration.query(
            "SELECT r.said FROM many, GenerateResponse(many.body, OutputSchema := 'said TEXT') r"
        )
    assert table.num_rows == len(set(table.column("said").to_pylist())) == len(service.texts) == 2500
    assert waited == [True]


def test_an_answer_that_was_paid_for_is_found_again_under_the_same_schema_only(
    registered: Registration, service: Service
):
    sql = "SELECT count(*) FROM tickets t, GenerateResponse(t.body, OutputSchema := '{}') r"
    for schema, asked in [("said TEXT", 5), ("said TEXT", 5), ("said TEXT, priority INT", 10), ("said TEXT", 10)]:
        registered.query(sql.format(schema))
        assert len(service.texts) == asked


def test_several_schemas_and_plain_calls_stand_in_one_query(registered: Registration, service: Service):
    (row,) = registered.query(
        """SELECT a.priority, b.said, c.Response_Result AS plain
           FROM generateRESPONSE('one', OutputSchema := 'priority BIGINT') a,
                "GenerateResponse"('two', /* as text */ outputschema => E'said\\tVARCHAR', Store := false) b,
                GenerateResponse('three') c"""
    ).to_pylist()
    assert (row["priority"], row["said"], json.loads(row["plain"])["said"]) == (2, "two", "three")
    assert sorted(service.texts) == ["one", "three", "two"]
    assert [asked.json.get("store") for asked in service.asked if asked.text == "two"] == [False]


def test_a_call_inside_the_argument_of_another_is_typed_too(registered: Registration):
    table = registered.query(
        "SELECT r.said FROM GenerateResponse((SELECT q.said || '!' FROM "
        "GenerateResponse('in', OutputSchema := 'said TEXT') q), OutputSchema := 'said TEXT, priority INT') r"
    )
    assert table.to_pylist() == [{"said": "in!"}]


def test_a_json_schema_will_do_and_null_is_no_schema(registered: Registration):
    schema = '{"type": "object", "properties": {"priority": {"type": "integer"}}, "required": ["priority"]}'
    table = registered.query(f"SELECT priority FROM GenerateResponse('hi', OutputSchema := $${schema}$$)")
    assert table.to_pylist() == [{"priority": 2}]
    assert registered.query("FROM GenerateResponse('hi', OutputSchema := NULL)").column_names[0] == "Response_Result"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'GenerateResponse(x, OutputSchema := ''a INT'')' -- GenerateResponse(x, OutputSchema := 'a INT')",
        "SELECT outputschema FROM t",
        "FROM ClassifyText(t.body, ['a'], OutputSchema := 'a INT')",
        "SELECT generate_response(body, OutputSchema := 'a INT') FROM t",
        "FROM other.GenerateResponse('hi', OutputSchema := 'a INT')",
        "FROM GenerateResponse('hi', OutputSchema = 'a INT')",
    ],
)
def test_all_else_stays_as_it_is(sql: str):
    query = typed_query(sql, KNOWN)
    assert (query.text, query.calls) == (sql, ())


def test_every_other_character_keeps_its_place():
    sql = "/* AnalyzeFile( */ SELECT 1,\n '(''' FROM AnalyzeFile (x, -- (\n OutputSchema\n := 'a\nINT',\n Model => 'm')"
    query = typed_query(sql, KNOWN)
    (call,) = query.calls
    assert len(query.text) == len(sql)
    assert query.text.count("\n") == sql.count("\n")
    assert query.text.index(call.name) == sql.rindex("AnalyzeFile")
    assert query.text.index("Model => 'm')") == sql.index("Model => 'm')")
    assert "OutputSchema" not in query.text


def test_classify_text_answers_as_before(registered: Registration, service: Service):
    service.script = lambda asked: answered('{"category": "a", "categories": ["a"], "confidence": 1}')
    table = registered.query("SELECT r.Result_Category FROM tickets t, ClassifyText(t.body, ['a', 'b']) r")
    assert table.num_rows == len(service.texts) == 5


@pytest.mark.parametrize(
    ("sql", "kind", "told", "place"),
    [
        (
            "SELECT *\nFROM GenerateResponse('hi', OutputSchema := 'a INTT')",
            grokcall.DataError,
            "INTT",
            "line 2, column 45",
        ),
        (
            "FROM GenerateResponse('hi', OutputSchema := $s)",
            grokcall.StatementError,
            "written out",
            "line 1, column 45",
        ),
        (
            "FROM GenerateResponse('hi', OutputSchema := 'a' || ' INT')",
            grokcall.StatementError,
            "written out",
            "column 45",
        ),
        (
            "FROM GenerateResponse('hi', OutputSchema := 'a INT', OutputSchema := 'b INT')",
            grokcall.StatementError,
            "given twice",
            "column 54",
        ),
        (
            "CREATE OR REPLACE VIEW v AS FROM GenerateResponse('hi', OutputSchema := 'a INT')",
            grokcall.StatementError,
            "CREATE TEMP VIEW",
            "column 57",
        ),
        (
            "CREATE MACRO m(x) AS TABLE FROM GenerateResponse(x, OutputSchema := 'a INT')",
            grokcall.StatementError,
            "CREATE TEMP MACRO",
            "column 53",
        ),
    ],
)
def test_a_schema_that_cannot_be_is_told_with_its_place(registered, service: Service, sql, kind, told, place):
    with pytest.raises(kind) as caught:
        registered.query(sql, {"s": "a INT"} if "$s" in sql else None)
    assert told in str(caught.value)
    assert place in str(caught.value)
    assert service.asked == []


def test_duckdb_s_errors_name_the_procedure_as_the_user_does(registered: Registration, service: Service):
    with pytest.raises(duckdb.Error, match="GenerateResponse") as caught:
        registered.query("FROM GenerateResponse(Unheard := 'hi', OutputSchema := 'a INT')")
    (call,) = typed_query("FROM GenerateResponse(OutputSchema := 'a INT')", KNOWN).calls
    assert call.name not in str(caught.value)
    assert service.asked == []


def test_a_typed_row_that_fails_says_which_procedure(registered: Registration, service: Service):
    service.script = lambda asked: refused(400, "Odd.")
    with pytest.raises(duckdb.Error, match=r"GenerateResponse: .*Odd"):
        registered.query("FROM GenerateResponse('hi', OutputSchema := 'a INT')")


def test_a_temporary_view_and_a_rollback_leave_no_broken_name_behind(registered: Registration, service: Service):
    sql = "FROM GenerateResponse('hi', OutputSchema := 'priority INT') SELECT priority"
    registered.query("BEGIN")
    assert registered.query(sql).to_pylist() == [{"priority": 2}]
    registered.query("ROLLBACK")
    assert registered.query(sql).to_pylist() == [{"priority": 2}]
    registered.query(f"CREATE TEMP VIEW v AS {sql}")
    assert registered.query("FROM v").to_pylist() == [{"priority": 2}]
    assert service.texts == ["hi"]


def test_without_us_in_between_duckdb_refuses_the_argument(
    con: duckdb.DuckDBPyConnection, registered, service: Service
):
    with pytest.raises(duckdb.BinderException, match="does not support the supplied arguments"):
        con.execute("FROM GenerateResponse('hi', OutputSchema := 'a INT')")
    assert service.asked == []
