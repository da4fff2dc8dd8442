"""What must be sent once is, whatever becomes of it; what removes something may be sent again."""

from __future__ import annotations

import pytest

import grokcall
from grokcall_procedures import CATALOG
from grokcall_procedures.effects import Effect
from scripted_service import Answer, refused

UPLOAD = ("CALL UploadFile(:c, 'a.txt')", {"c": b"hi"})


@pytest.mark.parametrize(
    "ending", [Answer(cut=True), refused(500), refused(503), refused(408), refused(504), refused(409)], ids=str
)
@pytest.mark.parametrize(
    ("call", "values"),
    [
        UPLOAD,
        ("CALL CreateBatch('night')", None),
        ("CALL AddBatchRequests('b', :r)", {"r": [{"id": "1", "kind": "responses", "body": {"model": "m"}}]}),
        ("CALL StartChatCompletion('grok-4.3', 'hi')", None),
        ("CALL GetDeferredCompletion('r', FALSE)", None),
    ],
)
def test_what_may_have_been_served_is_not_sent_again(connection, service, ending, call, values):
    service.script = lambda asked: ending
    with pytest.raises(grokcall.Error):
        connection.execute(call, values)
    assert len(service.asked) == 1


def test_what_the_service_was_too_busy_for_is_sent_again(connection, service):
    service.script = lambda asked: (
        refused(429, retry_after="0.01") if len(service.asked) < 3 else Answer(b'{"id": "file_1"}')
    )
    assert connection.execute(*UPLOAD).fetchone()[0] == "file_1"
    assert len(service.asked) == 3


@pytest.mark.parametrize("first", [Answer(cut=True), refused(500), refused(504)], ids=str)
@pytest.mark.parametrize("call", ["CALL DeleteFile('file_1')", "CALL DeleteResponse('file_1')"])
def test_what_a_first_try_removed_is_gone(connection, service, first, call):
    service.script = lambda asked: first if len(service.asked) == 1 else refused(404, "File not found")
    assert connection.execute(call).fetchone()[:2] == ("file_1", True)
    assert len(service.asked) == 2


def test_what_was_never_there_is_not_found(connection, service):
    service.script = lambda asked: refused(404, "File not found")
    with pytest.raises(grokcall.NotFoundError):
        connection.execute("CALL DeleteFile('file_1')")


def test_whatever_makes_something_is_sent_once():
    made = {each.name for each in CATALOG.values() if each.effect is Effect.MAKE}
    assert made == {
        "UploadFile",
        "CreateBatch",
        "AddBatchRequests",
        "StartChatCompletion",
        "CreateApiKey",
        "CreateCollection",
        "AddCollectionDocument",
        "UploadCollectionDocument",
        "CreateVoice",
        "CreateRealtimeToken",
    }
