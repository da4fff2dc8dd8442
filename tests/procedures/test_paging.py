"""Lists in pages end where they end, whatever the service says of a next one."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stepping import QUICK

import grokcall
from grokcall_parser import parse_call
from grokcall_procedures import CATALOG, Binder, MalformedReplyError, Reply, Rows
from grokcall_procedures.effects import Effect
from scripted_service import Answer


def run(call: str, pages: dict[str | None, dict[str, object]]) -> tuple[list[tuple[object, ...]], list[dict[str, str]]]:
    """The rows of a call and the queries of its requests, where each page is told by its token."""
    parsed = parse_call(call)
    steps = Binder(parsed, CATALOG[parsed.procedure], QUICK).bind().steps()
    asked: list[dict[str, str]] = []
    handed: list[tuple[object, ...]] = []
    try:
        request = next(steps)
        while True:
            if isinstance(request, Rows):
                handed += request.rows
                request = steps.send(None)
                continue
            query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
            asked.append(query)
            page = pages[query.get("pagination_token", query.get("after"))]
            request = steps.send(Reply(200, {}, json.dumps(page).encode()))
    except StopIteration as done:
        return handed + done.value, asked


def page(ids: str, token: object) -> dict[str, object]:
    return {"data": [{"id": each} for each in ids], "pagination_token": token}


@pytest.mark.parametrize(
    "pages",
    [
        {None: page("ab", "1"), "1": page("c", None)},
        {None: page("ab", "1"), "1": page("c", "")},
        {None: page("ab", "1"), "1": page("c", "2"), "2": page("", "3")},
        {None: page("ab", "1"), "1": page("c", "1")},
        {None: page("ab", "1"), "1": page("c", "2"), "2": page("", "1")},
    ],
    ids=["no token", "an empty one", "an empty page", "the same again", "an empty page and an old token"],
)
def test_the_end_is_found(pages):
    rows, asked = run("CALL ListFiles()", pages)
    assert [row[0] for row in rows] == ["a", "b", "c"]
    assert len(asked) == len(pages)
    assert {query["limit"] for query in asked} == {"100"}


@given(st.integers(1, 9), st.lists(st.integers(1, 3), min_size=1, max_size=4))
def test_no_more_pages_are_asked_for_than_the_rows_need(most, sizes):
    letters = iter("abcdefghijklmnop")
    pages = {
        None if number == 0 else str(number): page("".join(next(letters) for _ in range(size)), str(number + 1))
        for number, size in enumerate(sizes)
    }
    pages[str(len(sizes))] = page("", None)
    rows, asked = run(f"CALL ListFiles(MaxRows => {most})", pages)
    assert len(rows) == min(most, sum(sizes))
    needed = next((number for number in range(1, len(sizes) + 1) if sum(sizes[:number]) >= most), len(sizes) + 1)
    assert len(asked) == needed


def test_the_rows_of_a_page_are_handed_on_before_the_next_one_is_asked_for():
    steps = Binder(parse_call("CALL ListFiles()"), CATALOG["ListFiles"], QUICK).bind().steps()
    seen: list[object] = []
    step = next(steps)
    for number in range(3):
        assert "/files" in step.path
        step = steps.send(Reply(200, {}, json.dumps(page("ab", str(number))).encode()))
        seen.append([row[0] for row in step.rows])
        step = steps.send(None)
    assert seen == [["a", "b"]] * 3


WHOLE = {"ListUsage", "ListBalanceChanges", "ListInvoices", "ListModels", "ListPrices", "TokenizeText"}
"""Lists that the service gives in one reply."""
PAGED = [each for each in CATALOG.values() if each.many and each.effect is Effect.READ and each.name not in WHOLE]
ASKED = {"ListVoices": "CALL ListVoices('custom')", "ListBatchRequests": "CALL ListBatchRequests('batch_1')"}
"""Where the example would leave some of the rows out."""
MEMBERS = (
    "data",
    "voices",
    "batches",
    "batch_request_metadata",
    "results",
    "collections",
    "documents",
    "apiKeys",
    "events",
)
TOKENS = ("pagination_token", "paginationToken", "nextPageToken", "last_id")
ENTRY_IDS = ("id", "voice_id", "batch_id", "batch_request_id", "collection_id", "apiKeyId", "eventId")


def any_page(entries: list[str], token: str | None) -> bytes:
    """A page of any list, its next one under every name that the service has for it."""
    listed = [{**dict.fromkeys(ENTRY_IDS, each), "file_metadata": {"file_id": each}} for each in entries]
    next_page = {} if token is None else dict.fromkeys(TOKENS, token)
    return json.dumps({**dict.fromkeys(MEMBERS, listed), **next_page, "has_more": bool(token)}).encode()


ENDS: dict[str, list[tuple[list[str], str | None]]] = {
    "no token": [(["a", "b"], "1"), (["c"], None)],
    "an empty token": [(["a", "b"], "1"), (["c"], "")],
    "an empty page": [(["a", "b"], "1"), (["c"], "2"), ([], "3")],
    "the same token again": [(["a", "b"], "1"), (["c"], "1")],
    "an old token": [(["a"], "1"), (["b"], "2"), (["c"], "1")],
    # The first entry was removed meanwhile, so that all move up by one; and one was added.
    "a list that became shorter": [(["a", "b"], "1"), (["d"], None)],
    "a list that became longer": [(["a", "b"], "1"), (["b", "c"], "2"), (["d"], "3"), ([], None)],
    "an empty list": [([], "1")],
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("procedure", PAGED, ids=lambda each: each.name)
def test_every_list_ends_and_gives_what_its_pages_had(procedure, end):
    example = ASKED.get(procedure.name, procedure.example)
    parsed = parse_call(re.sub(r",? ?MaxRows => \d+", "", example))
    steps = Binder(parsed, procedure, QUICK).bind().steps()
    pages, asked, rows = iter(ENDS[end]), 0, []
    try:
        request = next(steps)
        while True:
            if isinstance(request, Rows):
                rows += request.rows
                request = steps.send(None)
                continue
            if "validation" in request.path:  # the team, which a list of the management host asks for first
                request = steps.send(Reply(200, {}, b'{"teamId": "team-7"}'))
                continue
            asked += 1
            request = steps.send(Reply(200, {}, any_page(*next(pages))))
    except StopIteration as done:
        rows += done.value
    assert asked == len(ENDS[end])
    assert len(rows) == sum(len(entries) for entries, _ in ENDS[end])


def test_items_go_by_the_last_one():
    pages: dict[str | None, dict[str, object]] = {
        None: {"data": [{"id": "i1", "content": "Hi"}], "last_id": "i1", "has_more": True},
        "i1": {
            "data": [{"id": "i2", "content": [{"type": "input_text", "text": "there"}]}],
            "last_id": "i2",
            "has_more": False,
        },
    }
    rows, _ = run("CALL ListResponseInput('r')", pages)
    assert [(row[0], row[3]) for row in rows] == [("i1", "Hi"), ("i2", "there")]


def test_what_is_no_list_is_no_end():
    with pytest.raises(MalformedReplyError, match="no list of data"):
        run("CALL ListFiles()", {None: {"files": []}})


def test_each_page_is_tried_again_alone(connection, service):
    def script(asked):
        if len(service.asked) == 2:
            return Answer(cut=True)
        return Answer(json.dumps(page("ab", "1") if "pagination_token" not in asked.path else page("c", None)).encode())

    service.script = script
    assert connection.execute("SELECT File_Id FROM ListFiles()").fetchall() == [("a",), ("b",), ("c",)]
    assert [("pagination_token" in asked.path) for asked in service.asked] == [False, True, True]


def test_a_page_that_fails_fails_the_list(connecting, service):
    service.script = lambda asked: Answer(b'{"error": {"code": "bad", "message": "Invalid filter: x"}}')
    with pytest.raises(grokcall.Error, match="Invalid filter"):
        connecting(max_attempts=1).execute("CALL ListFiles('x')")
