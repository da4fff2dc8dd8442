"""A command that is stopped and run again: what it continues, what it leaves behind, and what it says of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest

import grokcall
from grokcall.sandbox import SANDBOX_KEY, Sandbox
from installed import COMMAND
from scripted_service import echo, refused

ASK = "CALL GenerateResponse(:body)"
LONGEST = 60.0


def started(*words: object, **variables: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "XAI_API_KEY": SANDBOX_KEY, **variables}
    return subprocess.Popen(
        [COMMAND, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def ran(*words: object, **variables: str) -> tuple[int, str, str]:
    with started(*words, **variables) as process:
        out, err = process.communicate(timeout=LONGEST)
    return process.returncode, out, err


def source_file(folder: Path, rows: int) -> Path:
    path = folder / "in.csv"
    path.write_text("id,body\n" + "".join(f"{number},What is {number} + {number}?\n" for number in range(rows)))
    return path


def stopped(sandbox: Sandbox, number: int, after: int, *words: object) -> tuple[int, str]:
    """The command, sent a signal once the service has had so many requests."""
    with started(*words) as process:
        deadline = time.monotonic() + LONGEST
        while sandbox.stats()["requests"] < after and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        process.send_signal(number)
        _, err = process.communicate(timeout=LONGEST)
    return process.returncode, err


def test_the_sandbox_is_known_again_at_another_port(tmp_path):
    source = source_file(tmp_path, 5)
    command = ["lookup", source, ASK, "-o", tmp_path / "out.csv", "--journal", tmp_path / "j", "--sandbox"]
    assert ran(*command)[0] == 0
    first = (tmp_path / "out.csv").read_bytes()
    code, _, err = ran(*command)
    assert code == 0
    assert "5 cached" in " ".join(err.split())
    assert (tmp_path / "out.csv").read_bytes() == first
    _, out, _ = ran("runs", "list", "--json", "--journal", tmp_path / "j")
    (run,) = json.loads(out)
    assert (run["ok"], run["calls"], run["sessions"]) == (5, 5, 2)


def test_a_continued_run_removes_the_part_that_the_stopped_one_left(tmp_path):
    source, other = source_file(tmp_path, 300), tmp_path / "other.partial.csv"
    other.write_text("mine")
    with Sandbox(profile="latency:low=0.01,high=0.02") as sandbox:
        command = ["lookup", source, ASK, "-o", tmp_path / "out.csv", "--journal", tmp_path / "j"]
        command += ["--base-url", sandbox.base_url, "--concurrency", "8"]
        code, err = stopped(sandbox, signal.SIGINT, 60, *command)
        assert code == 130
        assert (tmp_path / "out.partial.csv").exists(), err
        code, _, err = ran(*command)
        assert len(sandbox.ledger()) == 300, "what was in flight was paid for twice"
    assert code == 0
    assert "billed twice" not in " ".join(err.split())
    assert sorted(path.name for path in tmp_path.glob("*.csv")) == ["in.csv", "other.partial.csv", "out.csv"]
    assert other.read_text() == "mine"


def test_calls_that_were_in_flight_at_a_kill_are_listed_as_perhaps_billed_twice(tmp_path):
    source = source_file(tmp_path, 300)
    with Sandbox(profile="latency:low=0.01,high=0.02") as sandbox:
        command = ["lookup", source, ASK, "-o", tmp_path / "out.csv", "--journal", tmp_path / "j"]
        command += ["--base-url", sandbox.base_url, "--concurrency", "8"]
        assert stopped(sandbox, signal.SIGKILL, 60, *command)[0] == -signal.SIGKILL
        code, _, err = ran(*command)
    assert code == 0
    assert "may have been billed twice" in " ".join(err.split())
    _, out, _ = ran("runs", "show", "--journal", tmp_path / "j", "--json")
    shown = json.loads(out)
    assert shown["in_doubt"] == 0
    assert 1 <= shown["answered_later"] <= 8
    assert {call["later"] for call in shown["may_have_been_billed"]} == {"answered"}
    assert all(re.fullmatch("[0-9a-f]{32}", call["fingerprint"]) for call in shown["may_have_been_billed"])


def test_a_part_is_swept_up_once_its_process_was_killed_and_not_before(tmp_path):
    source = source_file(tmp_path, 400)
    stray = tmp_path / ".out.csv.mine.part"
    stray.write_text("not of this form")
    with Sandbox(profile="latency:low=0.01,high=0.02") as sandbox:
        command = ["lookup", source, ASK, "-o", tmp_path / "out.csv", "--base-url", sandbox.base_url]
        with started(*command) as alive:
            deadline = time.monotonic() + LONGEST
            while not list(tmp_path.glob(".out.csv.????????.part")) and time.monotonic() < deadline:
                time.sleep(0.005)
            (part,) = tmp_path.glob(".out.csv.????????.part")
            with grokcall.tables.open_writer(tmp_path / "out.csv", pa.schema({"a": pa.int64()})) as writer:
                assert part.exists(), "the part of a process that lives was taken away"
                writer.write(pa.record_batch({"a": [1]}))
            alive.kill()
            alive.communicate(timeout=LONGEST)
        assert part.exists()
        with grokcall.tables.open_writer(tmp_path / "other.csv", pa.schema({"a": pa.int64()})):
            assert part.exists(), "the part of another output was taken away"
        assert ran(*command)[0] == 0
    assert not part.exists()
    assert stray.exists()


@pytest.mark.parametrize("columns", [None, "60"])
def test_runs_are_listed_with_every_figure_where_no_terminal_is(tmp_path, columns):
    source = source_file(tmp_path, 3)
    long = f"CALL GenerateResponse(:body, Instructions => '{'word ' * 40}')"
    assert ran("lookup", source, long, "-o", tmp_path / "o.csv", "--journal", tmp_path / "j", "--sandbox")[0] == 0
    variables = {} if columns is None else {"COLUMNS": columns}
    code, out, _ = ran("runs", "list", "--journal", tmp_path / "j", **variables)
    assert code == 0
    if columns is None:
        heading, row = out.splitlines()
        assert heading.split() == ["run", "state", "ok", "failed", "in", "doubt", "paid", "twice?", "USD", "command"]
        assert row.split()[1:6] == ["finished", "3", "0", "0", "0"]
        assert row.rstrip().endswith("word ')")
    else:
        assert all(len(line) <= 60 for line in out.splitlines())


def test_a_video_whose_link_has_expired_is_looked_for_again_and_not_paid_for_again(tmp_path):
    rows = [{"body": f"a kite, number {number}"} for number in range(3)]
    ask = "CALL GenerateVideo(:body, Duration => 1)"
    with Sandbox(profile="expired-links:share=1", video_seconds=0.05) as sandbox:
        options = {"api_key": SANDBOX_KEY, "base_url": sandbox.base_url, "poll_interval": 0.05}
        with grokcall.connect(**options) as connection:
            result = connection.lookup(ask, rows, journal=tmp_path / "j")
            assert result.errors["Call_ErrorCode"].to_pylist() == ["media"] * 3
            message = result.errors["Call_ErrorMessage"][0].as_py()
            assert "the link to the result has expired" in message
            assert "paid for" in message
            assert not result.errors["Call_Retryable"][0].as_py()
            assert len(sandbox.ledger()) == 3
            for retry in (False, True):
                polls = sandbox.stats()["requests"]
                again = connection.lookup(ask, rows, journal=tmp_path / "j", retry_failed=retry)
                assert again.errors.num_rows == 3
                assert sandbox.stats()["requests"] > polls, "nobody looked again"
                assert len(sandbox.ledger()) == 3, "a video that only could not be fetched was begun anew"


def test_a_video_that_the_service_could_not_make_is_begun_anew_only_when_asked_for(tmp_path):
    rows = [{"body": "a kite"}]
    ask = "CALL GenerateVideo(:body, Duration => 1)"
    with Sandbox(profile="moderation:share=1,on=media", video_seconds=0.05) as sandbox:
        options = {"api_key": SANDBOX_KEY, "base_url": sandbox.base_url, "poll_interval": 0.05}
        with grokcall.connect(**options) as connection:
            requests = []
            for retry in (False, False, True):
                result = connection.lookup(ask, rows, journal=tmp_path / "j", retry_failed=retry)
                assert result.errors["Call_ErrorCode"].to_pylist() == ["content_policy"]
                requests.append(sandbox.stats()["requests"])
    assert requests[0] == requests[1] < requests[2]


def test_a_video_that_the_service_has_dropped_fails_with_what_to_do(tmp_path):
    with Sandbox(video_seconds=0.05) as sandbox:
        options = {"api_key": SANDBOX_KEY, "base_url": sandbox.base_url, "poll_interval": 0.05}
        with grokcall.connect(**options) as connection, pytest.raises(grokcall.NotFoundError, match="start it anew"):
            connection.execute("CALL GetVideo('5f0c2b7e-1111-4222-8333-9c0ffee00002')")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_does_not_wait_for_standard_input(tmp_path, number):
    said = tmp_path / "said"
    command = ["lookup", "-", ASK, "-o", tmp_path / "out.jsonl", "--journal", tmp_path / "j", "--input-format", "jsonl"]
    with Sandbox() as sandbox, said.open("w") as errors:
        words = [COMMAND, *map(str, command), "--base-url", sandbox.base_url]
        environment = {**os.environ, "XAI_API_KEY": SANDBOX_KEY}
        with subprocess.Popen(words, stdin=subprocess.PIPE, stderr=errors, text=True, env=environment) as process:
            assert process.stdin is not None
            process.stdin.write("".join(f'{{"body": "What is 1 + {number}?"}}\n' for number in range(6000)))
            process.stdin.flush()  # more than a pipe holds: somebody reads
            time.sleep(0.5)
            process.send_signal(number)
            try:
                process.wait(timeout=240)
            finally:
                process.kill()
    assert process.returncode == 130
    assert "grokcall: interrupted" in said.read_text()


def test_a_stop_does_not_wait_for_a_generator_that_blocks(tmp_path):
    script = """
