"""Documents of collections: what is asked, how long is waited, and what becomes of a file that is refused."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from scripted_management import DOCUMENT, MANAGEMENT_KEY, json_answer, manage

import grokcall
from scripted_service import KEY, Answer, refused

PATH = "/v1/collections/collection_7/documents/file_7f1c"
ADD = "CALL AddCollectionDocument('collection_7', 'file_7f1c')"
UPLOAD = "CALL UploadCollectionDocument('collection_7', X'6869', 'policy.txt')"


def only(connection, statement, parameters=None):
    (row,) = connection.execute(statement, parameters).fetch_arrow_table().to_pylist()
    return row


def methods(host):
    return [asked.method for asked in host.asked]


def at(status, **members):
    return json_answer({**DOCUMENT, "status": f"DOCUMENT_STATUS_{status}", **members})


def stages(management, *looks):
    """Has looks at the document answered in this way, the last one again and again."""
    left = list(looks)

    def script(asked):
        if asked.method != "GET":
            return manage(asked)
        return left.pop(0) if len(left) > 1 else left[0]

    management.script = script


@pytest.fixture
def quick(managing, service):
    """A connection to both hosts that hardly waits."""
    service.script = lambda asked: json_answer({"id": "file_7f1c", "deleted": True})
    return managing(poll_interval=0.01, poll_timeout=5.0, max_attempts=1)


def test_a_document_has_the_same_columns_wherever_it_is_told_of(managed):
    told = only(managed, "CALL GetCollectionDocument('collection_7', 'file_7f1c')")
    assert {name.removeprefix("Document_"): value for name, value in told.items()} == {
        "FileId": "file_7f1c",
        "Name": "policy.txt",
        "Bytes": 16,
        "ContentType": "text/plain",
        "CreatedAt": datetime.datetime(2026, 11, 3, 4, 5, 6, 789000, datetime.UTC),
        "ExpiresAt": None,
        "Status": "processed",
        "Error": None,
        "ChunkCount": 3,
        "IndexedAt": None,
        "Fields": '{"author":"Ada"}',
        "Raw": json.dumps(DOCUMENT, separators=(",", ":")),
    }
    for statement in (
        ADD,
        UPLOAD,
        "CALL ListCollectionDocuments('collection_7')",
        "CALL ReindexCollectionDocument('collection_7', 'file_7f1c')",
    ):
        assert only(managed, statement) == told, statement


def test_lists_are_asked_for_in_the_service_s_words(managed, management):
    managed.execute("CALL ListCollectionDocuments('collection_7', 'name:\"a\"', 'size', 'asc', MaxRows => 5)")
    asked = urlsplit(management.asked[-1].path)
    assert asked.path == "/v1/collections/collection_7/documents"
    assert parse_qs(asked.query) == {
        "limit": ["100"],
        "filter": ['name:"a"'],
        "sort_by": ["DOCUMENTS_SORT_BY_SIZE"],
        "order": ["ORDERING_ASCENDING"],
    }


def test_a_document_has_texts_for_fields(managed, management):
    managed.execute(f"{ADD[:-1]}, :fields)", {"fields": {"author": "Ada", "year": 1984, "note": None}})
    assert management.asked[0].json == {"fields": {"author": "Ada", "year": "1984"}}
    managed.execute(ADD)
    assert management.asked[-2].json == {"fields": {}}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("AddCollectionDocument('c', 'f', '[1]')", "must be a JSON object"),
        ("""AddCollectionDocument('c', 'f', '{"tags": ["a"]}')""", "in the field 'tags', which takes a text"),
        ("AddCollectionDocument('c', ' ')", "FileId .* is empty"),
        ("UploadCollectionDocument('c', X'', 'a.txt')", "Content"),
        ("UploadCollectionDocument('c', X'61', '')", "Name .* is empty"),
        ("GetCollectionDocument('', 'f')", "CollectionId"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_sent(managed, management, service, given, told):
    with pytest.raises(grokcall.DataError, match=told):
        managed.execute(f"CALL {given}")
    assert management.asked == service.asked == []


def test_it_waits_until_the_document_is_indexed(quick, management):
    stages(management, at("PROCESSING"), at("CHUNKED"), at("EMBEDDING"), at("WRITING"), at("PROCESSED"))
    assert only(quick, ADD)["Document_Status"] == "processed"
    assert methods(management) == ["POST", *["GET"] * 5]


def test_it_does_not_wait_where_it_need_not(quick, management):
    stages(management, at("PROCESSING"))
    assert only(quick, f"{ADD[:-1]}, Wait => FALSE)")["Document_Status"] == "processing"
    stages(management, refused(404, "Document not found"))
    told = only(quick, f"{ADD[:-1]}, Wait => FALSE)")
    assert (told["Document_FileId"], told["Document_Status"]) == ("file_7f1c", None)
    assert methods(management) == ["POST", "GET"] * 2


@pytest.mark.parametrize(
    "bad", [refused(404, "Document not found"), refused(503, "Busy."), Answer(cut=True), at("UNKNOWN"), at("NEW_WORD")]
)
def test_one_bad_look_says_nothing_of_the_document(quick, management, bad):
    stages(management, bad, at("PROCESSED"))
    assert only(quick, ADD)["Document_Status"] == "processed"


def test_a_look_that_is_refused_is_the_end(quick, management):
    stages(management, refused(403, "No."))
    with pytest.raises(grokcall.PermissionDeniedError):
        quick.execute(ADD)


def test_a_document_that_takes_too_long_can_be_looked_for_later(managing, management):
    stages(management, at("EMBEDDING"))
    connection = managing(poll_interval=0.01, poll_timeout=0.05)
    with pytest.raises(grokcall.NotReadyError, match="last said 'embedding'") as caught:
        connection.execute(ADD)
    assert caught.value.statement == "CALL GetCollectionDocument('collection_7', 'file_7f1c')"
    assert caught.value.statement in str(caught.value)
    assert grokcall.errors.error_code(caught.value) == "indexing_timeout"
    assert only(connection, caught.value.statement)["Document_Status"] == "embedding"


def test_a_document_that_cannot_be_indexed_is_an_error_with_the_service_s_reason(quick, management, service):
    stages(management, at("PROCESSING"), at("FAILED", error_message="The PDF is encrypted."))
    for statement in (ADD, UPLOAD):
        with pytest.raises(grokcall.ServiceError, match=r"policy.txt: The PDF is encrypted\. .*Reindex") as caught:
            quick.execute(statement)
        assert not grokcall.errors.is_retryable(caught.value)
    assert methods(service) == ["POST"]  # what is in the collection stays
    assert only(quick, "CALL GetCollectionDocument('collection_7', 'file_7f1c')")["Document_Error"] == (
        "The PDF is encrypted."
    )


@pytest.mark.parametrize("statement", [ADD, UPLOAD])
def test_a_missing_permission_is_named(quick, management, statement):
    management.script = lambda _asked: refused(403, "Not allowed.")
    with pytest.raises(grokcall.PermissionDeniedError, match="needs the permission AddFileToCollection") as caught:
        quick.execute(statement)
    assert "the management key from the argument management_key" in str(caught.value)


def test_a_file_goes_to_one_host_and_becomes_a_document_at_the_other(quick, management, service):
    assert only(quick, UPLOAD)["Document_FileId"] == "file_7f1c"
    assert [(asked.method, asked.path) for asked in service.asked] == [("POST", "/v1/files")]
    assert b'name="file"; filename="policy.txt"' in service.asked[0].body
    assert b"expires_after" not in service.asked[0].body
    assert [(asked.method, asked.path) for asked in management.asked] == [("POST", PATH), ("GET", PATH)]


@pytest.mark.parametrize("answer", [refused(400, "Missing required field: author"), refused(404, "No collection.")])
def test_a_file_that_becomes_no_document_is_removed(quick, management, service, answer):
    management.script = lambda asked: answer if asked.method == "POST" else refused(404, "Document not found")
    with pytest.raises(grokcall.ServiceError, match=r"author|No collection"):
        quick.execute(UPLOAD)
    assert [(asked.method, asked.path) for asked in service.asked] == [
        ("POST", "/v1/files"),
        ("DELETE", "/v1/files/file_7f1c"),
    ]


def test_so_is_one_of_which_the_service_says_no_in_an_answer(quick, management, service):
    failed = json_answer({"error": {"code": "invalid-argument", "message": "Wrong field"}})
    management.script = lambda asked: failed if asked.method == "POST" else refused(404, "Document not found")
    with pytest.raises(grokcall.ServiceError, match="Wrong field"):
        quick.execute(UPLOAD)
    assert methods(service) == ["POST", "DELETE"]


def test_a_file_that_cannot_be_removed_is_named(quick, management, service):
    management.script = lambda asked: refused(400, "No.")
    service.script = lambda asked: json_answer({"id": "file_9"}) if asked.method == "POST" else refused(500, "Broken.")
    with pytest.raises(grokcall.InvalidRequestError) as caught:
        quick.execute(UPLOAD)
    assert "file_9 was uploaded, and could not be removed" in "".join(caught.value.__notes__)


LOST = [Answer(cut=True), refused(503, "Busy."), refused(504, "Late."), refused(408, "Late.")]


@pytest.mark.parametrize("lost", LOST, ids=str)
@pytest.mark.parametrize("statement", [ADD, UPLOAD])
def test_an_answer_that_is_lost_is_looked_for_and_the_document_not_added_again(quick, management, statement, lost):
    management.script = lambda asked: lost if asked.method == "POST" else manage(asked)
    assert only(quick, statement)["Document_Status"] == "processed"
    assert methods(management).count("POST") == 1


@pytest.mark.parametrize("lost", LOST, ids=str)
def test_where_it_is_not_there_the_answer_s_error_is_raised(quick, management, service, lost):
    management.script = lambda asked: lost if asked.method == "POST" else refused(404, "Document not found")
    for statement in (ADD, UPLOAD):
        with pytest.raises((grokcall.TransportError, grokcall.ServerFailureError)):
            quick.execute(statement)
    assert methods(service) == ["POST", "DELETE"]


def test_where_nobody_knows_what_became_of_it_the_file_stays_and_is_named(quick, management, service):
    management.script = lambda _asked: Answer(cut=True)
    with pytest.raises(grokcall.TransportError) as caught:
        quick.execute(UPLOAD)
    assert "the file file_7f1c was uploaded, and stays" in "".join(caught.value.__notes__)
    assert methods(service) == ["POST"]


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'{"file_id": "file_7f1c"}'])
def test_whatever_the_service_says_to_an_addition_it_is_one(quick, management, body):
    management.script = lambda asked: Answer(body) if asked.method == "POST" else manage(asked)
    assert only(quick, ADD)["Document_Status"] == "processed"


@pytest.mark.parametrize(
    "body", [b"", b"{}", json.dumps({**DOCUMENT, "status": "DOCUMENT_STATUS_PROCESSING"}).encode()]
)
def test_a_document_is_indexed_anew(quick, management, body):
    management.script = lambda asked: Answer(body) if asked.method == "PATCH" else manage(asked)
    told = only(quick, "CALL ReindexCollectionDocument('collection_7', 'file_7f1c')")
    assert told["Document_Status"] == ("processing" if len(body) > 2 else "processed")
    assert methods(management) == (["PATCH"] if len(body) > 2 else ["PATCH", "GET"])


def test_a_document_that_is_taken_out_is_gone(managed, management):
    management.script = lambda asked: Answer(cut=True) if len(management.asked) == 1 else refused(404, "Not found.")
    row = only(managed, "CALL RemoveCollectionDocument('collection_7', 'file_7f1c')")
    assert (row["Deleted_Id"], row["Deleted_Done"]) == ("file_7f1c", True)


def test_what_a_lookup_waits_for_is_told(quick, management):
    notes = []
    stages(management, at("PROCESSING"), at("CHUNKED"), at("PROCESSED"))
    with quick.lookup_stream(LOOKUP, ROWS, allow_changes=True) as stream:
        stream.on_wait = notes.append
        ((rows, _),) = stream
    assert rows["Document_Status"].to_pylist() == ["processed"]
    assert notes == ["indexing policy.txt: processing", "indexing policy.txt: chunked"]


ROWS = [{"c": b"hi", "n": "policy.txt"}]
LOOKUP = "CALL UploadCollectionDocument('collection_7', :c, :n)"


def looked_up(connection, path, **options):
    given = {"journal": path, "allow_changes": True, "on_error": "ignore", "call_columns": True, **options}
    (row,) = connection.lookup(LOOKUP, ROWS, **given).rows.to_pylist()
    return row


def test_a_rerun_waits_on_where_an_earlier_one_gave_up(managing, management, service, tmp_path):
    stages(management, at("PROCESSING"))
    service.script = lambda asked: json_answer({"id": "file_7f1c"})
    first = looked_up(managing(poll_interval=0.01, poll_timeout=0.05), tmp_path / "j")
    assert first["Call_ErrorCode"] == "indexing_timeout"
    stages(management, at("PROCESSED"))
    assert looked_up(managing(poll_interval=0.01), tmp_path / "j")["Document_Status"] == "processed"
    assert (methods(service), methods(management).count("POST")) == (["POST"], 1)


def test_a_rerun_goes_on_with_the_file_where_nothing_is_known_of_the_document(managing, management, service, tmp_path):
    management.script = lambda _asked: Answer(cut=True)
    service.script = lambda asked: json_answer({"id": "file_7f1c"})
    connection = managing(poll_interval=0.01, max_attempts=1)
    assert looked_up(connection, tmp_path / "j")["Call_ErrorCode"] == "connection_cut"
    management.script = manage
    assert looked_up(connection, tmp_path / "j")["Document_Status"] == "processed"
    assert methods(service) == ["POST"]


KILLED = """
import grokcall, sys
base, management, journal = sys.argv[1:]
keys = {"api_key": "KEY", "management_key": "MANAGEMENT"}
with grokcall.connect(base_url=base, management_base_url=management, **keys) as connection:
    rows = [{"c": b"hi", "n": "policy.txt"}]
    connection.lookup("LOOKUP", rows, journal=journal, allow_changes=True)
