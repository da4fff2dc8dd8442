"""Files that a call sends: bytes at hand, or a file on this machine that is read in blocks when it is sent.

This package opens nothing itself: what opens files is handed in with the settings of a call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeGuard
from urllib.parse import unquote, urlsplit

from grokcall_procedures.types import UnfitValue, described, plain, to_binary

SCHEME = "file:"
"""How text begins that names a file."""
REMEDY = "pass bytes, X'…', a data URI, or grokcall.file('path')"


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
    """Whether a bound value is a file on this machine, and not its bytes."""
    return hasattr(value, "digest") and hasattr(value, "path")


def path_of(text: str) -> str:
    """The path in ``file:PATH`` or ``file:///PATH``.

    >>> path_of("file:calls/a.wav"), path_of("file:///tmp/a%20b.wav")
    ('calls/a.wav', '/tmp/a b.wav')
    """
    rest = text[len(SCHEME) :]
    return unquote(urlsplit(text).path) if rest.startswith("//") else rest


def read_content(value: object, opener: FileOpener | None, *, allowed: bool, largest: int) -> FileContent | None:
    """A value of the type File: bytes as they are, a file opened but not read; None for NULL.

    Args:
        value: What was given.
        opener: Opens files; None where there are none.
        allowed: Whether a text may name a file.
        largest: Bytes that a file may have.

    Raises:
        UnfitValue: It is neither, the file cannot be read, or text may not name one.
    """
    value = plain(value)
    if value is None:
        return None
    if isinstance(value, str) and value[: len(SCHEME)].lower() == SCHEME:
        if not allowed:
            raise UnfitValue(
                f"names a file, {described(value)}, and text may not do so here; set the option allow_files, "
                "or pass grokcall.file('path')"
            )
        value = NamedFile(path_of(value))
    if isinstance(value, NamedFile):
        if opener is None:
            raise UnfitValue(f"names the file {described(value.name)}, and no files can be opened here; {REMEDY}")
        value = opener.open(value.name)
    if isinstance(value, str) and not value.lower().startswith("data:"):
        raise UnfitValue(f"expected a file, got text; {REMEDY}, or 'file:path' with the option allow_files")
    if not is_source(value):
        return to_binary(value)
    if value.size > largest:
        raise UnfitValue(
            f"is the file {value.path!r} of {value.size:,} bytes; at most {largest:,} are sent (the option "
            "max_media_bytes)"
        )
    return value


def size_of(content: FileContent) -> int:
    """How many bytes there are."""
    return len(content) if isinstance(content, bytes) else content.size


def beginning(content: FileContent, length: int) -> bytes:
    """The first bytes."""
    return content[:length] if isinstance(content, bytes) else content.read(0, length)