import os, sys, threading, time, pyarrow as pa, grokcall

def rows():
    yield pa.record_batch({"body": ["What is 1 + 1?"] * 256})
    print("waiting", flush=True)
    threading.Event().wait()

reader = pa.RecordBatchReader.from_batches(pa.schema({"body": pa.string()}), rows())
with grokcall.connect() as connection:
    try:
        connection.lookup("CALL GenerateResponse(:body)", reader, journal=sys.argv[1])
    except KeyboardInterrupt as interrupt:
        print("interrupted", interrupt.result.rows.num_rows, flush=True)
print("closed", flush=True)
"""
    with Sandbox() as sandbox:
        environment = {**os.environ, "XAI_API_KEY": SANDBOX_KEY, "XAI_BASE_URL": sandbox.base_url}
        command = [sys.executable, "-c", script, str(tmp_path / "j")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "waiting\n"
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            begun = time.monotonic()
            try:
                out, _ = process.communicate(timeout=240)
            finally:
                process.kill()
    assert out == "interrupted 256\nclosed\n"
    assert process.returncode == 0
    assert time.monotonic() - begun < 60.0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_first_row_ends_the_command_as_an_interrupt(tmp_path, number):
    source = source_file(tmp_path, 300)
    with Sandbox(latency=0.5) as sandbox:
        words = ["lookup", source, ASK, "-o", tmp_path / "out.csv", "--journal", tmp_path / "j", "--concurrency", "1"]
        with started(*words, "--base-url", sandbox.base_url, "--verbose") as process:
            deadline = time.monotonic() + LONGEST
            while not (tmp_path / "j").exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.0005)
            process.send_signal(number)
            _, err = process.communicate(timeout=LONGEST)
    assert process.returncode == 130, err
    assert "interrupted" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("options", [{}, {"dedupe": False}])
def test_equal_rows_that_failed_are_tried_again_by_one_request_unless_each_has_its_own(
    service, connecting, tmp_path, options
):
    rows = [{"body": body} for body in ("a", "b", "a", "a", "b", "a")]
    told = {"journal": tmp_path / "j", "retry_failed": True, "on_error": "ignore", **options}
    service.script = lambda asked: refused(400, f"{asked.text} is refused")
    connection = connecting(max_attempts=1)
    assert connection.lookup(ASK, rows, **told).summary.failed == 6
    service.asked.clear()
    service.script = echo
    found = connection.lookup(ASK, rows, **told)
    assert found.rows["Response_Result"].to_pylist() == ["A", "B", "A", "A", "B", "A"]
    assert sorted(service.texts) == (["a", "a", "a", "a", "b", "b"] if options else ["a", "b"])
    assert connection.lookup(ASK, rows, **told).summary.cached == 6


def test_equal_rows_that_another_run_has_answered_are_not_sent(service, connecting, tmp_path):
    rows = [{"body": body} for body in ("a", "b", "a", "a", "b", "a")]
    connection = connecting()
    connection.lookup(ASK, rows[:1], journal=tmp_path / "j")
    found = connection.lookup(ASK, rows, journal=tmp_path / "j", reuse=True)
    assert found.rows["Response_Result"].to_pylist() == ["A", "B", "A", "A", "B", "A"]
    assert service.texts == ["a", "b"]


@pytest.mark.parametrize("batch", [False, True])
def test_answers_in_other_runs_are_spoken_of_before_the_first_call_and_taken_with_reuse(sandbox, tmp_path, batch):
    variables = {"XAI_BASE_URL": sandbox.base_url}
    sources = [source_file(tmp_path, 3), tmp_path / "renamed.csv", tmp_path / "longer.csv"]
    sources[1].write_text(sources[0].read_text())
    sources[2].write_text(sources[0].read_text() + "7,What else?\n")
    way = ["--batch"] if batch else []

    def lookup(source: Path, *flags: str) -> str:
        command = ["lookup", source, ASK, "-o", tmp_path / "out.csv", "--journal", tmp_path / "j", *flags]
        code, _, err = ran(*command, **variables)
        assert code == 0, err
        return err

    assert "other runs" not in lookup(sources[0])
    told = lookup(sources[1], *way)
    assert told.count("the journal has answers to such calls in other runs; with reuse (--reuse)") == 1
    assert "other runs" not in lookup(sources[1], *way)  # this one has them all
    billed = len(sandbox.ledger())
    assert "other runs" not in lookup(sources[2], "--reuse")
    assert len(sandbox.ledger()) == billed + 1


def test_answers_in_other_runs_are_spoken_of_in_the_log_of_a_program(connection, tmp_path, caplog):
    for name, told in (("one", 0), ("two", 1), ("three", 1)):
        path = tmp_path / f"{name}.csv"
        path.write_text(f"body\na\nb\n{name}\n")
        caplog.clear()
        with caplog.at_level("WARNING", "grokcall"):
            connection.lookup(ASK, path, journal=tmp_path / "j")
        assert caplog.text.count("with reuse (--reuse)") == told
