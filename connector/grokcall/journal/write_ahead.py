"""The newest entries of a journal, in plain files until the database has taken them in.

The files are mapped into memory: to append is to copy, which takes a microsecond, waits for nobody and gives no other
thread the interpreter, and what was copied outlives the process. A transaction for each call would cost a hundred times
that, a transaction for many calls would make them wait, and to write with a system call for each costs ten times that
beside a busy thread.
"""

from __future__ import annotations

import errno
import mmap
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from struct import Struct
from zlib import crc32

from grokcall.core.files import open_own

HEADER = Struct("<II")
"""Before an entry: its length, which is never 0, and its CRC-32."""
HEADER_SIZE: int = HEADER.size
header: Callable[..., bytes] = HEADER.pack
NOTHING = bytes(HEADER_SIZE)
NAMES = (".tail-1", ".tail-2")
ROOM = 1 << 20
"""Bytes that a file has at first, and by which it grows."""
FLAGS = os.O_RDWR | os.O_CREAT


class TailFile:
    """One file of entries, one after the other; a header of zeros follows the last, and after that anything.

    What the file holds at first is removed: the database has it by then.

    Args:
        path: Its name.

    Raises:
        OSError: It cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.used: int = 0
        self._file = open_own(path, FLAGS)
        try:
            os.ftruncate(self._file, 0)
            self._grow(ROOM)
        except BaseException:
            os.close(self._file)
            raise

    def append(self, entry: bytes) -> int:
        """Adds an entry, whole or not at all; a process that is killed afterwards does not take it along.

        Gives the bytes that the file now holds.

        Raises:
            OSError: There is no room.
        """
        size, at = len(entry), self.used
        start = at + HEADER_SIZE
        end = start + size
        if end + HEADER_SIZE > self._room:
            self._grow(end + HEADER_SIZE)
        memory = self._memory
        memory[end : end + HEADER_SIZE] = NOTHING
        memory[start:end] = entry
        memory[at:start] = header(size, crc32(entry))  # last, for the entry is there as soon as its header is
        self.used = end
        return end

    def clear(self) -> None:
        """Empties the file."""
        self._memory[:HEADER_SIZE] = NOTHING
        self.used = 0

    def close(self) -> None:
        """Closes the file, and removes it where it is empty."""
        self._memory.close()
        os.close(self._file)
        if not self.used:
            self.path.unlink(missing_ok=True)

    def _grow(self, least: int) -> None:
        """Makes the file longer with zeros that are written, for a hole in it may find no room on the disk later.

        On a file system that copies what is written over, a disk that fills up in between can still end the process;
        what was appended by then is on record.
        """
        room = -(-least // ROOM) * ROOM
        size = os.fstat(self._file).st_size
        os.lseek(self._file, size, os.SEEK_SET)
        try:
            write_whole(self._file, bytes(room - size))
            self._memory = mmap.mmap(self._file, room)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, size)
            raise
        self._room = room


class WriteAheadLog:
    """Two files: entries are appended to one while the database takes in the other. For one thread at a time.

    Args:
        journal: The journal beside which they stand.

    Raises:
        OSError: They cannot be made.
    """

    def __init__(self, journal: Path) -> None:
        self._current, self._other = map(TailFile, tail_paths(journal))
        self.append: Callable[[bytes], int] = self._current.append
        """As :meth:`TailFile.append`, on the file that is in turn."""

    def turn(self) -> None:
        """Appends to the other file from now on, which must be empty."""
        self._current, self._other = self._other, self._current
        self.append = self._current.append

    def clear_other(self) -> None:
        """Empties the file that nothing is appended to: the database has what it held."""
        self._other.clear()

    def close(self) -> None:
        """Closes the files; those that are empty go."""
        self._current.close()
        self._other.close()


def write_whole(file: int, data: bytes) -> None:
    """Writes all of ``data``.

    Raises:
        OSError: There is no room.
    """
    if os.write(file, data) != len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def tail_paths(journal: Path) -> list[Path]:
    """The files of a journal's tail."""
    return [journal.with_name(journal.name + name) for name in NAMES]


def has_tail(journal: Path) -> bool:
    """Whether there are entries that the database has not taken in."""
    return any(path.exists() and not is_blank(path) for path in tail_paths(journal))


def is_blank(path: Path) -> bool:
    """Whether a file holds no entry."""
    with path.open("rb") as file:
        return not any(file.read(HEADER_SIZE))


def put_away(journal: Path) -> list[Path]:
    """Renames a tail whose journal is gone, so that no other journal takes it for its own; gives the new names."""
    return [
        path.rename(path.with_name(f"{path.name}.orphan-{crc32(path.read_bytes()):08x}"))
        for path in tail_paths(journal)
        if path.exists() and not is_blank(path)
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
        end = sum(HEADER_SIZE + len(entry) for entry in whole)
        if is_damaged(data, end):
            copy = path.with_name(f"{path.name}.damaged-{crc32(data):08x}")
            with os.fdopen(open_own(copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
                file.write(data)
            kept.append(copy)
    return entries, kept


def entries_of(data: bytes) -> Iterator[bytes]:
    """The entries up to the first that is not whole."""
    at = 0
    while (entry := entry_at(data, at)) is not None:
        yield entry
        at += HEADER_SIZE + len(entry)


def entry_at(data: bytes, at: int) -> bytes | None:
    """The entry whose header is there; None when there is none, or not all of it."""
    if at + HEADER_SIZE > len(data):
        return None
    length, checksum = HEADER.unpack_from(data, at)
    entry = data[at + HEADER_SIZE : at + HEADER_SIZE + length]
    return entry if length and len(entry) == length and crc32(entry) == checksum else None


def is_damaged(data: bytes, at: int) -> bool:
    """Whether what follows the last entry that can be read is neither nothing nor an entry that was cut short."""
    if at + HEADER_SIZE > len(data):
        return False
    length, _ = HEADER.unpack_from(data, at)
    return bool(length) and at + HEADER_SIZE + length <= len(data)
