"""A journal is opened by one writer at a time, is never taken for another file, and is never overwritten."""

import asyncio
import os
import random
import sqlite3
import stat
import subprocess
import sys
from contextlib import suppress

import pytest

from grokcall.cli.exit_codes import Exit, exit_of
from grokcall.core.outcome import Outcome
from grokcall.errors import InterfaceError, OperationalError, is_systemic
from grokcall.journal import Journal, JournalBusyError, JournalDamagedError, JournalError, JournalPathError
from grokcall.journal.database import PAGE_BYTES, VERSION

A = b"a" * 16
HOLD = "import sys; from grokcall.journal import Journal; j = Journal(sys.argv[1]); print('held', flush=True); input()"
FILL = """
import asyncio, json, os, resource, sys
from grokcall.journal import Journal
from grokcall.core.outcome import Outcome
async def fill(run):
    kept = 0
    try:
        while kept < 10_000:
            name = kept.to_bytes(16, "big")
            run.intend(name, 0)
            await run.record(name, 0, Outcome(rows=[(os.urandom(size).hex() if text else os.urandom(size),)]))
            kept += 1
    except Exception as error:
        print(json.dumps([kept, type(error).__name__, str(error)]))
text, size, limit = int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
with Journal(sys.argv[1]) as journal:
    run = journal.begin("fill", {})
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    asyncio.run(fill(run))
"""


def write(journal, count=1, size=100):
    run = journal.begin("a", {})

    async def all_of_them():
        for number in range(count):
            await run.record(number.to_bytes(16, "big"), 0, Outcome(rows=[(str(number) * size,)]))

    asyncio.run(all_of_them())
    return run


