"""Tools of the user's own: declared in SQL, kept in the catalog, checked when they are made."""

from __future__ import annotations

import json
import subprocess

import duckdb
import pytest

import grokcall
from grokcall.sandbox import SANDBOX_KEY
from grokcall_parser import parse_statement
from grokcall_procedures.own_tools import own_tool
from installed import COMMAND

CHURN = """CREATE TOOL churn_by_month(region VARCHAR COMMENT 'two letters', top INTEGER DEFAULT 10)
COMMENT 'Churn by month.'
AS SELECT month, churn FROM churn WHERE region = :region LIMIT $TOP"""
FIND = "CREATE TOOL find_policy(q VARCHAR) COMMENT 'Searches the handbook.' AS CALL ClassifyText(:q, ['a', 'b'])"


@pytest.fixture
def tools(on_sandbox):
    for statement in (CHURN, FIND):
        on_sandbox.execute(statement)
    return on_sandbox


def test_a_tool_is_made_replaced_left_and_dropped(on_sandbox):
    def change(statement):
        return on_sandbox.execute(statement).fetch_arrow_table().to_pylist()

    assert change(CHURN) == [{"Tool_Name": "churn_by_month", "Tool_Change": "created"}]
    assert change(CHURN.replace("CREATE", "CREATE OR REPLACE"))[0]["Tool_Change"] == "replaced"
    assert change("CREATE TOOL IF NOT EXISTS Churn_By_Month() AS SELECT 1")[0]["Tool_Change"] == "unchanged"
    with pytest.raises(grokcall.StatementError, match="write CREATE OR REPLACE TOOL churn_by_month"):
        change(CHURN)
    assert change("DROP TOOL churn_by_month")[0]["Tool_Change"] == "dropped"
    assert change("DROP TOOL IF EXISTS churn_by_month")[0]["Tool_Change"] == "unchanged"
    with pytest.raises(grokcall.UnknownNameError, match="there is no tool churn_by_month"):
        change("DROP TOOL churn_by_month")


def test_tools_are_shown_and_described(tools):
    assert tools.execute("SHOW TOOLS").fetchall() == [
        ("churn_by_month", "Churn by month.", "churn_by_month(region VARCHAR, top INTEGER)", 2, "query", None, "read"),
        ("find_policy", "Searches the handbook.", "find_policy(q VARCHAR)", 1, "call", "ClassifyText", "ask"),
    ]
    assert [row[0] for row in tools.execute("SHOW TOOLS LIKE 'find%'").fetchall()] == ["find_policy"]
    assert tools.execute("DESCRIBE TOOL Churn_By_Month").fetchall() == [
        ("parameter", 1, "region", "VARCHAR", True, None, "two letters"),
        ("parameter", 2, "top", "INTEGER", False, "10", ""),
        ("query", None, None, None, None, None, CHURN.partition("AS ")[2]),
    ]
    assert tools.execute("DESC TOOL find_policy").fetchall()[-1][-1] == "CALL ClassifyText(:q, ['a', 'b'])"
    with pytest.raises(grokcall.UnknownNameError, match="did you mean find_policy"):
        tools.execute("DESCRIBE TOOL find_polic")


@pytest.mark.parametrize(
    "statement", [CHURN, "DROP TOOL IF EXISTS x", "SHOW TOOLS", "DESCRIBE TOOL churn_by_month"], ids=str.split
)
def test_the_columns_are_known_before_it_runs(on_sandbox, statement):
    on_sandbox.execute(CHURN.replace("CREATE", "CREATE OR REPLACE"))
    statement = statement.replace("CREATE", "CREATE OR REPLACE")
    with on_sandbox.cursor() as cursor:
        schema = cursor.adbc_execute_schema(statement)
    assert schema == on_sandbox.execute(statement).fetch_arrow_table().schema


def test_a_tool_and_a_procedure_may_have_one_name(tools):
    tools.execute("CREATE PROCEDURE find_policy(q VARCHAR) AS CALL GenerateResponse(:q)")
    tools.execute("DROP TOOL find_policy")
    assert "find_policy" in tools.catalog
    assert [tool.name for tool in tools.catalog.tools.values()] == ["churn_by_month"]


