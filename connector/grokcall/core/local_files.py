"""Files on this machine that calls send and write: looked at once, read in blocks, written aside and renamed."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from grokcall.errors import DataError
from grokcall_procedures.types import UnfitValue

BLOCK = 1 << 20
"""Bytes that are read and sent at a time."""
DIGEST_SIZE = 16
MOST_DIGESTS = 1024


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file as it was when it was looked at; its content is read when it is sent.

    Args:
        path: Where it is.
        size: How many bytes it has.
        changed_at: When it was changed last, in nanoseconds since 1970.
    """

    path: str
    size: int
    changed_at: int

    @property
    def digest(self) -> bytes:
        """The BLAKE2b hash of its content; that of an unchanged file is reckoned once in a process.

        Raises:
            DataError: It cannot be read, or is another by now.
        """
        return digest_of(self)

    def read(self, start: int, length: int) -> bytes:
        """Its bytes from ``start`` on, at most ``length``.

        Raises:
            DataError: It cannot be read, or is another by now.
        """
        try:
            # Opened for each block, so that a try that is given up half way leaves nothing open.
            with Path(self.path).open("rb") as file:
                found = os.fstat(file.fileno())
                if (found.st_size, found.st_mtime_ns) == (self.size, self.changed_at):
                    file.seek(start)
                    return file.read(min(length, max(self.size - start, 0)))
        except OSError as error:
            raise DataError(f"cannot read the file {self.path!r}: {error.strerror or error}; call again") from None
        raise DataError(f"the file {self.path!r} was changed while the call went on; call again when it is whole")


@lru_cache(MOST_DIGESTS)
def digest_of(file: LocalFile) -> bytes:
    """The hash of a file's content, read in blocks."""
    digest = blake2b(digest_size=DIGEST_SIZE)
    for start in range(0, file.size, BLOCK):
        digest.update(file.read(start, BLOCK))
    return digest.digest()


class LocalFiles:
    """Opens the files that calls name, and looks at where they may write; a path may begin with ``~``."""

    def open(self, path: str) -> LocalFile:
        """The file at ``path``, of which nothing is read yet.

        Raises:
            UnfitValue: There is none, it is no plain file, or it must not be read.
        """
        try:
            whole = Path(path).expanduser().absolute()
            found = whole.stat()
            if not stat.S_ISREG(found.st_mode):
                raise UnfitValue(f"names {path!r}, which is no plain file; name one")
            with whole.open("rb"):
                pass
        except (OSError, ValueError, RuntimeError) as error:
            if isinstance(error, UnfitValue):
                raise
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise UnfitValue(
                f"names the file {path!r}, which cannot be read: {reason}; a relative path starts at {Path.cwd()}"
            ) from None
        return LocalFile(str(whole), found.st_size, found.st_mtime_ns)

    def target(self, path: str) -> str:
        """The whole path of a file to write.

        Raises:
            UnfitValue: Its folder is not there, or it is itself a folder.
        """
        try:
            whole = Path(path).expanduser().absolute()
            if whole.is_dir():
                raise UnfitValue(f"is a folder, {path!r}; name a file in it")
            if not whole.parent.is_dir():
                raise UnfitValue(f"is in a folder that is not there, {str(whole.parent)!r}; make it first")
        except (OSError, RuntimeError) as error:
            raise UnfitValue(f"cannot be written: {error}") from None
        return str(whole)


FILES = LocalFiles()
