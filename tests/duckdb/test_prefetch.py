"""A query that needs the calls of all rows has them run as those of a lookup, and is the same query otherwise."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

import grokcall
from grokcall.duckdb import Registration
from grokcall.duckdb.prefetch_plan import plain_query
from scripted_service import Answer, Asked, Service, answered, refused

NAMES = {"generateresponse": {"response_result", "response_id"}, "classifytext": {"result_category"}}
PLAIN = [
    "SELECT t.id, r.* FROM tickets t, GenerateResponse(t.body) r",
    "FROM tickets t, GenerateResponse(t.body) r",
    "SELECT * FROM tickets, GenerateResponse(body, Model := 'grok-4.3')",
    "SELECT count(*) FROM tickets t CROSS JOIN LATERAL GenerateResponse('About: ' || t.body) r",
    "SELECT * FROM tickets t JOIN LATERAL GenerateResponse(t.body) r ON true ORDER BY r.Response_Result",
    "SELECT * FROM tickets t LEFT JOIN LATERAL GenerateResponse(t.body) r ON true WHERE t.id < 3",
    "SELECT * FROM tickets t, GenerateResponse(t.body) r WHERE id < 3",
    "SELECT * FROM tickets t, GenerateResponse(t.body) r WHERE t.id < 3 AND r.Response_Result = 'M1'",
    "SELECT channel, max(Response_Result) FROM tickets t, GenerateResponse(t.body) r GROUP BY channel",
    "CREATE TABLE made AS SELECT t.id, r.Response_Result FROM tickets t, GenerateResponse(t.body) r",
    "INSERT INTO answers SELECT t.id, r.Response_Result FROM tickets t, GenerateResponse(t.body) r",
    "SELECT * FROM tickets t, ClassifyText(t.body, ['a', 'b'], AllowMultiple => true) r",
]
OTHER = [
    "SELECT * FROM tickets t, GenerateResponse(t.body) r LIMIT 3",
    "SELECT * FROM tickets t, GenerateResponse(t.body) r WHERE t.id IN (SELECT id FROM people)",
    "SELECT * FROM tickets t, GenerateResponse(t.body) r WHERE Response_Id < 'x'",
    "SELECT * FROM tickets t, people p, GenerateResponse(t.body) r WHERE t.id = p.id",
    "SELECT * FROM tickets t, GenerateResponse(t.body || random()) r",
    "SELECT * FROM tickets t, GenerateResponse(uuid()) r",
    "SELECT * FROM tickets t, GenerateResponse($1) r",
    "SELECT * FROM (SELECT * FROM tickets LIMIT 2) t, GenerateResponse(t.body) r",
    "SELECT * FROM tickets t TABLESAMPLE 10%, GenerateResponse(t.body) r",
    "SELECT * FROM tickets t, Unheard(t.body) r",
    "WITH t AS (FROM tickets) SELECT * FROM t, GenerateResponse(t.body) r",
    "SELECT * FROM tickets t, GenerateResponse(t.body) r UNION ALL SELECT 1",
    "EXPLAIN SELECT * FROM tickets t, GenerateResponse(t.body) r",
    "SELECT * FROM tickets t, GenerateResponse(t.body) r; SELECT 1",
    "CREATE VIEW made AS SELECT t.id, r.Response_Result FROM tickets t, GenerateResponse(t.body) r",
    "CALL GenerateResponse('hi')",
    "SELECT * FROM range(3) t(i), GenerateResponse('hi') r",
    "SELECT 1",
    "not SQL at all (",
]


@pytest.mark.parametrize("sql", PLAIN)
def test_a_plain_query_has_the_same_result_and_the_same_calls(
    sql: str, con: duckdb.DuckDBPyConnection, registered: Registration, service: Service
):
    service.script = lambda asked: answered('{"category": "a", "categories": ["a"], "confidence": 1}')
    assert plain_query(sql, NAMES) is not None
    table = registered.query(sql)
    asked = sorted(service.texts)
    assert len(asked) == len(set(asked)) == (3 if "id < 3" in sql else 5)
    registered.forget()
    con.execute("DROP TABLE IF EXISTS made")
    by_duckdb = con.execute(sql).fetchall()
    assert sorted(map(str, by_duckdb)) == sorted(str(tuple(row.values())) for row in table.to_pylist())
    assert sorted(service.texts) == sorted(asked * 2)


@pytest.mark.parametrize("sql", OTHER)
def test_any_other_query_is_left_to_duckdb(sql: str):
    assert plain_query(sql, NAMES) is None


@pytest.mark.parametrize("sql", [sql for sql in OTHER if "Unheard" not in sql and "$1" not in sql and sql[:3] != "not"])
def test_any_other_query_runs_as_in_duckdb(sql: str, registered: Registration, service: Service):
    if "SELECT 1" in sql and len(sql) > 10:
        with pytest.raises(duckdb.Error) if "UNION" in sql else pytest.MonkeyPatch.context():
            registered.query(sql)
        return
    registered.query(sql)
    assert len(service.texts) == len(set(service.texts)) <= 5


def test_a_view_is_left_to_duckdb(con: duckdb.DuckDBPyConnection, registered: Registration, service: Service):
    con.execute("CREATE VIEW several AS SELECT id, 'v' || (random() * 1000000)::INT AS body FROM tickets")
    assert registered.query("SELECT * FROM several s, GenerateResponse(s.body) r").num_rows == 5
    assert len(service.texts) == 5


def test_no_row_waits_for_the_slowest_of_its_vector(con, connecting, service: Service):
    last_vector = asyncio.Event()
    waited: list[bool] = []

    async def script(asked: Asked) -> Answer:
        if asked.text == "b2499":
            last_vector.set()
        if asked.text == "b5":  # answered once a row of the next vector was asked for
            waited.append(await asyncio.wait_for(last_vector.wait(), 60))
        return answered(asked.text)

    service.script = script
    with grokcall.duckdb.register(con, connecting(concurrency=64)) as registration:
        table = registration.query("SELECT many.id, r.Response_Result FROM many, GenerateResponse(many.body) r")
    assert table.num_rows == len(service.texts) == 2500
    assert waited == [True]


def test_a_failed_row_ends_the_query_and_what_was_answered_is_kept(con, registered: Registration, service: Service):
    service.script = lambda asked: refused(400, "Odd.") if asked.text == "m4" else answered(asked.text.upper())
    with pytest.raises(duckdb.Error, match=r"GenerateResponse.*Odd"):
        registered.query("SELECT * FROM tickets t, GenerateResponse(t.body) r")
    service.script = lambda asked: answered(asked.text.upper())
    assert registered.query("SELECT * FROM tickets t, GenerateResponse(t.body) r").num_rows == 5
    assert sorted(service.texts) == ["m0", "m1", "m2", "m3", "m4", "m4"]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT * FROM tickets t, GenerateResponse(t.bdy) r", "bdy"),
        ("SELECT t.nothing FROM tickets t, GenerateResponse(t.body) r", "nothing"),
        ("SELECT r.Response_Resul FROM tickets t, GenerateResponse(t.body) r", "Response_Resul"),
        ("INSERT INTO unheard SELECT t.id FROM tickets t, GenerateResponse(t.body) r", "unheard"),
        ("CREATE TABLE people AS SELECT t.id FROM tickets t, GenerateResponse(t.body) r", "people"),
    ],
)
def test_a_wrong_query_fails_in_duckdb_s_words_before_any_call(
    sql: str, told: str, registered: Registration, service: Service
):
    with pytest.raises(duckdb.Error, match=told):
        registered.query(sql)
    assert service.calm(0.1) == 0


@pytest.mark.parametrize(
    "into",
    [
        "COPY ({}) TO '{folder}/nowhere/answers.csv'",
        "COPY ({}) TO '{folder}'",
        "CREATE TABLE IF NOT EXISTS people AS {}",
        "CREATE TABLE kept.fresh AS {}",
        "INSERT INTO kept.answers {}",
    ],
)
def test_rows_that_have_nowhere_to_go_are_not_called(
    into: str, con: duckdb.DuckDBPyConnection, registered: Registration, service: Service, tmp_path: Path
):
    with duckdb.connect(tmp_path / "kept.duckdb") as kept:
        kept.execute("CREATE TABLE answers (id BIGINT, answer VARCHAR)")
    con.execute(f"ATTACH '{tmp_path}/kept.duckdb' AS kept (READ_ONLY)")
    query = "SELECT t.id, r.Response_Result FROM tickets t, GenerateResponse(t.body) r"
    with suppress(duckdb.Error):  # IF NOT EXISTS is content with the table that is there
        registered.query(into.format(query, folder=tmp_path))
    assert service.calm(0.1) == 0
