"""One writer at a time: a lock that the system gives back when its holder dies, however it dies."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from pathlib import Path

from grokcall.core.files import hold, locked, open_own, unlock
from grokcall.errors import JournalBusyError, JournalError, JournalPathError

PATIENCE = 0.15
"""Seconds to wait for the lock: somebody may only be looking whether the journal is held."""


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
        descriptor = locked(self.path, PATIENCE)
        if descriptor is not None:
            return descriptor
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
        for descriptor in self._held:
            os.close(descriptor)
        unlock(self.path, self._descriptor)
        self._held, self._descriptor = [], None


def lock_of(path: Path) -> FileLock:
    """The lock of a journal.

    Raises:
        JournalBusyError: Another holds it.
        JournalPathError: The folder takes no files.
    """
    if not path.parent.is_dir():
        raise JournalPathError(f"the journal {path} cannot be made: there is no folder {path.parent}")
    try:
        return FileLock(path)
    except PermissionError as error:
        raise JournalPathError(
            f"the journal {path} cannot be made: {error.strerror} in {path.parent}; check its permissions"
        ) from error
    except OSError as error:
        raise JournalError(f"the journal {path} cannot be made: {error.strerror}") from error


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
