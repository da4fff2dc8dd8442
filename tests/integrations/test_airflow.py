"""Airflow runs the DAG of the samples, in an environment of its own; ``make test-clients`` makes it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from grokcall.sandbox import SANDBOX_KEY, Sandbox

ROOT = Path(__file__).parents[2]
TICKETS = ROOT / "connector" / "grokcall" / "data" / "tickets.csv"
QUESTION = "What is 6 * 7?"


@pytest.fixture
def airflow(program, tmp_path, sandbox) -> Any:
    """Airflow in a home of its own, with a connection to the sandbox."""
    found = program("airflow")
    shutil.copy(TICKETS, tmp_path)
    shutil.copytree(ROOT / "samples" / "airflow", tmp_path / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    found.environment |= {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__DAGS_FOLDER": str(tmp_path / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "TICKETS_FOLDER": str(tmp_path),
        "AIRFLOW_CONN_GROKCALL_DEFAULT": connection(sandbox.base_url),
    }
    return found


def connection(base_url: str, **extra: object) -> str:
    return json.dumps({"conn_type": "grokcall", "password": SANDBOX_KEY, "host": base_url, "extra": extra})


def billed(sandbox: Sandbox) -> list[str]:
    return [entry["endpoint"] for entry in sandbox.ledger()]


@pytest.mark.timeout(200)
def test_the_operator_and_the_hook_ask_the_service_and_log_no_key_and_no_prompt(airflow, sandbox, leaks):
    airflow.run("db", "migrate")
    assert "Connection success!" in airflow.run("connections", "test", "grokcall_default")
    assert billed(sandbox) == []
    shown = airflow.run("dags", "test", "tickets", seconds=150)
    assert billed(sandbox) == ["/v1/responses"] * 61
    answers = pq.read_table(airflow.folder / "answers.parquet")
    assert answers.num_rows == 60
    assert set(answers["Result_Category"].to_pylist()) <= {"billing", "delivery", "praise", "other"}
    assert "CALL GenerateResponse" in shown
    assert QUESTION not in shown
    assert SANDBOX_KEY not in shown
    assert leaks(SANDBOX_KEY, airflow.folder) == []


def test_the_hook_runs_statements_reads_frames_and_gives_an_engine(airflow, sandbox):
    airflow.run("db", "migrate")
    shown = airflow.python(f"""
import logging, sys
logging.basicConfig(stream=sys.stdout, level=logging.DEBUG)
from airflow.providers.common.sql.hooks.handlers import fetch_all_handler
from grokcall.airflow.hook import GrokcallHook
hook = GrokcallHook()
ask = "CALL GenerateResponse(:Message)"
asked = {{"Message": {QUESTION!r}}}
print("RESULT", hook.get_first(ask, parameters=asked)[0])
print("RESULT", [row[0] for row in hook.run(ask, parameters=asked, handler=fetch_all_handler)])
print("RESULT", hook.run(["SELECT 1", "SHOW PROCEDURES LIKE 'Edit%'"], handler=fetch_all_handler)[0])
print("RESULT", hook.test_connection())
with hook.get_sqlalchemy_engine().connect() as connection:
    print("RESULT", connection.exec_driver_sql("CALL GenerateResponse(?)", ({QUESTION!r},)).scalar())
print("RESULT", hook.sqlalchemy_url)
from sqlalchemy import create_engine
print("RESULT", create_engine(hook.get_uri()).raw_connection().driver_connection.key().source)
""")
    results = [line.removeprefix("RESULT ") for line in shown.splitlines() if line.startswith("RESULT")]
    assert results[:5] == ["42", "['42']", "[(1,)]", "(True, 'Connection successfully tested')", "42"]
    assert results[5].startswith("grokcall://:***@")
    assert results[6] == "the argument api_key"
    assert len(billed(sandbox)) == 3
    assert SANDBOX_KEY not in shown
    assert QUESTION not in shown


def test_a_connection_can_be_written_as_an_address_and_a_wrong_option_is_named_with_its_nearest(airflow):
    addresses = {"right": f"grokcall://:{SANDBOX_KEY}@localhost:8000/v1?timeout=3", "wrong": "grokcall:///?time_out=3"}
    airflow.environment |= {f"AIRFLOW_CONN_{name.upper()}": address for name, address in addresses.items()}
    shown = airflow.python("""
import grokcall
from grokcall.airflow.hook import GrokcallHook
with GrokcallHook("right").get_conn() as connection: print(connection.options.timeout, connection)
try: GrokcallHook(grokcall_conn_id="wrong").get_conn()
except grokcall.InterfaceError as error: print(error)
""")
    assert "3.0 <grokcall.Connection to http://localhost:8000/v1>" in shown
    assert "did you mean timeout?" in shown
    assert SANDBOX_KEY not in shown


def test_statements_are_undone_together_and_rows_stay_out_of_the_logs(airflow, sandbox):
    airflow.run("db", "migrate")
    base_url = sandbox.base_url
    airflow.environment["AIRFLOW_CONN_GROKCALL_DEFAULT"] = connection(
        base_url, database=str(airflow.folder / "kept.db")
    )
    shown = airflow.python(f"""
import logging, sys
logging.basicConfig(stream=sys.stdout, level=logging.DEBUG)
from grokcall.airflow.hook import GrokcallHook
hook = GrokcallHook()
count = lambda: print("RESULT", hook.get_first("SELECT count(*) FROM t")[0])
hook.run("CREATE TABLE t (id INTEGER PRIMARY KEY, body VARCHAR)")
statements = ["INSERT INTO t VALUES (1, 'a')", "INSERT INTO t VALUES (2, 'b')", "INSERT INTO t VALUES (1, 'again')"]
for autocommit in (False, True):
    try: hook.run(statements, autocommit=autocommit)
    except Exception as error: print("RESULT", type(error).__name__)
    count()
rows = [(3, {QUESTION!r}), (4, {QUESTION!r})]
hook.insert_rows("t", rows)
hook.insert_rows("t", rows, ["id", "body"], replace=True)
count()
for table in ("t", "missing"):
    try: hook.insert_rows(table, [(5, {QUESTION!r}), (3, {QUESTION!r})])
    except Exception as error: print("RESULT", type(error).__name__)
count()
hook.log.error("Beside: %s", "stays")
""")
    results = [line.removeprefix("RESULT ") for line in shown.splitlines() if line.startswith("RESULT")]
    assert results == ["IntegrityError", "0", "IntegrityError", "2", "4", "IntegrityError", "StatementError", "4"]
    assert "Generated sql: INSERT INTO missing" in shown
    assert "Beside: stays" in shown
    assert QUESTION not in shown
