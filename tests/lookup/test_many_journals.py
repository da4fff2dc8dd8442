"""Journals of lookups whose calls cost money and give any number of rows each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pytest

import grokcall
from grokcall.journal import Journal
from grokcall.journal.run_list import result_schema
from scripted_service import COST_TICKS, Answer, Service, answered, refused

SEARCH = "CALL SearchWeb('news')"
ROWS = [{"n": number} for number in range(4)]
LISTS = [["a", "b"], [], ["c"], ["d", "e", "f"]]


def found(names: Sequence[str], **members: Any) -> Answer:
    """An answer for which the search gave these pages."""
    sources = [{"type": "url", "url": page(name)} for name in names]
    plain = json.loads(answered("Found.", **members).body)
    search = {"type": "web_search_call", "id": "ws_1", "action": {"type": "search", "query": "q", "sources": sources}}
    plain["output"].insert(0, search)
    return Answer(json.dumps(plain).encode(), headers={"x-request-id": "req-search"})


def page(name: str) -> str:
    """The address of a page."""
    return f"https://{name}.example/"


def names_in(urls: Sequence[str | None]) -> list[str | None]:
    """The names in the addresses of pages."""
    return [url and url.removeprefix("https://").removesuffix(".example/") for url in urls]


@pytest.fixture
def searches(service: Service) -> Service:
    """Gives one of ``LISTS`` after the other, each to a request of its own."""
    service.script = lambda asked: found(LISTS[(len(service.asked) - 1) % len(LISTS)])
    return service


@pytest.fixture
def second_fails(service: Service) -> Service:
    """Finds two pages, but to the second request it gives a refusal."""
    service.script = lambda asked: refused(404, "No.") if len(service.asked) == 2 else found("ab")
    return service


@pytest.fixture
def one_by_one(connecting, tmp_path) -> Any:
    """Searches for each row, one call after the other, with a journal, so that each row knows its list."""
    connection = connecting(concurrency=1)
    options = {"journal": tmp_path / "searches.journal", "dedupe": False}
    return lambda statement=SEARCH, rows=ROWS, **more: connection.lookup(statement, rows, **{**options, **more})


def test_a_journal_keeps_all_rows_of_a_call_and_gives_them_back_in_any_form(one_by_one, searches):
    first = one_by_one(many="expand").rows
    assert names_in(first["Source_Url"].to_pylist()) == ["a", "b", None, "c", "d", "e", "f"]
    assert len(searches.asked) == 4
    again = one_by_one(many="expand", call_columns=True).rows
    assert again.select(first.column_names).to_pylist() == first.to_pylist()
    assert set(again["Call_Status"].to_pylist()) == {"cached"}
    nested = one_by_one().rows["Sources"].to_pylist()
    assert [names_in([each["Source_Url"] for each in sources]) for sources in nested] == LISTS
    assert one_by_one(many="expand", keep_empty=False).rows.num_rows == 6
    assert len(searches.asked) == 4


def test_a_later_run_has_the_further_fields_of_the_answers_that_were_paid_for(one_by_one, searches):
    one_by_one()
    fields = ["Source_Url", "Response_UsageCostInUsdTicks", "Response_Sources"]
    rows = one_by_one(many="expand", fields=fields).rows.to_pylist()
    assert [row["Response_UsageCostInUsdTicks"] for row in rows] == [
        COST_TICKS,
        None,
        None,
        *[COST_TICKS] * 2,
        None,
        None,
    ]
    assert [len(row["Response_Sources"] or ()) for row in rows] == [2, 0, 0, 1, 3, 0, 0]
    assert len(searches.asked) == 4


def test_each_call_is_paid_for_once_however_many_rows_it_has(one_by_one, searches):
    summary = one_by_one().summary
    assert (summary.ok, summary.result_rows, summary.cost_ticks) == (4, 6, 4 * COST_TICKS)
    again = one_by_one().summary
    assert (again.cached, again.result_rows, again.cost_ticks) == (4, 6, 0)


def test_a_lookup_that_was_stopped_goes_on_where_it_was(one_by_one, searches):
    with pytest.raises(grokcall.BudgetReachedError):
        one_by_one(max_calls=2, many="expand")
    result = one_by_one(many="expand")
    assert names_in(result.rows["Source_Url"].to_pylist()) == ["a", "b", None, "c", "d", "e", "f"]
    assert (result.summary.cached, result.summary.ok, len(searches.asked)) == (2, 2, 4)


def test_a_limit_of_money_counts_what_searches_cost(one_by_one, searches):
    with pytest.raises(grokcall.BudgetReachedError):
        one_by_one(max_cost="0.0000001", assumed_tool_cost=0, assumed_output_tokens=100, assumed_reasoning_tokens=100)
    assert searches.asked == []


@pytest.mark.usefixtures("second_fails")
def test_failed_rows_are_sent_again_where_that_is_asked_for(one_by_one, service):
    assert one_by_one(many="expand").errors.num_rows == 1
    assert one_by_one(many="expand").errors.num_rows == 1
    assert len(service.asked) == 4
    assert one_by_one(many="expand", retry_failed=True).rows["n"].to_pylist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert len(service.asked) == 5


def test_results_of_another_run_are_used_again_where_that_is_asked_for(connection, service, tmp_path):
    service.script = lambda asked: found("ab")
    journal = tmp_path / "searches.journal"
    connection.lookup(SEARCH, ROWS[:1], journal=journal)
    other = pa.table({"other": [7]})
    with connection.lookup_stream(SEARCH, other, journal=journal, reuse=True, many="expand") as stream:
        (rows, _), *_ = stream
    assert names_in(rows["Source_Url"].to_pylist()) == ["a", "b"]
    assert len(service.asked) == 1


@pytest.mark.parametrize("statement", [SEARCH, "CALL News()"])
def test_an_exported_run_has_the_list_of_each_call(connecting, searches, tmp_path, statement):
    journal = tmp_path / "searches.journal"
    connection = connecting(concurrency=1)
    connection.execute("CREATE PROCEDURE News() AS CALL SearchWeb('news')")
    connection.lookup(statement, ROWS, dedupe=False, many="expand", journal=journal)
    with Journal(journal, read_only=True) as opened:
        calls = list(opened.export("last"))
        schema = result_schema(opened.runs()[-1].description)
    assert [names_in([each["Source_Url"] for each in call["Sources"]]) for call in calls] == LISTS
    assert [call["Call_Ordinal"] for call in calls] == [0, 1, 2, 3]
    assert schema.names == ["Sources"]


def test_an_answer_that_was_paid_for_and_is_none_stays_in_the_journal(one_by_one, service, tmp_path):
    cut = {"status": "incomplete", "incomplete_details": {"reason": "max_turns"}}
    service.script = lambda asked: found([], **cut)
    result = one_by_one(rows=ROWS[:1], on_error="ignore")
    assert result.rows["Call_ErrorCode"].to_pylist() == ["incomplete"]
    assert result.summary.cost_ticks == COST_TICKS
    with Journal(tmp_path / "searches.journal", read_only=True) as opened:
        assert "max_turns" in str(list(opened.export("last")))


def test_equal_searches_are_paid_for_once_by_a_lookup_and_by_a_connection_of_duckdb(connection, service):
    service.script = lambda asked: found("ab")
    assert connection.lookup(SEARCH, ROWS, many="expand").rows.num_rows == 8
    assert len(service.asked) == 1
    with duckdb.connect() as con:
        grokcall.duckdb.register(con, connection)
        query = "SELECT s.Source_Url FROM range(3) r, SearchWeb('other') s ORDER BY ALL"
        for _ in range(2):
            assert names_in([url for (url,) in con.execute(query).fetchall()]) == ["a"] * 3 + ["b"] * 3
    assert len(service.asked) == 2
