"""What a model's SQL may not do, and what it may: over a file behind both walls, and over a connection behind one."""

from __future__ import annotations

import asyncio
import json
import time

import duckdb
import pytest
from shop_database import MAKE, SECRET, TABLES

from grokcall.errors import Error, OperationalError, ProgrammingError
from grokcall.tools.sql_functions import FUNCTIONS, TABLE_FUNCTIONS
from grokcall.tools.sql_tools import sql_tools
from grokcall.tools.tool_database import ToolDatabase

REFUSED = [
    # Other tables of the same database.
    "SELECT * FROM wages",
    "FROM wages",
    "TABLE wages",
    "SELECT * FROM main.wages",
    "SELECT * FROM shop.main.wages",
    "SELECT * FROM shop.wages",
    'SELECT * FROM "WAGES"',
    'SELECT * FROM "MAIN"."Wages"',
    "SELECT * FROM leak",
    "SELECT * FROM hr.sales",
    "SELECT * FROM staff",
    "SELECT * FROM main.staff",
    "SELECT s.store, w.secret FROM sales s, wages w",
    "SELECT * FROM sales JOIN wages ON true",
    "SELECT (SELECT max(secret) FROM wages)",
    "SELECT store FROM sales s WHERE EXISTS (FROM wages w WHERE w.secret > s.secret)",
    "SELECT store FROM sales WHERE store IN (SELECT secret FROM wages)",
    "SELECT * FROM sales, LATERAL (SELECT secret AS leaked FROM wages) w",
    "SELECT * FROM (SELECT * FROM (SELECT * FROM (SELECT secret FROM wages)))",
    "SELECT 'x' UNION ALL SELECT secret FROM wages",
    "SELECT secret FROM sales EXCEPT SELECT secret FROM wages",
    "SELECT count(*) FROM sales HAVING max(secret) < (SELECT max(secret) FROM wages)",
    "SELECT * FROM sales ORDER BY (SELECT max(secret) FROM wages)",
    "SELECT * FROM sales LIMIT (SELECT length(max(secret)) FROM wages)",
    "SELECT sum(amount) OVER (ORDER BY (SELECT max(wage) FROM wages)) FROM sales",
    "SELECT list_transform([1], lambda x: (SELECT max(secret) FROM wages)) FROM sales",
    "SELECT array(SELECT secret FROM wages)",
    "SELECT CASE WHEN (SELECT max(wage) FROM wages) > 5 THEN 1 ELSE 2 END",
    "VALUES ((SELECT max(secret) FROM wages))",
    "FROM unnest((SELECT list(secret) FROM wages))",
    "FROM range((SELECT max(wage) FROM wages))",
    "SELECT * FROM sales QUALIFY row_number() OVER (ORDER BY (SELECT max(secret) FROM wages)) = 1",
    "SELECT * FROM sales POSITIONAL JOIN wages",
    "SELECT * FROM sales a ASOF JOIN wages b ON a.secret >= b.secret",
    "SELECT * FROM wages USING SAMPLE 1",
    # Names of WITH that are mistaken for tables.
    "WITH wages AS (SELECT * FROM wages) SELECT * FROM wages",
    "WITH secret AS (SELECT * FROM secret) SELECT * FROM secret",
    "WITH RECURSIVE secret AS (SELECT * FROM secret UNION ALL SELECT 'x' FROM sales) SELECT * FROM secret",
    "WITH a AS (SELECT * FROM secret), secret AS (SELECT 1 AS secret) SELECT * FROM a",
    "SELECT * FROM (WITH secret AS (SELECT 1 AS x) SELECT * FROM secret), secret",
    "SELECT * FROM (WITH own AS (SELECT 1) SELECT * FROM own), own",
    "WITH secret AS (SELECT 1 AS x) SELECT * FROM main.secret",
    "WITH wages AS (SELECT 1 AS x) SELECT (SELECT max(x) FROM wages)",
    "WITH WAGES AS (SELECT 1 AS x) SELECT * FROM sales LIMIT (SELECT x FROM wages)",
    "WITH sales AS (SELECT * FROM hr.sales) SELECT * FROM sales",
    "WITH pg_class AS (SELECT 1) SELECT * FROM pg_class",
    "WITH \"{folder}/secret.csv\" AS (SELECT 1) SELECT * FROM \"{folder}/secret.csv\"",
    # Files and other places.
    "FROM '{folder}/secret.csv'",
    "SELECT * FROM '{folder}/secret.csv' AS sales",
    "SELECT * FROM \"{folder}/secret.csv\"",
    "SELECT * FROM '{folder}/other.duckdb'",
    "SELECT * FROM read_csv('{folder}/secret.csv')",
    "SELECT * FROM read_csv_auto('{folder}/secret.csv')",
    "SELECT * FROM read_text('{folder}/secret.csv')",
    "SELECT * FROM read_blob('{folder}/*')",
    "SELECT * FROM read_json('{folder}/secret.json')",
    "SELECT * FROM read_duckdb('{folder}/other.duckdb', table_name := 'sales')",
    "SELECT * FROM read_parquet('{folder}/x.parquet')",
    "SELECT * FROM parquet_metadata('{folder}/x.parquet')",
    "SELECT * FROM sniff_csv('{folder}/secret.csv')",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM sales, read_text('{folder}/secret.csv')",
    "ATTACH '{folder}/other.duckdb' AS other",
    "COPY sales TO '{folder}/out.csv'",
    "COPY (SELECT 1) TO '{folder}/out.csv'",
    "EXPORT DATABASE '{folder}/out'",
    "INSTALL httpfs",
    "LOAD icu",
    # Settings, the environment, the catalog, the session.
    "SELECT getenv('GROKCALL_TEST_SECRET')",
    "SELECT current_setting('home_directory')",
    "SELECT getvariable('x')",
    "SELECT current_database(), current_schema(), version()",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_tables()",
    "SELECT * FROM duckdb_tables",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM pragma_database_size()",
    "SELECT * FROM pragma_table_info('wages')",
    "SELECT * FROM pragma_storage_info('wages')",
    "SELECT pg_get_viewdef(1)",
    "SELECT enum_range(NULL::mood)",
    "SELECT nextval('counter')",
    "SELECT setseed(0.5)",
    "SELECT write_log('x')",
    "SELECT sleep_ms(1)",
    "SET threads = 1",
    "RESET threads",
    "PRAGMA version",
    "USE memory",
    "CALL pragma_version()",
    # Text that is run, macros, and functions under other names.
    "FROM query('SELECT * FROM wages')",
    "FROM query_table('wages')",
    "FROM query_table(['wages'])",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('FROM wages'))",
    "SELECT json_serialize_plan('SELECT * FROM wages')",
    "SELECT leaked()",
    "SELECT main.leaked()",
    "SELECT shop.main.leaked()",
    "SELECT 'x'.leaked()",
    "SELECT upper('x')",
    "SELECT 'x'.upper()",
    "SELECT system.main.lower('x')",
    "FROM all_wages()",
    "SELECT list_transform(['x'], lambda x: leaked())",
    "SELECT sum(leaked()::INTEGER) OVER () FROM sales",
    "SELECT 'glad'::main.mood",
    # Other statements.
    "SELECT 1; SELECT * FROM wages",
    "SELECT 1; DROP TABLE sales",
    "SELECT 1; -- nothing\nDELETE FROM sales",
    "/* SELECT */ DELETE FROM sales",
    "-- SELECT 1\nDROP TABLE sales",
    "SELECT 1 /* ; */; DROP TABLE sales",
    "SELECT ';' ; DROP TABLE sales",
    "DELETE FROM sales",
    "UPDATE sales SET amount = 0",
    "INSERT INTO sales SELECT * FROM sales",
    "WITH x AS (INSERT INTO sales SELECT * FROM sales RETURNING store) SELECT * FROM x",
    "WITH x AS (DELETE FROM sales RETURNING store) SELECT * FROM x",
    "MERGE INTO sales USING stores ON true WHEN MATCHED THEN DELETE",
    "CREATE TABLE x AS SELECT 1",
    "CREATE TEMP TABLE x AS SELECT 1",
    "CREATE OR REPLACE VIEW sales AS SELECT * FROM wages",
    "CREATE MACRO lower(x) AS (SELECT max(secret) FROM wages)",
    "ALTER TABLE sales RENAME TO sold",
    "DROP TABLE sales",
    "BEGIN",
    "COMMIT",
    "PREPARE p AS SELECT * FROM wages",
    "EXECUTE p",
    "EXPLAIN SELECT * FROM wages",
    "EXPLAIN ANALYZE SELECT 1",
    "SELECT * FROM (EXPLAIN SELECT 1)",
    "VACUUM",
    "CHECKPOINT",
    # What shows tables, or makes others.
    "DESCRIBE wages",
    "DESCRIBE sales",
    "SHOW TABLES",
    "SHOW ALL TABLES",
    "SUMMARIZE wages",
    "FROM (SUMMARIZE sales)",
    "FROM (DESCRIBE wages)",
    "PIVOT sales ON store USING sum(amount)",
    "FROM sales PIVOT (sum(amount) FOR store IN ('a'))",
    "FROM wages PIVOT (max(secret) FOR name IN ('Ann'))",
    "UNPIVOT wages ON name, secret",
    "SELECT * FROM (PIVOT wages ON name USING max(secret))",
    # What is of any size, what is missing, what cannot be read.
    "SELECT repeat('x', 4000000000)",
    "SELECT lpad('x', 2000000000, 'y')",
    "SELECT rpad('x', (SELECT 2000000000), 'y')",
    "SELECT format('{{:2000000000d}}', 1)",
    "SELECT printf('%*d', 2000000000, 1)",
    "SELECT range(4000000000)",
    "SELECT length(generate_series(1, 4000000000))",
    "SELECT list_resize([1], 4000000000)",
    "SELECT $name",
    "SELECT ?",
    "SELECT",
    "",
    ";",
    "-- nothing",
    "SELECT 1 FROM",
    "SELECT * FROM nothing",
    "SELECT nothing FROM sales",
    "SELECT nothing(1)",
    "SELECT 'x",
    "SELECT " + "abs(" * 5000 + "1" + ")" * 5000,
    "SELECT 1 " + "+ 1" * 20_000,
]  # fmt: skip

