"""The newest entries of a journal, in plain files until the database has taken them in.

To append to a file costs microseconds and waits for nobody, and what has been appended outlives the process. A
transaction for each call would cost a hundred times that, and a transaction for many calls would make them wait.
"""

from __future__ import annotations

import errno
import os
import shutil
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

HEADER = 8
"""Bytes before an entry: its length and its CRC-32."""
NAMES = (".tail-1", ".tail-2")
FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)


class Tail:
    """Two files: entries are appended to one while the database takes in the other. For one thread at a time.

    What the files hold at first is removed: the database has it by then.

    Args:
        journal: The journal beside which they stand.

    Raises:
        OSError: They cannot be made.
    """

    def __init__(self, journal: Path) -> None:
        self._paths = tail_paths(journal)
        self._files = [os.open(path, FLAGS, 0o644) for path in self._paths]
        self._sizes = [0, 0]
        self._current = 0
        for file in self._files:
            os.ftruncate(file, 0)

    def append(self, entry: bytes) -> None:
        """Adds an entry, whole or not at all; a process that is killed afterwards does not take it along.

        Raises:
            OSError: There is no room.
        """
        data = len(entry).to_bytes(4, "little") + zlib.crc32(entry).to_bytes(4, "little") + entry
        current = self._current
        try:
            if os.write(self._files[current], data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._files[current], self._sizes[current])
            raise
        self._sizes[current] += len(data)

    def turn(self) -> None:
        """Appends to the other file from now on, which must be empty."""
        self._current = 1 - self._current

    def clear_other(self) -> None:
        """Empties the file that nothing is appended to: the database has what it held."""
        other = 1 - self._current
        os.ftruncate(self._files[other], 0)
        self._sizes[other] = 0

    def close(self) -> None:
        """Closes the files; those that are empty go."""
        for file, path, size in zip(self._files, self._paths, self._sizes, strict=True):
            os.close(file)
            if not size:
                path.unlink(missing_ok=True)


def tail_paths(journal: Path) -> list[Path]:
    """The files of a journal's tail."""
    return [journal.with_name(journal.name + name) for name in NAMES]


def has_tail(journal: Path) -> bool:
    """Whether there are entries that the database has not taken in."""
    return any(path.exists() and path.stat().st_size for path in tail_paths(journal))


def put_away(journal: Path) -> list[Path]:
    """Renames a tail whose journal is gone, so that no other journal takes it for its own; gives the new names."""
    return [
        path.rename(path.with_name(f"{path.name}.orphan-{zlib.crc32(path.read_bytes()):08x}"))
        for path in tail_paths(journal)
        if path.exists() and path.stat().st_size
    ]


def left_over(journal: Path) -> tuple[list[bytes], list[Path]]:
    """The entries that a process left, and copies of files that hold more than can be read.

    An entry that the end of the process cut short was never promised to anybody. One whose checksum does not fit is
    damage; what follows it cannot be told apart, so the file is kept.
    """
    entries: list[bytes] = []
    kept: list[Path] = []
    for path in tail_paths(journal):
        if not path.exists():
            continue
        data = path.read_bytes()
        whole = list(entries_of(data))
        entries += whole
        end = sum(HEADER + len(entry) for entry in whole)
        if end + HEADER <= len(data) and end + HEADER + int.from_bytes(data[end : end + 4], "little") <= len(data):
            copy = path.with_name(f"{path.name}.damaged-{zlib.crc32(data):08x}")
            shutil.copyfile(path, copy)
            kept.append(copy)
    return entries, kept


def entries_of(data: bytes) -> Iterator[bytes]:
    """The entries up to the first that is not whole."""
    at = 0
    while at + HEADER <= len(data):
        size = int.from_bytes(data[at : at + 4], "little")
        entry = data[at + HEADER : at + HEADER + size]
        if len(entry) != size or zlib.crc32(entry).to_bytes(4, "little") != data[at + 4 : at + HEADER]:
            return
        yield entry
        at += HEADER + size
