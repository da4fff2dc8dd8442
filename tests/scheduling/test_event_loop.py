"""The connection's event loop, on which all calls run: no file is opened there, and nothing waits for a disk."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

import grokcall
from grokcall.core.outcome import CallStatus, Outcome
from grokcall.journal import Journal, JournalRun
from grokcall.journal.write_ahead import tail_paths
from grokcall.journal.writer import MOST_BYTES
from grokcall.sandbox import SANDBOX_KEY, Sandbox

PROGRAM = """
import asyncio, gc, sys, threading
from pathlib import Path

# What the interpreter tells of itself when a file, a folder, a lock or another process is come to,
audited = ("open", "os.", "sqlite3.", "fcntl.", "mmap.", "shutil.", "tempfile.", "subprocess.", "time.sleep")
# and what the loop's own profile shows beside: SQLite at work, system calls that wait for a disk, and waits for others.
called = {"execute", "executemany", "executescript", "fetchone", "fetchall", "commit", "backup", "fsync", "stat",
          "lstat", "replace", "rename", "unlink", "mkdir", "scandir", "listdir", "read", "readinto", "readall", "pread"}
FILES = ("Connection", "Cursor", "FileIO", "BufferedReader", "BufferedWriter", "BufferedRandom", "TextIOWrapper")
watching = False
seen = []

def told(what):
    frame, places = sys._getframe(2), []
    while frame is not None:
        places.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}")
        frame = frame.f_back
    if not any(place.startswith("traceback.py") for place in places):  # with it asyncio notes who began what
        seen.append(f"{what} at {' < '.join(places[:6])}")

def hear(event, arguments):
    if watching and event.startswith(audited) and threading.current_thread().name == "grokcall":
        told(f"{event} {arguments[:1]}")

def up(frame):
    return None if frame is None else frame.f_back

def profile(frame, event, argument):
    if not watching:
        return
    if event == "c_call" and argument.__name__ in called:
        owner = argument.__self__
        if type(owner).__name__ in FILES or getattr(owner, "__name__", "") in ("posix", "nt"):
            told(argument.__qualname__)
    elif event == "call" and frame.f_code.co_filename.endswith("threading.py"):
        # A thread that is started is waited for until it runs, and no longer; 0 seconds are no wait at all.
        starts = any(caller is not None and caller.f_code.co_name == "start" for caller in (up(frame), up(up(frame))))
        waits = frame.f_code.co_name in ("wait", "wait_for", "join") and frame.f_locals.get("timeout") != 0
        if waits and not starts:
            told(frame.f_code.co_qualname)

async def watch():
    sys.setprofile(profile)

sys.addaudithook(hear)
import grokcall
base_url, key, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
connection = grokcall.connect(base_url=base_url, api_key=key, poll_interval=0.02, max_attempts=1)
connection.loop.run(watch())
LOOK, ASK = "CALL AnalyzeImage('What is it?', :picture)", "CALL GenerateResponse(:body)"
DRAW = "CALL GenerateImage(:body)"
pictures = [{"picture": str(folder / f"{number}.png")} for number in range(4)]
given = {"picture": grokcall.file("picture")}
bodies = [{"body": f"number {number}"} for number in range(40)]

def lookup(*asked, **options):
    found = connection.lookup(*asked, **options)
    print(found.rows.num_rows, found.summary.cached, found.summary.failed)

# What is imported late is there then, and so is what the first request opens because the machine prescribes it.
connection.lookup(LOOK, pictures[:1], given)
connection.lookup(DRAW, bodies[:1])
connection.lookup(ASK, bodies[:1], batch=True, journal=folder / "first.journal")
watching = True
"""
"""What the interpreter is told before each of the cases; they run on connections of their own."""

CASES = {
    "files of rows with a journal, and again": (
        "for _ in range(2): lookup(LOOK, pictures, given, journal=folder / 'j')",
        ["4 0 0", "4 4 0"],
    ),
    "media that are kept in a journal, and read from it": (
        "for _ in range(2): lookup(DRAW, bodies[:4], journal=folder / 'j')",
        ["4 0 0", "4 4 0"],
    ),
    "texts with a budget, without sharing": (
        "for _ in range(2): lookup(ASK, bodies * 2, journal=folder / 'j', dedupe=False, max_cost=5)",
        ["80 0 0", "80 80 0"],
    ),
    "answers of another lookup": (
        "lookup(ASK, bodies[:9], journal=folder / 'j'); lookup(ASK, bodies, journal=folder / 'j', reuse=True)",
        ["9 0 0", "40 9 0"],
    ),
    "rows that failed and are tried again": (
        """
