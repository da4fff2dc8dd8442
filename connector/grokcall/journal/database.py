"""The SQLite file of a journal: made, checked, refused where it is none, moved away where it is damaged."""

from __future__ import annotations

import os
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from grokcall.errors import JournalDamagedError, JournalPathError
from grokcall.journal.mutations import Group
from grokcall.journal.sqlite_errors import fault, is_damage, mapped_errors
from grokcall.journal.write_ahead import NAMES, has_tail, left_over, put_away

MAGIC = b"SQLite format 3\0"
APPLICATION_ID = 0x67726F6B
"""What SQLite's header says of the file's owner; ``grok`` in ASCII."""
APPLICATION_ID_AT = 68
HEADER = 100
VERSION = 3
"""The newest layout of the tables that is known; in the header as the user version."""
BUSY_SECONDS = 10.0
"""How long to wait for a program that only reads."""
PAGE_BYTES = 16384
"""Some eight answers of the usual length: half the CPU a row of SQLite's usual 4096."""
WAL_PAGES = 1000
"""Pages after which the write-ahead log is worked into the file: 16 MB."""
LARGEST_CHECKED = 512 * 1024 * 1024
"""The most bytes of a file that is read through at each opening; a larger one is checked where it is read."""
COMPANIONS = ("-wal", "-shm", "-journal", *NAMES)

SCHEMA = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, identity BLOB NOT NULL, description TEXT NOT NULL,
    state TEXT NOT NULL, summary TEXT, started REAL NOT NULL, ended REAL, sessions INTEGER NOT NULL
);
CREATE TABLE intents (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL, session INTEGER NOT NULL,
    fingerprint BLOB NOT NULL, ordinal INTEGER NOT NULL, at REAL NOT NULL, ticks INTEGER, tokens INTEGER
);
CREATE TABLE calls (
    id INTEGER PRIMARY KEY, run INTEGER NOT NULL, session INTEGER NOT NULL,
    fingerprint BLOB NOT NULL, ordinal INTEGER NOT NULL, ok INTEGER NOT NULL, error_code TEXT,
    cost_ticks INTEGER, attempts INTEGER NOT NULL, at REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 1,
    unpriced INTEGER NOT NULL DEFAULT 0, bound_ticks INTEGER, bound_tokens INTEGER, tokens INTEGER
);
CREATE TABLE tail (absorbed INTEGER NOT NULL);
INSERT INTO tail VALUES (0);
CREATE TABLE answers (id INTEGER PRIMARY KEY, answer BLOB NOT NULL);
CREATE TABLE files (call INTEGER NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (call, digest)) WITHOUT ROWID;
CREATE TABLE memos (
    run INTEGER NOT NULL, fingerprint BLOB NOT NULL, ordinal INTEGER NOT NULL, step INTEGER NOT NULL,
    reply BLOB NOT NULL, ticks INTEGER NOT NULL DEFAULT 0, tokens INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (run, fingerprint, ordinal, step)
) WITHOUT ROWID;
"""
UPGRADE = """
ALTER TABLE intents ADD COLUMN ticks INTEGER;
ALTER TABLE intents ADD COLUMN tokens INTEGER;
ALTER TABLE calls ADD COLUMN tries INTEGER NOT NULL DEFAULT 1;
ALTER TABLE calls ADD COLUMN unpriced INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN bound_ticks INTEGER;
ALTER TABLE calls ADD COLUMN bound_tokens INTEGER;
ALTER TABLE calls ADD COLUMN tokens INTEGER;
ALTER TABLE memos ADD COLUMN ticks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE memos ADD COLUMN tokens INTEGER NOT NULL DEFAULT 0;
UPDATE calls SET bound_ticks = 0, bound_tokens = 0 WHERE cost_ticks IS NOT NULL;
UPDATE calls SET unpriced = 1 WHERE cost_ticks IS NULL AND (ok = 1 OR error_code IN (
    'connection_cut', 'content_policy', 'malformed_reply', 'video_timeout', 'read_timeout', 'reply_too_large',
    'answer_mismatch', 'incomplete', 'refusal'
));
UPDATE calls SET tries = 0, bound_ticks = 0, bound_tokens = 0
    WHERE ok = 0 AND cost_ticks IS NULL AND unpriced = 0;
"""
"""What brings a journal of layout 1 or 2 to layout 3; what its unpriced requests may have cost it cannot say."""


def open_database(path: Path) -> tuple[sqlite3.Connection, Path | None]:
    """The file's connection for writing, and where a damaged file went that stood in its place.

    The caller holds the journal's lock.

    Raises:
        JournalPathError: The file is something else, or of a newer version; it is left alone.
        JournalDamagedError: It is damaged and cannot be moved.
        JournalError: It cannot be written.
    """
    refuse_strangers(path)
    try:
        return prepared(path), None
    except sqlite3.Error as error:
        if not is_damage(error) or not is_ours(path):
            raise fault(path, error) from error
        aside = set_aside(path)
    with mapped_errors(path):
        return prepared(path), aside


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that only reads; several may, beside the one that writes.

    Raises:
        JournalPathError: There is no journal of that name.
        JournalDamagedError: It is damaged.
    """
    refuse_strangers(path)
    if not path.exists():
        raise JournalPathError(f"there is no journal {path}")
    with mapped_errors(path):
        connection = connect(path)
        try:
            check_version(connection, path)
            if is_empty(connection):
                raise JournalPathError(f"{path} is an empty file, not a journal")
            connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
        return connection


