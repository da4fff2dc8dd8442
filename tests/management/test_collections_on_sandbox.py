"""Collections from end to end on the sandbox: by statements, by queries, on the command line, in lookups."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import grokcall
from grokcall.sandbox import MANAGEMENT_KEY, SANDBOX_KEY
from scripted_service import KEY

TEXTS = {
    "returns.md": "Returns are free within 30 days. Send the parcel back with the label.",
    "hours.md": "We are open from nine to five, on Sundays we are closed.",
    "parking.md": "There is parking behind the house. Parking is free for guests.",
}


DOCUMENTS = "CALL ListCollectionDocuments(:id)"


@pytest.fixture
def both(sandbox):
    """A connection to both hosts of the sandbox, which may change things."""
    given = {"base_url": sandbox.base_url, "management_base_url": sandbox.management_base_url}
    keys = {"api_key": SANDBOX_KEY, "management_key": MANAGEMENT_KEY}
    with grokcall.connect(poll_interval=0.01, allow_changes=True, **keys, **given) as connection:
        yield connection


@pytest.fixture
def folder(tmp_path):
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def rows(connection, statement, parameters=None):
    return connection.execute(statement, parameters).fetch_arrow_table().to_pylist()


def only(connection, statement, parameters=None):
    (row,) = rows(connection, statement, parameters)
    return row


@pytest.fixture
def collection(both, folder):
    """A collection with the documents of the folder."""
    made = only(both, "CALL CreateCollection('handbook', Fields => 'author VARCHAR')")["Collection_Id"]
    query = (
        "SELECT u.Document_Name, u.Document_Status FROM read_blob($files) b, UploadCollectionDocument($id, b.content, "
        "parse_filename(b.filename), json_object('author', 'Ada')) u"
    )
    found = rows(both, query, {"files": f"{folder}/*.md", "id": made})
    assert {(row["Document_Name"], row["Document_Status"]) for row in found} == {(n, "processed") for n in TEXTS}
    return made


def test_a_folder_becomes_documents_in_one_query_and_is_searched(both, collection):
    (found,) = rows(both, "CALL SearchCollection('Is parking free?', :id, 1)", {"id": collection})
    assert found["Match_Content"] == TEXTS["parking.md"]
    assert (found["Match_CollectionIds"], found["Match_Fields"]) == ([collection], '{"author":"Ada"}')
    scores = [row["Match_Score"] for row in rows(both, "CALL SearchCollection('free', :id)", {"id": collection})]
    assert len(scores) == 2
    assert scores == sorted(scores, reverse=True)
    assert rows(both, "CALL SearchCollection('xylophone', :id)", {"id": collection}) == []


ANSWERED = "Response_Result, Response_Citations, Response_Sources, Response_ToolCalls, Response_UsageCostInUsdTicks"


def test_an_answer_cites_the_files_of_the_collection_that_it_was_made_of(both, collection):
    question = "Where may guests leave the car: is parking free for guests?"
    told = "Collections := $id, Include := ['file_search_call.results']"
    row = only(both, f"SELECT {ANSWERED} FROM GenerateResponse($q, {told})", {"q": question, "id": collection})
    answer = row["Response_Result"]
    assert answer.startswith("parking.md says: “Parking is free for guests.”")
    files = {each["Document_Name"]: each["Document_FileId"] for each in rows(both, DOCUMENTS, {"id": collection})}
    sources = row["Response_Sources"]
    assert [(each["kind"], each["title"]) for each in sources] == [("file", "parking.md"), ("file", "returns.md")]
    assert [each["file_id"] for each in sources] == [files["parking.md"], files["returns.md"]]
    assert [each["text"] for each in sources] == [TEXTS["parking.md"], TEXTS["returns.md"]]
    assert sources[0]["score"] > sources[1]["score"] > 0
    citations = row["Response_Citations"]
    assert [each["url"] for each in citations] == [
        f"collections://{collection}/files/{files[name]}" for name in ("parking.md", "returns.md")
    ]
    assert [answer[each["start_index"] : each["end_index"]] for each in citations] == [
        f"[[{number}]]({each['url']})" for number, each in enumerate(citations, start=1)
    ]
    (call,) = row["Response_ToolCalls"]
    assert (call["kind"], call["status"]) == ("file_search", "completed")
    assert row["Response_UsageCostInUsdTicks"] > 25_000_000


def test_what_the_model_found_is_told_where_it_is_asked_for_and_bounded(both, collection):
    def asked(**parameters):
        named = "".join(f", {name} => :{name}" for name in parameters)
        fields = ["Response_Citations", "Response_Sources"]
        result = both.lookup(
            f"CALL GenerateResponse(:q, Collections => :id{named})",
            [{"q": "What is free?", "id": collection, **parameters}],
            fields=fields,
            on_error="fail",
        )
        return [len(result.rows.column(name)[0]) for name in fields]

    assert asked() == [2, 0]
    assert asked(Include='["file_search_call.results"]') == [2, 2]
    assert asked(Include='["file_search_call.results"]', MaxSearchResults=1) == [1, 1]


def test_a_question_of_which_the_files_say_nothing_has_no_citations(both, collection):
    told = "Collections := $id, Include := ['file_search_call.results']"
    row = only(both, f"SELECT {ANSWERED} FROM GenerateResponse('Xylophone?', {told})", {"id": collection})
    assert (row["Response_Citations"], row["Response_Sources"]) == ([], [])


def test_a_collection_that_there_is_not_is_not_found_and_costs_nothing(both, sandbox):
    before = len(sandbox.ledger())
    with pytest.raises(grokcall.NotFoundError, match="collection_none"):
        both.execute("CALL GenerateResponse('Is parking free?', Collections => 'collection_none')")
    assert sandbox.ledger()[before:] == []


def test_searches_join_with_tables_and_documents(both, collection):
    query = """
        SELECT q.text, d.Document_Name FROM (VALUES ('open on Sundays?'), ('send a parcel back')) q(text),
            SearchCollection(q.text, $id, 1) m, GetCollectionDocument($id, m.Match_FileId) d ORDER BY 1
    """
    found = [tuple(row.values()) for row in rows(both, query, {"id": collection})]
    assert found == [("open on Sundays?", "hours.md"), ("send a parcel back", "returns.md")]
    scalar = "SELECT search_collection('parking', $id) AS texts"
    assert only(both, scalar, {"id": collection})["texts"] == [TEXTS["parking.md"]]


def test_a_search_is_filtered_and_billed(both, collection, sandbox):
    before = len(sandbox.ledger())
    given = {"id": collection, "filter": 'author = "Bob"'}
    assert rows(both, "CALL SearchCollection('parking', :id, Filter => :filter)", given) == []
    given["filter"] = 'author = "Ada" AND name:"parking"'
    assert len(rows(both, "CALL SearchCollection('free', :id, Filter => :filter)", given)) == 1
    billed = sandbox.ledger()[before:]
    assert [(entry["endpoint"], entry["ticks"]) for entry in billed] == [("/v1/documents/search", 25_000_000)] * 2
    used = rows(both, "CALL ListUsage('2026-01-01', '2099-01-01', 'none')")
    assert [row["Usage_Group"] for row in used] == ["Collection search"]
    with pytest.raises(grokcall.InvalidRequestError, match="Invalid filter"):
        rows(both, "CALL SearchCollection('free', :id, Filter => 'author')", given)


def test_what_a_lookup_counts_is_what_was_billed(both, collection, sandbox):
    before = len(sandbox.ledger())
    result = both.lookup(
        "CALL SearchCollection(:q, :id, 2)", [{"q": word, "id": collection} for word in ("free", "open", "nothing")]
    )
    billed = sum(entry["ticks"] for entry in sandbox.ledger()[before:])
    assert (result.summary.unpriced, result.summary.unpriced_ticks) == (3, billed) == (3, 75_000_000)


def test_an_unknown_collection_is_not_found(both):
    with pytest.raises(grokcall.NotFoundError, match="collection_none"):
        both.execute("CALL SearchCollection('x', 'collection_none')")
    with pytest.raises(grokcall.NotFoundError):
        both.execute("CALL ListCollectionDocuments('collection_none')")


def test_a_document_that_is_not_indexed_yet_is_not_found(both, collection):
    given = {"id": collection}
    new = "CALL UploadCollectionDocument(:id, X'7879 6C6F7068 6F6E65', 'x.txt', Wait => FALSE)".replace(" 6", "6")
    assert only(both, new, given)["Document_Status"] == "processing"
    assert rows(both, "CALL SearchCollection('xylophone', :id)", given) == []
    for _ in range(3):
        rows(both, "CALL ListCollectionDocuments(:id)", given)
    assert len(rows(both, "CALL SearchCollection('xylophone', :id)", given)) == 1


def test_a_file_that_is_refused_is_there_no_more(both):
    made = only(both, "CALL CreateCollection('strict', Fields => 'author VARCHAR NOT NULL')")["Collection_Id"]
    with pytest.raises(grokcall.InvalidRequestError, match="Missing required field: author"):
        both.execute("CALL UploadCollectionDocument(:id, X'61', 'a.txt')", {"id": made})
    assert rows(both, "CALL ListFiles()") == []


def test_documents_without_text_fail_and_are_found_by_their_status(both, collection):
    with pytest.raises(grokcall.ServiceError, match="No text could be extracted"):
        both.execute("CALL UploadCollectionDocument(:id, X'0001', 'noise.bin')", {"id": collection})
    query = "SELECT Document_Name, Document_Error FROM ListCollectionDocuments($id) WHERE Document_Status = 'failed'"
    assert only(both, query, {"id": collection})["Document_Name"] == "noise.bin"


def test_a_document_is_taken_out_its_file_stays(both, collection):
    given = {"id": collection}
    (file_id,) = [
        row["Document_FileId"] for row in rows(both, "CALL ListCollectionDocuments(:id, 'name = \"hours.md\"')", given)
    ]
    given["file"] = file_id
    assert only(both, "CALL RemoveCollectionDocument(:id, :file)", given)["Deleted_Done"] is True
    with pytest.raises(grokcall.NotFoundError):
        both.execute("CALL GetCollectionDocument(:id, :file)", given)
    assert only(both, "CALL GetFile(:file)", given)["File_Name"] == "hours.md"
    assert only(both, "CALL GetCollection(:id)", given)["Collection_DocumentsCount"] == 2


def test_a_document_is_indexed_anew_as_its_collection_says_by_then(both, collection):
    given = {"id": collection, "chunks": {"chars_configuration": {"max_chunk_size_chars": 20}}}
    file_id = rows(both, "CALL ListCollectionDocuments(:id)", given)[0]["Document_FileId"]
    both.execute("CALL UpdateCollection(:id, ChunkConfiguration => :chunks)", given)
    given["file"] = file_id
    assert only(both, "CALL ReindexCollectionDocument(:id, :file)", given)["Document_Status"] == "processing"
    for _ in range(3):
        told = only(both, "CALL GetCollectionDocument(:id, :file)", given)
    assert told["Document_ChunkCount"] > 2


def test_a_document_that_is_there_already_is_added_if_it_is_the_same(both, collection):
    given = {"id": collection, "file": only(both, "CALL UploadFile(X'6869', 'hi.txt')")["File_Id"]}
    for _ in range(2):
        told = only(both, 'CALL AddCollectionDocument(:id, :file, \'{"author": "Ada"}\')', given)
        assert told["Document_Status"] == "processed"
    for fields in ("NULL", '\'{"author": "Bob"}\''):
        with pytest.raises(grokcall.InvalidRequestError, match="already in the collection"):
            both.execute(f"CALL AddCollectionDocument(:id, :file, {fields})", given)


def test_fields_come_from_structs_of_a_query(both, collection):
    query = (
        "SELECT u.Document_Fields AS fields FROM (SELECT {'author': 'Ada'} AS known) t, "
        "UploadCollectionDocument($id, 'hi'::BLOB, 'hi.txt', t.known) u"
    )
    assert only(both, query, {"id": collection})["fields"] == '{"author":"Ada"}'


def test_without_consent_a_query_puts_nothing_in(both, collection, sandbox):
    given = {"base_url": sandbox.base_url, "management_base_url": sandbox.management_base_url}
    keys = {"api_key": SANDBOX_KEY, "management_key": MANAGEMENT_KEY}
    with (
        grokcall.connect(**keys, **given) as connection,
        pytest.raises(grokcall.ChangeNotAllowedError, match="UploadCollectionDocument makes"),
    ):
        connection.execute("SELECT * FROM UploadCollectionDocument($id, 'a'::BLOB, 'a.txt')", {"id": collection})


def test_a_search_needs_no_management_key(sandbox, both, collection):
    with grokcall.connect(api_key=KEY, base_url=sandbox.base_url) as connection:
        assert len(rows(connection, "CALL SearchCollection('parking', :id)", {"id": collection})) == 1


def test_the_command_line_waits_and_searches(sandbox, both, collection, folder):
    environment = {
        **os.environ,
        "XAI_BASE_URL": sandbox.base_url,
        "XAI_API_KEY": SANDBOX_KEY,
        "XAI_MANAGEMENT_BASE_URL": sandbox.management_base_url,
        "XAI_MANAGEMENT_API_KEY": MANAGEMENT_KEY,
        "XAI_POLL_INTERVAL": "0.01",
    }
    (folder / "lifts.md").write_text("The lift is broken.")

    def told(statement):
        command = [Path(sys.executable).with_name("grokcall"), "call", statement, "--format", "json"]
        done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, timeout=400)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    assert '"processed"' in told(f"CALL UploadCollectionDocument('{collection}', 'file:lifts.md', 'lifts.md')")
    assert "The lift is broken." in told(f"CALL SearchCollection('lift', '{collection}')")
