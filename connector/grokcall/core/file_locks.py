"""Locks on open files, which the system takes back when their holder dies, however it dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path

LOCKED_BYTE = 1 << 20
"""Windows keeps others from reading what is locked, so it is not where anything stands."""

if sys.platform == "win32":
    import msvcrt

    def hold(descriptor: int) -> bool:
        """Takes the lock of an open file; False when another has it."""
        os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def hold(descriptor: int) -> bool:
        """Takes the lock of an open file; False when another has it."""
        try:
            # Not lockf: its lock would not keep out a second journal of this process, and would go with the first
            # of its files that is closed.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def open_own(path: Path, flags: int) -> int:
    """The descriptor of a file whose name is ours, for its owner alone from its birth; a link is not followed.

    Raises:
        OSError: It cannot be opened.
    """
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0), 0o600)


def is_file_of(descriptor: int, path: Path) -> bool:
    """Whether an open file still is the one of that name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False
