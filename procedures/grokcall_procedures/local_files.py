"""Files that a call sends: bytes at hand, or a file on this machine that is read in blocks when it is sent.

This package opens nothing itself: what opens files is handed in with the settings of a call.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from grokcall_procedures.file_sources import FileContent, FileOpener, NamedFile, is_source
from grokcall_procedures.types import UnfitValue, described, plain, to_binary
from grokcall_procedures.unfit import text_instead

SCHEME = "file:"
"""How text begins that names a file."""
REMEDY = "pass bytes, X'…', a data URI, or grokcall.file('path')"


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
        told = text_instead(value, f"text; {REMEDY}, or 'file:path' with the option allow_files")
        raise UnfitValue(f"expected a file, got {told}")
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
