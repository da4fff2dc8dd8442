"""What the service keeps: files, answers, batches and deferred completions, over the wire of the sandbox."""

from __future__ import annotations

import datetime
import json

import pytest

import grokcall
from scripted_service import Answer

PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)


def rows(connection: grokcall.Connection, sql: str, *values: object) -> list[dict[str, object]]:
    return connection.execute(sql, list(values) or None).fetch_arrow_table().to_pylist()


def only(connection: grokcall.Connection, sql: str, *values: object) -> dict[str, object]:
    (row,) = rows(connection, sql, *values)
    return row


def test_a_file_goes_up_is_found_fetched_and_removed(on_sandbox):
    file = only(on_sandbox, "CALL UploadFile(?, 'policy.txt', 3600)", "Zurückgeben ist frei.".encode())
    assert (file["File_Name"], file["File_Bytes"]) == ("policy.txt", 22)
    assert file["File_ExpiresAt"] - file["File_CreatedAt"] == datetime.timedelta(hours=1)
    assert json.loads(file["File_Raw"])["id"] == file["File_Id"]
    assert only(on_sandbox, "CALL GetFile(?)", file["File_Id"]) == file
    assert only(on_sandbox, "CALL DownloadFile(?, 'text')", file["File_Id"]) == {
        "File_Content": None,
        "File_Text": "Zurückgeben ist frei.",
        "File_Path": None,
    }
    assert only(on_sandbox, "CALL DownloadFile(?)", file["File_Id"])["File_Content"].endswith(b" frei.")
    assert only(on_sandbox, "CALL DeleteFile(?)", file["File_Id"])["Deleted_Done"] is True
    with pytest.raises(grokcall.NotFoundError, match="not found"):
        on_sandbox.execute("CALL GetFile(?)", [file["File_Id"]])


def test_files_are_listed_in_order_up_to_a_number_and_queried(on_sandbox):
    for number in range(5):
        on_sandbox.execute("CALL UploadFile(?, ?)", [b"x" * number + b"y", f"n{number}.txt"])
    found = rows(on_sandbox, "CALL ListFiles(SortBy => 'size', Order => 'desc', MaxRows => 2)")
    assert [row["File_Name"] for row in found] == ["n4.txt", "n3.txt"]
    assert only(on_sandbox, "SELECT sum(File_Bytes) AS bytes FROM ListFiles()") == {"bytes": 15}
    texts = "SELECT d.File_Text FROM ListFiles() f, DownloadFile(f.File_Id, 'text') d ORDER BY 1"
    assert [row["File_Text"] for row in rows(on_sandbox, texts)] == ["xxxxy", "xxxy", "xxy", "xy", "y"]
    assert [row["File_ExpiresAt"] for row in rows(on_sandbox, "CALL ListFiles()")] == [None] * 5


def test_files_are_uploaded_from_a_folder_in_one_query(on_sandbox, tmp_path):
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text(name)
    sql = f"SELECT u.File_Name, u.File_Bytes FROM read_blob('{tmp_path}/*.md') b, UploadFile(b.content, b.filename) u"
    names = sorted(str(row["File_Name"]).rpartition("/")[2] for row in rows(on_sandbox, sql))
    assert names == ["a.md", "b.md"]
    assert len(rows(on_sandbox, "CALL ListFiles()")) == 2


def test_an_image_gets_a_link_and_a_text_does_not(on_sandbox):
    image = only(on_sandbox, "CALL UploadFile(?, 'a.png')", PNG)["File_Id"]
    link = only(on_sandbox, "CALL CreateFileUrl(?, 3600)", image)
    assert link["File_PublicUrl"].startswith("http")
    assert link["File_PublicUrlExpiresAt"] > datetime.datetime.now(datetime.UTC)
    assert only(on_sandbox, "CALL GetFile(?)", image)["File_PublicUrl"] == link["File_PublicUrl"]
    revoked = only(on_sandbox, "CALL RevokeFileUrl(?)", image)
    assert (revoked["File_Id"], revoked["File_Revoked"]) == (image, True)
    assert only(on_sandbox, "CALL GetFile(?)", image)["File_PublicUrl"] is None
    text = only(on_sandbox, "CALL UploadFile(?, 'a.txt')", b"text")["File_Id"]
    with pytest.raises(grokcall.InvalidRequestError, match="image, video and PDF"):
        on_sandbox.execute("CALL CreateFileUrl(?)", [text])


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("CALL UploadFile(X'61', 'a', 60)", "ExpiresAfter .* 3600"),
        ("CALL UploadFile(X'61', '')", "Name .* is empty"),
        ("CALL GetFile(' ')", "FileId .* is empty"),
        ("CALL GetFile(NULL)", "FileId"),
        ("CALL ListFiles(MaxRows => 0)", "MaxRows"),
        ("CALL AddBatchRequests('b', '[]')", "at least one"),
        ("CALL AddBatchRequests('b', '[{\"id\": \"1\"}]')", "entry 1 that is no request"),
        ('CALL AddBatchRequests(\'b\', \'[{"kind": "responses", "body": {}}]\')', "entry 1 without an id"),
        (
            'CALL AddBatchRequests(\'b\', \'[{"id":"1","kind":"k","body":{}},{"id":"1","kind":"k","body":{}}]\')',
            "the id '1' twice",
        ),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_sent(connection, service, call, told):
    with pytest.raises(grokcall.DataError, match=told):
        connection.execute(call)
    assert service.asked == []


