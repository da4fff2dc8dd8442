"""What the procedures of collections ask, and the rows that they give."""

from __future__ import annotations

import datetime
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from scripted_management import COLLECTION, json_answer, manage

import grokcall
from scripted_service import Answer, refused


def rows(connection, statement, parameters=None):
    return connection.execute(statement, parameters).fetch_arrow_table().to_pylist()


def only(connection, statement, parameters=None):
    (row,) = rows(connection, statement, parameters)
    return row


def last(management):
    return management.asked[-1]


def test_a_collection_has_the_same_columns_wherever_it_is_told_of(managed):
    told = only(managed, "CALL GetCollection('collection_7')")
    assert {name.removeprefix("Collection_"): value for name, value in told.items()} == {
        "Id": "collection_7",
        "Name": "handbook",
        "Description": "What holds for all.",
        "CreatedAt": datetime.datetime(2026, 11, 3, 4, 5, 6, 789000, datetime.UTC),
        "DocumentsCount": 2,
        "TotalFileSize": 1234,
        "Model": "grok-embedding-small",
        "ChunkConfiguration": '{"tokens_configuration":{"max_chunk_size_tokens":512}}',
        "Fields": '[{"key":"author","required":true}]',
        "Raw": json.dumps(COLLECTION, separators=(",", ":")),
    }
    assert only(managed, "CALL ListCollections()") == told
    assert only(managed, "CALL CreateCollection('handbook')") == told
    assert list(only(managed, "CALL UpdateCollection('collection_7', 'x')")) == list(told)


def test_create_sends_what_is_given_and_no_more(managed, management):
    managed.execute("CALL CreateCollection('handbook')")
    assert last(management).json == {"collection_name": "handbook"}
    managed.execute(
        "CALL CreateCollection('handbook', 'Rules', 'grok-embedding-small', 512, 64, "
        "Fields => 'author VARCHAR NOT NULL, year VARCHAR COMMENT ''of the print''', "
        "Metric => 'cosine', StripWhitespace => TRUE, InjectName => FALSE)"
    )
    assert last(management).json == {
        "collection_name": "handbook",
        "collection_description": "Rules",
        "index_configuration": {"model_name": "grok-embedding-small"},
        "chunk_configuration": {
            "tokens_configuration": {"max_chunk_size_tokens": 512, "chunk_overlap_tokens": 64},
            "strip_whitespace": True,
            "inject_name_into_chunks": False,
        },
        "field_definitions": [{"key": "author", "required": True}, {"key": "year", "description": "of the print"}],
        "metric_space": "HNSW_METRIC_COSINE",
    }


@pytest.mark.parametrize("unit", ["tokens", "chars", "bytes"])
def test_chunks_are_counted_in_their_unit(managed, management, unit):
    managed.execute(
        "CALL CreateCollection('c', ChunkSize => 100, ChunkOverlap => 0, ChunkUnit => :unit)", {"unit": unit}
    )
    assert last(management).json["chunk_configuration"] == {
        f"{unit}_configuration": {f"max_chunk_size_{unit}": 100, f"chunk_overlap_{unit}": 0}
    }


FIELDS = [{"key": "sha256", "required": True, "unique": True, "inject": False, "description": "of the content"}]


