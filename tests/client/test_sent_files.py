"""Files are sent from where they are: the same bytes over every transport, anew for each try, and never half."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

import grokcall
from grokcall import errors
from grokcall.core.local_files import FILES
from grokcall_procedures.file_sources import is_source
from scripted_service import Answer, Service, refused

CONTENT = bytes(range(256)) * 9_000
"""More than two blocks."""
STORED = Answer(b'{"id":"file_1","filename":"a.bin","bytes":2304000}')
UPLOAD = "CALL UploadFile(:content, 'a.bin')"


def through(transport: str) -> object:
    """The transport of a connection: one of ours, or a function, which takes bytes only."""
    if transport != "function":
        return transport

    def send(request: grokcall.HttpRequest) -> grokcall.HttpResponse:
        assert isinstance(request.body, bytes)
        reply = httpx.request(request.method, request.url, headers=dict(request.headers), content=request.body)
        return grokcall.HttpResponse(reply.status_code, dict(reply.headers), reply.content)

    return send


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "a.bin"
    path.write_bytes(CONTENT)
    return path


@pytest.mark.parametrize("transport", ["aiohttp", "httpx", "function"])
@pytest.mark.parametrize("is_named", [False, True])
def test_a_file_arrives_whole_behind_the_fields_with_its_length_told(
    service: Service, connecting: Callable[..., grokcall.Connection], large: Path, transport: str, is_named: bool
) -> None:
    service.script = lambda asked: STORED
    content = grokcall.file(str(large)) if is_named else CONTENT
    row = connecting(transport=through(transport)).execute(UPLOAD, {"content": content}).fetchone()
    assert row is not None
    assert row[0] == "file_1"
    (asked,) = service.asked
    boundary = asked.headers["content-type"].partition("boundary=")[2].encode()
    head, _, rest = asked.body.partition(b"\r\nContent-Type: application/octet-stream\r\n\r\n")
    assert head.index(b'name="purpose"') < head.index(b'name="file"; filename="a.bin"')
    assert rest == CONTENT + b"\r\n--" + boundary + b"--\r\n"
    assert int(asked.headers["content-length"]) == len(asked.body)
    assert "transfer-encoding" not in asked.headers


@pytest.mark.parametrize("transport", ["aiohttp", "httpx", "function"])
def test_each_try_sends_all_of_the_file(
    service: Service, connecting: Callable[..., grokcall.Connection], large: Path, transport: str
) -> None:
    answers = iter([refused(429, "slow down", retry_after="0"), STORED])
    service.script = lambda asked: next(answers)
    connecting(transport=through(transport)).execute(UPLOAD, {"content": grokcall.file(str(large))})
    first, second = service.asked
    assert first.body == second.body
    assert CONTENT in second.body


@pytest.mark.parametrize("transport", ["aiohttp", "httpx", "function"])
@pytest.mark.parametrize("change", ["longer", "gone"])
def test_a_file_that_changes_between_two_tries_is_an_error_that_names_it(
    service: Service, connecting: Callable[..., grokcall.Connection], large: Path, transport: str, change: str
) -> None:
    def change_then_refuse(asked: object) -> Answer:
        if change == "longer":
            large.write_bytes(CONTENT + b"more")
        else:
            large.unlink()
        return refused(429, "slow down", retry_after="0")

    service.script = change_then_refuse
    connection = connecting(transport=through(transport))
    reason = "was changed while the call went on" if change == "longer" else "cannot read the file"
    with pytest.raises(errors.DataError, match=rf"{reason}.*call again|cannot read.*a\.bin.*call again"):
        connection.execute(UPLOAD, {"content": grokcall.file(str(large))})
    assert len([asked for asked in service.asked if CONTENT in asked.body]) == 1


def test_text_names_a_file_only_where_that_is_allowed(
    service: Service, connecting: Callable[..., grokcall.Connection], large: Path
) -> None:
    service.script = lambda asked: STORED
    statement = f"CALL UploadFile('file:{large}', 'a.bin')"
    with pytest.raises(
        errors.BadValueError, match=r"UploadFile: parameter Content .*names a file.*allow_files.*grokcall\.file"
    ):
        connecting().execute(statement)
    assert not service.asked
    assert connecting(allow_files=True).execute(statement).fetchone() is not None
    assert CONTENT in service.asked[0].body


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (grokcall.file("missing.bin"), r"'missing\.bin', which cannot be read: No such file or directory; a relative"),
        (grokcall.file("."), r"'\.', which is no plain file"),
        (grokcall.file("empty.bin"), r"the file '.*empty\.bin', which is empty"),
        ("words", r"expected a file, got text; pass bytes, X'…', a data URI, or grokcall\.file\('path'\)"),
        (b"", "must not be empty"),
        (7, "expected bytes, got 7"),
    ],
)
def test_what_is_no_file_is_refused_before_anything_is_sent(
    service: Service,
    connection: grokcall.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: object,
    reason: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.bin").touch()
    with pytest.raises(errors.BadValueError, match=f"UploadFile: parameter Content .*{reason}"):
        connection.execute(UPLOAD, {"content": given})
    assert not service.asked


def test_files_larger_than_the_service_or_the_option_allows_are_refused_unread(
    service: Service, connecting: Callable[..., grokcall.Connection], tmp_path: Path
) -> None:
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(48 * 1024 * 1024 + 1)  # sparse: it takes no room
    with pytest.raises(errors.BadValueError, match="50,331,649 bytes; at most 50,331,648 are allowed"):
        connecting().execute(UPLOAD, {"content": grokcall.file(str(path))})
    with pytest.raises(errors.BadValueError, match=r"at most 1,000 are sent .the option max_media_bytes"):
        connecting(max_media_bytes=1000).execute(UPLOAD, {"content": grokcall.file(str(path))})
    assert not service.asked


def test_the_hash_of_a_file_is_that_of_its_content_and_follows_a_change(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(CONTENT)
    second.write_bytes(CONTENT)
    before = FILES.open(str(first)).digest
    assert before == FILES.open(str(second)).digest
    first.write_bytes(b"x" + CONTENT[1:])
    os.utime(first, ns=(1, 1))
    assert FILES.open(str(first)).digest != before


def test_a_lookup_s_column_of_paths_is_sent_file_by_file(
    service: Service, connection: grokcall.Connection, large: Path
) -> None:
    service.script = lambda asked: STORED
    rows = [{"path": str(large)}, {"path": str(large.with_name("none.bin"))}]
    mapping = {"content": grokcall.file("path")}
    result = connection.lookup(UPLOAD, rows, mapping, on_error="ignore", call_columns=True).rows.to_pylist()
    assert [row["Call_Status"] for row in result] == ["ok", "error"]
    assert "none.bin" in json.dumps(result[1])
    assert len(service.asked) == 1
    assert CONTENT in service.asked[0].body


def test_explain_shows_a_named_file_by_its_path_and_size(connection: grokcall.Connection, large: Path) -> None:
    rows = connection.execute(f"EXPLAIN {UPLOAD}", {"content": grokcall.file(str(large))}).fetch_arrow_table()
    told = json.dumps(rows.to_pylist(), default=str)
    assert f"(the file {large}, 2,304,000 bytes)" in told


def test_a_file_is_told_from_bytes_without_being_read(large: Path) -> None:
    opened = FILES.open(str(large))
    large.write_bytes(b"another content, of which a reader would complain")
    assert is_source(opened)
    assert not is_source(CONTENT)
    with pytest.raises(errors.DataError, match="was changed"):
        _ = opened.digest
