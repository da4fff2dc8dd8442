"""Multipart forms, as far as uploads need them: the parts in their order."""

import re
from dataclasses import dataclass

from grokcall_sandbox.errors import ApiError, invalid

MAX_PARTS = 20
_BOUNDARY = re.compile(r"boundary=(?:\"([^\"]{1,200})\"|([^;\s]{1,200}))", re.IGNORECASE)
_NAME = re.compile(r"(?:^|;)\s*name=\"([^\"]*)\"", re.IGNORECASE)
_FILENAME = re.compile(r";\s*filename=\"((?:[^\"\\]|\\.)*)\"", re.IGNORECASE)
_ENCODED_FILENAME = re.compile(r";\s*filename\*=utf-8''([^;\s]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its field's name, its file name when it is a file, its content."""

    name: str
    filename: str | None
    data: bytes


def read_parts(content_type: str, body: bytes, most: int = MAX_PARTS) -> list[Part]:
    """The parts of a form, in the order they were sent.

    Args:
        content_type: The header, which has the boundary.
        body: The form.
        most: How many parts it may have.

    Raises:
        ApiError: 415 for another content type, 400 for a form that cannot be read.
    """
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/form-data") or found is None:
        raise ApiError(415, "Expected request with `Content-Type: multipart/form-data`", plain=True)
    mark = b"--" + (found.group(1) or found.group(2)).encode("latin-1")
    pieces = (b"\r\n" + body).split(b"\r\n" + mark, most + 1)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise invalid("Error parsing `multipart/form-data` request")
    return [_read_part(piece) for piece in pieces[1:-1]]


def _read_part(piece: bytes) -> Part:
    head, blank, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    lines = head.decode("utf-8", "replace").split("\r\n")
    disposition = next((line for line in lines if line.lower().startswith("content-disposition:")), "")
    name = _NAME.search(disposition)
    if not blank or name is None:
        raise invalid("Error parsing `multipart/form-data` request")
    return Part(name.group(1), _filename(disposition), data)


def _filename(disposition: str) -> str | None:
    encoded = _ENCODED_FILENAME.search(disposition)
    if encoded is not None:
        return _unquote(encoded.group(1))
    found = _FILENAME.search(disposition)
    # Browsers and clients percent-encode quotes and line breaks in this form, and nothing else.
    return found.group(1).replace("%22", '"').replace('\\"', '"') if found else None


def _unquote(text: str) -> str:
    octets = re.sub(rb"%([0-9a-fA-F]{2})", lambda match: bytes([int(match.group(1), 16)]), text.encode())
    return octets.decode("utf-8", "replace")