ALLOWED = [
    ("SELECT count(*) AS n FROM sales", [{"n": 300}]),
    ("FROM sales SELECT max(day) AS day;", [{"day": "2026-10-27"}]),
    (
        "SELECT region, sum(amount) AS total FROM sales JOIN stores USING (store) GROUP BY region ORDER BY total",
        [{"region": "north", "total": 33525}, {"region": "south", "total": 33750}],
    ),
    ("SELECT s.store FROM main.sales s WHERE s.amount = 1.5", [{"store": "b"}]),
    ("SELECT s.store FROM SHOP.Main.SALES AS s WHERE amount = 3", [{"store": "a"}]),
    ('SELECT count(*) AS n FROM "SALES" -- all of them', [{"n": 300}]),
    ("SELECT name FROM hr.staff", [{"name": "Ann"}]),
    ("SELECT wage FROM paid", [{"wage": 7}]),
    ('SELECT count(*) AS n FROM "last year"', [{"n": 0}]),
    ("WITH a AS (SELECT store FROM sales), b AS (FROM a) SELECT count(*) AS n FROM b", [{"n": 300}]),
    ("WITH sales AS (SELECT * FROM sales WHERE amount > 447) SELECT count(*) AS n FROM sales", [{"n": 1}]),
    (
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT sum(n) AS n FROM r",
        [{"n": 15}],
    ),
    (
        "SELECT day, lag(amount) OVER w AS before FROM sales WINDOW w AS (ORDER BY day) ORDER BY day LIMIT 2",
        [{"day": "2026-01-01", "before": None}, {"day": "2026-01-02", "before": 0}],
    ),
    (
        "SELECT store FROM sales QUALIFY row_number() OVER (PARTITION BY store ORDER BY day) = 1 ORDER BY store",
        [{"store": "a"}, {"store": "b"}],
    ),
    ("SELECT unnest(tags) AS tag FROM stores ORDER BY 1", [{"tag": "big"}, {"tag": "old"}]),
    ("SELECT t FROM stores, unnest(tags) AS u(t) ORDER BY t", [{"t": "big"}, {"t": "old"}]),
    ("SELECT place.city AS city, place['zip'] AS zip FROM stores WHERE store = 'a'", [{"city": "Oslo", "zip": 100}]),
    ("SELECT sum(i) AS n FROM range(10) t(i)", [{"n": 45}]),
    (
        "SELECT count(*) AS n FROM generate_series(DATE '2026-01-01', DATE '2026-01-31', INTERVAL 1 DAY) d(x)",
        [{"n": 31}],
    ),
    ("SELECT date_trunc('month', day)::DATE AS m, count(*) AS n FROM sales GROUP BY ALL ORDER BY m LIMIT 1",
     [{"m": "2026-01-01", "n": 31}]),
    ("SELECT list_transform([1, 2], lambda x: x + 1) AS a, {'b': 1} AS s, MAP {'k': 2} AS m",
     [{"a": [2, 3], "s": {"b": 1}, "m": {"k": 2}}]),
    ("SELECT [x * 2 FOR x IN [1, 2, 3] IF x > 1] AS a", [{"a": [4, 6]}]),
    ("SELECT extract(year FROM day) AS y, strftime(day, '%d') AS d FROM sales LIMIT 1", [{"y": 2026, "d": "01"}]),
    ("SELECT CASE WHEN 1 BETWEEN 0 AND 2 THEN 'in' END AS c, coalesce(NULL, 'x') AS x, 'a' LIKE 'A%' AS l",
     [{"c": "in", "x": "x", "l": False}]),
    ("SELECT '2026-01-31'::DATE + INTERVAL 1 MONTH AS d, 7 // 2 AS q, 2 ** 3 AS p, 'a' || 'b' AS j",
     [{"d": "2026-02-28T00:00:00", "q": 3, "p": 8.0, "j": "ab"}]),
    ("SELECT 1 AS a UNION ALL BY NAME SELECT 2 AS a ORDER BY a DESC", [{"a": 2}, {"a": 1}]),
    ("VALUES (1, 'x'), (2, 'y')", [{"col0": 1, "col1": "x"}, {"col0": 2, "col1": "y"}]),
    ("SELECT store, count(*) FILTER (amount > 100) AS n FROM sales GROUP BY CUBE (store) ORDER BY n DESC LIMIT 1",
     [{"store": None, "n": 233}]),
    ("SELECT (SELECT max(region) FROM stores x WHERE x.store = s.store) AS r FROM sales s LIMIT 1", [{"r": "north"}]),
    ("SELECT store FROM stores s WHERE NOT EXISTS (FROM sales WHERE store = s.store)", []),
    ("SELECT lpad('7', 3, '0') AS n, format('{:.2f}', 1.5) AS f, printf('%d', 3) AS p",
     [{"n": "007", "f": "1.50", "p": "3"}]),
    ("SELECT regexp_replace('a1', '[0-9]', 'x') AS r, '{\"a\": 1}'::JSON ->> 'a' AS j", [{"r": "ax", "j": "1"}]),
    ("SELECT * EXCLUDE (tags, place) FROM stores ORDER BY ALL LIMIT 1", [{"store": "a", "region": "north"}]),
    ("SELECT median(amount) AS m, string_agg(DISTINCT store, ',' ORDER BY store) AS s FROM sales",
     [{"m": 224.25, "s": "a,b"}]),
    ("SELECT store FROM (SELECT store FROM sales LIMIT 1), LATERAL (SELECT store AS same) l", [{"store": "a"}]),
    ("SELECT position('b' IN 'abc') AS p, substring('abc' FROM 2) AS s, trim(BOTH 'x' FROM 'xax') AS t",
     [{"p": 2, "s": "bc", "t": "a"}]),
]  # fmt: skip


