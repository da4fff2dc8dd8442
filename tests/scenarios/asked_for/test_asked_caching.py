"""Equal rows cost one call, which can be seen and switched off; a failure is never taken for an answer."""

from __future__ import annotations

import duckdb
import pytest
from commanding import ASK, numbered, sums

import grokcall
import grokcall.duckdb
from scripted_service import KEY, Answer, answered, refused


def test_identical_rows_cost_one_call_without_asking(service, connection):
    result = connection.lookup(ASK, numbered(["same"] * 50), call_columns=True)
    assert len(service.asked) == 1
    assert result.rows["Response_Result"].to_pylist() == ["SAME"] * 50
    assert (result.summary.ok, result.summary.cached, result.summary.calls) == (1, 49, 1)
    assert sorted(result.rows["Call_Status"].to_pylist()) == ["cached"] * 49 + ["ok"]


def test_each_row_gets_a_sample_of_its_own_where_that_is_wanted(service, connection):
    assert connection.lookup(ASK, numbered(["same"] * 20), dedupe=False).summary.cached == 0
    assert len(service.asked) == 20


def test_single_calls_are_always_sent(service, connection):
    for _ in range(3):
        connection.execute("CALL GenerateResponse('same')")
    connection.cursor().executemany("CALL GenerateResponse(?)", [["same"]] * 3)
    assert len(service.asked) == 6


def test_a_failure_is_not_kept_as_an_answer(service, connecting):
    troubles = [refused(503, "Overloaded."), Answer(b""), refused(400, "Bad text.")]
    service.script = lambda asked: troubles.pop() if troubles else answered("fine")
    result = connecting(max_attempts=1, concurrency=1).lookup(ASK, numbered(["same"] * 5))
    assert result.errors["id"].to_pylist() == [0, 1, 2]
    assert result.rows["Response_Result"].to_pylist() == ["fine", "fine"]
    assert len(service.asked) == 4


def test_what_shapes_the_answer_tells_calls_apart(service, connection):
    rows = [{"body": "same", "model": model, "heat": heat} for model in ("grok-4.3", "grok-4.6") for heat in (0.1, 0.2)]
    connection.lookup("CALL GenerateResponse(:body, Model => :model, Temperature => :heat)", rows * 3)
    assert len(service.asked) == 4
    assert len({asked.body for asked in service.asked}) == 4


def test_the_key_and_how_long_to_wait_are_no_part_of_what_is_kept(sandbox, tmp_path):
    for options in ({}, {"api_key": "xai-another-key-0123456789"}, {"timeout": 77, "max_attempts": 2}):
        given = {"api_key": KEY, "base_url": sandbox.base_url, **options}
        with grokcall.connect(**given) as connection:
            assert connection.lookup(ASK, numbered(sums(5)), journal=tmp_path / "run.journal").summary.failed == 0
    assert len(sandbox.ledger()) == 5


def test_a_statement_runs_once_however_often_its_result_is_read(service, connection):
    cursor = connection.execute("CALL GenerateResponse('hello')")
    assert isinstance(cursor, grokcall.Cursor)
    assert cursor.fetch_arrow_table().num_rows == cursor.fetch_df().shape[0] == cursor.fetch_polars().height == 1
    assert len(service.asked) == 1


@pytest.fixture
def in_duckdb(on_sandbox):
    """A DuckDB connection with the procedures and a table of sums in it."""
    with duckdb.connect() as con, grokcall.duckdb.register(con, on_sandbox, on_null_input="skip"):
        con.execute(
            "CREATE TABLE tickets AS SELECT i AS id, format('What is {0} + {0}?', i) AS body FROM range(9) r(i)"
        )
        yield con


def test_each_row_of_a_query_in_duckdb_gets_an_answer_of_its_own(sandbox, in_duckdb):
    asked = "SELECT t.id, r.Response_Result FROM tickets t, GenerateResponse(t.body) r ORDER BY t.id"
    assert in_duckdb.sql(asked).fetchall() == [(number, str(2 * number)) for number in range(9)]
    assert len(sandbox.ledger()) == 9


def test_duckdb_makes_one_call_a_row_however_a_query_uses_the_answer(sandbox, in_duckdb):
    asked = """
        SELECT r.Response_Result, r.Response_Model, upper(r.Response_Result), r.Response_Status
        FROM tickets t, GenerateResponse(t.body) r
        WHERE r.Response_Status = 'completed' AND length(r.Response_Result) > 1
        ORDER BY r.Response_Result
    """
    assert [row[0] for row in in_duckdb.sql(asked).fetchall()] == ["10", "12", "14", "16"]
    assert len(sandbox.ledger()) == 9


def test_looking_at_a_query_s_plan_and_columns_in_duckdb_makes_no_call(sandbox, in_duckdb):
    asked = "SELECT * FROM tickets t, GenerateResponse(t.body) r"
    assert "Response_Result" in in_duckdb.sql(asked).columns
    in_duckdb.sql(f"EXPLAIN {asked}").fetchall()
    in_duckdb.sql(f"DESCRIBE {asked}").fetchall()
    assert len(sandbox.ledger()) == 0


def test_null_is_no_reason_for_a_query_in_duckdb_to_fail(sandbox, in_duckdb):
    in_duckdb.execute("INSERT INTO tickets VALUES (9, NULL)")
    asked = "SELECT r.Response_Result FROM tickets t, GenerateResponse(t.body) r WHERE t.id > 7 ORDER BY t.id"
    assert in_duckdb.sql(asked).fetchall() == [("16",), (None,)]
