"""Files of text as streams of characters: packed or not, in UTF-8, by their mark, or in an encoding that is named."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

import pyarrow as pa

from grokcall_parser.errors import DataError, ProgrammingError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file of text: where it is, how it is packed, and what its bytes stand for."""

    path: Path
    compression: str | None
    encoding: str
    name: str

    @contextmanager
    def bytes(self) -> Iterator[BinaryIO]:
        """The bytes of the text, unpacked."""
        with self.path.open("rb") as raw:
            if self.compression is None:
                yield raw
                return
            with pa.input_stream(raw, compression=cast("Any", self.compression)) as unpacked:
                yield cast("BinaryIO", unpacked)

    @contextmanager
    def reading(self) -> Iterator[TextIO]:
        """The text, with its line ends as they are.

        Raises:
            DataError: Bytes are no text in this encoding; the message names the line.
        """
        with self.bytes() as stream, io.TextIOWrapper(cast("Any", stream), self.encoding, newline="") as text:
            try:
                yield text
            except UnicodeDecodeError as error:
                raise DataError(f"{self.name}: line {self.bad_line():,}: {self.reason}") from error

    @property
    def reason(self) -> str:
        """What is wrong with bytes that are no text."""
        if self.encoding.startswith("utf-8"):
            return "the text is not UTF-8; save the file as UTF-8, or name its encoding, for example cp1252"
        return f"the text is not {self.encoding}; name the encoding that the file has"

    def bad_line(self) -> int:
        """The number of the first line that is no text."""
        decoder = codecs.getincrementaldecoder(self.encoding)()
        line = 1
        with self.bytes() as stream:
            while piece := stream.read(PIECE):
                state = decoder.getstate()
                try:
                    line += line_ends(decoder.decode(piece))
                except UnicodeDecodeError:
                    decoder.setstate(state)
                    return line + ends_before_fault(decoder, piece)
        return line


def line_ends(text: str) -> int:
    """How many lines end in ``text``; in files of old a CR alone ends one."""
    return text.count("\n") or text.count("\r")


def ends_before_fault(decoder: codecs.IncrementalDecoder, piece: bytes) -> int:
    """How many lines end in ``piece`` before the byte that cannot be decoded."""
    good = ""
    with suppress(UnicodeDecodeError):
        for byte in piece:
            good += decoder.decode(bytes([byte]))
    return line_ends(good)


def text_file(path: Path, compression: str | None, encoding: str | None, name: str) -> TextFile:
    """The file as text. A mark at its start says more than ``encoding``; without both it is UTF-8.

    Raises:
        ProgrammingError: There is no such encoding.
    """
    if encoding is not None:
        check_encoding(encoding)
    with TextFile(path, compression, "utf-8", name).bytes() as stream:
        head = stream.read(4)
    return TextFile(path, compression, encoding_of(head, encoding), name)


def encoding_of(head: bytes, given: str | None = None) -> str:
    """The encoding of a text by its first four bytes, or the one that was given for it."""
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding
    if given is not None:
        return given
    # Every second byte of plain text in UTF-16 is zero, and none in UTF-8.
    zeros = "".join("0" if byte == 0 else "x" for byte in head)
    return {"x0x0": "utf-16-le", "0x0x": "utf-16-be"}.get(zeros, "utf-8")


def check_encoding(name: str) -> None:
    """Raises unless Python knows an encoding of text by this name."""
    try:
        "".encode(name)
        b"".decode(name)
    except (LookupError, ValueError, TypeError):
        raise ProgrammingError(
            f"there is no encoding {name!r}; known are utf-8, utf-16, cp1252, latin-1 and Python's others"
        ) from None
