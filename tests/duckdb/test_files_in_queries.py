"""Files in queries: bytes, and text that names a file where that is allowed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

import grokcall
from grokcall.duckdb import Registration
from scripted_service import Answer, Service

STORED = Answer(b'{"id":"file_1","filename":"a.bin","bytes":3}')
BYTES = b"\x00\x01file:x"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ä b.bin"
    path.write_bytes(BYTES)
    return path


def test_a_query_sends_bytes_data_uris_and_the_files_that_text_names(
    service: Service,
    connecting: Callable[..., grokcall.Connection],
    con: duckdb.DuckDBPyConnection,
    registering: Callable[..., Registration],
    path: Path,
) -> None:
    service.script = lambda asked: STORED
    registering(connecting(allow_files=True))
    con.execute("SET VARIABLE path = ?", [str(path)])
    found = con.sql(
        "SELECT u.File_Id FROM (SELECT content FROM read_blob(getvariable('path'))) b, UploadFile(b.content, 'a') u "
        "UNION ALL SELECT u.File_Id FROM (SELECT 'file:' || getvariable('path') AS p) g, UploadFile(g.p, 'b') u "
        "UNION ALL SELECT u.File_Id FROM UploadFile('data:x/y;base64,AAFmaWxlOng=', 'c') u"
    ).fetchall()
    assert found == [("file_1",)] * 3
    assert [BYTES in asked.body for asked in service.asked] == [True] * 3


def test_bytes_that_read_like_a_path_are_bytes_and_text_is_no_path_unless_allowed(
    service: Service, con: duckdb.DuckDBPyConnection, registering: Callable[..., Registration], path: Path
) -> None:
    service.script = lambda asked: STORED
    registering()
    con.sql(f"SELECT File_Id FROM UploadFile(encode('file:{path}'), 'a')").fetchall()
    assert f"file:{path}".encode() in service.asked[0].body
    with pytest.raises(duckdb.Error, match=r"names a file.*allow_files"):
        con.sql(f"SELECT File_Id FROM UploadFile('file:{path}', 'a')").fetchall()
    with pytest.raises(duckdb.Error, match="must be a BLOB or a data URI"):
        con.sql("SELECT File_Id FROM UploadFile('words', 'a')").fetchall()
    assert len(service.asked) == 1
