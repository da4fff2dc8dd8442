"""One writer at a time: a lock that the system gives back when its holder dies, however it dies."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from grokcall.core.file_locks import hold, is_file_of, open_own
from grokcall.errors import JournalBusyError

TRIES = 4
PAUSE = 0.05
"""Seconds between tries: somebody may only be looking whether the journal is held."""


class FileLock:
    """The right to write to a journal, held from its making until :meth:`release`.

    Args:
        journal: The journal; the lock is a small file beside it, which says who holds it.

    Raises:
        JournalBusyError: Another holds it.
        OSError: The file cannot be made.
    """

    def __init__(self, journal: Path) -> None:
        self.path: Path = lock_path(journal)
        self._descriptor: int | None = self._acquire(journal)
        self._held: list[int] = []
        try:
            self.hold_file(journal)
        except BaseException:
            self.release()
            raise
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        os.write(self._descriptor, f"process {os.getpid()} on {socket.gethostname()} since {since}\n".encode())

    def _acquire(self, journal: Path) -> int:
        for left in reversed(range(TRIES)):
            descriptor = open_own(self.path, os.O_RDWR | os.O_CREAT)
            if hold(descriptor) and is_file_of(descriptor, self.path):
                return descriptor
            os.close(descriptor)
            if left:
                time.sleep(PAUSE)
        raise JournalBusyError(
            f"the journal {journal} is in use by {holder(self.path)}; wait for it to end, or name another file"
        )

    def hold_file(self, journal: Path) -> None:
        """Holds the journal's own file as well: it may have other names, and the lock file may be removed.

        Raises:
            JournalBusyError: Another holds it.
            OSError: It cannot be opened.
        """
        if os.name == "nt":  # where a locked byte could not be read
            return
        descriptor = open_own(journal, os.O_RDWR | os.O_CREAT)
        if not hold(descriptor):
            os.close(descriptor)
            raise JournalBusyError(
                f"the journal {journal} is in use by another process; wait for it to end, or name another file"
            )
        self._held.append(descriptor)

    def release(self) -> None:
        """Gives the lock back; harmless when repeated."""
        if self._descriptor is None:
            return
        # Removed while it is held: who opened it in between finds that it is no longer the file of that name.
        with suppress(OSError):
            self.path.unlink()
        for descriptor in (*self._held, self._descriptor):
            os.close(descriptor)
        self._held, self._descriptor = [], None


def is_held(journal: Path) -> bool:
    """Whether somebody writes to the journal just now."""
    try:
        descriptor = os.open(lock_path(journal), os.O_RDWR)
    except OSError:
        return False
    try:
        return not hold(descriptor)
    finally:
        os.close(descriptor)


def lock_path(journal: Path) -> Path:
    """The file that stands for the lock of a journal."""
    return journal.with_name(f"{journal.name}.lock")


def holder(path: Path) -> str:
    """Who holds a lock, in its own words."""
    try:
        return path.read_text("utf-8").strip() or "another process"
    except (OSError, UnicodeDecodeError):
        return "another process"