def test_a_journal_that_another_process_holds_is_refused_and_the_holder_named(path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "held\n"
        with pytest.raises(JournalBusyError, match=rf"in use by process {child.pid} on .+ since 2"):
            Journal(path)
        child.kill()
    with Journal(path):
        pass


def test_a_second_journal_object_on_the_same_file_is_refused(path):
    with Journal(path) as journal:
        with pytest.raises(JournalBusyError, match=f"process {os.getpid()}"):
            Journal(path)
        write(journal)
    with Journal(path) as journal:
        assert journal.run().ok == 1


def test_looking_is_possible_while_another_writes(path):
    with Journal(path) as journal:
        write(journal, 3)
        assert journal.run().ok == 3  # and with that, others see it as well
        with Journal(path, read_only=True) as seen:
            assert (seen.run().state, seen.run().ok) == ("running", 3)
            assert len(list(seen.export())) == 3
            assert seen.recall_any((0).to_bytes(16, "big")) is not None
            with pytest.raises(InterfaceError, match="reading only"):
                seen.begin("a", {})
            with pytest.raises(InterfaceError, match="reading only"):
                seen.prune(keep=0)
    with Journal(path, read_only=True) as seen:
        assert seen.run().state == "killed"


def test_a_closed_journal_leaves_nothing_but_its_file(path):
    with Journal(path) as journal:
        write(journal)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(JournalPathError, match="is a folder; name a file"):
        Journal(tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(JournalPathError, match="there is no folder"):
        Journal(tmp_path / "none" / "run.journal")


def test_looking_at_a_journal_that_is_not_there_makes_none(path):
    with pytest.raises(JournalPathError, match="there is no journal"):
        Journal(path, read_only=True)
    assert list(path.parent.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_takes_no_files_is_named(tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(JournalPathError, match="check its permissions"):
            Journal(tmp_path / "run.journal")
    finally:
        tmp_path.chmod(stat.S_IRWXU)


@pytest.mark.parametrize("content", [b"id,body\n1,hello\n", b"\x00" * 8192, b"PAR1" + bytes(500), b"x"])
def test_a_file_that_is_no_journal_is_refused_and_left_as_it_is(path, content):
    path.write_bytes(content)
    for read_only in (False, True):
        with pytest.raises(JournalPathError, match="is not a journal"):
            Journal(path, read_only=read_only)
    assert path.read_bytes() == content
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_another_program_s_database_is_refused_and_left_as_it_is(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mine (x)")
    connection.close()
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(JournalPathError, match="of another program"):
            Journal(path, read_only=read_only)
    path.write_bytes(damaged := before[:4000] + b"\xff" * 4192)
    with pytest.raises(JournalError):
        Journal(path)
    assert path.read_bytes() == damaged


def test_an_empty_file_becomes_a_journal(path):
    path.touch()
    with pytest.raises(JournalPathError, match="empty"):
        Journal(path, read_only=True)
    with Journal(path) as journal:
        write(journal)


def test_a_newer_layout_is_refused_and_left_as_it_is(path):
    with Journal(path) as journal:
        write(journal)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    told = rf"newer grokcall \(layout {VERSION + 1}, this one knows {VERSION}\); update grokcall"
    for read_only in (False, True):
        with pytest.raises(JournalPathError, match=told):
            Journal(path, read_only=read_only)


def damage(data: bytes, kind: str) -> bytes:
    if kind == "truncated":
        return data[: len(data) // 2]
    if kind == "cut in the header":
        return data[:100]
    middle = 100 if kind == "first page" else len(data) // 2
    return data[:middle] + random.Random(1).randbytes(2 * PAGE_BYTES) + data[middle + 2 * PAGE_BYTES :]


@pytest.mark.parametrize("kind", ["truncated", "cut in the header", "first page", "middle page"])
def test_a_damaged_journal_is_moved_away_and_a_new_one_begun(path, kind, caplog):
    with Journal(path) as journal:
        write(journal, 500, 50)
    data = damage(path.read_bytes(), kind)
    path.write_bytes(data)
    with suppress(JournalDamagedError), Journal(path, read_only=True) as seen:
        assert len([row for row in seen.export() if row["Call_Status"] == "ok"]) < 500
    assert path.read_bytes() == data
    with caplog.at_level("WARNING"), Journal(path) as journal:
        assert journal.set_aside is not None
        assert journal.set_aside.name.startswith("run.journal.damaged-20")
        assert journal.set_aside.read_bytes() == data
        assert journal.set_aside.name in caplog.text
        assert journal.runs() == []
        write(journal)
    path.write_bytes(data)
    with Journal(path) as journal:
        assert journal.set_aside is not None
    aside = [each.name for each in path.parent.iterdir() if "damaged" in each.name]
    assert sum(not name.endswith(("-wal", "-shm")) for name in aside) == 2


def test_any_damage_is_either_set_aside_or_does_no_harm(path):
    with Journal(path) as journal:
        write(journal, 300, 40)
    sound = path.read_bytes()
    dice = random.Random(11)
    for _ in range(40):
        at = dice.randrange(100, len(sound) - 64)
        path.write_bytes(sound[:at] + dice.randbytes(64) + sound[at + 64 :])
        with Journal(path) as journal:
            run = journal.begin("a", {})
            for number in range(300):
                outcome = run.recall(number.to_bytes(16, "big"), 0)
                assert outcome is None or outcome.rows == [(str(number) * 40,)]
            aside = journal.set_aside
        if aside is not None:
            aside.unlink()


@pytest.mark.parametrize(("text", "size", "limit"), [(1, 2000, 400_000), (0, 300_000, 250_000)])
def test_a_full_disk_stops_the_run_and_keeps_what_was_recorded(path, text, size, limit):
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(path), str(text), str(size), str(limit)],
        capture_output=True,
        text=True,
        timeout=400,
        check=True,
    )
    kept, kind, message = eval(done.stdout)
    assert kind == "JournalError"
    assert "no space left for the journal" in message
    assert "make room and run the same command again" in message
    with Journal(path) as journal:
        assert journal.set_aside is None
        run = journal.begin("fill", {})
        assert all(run.recall(number.to_bytes(16, "big"), 0) is not None for number in range(kept))
        assert run.recall(kept.to_bytes(16, "big"), 0) is None
        write(journal)
    assert not list(path.parent.rglob("*.part"))


def test_errors_of_a_journal_stop_a_run_and_lead_to_the_right_exit_codes():
    assert issubclass(JournalBusyError, OperationalError)
    assert is_systemic(JournalBusyError("x"))
    assert exit_of(JournalPathError("x")) is Exit.USAGE


def test_leftovers_of_a_killed_process_are_tidied_away(path):
    with Journal(path) as journal:
        run = journal.begin("a", {})
        asyncio.run(run.record(A, 0, Outcome(rows=[(b"picture",)])))
    (file,) = (each for each in path.with_name("run.journal.media").rglob("*") if each.is_file())
    file.with_suffix(".part").write_bytes(b"pict")
    with Journal(path) as journal:
        assert journal.begin("a", {}).recall(A, 0).rows == [(b"picture",)]
    assert not file.with_suffix(".part").exists()
