"""A file of the service comes as it is read, by connection.stream and by the command."""

from __future__ import annotations

import pytest
from streaming import Pieces

import grokcall
from scripted_service import KEY, Answer

CALL = "CALL DownloadFile('file_1')"


def file_of(*pieces: bytes, kind: str = "application/json", whole: bool = True) -> Pieces:
    return Pieces(headers={"content-type": kind, "x-request-id": "req-file"}, pieces=pieces, whole=whole)


@pytest.mark.parametrize("kind", ["application/pdf", "application/json", "text/csv"])
def test_the_bytes_of_any_file_come_as_pieces_and_are_the_row(connection, service, kind):
    service.script = lambda _: file_of(b'{"a', b'": 1}', kind=kind)
    with connection.stream(CALL) as stream:
        pieces = [piece for piece in stream if piece.kind == "data"]
    assert b"".join(piece.data for piece in pieces) == b'{"a": 1}' == stream.sound
    assert stream.result["File_Content"] == b'{"a": 1}'
    assert pieces[0].as_dict().keys() == {"kind", "bytes"}


def test_a_file_as_text_is_text_in_the_row(connection, service):
    service.script = lambda _: file_of("né".encode(), kind="text/plain")
    with connection.stream("CALL DownloadFile('file_1', 'text')") as stream:
        for _ in stream:
            pass
    assert stream.result["File_Text"] == "né"


def test_a_file_that_is_cut_off_is_told_with_what_had_come(connection, service):
    service.script = lambda _: file_of(b"abc", whole=False)
    with pytest.raises(grokcall.StreamCutError) as cut, connection.stream(CALL) as stream:
        for _ in stream:
            pass
    assert cut.value.partial == b"abc"
    assert len(service.asked) == 1


def test_a_file_of_a_lookup_is_asked_for_again_where_it_is_cut_off(service):
    replies = iter([file_of(b"abc", whole=False), Answer(b"abcdef")])
    service.script = lambda _: next(replies)
    with grokcall.connect(api_key=KEY, base_url=service.base_url, receive="stream") as connection:
        rows = connection.lookup("CALL DownloadFile(:id)", [{"id": "file_1"}], fields=["File_Content"]).rows
    assert rows["File_Content"].to_pylist() == [b"abcdef"]
    assert len(service.asked) == 2


def test_one_that_goes_to_a_path_has_no_pieces(tmp_path, service):
    service.script = lambda _: file_of(b"abc")
    with grokcall.connect(api_key=KEY, base_url=service.base_url, allow_files=True) as connection:
        target = tmp_path / "x.bin"
        with connection.stream("CALL DownloadFile('file_1', To => :to)", {"to": str(target)}) as stream:
            assert [piece.kind for piece in stream if piece.kind != "status"] == []
        assert stream.result["File_Path"] == str(target)
    assert target.read_bytes() == b"abc"
