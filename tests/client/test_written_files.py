"""DownloadFile with To: the content goes into a file as it comes, whole or not at all."""

from __future__ import annotations

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