@pytest.mark.parametrize("given", [FIELDS, json.dumps(FIELDS), FIELDS[0]])
def test_fields_are_declared_by_objects_as_well(managed, management, given):
    managed.execute("CALL CreateCollection('c', Fields => :fields)", {"fields": given})
    assert last(management).json["field_definitions"] == [
        {
            "key": "sha256",
            "required": True,
            "unique": True,
            "inject_into_chunk": False,
            "description": "of the content",
        }
    ]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("CreateCollection('')", "Name .* is empty"),
        ("CreateCollection('c', ChunkSize => 0)", "ChunkSize .* at least 1"),
        ("CreateCollection('c', ChunkSize => 64, ChunkOverlap => 64)", "ChunkOverlap .* less than ChunkSize"),
        ("CreateCollection('c', ChunkOverlap => 64)", "ChunkOverlap .* needs ChunkSize"),
        ("CreateCollection('c', ChunkUnit => 'chars')", "ChunkUnit .* needs ChunkSize"),
        ("CreateCollection('c', Fields => '')", "Fields .* is empty"),
        ("CreateCollection('c', Fields => 'author')", "expected the type of the column author"),
        ("CreateCollection('c', Fields => 'year INTEGER')", "declares year as INTEGER; .* declare VARCHAR"),
        ("CreateCollection('c', Fields => 'a VARCHAR, A VARCHAR')", "declared twice"),
        ("""CreateCollection('c', Fields => '[{"key": "a"}, {"key": "a"}]')""", "the field 'a' twice"),
        ("""CreateCollection('c', Fields => '[{"name": "a"}]')""", "entry 1 without a key"),
        ("""CreateCollection('c', Fields => '[{"key": "a", "require": true}]')""", "did you mean required"),
        ("""CreateCollection('c', Fields => '[{"key": "a", "unique": "?"}]')""", "whose 'unique' is wrong"),
        ("""CreateCollection('c', Fields => '[{"key": "a", "operation": "add"}]')""", "has 'operation' in entry 1"),
        ("UpdateCollection('c')", "CollectionId .* alone changes nothing"),
        ("UpdateCollection('c', ChunkConfiguration => '{}')", "must be an object such as"),
        (
            "UpdateCollection('c', ChunkConfiguration => "
            """'{"chars_configuration": {"max_chunk_size_chars": 9, "chunk_overlap_chars": 9}}')""",
            "overlap of 9 for chunks of 9",
        ),
        ("""UpdateCollection('c', Fields => '[{"key": "a", "operation": "rename"}]')""", "it is add or delete"),
        ("GetCollection(' ')", "CollectionId .* is empty"),
        ("DeleteCollection(NULL)", "CollectionId"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_sent(managed, management, given, told):
    with pytest.raises(grokcall.DataError, match=told):
        managed.execute(f"CALL {given}")
    assert management.asked == []


def test_update_sends_what_is_given_and_no_more(managed, management):
    managed.execute("CALL UpdateCollection('collection_7', 'Handbook')")
    assert (last(management).method, last(management).json) == ("PUT", {"collection_name": "Handbook"})
    managed.execute(
        "CALL UpdateCollection('collection_7', Description => '', ChunkConfiguration => :chunks, Fields => :fields)",
        {
            "chunks": {"bytes_configuration": {"max_chunk_size_bytes": 900, "chunk_overlap_bytes": 90}},
            "fields": [{"key": "author", "operation": "delete"}, {"key": "year", "required": False}],
        },
    )
    assert last(management).json == {
        "collection_description": "",
        "chunk_configuration": {"bytes_configuration": {"max_chunk_size_bytes": 900, "chunk_overlap_bytes": 90}},
        "field_definition_updates": [
            {"field_definition": {"key": "author"}, "operation": "FIELD_DEFINITION_DELETE"},
            {"field_definition": {"key": "year", "required": False}, "operation": "FIELD_DEFINITION_ADD"},
        ],
    }


def test_a_list_is_asked_for_in_the_service_s_words(managed, management):
    managed.execute("CALL ListCollections('documents_count:>10', 'age', 'desc')")
    assert parse_qs(urlsplit(last(management).path).query) == {
        "limit": ["100"],
        "filter": ["documents_count:>10"],
        "sort_by": ["COLLECTIONS_SORT_BY_AGE"],
        "order": ["ORDERING_DESCENDING"],
    }
    managed.execute("CALL ListCollections(SortBy => 'COLLECTIONS_SORT_BY_SIZE')")
    assert parse_qs(urlsplit(last(management).path).query)["sort_by"] == ["COLLECTIONS_SORT_BY_SIZE"]


def test_a_list_comes_in_pages_which_are_tried_again_alone(managed, management):
    pages = [["a", "b"], ["c"], []]

    def script(asked):
        number = int(parse_qs(urlsplit(asked.path).query).get("pagination_token", ["0"])[0])
        if len(management.asked) == 2:
            return Answer(cut=True)
        found = [{"collection_id": each} for each in pages[number]]
        return json_answer({"collections": found, "pagination_token": str(number + 1)})

    management.script = script
    assert [row["Collection_Id"] for row in rows(managed, "CALL ListCollections()")] == ["a", "b", "c"]
    assert len(management.asked) == 4
    assert len(rows(managed, "CALL ListCollections(MaxRows => 1)")) == 1


@pytest.mark.parametrize("ending", [Answer(cut=True), refused(503, "Busy."), refused(504, "Late.")], ids=str)
def test_a_collection_is_made_once(managed, management, ending):
    management.script = lambda _asked: ending
    with pytest.raises(grokcall.Error) as caught:
        managed.execute("CALL CreateCollection('handbook')")
    assert len(management.asked) == 1
    assert "ListCollections tells" in "".join(caught.value.__notes__)


def test_what_is_removed_is_gone_its_files_are_not(managed, management):
    management.script = lambda asked: json_answer({})
    cursor = managed.execute("CALL DeleteCollection('a/b')")
    assert last(management).path == "/v1/collections/a%2Fb"
    assert cursor.fetchone()[:2] == ("a/b", True)
    assert "files of the collection's documents stay" in str(cursor.messages[0][1])


def test_a_removal_whose_answer_was_lost_is_one(managed, management):
    management.script = lambda asked: Answer(cut=True) if len(management.asked) == 1 else refused(404, "Not found.")
    assert managed.execute("CALL DeleteCollection('collection_7')").fetchone()[1] is True


@pytest.mark.parametrize("body", [b"[]", b"<html>", b"{}", b'{"error": {"code": 16, "message": "no"}}', b'"\xff"'])
@pytest.mark.parametrize("statement", ["CreateCollection('x')", "GetCollection('x')", "UpdateCollection('x', 'y')"])
def test_replies_that_are_none_are_errors_of_ours(managed, management, body, statement):
    management.script = lambda _asked: Answer(body)
    with pytest.raises((grokcall.MalformedReplyError, grokcall.ServiceError)):
        managed.execute(f"CALL {statement}")


def test_what_is_missing_is_null_and_what_is_new_is_in_the_raw_object(managed, management):
    management.script = lambda _asked: json_answer({"collection_id": "c", "documents_count": "many", "colour": "red"})
    told = only(managed, "CALL GetCollection('c')")
    assert (told["Collection_Id"], told["Collection_DocumentsCount"], told["Collection_Fields"]) == ("c", None, None)
    assert json.loads(told["Collection_Raw"])["colour"] == "red"


def test_all_of_it_goes_to_the_management_host(managed, management, service):
    management.script = manage
    for statement in ("CreateCollection('x')", "ListCollections()", "DeleteCollection('collection_7')"):
        managed.execute(f"CALL {statement}")
    assert service.asked == []
    assert [urlsplit(asked.path).path for asked in management.asked] == [
        "/v1/collections",
        "/v1/collections",
        "/v1/collections/collection_7",
    ]
