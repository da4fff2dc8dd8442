"""SearchCollection: what it asks, the rows that it gives, and what it costs."""

from __future__ import annotations

import json

import pytest
from stepping import run

import grokcall
from bound_calls import bind
from grokcall_procedures import CATALOG, Settings
from grokcall_procedures.estimates import estimate
from grokcall_procedures.price_words import price_words
from scripted_service import Answer, refused

MATCH = {
    "file_id": "file_1",
    "chunk_id": "chunk_1",
    "chunk_content": "Returns are free.",
    "score": 0.75,
    "collection_ids": ["collection_7"],
    "fields": {"author": "Ada"},
    "page_number": 3,
}
SEARCH = "CALL SearchCollection('Are returns free?', 'collection_7')"


def test_it_sends_what_is_given_and_no_more():
    assert run(SEARCH, [{"matches": []}]).body() == {
        "query": "Are returns free?",
        "source": {"collection_ids": ["collection_7"]},
        "limit": 10,
    }
    done = run(
        "CALL SearchCollection('q', :ids, 3, 'keyword', Filter => 'author = \"Ada\"', GroupBy => 'author', "
        "Instructions => 'Rules only')",
        [{"matches": []}],
        {"ids": ["a", "b"]},
    )
    assert done.body() == {
        "query": "q",
        "source": {"collection_ids": ["a", "b"]},
        "limit": 3,
        "retrieval_mode": {"type": "keyword"},
        "filter": 'author = "Ada"',
        "group_by": {"keys": ["author"]},
        "instructions": "Rules only",
    }
    assert done.path == ["POST /documents/search"]
    assert done.requests[0].billed


def test_a_match_is_a_row_in_the_service_s_order():
    done = run(SEARCH, [{"matches": [MATCH, {"chunk_content": "No.", "score": 2}]}])
    assert done.rows == [
        (
            "Returns are free.",
            0.75,
            "file_1",
            "chunk_1",
            3,
            ["collection_7"],
            '{"author":"Ada"}',
            json.dumps(MATCH, separators=(",", ":")),
        ),
        ("No.", 2.0, None, None, None, None, None, '{"chunk_content":"No.","score":2}'),
    ]


def test_no_more_rows_are_given_than_are_wanted():
    assert len(run(f"{SEARCH[:-1]}, 2)", [{"matches": [MATCH] * 5}]).rows) == 2


def test_nothing_found_is_a_result():
    assert run(SEARCH, [{"matches": []}]).rows == []


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"matches": null}', b'{"matches": {}}', b"<html>"])
def test_a_reply_without_a_list_is_an_error(body):
    assert run(SEARCH, [body]).error is not None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("'', 'c'", "Query .* must not be empty"),
        ("'q', '[]'", "Collections .* is empty"),
        ("'q', :many", "has 11 ids; at most 10"),
        ("'q', 'c', 0", "MaxRows .* at least 1"),
        ("'q', 'c', GroupBy => '{\"aggregate\": 1}'", "an object without keys"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_sent(connection, service, given, told):
    with pytest.raises(grokcall.DataError, match=told):
        connection.execute(f"CALL SearchCollection({given})", {"many": [str(n) for n in range(11)]})
    assert service.asked == []


def test_a_search_costs_a_quarter_of_a_cent():
    told = estimate(bind(SEARCH))
    assert (told.low_ticks, told.high_ticks, told.worst_ticks, told.bounded) == (25_000_000,) * 3 + (True,)
    assert price_words(CATALOG["SearchCollection"], Settings()) == "2.5 per 1k searches"
    assert price_words(CATALOG["CreateCollection"], Settings()) == "free"


def test_a_limit_holds_for_searches(connecting, service):
    service.script = lambda _asked: Answer(json.dumps({"matches": [MATCH]}).encode())
    rows = [{"q": f"question {number}"} for number in range(9)]
    stream = connecting(max_cost="0.01").lookup_stream("CALL SearchCollection(:q, 'c')", rows)
    with pytest.raises(grokcall.BudgetReachedError):
        for _ in stream:
            pass
    assert len(service.asked) == 4


@pytest.mark.parametrize("ending", [Answer(cut=True), refused(504, "Late.")], ids=str)
def test_a_search_that_may_have_been_billed_is_not_asked_for_again(connection, service, ending):
    service.script = lambda _asked: ending
    with pytest.raises(grokcall.Error):
        connection.execute(SEARCH)
    assert len(service.asked) == 1


def test_answers_of_a_journal_are_not_paid_for_again(connection, service, tmp_path):
    service.script = lambda _asked: Answer(json.dumps({"matches": [MATCH] * 2}).encode())
    for _ in range(2):
        found = connection.lookup("CALL SearchCollection(:q, 'c')", [{"q": "x"}], journal=tmp_path / "j", many="expand")
        assert found.rows["Match_Content"].to_pylist() == ["Returns are free."] * 2
    assert len(service.asked) == 1
