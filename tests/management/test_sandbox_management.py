"""The sandbox's management host: its keys open and close the API, its usage is that of the ledger."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

import grokcall
from grokcall.sandbox import MANAGEMENT_KEY, SANDBOX_KEY
from grokcall_procedures import CATALOG, Host
from grokcall_procedures.effects import Effect

MANAGED = [each for each in CATALOG.values() if each.host is Host.MANAGEMENT]
OWN = [CATALOG["GetApiKey"], CATALOG["GetAccount"]]
KEY_ID, COLLECTION_ID, FILE_ID = "'key-1'", "'collection_7'", "'file_7f1c'"


@pytest.fixture
def both(sandbox):
    """A connection to both hosts of the sandbox."""
    given = {"base_url": sandbox.base_url, "management_base_url": sandbox.management_base_url}
    with grokcall.connect(
        api_key=SANDBOX_KEY, management_key=MANAGEMENT_KEY, poll_interval=0.01, **given
    ) as connection:
        yield connection


def rows(connection, statement, parameters=None):
    return connection.execute(statement, parameters).fetch_arrow_table().to_pylist()


def only(connection, statement, parameters=None):
    (row,) = rows(connection, statement, parameters)
    return row


def asks_with(sandbox, key):
    with grokcall.connect(api_key=key, base_url=sandbox.base_url, max_attempts=1) as connection:
        return connection.execute("CALL GenerateResponse('What is 6 * 7?')").fetchone()[0]


def example_for(both, procedure):
    """The example, with the ids of things that are there."""
    example = procedure.example
    if KEY_ID in example:
        made = only(both, "CALL CreateApiKey('for the example')")
        example = example.replace(KEY_ID, f"'{made['Key_Id']}'")
    if COLLECTION_ID in example:
        made = only(both, "CALL CreateCollection('for the example')")["Collection_Id"]
        example = example.replace(COLLECTION_ID, f"'{made}'")
        if FILE_ID in example:
            makes = "UploadFile(" if procedure.effect is Effect.MAKE else f"UploadCollectionDocument('{made}', "
            row = both.execute(f"CALL {makes}X'61', 'a.txt')").fetch_arrow_table().to_pylist()[0]
            example = example.replace(FILE_ID, f"'{row.get('File_Id') or row['Document_FileId']}'")
    return example


@pytest.mark.parametrize("procedure", [*OWN, *MANAGED], ids=lambda each: each.name)
def test_each_example_runs_by_call(both, procedure):
    table = both.execute(example_for(both, procedure)).fetch_arrow_table()
    assert table.schema.names == [field.name for field in procedure.fields]


READING = [each for each in [*OWN, *MANAGED] if each.effect is Effect.READ]


@pytest.mark.parametrize("procedure", READING, ids=lambda each: each.name)
def test_each_example_that_reads_runs_in_a_query(both, procedure):
    example = example_for(both, procedure)
    query = f"SELECT * FROM {example.removeprefix('CALL ').replace('=>', ':=')}"
    told, called = rows(both, query), rows(both, example)
    assert [list(row) for row in told] == [list(row) for row in called]


@pytest.mark.parametrize("procedure", [*OWN, *MANAGED], ids=lambda each: each.name)
def test_each_example_runs_on_the_command_line(both, sandbox, procedure, tmp_path):
    environment = {
        **os.environ,
        "XAI_BASE_URL": sandbox.base_url,
        "XAI_API_KEY": SANDBOX_KEY,
        "XAI_MANAGEMENT_BASE_URL": sandbox.management_base_url,
        "XAI_MANAGEMENT_API_KEY": MANAGEMENT_KEY,
        "XAI_POLL_INTERVAL": "0.01",
    }
    command = [Path(sys.executable).with_name("grokcall"), "call", example_for(both, procedure), "--yes"]
    command += ["--secret-file", "secret"] if procedure.has_secret else []
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, timeout=400)
    assert done.returncode == 0, done.stderr.decode()


def test_the_flag_sandbox_has_both_hosts(tmp_path):
    command = [Path(sys.executable).with_name("grokcall"), "call", "--sandbox", "CALL GetBalance()"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=400)
    assert done.returncode == 0, done.stderr.decode()
    assert b'"Balance_CreditUsd":' in done.stdout


def test_a_key_that_was_made_opens_the_api_until_it_is_closed(both, sandbox):
    made = only(both, "CALL CreateApiKey('etl', ['api-key:model:*'])")
    key, key_id = made["Key_Secret"], {"id": made["Key_Id"]}
    assert asks_with(sandbox, key) == "42"
    with grokcall.connect(api_key=key, base_url=sandbox.base_url) as connection:
        told = only(connection, "CALL GetApiKey()")
    assert (told["Key_Name"], told["Key_Id"], told["Key_Acls"]) == ("etl", made["Key_Id"], ["api-key:model:*"])

    only(both, "CALL UpdateApiKey(:id, Disabled => TRUE)", key_id)
    with pytest.raises(grokcall.PermissionDeniedError, match="disabled"):
        asks_with(sandbox, key)
    only(both, "CALL UpdateApiKey(:id, Disabled => FALSE)", key_id)
    assert asks_with(sandbox, key) == "42"

    newer = only(both, "CALL RotateApiKey(:id)", key_id)["Key_Secret"]
    with pytest.raises(grokcall.AuthenticationError):
        asks_with(sandbox, key)
    assert asks_with(sandbox, newer) == "42"

    assert only(both, "CALL DeleteApiKey(:id)", key_id)["Deleted_Done"] is True
    with pytest.raises(grokcall.AuthenticationError):
        asks_with(sandbox, newer)
    with pytest.raises(grokcall.NotFoundError):
        only(both, "CALL RotateApiKey(:id)", key_id)


def test_a_key_whose_time_is_over_opens_nothing(both, sandbox):
    made = only(both, "CALL CreateApiKey('short', ExpiresAt => '2026-01-01')")
    with pytest.raises(grokcall.AuthenticationError):
        asks_with(sandbox, made["Key_Secret"])
    assert "short" not in [row["Key_Name"] for row in rows(both, "CALL ListApiKeys(ActiveOnly => TRUE)")]
    assert "short" in [row["Key_Name"] for row in rows(both, "CALL ListApiKeys()")]


def test_the_key_in_use_is_known(both, sandbox):
    key_id = only(both, "CALL GetApiKey()")["Key_Id"]
    with pytest.raises(grokcall.BadValueError, match="this connection uses"):
        both.execute("CALL DeleteApiKey(:id)", {"id": key_id})
    both.execute("CALL DeleteApiKey(:id, Force => TRUE)", {"id": key_id})
    with pytest.raises(grokcall.AuthenticationError):
        asks_with(sandbox, SANDBOX_KEY)


def test_each_host_refuses_the_other_s_key(sandbox):
    api, management = sandbox.base_url, sandbox.management_base_url
    wrong = {"Authorization": f"Bearer {MANAGEMENT_KEY}"}
    assert httpx.get(f"{api}/api-key", headers=wrong).status_code == 400
    wrong = {"Authorization": f"Bearer {SANDBOX_KEY}"}
    assert httpx.get(f"{management}/auth/management-keys/validation", headers=wrong).status_code == 401
    assert httpx.get(f"{management}/v1/models", headers=wrong).status_code == 404


def test_usage_and_credit_are_those_of_the_ledger(both, sandbox):
    result = both.lookup("CALL GenerateResponse(:q)", [{"q": f"What is {n} + {n}?"} for n in range(5)])
    both.execute("CALL GenerateImage('a kite')")
    billed = Decimal(sum(entry["ticks"] for entry in sandbox.ledger())) / 10**10
    today = datetime.datetime.now(datetime.UTC).date() - datetime.timedelta(days=1)
    used = rows(both, "CALL ListUsage(:day)", {"day": today})
    assert abs(sum(row["Usage_Usd"] for row in used) - billed) < Decimal("1e-9")
    texts = [row["Usage_Usd"] for row in used if row["Usage_Group"].startswith("Chat ")]
    assert abs(sum(texts) - Decimal(result.summary.cost_ticks) / 10**10) < Decimal("1e-9")
    assert any(row["Usage_Group"].startswith("Image ") for row in used)
    (whole,) = rows(both, "CALL ListUsage(:day, Unit => 'none', GroupBy => [])", {"day": today})
    assert abs(whole["Usage_Usd"] - billed) < Decimal("1e-9")
    credit = only(both, "CALL GetBalance()")["Balance_CreditUsd"]
    assert Decimal(0) <= credit - (100 - billed) < Decimal("0.01")


def test_a_limit_that_is_set_is_kept(both, sandbox):
    assert only(both, "CALL SetSpendingLimit(0)")["Limit_SoftUsd"] == 0
    assert only(both, "CALL GetSpendingLimits()")["Limit_SoftUsd"] == 0
    with pytest.raises(grokcall.CreditsExhaustedError):
        asks_with(sandbox, SANDBOX_KEY)
    both.execute("CALL SetSpendingLimit(200)")
    assert asks_with(sandbox, SANDBOX_KEY) == "42"


def test_what_was_done_is_in_the_audit_log_newest_first(both):
    for number in range(3):
        both.execute("CALL CreateApiKey(:name)", {"name": f"key {number}"})
    told = [row["Event_Description"] for row in rows(both, "CALL ListAuditEvents(Query => 'created')")]
    assert [text.partition("key ")[2] for text in told] == [
        "key 2 was created.",
        "key 1 was created.",
        "key 0 was created.",
    ]
    assert rows(both, "CALL ListAuditEvents(UserId => 'somebody')") == []


def test_many_keys_come_in_pages(both):
    names = [{"name": f"key {number:03}"} for number in range(120)]
    both.lookup("CALL CreateApiKey(:name)", names, allow_changes=True)
    assert len(rows(both, "CALL ListApiKeys()")) == 121
    assert len(rows(both, "CALL ListApiKeys(MaxRows => 7)")) == 7
    assert len(rows(both, "CALL ListAuditEvents()")) == 120


def test_a_reset_forgets_the_keys(both, sandbox):
    both.execute("CALL CreateApiKey('x')")
    sandbox.reset()
    assert len(rows(both, "CALL ListApiKeys()")) == 1
    assert rows(both, "CALL ListAuditEvents()") == []