@pytest.fixture(params=["file", "connection"])
def database(request, shop, monkeypatch):
    monkeypatch.setenv("GROKCALL_TEST_SECRET", SECRET)
    if request.param == "file":
        yield ToolDatabase(shop / "shop.duckdb")
        return
    with duckdb.connect(":memory:") as connection:
        connection.execute("ATTACH ':memory:' AS shop; USE shop;" + MAKE)
        yield ToolDatabase(cursor=cursors(connection))


def cursors(connection):
    """Cursors that begin where the connection is."""

    def cursor():
        made = connection.cursor()
        made.execute("USE shop")
        return made

    return cursor


def asked(database: ToolDatabase, sql: str):
    _, query = sql_tools(TABLES, database)
    return asyncio.run(query.run({"sql": sql}))


@pytest.mark.parametrize("sql", REFUSED, ids=lambda sql: sql[:60])
def test_what_is_no_select_over_the_tables_does_not_get_through(database, shop, sql):
    before = {path.name: path.stat().st_mtime_ns for path in shop.iterdir()}
    with pytest.raises(Error) as caught:
        asked(database, sql.replace("{folder}", str(shop)).replace("{{", "{").replace("}}", "}"))
    assert SECRET not in str(caught.value)
    assert {path.name: path.stat().st_mtime_ns for path in shop.iterdir()} == before


