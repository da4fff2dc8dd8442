"""Further fields in queries: a column where a query names it, and no column where it does not."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pyarrow as pa
import pytest

import grokcall
from grokcall.duckdb import Registration
from grokcall.duckdb.typed_calls import typed_query
from grokcall_procedures import CATALOG
from scripted_service import Answer, Asked, Service, answered

KNOWN = {name.lower(): procedure for name, procedure in CATALOG.items()}
CITATIONS = "STRUCT(url VARCHAR, title VARCHAR, start_index INTEGER, end_index INTEGER)[]"


def cited(asked: Asked) -> Answer:
    """An answer that cites two pages and tells of a search."""
    text = f"{asked.text} [[1]](https://a.example)"
    places = [(len(asked.text) + 1, len(text)), (0, 0)]
    annotations = [
        {"type": "url_citation", "url": f"https://{name}.example", "title": name, "start_index": a, "end_index": b}
        for name, (a, b) in zip("ab", places, strict=True)
    ]
    search = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search",
              "query": "q", "sources": [{"type": "url", "url": "https://a.example"}]}}  # fmt: skip
    content = [{"type": "output_text", "text": text, "annotations": annotations}]
    return answered(text, output=[search, {"type": "message", "role": "assistant", "content": content}])


@pytest.fixture(autouse=True)
def citing(service: Service) -> None:
    service.script = cited


def test_a_query_that_names_a_further_field_gets_it_with_its_type(con: Any, registered: Registration) -> None:
    table = registered.query("SELECT r.Response_Citations, r.Response_Rounds FROM GenerateResponse('hi') r")
    assert list(map(str, con.from_arrow(table).types)) == [CITATIONS, "INTEGER"]
    (row,) = table.to_pylist()
    assert [each["url"] for each in row["Response_Citations"]] == ["https://a.example", "https://b.example"]
    assert row["Response_Rounds"] == 1


def test_citations_unnest_beside_the_rows_with_one_call_each(registered: Registration, service: Service) -> None:
    table = registered.query(
        "SELECT t.id, r.Response_Result, c.url, c.start_index FROM tickets t, "
        "GenerateResponse(t.body, WebSearch := true, WebSearchDomains := ['a.example']) r, "
        "UNNEST(r.Response_Citations) u(c) WHERE c.url LIKE 'https://a%' ORDER BY t.id"
    )
    assert table.num_rows == 5
    assert table.column("start_index").to_pylist() == [3] * 5
    assert sorted(service.texts) == [f"m{number}" for number in range(5)]
    assert all(
        asked.json["tools"] == [{"type": "web_search", "filters": {"allowed_domains": ["a.example"]}}]
        for asked in service.asked
    )


def test_what_is_not_named_is_no_column(con: Any, registered: Registration) -> None:
    plain = registered.query("FROM GenerateResponse('hi')")
    assert plain.num_columns == 34
    named = registered.query("SELECT r.*, len(r.Response_Citations) AS n FROM GenerateResponse('hi') r")
    assert named.num_columns == 36
    assert con.execute("SELECT count(*) FROM (FROM GenerateResponse('hi'))").fetchall() == [(1,)]


def test_a_query_with_and_one_without_share_the_answer(registered: Registration, service: Service) -> None:
    registered.query("SELECT r.Response_Result FROM GenerateResponse('hi') r")
    table = registered.query("SELECT r.Response_Sources FROM GenerateResponse('hi') r")
    assert table.to_pylist()[0]["Response_Sources"][0]["url"] == "https://a.example"
    assert len(service.asked) == 1


def test_registering_with_further_gives_all_of_them(con: duckdb.DuckDBPyConnection, registering) -> None:
    registering(further=True)
    columns = [row[0] for row in con.execute("DESCRIBE FROM GenerateResponse('hi')").fetchall()]
    further = [column.name for column in CATALOG["GenerateResponse"].further_fields]
    assert columns[34:] == further
    counted = con.execute(
        "SELECT c.url FROM GenerateResponse('hi') r, UNNEST(r.Response_Citations) u(c) ORDER BY 1"
    ).fetchall()
    assert counted == [("https://a.example",), ("https://b.example",)]
    assert "Response_Raw" not in [row[0] for row in con.execute("DESCRIBE FROM ClassifyText('a', ['b'])").fetchall()]


def test_a_statement_of_a_connection_gets_it_too(connection: grokcall.Connection) -> None:
    cursor = connection.execute(
        "SELECT t.id, len(r.Response_ToolCalls) AS calls, json_array_length(r.Response_Output) AS items "
        "FROM (SELECT 7 AS id, 'hi' AS body) t, GenerateResponse(t.body) r"
    )
    assert cursor.fetchall() == [(7, 1, 2)]


def test_further_fields_and_declared_columns_go_together(registered: Registration, service: Service) -> None:
    service.script = lambda asked: answered('{"priority": 2}')
    table = registered.query(
        "SELECT r.priority, r.Response_Raw FROM GenerateResponse('hi', OutputSchema := 'priority INTEGER') r"
    )
    (row,) = table.to_pylist()
    assert row["priority"] == 2
    assert json.loads(row["Response_Raw"])["id"] == "resp-1"
    assert isinstance(table.schema.field("Response_Raw").type, type(pa.string()))


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT a.Response_Raw FROM GenerateResponse('x') a, GenerateResponse('y') b", [("Response_Raw",), ()]),
        ("SELECT Response_Raw FROM GenerateResponse('x') a", [("Response_Raw",)]),
        ("SELECT s.Response_Raw FROM (FROM GenerateResponse('x') a) s", [("Response_Raw",)]),
        ("SELECT GenerateResponse.response_raw FROM GenerateResponse('x')", [("Response_Raw",)]),
        ("SELECT 'Response_Raw' FROM GenerateResponse('x')", [()]),
        ("SELECT a.Response_Result FROM GenerateResponse('x') AS a -- Response_Raw", [()]),
        ('SELECT "a"."Response_Raw", a.Response_Rounds FROM AnalyzeFile(\'x\', \'y\'::BLOB, \'z\') "a"',
         [("Response_Rounds", "Response_Raw")]),
        ("SELECT c.Completion_Raw FROM CreateChatCompletion('x') c, GenerateResponse('x') r", [(), ()]),
    ],
)  # fmt: skip
def test_a_name_asks_the_call_that_it_belongs_to(sql: str, expected: list[tuple[str, ...]]) -> None:
    query = typed_query(sql, KNOWN)
    assert [call.further for call in query.calls] == [names for names in expected if names]
    assert len(query.text) == len(sql)


def test_a_view_that_outlives_the_connection_is_refused_with_the_remedy(registered: Registration) -> None:
    sql = "CREATE VIEW v AS SELECT r.Response_Raw FROM GenerateResponse('hi') r"
    with pytest.raises(grokcall.StatementError, match=r"its column Response_Raw cannot: write CREATE TEMP VIEW"):
        registered.query(sql)
    registered.query(sql.replace("CREATE", "CREATE TEMP"))
    assert registered.query("FROM v").num_rows == 1


def test_a_procedure_of_the_user_s_own_has_them_as_well(connection: grokcall.Connection) -> None:
    connection.execute(
        "CREATE PROCEDURE Ask(question VARCHAR) AS CALL GenerateResponse('Q: ' || :question, WebSearch => TRUE)"
    )
    cursor = connection.execute("SELECT a.Response_Citations[1].url FROM Ask('hi') a")
    assert cursor.fetchall() == [("https://a.example",)]
