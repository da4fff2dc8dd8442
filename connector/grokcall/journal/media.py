"""Images, audio and videos of a journal: files in a folder, each under the hash of its content."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from grokcall.core.files import write_whole

SAVED = re.compile("[0-9a-f]{64}")
"""The name of a file that was saved."""


class LostMediaError(Exception):
    """A file of the folder is gone or no longer holds what it held."""


class MediaStore:
    """A folder in which equal contents are one file: ``ab/ab12…``.

    Args:
        root: The folder; made when the first file comes.
        earlier: Another one in which files may be, where nothing is saved any more.
    """

    def __init__(self, root: Path, earlier: Path | None = None) -> None:
        self.root = root
        self._earlier = None if earlier is None or earlier == root else MediaStore(earlier)

    def path_of(self, digest: bytes) -> Path:
        """Where the content with this SHA-256 stands."""
        name = digest.hex()
        return self.root / name[:2] / name

    def save(self, digest: bytes, content: bytes) -> None:
        """Keeps ``content``; it is on the disk, under its whole name or not at all, when this returns.

        Raises:
            OSError: It cannot be written.
        """
        path = self.path_of(digest)
        if path.exists() and path.stat().st_size == len(content) and path.read_bytes() == content:
            return
        for folder in (self.root, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, content)

    def load(self, digest: bytes) -> bytes:
        """The content with this SHA-256.

        Raises:
            LostMediaError: There is no such file, or it holds something else.
        """
        path = self.path_of(digest)
        try:
            content = path.read_bytes()
        except OSError as error:
            if self._earlier is not None:
                return self._earlier.load(digest)
            raise LostMediaError(f"{path} cannot be read: {error.strerror}") from error
        if sha256(content) != digest:
            raise LostMediaError(f"{path} no longer holds what was saved there")
        return content

    def remove(self, digests: Iterable[bytes]) -> int:
        """Removes files; gives the bytes that came free."""
        digests = list(digests)
        freed = 0 if self._earlier is None else self._earlier.remove(digests)
        for digest in digests:
            path = self.path_of(digest)
            try:
                size = path.stat().st_size
                path.unlink()
            except OSError:
                continue
            freed += size
            with suppress(OSError):  # unless it holds others
                path.parent.rmdir()
        return freed

    def remove_all(self) -> None:
        """Removes every file that was saved, and the folder unless it holds something else."""
        self.tidy()
        self.remove(bytes.fromhex(path.name) for path in self.root.glob("??/*") if SAVED.fullmatch(path.name))
        with suppress(OSError):
            self.root.rmdir()

    def tidy(self) -> None:
        """Removes what a process that was killed had not finished writing; for whoever holds the journal's lock."""
        for aside in self.root.glob("??/*.part"):
            aside.unlink(missing_ok=True)


def sha256(content: bytes) -> bytes:
    """The name of a content."""
    return hashlib.sha256(content).digest()
