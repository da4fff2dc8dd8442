"""What a journal knows of batches, and journals of before there were any."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from grokcall.core.outcome import Outcome
from grokcall.errors import InternalError
from grokcall.journal import Journal
from grokcall.journal.batches import taken_from

CALLS = [(bytes([number]) * 16, number % 2) for number in range(5)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.journal"


def test_what_was_intended_is_known_to_the_next_process(path):
    with Journal(path) as journal:
        intended = journal.begin("x", {}).batches.intend("name", CALLS)
    with Journal(path) as journal:
        run = journal.begin("x", {})
        (found,) = run.batches.open()
        assert (found.name, found.batch_id, found.state, found.calls, found.taken) == ("name", None, "intended", 5, 0)
        assert found.number == intended.number
        assert sorted(run.batches.untaken(found.number)) == sorted(CALLS)
        assert journal.begin("y", {}).batches.open() == []


def test_an_answer_is_recorded_and_taken_together(path):
    with Journal(path) as journal:
        run = journal.begin("x", {})
        number = run.batches.intend("name", CALLS).number
        run.batches.made(number, "batch_1")
        run.batches.filled(number)
        for call in CALLS[:3]:
            asyncio.run(run.record(*call, Outcome(rows=[("a",)], attempts=1), [taken_from(number, call)]))
        with pytest.raises(InternalError):
            run.batches.end(number)
    with Journal(path) as journal:
        run = journal.begin("x", {})
        (found,) = run.batches.open()
        assert (found.batch_id, found.state, found.taken) == ("batch_1", "filled", 3)
        run.batches.drop(number, CALLS[3:])
        run.batches.end(number)
        assert run.batches.open() == []
        assert [batch.state for batch in journal.batches("last")] == ["ended"]


def test_batches_go_with_the_run_that_is_pruned(path):
    with Journal(path) as journal:
        journal.begin("x", {}).batches.intend("name", CALLS)
    with Journal(path) as journal:
        journal.prune(keep=0)
        assert journal.runs() == []
        assert journal.begin("x", {}).batches.open() == []
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM batch_calls").fetchone() == (0,)
    connection.close()
