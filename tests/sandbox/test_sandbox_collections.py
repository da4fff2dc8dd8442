"""The sandbox's collections, over the wire."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from grokcall.sandbox import MANAGEMENT_KEY


@pytest.fixture
def manager(sandbox) -> Iterator[httpx.Client]:
    """A client of the management host."""
    headers = {"Authorization": f"Bearer {MANAGEMENT_KEY}"}
    with httpx.Client(base_url=sandbox.management_base_url, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture
def make(manager):
    """Makes a collection."""

    def made(name: str = "handbook", **members: object) -> dict:
        reply = manager.post("/v1/collections", json={"collection_name": name, **members})
        assert reply.status_code == 200, reply.text
        return reply.json()

    return made


def test_a_collection_is_made_shown_changed_and_removed(manager, make):
    made = make(field_definitions=[{"key": "author", "required": True}])
    path = f"/v1/collections/{made['collection_id']}"
    assert (made["documents_count"], made["total_file_size"]) == (0, "0")
    assert manager.get(path).json() == made
    updates = [
        {"field_definition": {"key": "author"}, "operation": "FIELD_DEFINITION_DELETE"},
        {"field_definition": {"key": "year"}, "operation": "FIELD_DEFINITION_ADD"},
    ]
    changed = manager.put(path, json={"collection_name": "rules", "field_definition_updates": updates}).json()
    assert (changed["collection_name"], changed["field_definitions"]) == ("rules", [{"key": "year"}])
    assert manager.delete(path).json() == {}
    assert manager.get(path).status_code == 404
    assert manager.delete(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"collection_name": " "}, "must not be empty"),
        ({"collection_name": "c", "metric_space": "cosine"}, "Invalid metric_space"),
        ({"collection_name": "c", "chunk_configuration": {"words_configuration": {}}}, "words_configuration"),
        ({"collection_name": "c", "chunk_configuration": {"strip_whitespace": 1}}, "must be a boolean"),
        (
            {
                "collection_name": "c",
                "chunk_configuration": {"chars_configuration": {"max_chunk_size_chars": 5, "chunk_overlap_chars": 5}},
            },
            "less than the size",
        ),
    ],
)
def test_what_is_no_collection_is_refused(manager, body, told):
    reply = manager.post("/v1/collections", json=body)
    assert (reply.status_code, told in reply.json()["error"]) == (400, True), reply.text


def test_names_that_it_does_not_know_are_refused(manager):
    assert manager.post("/v1/collections", json={"collection_name": "c", "colour": "red"}).status_code == 422


def names(reply: httpx.Response) -> list[str]:
    assert reply.status_code == 200, reply.text
    return [each["collection_name"] for each in reply.json()["collections"]]


def test_lists_are_ordered_filtered_and_come_in_pages(manager, make):
    for name in ("b", "SEC a", "c"):
        make(name)
    assert names(manager.get("/v1/collections")) == ["b", "SEC a", "c"]
    query = {"sort_by": "COLLECTIONS_SORT_BY_NAME", "order": "ORDERING_DESCENDING"}
    assert names(manager.get("/v1/collections", params=query)) == ["c", "b", "SEC a"]
    first = manager.get("/v1/collections", params={"limit": 2}).json()
    rest = manager.get("/v1/collections", params={"limit": 2, "pagination_token": first["pagination_token"]}).json()
    assert [len(first["collections"]), len(rest["collections"]), rest["pagination_token"]] == [2, 1, ""]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('collection_name:"sec"', ["SEC a"]),
        ('collection_name = "b" OR collection_name = "c"', ["b", "c"]),
        ('NOT collection_name = "b" AND documents_count:<1', ["SEC a", "c"]),
        ('(collection_name = "b" OR collection_name = "c") AND NOT collection_name="c"', ["b"]),
        ("documents_count:>10", []),
        ("total_file_size >= 0 AND collection_name != b", ["SEC a", "c"]),
        ("colour = null AND collection_name = b", ["b"]),
        ("colour = red", []),
    ],
)
def test_filters_are_read(manager, make, text, wanted):
    for name in ("b", "SEC a", "c"):
        make(name)
    assert names(manager.get("/v1/collections", params={"filter": text})) == wanted


@pytest.mark.parametrize("text", ["=", "a", "a =", "a = b c", "(a = b", "a = b AND", "NOT", '"', "(" * 30, 'a = "b'])
def test_what_is_no_filter_is_refused(manager, text):
    reply = manager.get("/v1/collections", params={"filter": text})
    assert (reply.status_code, "Invalid filter" in reply.text) == (400, True), reply.text


@pytest.mark.parametrize("query", [{"sort_by": "name"}, {"order": "asc"}, {"limit": "0"}, {"pagination_token": "x"}])
def test_lists_that_cannot_be_are_refused(manager, query):
    assert manager.get("/v1/collections", params=query).status_code == 400


def test_a_reset_forgets_them(manager, make, sandbox):
    make()
    sandbox.reset()
    assert names(manager.get("/v1/collections")) == []
