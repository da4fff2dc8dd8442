"""DownloadFile and videos with To: the content goes into a file as it comes, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import grokcall
from grokcall import errors
from scripted_service import Answer, Service, refused

CONTENT = bytes(range(256)) * 9_000
DOWNLOAD = "CALL DownloadFile('file_1', To => :path)"
Connecting = Callable[..., grokcall.Connection]


@pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
def test_the_content_is_in_the_file_and_the_row_has_its_path(
    service: Service, connecting: Connecting, tmp_path: Path, transport: str
) -> None:
    service.script = lambda asked: Answer(CONTENT, headers={"content-type": "application/octet-stream"})
    path = tmp_path / "a.bin"
    path.write_bytes(b"before")
    row = connecting(transport=transport, allow_files=True).execute(DOWNLOAD, {"path": str(path)}).fetchone()
    assert row == (None, None, str(path))
    assert path.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
@pytest.mark.parametrize("how", ["refused", "too large"])
def test_what_does_not_come_whole_leaves_what_was_there(
    service: Service, connecting: Connecting, tmp_path: Path, transport: str, how: str
) -> None:
    service.script = lambda asked: refused(404, "no such file") if how == "refused" else Answer(CONTENT)
    path = tmp_path / "a.bin"
    path.write_bytes(b"before")
    connection = connecting(transport=transport, allow_files=True, max_media_bytes=1_000)
    with pytest.raises((errors.NotFoundError, errors.ReplyTooLargeError)):
        connection.execute(DOWNLOAD, {"path": str(path)})
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_written_only_where_text_may_name_one_and_a_folder_is_there(
    service: Service, connecting: Connecting, tmp_path: Path
) -> None:
    with pytest.raises(errors.BadValueError, match=r"DownloadFile: parameter To .*needs the option allow_files"):
        connecting().execute(DOWNLOAD, {"path": str(tmp_path / "a.bin")})
    allowed = connecting(allow_files=True)
    with pytest.raises(errors.BadValueError, match="in a folder that is not there"):
        allowed.execute(DOWNLOAD, {"path": str(tmp_path / "none" / "a.bin")})
    with pytest.raises(errors.BadValueError, match="is a folder"):
        allowed.execute(DOWNLOAD, {"path": str(tmp_path)})
    assert not service.asked


VIDEO = b"\0\0\0\x18ftypisom\0\0\2\0isommp41" + CONTENT


def film(content: bytes = VIDEO, status: int = 200):
    """A service that has made a video, which it sends on to where it lies."""

    def script(asked):
        if asked.path.startswith("/v1/videos/"):
            url = f"http://{asked.headers['host']}/media/kite.mp4"
            return Answer(json.dumps({"status": "done", "video": {"url": url, "duration": 4}}).encode())
        if asked.path == "/media/kite.mp4":
            return Answer(status=302, headers={"location": "/media/there.mp4"})
        return Answer(content, status)

    return script


@pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
def test_a_video_is_in_the_file_and_not_in_the_row(service, connecting, tmp_path, transport) -> None:
    service.script = film()
    path = tmp_path / "kite.mp4"
    query = "SELECT ResultVideo_Content, ResultVideo_Path, ResultVideo_Duration FROM GetVideo('v', \"To\" := $path)"
    row = connecting(transport=transport, allow_files=True).execute(query, {"path": str(path)}).fetchone()
    assert row == (None, str(path), 4.0)
    assert path.read_bytes() == VIDEO
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"<html>Sign in</html>" * 100, b"", b"<html>"])
def test_what_is_no_video_leaves_what_was_there(service, connecting, tmp_path, content) -> None:
    service.script = film(content)
    path = tmp_path / "kite.mp4"
    path.write_bytes(b"before")
    with pytest.raises(errors.MalformedReplyError, match="where video/mp4 was expected") as caught:
        connecting(allow_files=True).execute("CALL GetVideo('v', To => :path)", {"path": str(path)})
    assert "CALL GetVideo('v') fetches the video without paying again" in "".join(caught.value.__notes__)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("GenerateVideo", ":a"),
        ("EditVideo", ":v, :a"),
        ("EditVideoByUrl", ":u, :a"),
        ("ExtendVideo", ":v, :a"),
        ("ExtendVideoByUrl", ":u, :a"),
        ("GetVideo", ":a"),
    ],
)
def test_every_procedure_that_gives_videos_can_write_them(service, connecting, tmp_path, name, given) -> None:
    started = film()
    service.script = lambda asked: Answer(b'{"request_id": "v"}') if asked.method == "POST" else started(asked)
    values = {"a": "a kite", "v": VIDEO[:24], "u": "https://example.org/a.mp4", "to": str(tmp_path / "kite.mp4")}
    call = f"CALL {name}({given}, To => :to)"
    with pytest.raises(errors.BadValueError, match=rf"{name}: parameter To .*needs the option allow_files"):
        connecting().execute(call, values)
    assert not service.asked
    connecting(allow_files=True, poll_interval=0.05).execute(call, values)
    assert (tmp_path / "kite.mp4").read_bytes() == VIDEO
