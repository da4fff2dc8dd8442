"""What an answer holds beside its text, read from replies of every shape."""

from __future__ import annotations

import base64
import json
from typing import Any

import pyarrow as pa
import pytest
from canned import ANSWER
from stepping import run

from grokcall_procedures import CATALOG

PROCEDURE = CATALOG["GenerateResponse"]
FIELDS = {column.name.removeprefix("Response_"): column for column in PROCEDURE.further_fields}


def message(*parts: Any, **members: Any) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": list(parts), **members}


def part(text: str, *annotations: Any) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": list(annotations)}


def cite(url: str, start: int | None = None, end: int | None = None, **members: Any) -> dict[str, Any]:
    places = {"start_index": start, "end_index": end} if start is not None else {}
    return {"type": "url_citation", "url": url, "title": "1", **places, **members}


def derived(name: str, *output: Any, arguments: str = "", replies: list[object] | None = None, **members: Any) -> Any:
    """The value of a further field after a reply with this output."""
    answers = replies or [{**ANSWER, "output": list(output), **members}]
    (row,) = run(f"CALL GenerateResponse('Q'{arguments})", answers).rows or []
    return value(name, row)


def value(name: str, row: tuple[object, ...]) -> Any:
    column = FIELDS[name]
    ahead = len(row) - len(PROCEDURE.row_fields)
    stored = {each.name: row[ahead + place] for place, each in enumerate(PROCEDURE.row_fields)}
    if column.derive is None:
        return stored[column.name]
    found = column.derive(*(stored[each] for each in column.derived_from))
    return pa.array([found], column.type.arrow)[0].as_py()  # it fits the column


def spans(citations: list[dict[str, Any]]) -> list[tuple[int | None, int | None]]:
    return [(each["start_index"], each["end_index"]) for each in citations]


def test_a_citation_has_its_place_in_the_answer() -> None:
    (citation,) = derived("Citations", message(part("See [[1]](https://a.example).", cite("https://a.example", 4, 29))))
    assert citation == {"url": "https://a.example", "title": "1", "start_index": 4, "end_index": 29}


def test_places_shift_where_parts_and_messages_are_joined() -> None:
    output = [
        message(part("One.", cite("https://a.example", 0, 3)), part("Two.", cite("https://b.example", 0, 3))),
        message(part("Three.", cite("https://c.example", 0, 5))),
    ]
    (row,) = run("CALL GenerateResponse('Q')", [{**ANSWER, "output": output}]).rows or []
    assert row[0] == "One.Two.\n\nThree."
    citations = value("Citations", row)
    assert spans(citations) == [(0, 3), (4, 7), (10, 15)]
    assert [row[0][each["start_index"] : each["end_index"]] for each in citations] == ["One", "Two", "Three"]


def test_no_citation_is_lost_where_its_message_is_no_part_of_the_answer() -> None:
    output = [
        message(part("Let me look.", cite("https://early.example", 0, 3))),
        {"type": "web_search_call", "id": "ws_1", "status": "completed"},
        message(part("Yes.", cite("https://late.example", 0, 3))),
    ]
    citations = derived("Citations", *output)
    assert [each["url"] for each in citations] == ["https://early.example", "https://late.example"]
    assert spans(citations) == [(None, None), (0, 3)]


def test_of_two_documents_the_last_has_places() -> None:
    output = [
        message(part('{"a": 1}', cite("https://a.example", 0, 1))),
        message(part('{"a": 2}', cite("https://b.example", 0, 1))),
    ]
    (row,) = run("CALL GenerateResponse('Q', OutputSchema => 'a INT')", [{**ANSWER, "output": output}]).rows or []
    assert row[0] == 2
    assert spans(value("Citations", row)) == [(None, None), (0, 1)]


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (cite("https://x.com/i/status/1", 0, 0, title="https://x.com/i/status/1"),
         {"url": "https://x.com/i/status/1", "title": "https://x.com/i/status/1", "start_index": 0, "end_index": 0}),
        (cite("https://a.example"), {"url": "https://a.example", "title": "1"}),
        (cite("https://a.example", 1.0, "x"), {"url": "https://a.example", "title": "1", "start_index": 1}),
        ({"type": "file_citation", "file_id": "file_1", "filename": "a.pdf"}, {"title": "a.pdf"}),
        ({"type": "brand_new", "url": "https://a.example", "more": 1}, {"url": "https://a.example"}),
        ({"type": "url_citation", "url_citation": {"url": "https://a.example", "start_index": 0, "end_index": 3}},
         {"url": "https://a.example", "start_index": 2, "end_index": 5}),
        ({}, {}),
    ],
)  # fmt: skip
def test_annotations_of_every_shape_are_kept(annotation: dict[str, Any], expected: dict[str, Any]) -> None:
    (citation,) = derived("Citations", message(part("A "), part("text.", annotation)))
    empty = {"url": None, "title": None, "start_index": None, "end_index": None}
    assert citation == {**empty, **expected}


