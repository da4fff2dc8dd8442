"""Files of ours: locks that the system takes back when their holder dies, and contents that are whole or not there."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK_PAUSE = 0.05
"""Seconds between two tries to get a lock."""
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


def locked(path: Path, patience: float) -> int | None:
    """The descriptor of a lock file that is held, made where there is none; None when another holds it all the time.

    Args:
        path: The lock file.
        patience: Seconds to wait for whoever holds it.

    Raises:
        OSError: It cannot be made.
    """
    ends = time.monotonic() + patience
    while True:
        descriptor = open_own(path, os.O_RDWR | os.O_CREAT)
        if hold(descriptor) and is_file_of(descriptor, path):
            return descriptor
        os.close(descriptor)
        if time.monotonic() >= ends:
            return None
        time.sleep(LOCK_PAUSE)


def unlock(path: Path, descriptor: int) -> None:
    """Gives a lock back and removes its file."""
    # Removed while it is held: who opened it in between finds that it is no longer the file of that name.
    with suppress(OSError):
        path.unlink()
    os.close(descriptor)


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Writes a file aside and renames it: under its name stands all of the content, on the disk, or what was there.

    Args:
        path: The file.
        content: What it will hold.
        mode: Its permissions.

    Raises:
        OSError: It cannot be written.
    """
    with aside(path) as name, os.fdopen(open_own(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
        file.write(content)
        if mode != 0o600:
            name.chmod(mode)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """A name beside that of a file, to be written under in the block; at its end the file has its own name.

    What stood under that name stays where the block fails, and nothing else is left.

    Args:
        path: The file.

    Raises:
        OSError: It cannot be renamed.
    """
    name = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield name
        name.replace(path)
    finally:
        name.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Has the disk keep the names in a folder; where folders cannot be opened, it does so by itself."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
