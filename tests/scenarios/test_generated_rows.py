"""GenerateRows in lookups, statements and queries: a row for each entry of an answer, which is paid for once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

import grokcall
from scripted_service import COST_TICKS, Service, answered


@pytest.fixture
def orders(service: Service) -> Service:
    """Gives as many rows as the message has letters, one of them not an answer the first time."""
    service.script = lambda asked: answered(
        json.dumps({"rows": [{"item": letter, "qty": place} for place, letter in enumerate(asked.text)]})
    )
    return service


def test_a_lookup_has_a_list_beside_each_row_or_a_row_for_each(connection, orders, tmp_path):
    statement, mails = "CALL GenerateRows(:m, 'item VARCHAR, qty INTEGER')", [{"m": "ab"}, {"m": ""}, {"m": "c"}]
    options: dict[str, Any] = {"journal": tmp_path / "rows.journal"}
    nested = connection.lookup(statement, mails[::2], **options)
    assert nested.rows["Results"].to_pylist() == [
        [{"item": "a", "qty": 0, "RowNumber": 1}, {"item": "b", "qty": 1, "RowNumber": 2}],
        [{"item": "c", "qty": 0, "RowNumber": 1}],
    ]
    assert nested.summary.cost_ticks == 2 * COST_TICKS
    again = connection.lookup(statement, mails[::2], many="expand", **options)
    assert again.rows.select(["m", "item", "RowNumber"]).to_pylist() == [
        {"m": "ab", "item": "a", "RowNumber": 1},
        {"m": "ab", "item": "b", "RowNumber": 2},
        {"m": "c", "item": "c", "RowNumber": 1},
    ]
    assert len(orders.asked) == 2


def test_a_cursor_and_a_procedure_of_ones_own_have_the_columns(connection, orders):
    cursor = connection.cursor().execute("CALL GenerateRows('xy', 'item VARCHAR')")
    assert [column[0] for column in cursor.description] == ["item", "RowNumber"]
    assert cursor.fetchall() == [("x", 1), ("y", 2)]
    connection.execute("CREATE PROCEDURE Items(Body VARCHAR) AS CALL GenerateRows(:Body, 'item VARCHAR, qty INTEGER')")
    assert connection.execute("SELECT i.item FROM Items('uvw') i ORDER BY i.qty DESC").fetchall() == [
        ("w",), ("v",), ("u",),
    ]  # fmt: skip


# Queries


def test_a_query_has_a_row_for_each_row_of_each_answer(connection, orders):
    table = connection.execute(
        "SELECT m.body, r.item, r.qty + 1 AS n FROM (VALUES ('ab'), ('c')) m(body), "
        "GenerateRows(m.body, 'item VARCHAR, qty INTEGER') r ORDER BY ALL"
    ).fetchall()
    assert table == [("ab", "a", 1), ("ab", "b", 2), ("c", "c", 1)]
    assert len(orders.asked) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        "'ab', 'item VARCHAR', 'Be exact.'",
        "'ab', 'item VARCHAR', Instructions := 'Be exact.'",
        "'ab', OutputSchema := 'item VARCHAR', Instructions := 'Be exact.'",
        "Instructions := 'Be exact.', OutputSchema => 'item VARCHAR', Message := 'ab'",
    ],
)
def test_the_schema_may_stand_in_its_place_or_have_its_name(connection, orders, arguments):
    assert connection.execute(f"SELECT item FROM GenerateRows({arguments})").fetchall() == [("a",), ("b",)]
    assert orders.asked[0].json["instructions"] == "Be exact."


def test_further_fields_stand_on_the_first_row_of_each_answer(connection, orders):
    rows = connection.execute(
        "SELECT r.item, r.Response_UsageCostInUsdTicks FROM GenerateRows('ab', 'item VARCHAR') r"
    ).fetchall()
    assert rows == [("a", COST_TICKS), ("b", None)]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("FROM GenerateRows('ab')", "GenerateRows needs OutputSchema"),
        ("FROM GenerateRows('ab', NULL)", "its columns follow from OutputSchema"),
        ("FROM (VALUES ('a INT')) s(t), GenerateRows('ab', s.t)", "it must be a text that is written out"),
        ("FROM GenerateRows('ab', 'a INT', OutputSchema := 'b INT')", "OutputSchema is given twice"),
        ("FROM GenerateRows('ab', 'a INTT')", "an answer cannot have the type INTT"),
    ],
)
def test_a_query_without_columns_is_refused_before_anything_is_sent(connection, orders, query, message):
    with pytest.raises(grokcall.Error, match=message):
        connection.execute(query)
    assert orders.asked == []


def test_a_query_that_duckdb_runs_alone_is_told_what_to_do(connection, orders):
    with duckdb.connect() as con:
        grokcall.duckdb.register(con, connection)
        with pytest.raises(duckdb.Error, match="CREATE PROCEDURE"):
            con.execute("FROM GenerateRows('ab', 'item VARCHAR')").fetchall()
        assert orders.asked == []


# The sandbox


def test_the_sandbox_answers_with_rows(on_sandbox):
    cursor = on_sandbox.execute("CALL GenerateRows('Two teas and one cake', 'item VARCHAR, qty INTEGER', MaxRows => 3)")
    rows = cursor.fetchall()
    assert 1 <= len(rows) <= 3
    assert [row[-1] for row in rows] == [*range(1, len(rows) + 1)]


def test_the_sandbox_s_queries_and_lookups_go_together(on_sandbox, tmp_path: Path):
    mails = tmp_path / "mails.csv"
    mails.write_text("id,body\n1,Two teas\n2,One cake\n", "utf-8")
    query = f"SELECT m.id, r.RowNumber FROM '{mails}' m, GenerateRows(m.body, 'item VARCHAR') r ORDER BY ALL"
    found = on_sandbox.execute(query).fetchall()
    expanded = on_sandbox.lookup("CALL GenerateRows(:body, 'item VARCHAR')", mails, many="expand").rows
    assert found == list(zip(map(int, expanded["id"].to_pylist()), expanded["RowNumber"].to_pylist(), strict=True))
