"""EXPLAIN COST before a query: how many calls it will make and what they cost, before any is made."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

import grokcall
from grokcall.budget.cost_totals import COST_SCHEMA
from grokcall.duckdb import register
from scripted_service import KEY, Service

ASK = "GenerateResponse(t.body, MaxOutputTokens := 100) r"


@pytest.fixture
def connection(connection):
    connection.execute("CREATE TABLE t AS SELECT i AS id, 'q' || (i % 50) AS body FROM range(100) x(i)")
    connection.execute("CREATE TABLE done AS SELECT i AS id FROM range(10) x(i)")
    return connection


def row_of(cursor: grokcall.Cursor) -> dict[str, object]:
    (row,) = cursor.fetch_arrow_table().to_pylist()
    return row


@pytest.mark.parametrize(
    ("query", "calls", "distinct"),
    [
        (f"SELECT t.id, r.* FROM t, {ASK}", 100, 50),
        (f"SELECT * FROM t, {ASK} WHERE t.id < 20", 20, 20),
        (f"SELECT * FROM t, {ASK} WHERE t.id NOT IN (SELECT id FROM done)", 90, 50),
        (f"SELECT * FROM t, {ASK} ORDER BY t.id LIMIT 7", 7, 7),
        (f"FROM t, {ASK} SELECT count(*)", 100, 50),
        (f"WITH a AS (FROM t LIMIT 3) SELECT * FROM a t, {ASK}", 3, 3),
        (f"(SELECT r.* FROM t, {ASK} WHERE t.id = 1)", 1, 1),
        ("SELECT generate_response(body) FROM t WHERE id < 3", 3, 3),
        ("SELECT 1", 0, 0),
    ],
)
def test_a_query_is_priced_and_nothing_is_sent(connection, service: Service, query, calls, distinct):
    row = row_of(connection.execute(f"EXPLAIN COST {query}"))
    assert (row["Calls"], row["DistinctCalls"]) == (calls, distinct)
    assert (row["HighUsd"] > 0) == (calls > 0)
    assert service.asked == []
    connection.execute(query)
    assert len(service.asked) == distinct


def test_the_prices_are_those_of_the_same_calls_alone(connection):
    query = row_of(connection.execute(f"EXPLAIN COST SELECT * FROM t, {ASK} WHERE t.id = ?", [7]))
    call = row_of(connection.execute("EXPLAIN COST CALL GenerateResponse('q7', MaxOutputTokens => 100)"))
    assert {**query, "Note": None} == {**call, "Note": None}


def test_what_follows_from_answers_is_told_and_not_counted(connection, service: Service):
    row = row_of(
        connection.execute(
            f"explain  cost\nSELECT s.* FROM t, {ASK}, GenerateResponse(r.Response_Result) s WHERE t.id < 9"
        )
    )
    assert row["Calls"] == 9
    assert "9 rows are not counted" in row["Note"]
    assert service.asked == []


@pytest.mark.parametrize("sql", ["INSERT INTO done SELECT 1", "CREATE TABLE x AS SELECT 1", "DELETE FROM done"])
def test_what_writes_is_refused(connection, sql):
    with pytest.raises(grokcall.ProgrammingError, match="EXPLAIN COST takes"):
        connection.execute(f"EXPLAIN COST {sql}")


def test_a_wrong_query_is_told_with_its_place(connection):
    with pytest.raises(grokcall.StatementError, match="nothing") as caught:
        connection.execute(f"EXPLAIN COST SELECT t.nothing FROM t, {ASK}")
    assert "column 21" in str(caught.value)


def test_the_columns_are_known_before(connection):
    assert connection.cursor().adbc_execute_schema(f"EXPLAIN COST SELECT * FROM t, {ASK}") == COST_SCHEMA


def test_other_queries_make_their_calls_while_one_is_priced(connection, service: Service):
    """The priced query does not end before it is told to; the others run beside it and are answered."""
    endless = "range(1000000000) a, range(1000) b WHERE a.range % 7 = b.range % 11"
    cursor = connection.cursor()
    with ThreadPoolExecutor(1) as pool:
        priced = pool.submit(
            cursor.execute, f"EXPLAIN COST SELECT count(r.Response_Result) FROM GenerateResponse('x') r, {endless}"
        )
        answers = [
            connection.execute("SELECT Response_Result FROM GenerateResponse(?)", [f"hi {number}"]).fetchone()
            for number in range(20)
        ]
        while not priced.done():  # a cancel before it has begun ends nothing
            cursor.cancel()
            time.sleep(0.01)
        assert isinstance(priced.exception(), grokcall.StoppedError)
    assert None not in {answer for (answer,) in answers}
    assert [asked.text for asked in service.asked] == [f"hi {number}" for number in range(20)]


def test_a_registration_makes_its_calls_while_another_is_priced(service: Service):
    pricing, may_go_on = threading.Event(), threading.Event()

    def wait(text: str) -> str:
        pricing.set()
        may_go_on.wait(300)
        return text

    with (
        duckdb.connect() as db,
        db.cursor() as second,
        grokcall.connect(api_key=KEY, base_url=service.base_url) as connection,
        register(db, connection) as one,
        register(second, connection) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        db.create_function("wait", wait, ["VARCHAR"], "VARCHAR")
        waited = "SELECT r.* FROM (SELECT wait('a' || range) AS q FROM range(2)) t, GenerateResponse(t.q) r"
        priced = pool.submit(one.query, f"EXPLAIN COST {waited}")
        assert pricing.wait(300)
        answered = other.query("SELECT Response_Result FROM GenerateResponse('hi there')").to_pylist()
        may_go_on.set()
        assert priced.result(300)["Calls"].to_pylist() == [2]
    assert answered[0]["Response_Result"] is not None
    assert [asked.text for asked in service.asked] == ["hi there"]
