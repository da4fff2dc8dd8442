"""TranscribeAudio against the sandbox: by CALL, in a query, on the command line, and what it was billed."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from pathlib import Path

import duckdb
import pytest

import grokcall
from grokcall import errors
from grokcall.duckdb import register
from grokcall.sandbox import Sandbox

SAID = "Good morning to you all"
HEARD = "one two three four five"


@pytest.fixture
def call_wav(on_sandbox: grokcall.Connection, tmp_path: Path) -> Path:
    """A sound file of five words."""
    row = on_sandbox.execute(f"CALL GenerateAudio('{SAID}', 'en', OutputCodec => 'wav')").fetchone()
    path = tmp_path / "call.wav"
    path.write_bytes(row[0])
    return path


def test_a_call_hears_bytes_and_files_alike_and_is_billed_by_the_length(
    on_sandbox: grokcall.Connection, sandbox: Sandbox, call_wav: Path
) -> None:
    sandbox.reset()
    statement = "CALL TranscribeAudio(:sound, Diarize => true)"
    named = on_sandbox.execute(statement, {"sound": grokcall.file(str(call_wav))}).fetch_arrow_table().to_pylist()
    given = on_sandbox.execute(statement, {"sound": call_wav.read_bytes()}).fetch_arrow_table().to_pylist()
    assert named == given
    (row,) = named
    assert row["Transcript_Text"] == HEARD
    assert [word["text"] for word in row["Transcript_Words"]] == HEARD.split()
    assert {segment["speaker"] for segment in row["Transcript_Segments"]} <= {0, 1}
    billed = [entry["ticks"] for entry in sandbox.ledger()]
    assert billed == [pytest.approx(row["Transcript_Duration"] * 1_000_000_000 / 3600, rel=0.01)] * 2


def test_queries_hear_the_files_that_a_pattern_finds(on_sandbox: grokcall.Connection, call_wav: Path) -> None:
    con = duckdb.connect()
    register(con, on_sandbox)
    con.execute("SET VARIABLE sounds = ?", [str(call_wav.with_name("*.wav"))])
    found = con.sql("SELECT transcribe_audio(content) FROM read_blob(getvariable('sounds'))").fetchall()
    assert found == [(HEARD,)]


def test_the_command_line_hears_a_file_that_a_statement_names(sandbox: Sandbox, call_wav: Path) -> None:
    command = [f"{sysconfig.get_path('scripts')}/grokcall", "call", "--base-url", sandbox.base_url, "--format", "json"]
    environment = {"XAI_API_KEY": grokcall.sandbox.SANDBOX_KEY, "PATH": ""}
    statement = f"CALL TranscribeAudio('file:{call_wav}')"
    run = subprocess.run([*command, statement], env=environment, capture_output=True, encoding="utf-8", timeout=400)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)[0]["Transcript_Text"] == HEARD
    refused = subprocess.run(
        [*command, "--no-allow-files", statement], env=environment, capture_output=True, encoding="utf-8", timeout=400
    )
    assert refused.returncode != 0
    assert "allow_files" in refused.stderr


def test_an_address_that_the_service_cannot_fetch_is_an_error_of_its_row(on_sandbox: grokcall.Connection) -> None:
    with pytest.raises(errors.MediaError, match=r"could not fetch the address .HTTP 502.*open to all"):
        on_sandbox.execute("CALL TranscribeAudioByUrl('http://127.0.0.1:9/none.wav')")