def test_an_id_with_signs_stays_one_part_of_the_path(connection, service):
    service.script = lambda asked: Answer(b'{"id": "a/b?c", "filename": "x"}')
    connection.execute("CALL GetFile('a/b?c#d ü')")
    assert [asked.path for asked in service.asked] == ["/v1/files/a%2Fb%3Fc%23d%20%C3%BC"]


def test_an_answer_is_kept_shown_again_and_removed(on_sandbox):
    answer = only(on_sandbox, "CALL GenerateResponse('Say one two', 'Be kind.', Store => TRUE)")
    kept = only(on_sandbox, "CALL GetResponse(?)", answer["Response_Id"])
    assert kept["Response_Result"] == answer["Response_Result"]
    assert list(kept) == list(answer)
    named = "SELECT Response_Rounds AS rounds, Response_Raw AS reply FROM GetResponse(?)"
    again = only(on_sandbox, named, answer["Response_Id"])
    assert (again["rounds"], json.loads(str(again["reply"]))["id"]) == (1, answer["Response_Id"])
    items = rows(on_sandbox, "CALL ListResponseInput(?)", answer["Response_Id"])
    assert [(item["Item_Role"], item["Item_Text"]) for item in items] == [("user", "Say one two")]
    assert only(on_sandbox, "CALL DeleteResponse(?)", answer["Response_Id"])["Deleted_Done"] is True
    with pytest.raises(grokcall.NotFoundError):
        on_sandbox.execute("CALL GetResponse(?)", [answer["Response_Id"]])


def test_a_conversation_becomes_shorter(on_sandbox):
    history = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Good day."}]
    row = only(on_sandbox, "CALL CompactConversation(?)", json.dumps(history))
    assert json.loads(row["Compaction_Output"])[0]["type"] == "compaction"
    assert row["Compaction_CostInUsdTicks"] > 0


def test_tokens_are_counted_and_shown(on_sandbox):
    assert only(on_sandbox, "CALL CountTokens('Grüße an dich')")["Tokens_Bytes"] == 15
    tokens = rows(on_sandbox, "CALL TokenizeText('Grüße an dich')")
    assert b"".join(token["Token_Bytes"] for token in tokens).decode() == "Grüße an dich"
    assert [token["Token_Position"] for token in tokens] == list(range(1, len(tokens) + 1))
    assert only(on_sandbox, "CALL CountTokens('Grüße an dich')")["Tokens_Count"] == len(tokens)
    assert only(on_sandbox, "SELECT count_tokens('a b') AS n")["n"] == 2


def test_an_embedding_is_a_vector_of_floats(connection, service):
    reply = {"data": [{"embedding": [0.5, -1, 2]}], "model": "v1", "usage": {"prompt_tokens": 3, "total_tokens": 3}}
    service.script = lambda asked: Answer(json.dumps(reply).encode())
    table = connection.execute("CALL CreateEmbedding('x', 'v1', 3)").fetch_arrow_table()
    assert str(table.schema.field("Embedding_Vector").type) == "list<item: float>"
    assert table.to_pylist()[0]["Embedding_Vector"] == [0.5, -1.0, 2.0]
    assert service.asked[0].json == {"input": "x", "model": "v1", "dimensions": 3, "encoding_format": "float"}
    assert connection.execute("SELECT create_embedding('y', 'v1')").fetchone() == ([0.5, -1.0, 2.0],)


def test_no_model_makes_embeddings_today(on_sandbox):
    with pytest.raises(grokcall.NotFoundError, match="v1"):
        on_sandbox.execute("CALL CreateEmbedding('x', 'v1')")


def test_a_completion_that_is_not_there_yet_is_pending(connection, service):
    service.script = lambda asked: Answer(b"", 202)
    early = only(connection, "CALL GetDeferredCompletion('r1', FALSE)")
    assert (early["Completion_Content"], early["Completion_Status"]) == (None, "pending")
    assert len(service.asked) == 1


