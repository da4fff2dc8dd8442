"""Queries as tools: declared in Python or in SQL, their parameters bound, their results JSON."""

from __future__ import annotations

import asyncio
import json
import os

import duckdb
import pytest

from grokcall.errors import DataError, OperationalError, ProgrammingError, StatementError
from grokcall.tools.query_tool import QueryTool
from grokcall.tools.sql_tools import sql_tools
from grokcall.tools.tool_database import ToolDatabase
from grokcall_parser import parse_statement
from grokcall_procedures.own_tools import own_tool


@pytest.fixture
def database(shop) -> ToolDatabase:
    return ToolDatabase(shop / "shop.duckdb")


def run(tool, **arguments):
    found = asyncio.run(tool.run(arguments))
    json.dumps(found, allow_nan=False)
    return found


def test_a_query_without_declared_parameters_takes_those_of_its_text(database):
    tool = QueryTool("by_store", "SELECT count(*) AS n FROM sales WHERE store = $store AND amount > :Least", "Counts.",
                     database=database)  # fmt: skip
    schema = tool.declaration.parameters
    assert list(schema["properties"]) == schema["required"] == ["store", "Least"]
    assert run(tool, store="a", least=100) == [{"n": 116}]
    assert run(tool, store="a", Least="100") == [{"n": 116}]


def test_declared_parameters_have_types_defaults_and_comments(database):
    tool = QueryTool(
        "top", "SELECT store, amount FROM sales WHERE store = $store ORDER BY amount DESC LIMIT $top", "The best.",
        "store VARCHAR COMMENT 'a or b', top INTEGER DEFAULT 2", database=database,
    )  # fmt: skip
    assert tool.declaration.parameters["properties"] == {
        "store": {"type": "string", "description": "a or b"},
        "top": {"type": "integer", "default": 2},
    }
    assert run(tool, store="a") == [{"store": "a", "amount": 447}, {"store": "a", "amount": 444}]
    assert len(run(tool, store="a", top="3")) == 3
    with pytest.raises(DataError, match="top: there is no argument 'stor'; did you mean store"):
        run(tool, stor="a", store="b")


def test_a_tool_of_create_tool_runs(database):
    text = """CREATE TOOL cheap(most DOUBLE DEFAULT 3) COMMENT 'Cheap ones.'
        AS SELECT count(*) AS n FROM sales WHERE amount <= :most"""
    tool = QueryTool.of(own_tool(parse_statement(text)), database)
    assert (tool.declaration.name, tool.declaration.description) == ("cheap", "Cheap ones.")
    assert [run(tool), run(tool, most=6)] == [[{"n": 3}], [{"n": 5}]]


def test_what_the_model_gives_is_bound_and_never_becomes_sql(database):
    tool = QueryTool("echo", "SELECT $x AS x, (SELECT count(*) FROM sales WHERE store = $x) AS n", database=database)
    for text in ("a' OR '1'='1", "'; DROP TABLE sales; --", "$x", ":x", "?", "\x00", "\ud800", "日本"):
        found = run(tool, x=text)
        assert found[0]["n"] == 0
        assert found[0]["x"] in {text, "\ufffd"}


def test_values_of_every_kind_become_json(database):
    sql = """SELECT 1::HUGEINT AS big, 1.25::DECIMAL(10, 3) AS exact, 'nan'::DOUBLE AS none, DATE '2026-11-01' AS day,
        TIMESTAMP '2026-11-01 10:00:00' AS at, TIME '10:00' AS clock, INTERVAL 90 MINUTE AS span, '\\xFF'::BLOB AS raw,
        uuid() IS NOT NULL AS is_uuid, [1, NULL] AS list, {'a': DATE '2026-11-01'} AS struct, MAP {1: 'x'} AS map,
        123456789012345678901234567.89::DECIMAL(38, 2) AS long, 1 AS a, 2 AS a"""
    assert run(QueryTool("all", sql, database=database)) == [
        {
            "big": 1, "exact": 1.25, "none": None, "day": "2026-11-01", "at": "2026-11-01T10:00:00",
            "clock": "10:00:00", "span": "1:30:00", "raw": "/w==", "is_uuid": True, "list": [1, None],
            "struct": {"a": "2026-11-01"}, "map": {"1": "x"}, "long": "123456789012345678901234567.89",
            "a": 1, "a_2": 2,
        }
    ]  # fmt: skip


