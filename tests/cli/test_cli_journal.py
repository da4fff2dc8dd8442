"""The journal of a lookup on the command line: beside its output until every row has its answer, or a named one."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
from pathlib import Path

import duckdb
import pytest

from grokcall.journal import Journal
from installed import COMMAND
from scripted_service import Answer, Service, answered, refused

ASK = "CALL GenerateResponse(:body)"
ROWS = 8


@pytest.fixture
def table(here: Path) -> str:
    """A table of a few rows."""
    (here / "in.csv").write_text("body\n" + "".join(f"row {number}\n" for number in range(ROWS)))
    return "in.csv"


def files(here: Path) -> list[str]:
    """What stands in the folder beside the input."""
    return sorted(path.name for path in here.iterdir() if path.name != "in.csv")


@pytest.mark.parametrize(
    ("output", "journal"),
    [
        ("out.parquet", "out.journal"),
        ("out.v2.csv", "out.v2.journal"),
        ("d.duckdb::answers", "d.answers.journal"),
        ("d.duckdb::main.answers", "d.answers.journal"),
    ],
)
def test_a_stopped_lookup_goes_on_from_a_journal_beside_its_output_which_then_goes(
    run, at_service, table, here, output, journal
):
    command = ("lookup", table, ASK, "-o", output, "--fields", "Response_Result")
    stopped = run(*command, "--max-calls", 3)
    assert stopped.code == 4
    last = stopped.err.splitlines()[-1]
    assert last == (
        f"run the same command again to continue, with a higher --max-calls: what was answered is in {journal}"
    )
    assert journal in files(here)
    assert run(*command, "--max-calls", 3).code == 4
    assert len(at_service.asked) == 3
    done = run(*command)
    assert (done.code, len(at_service.asked)) == (0, ROWS)
    assert files(here) == [output.partition("::")[0]]


def test_a_lookup_that_is_whole_leaves_nothing_but_its_output(run, at_service, table, here):
    assert run("lookup", table, ASK, "-o", "out.csv").code == 0
    assert files(here) == ["out.csv"]


def test_pictures_go_with_their_journal(run, table, here):
    command = ("lookup", table, "CALL GenerateImage(:body)", "-o", "out.parquet", "--sandbox")
    assert run(*command, "--max-calls", 3).code == 4
    assert "out.journal.media" in files(here)
    assert run(*command).code == 0
    assert files(here) == ["out.parquet"]


def test_the_journal_stays_while_rows_have_failed_and_the_last_sentence_says_how_to_go_on(run, at_service, table, here):
    at_service.script = lambda asked: refused(400) if asked.text == "row 2" else answered(asked.text)
    command = ("lookup", table, ASK, "-o", "out.csv")
    failed = run(*command)
    assert failed.code == 1
    assert failed.err.splitlines()[-1] == (
        "what was answered is in out.journal: run the same command again to try failed rows again, "
        "with --retry-failed also those that failed for good"
    )
    at_service.script = lambda asked: answered(asked.text)
    assert run(*command, "--retry-failed").code == 0
    assert len(at_service.asked) == ROWS + 1
    assert "out.journal" not in files(here)


@pytest.mark.parametrize("by", ["flag", "environment"])
def test_a_journal_that_is_named_stays(run, at_service, table, here, monkeypatch, by):
    if by == "environment":
        monkeypatch.setenv("GROKCALL_JOURNAL", "kept")
    command = ("lookup", table, ASK, "-o", "out.csv", *(["--journal", "kept"] if by == "flag" else []))
    assert run(*command).code == run(*command).code == 0
    assert files(here) == ["kept", "out.csv"]
    assert len(at_service.asked) == ROWS


def test_a_named_journal_stays_although_it_has_the_name_of_the_one_beside_the_output(run, at_service, table, here):
    command = ("lookup", table, ASK, "-o", "out.csv")
    assert run(*command, "--journal", "out.journal").code == 0
    assert run(*command).code == 0
    assert "out.journal" in files(here)
    assert len(at_service.asked) == ROWS


def test_a_journal_stays_while_it_has_another_lookup_that_was_stopped(run, at_service, table, here):
    assert run("lookup", table, ASK, "-o", "out.csv", "--max-calls", 3).code == 4
    other = run("lookup", table, "CALL GenerateResponse(:body, 'Briefly.')", "-o", "out.parquet")
    assert other.code == 0
    assert other.err.splitlines()[-1].startswith("out.journal stays, for it holds more")
    assert run("lookup", table, ASK, "-o", "out.csv").code == 0
    assert len(at_service.asked) == 2 * ROWS
    assert "out.journal" not in files(here)


def test_no_journal_is_none_and_says_what_that_means(run, at_service, table, here, monkeypatch):
    monkeypatch.setenv("GROKCALL_JOURNAL", "kept")
    done = run("lookup", table, ASK, "-o", "out.csv", "--no-journal", "--max-calls", 3)
    assert done.code == 4
    assert done.err.splitlines()[-1] == (
        "nothing is kept for a second run, which would pay for everything again; "
        "give --journal FILE to keep the answers"
    )
    assert "to continue" not in done.err
    assert files(here) == ["out.partial.csv"]
    both = run("lookup", table, ASK, "-o", "out.csv", "--no-journal", "--journal", "j")
    assert (both.code, "exclude each other" in both.err) == (2, True)


@pytest.mark.parametrize("output", ["-", "/dev/null"])
def test_standard_output_and_devices_have_no_journal_beside_them(run, at_service, table, here, output):
    done = run("lookup", table, ASK, "-o", output, "--format", "csv", "--errors", "e.csv", "--max-calls", 3)
    assert done.code == 4
    assert "nothing is kept for a second run" in done.err
    assert files(here) == []


@pytest.mark.parametrize("stranger", ["text", "database", "folder", "pipe"])
def test_a_file_of_that_name_that_is_no_journal_is_refused_before_anything_is_sent(
    run, at_service, table, here, stranger
):
    path = here / "out.journal"
    if stranger == "text":
        path.write_text("Dear diary")
    elif stranger == "database":
        duckdb.connect(str(path)).close()
    elif stranger == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    done = run("lookup", table, ASK, "-o", "out.csv")
    assert (done.code, at_service.asked) == (2, [])
    assert done.err.startswith("grokcall: out.journal is not a journal")
    assert "--journal FILE" in done.err
    assert "--no-journal" in done.err
    assert path.exists()


def test_a_lookup_that_sent_nothing_leaves_no_journal_and_does_not_speak_of_one(run, at_service, table, here):
    stopped = run("lookup", table, ASK, "-o", "out.csv", "--max-calls", 0)
    assert stopped.code == 4
    assert stopped.err.splitlines()[-1].endswith("0 calls used; raise --max-calls for more")
    assert run("lookup", table, ASK, "-o", "out.csv", "--dry-run").code == 0
    assert files(here) == []


class Held:
    """A lookup whose calls are in flight."""

    def __init__(self, service: Service, *arguments: str) -> None:
        self.gone = threading.Event()
        service.script = self._answer
        self.process = subprocess.Popen(
            [COMMAND, *arguments], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        while len(service.asked) < 2 and self.process.poll() is None:
            self.gone.wait(0.01)

    async def _answer(self, asked) -> Answer:
        await asyncio.to_thread(self.gone.wait, 60)
        return answered(asked.text)

    def told(self, words: str) -> None:
        """Waits until the process says something."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if words in line:
                return
        raise AssertionError(f"it never said {words!r}")

    def ended(self) -> tuple[int, str, str]:
        """How the process ended, once the answers had come."""
        self.gone.set()
        try:
            out, err = self.process.communicate(timeout=400)
        finally:
            self.process.kill()
        return self.process.returncode, out, err


