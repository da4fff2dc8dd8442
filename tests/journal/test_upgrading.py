"""A journal of version 0.1.0 is brought to the layout of today when it is opened for writing, with all it knows."""

from __future__ import annotations

import asyncio
import sqlite3
from hashlib import blake2b
from pathlib import Path

import msgspec
import pytest

from grokcall.core.outcome import CallStatus, Outcome
from grokcall.errors import ReadTimeoutError
from grokcall.journal import Journal
from grokcall.journal.codec import packed
from grokcall.journal.mutations import OF_EARLIER_LAYOUTS, Group

LAYOUT_1 = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, identity BLOB NOT NULL, description TEXT NOT NULL,
    state TEXT NOT NULL, summary TEXT, started REAL NOT NULL, ended REAL, sessions INTEGER NOT NULL
);
CREATE TABLE intents (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL, session INTEGER NOT NULL,
    fingerprint BLOB NOT NULL, ordinal INTEGER NOT NULL, at REAL NOT NULL
);
CREATE TABLE calls (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL, session INTEGER NOT NULL,
    fingerprint BLOB NOT NULL, ordinal INTEGER NOT NULL, ok INTEGER NOT NULL, error_code TEXT,
    cost_ticks INTEGER, attempts INTEGER NOT NULL, at REAL NOT NULL
);
CREATE TABLE tail (absorbed INTEGER NOT NULL);
INSERT INTO tail VALUES (0);
CREATE TABLE answers (id INTEGER PRIMARY KEY, answer BLOB NOT NULL);
CREATE TABLE files (call INTEGER NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (call, digest)) WITHOUT ROWID;
CREATE TABLE memos (
    run INTEGER NOT NULL, fingerprint BLOB NOT NULL, ordinal INTEGER NOT NULL, step INTEGER NOT NULL,
    reply BLOB NOT NULL, PRIMARY KEY (run, fingerprint, ordinal, step)
) WITHOUT ROWID;
PRAGMA application_id = 1735552875;
PRAGMA user_version = 1;
"""
PRICED, UNPRICED, LOST, REFUSED, OPEN = (bytes([number]) * 16 for number in range(5))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A journal as 0.1.0 left it: an answer with a price and one without, a lost one, a refused one, one in doubt."""
    path = tmp_path / "run.journal"
    identity = blake2b(b"a", digest_size=16).digest()
    calls = [
        (PRICED, 1, None, 700, Outcome(rows=[("x",)])),
        (UNPRICED, 1, None, None, Outcome(rows=[("y",)])),
        (LOST, 0, "connection_cut", None, Outcome(CallStatus.ERROR, error=ReadTimeoutError("late"))),
        (REFUSED, 0, "invalid_request", None, Outcome(CallStatus.ERROR, error=ReadTimeoutError("no"))),
    ]
    with sqlite3.connect(path) as database:
        database.executescript(LAYOUT_1)
        database.execute("INSERT INTO runs VALUES (1, 'r', ?, '{}', 'killed', NULL, 0, NULL, 1)", (identity,))
        for number, (name, ok, word, ticks, outcome) in enumerate(calls, 1):
            database.execute("INSERT INTO calls VALUES (?, 1, 1, ?, 0, ?, ?, ?, 1, 0)", (number, name, ok, word, ticks))
            database.execute("INSERT INTO answers VALUES (?, ?)", (number, packed(outcome, plain=True).answer))
        database.execute("INSERT INTO intents VALUES (9, 1, 1, ?, 0, 0)", (OPEN,))
    database.close()
    return path


def test_what_an_older_journal_knows_is_kept_and_counted(old: Path) -> None:
    for _ in range(2):
        with Journal(old) as journal:
            run = journal.begin("a", {})
            assert [run.recall(name).rows for name in (PRICED, UNPRICED)] == [[("x",)], [("y",)]]
            spent = run.spent()
            assert (spent.calls, spent.ticks) == (4, 700)
            assert dict(spent.unknown) == {(UNPRICED, 0): 1, (LOST, 0): 1, (OPEN, 0): 1}
            assert [doubt.fingerprint for doubt in run.in_doubt()] == [OPEN]


def test_an_older_journal_is_only_read_as_it_is(old: Path) -> None:
    before = old.read_bytes()
    with Journal(old, read_only=True) as journal:
        assert (journal.run().ok, journal.run().failed, len(journal.in_doubt())) == (2, 2, 1)
    assert old.read_bytes() == before


def test_a_new_try_of_an_older_call_adds_to_what_is_known_of_it(old: Path) -> None:
    again = Outcome(CallStatus.ERROR, error=ReadTimeoutError("late"), attempts=1, unpriced=1, unpriced_ticks=50)
    with Journal(old) as journal:
        run = journal.begin("a", {})
        asyncio.run(run.record(REFUSED, 0, again))
        spent = run.spent()
        assert (spent.calls, spent.ticks) == (5, 750)


def test_entries_that_an_older_process_left_in_the_tail_are_understood() -> None:
    left = [
        (1, (5, 1, 1, PRICED, 0, 0.0)),
        (3, (6, 1, 1, PRICED, 0, 1, "", None, 1, 0.0)),
        (4, (6, packed(Outcome(rows=[("x",)]), plain=True).answer)),
        (6, (1, 2, 30, 30, 6)),
        (8, (1, PRICED, 0, 0, b"v")),
    ]
    assert set(OF_EARLIER_LAYOUTS) == {1, 3, 6, 8}
    group = Group()
    group.take(1, msgspec.msgpack.decode(msgspec.msgpack.encode(left)))
    with sqlite3.connect(":memory:") as database:
        database.executescript(LAYOUT_1)
        from grokcall.journal.database import upgrade

        upgrade(database)
        group.apply(database)
        assert database.execute("SELECT unpriced, bound_ticks, cost_ticks, tries FROM calls").fetchall() == [
            (1, None, 30, 2)
        ]
        assert database.execute("SELECT ticks FROM intents").fetchall() == [(None,)]
        assert database.execute("SELECT ticks, tokens FROM memos").fetchall() == [(0, 0)]
    database.close()
