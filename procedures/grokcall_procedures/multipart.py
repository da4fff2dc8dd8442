"""multipart/form-data: fields first, the file last, as the API's upload demands; rendered in blocks."""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from grokcall_procedures.file_sources import FileContent
from grokcall_procedures.local_files import size_of

CRLF = b"\r\n"
_UNGUESSABLE = secrets.token_bytes(16)
"""Part of the boundary around a file that is not read beforehand, so that no file can have been made to hold it."""


@dataclass(frozen=True, slots=True)
class FilePart:
    """The file of a form.

    Args:
        filename: Its name, as prompts refer to it.
        content: Its bytes, or the file that they are read from.
        content_type: Its MIME type.
        name: The name of its field.
    """

    filename: str
    content: FileContent = field(repr=False)
    content_type: str = "application/octet-stream"
    name: str = "file"


@dataclass(frozen=True, slots=True)
class Parts:
    """A form: its fields and at most one file, which comes last. It is the body of a request, rendered when sent.

    Args:
        fields: Names and values, in order; a name may come more than once.
        file: The file.
        boundary: What stands between the parts, and in none of them.
    """

    fields: tuple[tuple[str, str], ...]
    file: FilePart | None
    boundary: str

    @property
    def content_type(self) -> str:
        """The content type of the form, which names the boundary."""
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def head(self) -> bytes:
        """All that comes before the content of the file."""
        dashes = b"--" + self.boundary.encode("ascii")
        parts = [field_part(name, value) for name, value in self.fields]
        head = b"".join(dashes + CRLF + part + CRLF for part in parts)
        return head if self.file is None else head + dashes + CRLF + file_head(self.file)

    @property
    def tail(self) -> bytes:
        """All that comes after it."""
        end = b"--" + self.boundary.encode("ascii") + b"--" + CRLF
        return end if self.file is None else CRLF + end

    @property
    def size(self) -> int:
        """How many bytes the form has."""
        return len(self.head) + (0 if self.file is None else size_of(self.file.content)) + len(self.tail)

    def encoded(self) -> bytes:
        """The form in one; a file on this machine is read for it."""
        if self.file is None:
            return self.head + self.tail
        content = self.file.content
        if not isinstance(content, bytes):
            content = content.read(0, content.size)
        return b"".join((self.head, content, self.tail))


def form_of(fields: Mapping[str, str] | Iterable[tuple[str, str]], file: FilePart | None = None) -> Parts:
    """A form. Of the same fields and bytes it is always the same, so that what ``EXPLAIN`` shows is what is sent.

    >>> form = form_of({"purpose": "assistants"}, FilePart("a.txt", b"hi"))
    >>> form.size == len(form.encoded())
    True
    """
    pairs = tuple(fields.items() if isinstance(fields, Mapping) else fields)
    parts = [field_part(name, value) for name, value in pairs]
    seed = hashlib.sha256()
    if file is not None:
        parts.append(file_head(file))
        if isinstance(file.content, bytes):
            parts.append(file.content)
        else:
            seed.update(_UNGUESSABLE)
    for part in parts:
        seed.update(part)
    return Parts(pairs, file, boundary_for(parts, seed.digest()).decode("ascii"))


def encode_form(fields: Mapping[str, str], file: FilePart | None = None) -> tuple[bytes, str]:
    """The body of a form in one, and its content type.

    >>> body, content_type = encode_form({"purpose": "assistants"}, FilePart("a.txt", b"hi"))
    >>> content_type.startswith("multipart/form-data; boundary=grokcall-")
    True
    """
    form = form_of(fields, file)
    return form.encoded(), form.content_type


def field_part(name: str, value: str) -> bytes:
    """A field's header and value."""
    head = f'Content-Disposition: form-data; name="{escaped(name)}"\r\n\r\n'
    return head.encode("utf-8") + value.encode("utf-8")


def file_head(file: FilePart) -> bytes:
    """A file's header."""
    names = f'name="{escaped(file.name)}"; filename="{escaped(file.filename)}"'
    return f"Content-Disposition: form-data; {names}\r\nContent-Type: {file.content_type}\r\n\r\n".encode()


def escaped(name: str) -> str:
    """A name inside quotes, escaped as browsers do: the signs that would end it by percent, the rest as UTF-8."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def boundary_for(parts: list[bytes], seed: bytes) -> bytes:
    """The first boundary grown from ``seed`` that occurs in none of ``parts``."""
    boundaries = (candidate(seed, attempt) for attempt in itertools.count())
    return next(boundary for boundary in boundaries if not any(boundary in part for part in parts))


def candidate(seed: bytes, attempt: int) -> bytes:
    """The boundary to try at an attempt, from 0."""
    digest = hashlib.sha256(seed + attempt.to_bytes(8, "big")).hexdigest()[:32]
    return f"grokcall-{digest}".encode("ascii")
