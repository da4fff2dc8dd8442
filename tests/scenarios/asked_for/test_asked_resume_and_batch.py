"""A run can be stopped and continued, and nothing that was answered is asked for, or paid for, again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from contextlib import suppress

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commanding import (
    ANSWER_ONLY,
    ASK,
    COMMAND,
    LONGEST_RUN,
    numbered,
    rows_of,
    run,
    start,
    sums,
    surroundings,
    tickets,
)

import grokcall
import grokcall.duckdb
from grokcall.sandbox import Sandbox


def test_ctrl_c_keeps_what_succeeded_and_the_same_command_goes_on(tmp_path):
    source, out = tickets(tmp_path, sums(150)), tmp_path / "answers.csv"
    command = ["lookup", source, ASK, "-o", out, *ANSWER_ONLY, "--concurrency", "4"]
    command += ["--journal", tmp_path / "run.journal"]
    with Sandbox(profile="latency:seconds=0.03") as sandbox:
        with start(sandbox, *command) as process:
            deadline = time.monotonic() + 240
            while len(sandbox.ledger()) < 40 and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            process.send_signal(signal.SIGINT)
            try:
                _, err = process.communicate(timeout=240)
            finally:
                process.kill()
        assert process.returncode == 130
        assert "run the same command again to continue" in err
        kept = rows_of(tmp_path / "answers.partial.csv")
        assert len(kept) >= 30
        assert [row["Response_Result"] for row in kept] == [2 * number for number in range(len(kept))]

        assert run(sandbox, *command).code == 0
        assert len(sandbox.ledger()) <= 150 + 4, "more was paid for twice than what was under way"
    assert [row["Response_Result"] for row in rows_of(out)] == [2 * number for number in range(150)]


def test_a_batch_is_left_alone_and_lands_in_the_database_when_it_is_ready(tmp_path):
    source, database = tickets(tmp_path, sums(20)), tmp_path / "answers.duckdb"
    command = ["lookup", source, ASK, "-o", f"{database}::answers", *ANSWER_ONLY]
    command += ["--batch", "--journal", tmp_path / "run.journal", "--poll-interval", "0.05"]
    with Sandbox(batch_seconds=3600) as sandbox:
        left = run(sandbox, *command, "--no-wait")
        assert (left.code, "20 requests are pending" in left.err) == (0, True)
        assert not database.exists()
        sandbox.finish_batches()
        taken = run(sandbox, *command)
        assert taken.code == 0, taken.err
        assert len(sandbox.ledger()) == 20, "the batch was sent again"
    assert [row["Response_Result"] for row in rows_of(f"{database}::answers")] == [str(2 * n) for n in range(20)]


def test_an_answer_on_record_is_taken_only_for_the_very_same_request(sandbox, on_sandbox, tmp_path):
    sent = []
    for heat in ("0.2", "0.2", "0.20", "0.3", "0.2"):
        before = len(sandbox.ledger())
        statement = f"CALL GenerateResponse(:body, Temperature => {heat})"
        on_sandbox.lookup(statement, numbered(sums(5)), journal=tmp_path / "run.journal", reuse=True)
        sent.append(len(sandbox.ledger()) - before)
    assert sent == [5, 0, 0, 5, 0]


def test_new_rows_alone_are_paid_for_when_a_table_has_grown(sandbox, on_sandbox, tmp_path):
    for count in (20, 30, 30):
        source = str(tickets(tmp_path, sums(count)))
        result = on_sandbox.lookup(ASK, source, journal=tmp_path / "run.journal")
        assert len(sandbox.ledger()) == count
        assert result.rows["Response_Result"].to_pylist() == [str(2 * number) for number in range(count)]


def test_a_full_refresh_of_a_column_pays_for_nothing_that_is_on_record(sandbox, on_sandbox, tmp_path):
    for fields in (["Response_Result"], ["Response_Result", "Response_Model"], None):
        result = on_sandbox.lookup(ASK, numbered(sums(20)), fields=fields, journal=tmp_path / "run.journal")
        assert result.rows.num_rows == 20
    assert len(sandbox.ledger()) == 20


def test_a_column_that_is_built_anew_in_duckdb_is_not_paid_for_anew(sandbox, on_sandbox, tmp_path):
    built = "SELECT t.id, r.Response_Result FROM tickets t, GenerateResponse(t.body) r ORDER BY t.id"
    for count in (8, 8, 10):
        table = pa.Table.from_pylist(numbered(sums(count)))
        with (
            duckdb.connect() as con,
            grokcall.duckdb.register(con, on_sandbox, journal=tmp_path / "run.journal"),
        ):
            con.register("tickets", table)
            assert con.sql(built).fetchall() == [(number, str(2 * number)) for number in range(count)]
        assert len(sandbox.ledger()) == count


def test_a_terminal_shows_how_far_the_run_is_how_fast_and_how_much_is_left(tmp_path):
    source = tmp_path / "tickets.parquet"
    pq.write_table(pa.Table.from_pylist(numbered(sums(80))), source)
    command = [COMMAND, "lookup", str(source), ASK, "-o", str(tmp_path / "answers.csv"), "--concurrency", "8"]
    ours, theirs = pytest.importorskip("pty").openpty()
    with Sandbox(profile="latency:seconds=0.15") as sandbox:
        shown = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=surroundings(sandbox, TERM="xterm", COLUMNS="140")
        )
        os.close(theirs)
        screen = b""
        with suppress(OSError):  # which is how a terminal says that nobody writes to it any more
            while piece := os.read(ours, 65536):
                screen += piece
        os.close(ours)
        assert shown.wait(LONGEST_RUN) == 0
    told = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen.decode())
    done, pace = max((int(rows), float(pace)) for rows, pace in re.findall(r"(\d+) rows, ([\d.]+) rows/s", told))
    assert 8 <= done <= 80
    assert 5 < pace < 60, "the pace is that of the clock on the wall"
    assert re.search(r"left \d+:\d\d:\d\d", told), "no time left is shown"