for _ in range(2):
    rows = [{"body": "one", "before": None}, {"body": "two", "before": "resp_of_nobody"}]
    ask = "CALL GenerateResponse(:body, PreviousResponseId => :before)"
    lookup(ask, rows, journal=folder / "j", retry_failed=True, on_error="ignore")
""",
        ["2 0 1", "2 1 1"],
    ),
    "a batch, and again": (
        "for _ in range(2): lookup(ASK, bodies, journal=folder / 'j', batch=True)",
        ["40 0 0", "40 40 0"],
    ),
    "files of rows in a batch": (
        "lookup(LOOK, pictures, given, journal=folder / 'j', batch=True)",
        ["4 0 0"],
    ),
    "a journal with a batch that is not done": (
        """
try:
    lookup(ASK, [{"body": "pending"}], journal=folder / "j", batch=True, wait=False)
except grokcall.BatchPendingError:
    pass
try:
    lookup(ASK, [{"body": "pending"}], journal=folder / "j")
except grokcall.InterfaceError as error:
    print("in a batch" in str(error))
""",
        ["True"],
    ),
    "an awaited lookup, to its end": (
        "print(asyncio.run(connection.alookup(DRAW, bodies[:4], journal=folder / 'j')).rows.num_rows)",
        ["4"],
    ),
    "a lookup that is dropped": (
        """
stream = connection.lookup_stream(ASK, bodies * 20, journal=folder / "j", dedupe=False)
print(next(iter(stream))[0].num_rows > 0)
del stream
gc.collect()
while Path(folder, "j.lock").exists():
    pass
""",
        ["True"],
    ),
    "a connection that is closed over an open lookup": (
        """
stream = connection.lookup_stream(ASK, bodies * 20, journal=folder / "j", dedupe=False)
print(next(iter(stream))[0].num_rows > 0)
connection.close()
stream.close()
""",
        ["True"],
    ),
    "a query of DuckDB with a journal": (
        """
connection.database(journal=folder / "j")
for _ in range(2):
    rows = connection.execute("SELECT r.Response_Result FROM range(9) t(n), GenerateResponse('n ' || n) r").fetchall()
    print(len(rows))
""",
        ["9", "9"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_nothing_waits_for_a_disk_or_another_thread_on_the_loop(case: str, sandbox: Sandbox, tmp_path: Path):
    for number in range(4):
        Image.new("RGB", (16, 16), (number, 0, 0)).save(tmp_path / f"{number}.png")
    program, printed = CASES[case]
    text = f"{PROGRAM}\n{program}\nwatching = False\nconnection.close()\nprint(*seen, sep=chr(10), end='')\n"
    environment = {**os.environ, "PYTHONASYNCIODEBUG": "1"}
    command = [sys.executable, "-W", "error", "-c", text, sandbox.base_url, SANDBOX_KEY, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert done.stdout.splitlines() == printed, done.stderr
    assert "never awaited" not in done.stderr
    assert "Traceback" not in done.stderr


def test_whoever_records_waits_for_a_journal_that_cannot_keep_up_and_the_loop_goes_on(tmp_path: Path):
    path = tmp_path / "j"
    answer = Outcome(CallStatus.OK, [("x" * (1 << 20),)], attempts=1)

    async def record_all(run: JournalRun) -> None:
        for number in range(2 * MOST_BYTES >> 20):
            await run.record(number.to_bytes(16, "big"), 0, answer, plain=True)

    async def held_up(run: JournalRun, other: sqlite3.Connection) -> None:
        recording = asyncio.create_task(record_all(run))
        while not any(tail.stat().st_size > MOST_BYTES for tail in tail_paths(path)):  # noqa: ASYNC110 - files
            await asyncio.sleep(0)
        assert not recording.done()
        other.execute("ROLLBACK")
        await recording

    with Journal(path) as journal, closing(sqlite3.connect(path, isolation_level=None)) as other:
        run = journal.begin("test", {})
        other.execute("BEGIN IMMEDIATE")  # nothing enters the database any more
        asyncio.run(held_up(run, other))
        assert sum(call.outcome is not None for call in run.calls()) == 2 * MOST_BYTES >> 20


def test_a_file_that_is_missing_is_an_error_of_its_row(connection, tmp_path):
    Image.new("RGB", (16, 16)).save(tmp_path / "there.png")
    rows = [{"picture": str(tmp_path / name)} for name in ("there.png", "missing.png", "there.png")]
    found = connection.lookup("CALL AnalyzeImage('?', :picture)", rows, {"picture": grokcall.file("picture")})
    assert found.rows.num_rows == 2
    assert "missing.png" in str(found.errors.to_pylist())