def test_a_second_lookup_into_the_same_output_is_refused(run, at_service, table, here):
    first = Held(at_service, "lookup", table, ASK, "-o", "out.csv", "--concurrency", "2")
    second = run("lookup", table, ASK, "-o", "out.csv")
    assert second.code == 1
    assert "out.journal is in use by process" in second.err
    assert "-o names another one" in second.err
    assert first.ended()[0] == 0
    assert len(at_service.asked) == ROWS


@pytest.fixture
def as_in_a_terminal():
    """Tests that are run by nohup are deaf to SIGHUP, and so would be the commands that they start."""
    if not hasattr(signal, "SIGHUP"):
        yield
        return
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("as_in_a_terminal")
@pytest.mark.parametrize(
    "number", [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
)
@pytest.mark.parametrize("command", ["lookup", "sql", "call"])
def test_every_command_waits_for_what_was_sent_whichever_signal_ends_it(at_service, table, here, command, number):
    query = "SELECT r.Response_Result FROM 'in.csv' t, GenerateResponse(t.body) r"
    arguments = {
        "lookup": ("lookup", table, ASK, "-o", "out.csv", "--concurrency", "2"),
        "sql": ("sql", query, "--journal", "out.journal", "--concurrency", "2"),
        "call": ("call", "CALL GenerateResponse('row 0')", "-o", "answer.json"),
    }[command]
    if command == "call":
        at_service.asked.append(None)  # type: ignore[arg-type]  # there is one call only
    held = Held(at_service, *arguments)
    held.process.send_signal(number)
    held.told("waiting up to 30 s" if number == signal.SIGINT else "waiting up to 5 s")
    code, _, err = held.ended()
    assert code == 130, err
    assert "Traceback" not in err
    if command == "call":
        assert "row 0" in (here / "answer.json").read_text()
        return
    with Journal("out.journal", read_only=True) as journal:
        assert (journal.run().ok, journal.in_doubt()) == (2, [])
    assert err.splitlines()[-1] == "run the same command again to continue: what was answered is in out.journal"
    subprocess.run([COMMAND, *arguments], check=True, capture_output=True, timeout=400)
    assert len(at_service.asked) == ROWS


def test_nohup_keeps_a_lookup_from_the_hangup(at_service, table, here):
    held = Held(at_service, "lookup", table, ASK, "-o", "out.csv", "--concurrency", "2")
    ended = held.ended()
    assert ended[0] == 0
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        at_service.asked.clear()
        held = Held(at_service, "lookup", table, ASK, "-o", "out.csv", "--concurrency", "2")
    finally:
        signal.signal(signal.SIGHUP, before)
    held.process.send_signal(signal.SIGHUP)
    assert held.ended()[0] == 0
    assert len(at_service.asked) == ROWS


def test_the_handlers_of_signals_are_put_back(run, at_service, table):
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    assert run("lookup", table, ASK, "-o", "out.csv").code == 0
    assert run("sql", "SELECT r.Response_Result FROM GenerateResponse('hi') r").code == 0
    assert run("call", "CALL GenerateResponse('hi')").code == 0
    assert [signal.getsignal(number) for number in numbers] == before
