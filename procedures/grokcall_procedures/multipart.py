"""multipart/form-data: fields first, the file last, as the API's upload demands."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

CRLF = b"\r\n"


@dataclass(frozen=True, slots=True)
class FilePart:
    """The file of a form.

    Args:
        filename: Its name, as prompts refer to it.
        content: Its bytes.
        content_type: Its MIME type.
        name: The name of its field.
    """

    filename: str
    content: bytes = field(repr=False)
    content_type: str = "application/octet-stream"
    name: str = "file"


def encode_form(fields: Mapping[str, str], file: FilePart | None = None) -> tuple[bytes, str]:
    """The body of a form and its content type.

    The same form always gives the same bytes, so that what ``EXPLAIN`` shows is what is sent.

    >>> body, content_type = encode_form({"purpose": "assistants"}, FilePart("a.txt", b"hi"))
    >>> content_type.startswith("multipart/form-data; boundary=grokcall-")
    True
    """
    parts = [field_part(name, value) for name, value in fields.items()]
    if file is not None:
        parts.append(file_part(file))
    seed = hashlib.sha256()
    for part in parts:
        seed.update(part)
    boundary = boundary_for(parts, seed.digest())
    dashes = b"--" + boundary
    body = b"".join((*(dashes + CRLF + part + CRLF for part in parts), dashes, b"--", CRLF))
    return body, f"multipart/form-data; boundary={boundary.decode('ascii')}"


def field_part(name: str, value: str) -> bytes:
    """A field's header and value."""
    head = f'Content-Disposition: form-data; name="{escaped(name)}"\r\n\r\n'
    return head.encode("utf-8") + value.encode("utf-8")


def file_part(file: FilePart) -> bytes:
    """A file's header and content."""
    names = f'name="{escaped(file.name)}"; filename="{escaped(file.filename)}"'
    head = f"Content-Disposition: form-data; {names}\r\nContent-Type: {file.content_type}\r\n\r\n"
    return head.encode("utf-8") + file.content


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