@pytest.mark.parametrize("content", [None, "plain", [], [{"type": "output_text", "text": "x", "annotations": None}]])
def test_messages_without_annotations_have_no_citations(content: Any) -> None:
    assert derived("Citations", message(part("x")), {"type": "message", "content": content}) == []


SEARCH = {
    "type": "web_search_call",
    "id": "ws_1",
    "status": "completed",
    "action": {
        "type": "search",
        "query": "duckdb",
        "sources": [{"type": "url", "url": "https://a.example"}, {"type": "url", "url": "https://b.example"}],
    },
}
OPENED = {
    "type": "web_search_call",
    "id": "ws_2",
    "status": "completed",
    "action": {"type": "open_page", "url": "https://a.example", "title": "A"},
}
FOUND = {
    "type": "file_search_call",
    "id": "fs_1",
    "status": "completed",
    "queries": ["policy"],
    "results": [
        {"file_id": "file_1", "filename": "a.pdf", "score": 0.5, "text": "one"},
        {"file_id": "file_1", "filename": "a.pdf", "score": 0.25, "text": "two"},
        {"file_id": "file_1", "filename": "a.pdf", "score": 0.5, "text": "one"},
    ],
}


def test_sources_stand_once_each_in_the_order_in_which_they_came() -> None:
    sources = derived("Sources", SEARCH, OPENED, FOUND, message(part("x")))
    assert [(each["kind"], each["url"] or each["file_id"], each["title"], each["text"]) for each in sources] == [
        ("web", "https://a.example", "A", None),
        ("web", "https://b.example", None, None),
        ("file", "file_1", "a.pdf", "one"),
        ("file", "file_1", "a.pdf", "two"),
    ]
    assert [each["call_id"] for each in sources] == ["ws_1", "ws_1", "fs_1", "fs_1"]
    assert [each["score"] for each in sources] == [None, None, 0.5, 0.25]


@pytest.mark.parametrize(
    "item",
    [
        {"type": "web_search_call"},
        {"type": "web_search_call", "action": None},
        {"type": "web_search_call", "action": {"type": "search", "sources": None}},
        {"type": "web_search_call", "action": {"type": "search", "sources": [{"type": "url"}, {"url": 7}, None]}},
        {"type": "file_search_call", "results": None},
        {"type": "file_search_call", "results": ["odd"]},
        {"type": "brand_new_call", "action": {"sources": [{"url": "https://a.example"}]}},
        {"type": 7},
        "no object",
    ],
)
def test_what_has_no_sources_gives_none_and_fails_nothing(item: Any) -> None:
    assert derived("Sources", item, message(part("x"))) == []


def test_the_older_form_of_a_search_and_sources_as_texts_are_read() -> None:
    older = {"type": "web_search_call", "name": "browse_page", "arguments": '{"url": "https://a.example"}'}
    plain = {"type": "web_search_call", "action": {"type": "search", "sources": ["https://b.example"]}}
    found = {"type": "web_search_call", "action": {"type": "find_in_page", "source": "https://c.example"}}
    typed = {"type": "web_search_call", "action": {"sources": [{"type": "news", "url": "https://d.example"}]}}
    sources = derived("Sources", older, plain, found, typed, message(part("x")))
    assert [(each["kind"], each["url"]) for each in sources] == [
        ("web", "https://a.example"),
        ("web", "https://b.example"),
        ("web", "https://c.example"),
        ("news", "https://d.example"),
    ]


