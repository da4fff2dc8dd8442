"""Images and videos that the service also stores as files, or puts to an address of the user's."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
from canned import JPEG, MP4, PNG
from stepping import bind, reply, run

import grokcall
from grokcall_procedures import BadValueError
from grokcall_procedures.effects import Effect
from scripted_service import Answer, Asked, Service

B64 = base64.b64encode(JPEG).decode()
FILE = {"file_id": "file_1", "filename": "kite.jpg", "expires_at": 1_800_000_000, "public_url": "https://x.ai/kite"}
MADE = {"data": [{"b64_json": B64, "file_output": FILE}]}
STARTED = {"request_id": "film-1"}
FILM = reply(MP4, content_type="video/mp4")
STORED = "StoreAs => 'kite.jpg', StoreFor => 86400, PublicUrl => TRUE"
OPTIONS = {"filename": "kite.jpg", "expires_after": 86400, "public_url": True}
TARGET = "https://bucket.example.org/kite?X-Amz-Signature=0123456789abcdef"
IMAGES = [
    ("CALL GenerateImage('a kite', {})", {}),
    ("CALL EditImage('pink', :a, {})", {"a": PNG}),
    ("CALL EditImageByUrl('pink', :a, {})", {"a": "https://example.org/a.png"}),
]


@pytest.mark.parametrize(("call", "values"), [*IMAGES, ("CALL GenerateImages('a kite', 1, {})", {})])
def test_an_image_is_stored_under_a_name_once_and_tells_of_its_file(call, values):
    done = run(call.format(STORED), [MADE], values or None)
    assert done.body()["storage_options"] == OPTIONS
    assert done.requests[0].once
    assert done.rows[0][-3:-1] == ("file_1", "https://x.ai/kite")
    assert JPEG in done.rows[0]


def test_a_video_is_stored_as_well():
    video = {"url": "https://vidgen.x.ai/a.mp4", "duration": 2, "file_output": FILE}
    done = run(f"CALL GenerateVideo('a boat', {STORED})", [STARTED, {"status": "done", "video": video}, FILM])
    assert done.body()["storage_options"] == OPTIONS
    assert done.requests[0].once
    assert done.rows[0][0] == MP4
    assert done.rows[0][4:6] == ("file_1", "https://x.ai/kite")


def test_a_name_alone_is_enough():
    assert run("CALL GenerateImage('a', StoreAs => 'k.jpg')", [MADE]).body()["storage_options"] == {"filename": "k.jpg"}
    plain = run("CALL GenerateImage('a')", [MADE])
    assert "storage_options" not in plain.body()
    assert not plain.requests[0].once


@pytest.mark.parametrize("call", ["GenerateImage('a', {})", "GenerateVideo('a', {})", "GenerateImages('a', {})"])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("StoreFor => 60", "StoreFor .* name it with StoreAs"),
        ("PublicUrl => TRUE", "PublicUrl .* name it with StoreAs"),
        ("StoreAs => ' '", "StoreAs .* is empty"),
        ("StoreAs => 'k', StoreFor => 2592001", "StoreFor .* must be 1 to"),
    ],
)
def test_what_tells_of_no_file_is_refused(call, arguments, words):
    with pytest.raises(BadValueError, match=words):
        bind(f"CALL {call.format(arguments)}")


def test_an_address_to_put_to_is_checked_and_not_repeated():
    with pytest.raises(BadValueError, match="UploadUrl") as caught:
        bind("CALL GenerateImage('a', UploadUrl => 'ftp://user:hunter2@example.org/a')")
    assert "^" not in str(caught.value)


def test_a_call_that_stores_makes_something_and_another_does_not():
    assert bind(f"CALL GenerateVideo('a', {STORED})").effect is Effect.MAKE
    assert bind("CALL GenerateVideo('a')").effect is Effect.ASK


@pytest.mark.parametrize("told", ["no room", {"code": "internal", "message": "no room"}])
def test_a_file_that_could_not_be_stored_is_a_warning_beside_the_image(
    connection: grokcall.Connection, service: Service, told: object
):
    entry = {"b64_json": B64, "storage_error": told}
    service.script = lambda _asked: Answer(json.dumps({"data": [entry]}).encode())
    cursor = connection.execute("CALL GenerateImage('a kite', StoreAs => 'kite.jpg')")
    assert cursor.fetchone() == (JPEG,)
    assert "could not store it as a file as it was asked to: no room" in str(cursor.messages[0][1])


@pytest.mark.parametrize(("call", "values"), IMAGES)
@pytest.mark.parametrize("entry", [{}, {"url": "https://bucket.example.org/kite"}, {"url": ""}])
def test_an_image_that_was_put_elsewhere_is_not_fetched(call, values, entry):
    done = run(call.format(f"UploadUrl => '{TARGET}'"), [{"data": [entry]}], values or None)
    assert done.body()["output"] == {"upload_urls": [TARGET]}
    assert len(done.requests) == 1
    assert done.value is None


def test_an_image_that_comes_all_the_same_is_taken_and_one_that_is_held_back_is_an_error():
    call = f"CALL GenerateImage('a', UploadUrl => '{TARGET}')"
    assert run(call, [MADE]).value == JPEG
    assert "moderation" in str(run(call, [{"data": [{"respect_moderation": False}]}]).error)


@pytest.mark.parametrize("video", [{}, {"url": ""}, {"url": "https://bucket.example.org/a.mp4", "duration": 2}])
def test_a_video_that_was_put_elsewhere_is_awaited_and_not_fetched(video):
    done = run(f"CALL GenerateVideo('a', UploadUrl => '{TARGET}')", [STARTED, {"status": "done", "video": video}])
    assert done.body()["output"] == {"upload_url": TARGET}
    assert done.value is None
    assert done.rows[0][7] == "film-1"


def test_a_video_that_was_to_be_put_elsewhere_and_is_held_back_is_an_error():
    answer = {"status": "done", "video": {"url": "", "respect_moderation": False}}
    done = run(f"CALL GenerateVideo('a', UploadUrl => '{TARGET}')", [STARTED, answer])
    assert "moderation" in str(done.error)


def test_no_explanation_shows_the_signature_of_an_address(connection: grokcall.Connection):
    table = connection.execute(f"EXPLAIN CALL GenerateImage('a', UploadUrl => '{TARGET}')").fetch_arrow_table()
    assert "0123456789abcdef" not in str(table.to_pylist())


# On the sandbox


def test_a_stored_image_is_a_file_with_a_link(on_sandbox: grokcall.Connection):
    named = "SELECT ResultImage_Content, ResultImage_FileId, ResultImage_PublicUrl FROM GenerateImage('a kite', {})"
    ((content, file_id, link),) = on_sandbox.execute(
        named.format("StoreAs := 'kite.jpg', PublicUrl := true")
    ).fetchall()
    assert on_sandbox.execute("CALL DownloadFile(:f)", {"f": file_id}).fetchone()[0] == content
    file = on_sandbox.execute("CALL GetFile(:f)", {"f": file_id}).fetch_arrow_table().to_pylist()[0]
    assert (file["File_Name"], file["File_PublicUrl"], file["File_ExpiresAt"]) == ("kite.jpg", link, None)


def test_several_stored_images_are_a_file_each(on_sandbox: grokcall.Connection):
    fields = ["ResultImage_FileId"]
    found = on_sandbox.lookup(
        "CALL GenerateImages(:d, 2, StoreAs => 'kite.jpg')", [{"d": "a kite"}], fields=fields, many="expand"
    )
    files = set(found.rows["ResultImage_FileId"].to_pylist())
    assert len(files) == 2
    assert on_sandbox.execute("SELECT count(*) FROM ListFiles()").fetchone() == (2,)


def test_a_stored_video_is_a_file(on_sandbox: grokcall.Connection):
    named = (
        "SELECT ResultVideo_Content, ResultVideo_FileId FROM GenerateVideo('a boat', Duration := 1, StoreAs := 'b.mp4')"
    )
    ((content, file_id),) = on_sandbox.execute(named).fetchall()
    assert on_sandbox.execute("CALL DownloadFile(:f)", {"f": file_id}).fetchone()[0] == content


def test_what_is_made_is_put_to_an_address(on_sandbox: grokcall.Connection, service: Service):
    service.script = lambda _asked: Answer(b"")
    for call in ("GenerateImage('a kite', UploadUrl => :u)", "GenerateVideo('b', Duration => 1, UploadUrl => :u)"):
        assert on_sandbox.execute(f"CALL {call}", {"u": f"{service.origin}/put"}).fetchone() == (None,)
    puts: list[Asked] = service.asked
    assert [(asked.method, asked.path) for asked in puts] == [("PUT", "/put")] * 2
    assert puts[0].body[:3] == b"\xff\xd8\xff"
    assert puts[1].body[4:8] == b"ftyp"


def test_a_connection_that_only_reads_stores_nothing(connecting: Callable[..., grokcall.Connection], service: Service):
    reading = connecting(read_only=True)
    with pytest.raises(grokcall.ChangeNotAllowedError):
        reading.execute("CALL GenerateImage('a kite', StoreAs => 'kite.jpg')")
    with pytest.raises(grokcall.ChangeNotAllowedError):
        reading.execute("SELECT * FROM GenerateImage('a kite', StoreAs := 'kite.jpg')")
    assert service.asked == []
    service.script = lambda _asked: Answer(json.dumps(MADE).encode())
    assert reading.execute("CALL GenerateImage('a kite')").fetchone() == (JPEG,)
