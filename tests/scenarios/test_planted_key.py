"""A key is planted, everything is run that could let it out, and every byte that came out is searched for it."""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
import traceback
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import grokcall
from scripted_service import KEY, Answer, answered, refused

ASK = "CALL GenerateResponse(:Message)"
LETS_IT_SLIP = [
    refused(400, f"Incorrect API key provided: {KEY}."),
    refused(403, f"The key {KEY} is blocked."),
    refused(400, f"Bad header Authorization: Bearer {KEY}", f"code-{KEY}"),
    refused(429, f"Too many requests for team of {KEY}", retry_after="400"),
    Answer(f"<html><title>{KEY}</title></html>".encode(), 502),
    Answer(f"not json {KEY}".encode()),
    Answer(b"{}", 400, {"x-request-id": KEY}),
    answered("x", status="failed", error={"code": "server_error", "message": f"broke on {KEY}"}),
]


@pytest.mark.parametrize("answer", LETS_IT_SLIP)
def test_no_error_shows_the_key_even_when_the_service_repeats_it(connecting, service, answer):
    service.script = lambda asked: answer
    connection = connecting(max_attempts=1)
    with pytest.raises(grokcall.Error) as caught:
        connection.execute(ASK, {"Message": "hi"})
    error = caught.value
    assert KEY not in f"{error!r} {error} {error.__cause__!r} {error.__context__!r} {vars(error)}"
    assert KEY not in "".join(traceback.format_exception(error))
    assert KEY.encode() not in pickle.dumps(error)


@pytest.mark.parametrize("answer", LETS_IT_SLIP[2:])
def test_no_row_shows_the_key(connecting, service, tmp_path, answer):
    service.script = lambda asked: answer
    result = connecting(max_attempts=1).lookup(ASK, [{"Message": "hi"}])
    pq.write_table(result.errors, tmp_path / "errors.parquet", compression=None)
    assert result.errors.num_rows == 1
    assert KEY.encode() not in (tmp_path / "errors.parquet").read_bytes()


def test_no_repr_shows_the_key(connection):
    connection.execute(ASK, {"Message": "hi"})
    shown = " ".join(repr(each) for each in (connection, connection.options, connection.key(), connection.cursor()))
    assert KEY not in shown
    assert KEY not in str(connection.key())


def test_no_log_shows_the_key(connecting, service, caplog):
    service.script = lambda asked: refused(503, f"Busy with {KEY}") if len(service.asked) < 3 else answered("x")
    with caplog.at_level(logging.DEBUG):
        connecting().execute(ASK, {"Message": "hi"})
    assert "trying again" in caplog.text
    assert KEY not in caplog.text
    assert KEY not in "".join(str(record.__dict__) for record in caplog.records)


def test_explaining_shows_no_key_even_from_the_values(connection):
    table = connection.execute(f"EXPLAIN CALL GenerateResponse('{KEY}')").fetch_arrow_table()
    assert KEY not in str(table.to_pylist())


def test_a_key_or_a_connection_cannot_be_pickled(connection):
    connection.execute(ASK, {"Message": "hi"})
    for secretive in (connection.key().value, connection):
        with pytest.raises(TypeError) as caught:
            pickle.dumps(secretive)
        assert KEY not in str(caught.value)


def test_a_key_in_the_wrong_place_is_not_repeated(service):
    with pytest.raises(grokcall.InterfaceError) as caught:
        grokcall.connect(base_url=f"https://{KEY}@api.x.ai/v1")
    assert KEY not in str(caught.value)
    with pytest.raises(grokcall.MissingKeyError) as missing, grokcall.connect(api_key=f"{KEY} and more") as connection:
        connection.key()
    assert KEY not in f"{missing.value!r} {missing.value} {vars(missing.value)}"


RUNS = [
    ["call", "EXPLAIN CALL GenerateResponse('hi')", "--verbose"],
    ["call", ASK, "-p", "Message=fail", "--verbose"],
    ["lookup", "in.csv", ASK, "-o", "out.csv", "--verbose", "--call-columns"],
    ["lookup", "in.csv", ASK, "-o", "out.parquet", "--on-error", "ignore"],
    ["lookup", "in.csv", ASK, "-o", "out.jsonl", "--on-error", "fail", "--concurrency", "1"],
    ["check", "--verbose"],
]


def test_nothing_that_the_command_writes_holds_the_key(service, tmp_path):
    def script(asked):
        if asked.path != "/v1/responses":
            return Answer(f'{{"redacted_api_key":"{KEY}","name":"{KEY}","data":[]}}'.encode())
        return refused(400, f"Bad key {KEY}?") if asked.text == "fail" else answered(asked.text)

    service.script = script
    (tmp_path / "in.csv").write_text("Message\nhi\nfail\nho\n")
    environment = {**os.environ, "XAI_API_KEY": KEY, "XAI_BASE_URL": service.base_url}
    command = Path(sys.executable).with_name("grokcall")
    for arguments in RUNS:
        done = subprocess.run([command, *arguments], cwd=tmp_path, env=environment, capture_output=True, timeout=400)
        assert KEY.encode() not in done.stdout + done.stderr, arguments
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 4
    for path in written:
        assert KEY.encode() not in path.read_bytes(), path
