"""The last entries of a process that died come into the database once, whatever happens in between."""

import shutil
import subprocess
import sys

import pytest

from grokcall.journal import Journal
from grokcall.journal.write_ahead import HEADER, ROOM, WriteAheadLog, has_tail, left_over, tail_paths

DIE = """
import asyncio, os, signal, sys
from grokcall.errors import ReadTimeoutError
from grokcall.journal import Journal
from grokcall.core.outcome import CallStatus, Outcome
async def work(run):
    await run.record(b"a" * 16, 0, Outcome(CallStatus.ERROR, error=ReadTimeoutError("late"), attempts=1, cost_ticks=3))
    await run.record(b"a" * 16, 0, Outcome(rows=[("x",)], attempts=1, cost_ticks=4))
    await run.record(b"b" * 16, 0, Outcome(rows=[("y",)], attempts=1, cost_ticks=5))
    run.intend(b"c" * 16, 0)
    await run.remember(b"c" * 16, 0, 0, b"v1")
    run.intend(b"d" * 16, 0)
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(work(Journal(sys.argv[1]).begin("a", {})))
"""


@pytest.fixture
def left(path):
    """The journal of a process that died at once after its last words."""
    subprocess.run([sys.executable, "-c", DIE, str(path)], timeout=400, check=False)
    assert left_over(path)[0]
    return path


def filled(journal):
    """The file that has the entries."""
    (path,) = (path for path in tail_paths(journal) if any(path.read_bytes()))
    return path


def check_without_the_last(left, caplog):
    with Journal(left) as journal:
        run = journal.begin("a", {})
        assert run.recall(b"b" * 16, 0) is not None
        assert run.memo(b"c" * 16, 0) == [b"v1"]
        assert run.in_doubt() == []
    assert caplog.text == ""


def check_whole(journal):
    run = journal.begin("a", {})
    assert [run.recall(name * 16, 0).rows for name in (b"a", b"b")] == [[("x",)], [("y",)]]
    assert run.recall(b"a" * 16, 0).saved_ticks == 7
    assert run.memo(b"c" * 16, 0) == [b"v1"]
    assert [doubt.fingerprint for doubt in run.in_doubt()] == [b"d" * 16]
    assert journal.run().cost_ticks == 12


def test_what_a_dead_process_had_only_appended_is_there(left):
    with Journal(left) as journal:
        check_whole(journal)
    assert not any(path.exists() for path in tail_paths(left))


def test_entries_that_were_brought_in_before_are_not_counted_twice(left):
    for path in tail_paths(left):
        shutil.copy(path, path.with_suffix(".copy"))
    for _ in range(2):
        with Journal(left) as journal:
            check_whole(journal)
        for path in tail_paths(left):
            shutil.copy(path.with_suffix(".copy"), path)


def test_who_only_looks_sees_them_too(left):
    with Journal(left, read_only=True) as journal:
        assert (journal.run().ok, journal.run().state) == (2, "killed")


def test_an_entry_that_was_cut_short_is_dropped_and_the_others_come_in(left, caplog):
    path = filled(left)
    path.write_bytes(path.read_bytes().rstrip(b"\0")[:-3])
    check_without_the_last(left, caplog)


def test_an_entry_whose_header_was_not_written_is_dropped_and_the_others_come_in(left, caplog):
    path = filled(left)
    entries, _ = left_over(left)
    at = sum(HEADER.size + len(entry) for entry in entries[:-1])
    data = bytearray(path.read_bytes())
    data[at : at + HEADER.size] = bytes(HEADER.size)
    path.write_bytes(data)
    check_without_the_last(left, caplog)


def test_entries_that_were_damaged_are_kept_and_said(left, caplog):
    path = filled(left)
    data = bytearray(path.read_bytes())
    data[len(data.rstrip(b"\0")) // 2] ^= 255
    path.write_bytes(data)
    with caplog.at_level("WARNING"), Journal(left) as journal:
        assert journal.runs()
    (kept,) = left.parent.glob("*.tail-*.damaged-*")
    assert kept.read_bytes() == data
    assert kept.name in caplog.text


def test_the_tail_of_a_journal_that_was_deleted_is_not_taken_for_another_s(left):
    left.unlink()
    with Journal(left) as journal:
        assert journal.runs() == []
        assert journal.begin("a", {}).recall(b"b" * 16, 0) is None
    assert list(left.parent.glob("*.tail-*.orphan-*"))


def test_an_entry_is_appended_whole_or_not_at_all(path):
    tail = WriteAheadLog(path)
    assert not has_tail(path)
    entries = [b"1", b"one", bytes(100_000), bytes(3 * ROOM)]
    for entry in entries:
        tail.append(entry)
    tail.turn()
    tail.append(b"other")
    assert has_tail(path)
    assert left_over(path) == ([*entries, b"other"], [])
    tail.clear_other()
    assert left_over(path) == ([b"other"], [])
    tail.turn()
    tail.clear_other()
    tail.close()
    assert not any(each.exists() for each in tail_paths(path))
