"""What goes wrong with a journal, as one sentence that names the file and what to do."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grokcall.errors import JournalBusyError, JournalDamagedError, JournalError, JournalPathError

FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
REFUSED = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file is not what SQLite wrote."""
    return code_of(error) in DAMAGE


def code_of(error: sqlite3.Error) -> int:
    """SQLite's primary code of an error; 0 when it has none."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def fault(path: Path, error: sqlite3.Error | OSError) -> JournalError:
    """An error of SQLite or the system as one of ours."""
    if isinstance(error, OSError):
        if error.errno in FULL_DISK:
            return JournalError(full_disk(path))
        return JournalError(f"the journal {path} cannot be written: {error.strerror or error}")
    code = code_of(error)
    if code in DAMAGE:
        return JournalDamagedError(
            f"the journal {path} is damaged ({error}); move it away and run the same command again: what can still be "
            "read of it is in no other file, so keep it"
        )
    if code in FULL:
        return JournalError(full_disk(path))
    if code in REFUSED:
        return JournalPathError(f"the journal {path} cannot be opened for writing: {error}; check its permissions")
    if code == sqlite3.SQLITE_BUSY:
        return JournalBusyError(f"the journal {path} is held by another program ({error}); wait for it to end")
    return JournalError(f"the journal {path}: {error}")


def full_disk(path: Path) -> str:
    """What is said when there is no room for the journal."""
    return (
        f"no space left for the journal {path}; what was recorded before is kept: "
        "make room and run the same command again"
    )


@contextmanager
def mapped_errors(path: Path) -> Iterator[None]:
    """Turns the errors of SQLite and the system inside the block into ours, which name ``path``."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise fault(path, error) from error