@pytest.mark.parametrize(("sql", "rows"), ALLOWED, ids=lambda each: str(each)[:60])
def test_what_is_a_select_over_the_tables_is_answered(database, sql, rows):
    found = asked(database, sql)
    assert found == rows
    json.dumps(found, allow_nan=False)


def test_a_view_among_the_tables_may_read_others(database):
    assert asked(database, "SELECT * FROM paid") == [{"name": "Ann", "wage": 7}]


def test_a_result_of_too_many_rows_is_cut_with_a_note(database):
    for sql in ("SELECT * FROM sales", "SELECT a.store FROM sales a, sales b, sales c, sales d, sales e"):
        found = asked(database, sql)
        assert len(found["rows"]) == 200
        assert found["note"].startswith("only the first 200 rows are shown, there are more")


@pytest.mark.parametrize(
    "sql",
    [
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
        "SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000000) c WHERE a.range + b.range < c.range",
    ],
)
def test_a_query_that_does_not_end_is_interrupted(shop, sql):
    database = ToolDatabase(shop / "shop.duckdb", timeout=0.5)
    started = time.monotonic()
    with pytest.raises(OperationalError, match=r"interrupted after 0\.5 seconds; read fewer rows"):
        asked(database, sql)
    assert time.monotonic() - started < 30