def test_what_the_model_is_told(tools):
    told = {tool.name: tool.declaration for tool in tools.catalog.tools.values()}
    assert told["churn_by_month"].function == {
        "type": "function",
        "name": "churn_by_month",
        "description": "Churn by month.",
        "parameters": {
            "type": "object",
            "properties": {
                "region": {"type": "string", "description": "two letters"},
                "top": {"type": "integer", "default": 10},
            },
            "required": ["region"],
            "additionalProperties": False,
        },
    }
    assert [told[name].is_local for name in ("churn_by_month", "find_policy")] == [True, False]
    assert tools.catalog.find_tool("churn_by_month").query.endswith("region = $region LIMIT $top")
    call = tools.catalog.find_tool("find_policy").call
    assert (call.procedure, [each.name for each in call.markers]) == ("find_policy", ["q"])


def test_the_version_of_a_tool_follows_its_body():
    first, second = (
        own_tool(parse_statement(f"CREATE TOOL t() COMMENT '{comment}' AS SELECT {number}")).declaration.version
        for comment, number in (("a", 1), ("b", 1))
    )
    other = own_tool(parse_statement("CREATE TOOL t() AS SELECT 2")).declaration.version
    assert first == second != other


@pytest.mark.parametrize(
    ("statement", "told", "place"),
    [
        ("CREATE TOOL t(a VARCHAR) AS SELECT $b, $a", "t declares no parameter b; it declares: a", "$b"),
        ("CREATE TOOL t(region VARCHAR) AS SELECT :regionn", "did you mean region?", ":regionn"),
        (
            "CREATE TOOL t(a VARCHAR) AS SELECT 1",
            "the parameter a is not used in the query; write $a there",
            "a VARCHAR",
        ),
        ("CREATE TOOL t() AS SELECT ?", "this ? stands for no parameter; write $name", "?"),
        ("CREATE TOOL t(a FOO) AS SELECT $a", "the parameter a cannot have the type FOO", "FOO"),
        ("CREATE TOOL t(a INTEGER DEFAULT 'x') AS SELECT $a", "the default of the parameter a does not fit", "'x'"),
        ('CREATE TOOL t("a b" INTEGER) AS SELECT 1', "cannot be called 'a b'", '"a b" INTEGER'),
        ("CREATE TOOL web_search() AS SELECT 1", "web_search is the name of a tool of the service's own", "web_search"),
        ("CREATE TOOL X_User_Search() AS SELECT 1", "is the name of a tool of the service's own", "X_User_Search"),
        ("CREATE TOOL ListModels() AS SELECT 1", "ListModels is built in and cannot be replaced", "ListModels"),
        ("CREATE TOOL t() AS WITH x AS (SELECT 1) DELETE FROM y", "only one SELECT is allowed", ""),
        ("CREATE TOOL t() AS SELECT $1", "the query has a parameter $1, which has no name", ""),
        ("CREATE TOOL t() AS SELECT SELECT", "the query cannot be parsed", ""),
        ('CREATE TOOL "a b"() AS SELECT 1', "a tool cannot be called 'a b': 1 to 64 letters", '"a b"'),
        ("CREATE TOOL größe() AS SELECT 1", "a tool cannot be called 'größe'", "größe"),
        (f"CREATE TOOL {'a' * 65}() AS SELECT 1", "1 to 64 letters", "a" * 65),
        (
            "CREATE TOOL t(q VARCHAR) AS CALL ClasifyText(:q, ['c'])",
            "did you mean ClassifyText?",
            "ClasifyText",
        ),
        ("CREATE TOOL t(q VARCHAR) AS CALL GenerateResponse(:q, Modl => 'x')", "did you mean Model?", "Modl"),
        ("CREATE TOOL t(q VARCHAR) AS CALL GenerateResponse(:p)", "t declares no parameter p", ":p"),
        (
            "CREATE TOOL t(q VARCHAR) AS CALL GenerateResponse('x')",
            "the parameter q is not used in the body",
            "q VARCHAR",
        ),
        ("CREATE TOOL t() AS CALL GenerateResponse('x', Temperature => 3)", "must be 0 to 2, got 3", "3"),
        ("CREATE TOOL t() AS CALL GenerateResponse()", "GenerateResponse needs Message", "GenerateResponse"),
    ],
)
def test_a_tool_that_cannot_be_says_why_and_where_and_changes_nothing(on_sandbox, statement, told, place):
    with pytest.raises(grokcall.Error) as caught:
        on_sandbox.execute(statement)
    assert told in str(caught.value)
    span = getattr(caught.value, "span", None)
    if span is not None:
        assert statement[span.start : span.end] == place
    assert not on_sandbox.catalog.tools


