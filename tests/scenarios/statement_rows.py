"""Tables of statements: what each gives, or what a person is told of it; how they are read and written.

A row is a statement, maybe of several lines, and below it, set in by four blanks, what is expected of it::

    CALL GetModel('grok-4.3')
        = Model_Id string, Model_Object string, … 15

    CALL GetModel(«Modell» => 'grok-4.3')
        ! UnknownNameError: GetModel has no parameter Modell; did you mean Model?

    CALL GenerateImage(:Text, AspectRatio => '3:7')
        with {"Text": "A kite"}
        ~ GenerateImage: AspectRatio '3:7' is not a listed value; did you mean 3:4?

``with`` has the parameters as JSON, in which ``{"bytes": "PNG"}`` is a picture. ``=`` has the result's columns and
their types, the first ones and how many there are where they are many; ``==`` the same of a statement that is also run.
``!`` has an error, its class and all that it says; the marks « » in the statement stand for the lines that point there.
``~`` has the warning of a call that is nevertheless sent. What is set in deeper goes on with the line before it, and
behind ``|`` begins a line of its own. A line that begins with # is a comment.
"""

from __future__ import annotations

import io
import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from PIL import Image

from grokcall_parser import Span, point_at

TABLES = Path(__file__).with_name("statement_tables")
SIGNS = ("==", "=", "!", "~", "with")
FEWEST_SHORTENED = 5
"""Columns from which on the first ones and their count will do."""
SHORT_TYPES = {
    "timestamp[us, tz=UTC]": "timestamp",
    "decimal128(38, 10)": "decimal",
    "decimal128(20, 10)": "decimal",
    "large_binary": "binary",
    "dictionary<values=string, indices=uint8, ordered=0>": "enum",
}
NAMED_ELEMENT = re.compile(r"list<\w+: ")


@dataclass(frozen=True)
class Row:
    """A statement and what is expected of it.

    Args:
        table: The name of its table.
        line: Where it begins, from 1.
        marked: The statement with the marks of the place.
        parameters: Its parameters.
        sign: The kind of what is expected.
        expected: What is expected.
    """

    table: str
    line: int
    marked: str
    parameters: object
    sign: str
    expected: str

    @property
    def statement(self) -> str:
        """The statement as it is sent."""
        return self.marked.replace("«", "").replace("»", "")

    @property
    def message(self) -> str:
        """All that the expected error says, with the lines that point at the place."""
        _, _, said = self.expected.partition(": ")
        if "«" not in self.marked:
            return said
        start, end = self.marked.index("«"), self.marked.index("»") - 1
        return f"{said}\n{point_at(self.statement, Span(start, max(end, start)))}"

    @property
    def error(self) -> str:
        """The name of the expected error's class."""
        return self.expected.partition(":")[0]


def read_rows() -> Iterator[Row]:
    """The rows of all tables."""
    for path in sorted(TABLES.glob("*.txt")):
        yield from rows_of(path)


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of one table."""
    statement: list[str] = []
    found: list[list[str]] = []
    start = 0
    for number, line in enumerate([*path.read_text("utf-8").splitlines(), ""], 1):
        if line.startswith("#"):
            continue
        if line.startswith("    "):
            goes_on = line.startswith("     ")
            if goes_on:
                text = line.strip()
                found[-1][1] += f"\n{text[1:]}" if text.startswith("|") else f" {text}"
            else:
                found.append(line.strip().split(" ", 1))
            continue
        if statement and found:
            yield row_of(path, start, statement, found)
            statement, found = [], []
        if line:
            start = start if statement else number
            statement.append(line)
    assert not statement, f"{path.name}: the last statement has no expectation"


def row_of(path: Path, line: int, statement: list[str], found: list[list[str]]) -> Row:
    """A row of its lines."""
    expected = {each[0]: each[1] for each in found}
    assert set(expected) <= set(SIGNS), f"{path.name}, line {line}: {found}"
    parameters = json.loads(expected.pop("with", "null"), object_hook=media)
    ((sign, text),) = expected.items()
    return Row(path.stem, line, "\n".join(statement), parameters, sign, text)


def media(value: dict[str, object]) -> object:
    """The bytes that ``{"bytes": …}`` names; any other object as it is."""
    return MEDIA[str(value["bytes"])] if set(value) == {"bytes"} else value


def columns(schema: pa.Schema, like: str) -> str:
    """Columns with their types, as many of them as an expectation shows."""
    listed = [f"{each.name} {type_name(each.type)}" for each in schema]
    head, _, count = like.rpartition(" … ")
    if not count.isdigit() or len(listed) < FEWEST_SHORTENED:
        return ", ".join(listed)
    for shown in range(1, len(listed)):
        text = ", ".join(listed[:shown]) + ","
        if len(text) >= len(head):
            break
    return f"{text} … {len(listed)}"


def type_name(kind: pa.DataType) -> str:
    """A type of Arrow in short."""
    text = str(kind)
    for long, short in SHORT_TYPES.items():
        text = text.replace(long, short)
    return NAMED_ELEMENT.sub("list<", text)


def picture(kind: str) -> bytes:
    """A small picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(buffer, kind)
    return buffer.getvalue()


def silence(seconds: int) -> bytes:
    """A recording in which nothing is said."""
    samples = bytes(8_000 * seconds)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(samples), b"WAVE", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8,
                       b"data", len(samples))  # fmt: skip
    return head + samples


MEDIA = {
    "PNG": picture("PNG"),
    "GIF": picture("GIF"),
    "cut PNG": picture("PNG")[:-20],
    "MP4": struct.pack(">I4s4sI", 20, b"ftyp", b"isom", 512) + b"isom\x00\x00\x00\x08free",
    "WAV": silence(1),
    "long WAV": silence(200),
    "CSV": b"region,sales\nnorth,12\nsouth,30\n",
    "nothing": b"",
}
