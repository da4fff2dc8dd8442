"""Tools that are made in SQL: queries and calls that a model may ask for, by name."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from calling import outputs_in, rounds_of

import grokcall
from scripted_service import Answer, Asked, answered

QUERY_TOOL = """
CREATE TOOL pieces_left(article VARCHAR COMMENT 'its name', most INTEGER DEFAULT 10)
COMMENT 'Pieces in each store.' AS SELECT store, pieces FROM stock WHERE article = $article ORDER BY store LIMIT $most
"""
ASK = "CALL GenerateResponse('Is tea left?', Tools => ['pieces_left'])"
STOCK = """
CREATE TABLE stock AS
SELECT * FROM (VALUES ('n', 'tea', 7), ('s', 'tea', 2), ('n', 'rum', 0)) t(store, article, pieces)
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A DuckDB file with a table."""
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(path) as con:
        con.execute(STOCK)
        con.execute("CREATE TABLE secrets AS SELECT 'hidden' AS word")
    return path


def test_a_query_that_was_made_in_sql_is_run_for_the_model(service, connecting, shop):
    connection = connecting(tool_database=shop)
    connection.execute(QUERY_TOOL)
    service.script = rounds_of([("pieces_left", {"article": "tea"})], [("pieces_left", {"article": "tea", "most": 1})])
    text = connection.execute(ASK).fetchone()[0]
    assert json.loads(text.removeprefix("done: ")) == [{"store": "n", "pieces": 7}]
    assert json.loads(outputs_in(service.asked[1])[0]) == [{"store": "n", "pieces": 7}, {"store": "s", "pieces": 2}]
    (tool,) = service.asked[0].json["tools"]
    assert tool["description"] == "Pieces in each store."
    assert tool["parameters"]["required"] == ["article"]
    assert tool["parameters"]["properties"]["most"]["type"] == "integer"


def test_without_a_file_it_reads_the_tables_of_the_connections_own_queries(service, connection):
    connection.execute(STOCK)
    connection.execute(QUERY_TOOL)
    service.script = rounds_of([("pieces_left", {"article": "rum"})])
    assert connection.execute(ASK).fetchone()[0] == 'done: [{"store": "n", "pieces": 0}]'


def test_what_the_model_gives_is_bound_and_never_part_of_the_text(service, connecting, shop):
    connection = connecting(tool_database=shop)
    connection.execute(QUERY_TOOL)
    service.script = rounds_of([("pieces_left", {"article": "x' OR 1 = 1 --"})])
    assert connection.execute(ASK).fetchone()[0] == "done: []"


def test_a_call_that_was_made_in_sql_gives_the_model_its_declared_parameters_only(service, connection):
    connection.execute(
        "CREATE TOOL shout(text VARCHAR) COMMENT 'Shouts.' AS CALL GenerateResponse(:text, 'In capitals.', 'grok-4.3')"
    )
    loop = rounds_of([("shout", {"text": "hey"}), ("shout", {"text": "you", "Model": "grok-4.6"})])

    def script(asked: Asked) -> Answer:
        return (
            answered(asked.json["input"].upper()) if asked.json.get("instructions") == "In capitals." else loop(asked)
        )

    service.script = script
    text = connection.execute("CALL GenerateResponse('hi', Tools => ['shout'])").fetchone()[0]
    assert '"Response_Result": "HEY"' in text
    assert "Model" in outputs_in(service.asked[-1])[1]
    assert [asked.json["model"] for asked in service.asked] == ["grok-4.3"] * 3


def test_a_call_that_removes_something_needs_consent(service, connecting):
    statement = "CREATE TOOL tidy(id VARCHAR) AS CALL DeleteFile(:id)"
    ask = "CALL GenerateResponse('hi', Tools => ['tidy'])"
    connection = connecting()
    connection.execute(statement)
    with pytest.raises(grokcall.BadValueError, match="a model may call it only with the option tools_may_change"):
        connection.execute(ask)
    allowed = connecting(tools_may_change=True)
    allowed.execute(statement)
    loop = rounds_of([("tidy", {"id": "file_1"})])
    service.script = lambda asked: Answer(b'{"deleted": true}') if asked.method == "DELETE" else loop(asked)
    allowed.execute(ask)
    assert [asked.path for asked in service.asked if asked.method == "DELETE"] == ["/v1/files/file_1"]


def test_a_model_that_writes_sql_reads_the_named_tables_and_nothing_else(service, connecting, shop):
    connection = connecting(tool_database=shop)
    tools = connection.sql_tool(["stock"])
    wrong = ["SELECT * FROM secrets", "SELECT getenv('HOME')", "FROM duckdb_settings()", "DROP TABLE stock"]
    service.script = rounds_of(
        [("describe_tables", {}), ("query", {"sql": "SELECT sum(pieces) AS n FROM stock"})],
        [("query", {"sql": each}) for each in wrong],
    )
    text = connection.execute("CALL GenerateResponse('hi', Tools => :tools)", {"tools": list(tools)}).fetchone()[0]
    described, summed = map(json.loads, outputs_in(service.asked[1]))
    assert [each["table"] for each in described] == ["stock"]
    assert summed == [{"n": 9}]
    assert text.count("error") == len(wrong)
    assert "hidden" not in "".join(asked.body.decode() for asked in service.asked)


def test_a_change_of_the_database_makes_other_answers(service, connecting, shop, tmp_path):
    connection = connecting(tool_database=shop)
    connection.execute(QUERY_TOOL)
    service.script = rounds_of([("pieces_left", {"article": "tea"})])
    rows = [{"q": "Is tea left?"}]
    ask = "CALL GenerateResponse(:q, Tools => ['pieces_left'])"
    for _ in range(2):
        connection.lookup(ask, rows, journal=tmp_path / "run.journal")
    assert len(service.asked) == 2
    with duckdb.connect(shop) as con:
        con.execute("INSERT INTO stock VALUES ('w', 'tea', 1)")
    connection.lookup(ask, rows, journal=tmp_path / "run.journal")
    assert len(service.asked) == 4


def test_a_tool_that_is_gone_is_not_offered(connection):
    connection.execute("CREATE TOOL one() AS SELECT 1 AS n")
    assert connection.runtime.toolbox.names == ("one",)
    connection.execute("DROP TOOL one")
    with pytest.raises(grokcall.BadValueError, match="names 'one', and there is no such tool"):
        connection.execute("CALL GenerateResponse('hi', Tools => ['one'])")


def test_tools_are_kept_with_the_procedures_of_a_catalog(service, connecting, shop, tmp_path):
    catalog = tmp_path / "own.sql"
    connecting(catalog=catalog).execute(QUERY_TOOL)
    other = connecting(catalog=catalog, tool_database=shop)
    service.script = rounds_of([("pieces_left", {"article": "tea", "most": 1})])
    assert "7" in other.execute(ASK).fetchone()[0]