def test_more_rows_than_a_model_gets_are_cut_with_a_note(shop):
    tool = QueryTool("all", "FROM sales", database=ToolDatabase(shop / "shop.duckdb", most_rows=3))
    found = run(tool)
    assert len(found["rows"]) == 3
    assert found["note"] == (
        "only the first 3 rows are shown, there are more; filter, aggregate or use LIMIT and OFFSET"
    )


def test_the_version_follows_the_query_and_the_file(shop, tmp_path):
    path = tmp_path / "v.duckdb"
    path.write_bytes((shop / "shop.duckdb").read_bytes())
    database = ToolDatabase(path)
    first = QueryTool("t", "FROM sales", database=database)
    assert first.declaration.is_local
    assert first.declaration.version == QueryTool("other", "FROM sales", database=database).declaration.version
    assert first.declaration.version != QueryTool("t", "FROM stores", database=database).declaration.version
    before = first.declaration.version
    os.utime(path, ns=(1, 1))
    assert first.declaration.version != before


def test_a_query_sees_what_was_written_since_and_keeps_nobody_from_writing(tmp_path):
    path = tmp_path / "grows.duckdb"
    tool = None
    for number in range(1, 4):
        with duckdb.connect(str(path)) as writer:
            writer.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER); INSERT INTO t VALUES (1)")
        tool = tool or QueryTool("count_t", "SELECT count(*) AS n FROM t", database=ToolDatabase(path))
        assert run(tool) == [{"n": number}]


def test_several_queries_run_at_once(database):
    tool = QueryTool("square", "SELECT $n * $n AS n", "", "n INTEGER", database=database)

    async def together():
        return await asyncio.gather(*(tool.run({"n": number}) for number in range(8)))

    assert asyncio.run(together()) == [[{"n": number * number}] for number in range(8)]


@pytest.mark.parametrize(
    ("sql", "parameters", "told"),
    [
        ("DELETE FROM sales", None, "only one SELECT is allowed; this is a statement of the kind DELETE"),
        ("SELECT 1; SELECT 2", None, "only one SELECT is allowed; this text has 2 statements"),
        ("SELEC 1", None, "the query cannot be parsed"),
        ("SELECT ?", None, "stands for no parameter of a tool; write"),
        ("SELECT $1", None, "the query has a parameter \\$1, which has no name"),
        ("SELECT $a", "b INTEGER", "declares no parameter a; it declares: b"),
        ("SELECT 1", "b INTEGER", "the parameter b is not used in the query"),
        ("SELECT $b", "b FOO", "cannot have the type FOO"),
        ("DELETE FROM x", "b INTEGER", "expected a query or a CALL after AS"),
        ("CALL ListModels()", "", "the text is no query"),
    ],
)
def test_a_query_that_cannot_be_a_tool_is_refused_at_once(database, sql, parameters, told):
    with pytest.raises((ProgrammingError, StatementError), match=told):
        QueryTool("t", sql, "", parameters, database=database)


def test_names_that_the_api_does_not_take_are_refused(database):
    for name in ("a b", "web_search", ""):
        with pytest.raises(ProgrammingError):
            QueryTool(name, "SELECT 1", database=database)


