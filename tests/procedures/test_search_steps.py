"""SearchWeb and SearchX: what they ask, and the rows that they make of what the service reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from canned import ANSWER
from stepping import Run, bind, run

from grokcall_parser import DataError
from grokcall_procedures import Settings
from grokcall_procedures.errors import AnswerMismatchError
from grokcall_procedures.outputs.found import author_of
from grokcall_procedures.outputs.sentences import sentences, sentences_at
from grokcall_procedures.searches import SEARCH_WEB


def reply(
    text: str,
    cited: Sequence[tuple[str, str, int, int]] = (),
    found: Sequence[object] = (),
    opened: str | None = None,
    **members: Any,
) -> dict[str, Any]:
    """A response object with a web search before its answer."""
    annotations = [
        {"type": "url_citation", "url": url, "title": title, "start_index": start, "end_index": end}
        for url, title, start, end in cited
    ]
    search = {"type": "web_search_call", "id": "ws_1", "action": {"type": "search", "query": "q", "sources": [*found]}}
    page = {"type": "web_search_call", "id": "ws_2", "action": {"type": "open_page", "url": opened}}
    content = [{"type": "output_text", "text": text, "annotations": annotations}]
    message = {"type": "message", "role": "assistant", "content": content}
    return {**ANSWER, "output": [search, *([page] if opened else []), message], **members}


def rows_of(done: Run, width: int = 4) -> list[tuple[object, ...]]:
    """The columns of the rows, without the further fields."""
    assert done.error is None, done.error
    assert done.rows is not None
    return [row[:width] for row in done.rows]


def source(url: str, **members: object) -> dict[str, object]:
    """A source of a search."""
    return {"type": "url", "url": url, **members}


def test_a_search_is_one_request_with_the_tool_and_a_sentence():
    done = run("CALL SearchWeb('DuckDB 2.0', 3, Domains => 'duckdb.org', Store => FALSE)", [reply("Nothing.")])
    assert done.path == ["POST /responses"]
    body = done.body()
    assert body.pop("instructions").count(".") == 1
    assert body == {
        "model": "grok-4.3",
        "input": "DuckDB 2.0",
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "tools": [{"type": "web_search", "filters": {"allowed_domains": ["duckdb.org"]}}],
    }
    assert done.rows == []


def test_posts_are_searched_by_handles_and_days():
    done = run(
        "CALL SearchX('outage', Handles => ['@xai', 'duckdb'], From => '2026-11-01', To => '2026-11-03', Model => 'm')",
        [reply("Nothing.")],
    )
    assert done.body()["model"] == "m"
    assert done.body()["tools"] == [
        {
            "type": "x_search",
            "allowed_x_handles": ["xai", "duckdb"],
            "from_date": "2026-11-01",
            "to_date": "2026-11-03",
        }
    ]


def test_cited_pages_come_first_each_once_with_the_sentences_that_cite_them():
    text = "Out now [[1]](https://a.example/x). It has macros [[2]](https://b.example). And types [[1]](https://a.example/x)."
    marks = [(text.index("[[1]]"), 1), (text.index("[[2]]"), 2), (text.rindex("[[1]]"), 1)]
    cited = [
        ("https://a.example/x" if number == 1 else "https://b.example", str(number), at, text.index(")", at) + 1)
        for at, number in marks
    ]
    found = [source("https://c.example/"), source("https://b.example/", title="B"), source("https://c.example/")]
    done = run("CALL SearchWeb('q')", [reply(text, cited, found, opened="https://d.example/")])
    assert rows_of(done) == [
        ("https://a.example/x", None, "Out now. And types.", True),
        ("https://b.example", "B", "It has macros.", True),
        ("https://c.example/", None, None, False),
        ("https://d.example/", None, None, False),
    ]


def test_the_fields_of_the_answer_stand_on_the_first_row_alone():
    done = run(
        "CALL SearchWeb('q')", [reply("Found.", found=[source("https://a.example/"), source("https://b.example/")])]
    )
    places = SEARCH_WEB.places
    assert done.rows is not None
    ticks, first = places["Response_UsageCostInUsdTicks"], done.rows[0]
    assert [row[ticks] for row in done.rows] == [2306000, None]
    assert first[places["Response_Id"]] == ANSWER["id"]
    assert set(done.rows[1][4:]) == {None}


@pytest.mark.parametrize(("given", "count"), [("", 10), (", 3", 3), (", NULL", 10), (", MaxRows => 25", 12)])
def test_there_are_no_more_rows_than_asked_for(given, count):
    found = [source(f"https://{number}.example/") for number in range(12)]
    assert len(rows_of(run(f"CALL SearchWeb('q'{given})", [reply("Found.", found=found)]))) == count


def test_a_post_has_no_place_in_the_answer_but_where_its_address_stands():
    text = "It is down, see https://x.com/xai/status/1. It is up again."
    cited = [(f"https://x.com/{of}", f"https://x.com/{of}", 0, 0) for of in ("xai/status/1", "i/status/2")]
    assert rows_of(run("CALL SearchX('q')", [reply(text, cited)])) == [
        ("https://x.com/xai/status/1", "xai", "It is down, see https://x.com/xai/status/1.", True),
        ("https://x.com/i/status/2", None, None, True),
    ]


def test_an_answer_with_sources_counts_although_it_was_cut_short_or_refused():
    cut = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    assert len(rows_of(run("CALL SearchWeb('q')", [reply("Fou", found=[source("https://a.example/")], **cut)]))) == 1


def test_nothing_found_is_told_apart_from_a_refusal_and_from_a_search_that_was_cut_short():
    assert run("CALL SearchWeb('q')", [reply("I found nothing.")]).rows == []
    cut = {"status": "incomplete", "incomplete_details": {"reason": "max_turns"}}
    refusal = {**ANSWER, "output": [{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}]}
    for answer, code in ((reply("", **cut), "incomplete"), (refusal, "refusal")):
        error = run("CALL SearchWeb('q')", [answer]).error
        assert isinstance(error, AnswerMismatchError)
        assert error.error_code == code


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SearchWeb('q', Domains => 'a', ExcludedDomains => 'b')", r"ExcludedDomains \(position 4\): .* with Domains;"),
        ("SearchWeb('q', Domains => ['1','2','3','4','5','6'])", r"Domains \(position 3\): has 6 domains; at most 5"),
        ("SearchX('q', Handles => 'a', ExcludedHandles => 'b')", r"ExcludedHandles \(position 4\): .* with Handles;"),
        ("SearchX('q', From => '2026-11-02', To => '2026-11-01')", r"To \(position 6\): .* before From \(2026-11-02\)"),
        ("SearchX('q', From => 'soon')", r"From \(position 5\): expected a day"),
        ("SearchWeb('q', 0)", r"MaxRows \(position 2\): must be at least 1"),
        ("SearchWeb(NULL)", r"Query \(position 1\): is required"),
    ],
)
def test_what_cannot_be_searched_is_refused_under_the_search_s_own_names(statement, message):
    with pytest.raises(DataError, match=message):
        bind(f"CALL {statement}")


def test_addresses_are_cut_to_their_domains_with_a_warning():
    call = bind("CALL SearchWeb('q', Domains => 'https://duckdb.org/docs')")
    assert call.values["Domains"] == '["duckdb.org"]'
    assert call.warnings == ("SearchWeb: Domains takes domains: of https://duckdb.org/docs only duckdb.org is sent",)


def test_a_connection_that_stores_nothing_stores_no_search():
    assert bind("CALL SearchWeb('q')", settings=Settings(store=False)).values["Store"] is False


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three? 4.", 4),
        ("It costs 2.50 USD at a.example. Then more.", 2),
        ("See e.g. this one, by Dr. Who, v. 2.0.", 1),
        ("1. First thing\n2. Second thing", 2),
        ("He said “no.” She left.", 2),
        ("東京です。大阪です。", 2),
        ("Read [this](https://a.example/b.c) now. [[1]](https://a.example/?q=x.y) Next.", 2),
        ("Ends in a wiki [[2]](https://w.example/A_(b)). Next.", 2),
        ("no end", 1),
        ("\n \n", 0),
    ],
)
def test_sentences_are_told_apart(text, count):
    found = [text[start:end] for start, end in sentences(text)]
    assert len(found) == count, found
    assert all(each == each.strip() for each in found)


def test_a_sentence_is_told_without_marks_and_bullets():
    text = "- It is **out** [[1]](https://a.example/), they say [[2]](https://b.example/).\n- More."
    assert sentences_at(text, [text.index("[[2]]")]) == "It is **out**, they say."
    assert sentences_at(text, []) is None
    assert sentences_at("[[1]](https://a.example/)", [3]) is None


@pytest.mark.parametrize(
    ("url", "author"),
    [
        ("https://x.com/xai/status/19?s=20", "xai"),
        ("https://mobile.twitter.com/jack/statuses/20/", "jack"),
        ("https://x.com/xai", "xai"),
        ("https://x.com/i/web/status/19", None),
        ("https://x.com/search?q=a", None),
        ("https://example.com/xai/status/19", None),
    ],
)
def test_an_author_is_known_by_the_address(url, author):
    assert author_of(url) == author