def test_a_completion_is_begun_now_and_fetched_once(on_sandbox):
    request_id = only(on_sandbox, "CALL StartChatCompletion('grok-4.3', '2+2?')")["Deferred_RequestId"]
    late = only(on_sandbox, "CALL GetDeferredCompletion(?)", request_id)
    assert (late["Completion_Content"], late["Completion_Status"]) == ("4", "completed")
    with pytest.raises(grokcall.NotFoundError):
        on_sandbox.execute("CALL GetDeferredCompletion(?)", [request_id])


def test_a_completion_that_takes_too_long_can_be_fetched_later(connecting, service):
    service.script = lambda asked: Answer(b"", 202)
    connection = connecting(poll_interval=0.01, poll_timeout=0.05)
    with pytest.raises(grokcall.NotReadyError, match=r"CALL GetDeferredCompletion\('r1'\) fetches it") as caught:
        connection.execute("CALL GetDeferredCompletion('r1')")
    assert caught.value.statement == "CALL GetDeferredCompletion('r1')"
    assert grokcall.errors.error_code(caught.value) == "deferred_timeout"
    assert service.asked


def test_a_batch_is_made_filled_awaited_and_read(on_sandbox):
    batch = only(on_sandbox, "CALL CreateBatch('night')")
    assert (batch["Batch_Requests"], batch["Batch_Finished"]) == (0, False)
    requests = [
        {"id": "q", "kind": "responses", "body": {"model": "grok-4.3", "input": "2+2?"}},
        {"id": "p", "kind": "image_generation", "body": {"model": "grok-imagine-image", "prompt": "a kite"}},
    ]
    added = only(on_sandbox, "CALL AddBatchRequests(?, ?)", batch["Batch_Id"], json.dumps(requests))
    assert added == {"BatchAdd_Count": 2}
    done = only(on_sandbox, "CALL GetBatch(?, Wait => TRUE)", batch["Batch_Id"])
    assert (done["Batch_Finished"], done["Batch_Succeeded"], done["Batch_Pending"]) == (True, 2, 0)
    assert [row["Batch_Id"] for row in rows(on_sandbox, "CALL ListBatches()")] == [batch["Batch_Id"]]
    states = rows(on_sandbox, "CALL ListBatchRequests(?, 'succeeded')", batch["Batch_Id"])
    assert {row["BatchRequest_Id"] for row in states} == {"q", "p"}
    assert rows(on_sandbox, "CALL ListBatchRequests(?, 'failed')", batch["Batch_Id"]) == []
    results = {row["BatchResult_Id"]: row for row in rows(on_sandbox, "CALL ListBatchResults(?)", batch["Batch_Id"])}
    assert (results["q"]["BatchResult_Result"], results["q"]["BatchResult_Status"]) == ("4", "succeeded")
    assert results["q"]["BatchResult_CostInUsdTicks"] > 0
    assert results["p"]["BatchResult_Result"].startswith("http")
    media = "SELECT BatchResult_Content FROM ListBatchResults(?, Media := TRUE) WHERE BatchResult_Id = 'p'"
    assert only(on_sandbox, media, batch["Batch_Id"])["BatchResult_Content"][:2] == b"\xff\xd8"


def test_requests_may_be_written_as_calls(connection, service):
    service.script = lambda asked: Answer(b"null")
    requests = [
        {"id": "text", "call": "CALL GenerateResponse('Hi', 'Be kind.', Store => FALSE)"},
        {"id": "kite", "call": "CALL GenerateImage('a kite')"},
        {"id": "film", "call": "CALL GenerateVideo('a boat')"},
        {"id": "chat", "call": "CALL CreateChatCompletion('grok-4.3', 'Hi')"},
        {"id": "raw", "kind": "responses", "body": {"model": "m", "input": "2+2?"}},
    ]
    assert connection.execute("CALL AddBatchRequests('b', ?)", [requests]).fetchone() == (5,)
    sent = {each["batch_request_id"]: each["batch_request"] for each in service.asked[0].json["batch_requests"]}
    assert sent["text"]["responses"] == {
        "model": "grok-4.3",
        "input": "Hi",
        "instructions": "Be kind.",
        "store": False,
    }
    assert sent["kite"]["image_generation"]["prompt"] == "a kite"
    assert sent["film"]["video_generation"]["prompt"] == "a boat"
    assert sent["chat"]["chat_get_completion"]["messages"] == [{"role": "user", "content": "Hi"}]
    assert sent["raw"]["responses"]["input"] == "2+2?"


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("CALL GenerateRespons('Hi')", "request 'q', whose call cannot be made: .*did you mean GenerateResponse"),
        ("CALL GenerateResponse(:m)", "request 'q', whose call cannot be made"),
        ("CALL GenerateResponse(NULL)", "whose call cannot be made: .*Message"),
        ("CALL GenerateAudio('Hi', 'en')", "GenerateAudio cannot go through a batch"),
        ("CALL ListModels()", "ListModels cannot go through a batch"),
        ("SELECT 1", "whose call cannot be made"),
    ],
)
def test_a_call_that_no_batch_can_make_is_told_before_anything_is_sent(connection, service, call, told):
    with pytest.raises(grokcall.DataError, match=told):
        connection.execute("CALL AddBatchRequests('b', ?)", [[{"id": "q", "call": call}]])
    assert service.asked == []


