"""What a stopped try leaves beside its output, known again by the next one, which takes no file of anybody else's."""

from __future__ import annotations

import itertools
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

from grokcall.tables.part_files import Part

SECOND, GRAIN = 1_000_000_000, 1_000
"""Nanoseconds; of a file's time some systems keep no more than microseconds."""


class Partial:
    """The place for the finished part of a table, such as ``answers.partial.csv``.

    Where a file of that name is not ours the part gets another one, ``answers.partial-2.csv``.

    Args:
        path: The place.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def take(self, part: Part) -> Path:
        """Puts a part there, in the place of one of an earlier try; gives its name."""
        path = next(path for path in self._names() if is_ours(path) or not os.path.lexists(path))
        mark(part.path)
        part.rename(path)
        return path

    def remove(self) -> None:
        """Removes what earlier tries have left."""
        for path in itertools.takewhile(os.path.lexists, self._names()):
            if is_ours(path):
                path.unlink(missing_ok=True)

    def _names(self) -> Iterator[Path]:
        yield self._path
        for number in itertools.count(2):
            yield self._path.with_stem(f"{self._path.stem}-{number}")


def mark(path: Path) -> None:
    """Marks a file as ours, in the fraction of the second at which it was written last; to change it unmarks it."""
    found = path.stat()
    seconds = found.st_mtime_ns // SECOND * SECOND
    os.utime(path, ns=(found.st_atime_ns, seconds + fraction_of(found.st_size)))


def is_ours(path: Path) -> bool:
    """Whether a file was marked, and is what it was then."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return found.st_mtime_ns % SECOND // GRAIN == fraction_of(found.st_size) // GRAIN


def fraction_of(size: int) -> int:
    """The nanoseconds that mark a file of a size."""
    return zlib.crc32(f"grokcall {size}".encode()) % (SECOND // GRAIN) * GRAIN
