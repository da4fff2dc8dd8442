"""What holds for queries that nobody would think of: they neither write nor reach a secret."""

from __future__ import annotations

import asyncio
import json
import os

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shop_database import MAKE, SECRET, TABLES

from grokcall.errors import Error
from grokcall.tools.sql_tools import sql_tools
from grokcall.tools.tool_database import ToolDatabase

WORDS = [
    *("SELECT", "FROM", "WITH", "RECURSIVE", "AS", "UNION ALL", "VALUES", "WHERE", "IN", "EXISTS", "LATERAL", "JOIN"),
    *("ON true", "LIMIT 1", "ORDER BY", "GROUP BY ALL", "TABLE", "PIVOT", "SUMMARIZE", "DESCRIBE", "SHOW", "COPY"),
    *("TO", "ATTACH", "INSERT INTO", "DELETE FROM", "DROP TABLE", "CREATE TABLE", "SET", "CALL", "PRAGMA", "EXPLAIN"),
    *("sales", "wages", "secret", "stores", "hr.sales", "main.wages", '"wages"', "paid", "leak", "x", "y", "*", "1"),
    *("name", "store", "max(secret)", "list(secret)", "lower", "upper('x')", "leaked()", "all_wages()", "range(3)"),
    *("unnest", "query('FROM wages')", "query_table('wages')", "getenv('GROKCALL_TEST_SECRET')", "read_text('{file}')"),
    *("'{file}'", '"{file}"', "read_csv('{file}')", "glob('{folder}/*')", "current_setting('x')", "duckdb_settings()"),
    *("(", ")", "(", ")", ",", ";", "--", "/*", "*/", "\n", "'", '"', "$$", "::", ".", "=", "||", "[", "]", "{", "}"),
]
COUNTS = """
SELECT count(*), (SELECT count(*) FROM duckdb_tables()), (SELECT count(*) FROM duckdb_variables()) FROM sales
"""
texts = (
    st.lists(st.sampled_from(WORDS) | st.text(max_size=2), max_size=20).map(" ".join)
    | st.lists(st.sampled_from(WORDS), max_size=20).map("".join)
    | st.text()
)


@st.composite
def queries(draw: st.DrawFn, depth: int = 3) -> str:
    """Queries that parse, over all tables and some that WITH makes of their names."""
    names = ["sales", "wages", "secret", "stores", "hr.sales", "main.wages", "staff", "leak", "paid", "own"]
    sources = [draw(st.sampled_from(names)) for _ in range(draw(st.integers(1, 2)))]
    if depth and draw(st.booleans()):
        sources.append(f"({draw(queries(depth - 1))})")
    if draw(st.booleans()):
        sources.append(draw(st.sampled_from(["'{file}'", "read_text('{file}')", "query('FROM wages')", "range(2)"])))
    body = f"SELECT * FROM {', '.join(f'{source} t{index}' for index, source in enumerate(sources))}"
    if depth and draw(st.booleans()):
        place = draw(st.sampled_from(["WHERE 1 = ({})", "LIMIT ({})", "ORDER BY ({})", "QUALIFY 1 = ({})"]))
        body += " " + place.format(draw(queries(depth - 1)))
    if depth and draw(st.booleans()):
        body += f" UNION ALL {draw(queries(depth - 1))}"
    if depth and draw(st.booleans()):
        recursive = draw(st.sampled_from(["", "RECURSIVE "]))
        name = draw(st.sampled_from(["sales", "wages", "secret", "own", "stores", "leak"]))
        body = f"WITH {recursive}{name} AS ({draw(queries(depth - 1))}) {body}"
    return body


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect(":memory:") as made:
        made.execute("ATTACH ':memory:' AS shop; USE shop;" + MAKE)
        yield made


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sql=texts | queries())
def test_no_text_gets_a_secret_or_writes(shop, connection, sql):
    os.environ["GROKCALL_TEST_SECRET"] = SECRET
    sql = sql.replace("{file}", str(shop / "secret.csv")).replace("{folder}", str(shop))
    before = {path.name: path.stat().st_mtime_ns for path in shop.iterdir()}

    def cursor():
        made = connection.cursor()
        made.execute("USE shop")
        return made

    for database in (ToolDatabase(shop / "shop.duckdb", timeout=5), ToolDatabase(cursor=cursor, timeout=5)):
        _, query = sql_tools(TABLES, database)
        try:
            told = json.dumps(asyncio.run(query.run({"sql": sql})))
        except Error as error:
            told = str(error).replace(sql, "")
        assert SECRET not in told
    assert {path.name: path.stat().st_mtime_ns for path in shop.iterdir()} == before
    assert connection.execute(COUNTS).fetchone() == (300, 8, 0)
