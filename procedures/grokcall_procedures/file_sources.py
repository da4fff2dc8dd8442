"""Files as a call has them: bytes at hand, or a file on this machine, opened by what is handed in with the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeGuard


class FileSource(Protocol):
    """A file on this machine, as it was when it was looked at."""

    @property
    def path(self) -> str:
        """Where it is."""
        ...

    @property
    def size(self) -> int:
        """How many bytes it has."""
        ...

    @property
    def digest(self) -> bytes:
        """The BLAKE2b hash of its content, of 16 bytes."""
        ...

    def read(self, start: int, length: int) -> bytes:
        """Its bytes from ``start`` on, at most ``length``; raises where it cannot be read or is another by now."""
        ...


FileContent: TypeAlias = bytes | FileSource
"""The value of a parameter of the type File."""


class FileOpener(Protocol):
    """Opens the files that calls name, and says where replies may be written."""

    def open(self, path: str) -> FileSource:
        """The file at a path; raises UnfitValue where there is none that can be read."""
        ...

    def target(self, path: str) -> str:
        """The whole path of a file to write; raises UnfitValue where none can be written."""
        ...


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file by its name: in a lookup's mapping the name of a column of paths, as a value a path."""

    name: str


def is_source(value: object) -> TypeGuard[FileSource]:
    """Whether a bound value is a file on this machine, and not its bytes.

    Its class is asked: the file itself would read all of its content for the hash.
    """
    return hasattr(type(value), "digest") and hasattr(value, "path")