def test_a_procedure_that_a_tool_calls_is_not_dropped(on_sandbox):
    on_sandbox.execute("CREATE PROCEDURE Ask(Q VARCHAR) AS CALL GenerateResponse(:Q)")
    on_sandbox.execute("CREATE TOOL ask_it(q VARCHAR) AS CALL ask(:q)")
    with pytest.raises(grokcall.StatementError, match="Ask is called by the tool ask_it; drop or replace"):
        on_sandbox.execute("DROP PROCEDURE Ask")
    with pytest.raises(grokcall.StatementError, match="takes no"):
        on_sandbox.execute("CREATE OR REPLACE PROCEDURE Ask() AS CALL GenerateResponse('x')")
    on_sandbox.execute("DROP TOOL ask_it")
    on_sandbox.execute("DROP PROCEDURE Ask")


def test_a_catalog_file_keeps_tools_beside_procedures(sandbox, tmp_path):
    path = tmp_path / "catalog.sql"
    with grokcall.connect(api_key=SANDBOX_KEY, base_url=sandbox.base_url, catalog=path) as first:
        first.execute(CHURN + " -- the end")
        first.execute("CREATE PROCEDURE Ask(Q VARCHAR) AS CALL GenerateResponse(:Q)")
        first.execute(FIND)
        with grokcall.connect(api_key=SANDBOX_KEY, base_url=sandbox.base_url, catalog=path) as second:
            assert list(second.catalog.tools) == ["churn_by_month", "find_policy"]
            assert second.catalog.own == ("Ask",)
            second.execute("DROP TOOL churn_by_month")
        assert list(first.catalog.tools) == ["find_policy"]
    assert FIND in path.read_text()


def test_a_duckdb_database_keeps_tools_too(on_sandbox, tmp_path):
    with duckdb.connect(str(tmp_path / "d.duckdb")) as database:
        on_sandbox.catalog = grokcall.open_catalog(database)
        on_sandbox.execute(CHURN)
        on_sandbox.execute(FIND)
        on_sandbox.execute("DROP TOOL find_policy")
        assert database.execute("SELECT name FROM grokcall_procedures").fetchall() == [("churn_by_month",)]
    with duckdb.connect(str(tmp_path / "d.duckdb"), read_only=True) as database:
        on_sandbox.catalog = grokcall.open_catalog(database)
        assert list(on_sandbox.catalog.tools) == ["churn_by_month"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("CREATE TOOL web_search() AS SELECT 1;", "web_search is the name of a tool of the service's own"),
        ("CREATE TOOL GenerateResponse() AS SELECT 1;", "GenerateResponse is built in and cannot be replaced"),
        ("CREATE TOOL t() AS SELECT 1; CREATE TOOL T() AS SELECT 2;", "the tool T is declared twice"),
        ("CREATE TOOL t() AS CALL Nope();", "there is no procedure Nope"),
    ],
)
def test_a_wrong_catalog_file_is_named(sandbox, tmp_path, content, told):
    path = tmp_path / "catalog.sql"
    path.write_text(content)
    with (
        grokcall.connect(api_key=SANDBOX_KEY, base_url=sandbox.base_url, catalog=path) as connection,
        pytest.raises(grokcall.ProgrammingError) as caught,
    ):
        connection.execute("SHOW TOOLS")
    assert told in str(caught.value)
    assert "catalog.sql" in str(caught.value)


def test_the_command_line_makes_and_shows_tools(tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_API_KEY", SANDBOX_KEY)
    monkeypatch.setenv("GROKCALL_CATALOG", str(tmp_path / "catalog.sql"))

    def run(*arguments):
        done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=400)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert json.loads(run("sql", CHURN, "--format", "jsonl")) == {
        "Tool_Name": "churn_by_month", "Tool_Change": "created"
    }  # fmt: skip
    assert json.loads(run("sql", "SHOW TOOLS", "--format", "jsonl"))["Tool_Kind"] == "query"
    assert json.loads(run("call", "DROP TOOL churn_by_month"))["Tool_Change"] == "dropped"
