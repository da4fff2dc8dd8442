"""``grokcall sql``: any SQL of DuckDB, its rows in any format, what it cost, and nothing paid for twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import duckdb
import pytest

import grokcall
from grokcall.tables import open_table
from installed import COMMAND
from scripted_service import KEY, WRONG_KEY, Service, answered, refused

QUERY = "SELECT t.id, r.Response_Result FROM 'tickets.csv' t, GenerateResponse(t.body) r ORDER BY t.id"
SAMPLES = Path(__file__).parents[2] / "samples"
SHIPPED = Path(grokcall.__file__).parent / "data" / "tickets.csv"
DONE = [(1, "ONE"), (2, "TWO"), (3, "THREE")]

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture(autouse=True)
def tickets(here: Path) -> Path:
    path = here / "tickets.csv"
    path.write_text("id,body\n1,one\n2,two\n3,three\n")
    return path


def fail_two(asked):
    return refused(400, "Bad text.") if asked.text == "two" else answered(asked.text.upper())


def rows_of(path: str) -> list[tuple[object, ...]]:
    with open_table(path, types="auto") as table:
        return [tuple(row.values()) for row in table.read_all().to_pylist()]


def test_rows_go_to_standard_output_and_all_else_to_standard_error(run, at_service):
    done = run("sql", QUERY)
    assert done.code == 0
    assert [tuple(row.values()) for row in done.rows] == DONE
    assert "rows      3 (3 ok, 0 failed)" in done.err
    assert "requests  3" in done.err
    assert "USD" in done.err
    assert len(at_service.asked) == 3


def test_a_query_without_calls_needs_no_key_and_tells_no_summary(run):
    done = run("sql", "SELECT count(*) AS rows FROM 'tickets.csv'")
    assert (done.code, done.out, done.err) == (0, '{"rows":3}\n', "")


@pytest.mark.parametrize("name", ["out.csv", "out.tsv", "out.json", "out.jsonl", "out.parquet", "out.arrow"])
def test_rows_go_to_a_file_of_any_format(run, at_service, name):
    done = run("sql", QUERY, "-o", name)
    assert (done.code, done.out) == (0, "")
    assert f"3 rows written to {name}" in done.err
    assert rows_of(name) == DONE


def test_rows_go_to_a_table_of_a_database(run, at_service):
    assert run("sql", QUERY, "-o", "out.duckdb::answers").code == 0
    assert rows_of("out.duckdb::answers") == DONE


def test_media_are_put_into_files_beside_the_output(run):
    done = run("sql", "--sandbox", "SELECT t.id, r.* FROM 'tickets.csv' t, GenerateImage(t.body) r", "-o", "out.csv")
    assert done.code == 0
    for number, path in rows_of("out.csv"):
        assert path == f"out_media/{number:06d}-ResultImage_Content.jpg"
        assert Path(str(path)).read_bytes().startswith(b"\xff\xd8\xff")
    done = run("sql", "SELECT x'ffd8ff00'::BLOB AS picture", "--format", "table")
    assert "jpg, 4 bytes: grokcall_media" in done.out


def test_no_result_on_standard_output_replaces_the_files_of_another(run, here):
    done = run("sql", "SELECT x'ffd8ff01'::BLOB AS p; SELECT x'ffd8ff02'::BLOB AS p; SELECT 1 AS n")
    assert [row.get("p") for row in done.rows] == [
        "grokcall_media/000001-p.jpg",
        "grokcall_media_2/000001-p.jpg",
        None,
    ]
    assert run("sql", "SELECT x'ffd8ff03'::BLOB AS p").rows == [{"p": "grokcall_media_3/000001-p.jpg"}]
    assert "grokcall_media_4/000001-p.jpg" in run("sql", "SELECT x'ffd8ff04'::BLOB AS p", "--format", "table").out
    folders = ["grokcall_media", *(f"grokcall_media_{number}" for number in (2, 3, 4))]
    assert [(here / folder / "000001-p.jpg").read_bytes()[-1] for folder in folders] == [1, 2, 3, 4]
    assert not (here / "grokcall_media_5").exists()


def test_the_calls_of_a_script_are_in_its_summary(run, at_service):
    done = run("sql", f"CALL GenerateResponse('first'); {QUERY}; CALL GenerateResponse(:q)", "-p", "q=last")
    assert done.code == 0
    assert "rows      5 (5 ok, 0 failed)" in done.err
    assert "requests  5" in done.err
    assert len(at_service.asked) == 5
    at_service.script = fail_two
    done = run("sql", "CALL GenerateResponse('one'); CALL GenerateResponse('two')")
    assert done.code == 1
    assert "rows      2 (1 ok, 1 failed)" in done.err


def test_what_the_limits_promise_for_a_call_is_said_once(run, at_service):
    done = run("sql", "CALL GenerateResponse('a'); CALL GenerateResponse('b')", "--max-calls", "9")
    assert done.code == 0
    assert done.err.count("will not make more than 9 calls") == 1


def test_what_the_limits_promise_for_a_query_is_said_before_its_first_call(run, at_service):
    at_service.script = lambda _: WRONG_KEY
    bounded = QUERY.replace("(t.body)", "(t.body, MaxOutputTokens := 20, ReasoningEffort := 'none')")
    done = run("sql", f"SELECT 1; {bounded}", "--max-cost", "0.5")
    assert done.code == 3
    assert "The connection will not cost more than 0.5 USD" in done.err


def test_a_query_of_calls_without_bounds_is_said_to_be_one_and_a_call_like_it_says_no_more(run, at_service):
    done = run("sql", f"{QUERY}; {QUERY}; CALL GenerateResponse('a')", "--max-cost", "0.5")
    assert done.code == 0
    assert done.err.count("The calls then in flight (up to 64) can pass that") == 1
    assert done.err.count("The call in flight can pass that") == 1


def test_a_schema_gives_typed_columns_and_a_limit_as_many_requests(run, at_service):
    at_service.script = lambda asked: answered('{"priority": 2, "tags": ["late"]}')
    call = "GenerateResponse(t.body, OutputSchema := 'priority INTEGER, tags VARCHAR[]')"
    done = run("sql", f"SELECT t.id, r.priority, r.tags FROM 'tickets.csv' t, {call} r ORDER BY t.id LIMIT 2")
    assert done.code == 0
    assert done.rows == [{"id": number, "priority": 2, "tags": ["late"]} for number in (1, 2)]
    assert len(at_service.asked) == 2


def test_a_table_can_be_asked_for(run):
    assert "│ 42     │" in run("sql", "SELECT 42 AS answer", "--format", "table").out


def test_every_statement_of_a_file_is_run_and_shows_its_rows(run, at_service, here):
    (here / "script.sql").write_text(
        "-- the tickets\nCREATE TABLE t AS FROM 'tickets.csv' WHERE id < :last;\n"
        "INSERT INTO t VALUES (9, ':none');\nSELECT max(id) AS highest FROM t;\n"
        "CREATE PROCEDURE Shout(Q VARCHAR) AS CALL GenerateResponse('Loud: ' || :Q);\n"
        "SELECT shout(body) AS loud FROM t WHERE id = 1; SELECT Response_Result FROM GenerateResponse(:q);\n",
        "utf-8",
    )
    done = run("sql", "-f", "script.sql", "-p", "last=3", "-p", "Q=hi")
    assert done.code == 0
    assert done.rows == [
        {"highest": 9},
        {"Procedure_Name": "Shout", "Procedure_Change": "created"},
        {"loud": "LOUD: ONE"},
        {"Response_Result": "HI"},
    ]
    assert "2 rows\n" in done.err
    assert "1 row\n" in done.err


def test_of_several_statements_the_last_goes_to_the_file(run):
    done = run("sql", "SELECT 1 + 1 AS a; SELECT 2 + 1 AS b", "-o", "out.csv")
    assert (done.code, done.out) == (0, '{"a":2}\n')
    assert rows_of("out.csv") == [(3,)]


def test_statements_come_from_standard_input(process):
    for arguments in (["-"], ["-f", "-"]):
        done = process("sql", *arguments, stdin=b"SELECT 6 * 7 AS answer;")
        assert (done.code, done.rows) == (0, [{"answer": 42}])


def test_a_parameter_may_be_a_file_of_text_or_of_bytes(run, here):
    (here / "prompt.txt").write_text("Größe", "utf-8")
    (here / "photo.jpg").write_bytes(b"\xff\xd8\xff\x00")
    done = run("sql", "SELECT :p AS p, octet_length(:b) AS b", "-p", "p=@prompt.txt", "-p", "b=@photo.jpg")
    assert done.rows == [{"p": "Größe", "b": 4}]


def test_a_database_keeps_its_tables(run):
    assert run("sql", "CREATE TABLE t AS SELECT 7 AS a", "--database", "kept.duckdb").code == 0
    assert run("--database", "kept.duckdb", "sql", "FROM t").rows == [{"a": 7}]
    with duckdb.connect("kept.duckdb", read_only=True) as kept:
        assert kept.execute("FROM t").fetchall() == [(7,)]


def test_a_row_that_fails_ends_the_query(run, at_service):
    at_service.script = fail_two
    done = run("sql", QUERY)
    assert (done.code, done.out) == (1, "")
    assert "grokcall: Bad text. (HTTP 400" in done.err


def test_rows_that_fail_can_be_kept_and_are_told_by_the_exit_code(run, at_service):
    at_service.script = fail_two
    done = run("sql", QUERY.replace("ORDER", ", (SELECT 1) ORDER"), "--on-error", "ignore")
    assert done.code == 1
    assert [row["Response_Result"] for row in done.rows] == ["ONE", None, "THREE"]
    assert "rows      3 (2 ok, 1 failed)" in done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["SELECT nosuch FROM 'tickets.csv'"], "^^^^^^ line 1, column 8"),
        (["SELEC 1"], "did you mean SELECT?"),
        (["SELECT 1 + 1; SELECT 2 FORM x"], 'syntax error at or near "x"'),
        (["FROM 'nosuch.csv'"], "No files found that match"),
        (["SELECT :a"], "the marker a has no value; give it with -p a="),
        (["SELECT :name", "-p", "name=1", "-p", "nname=2"], "no statement has the marker 'nname'; did you mean name?"),
        (["SELECT ?", "-p", "a=1"], "parameters are given by name here"),
        ([], "give the statements either as an argument or with -f FILE"),
        (["SELECT 2", "-f", "x.sql"], "give the statements either"),
        (["-f", "nosuch.sql"], "nosuch.sql: no such file"),
        (["/* nothing */"], "there is no statement in this text"),
        (["CREATE TABLE t (a INT)", "-o", "x.csv"], "the last statement gives no rows"),
        ([QUERY, "-o", "no/folder.csv"], "there is no folder no"),
        ([QUERY, "-o", "x.nosuch"], "cannot tell the format"),
        ([QUERY, "--on-error", "redirect"], "on_error must be 'fail' or 'ignore'"),
        ([QUERY, "--retry-failed"], "go by a journal"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_sent(run, at_service, arguments, told):
    done = run("sql", *arguments)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert at_service.asked == []


def test_a_refused_key_a_budget_and_a_service_that_is_away_have_their_exit_codes(run, at_service, monkeypatch):
    done = run("sql", QUERY, "--max-calls", "2")
    assert done.code == 4
    assert "grokcall: --max-calls of 2 calls is reached: 2 calls used; raise --max-calls for more\n" in done.err
    assert done.err.endswith(
        "nothing is kept for a second run, which would pay for everything again; give --journal FILE to keep the "
        "answers\n"
    )
    assert len(at_service.asked) == 2
    at_service.script = lambda asked: WRONG_KEY
    assert run("sql", QUERY).code == 3
    monkeypatch.delenv("XAI_API_KEY")
    done = run("sql", QUERY)
    assert (done.code, "There is no API key" in done.err) == (3, True)
    monkeypatch.setenv("XAI_API_KEY", KEY)
    away = run("sql", QUERY, "--base-url", "http://127.0.0.1:9/v1", "--max-attempts", 1)
    assert away.code == 5


def test_a_budget_counts_calls_and_queries_together(run, at_service):
    done = run("sql", f"CALL GenerateResponse('first'); {QUERY}", "--max-calls", "2")
    assert done.code == 4
    assert len(at_service.asked) == 2


def test_a_query_that_was_stopped_goes_on_where_it_was(run, at_service):
    done = run("sql", QUERY, "--journal", "j", "--max-calls", "2")
    assert done.code == 4
    assert "raise --max-calls to continue, what was answered is in the journal" in done.err
    assert "run the same command again to continue" in done.err
    again = run("sql", QUERY, "--journal", "j")
    assert again.code == 0
    assert [tuple(row.values()) for row in again.rows] == DONE
    assert sorted(asked.text for asked in at_service.asked) == ["one", "three", "two"]
    assert "(1 ok, 0 failed, 2 cached)" in again.err


def test_what_earlier_tries_cost_counts_against_the_budget(run, at_service):
    assert run("sql", QUERY, "--journal", "j", "--max-calls", "2").code == 4
    assert run("sql", QUERY, "--journal", "j", "--max-calls", "2").code == 4
    assert len(at_service.asked) == 2


def test_the_journal_of_the_sandbox_is_found_again(run):
    first = run("sql", "--sandbox", QUERY, "--journal", "j")
    again = run("sql", "--sandbox", QUERY, "--journal", "j")
    assert (first.code, again.code, first.out) == (0, 0, again.out)
    assert "(0 ok, 0 failed, 3 cached)" in again.err


def test_equal_calls_may_be_made_apart(run, at_service):
    sql = "SELECT count(r.Response_Result) AS n FROM (VALUES ('a'), ('a')) t(b), GenerateResponse(t.b) r"
    assert run("sql", sql).rows == [{"n": 2}]
    assert len(at_service.asked) == 1
    assert run("sql", sql, "--no-dedupe").rows == [{"n": 2}]
    assert len(at_service.asked) == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_it_at_once_and_keeps_the_journal(at_service: Service, here: Path, number: signal.Signals):
    (here / "many.csv").write_text("body\n" + "".join(f"text {line}\n" for line in range(300)))

    def slow(asked):
        time.sleep(0.05)
        return answered(asked.text.upper())

    at_service.script = slow
    query = "SELECT r.Response_Result FROM 'many.csv' t, GenerateResponse(t.body) r"
    command = [COMMAND, "sql", query, "--journal", "j", "--concurrency", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ) as running:
        deadline = time.monotonic() + 240
        while len(at_service.asked) < 6 and time.monotonic() < deadline:
            time.sleep(0.02)
        running.send_signal(number)
        out, err = running.communicate(timeout=240)
    assert (running.returncode, out) == (130, b"")
    assert b"grokcall: interrupted" in err
    asked = len(at_service.asked)
    assert 6 <= asked < 60
    at_service.script = lambda asked: answered(asked.text.upper())
    done = subprocess.run(command, capture_output=True, env=os.environ, timeout=400, check=True)
    assert len(done.stdout.splitlines()) == 300
    assert json.loads(done.stdout.splitlines()[0]) == {"Response_Result": "TEXT 0"}
    in_flight = 2
    assert len(at_service.asked) <= 300 + in_flight


def test_progress_is_told_on_standard_error(at_service: Service, here: Path):
    (here / "many.csv").write_text("body\n" + "".join(f"text {line}\n" for line in range(60)))

    def slow(asked):
        time.sleep(0.1)
        return answered(asked.text)

    at_service.script = slow
    query = "SELECT count(r.Response_Result) AS n FROM 'many.csv' t, GenerateResponse(t.body) r"
    done = subprocess.run([COMMAND, "sql", query, "--concurrency", "1"], capture_output=True, timeout=400, check=True)
    assert json.loads(done.stdout) == {"n": 60}
    assert b" rows/s, " in done.stderr
    assert b" USD" in done.stderr


def test_the_sample_of_procedures_in_duckdb_runs(run, here):
    shutil.copy(SHIPPED, here / "tickets.csv")
    done = run("sql", "-f", SAMPLES / "duckdb_tickets.sql", "--sandbox")
    assert done.code == 0, done.err
    assert {"is_a_picture": True} in done.rows
    assert {"explained": "free"} in done.rows


def test_the_command_runs_such_a_query(run, at_service):
    done = run("sql", "FROM SearchX('sun', From := '2026-11-01')")
    assert done.code == 0, done.err
    assert at_service.asked[0].json["tools"][0]["from_date"] == "2026-11-01"