def is_unchangeable(path: Path) -> bool:
    """Whether a journal, or the folder that it is in, cannot be written to."""
    return path.exists() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def needs_copy(path: Path) -> bool:
    """Whether a journal that cannot be written to has entries beside it that have yet to be brought in."""
    log = path.with_name(f"{path.name}-wal")
    return is_unchangeable(path) and (has_tail(path) or (log.exists() and log.stat().st_size > 0))


def copied(path: Path, folder: Path) -> Path:
    """A copy of a journal, without its media, in another folder."""
    for ending in ("", "-wal", *NAMES):
        if (source := path.with_name(path.name + ending)).exists():
            with mapped_errors(path):
                shutil.copyfile(source, folder / source.name)
    return folder / path.name


def connect(path: Path) -> sqlite3.Connection:
    """A connection without transactions of its own; threads may share it."""
    if is_unchangeable(path):
        address = f"{path.as_uri()}?mode=ro&immutable=1"
        return sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
    return sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def prepared(path: Path) -> sqlite3.Connection:
    """The file opened for writing, with its tables."""
    connection = connect(path)
    try:
        check_version(connection, path)
        if is_empty(connection):
            put_away(path)
            make_tables(connection)
        elif path.stat().st_size <= LARGEST_CHECKED:
            check_pages(connection)
        upgrade(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
        connection.execute("UPDATE runs SET state = 'killed' WHERE state = 'running'")
    except BaseException:
        connection.close()
        raise
    return connection


def make_tables(connection: sqlite3.Connection) -> None:
    """All tables or none: a process that is killed here leaves an empty file."""
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    connection.execute("PRAGMA synchronous = FULL")
    connection.executescript(
        f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; COMMIT;"
    )


def upgrade(connection: sqlite3.Connection) -> None:
    """Brings a journal of an earlier layout to this one, all of it or nothing."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version < VERSION:
        connection.executescript(f"BEGIN IMMEDIATE; {UPGRADE} PRAGMA user_version = {VERSION}; COMMIT;")


def check_pages(connection: sqlite3.Connection) -> None:
    """Reads the file through.

    Raises:
        sqlite3.DatabaseError: It is damaged.
    """
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        damage = sqlite3.DatabaseError(str(verdict).splitlines()[0])
        damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise damage


def check_version(connection: sqlite3.Connection, path: Path) -> None:
    """Refuses a journal of a newer version, and any other program's database."""
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if owner != APPLICATION_ID and not is_empty(connection):
        raise JournalPathError(f"{path} is a database of another program, not a journal; name another file")
    if version > VERSION:
        raise JournalPathError(
            f"the journal {path} was written by a newer grokcall (layout {version}, this one knows {VERSION}); "
            "update grokcall, or name another file"
        )


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether the database has no tables."""
    return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None


def refuse_strangers(path: Path) -> None:
    """Refuses what can be no journal, before anything touches it."""
    if path.is_dir():
        raise JournalPathError(f"{path} is a folder; name a file for the journal, such as {path / 'run.journal'}")
    if not path.parent.is_dir():
        raise JournalPathError(f"the journal {path} cannot be made: there is no folder {path.parent}")
    header = header_of(path)
    if header and not header.startswith(MAGIC):
        raise JournalPathError(f"{path} is not a journal (it was left as it is); name another file")


def header_of(path: Path) -> bytes:
    """The first bytes of a file; none of one that is not there."""
    try:
        with path.open("rb") as file:
            return file.read(HEADER)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise JournalPathError(f"the journal {path} cannot be read: {error.strerror}; check its permissions") from error


def is_ours(path: Path) -> bool:
    """Whether the header says that the file is a journal, whatever the rest of it holds."""
    return header_of(path)[APPLICATION_ID_AT:][:4] == APPLICATION_ID.to_bytes(4, "big")


def absorb_left_over(connection: sqlite3.Connection, path: Path) -> list[Path]:
    """Brings in what an earlier process had no time to; gives copies of files that cannot be read to the end.

    Entries that the database has taken in already are passed over, so that a process may be killed here as well.
    """
    data, kept = left_over(path)
    entries = sorted(map(msgspec.msgpack.decode, data), key=lambda entry: entry[0])
    (absorbed,) = connection.execute("SELECT absorbed FROM tail").fetchone()
    group = Group()
    for number, changes in entries:
        if number > absorbed:
            group.take(number, changes)
    if group.count:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        group.apply(connection)
        connection.execute("COMMIT")
    return kept


def remove_database(path: Path) -> None:
    """Removes a closed journal and what belongs to it; the media are another's business."""
    for ending in ("", *COMPANIONS):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def set_aside(path: Path) -> Path:
    """Moves a damaged journal and what belongs to it out of the way; gives its new name.

    Raises:
        JournalDamagedError: It cannot be moved.
    """
    stem = f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    names = (stem, *(f"{stem}-{number}" for number in range(2, 1000)))
    aside = next(each for name in names if not (each := path.with_name(name)).exists())
    try:
        path.rename(aside)
        for ending in COMPANIONS:
            companion = path.with_name(path.name + ending)
            if companion.exists():
                companion.rename(aside.with_name(aside.name + ending))
    except OSError as error:
        raise JournalDamagedError(
            f"the journal {path} is damaged and cannot be moved to {aside.name} ({error.strerror}); move it yourself"
        ) from error
    return aside
