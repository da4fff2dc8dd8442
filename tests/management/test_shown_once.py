"""A new key is shown to the row of a cursor, and to nobody and nothing else."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import traceback
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from scripted_management import MANAGEMENT_KEY, NEW_KEY, answer_api, manage

import grokcall
from grokcall.duckdb import register
from grokcall_procedures import CATALOG
from scripted_service import KEY, Answer

SECRETIVE = [each for each in CATALOG.values() if each.has_secret]
STATEMENTS = {each.name: each.example for each in SECRETIVE}


def test_these_show_a_secret():
    assert [each.name for each in SECRETIVE] == ["CreateRealtimeToken", "CreateApiKey", "RotateApiKey"]


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_a_row_of_a_cursor_has_it(managed, statement):
    cursor = managed.execute(statement)
    assert cursor.fetchone()[0] == NEW_KEY
    assert managed.execute(statement).fetch_arrow_table()[0].to_pylist() == [NEW_KEY]


def test_no_log_and_no_explanation_has_it(managed, caplog):
    with caplog.at_level(logging.DEBUG):
        for statement in STATEMENTS.values():
            managed.execute(statement)
            told = managed.execute(f"EXPLAIN {statement}").fetch_arrow_table()
            assert NEW_KEY not in str(told.to_pylist())
    assert "HTTP 200" in caplog.text
    everything = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    for secret in (NEW_KEY, MANAGEMENT_KEY, KEY):
        assert secret not in everything


BROKEN = [
    f'{{"apiKey": "{NEW_KEY}", "apiKeyId": '.encode(),
    f'{{"value": ["{NEW_KEY}"]}}'.encode(),
    f'["{NEW_KEY}"]'.encode(),
    f'{{"apiKey": ["{NEW_KEY}"]}}'.encode(),
    f'{{"error": "no room for {NEW_KEY}"}}'.encode(),
    f"{NEW_KEY}".encode(),
]


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
@pytest.mark.parametrize("body", BROKEN)
def test_no_error_has_it(managed, management, service, statement, body, caplog):
    management.script = lambda asked: Answer(body) if asked.method == "POST" else manage(asked)
    answered = service.script
    service.script = lambda asked: Answer(body) if asked.method == "POST" else answered(asked)
    with caplog.at_level(logging.DEBUG), pytest.raises(grokcall.Error) as caught:
        managed.execute(statement)
    error = caught.value
    shown = f"{error!r} {error} {vars(error)} {error.__cause__!r} {''.join(traceback.format_exception(error))}"
    assert NEW_KEY not in shown + caplog.text


def test_a_lookup_masks_it_unless_it_may_be_shown(managed):
    command, named = "CALL CreateApiKey(:name)", [{"name": "a"}, {"name": "b"}]
    result = managed.lookup(command, named, allow_changes=True)
    assert result.rows["Key_Secret"].to_pylist() == ["***", "***"]
    assert NEW_KEY not in str(result.rows.to_pylist())
    result = managed.lookup(command, named, allow_changes=True, show_secrets=True)
    assert result.rows["Key_Secret"].to_pylist() == [NEW_KEY, NEW_KEY]


def test_equal_rows_do_not_share_a_key(managed, management):
    managed.lookup("CALL CreateApiKey(:name)", [{"name": "a"}] * 3, allow_changes=True)
    assert [asked.method for asked in management.asked].count("POST") == 3


def test_a_lookup_masks_tokens_and_gives_each_row_one_of_its_own(managed, service):
    given = [{"seconds": 60}] * 3
    result = managed.lookup("CALL CreateRealtimeToken(:seconds)", given)
    assert result.rows["Token_Value"].to_pylist() == ["***"] * 3
    assert [asked.path for asked in service.asked] == ["/v1/realtime/client_secrets"] * 3


def test_no_journal_is_given_one(managed, management, tmp_path):
    journal = tmp_path / "j"
    with pytest.raises(grokcall.NotSupportedError, match="no journal may keep"):
        managed.lookup("CALL CreateApiKey(:name)", [{"name": "a"}], allow_changes=True, journal=journal)
    assert management.asked == []
    assert not journal.exists()


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_no_query_makes_one(managing, management, service, statement):
    query = f"SELECT * FROM {statement.removeprefix('CALL ')}"
    connection = managing(allow_changes=True)
    with pytest.raises(grokcall.Error, match="shows a secret once"):
        connection.execute(query)
    with duckdb.connect() as con, pytest.raises(duckdb.Error, match="shows a secret once"):
        register(con, connection).query(query)
    assert management.asked == service.asked == []


@pytest.fixture
def command(service, management, tmp_path):
    environment = {
        **os.environ,
        "XAI_API_KEY": KEY,
        "XAI_MANAGEMENT_API_KEY": MANAGEMENT_KEY,
        "XAI_BASE_URL": service.base_url,
        "XAI_MANAGEMENT_BASE_URL": management.origin,
        "COLUMNS": "200",
    }
    service.script = answer_api
    (tmp_path / "in.csv").write_text("name\na\nb\n")

    def run(*arguments):
        program = Path(sys.executable).with_name("grokcall")
        return subprocess.run(
            [program, *arguments], cwd=tmp_path, env=environment, capture_output=True, timeout=400, encoding="utf-8"
        )

    return run


RUNS = [
    ["call", "CALL CreateApiKey('etl')"],
    ["call", "CALL CreateApiKey('etl')", "--format", "table"],
    ["call", "CALL CreateRealtimeToken(300)", "--format", "table", "--verbose"],
    ["call", "CALL RotateApiKey('key-1')", "-o", "out.csv", "--verbose"],
    ["call", "CALL CreateApiKey('etl')", "-o", "out.parquet"],
    ["sql", "CALL CreateApiKey('etl')", "-o", "out.json"],
    ["lookup", "in.csv", "CALL CreateApiKey(:name)", "-o", "many.csv", "--allow-changes", "--verbose"],
    ["lookup", "in.csv", "CALL CreateApiKey(:name)", "-o", "many.parquet", "--allow-changes", "--call-columns"],
]


@pytest.mark.parametrize("arguments", RUNS, ids=" ".join)
def test_the_command_makes_no_secret_that_it_would_mask_and_lose(command, management, service, tmp_path, arguments):
    done = command(*arguments)
    assert done.returncode == 2
    assert "makes a secret that is shown once, and it would be masked and lost" in done.stderr
    assert "--show-secrets" in done.stderr
    assert [asked.method for asked in (*management.asked, *service.asked)].count("POST") == 0
    assert {path.name for path in tmp_path.iterdir()} == {"in.csv"}


def test_the_command_shows_it_where_it_is_told_to(command):
    shown = command("call", "CALL CreateApiKey('etl')", "--show-secrets")
    assert NEW_KEY in shown.stdout
    assert NEW_KEY not in shown.stderr


def test_a_file_of_its_owner_gets_it_and_nothing_else_does(command, tmp_path):
    done = command("call", "CALL CreateApiKey('etl')", "--secret-file", "key", "-o", "out.json", "--verbose")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "key").read_text() == NEW_KEY + "\n"
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert NEW_KEY not in done.stdout + done.stderr + (tmp_path / "out.json").read_text()
    assert "the secret is in key" in done.stderr


@pytest.mark.parametrize(
    ("statement", "file", "words"),
    [
        ("CALL ListApiKeys()", "key", "ListApiKeys makes no secret"),
        ("SHOW PROCEDURES", "key", "goes with a CALL"),
        ("CALL CreateApiKey('etl')", "in.csv", "in.csv is there already"),
        ("CALL CreateApiKey('etl')", "no/key", "no"),
    ],
)
def test_a_file_that_cannot_take_it_is_told_before_it_is_made(command, management, statement, file, words):
    done = command("call", statement, "--secret-file", file)
    assert done.returncode == 2
    assert words in done.stderr
    assert [asked.method for asked in management.asked].count("POST") == 0


def test_the_mark_of_a_secret_goes_with_the_column(managed):
    from grokcall.core.secrets import is_secret, masked

    table = managed.execute(STATEMENTS["CreateApiKey"]).fetch_arrow_table()
    assert [field.name for field in table.schema if is_secret(field)] == ["Key_Secret"]
    assert isinstance(masked(table), pa.Table)
    assert masked(table)["Key_Secret"].to_pylist() == ["***"]
