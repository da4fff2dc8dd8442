"""How many calls a LIMIT leaves: what DuckDB alone does, and what a query that passes through us does."""

from __future__ import annotations

import os
from collections.abc import Iterator

import duckdb
import pytest

import grokcall
from grokcall.duckdb import Registration
from grokcall.duckdb.limit_pushdown import limited_query
from scripted_service import Service, answered, refused

ROWS = 5000
VECTOR = 2048
OLD = duckdb.__version__ < "2"
SINGLE = {"generateresponse": {"response_result", "response_id"}}
CALLED = "FROM big t, GenerateResponse(t.body) r"


@pytest.fixture
def big(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """A DuckDB with a table of several vectors."""
    con.execute(f"CREATE TABLE big AS SELECT i AS id, 'b' || i AS body FROM range({ROWS}) r(i)")
    return con


@pytest.fixture
def registration(big: duckdb.DuckDBPyConnection, connecting, service: Service) -> Iterator[Registration]:
    with grokcall.duckdb.register(big, connecting(concurrency=64)) as registered:
        yield registered


# DuckDB alone: what docs/duckdb.md says of it


@pytest.mark.parametrize("sql", [f"SELECT * {CALLED} LIMIT 3", f"SELECT r.Response_Result {CALLED} LIMIT 3 OFFSET 5"])
def test_duckdb_alone_calls_for_a_vector_of_each_thread(big, registration, service: Service, sql: str):
    threads = 2
    big.execute(f"SET threads = {threads}")
    big.execute(sql).fetchall()
    most = ROWS if OLD else threads * VECTOR  # the older one calls for a vector or for all rows, as its plan has it
    assert 3 < service.calm(0.1) <= most


@pytest.mark.skipif(OLD, reason="before DuckDB 2.0 it may stop at a vector")
def test_a_limit_after_a_condition_on_a_result_is_for_all_rows(big, registration, service: Service):
    big.execute(f"SELECT * {CALLED} WHERE r.Response_Result LIKE 'B%' LIMIT 3").fetchall()
    assert service.calm(0.1) == ROWS


@pytest.mark.parametrize(
    "sql",
    [f"SELECT * {CALLED} ORDER BY r.Response_Result LIMIT 3", f"SELECT DISTINCT r.Response_Result {CALLED} LIMIT 3"],
)
def test_a_limit_after_an_order_or_a_distinct_of_results_is_for_all_rows(big, registration, service: Service, sql: str):
    big.execute(sql).fetchall()
    assert service.calm(0.1) >= (VECTOR if "DISTINCT" in sql else ROWS)


def test_a_limit_of_the_source_holds_in_any_version(big, registration, service: Service):
    big.execute("SELECT * FROM (FROM big ORDER BY id DESC LIMIT 3) t, GenerateResponse(t.body) r").fetchall()
    assert sorted(service.texts) == ["b4997", "b4998", "b4999"]


# through Registration.query: exactly the rows that are wanted

EXACT = [
    (f"SELECT * {CALLED} LIMIT 3", None),
    (f"{CALLED} LIMIT 3", None),
    (f"SELECT t.id, r.Response_Result || '!' AS loud {CALLED} LIMIT 3;", None),
    (f"SELECT * {CALLED} LIMIT $n", {"n": 3}),
    ("SELECT * FROM big, GenerateResponse(big.body) LIMIT 3", None),
    ("SELECT * FROM big CROSS JOIN LATERAL GenerateResponse(body) LIMIT 3 -- three", None),
    ("SELECT * FROM big AS t LEFT JOIN LATERAL GenerateResponse(t.body, Model := 'grok-4.3') r ON true LIMIT 3", None),
    ('SELECT * FROM main.big "T" JOIN LATERAL generateresponse("T".body) r ON true LIMIT 3', None),
    (f"CREATE TABLE made AS SELECT t.id {CALLED} LIMIT 3", None),
    (f"INSERT INTO answers SELECT t.id, r.Response_Result {CALLED} LIMIT 3", None),
    (f"COPY (SELECT t.id {CALLED} LIMIT 3) TO '{os.devnull}' (FORMAT csv)", None),
]


@pytest.mark.parametrize(("sql", "parameters"), EXACT)
def test_a_limit_of_three_makes_three_requests(registration, service: Service, sql, parameters):
    table = registration.query(sql, parameters)
    assert service.calm(0.05) == len(set(service.texts)) == 3
    assert table.num_rows in (3, 1, 0)  # a count, or nothing, of statements that write


ORDERED = [
    ("LIMIT 3 OFFSET 7", None, [7, 8, 9]),
    ("OFFSET 7 LIMIT 3", None, [7, 8, 9]),
    ("OFFSET $m LIMIT $n", {"n": 3, "m": 7}, [7, 8, 9]),
    ("ORDER BY t.id DESC LIMIT 3", None, [4999, 4998, 4997]),
    ("ORDER BY t.id % 10, t.id DESC LIMIT 2 OFFSET 1", None, [4980, 4970]),
    ("ORDER BY id DESC LIMIT 3", None, [4999, 4998, 4997]),
    ("WHERE ID > 10 AND t.id < 20 ORDER BY body LIMIT 2", None, [11, 12]),
    ("WHERE t.id > 10 LIMIT 2", None, [11, 12]),
    ("WHERE t.id > $low AND t.body LIKE '%9' ORDER BY t.id LIMIT 2", {"low": 20}, [29, 39]),
    ("WHERE t.id > 4998 LIMIT 3", None, [4999]),
    ("LIMIT 0", None, []),
]


@pytest.mark.parametrize(("clauses", "parameters", "ids"), ORDERED)
def test_the_rows_are_those_that_duckdb_gives(big, registration, service: Service, clauses, parameters, ids):
    sql = f"SELECT t.id, r.Response_Result {CALLED} {clauses}"
    table = registration.query(sql, parameters)
    assert sorted(service.texts) == sorted(f"b{number}" for number in ids)
    rows = [(row["id"], row["Response_Result"]) for row in table.to_pylist()]
    assert sorted(rows) == sorted((number, f"B{number}") for number in ids)
    if "ORDER" in clauses:
        assert [number for number, _ in rows] == ids


def test_a_row_that_fails_counts_as_a_row(big, connecting, service: Service):
    service.script = lambda asked: answered(asked.text) if asked.text != "b1" else refused(400, "Odd.")
    with grokcall.duckdb.register(big, connecting(), on_error="ignore") as registration:
        table = registration.query(f"SELECT r.Response_Result AS a {CALLED} LIMIT 3")
    assert sorted(map(str, table.column("a").to_pylist())) == ["None", "b0", "b2"]
    assert len(service.texts) == 3


def test_a_typed_call_can_be_limited(registration, service: Service):
    service.script = lambda asked: answered('{"a": 1}')
    table = registration.query("SELECT r.a FROM big t, GenerateResponse(t.body, OutputSchema := 'a INT') r LIMIT 3")
    assert table.to_pylist() == [{"a": 1}] * 3
    assert len(service.texts) == 3


LEFT_ALONE = [
    f"SELECT * {CALLED}",
    f"SELECT * {CALLED} WHERE r.Response_Result = 'B1' LIMIT 3",
    f"SELECT * {CALLED} WHERE response_id = '1' LIMIT 3",
    f"SELECT t.id + 1 AS n {CALLED} WHERE n > 1 LIMIT 3",
    f"SELECT * {CALLED} WHERE random() < 0.5 AND t.id < 9 LIMIT 3",
    f"SELECT * {CALLED} ORDER BY r.Response_Result LIMIT 3",
    f"SELECT * {CALLED} ORDER BY Response_Id LIMIT 3",
    f"SELECT -t.id AS Id {CALLED} ORDER BY id LIMIT 3",
    f"SELECT * REPLACE (-t.id AS id) {CALLED} ORDER BY id LIMIT 3",
    f"SELECT r.Response_Result AS body {CALLED} ORDER BY body LIMIT 3",
    f"SELECT * {CALLED} ORDER BY 1 LIMIT 3",
    f"SELECT * {CALLED} ORDER BY ALL LIMIT 3",
    f"SELECT * {CALLED} ORDER BY random() LIMIT 3",
    f"SELECT count(*) {CALLED} LIMIT 3",
    f"SELECT t.id, count(*) {CALLED} GROUP BY t.id LIMIT 3",
    f"SELECT DISTINCT r.Response_Result {CALLED} LIMIT 3",
    f"SELECT unnest([1, 2]) {CALLED} LIMIT 3",
    f"SELECT row_number() OVER (ORDER BY t.id) {CALLED} LIMIT 3",
    f"SELECT t.id {CALLED} QUALIFY row_number() OVER () > 2 LIMIT 3",
    f"SELECT t.id, summed(t.id) {CALLED} LIMIT 3",
    f"SELECT (SELECT max(id) FROM big) {CALLED} LIMIT 3",
    f"SELECT * {CALLED} LIMIT 10%",
    f"SELECT * {CALLED} LIMIT 1 + 2",
    f"SELECT * {CALLED} LIMIT (SELECT 3)",
    f"SELECT * {CALLED} LIMIT ALL",
    f"SELECT * {CALLED} LIMIT ?",
    f"SELECT * {CALLED} OFFSET 3",
    f"SELECT * {CALLED} USING SAMPLE 10 LIMIT 3",
    f"SELECT * {CALLED} UNION ALL SELECT 1 LIMIT 3",
    f"WITH c AS (SELECT * {CALLED} LIMIT 3) SELECT * FROM c",
    f"CREATE VIEW v AS SELECT * {CALLED} LIMIT 3",
    f"EXPLAIN SELECT * {CALLED} LIMIT 3",
    f"INSERT INTO answers SELECT t.id, r.Response_Result {CALLED} LIMIT 3 RETURNING *",
    "SELECT * FROM big t, ListModels() r LIMIT 3",
    "SELECT * FROM big t, people p, GenerateResponse(t.body) r LIMIT 3",
    "SELECT * FROM big t LEFT JOIN LATERAL GenerateResponse(t.body) r ON r.Response_Result = 'B1' LIMIT 3",
    "SELECT * FROM big t SEMI JOIN LATERAL GenerateResponse(t.body) r ON true LIMIT 3",
    "SELECT * FROM big t POSITIONAL JOIN GenerateResponse('hi') r LIMIT 3",
    "SELECT * FROM range(9) t(body), GenerateResponse(t.body) r LIMIT 3",
    "SELECT * FROM big t, GenerateResponse(t.body || random()) r LIMIT 3",
    "SELECT t.id IS DISTINCT FROM 3 FROM big t, GenerateResponse(t.body) r LIMIT 3",
    "FROM GenerateResponse('hi') LIMIT 3",
]


@pytest.mark.parametrize("sql", LEFT_ALONE)
def test_any_other_query_stays_as_it_is(sql: str):
    assert limited_query(sql, sql.replace("?", "3"), SINGLE) is None


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT t.rowid {CALLED} LIMIT 3",
        "SELECT b.filename FROM 'big.parquet' b, GenerateResponse(b.body) r LIMIT 3",
        "SELECT big.id FROM 'big.parquet', GenerateResponse(body) r LIMIT 3",
        "SELECT main.big.id FROM main.big, GenerateResponse(body) r LIMIT 3",
    ],
)
def test_a_name_that_only_the_table_itself_has_is_left_to_duckdb(
    big, registration, service: Service, sql, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    big.execute("COPY big TO 'big.parquet'")
    registration.query("BEGIN")
    assert registration.query(sql).num_rows == 3
    assert service.calm(0.1) >= 3
    assert registration.query("SELECT count(*) AS n FROM big").to_pylist() == [{"n": ROWS}]  # the transaction is open


def test_a_file_without_an_alias_is_limited(big, registration, service: Service, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    big.execute("COPY big TO 'big.parquet'")
    table = registration.query("SELECT id, r.Response_Result FROM 'big.parquet', GenerateResponse(body) r LIMIT 3")
    assert table.num_rows == len(service.texts) == 3


def test_a_wrong_query_is_told_in_its_own_words(registration, service: Service):
    with pytest.raises(duckdb.Error, match="nothing") as caught:
        registration.query(f"SELECT t.nothing {CALLED} LIMIT 3")
    assert "SELECT * FROM big" not in str(caught.value)
    assert service.calm(0.05) == 0
