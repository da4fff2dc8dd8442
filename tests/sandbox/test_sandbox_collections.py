"""The sandbox's collections, over the wire."""

from __future__ import annotations

import httpx
import pytest

from grokcall.sandbox import MANAGEMENT_KEY, SANDBOX_KEY, Sandbox


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


@pytest.fixture
def upload(http):
    """Uploads a file; its id."""

    def uploaded(content: bytes | str, name: str = "a.txt") -> str:
        data = content.encode() if isinstance(content, str) else content
        reply = http.post("/files", files={"file": (name, data)})
        assert reply.status_code == 200, reply.text
        return reply.json()["id"]

    return uploaded


def status(manager, path: str) -> str:
    return manager.get(path).json()["status"].removeprefix("DOCUMENT_STATUS_")


def test_a_document_is_indexed_after_some_looks_and_anew(manager, make, upload, sandbox):
    made, file_id = make(), upload("Returns are free.", "policy.txt")
    path = f"/v1/collections/{made['collection_id']}/documents/{file_id}"
    assert manager.post(path, json={"fields": {}}).json() == {}
    assert [status(manager, path) for _ in range(4)] == ["PROCESSING", "CHUNKED", "PROCESSED", "PROCESSED"]
    shown = manager.get(path).json()
    assert shown["file_metadata"]["name"] == "policy.txt"
    assert (shown["file_metadata"]["size_bytes"], shown["chunk_count"]) == ("17", 1)
    assert shown["last_indexed_at"] is not None
    collection = manager.get(f"/v1/collections/{made['collection_id']}").json()
    assert (collection["documents_count"], collection["total_file_size"]) == (1, "17")
    assert manager.patch(path, json={}).status_code == 200
    assert status(manager, path) == "PROCESSING"
    assert manager.delete(path).json() == {}
    assert manager.get(path).status_code == 404


@pytest.mark.parametrize("content", [b"\0\1\2", b" \n "])
def test_what_has_no_text_is_failed(manager, make, upload, content):
    path = f"/v1/collections/{make()['collection_id']}/documents/{upload(content)}"
    manager.post(path, json={})
    assert [status(manager, path) for _ in range(3)][-1] == "FAILED"
    assert "No text" in manager.get(path).json()["error_message"]


def test_documents_are_indexed_by_being_listed_as_well(manager, make, upload):
    path = f"/v1/collections/{make()['collection_id']}/documents"
    for name in ("b.txt", "a.txt"):
        manager.post(f"{path}/{upload(name, name)}", json={})
    query = {"sort_by": "DOCUMENTS_SORT_BY_NAME", "filter": 'name:"txt"'}
    for stage in ("PROCESSING", "CHUNKED", "PROCESSED"):
        found = manager.get(path, params=query).json()["documents"]
        assert [each["file_metadata"]["name"] for each in found] == ["a.txt", "b.txt"]
        assert {each["status"] for each in found} == {f"DOCUMENT_STATUS_{stage}"}


def test_documents_that_do_not_fit_are_refused(manager, make, upload):
    fields = [{"key": "author", "required": True}, {"key": "sha256", "unique": True}]
    path = f"/v1/collections/{make(field_definitions=fields)['collection_id']}/documents"
    first, second = upload("one"), upload("two")

    def told(file_id: str, **given: str) -> tuple[int, str]:
        reply = manager.post(f"{path}/{file_id}", json={"fields": given})
        return reply.status_code, reply.json().get("error", "")

    assert told(first) == (400, "Missing required field: author")
    assert told(first, author="Ada", colour="red") == (400, "Unknown field: colour")
    assert told(first, author="Ada", sha256="1") == (200, "")
    assert told(first, author="Ada")[0] == 400
    assert told(second, author="Ada", sha256="1") == (400, "The value of the unique field sha256 is already used.")
    assert told("file_none", author="Ada")[0] == 404
    limited = {"Authorization": "Bearer xai-token-limited"}
    assert manager.post(f"{path}/{second}", json={}, headers=limited).status_code == 403
    assert manager.get(path, headers=limited).status_code == 200


@pytest.mark.parametrize("unit", ["tokens", "chars", "bytes"])
def test_documents_are_cut_as_their_collection_says(manager, make, upload, unit):
    sizes = {f"max_chunk_size_{unit}": 12, f"chunk_overlap_{unit}": 4}
    made = make(chunk_configuration={f"{unit}_configuration": sizes, "strip_whitespace": True})
    path = f"/v1/collections/{made['collection_id']}/documents/{upload('one two three four ' * 20)}"
    manager.post(path, json={})
    assert [status(manager, path) for _ in range(3)][-1] == "PROCESSED"
    assert manager.get(path).json()["chunk_count"] > 5


def test_faults_strike_searches(faulty):
    found = faulty("cut-after:share=1")
    headers = {"Authorization": f"Bearer {MANAGEMENT_KEY}"}
    made = httpx.post(
        f"{found.sandbox.management_base_url}/v1/collections", json={"collection_name": "c"}, headers=headers
    ).json()
    body = {"query": "x", "source": {"collection_ids": [made["collection_id"]]}}
    with pytest.raises(httpx.TransportError):
        found.http.post("/documents/search", json=body)
    assert [entry["endpoint"] for entry in found.sandbox.ledger()] == ["/v1/documents/search"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"query": " ", "source": {"collection_ids": ["c"]}}, 400),
        ({"query": "x", "source": {"collection_ids": []}}, 400),
        ({"query": "x", "source": {"collection_ids": ["c"] * 11}}, 400),
        ({"query": "x", "source": {"collection_ids": ["c"]}, "limit": 0}, 400),
        ({"query": "x", "source": {"collection_ids": ["c"]}, "retrieval_mode": {"type": "magic"}}, 422),
        ({"query": "x", "source": {"collection_ids": ["c"]}}, 404),
    ],
)
def test_searches_that_cannot_be_are_refused_and_cost_nothing(http, sandbox, body, status):
    assert http.post("/documents/search", json=body).status_code == status
    assert sandbox.ledger() == []


def test_how_many_looks_it_takes_can_be_said():
    with Sandbox(index_looks=0) as sandbox:
        headers = {"Authorization": f"Bearer {MANAGEMENT_KEY}"}
        with httpx.Client(headers=headers) as client:
            made = client.post(f"{sandbox.management_base_url}/v1/collections", json={"collection_name": "c"}).json()
            file = client.post(
                f"{sandbox.base_url}/files",
                files={"file": ("a.txt", b"hi")},
                headers={"Authorization": f"Bearer {SANDBOX_KEY}"},
            ).json()
            place = f"/v1/collections/{made['collection_id']}/documents/{file['id']}"
            client.post(f"{sandbox.management_base_url}{place}", json={})
            shown = client.get(f"{sandbox.management_base_url}{place}").json()
    assert (shown["status"], shown["chunk_count"]) == ("DOCUMENT_STATUS_PROCESSED", 1)
    with pytest.raises(ValueError, match="index_looks"):
        Sandbox(index_looks=-1)
