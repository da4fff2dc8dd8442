"""Wherever a batch lookup is killed, the same command goes on from there, and each request is billed once."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from batching import ASK, COMMAND, Job, answers, batches, billed_once, connected, sums, wait_until

import grokcall
from grokcall.journal import Journal
from grokcall.journal.write_ahead import has_tail
from grokcall.sandbox import Sandbox

ROWS = 1_100
"""So many that they are added in two parts."""


def requests_in(sandbox: Sandbox) -> int:
    """How many requests the batches have."""
    return sum(batch["state"]["num_requests"] for batch in batches(sandbox))


def journaled(job: Job) -> list[str]:
    """The states of the batches in the journal."""
    if not job.journal.exists() or not job.journal.stat().st_size:
        return []
    with Journal(job.journal, read_only=True) as journal:
        return [batch.state for batch in journal.batches()] if journal.runs() else []


def killed(job: Job, when: Callable[[], object]) -> None:
    """Runs the command until something holds, and kills it."""
    with job.start() as process:
        wait_until(when, process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert process.returncode == -signal.SIGKILL


POINTS: dict[str, Callable[[Job], object]] = {
    "the batch is made and its reply has not come": lambda job: len(batches(job.sandbox)) == 1,
    "its id is known and nothing was added": lambda job: "made" in journaled(job),
    "a part was added": lambda job: requests_in(job.sandbox) == 1_000,
    "it is waited for": lambda job: "filled" in journaled(job),
}


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_lookup_goes_on_where_it_was(tmp_path: Path, point: str):
    with Sandbox(latency=0.2, batch_seconds=3600) as sandbox:
        job = Job(tmp_path, sandbox, sums(ROWS))
        killed(job, lambda: POINTS[point](job))
        sandbox.finish_batches()
        done = job.run()
        assert done.code == 0, done.err
        assert job.written == answers(job.rows)
        assert len(batches(sandbox)) == 1
        assert requests_in(sandbox) == ROWS
        assert billed_once(sandbox, ROWS)
        assert journaled(job) == ["ended"]


def test_an_intent_whose_batch_was_never_made_is_made_now(tmp_path: Path):
    with Sandbox(profile="latency:seconds=30,on=all") as sandbox:
        job = Job(tmp_path, sandbox, sums(50))
        killed(job, lambda: journaled(job) == ["intended"])
    with Sandbox(port=int(sandbox.base_url.rpartition(":")[2].split("/")[0])) as again:
        assert Job(tmp_path, again, sums(50)).run().code == 0
        assert billed_once(again, 50)
        with Journal(job.journal, read_only=True) as journal:
            (record,) = journal.batches()
        assert [batch["name"] for batch in batches(again)] == [record.name]


def test_answers_are_taken_once_though_the_taking_was_killed(tmp_path: Path):
    with Sandbox(profile="latency:seconds=0.5,on=all", batch_seconds=0.1) as sandbox:
        job = Job(tmp_path, sandbox, sums(2_500))

        killed(job, lambda: journaled(job) == ["filled"] and has_tail(job.journal))
        with Journal(job.journal, read_only=True) as journal:
            assert 0 < journal.batches()[0].taken < 2_500
        assert job.run().code == 0
        assert job.written == answers(job.rows)
        with Journal(job.journal, read_only=True) as journal:
            run = journal.run()
        assert (run.ok, run.attempts) == (2_500, 2_500)
        assert run.cost_ticks == sum(entry["ticks"] for entry in sandbox.ledger())


def test_an_interrupt_leaves_the_batch_at_the_service_and_says_how_to_go_on(tmp_path: Path):
    with Sandbox(batch_seconds=3600) as sandbox:
        job = Job(tmp_path, sandbox, sums(40))
        with job.start() as process:
            wait_until(lambda: journaled(job) == ["filled"], process)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=240)
        assert process.returncode == 130, err
        assert "40 calls are in batches that go on at the service" in err
        assert "run the same command again to continue" in err
        assert not job.output.exists()
        sandbox.finish_batches()
        assert job.run().code == 0
        assert job.written == answers(job.rows)
        assert billed_once(sandbox, 40)


def test_a_lookup_that_does_not_wait_is_continued_by_the_same_command(tmp_path: Path):
    with Sandbox(batch_seconds=3600) as sandbox:
        job = Job(tmp_path, sandbox, sums(40))
        sent = job.run("--no-wait")
        assert sent.code == 0
        assert "40 requests are pending and 0 done" in sent.err
        assert "run the same command again" in sent.err
        assert list(tmp_path.glob("out*")) == []
        with Journal(job.journal, read_only=True) as journal:
            assert journal.run().state == "waiting"
        sandbox.finish_batches()
        wait_until(lambda: batches(sandbox)[0]["state"]["num_success"] == 40)
        assert job.run("--no-wait").code == 0
        assert job.written == answers(job.rows)
        assert billed_once(sandbox, 40)
        shown = subprocess.run(
            [COMMAND, "runs", "show", "--journal", str(job.journal)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert f"{batches(sandbox)[0]['batch_id']}: 40 calls, 40 answers taken, ended" in " ".join(shown.split())


def test_rows_that_were_added_meanwhile_go_into_a_batch_of_their_own(tmp_path: Path):
    with Sandbox(batch_seconds=0.2) as sandbox:
        assert Job(tmp_path, sandbox, sums(40)).run("--no-wait").code == 0
        job = Job(tmp_path, sandbox, sums(60))
        assert job.run().code == 0
        assert job.written == answers(job.rows)
        assert sorted(batch["state"]["num_requests"] for batch in batches(sandbox)) == [20, 40]
        assert billed_once(sandbox, 60)


@pytest.mark.parametrize("fault", ["cut-after", "truncated", "malformed", "wrong-type", "server-errors"])
@pytest.mark.parametrize("skip", [0, 1, 2])
def test_a_reply_that_is_lost_makes_no_second_batch_of_requests(tmp_path: Path, fault: str, skip: int):
    given = {"batch": True, "journal": tmp_path / "run.journal"}
    with Sandbox(profile=f"{fault}:share=1,times=1,skip={skip},on=all") as sandbox:
        with connected(sandbox, max_attempts=1) as connection:
            try:
                result = connection.lookup(ASK, sums(30), **given)
            except grokcall.Error:  # a look at the batch failed, or its answers could not be read: nothing is lost
                result = connection.lookup(ASK, sums(30), **given)
        assert result.rows["Response_Result"].to_pylist() == answers(sums(30))
        assert billed_once(sandbox, 30)
        assert [batch["state"]["num_requests"] for batch in batches(sandbox)] == [30]