"""


def test_after_a_kill_the_file_is_not_uploaded_again_and_the_document_not_made_twice(
    managing, management, service, tmp_path
):
    """The answer to the addition never came, and the document was made."""
    service.script = lambda asked: json_answer({"id": "file_7f1c"})
    management.script = lambda asked: Answer(delay=60)
    code = KILLED.replace('"KEY"', repr(KEY)).replace('"MANAGEMENT"', repr(MANAGEMENT_KEY)).replace("LOOKUP", LOOKUP)
    command = [sys.executable, "-c", code, service.base_url, management.origin, str(tmp_path / "j")]
    with subprocess.Popen(command) as child:
        while not management.asked and child.poll() is None:
            time.sleep(0.01)
        child.kill()
    assert methods(management) == ["POST"]
    management.script = lambda asked: (
        refused(400, "Document is already in the collection.") if asked.method == "POST" else manage(asked)
    )
    assert looked_up(managing(poll_interval=0.01), tmp_path / "j")["Document_Status"] == "processed"
    assert methods(service) == ["POST"]


@pytest.mark.parametrize("gone", [json_answer({"deleted": True}), refused(404, "File not found")], ids=str)
def test_a_rerun_uploads_a_file_anew_that_was_removed(managing, management, service, tmp_path, gone):
    """A key that lacked the permission has it now."""
    ids = iter(["file_1", "file_7f1c"])
    management.script = lambda _asked: refused(403, "Not allowed.")
    service.script = lambda asked: json_answer({"id": next(ids)}) if asked.method == "POST" else gone
    connection = managing(poll_interval=0.01, max_attempts=1)
    with pytest.raises(grokcall.PermissionDeniedError):
        looked_up(connection, tmp_path / "j")
    management.script = manage
    assert looked_up(connection, tmp_path / "j")["Document_FileId"] == "file_7f1c"
    assert methods(service) == ["POST", "DELETE", "POST"]