def test_a_wrong_query_and_a_missing_file_are_told(database, tmp_path):
    with pytest.raises(ProgrammingError, match="Table with name nothing does not exist"):
        run(QueryTool("t", "FROM nothing", database=database))
    with pytest.raises(OperationalError, match=r"none\.duckdb cannot be opened: .*there is no file"):
        run(QueryTool("t", "SELECT 1", database=ToolDatabase(tmp_path / "none.duckdb")))
    (tmp_path / "text.duckdb").write_text("no database")
    with pytest.raises(OperationalError, match=r"text\.duckdb cannot be opened"):
        run(QueryTool("t", "SELECT 1", database=ToolDatabase(tmp_path / "text.duckdb")))
    assert not (tmp_path / "none.duckdb").exists()


@pytest.mark.parametrize("name", ["it's.duckdb", "memory.duckdb", "a b.duckdb", "2026.db", "größe"])
def test_files_of_any_name_are_opened(shop, tmp_path, name):
    (tmp_path / name).write_bytes((shop / "shop.duckdb").read_bytes())
    assert run(QueryTool("t", "SELECT count(*) AS n FROM stores", database=ToolDatabase(tmp_path / name))) == [{"n": 2}]


def test_the_tables_are_described_with_types_comments_and_sizes(database):
    describe, query = sql_tools(["sales", "hr.staff", "paid"], database)
    assert [tool.declaration.name for tool in (describe, query)] == ["describe_tables", "query"]
    assert query.declaration.parameters["required"] == ["sql"]
    sales, staff, paid = run(describe)
    assert (sales["table"], sales["rows_about"]) == ("sales", 300)
    assert sales["columns"][2] == {"name": "amount", "type": "DECIMAL(10,2)", "comment": "in USD"}
    assert (staff["table"], paid["table"], "rows_about" in paid) == ("hr.staff", "paid", False)
    assert run(describe, table="SALES") == [sales]
    with pytest.raises(ProgrammingError, match="there is no table 'wages'; the tables are: sales, hr"):
        run(describe, table="wages")


def test_errors_of_a_model_s_query_help_to_mend_it(database):
    _, query = sql_tools(["sales", "stores"], database)
    for sql, told in (
        ("SELECT amountt FROM sales", r'Referenced column "amountt" not found.*\n?.*amount'),
        ("SELECT * FROM wages", "there is no table wages; the tables are: sales, stores"),
        ("DESCRIBE sales", "describe_tables tells of the tables"),
        ("FROM sales PIVOT (sum(amount) FOR store IN ('a'))", "use CASE and GROUP BY"),
        ("SELECT $x", "the query takes no parameters; write the values into it"),
        ("SELECT range(3)", r"allowed in FROM only, as in FROM range\(1, 10\)"),
        ("SELECT x'", "the query cannot be parsed"),
    ):
        with pytest.raises(ProgrammingError, match=told):
            run(query, sql=sql)
    with pytest.raises(DataError, match=r"query: there is no argument 'statement'; .*sql is missing"):
        run(query, statement="SELECT 1")


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        (["nothing"], "there is no one table 'nothing'"),
        (["a.b.c.d"], "is no name of a table"),
        (["sales; DROP"], "is no name of a table"),
        (["information_schema.tables"], "there is no one table|a table of DuckDB's own"),
        (["pg_class"], "a table of DuckDB's own"),
        (["read_text('x')"], "is no name of a table"),
    ],
)
def test_tables_that_are_none_are_told(database, tables, told):
    _, query = sql_tools(tables, database)
    with pytest.raises(ProgrammingError, match=told):
        run(query, sql="SELECT 1")


def test_what_a_tool_needs_is_asked_for(shop):
    with pytest.raises(ProgrammingError, match="at least one"):
        sql_tools([], ToolDatabase(shop / "shop.duckdb"))
    with pytest.raises(ProgrammingError, match="a list of the tables"):
        sql_tools("sales", ToolDatabase(shop / "shop.duckdb"))
    for wrong in ({}, {"path": "x", "timeout": 0}, {"path": "x", "most_rows": 0}):
        with pytest.raises(ProgrammingError):
            ToolDatabase(**wrong)
