"""What a journal keeps of calls that read, that make something, and of replies that can be read once."""

from __future__ import annotations

import json

import grokcall
from scripted_service import Answer, Asked, refused

ROWS = [{"f": "file_1"}, {"f": "file_2"}]


def test_what_is_read_is_asked_anew_in_each_run(connection, service, tmp_path):
    service.script = lambda asked: Answer(json.dumps({"id": "x", "bytes": len(service.asked)}).encode())
    for wanted in ([1, 2], [3, 4]):
        found = connection.lookup("CALL GetFile(:f)", ROWS, journal=tmp_path / "j", concurrency=1).rows
        assert found["File_Bytes"].to_pylist() == wanted


def test_equal_rows_of_one_run_share_a_look(connection, service, tmp_path):
    service.script = lambda asked: Answer(b'{"id": "x"}')
    for options in ({}, {"journal": tmp_path / "j"}):
        before = len(service.asked)
        connection.lookup("CALL GetFile(:f)", [{"f": "same"}] * 5, **options)
        assert len(service.asked) - before == 1


def test_each_query_reads_anew(connection, service):
    service.script = lambda asked: Answer(json.dumps({"id": "x", "bytes": len(service.asked)}).encode())
    for wanted in (1, 2):
        assert connection.execute("SELECT File_Bytes FROM GetFile('x')").fetchall() == [(wanted,)]


def test_limits_count_what_is_read(connection, service, tmp_path):
    service.script = lambda asked: Answer(b'{"id": "x"}')
    stream = connection.lookup_stream("CALL GetFile(:f)", [{"f": str(n)} for n in range(9)], max_calls=3)
    try:
        for _ in stream:
            pass
    except grokcall.BudgetReachedError:
        pass
    assert len(service.asked) == 3


def test_what_was_made_is_not_made_again_by_the_same_run_and_is_by_another(connection, service, tmp_path):
    service.script = lambda asked: Answer(json.dumps({"id": f"file_{len(service.asked)}"}).encode())
    rows = [{"c": b"one", "n": "1"}, {"c": b"two", "n": "2"}]
    call = "CALL UploadFile(:c, :n)"
    first = connection.lookup(call, rows, journal=tmp_path / "j").rows["File_Id"].to_pylist()
    assert connection.lookup(call, rows, journal=tmp_path / "j").rows["File_Id"].to_pylist() == first
    assert len(service.asked) == 2
    connection.lookup("CALL UploadFile(:x, '1')", [{"x": b"one"}], journal=tmp_path / "j", reuse=True)
    assert len(service.asked) == 3


def test_a_completion_that_can_be_read_once_is_kept_before_it_is_read(connecting, service, tmp_path):
    """The first reply is lost to the row, because it cannot be read; the journal has it all the same."""
    completion = {"id": "c", "choices": [{"message": {"content": "Hi"}}]}

    def script(asked: Asked) -> Answer:
        if len(service.asked) == 1:
            return Answer(json.dumps(completion).encode())
        return refused(404, "not found")

    service.script = script
    connection = connecting(poll_interval=0.01)
    for _ in range(2):
        with connection.lookup_stream(
            "CALL GetDeferredCompletion(:f)", [{"f": "r1"}], journal=tmp_path / "j"
        ) as stream:
            ((kept, _),) = stream
            in_doubt = stream.in_doubt
        assert kept["Completion_Content"].to_pylist() == ["Hi"]
        assert (in_doubt, stream.summary.cost_usd, stream.summary.failed) == (0, 0, 0)
    assert len(service.asked) == 1