def test_every_call_of_a_tool_is_told() -> None:
    calls = derived(
        "ToolCalls",
        {"type": "reasoning", "summary": []},
        SEARCH,
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "xs_1", "name": "x_keyword_search", "input": '{"q": 1}',
         "status": "completed"},
        {"type": "code_execution_call", "id": "ci_1", "code": "print(6*7)", "status": "completed",
         "outputs": [{"type": "logs", "logs": "42"}]},
        FOUND,
        {"type": "mcp_call", "id": "mcp_1", "name": "find", "server_label": "docs", "arguments": "{}",
         "output": "found", "error": {"code": 3}, "status": "failed"},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "churn", "arguments": '{"m": 1}',
         "status": "completed"},
        {"type": "brand_new_call", "id": "b_1", "status": "half_done", "depth": 3},
        message(part("x")),
    )  # fmt: skip
    shown = ("id", "round", "kind", "name", "server", "arguments", "status", "output", "error", "seconds")
    assert [tuple(call[name] for name in shown) for call in calls] == [
        ("ws_1", 1, "web_search", "search", None, '{"type":"search","query":"duckdb"}', "completed", None, None, None),
        ("xs_1", 1, "x_search", "x_keyword_search", None, '{"q": 1}', "completed", None, None, None),
        ("ci_1", 1, "code_interpreter", None, None, "print(6*7)", "completed", '[{"type":"logs","logs":"42"}]', None,
         None),
        ("fs_1", 1, "file_search", None, None, '["policy"]', "completed", json.dumps(FOUND["results"],
         separators=(",", ":")), None, None),
        ("mcp_1", 1, "mcp", "find", "docs", "{}", "failed", "found", '{"code":3}', None),
        ("call_1", 1, "function", "churn", None, '{"m": 1}', "pending", None, None, None),
        ("b_1", 1, "brand_new", None, None, '{"depth":3}', "half_done", None, None, None),
    ]  # fmt: skip


def test_usage_output_and_raw_are_those_of_the_reply() -> None:
    usage = {**ANSWER["usage"], "server_side_tool_usage_details": {"web_search_calls": 2, "x_search_calls": 0}}
    output = [SEARCH, message(part("x"))]
    assert json.loads(derived("ToolUsage", *output, usage=usage)) == {"web_search_calls": 2, "x_search_calls": 0}
    assert derived("ToolUsage", *output) is None
    assert json.loads(derived("Output", *output)) == output
    assert json.loads(derived("Raw", *output)) == {**ANSWER, "output": output}
    assert derived("Rounds", *output) == 1
    assert derived("EarlierRounds", *output) is None


def test_an_answer_that_was_asked_for_twice_tells_of_both_rounds() -> None:
    usage = {**ANSWER["usage"], "server_side_tool_usage_details": {"web_search_calls": 2}}
    first = {**ANSWER, "output": [SEARCH, message(part("no JSON"))], "usage": usage}
    second = {**ANSWER, "output": [OPENED, message(part('{"a": 1}', cite("https://a.example", 1, 4)))], "usage": usage}
    (row,) = run("CALL GenerateResponse('Q', OutputSchema => 'a INT')", [first, second]).rows or []
    assert value("Rounds", row) == 2
    assert json.loads(value("Raw", row)) == second
    assert json.loads(value("EarlierRounds", row)) == [first]
    assert json.loads(value("ToolUsage", row)) == {"web_search_calls": 4}
    assert [(call["id"], call["round"]) for call in value("ToolCalls", row)] == [("ws_1", 1), ("ws_2", 2)]
    assert [each["url"] for each in value("Sources", row)] == ["https://a.example", "https://b.example"]
    assert [each["url"] for each in value("Citations", row)] == ["https://a.example"]
    assert len(json.loads(value("Output", row))) == 4


def test_pictures_are_bytes() -> None:
    encoded = base64.b64encode(b"picture").decode()
    output = [
        {"type": "image_generation_call", "result": encoded},
        {"type": "image_generation_call", "result": None},
        {"type": "image_generation_call", "result": "no base64!"},
        {"type": "code_interpreter_call", "outputs": [
            {"type": "image", "url": f"data:image/png;base64,{encoded}"},
            {"type": "image", "url": "https://a.example/plot.png"},
            {"type": "logs", "logs": "1"},
        ]},
        message(part("x")),
    ]  # fmt: skip
    assert derived("Pictures", *output) == [b"picture", b"picture"]


def test_a_reply_that_is_no_strict_json_is_read_as_well() -> None:
    body = json.dumps({**ANSWER, "output": [SEARCH, message(part("x"))]}).replace('"x"', '"x\ty"').encode()
    (row,) = run("CALL GenerateResponse('Q')", [body]).rows or []
    assert row[0] == "x\ty"
    assert len(value("Sources", row)) == 2


def test_the_row_beside_an_error_has_a_place_for_each_field() -> None:
    undone = {**ANSWER, "status": "in_progress", "output": [SEARCH]}
    for text in ("CALL GenerateResponse('Q')", "CALL GenerateResponse('Q', OutputSchema => 'a INT')"):
        error = run(text, [undone]).error
        row = getattr(error, "row")  # noqa: B009 - the kind of the error is not told here
        assert len(row) == len(PROCEDURE.row_fields) + text.count("OutputSchema")
        assert [call["id"] for call in value("ToolCalls", row)] == ["ws_1"]