def test_a_call_beside_a_body_is_no_request(connection, service):
    entry = {"id": "q", "call": "CALL GenerateResponse('Hi')", "kind": "responses", "body": {}}
    with pytest.raises(grokcall.DataError, match="entry 1 that is no request"):
        connection.execute("CALL AddBatchRequests('b', ?)", [[entry]])


def test_a_batch_without_requests_is_not_waited_for(on_sandbox):
    batch = only(on_sandbox, "CALL CreateBatch('empty')")
    assert only(on_sandbox, "CALL GetBatch(?, Wait => TRUE)", batch["Batch_Id"])["Batch_Finished"] is False


def test_requests_go_in_portions_that_the_service_takes(connection, service):
    service.script = lambda asked: Answer(b"null")
    large = "x" * (11 * 1024 * 1024)
    requests = [{"id": str(n), "kind": "responses", "body": {"model": "m", "input": large}} for n in range(3)]
    assert connection.execute("CALL AddBatchRequests('b', ?)", [requests]).fetchone() == (3,)
    assert [len(asked.json["batch_requests"]) for asked in service.asked] == [2, 1]


def test_a_batch_that_was_cut_half_way_says_how_far_it_came(connection, service):
    service.script = lambda asked: Answer(b"null") if len(service.asked) == 1 else Answer(cut=True)
    large = "x" * (13 * 1024 * 1024)
    requests = [{"id": str(n), "kind": "responses", "body": {"model": "m", "input": large}} for n in range(2)]
    with pytest.raises(grokcall.TransportError) as caught:
        connection.execute("CALL AddBatchRequests('b', ?)", [requests])
    assert "1 of 2 requests were added" in "".join(caught.value.__notes__)


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        (
            {"batch_request_id": "1", "batch_result": {"error": {"code": "bad", "message": "No."}}},
            ("failed", None, "bad", "No."),
        ),
        ({"batch_request_id": "1", "error_message": "Late."}, ("failed", None, None, "Late.")),
        (
            {
                "batch_request_id": "1",
                "batch_result": {"response": {"responses": {"status": "completed", "output": [
                    {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}
                ]}}},
            },
            ("succeeded", "Hi", None, None),
        ),
        (
            {"batch_request_id": "1", "batch_result": {"response": {"video_generation": {"video": {"url": "https://v/x"}}}}},
            ("succeeded", "https://v/x", None, None),
        ),
        ({"batch_request_id": "1", "batch_result": {"response": {"new": {"x": 1}}}}, ("succeeded", None, None, None)),
        ({"batch_request_id": "1"}, ("failed", None, None, None)),
    ],
)  # fmt: skip
def test_results_of_every_shape_are_read(connection, service, entry, wanted):
    service.script = lambda asked: Answer(json.dumps({"results": [entry], "pagination_token": None}).encode())
    (row,) = connection.execute("CALL ListBatchResults('b')").fetch_arrow_table().to_pylist()
    names = ("BatchResult_Status", "BatchResult_Result", "BatchResult_ErrorCode", "BatchResult_ErrorMessage")
    assert tuple(row[name] for name in names) == wanted
    assert json.loads(row["BatchResult_Raw"]) == entry


def test_counts_that_are_texts_or_missing_are_read(connection, service):
    batch = {"batch_id": "b", "state": {"num_requests": "2", "num_pending": "0"}, "create_time": "2026-08-10"}
    service.script = lambda asked: Answer(json.dumps(batch).encode())
    (row,) = connection.execute("CALL GetBatch('b')").fetch_arrow_table().to_pylist()
    assert (row["Batch_Requests"], row["Batch_Finished"], row["Batch_Failed"]) == (2, True, None)
    assert row["Batch_CreatedAt"] == datetime.datetime(2026, 8, 10, tzinfo=datetime.UTC)


def test_key_and_account_are_told(on_sandbox):
    key = only(on_sandbox, "CALL GetApiKey()")
    assert key["Key_Acls"] == ["api-key:model:*", "api-key:endpoint:*"]
    assert (key["Key_Disabled"], key["Key_CreatedAt"].year) == (False, 2026)
    assert only(on_sandbox, "CALL GetAccount()")["Account_ZeroDataRetention"] == "no_zdr"


def test_an_empty_list_has_no_rows_anywhere(on_sandbox):
    assert rows(on_sandbox, "CALL ListFiles()") == []
    assert rows(on_sandbox, "SELECT * FROM ListFiles()") == []