def test_a_query_that_needs_too_much_memory_is_ended(shop):
    with pytest.raises(OperationalError, match="the query needs too much memory"):
        asked(ToolDatabase(shop / "shop.duckdb"), "SELECT length(list(i)) FROM range(1000000000) t(i)")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('{folder}/secret.csv')",
        "FROM '{folder}/secret.csv'",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT getenv('GROKCALL_TEST_SECRET')",
        "WITH x AS (INSERT INTO sales SELECT * FROM sales RETURNING store) SELECT * FROM x",
        "SELECT nextval('counter')",
    ],
)
def test_the_second_wall_holds_alone(shop, monkeypatch, sql):
    """A query of the user's own does not pass the first one, and reaches nothing outside of the file either."""
    monkeypatch.setenv("GROKCALL_TEST_SECRET", SECRET)
    with pytest.raises(Error):
        asyncio.run(ToolDatabase(shop / "shop.duckdb").run(sql.replace("{folder}", str(shop))))


def test_a_query_of_the_user_s_own_may_read_the_whole_file(shop):
    rows = asyncio.run(ToolDatabase(shop / "shop.duckdb").run("SELECT secret FROM wages")).rows
    assert rows == [{"secret": SECRET}]


def test_the_functions_that_are_allowed_are_no_others(shop):
    with duckdb.connect(":memory:") as connection:
        found = connection.execute("SELECT function_name, function_type, stability FROM duckdb_functions()").fetchall()
    outside = {name for name, kind, _ in found if kind in {"table", "table_macro", "pragma"}}
    assert FUNCTIONS & outside <= {"unnest", "histogram"}
    changing = {"random", "uuid", "uuidv4", "uuidv7", "gen_random_uuid", "to_json"}
    assert {name for name, kind, how in found if how == "VOLATILE"} & FUNCTIONS <= changing
    assert {name for name, *_ in found if name.startswith(("__", "pg_", "read_", "duckdb_", "pragma_"))}.isdisjoint(
        FUNCTIONS | TABLE_FUNCTIONS
    )


def test_a_file_that_this_process_writes_to_is_read_over_its_connection(tmp_path):
    path = tmp_path / "open.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE sales AS SELECT 1 AS n; CREATE TABLE wages AS SELECT 2 AS n")
        database = ToolDatabase(path, cursor=connection.cursor)
        _, query = sql_tools(["sales"], database)
        assert asyncio.run(query.run({"sql": "FROM sales"})) == [{"n": 1}]
        with pytest.raises(ProgrammingError, match="there is no table wages; the tables are: sales"):
            asyncio.run(query.run({"sql": "FROM wages"}))
        with pytest.raises(OperationalError, match="this process writes to it: pass its connection"):
            asyncio.run(ToolDatabase(path).run("FROM sales"))
    assert asyncio.run(database.run("FROM sales")).rows == [{"n": 1}]
