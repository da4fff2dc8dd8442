"""JSON files: an object a line, objects one after the other, or an array of objects.

The file is read twice: once for the columns and their types, which all objects have a say in, and once for the rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn, TextIO, TypeAlias

import pyarrow as pa

from grokcall.tables.arrow_types import unique_names
from grokcall.tables.errors import LARGEST_OBJECT, mapped_errors
from grokcall.tables.formats import Format
from grokcall.tables.json_columns import JsonColumn, Literal, observe_members
from grokcall.tables.source import Source
from grokcall.tables.text_streams import TextFile
from grokcall_parser.errors import DataError
from grokcall_procedures.types import well_formed

PIECE = 1 << 20
BATCH_CHARACTERS = 8 << 20
"""Characters of a file after which a batch ends, however few rows it has."""
BLANKS = re.compile(r"[ \t\r\n\ufeff]*")
SAFE_DIGITS = 18
"""Digits that fit 64 bits whatever they are."""

Entry: TypeAlias = tuple[int, Any, int]
"""A value, the line in which it begins, and how many characters had been read at its end."""
TOO_LONG = f"an object is longer than {LARGEST_OBJECT >> 20} MiB; use Parquet for such values"
TOO_DEEP = "the value is nested too deeply"


def whole(text: str) -> int | Literal:
    """A whole number, as its digits where they are many or where a number would lose the sign."""
    return Literal(text) if len(text) > SAFE_DIGITS or text == "-0" else int(text)


def constant(text: str) -> float | None:
    """What some programs write although JSON has no word for it: NaN is NULL."""
    return None if text == "NaN" else float(text)


DECODER = json.JSONDecoder(parse_float=Literal, parse_int=whole, parse_constant=constant, strict=False)


def open_json(file: TextFile, form: Format, *, batch_rows: int) -> Source:
    """A JSON file. Its columns are those of all its objects.

    Raises:
        DataError: The file is not JSON, or its values are not objects.
    """
    table = JsonFile(file, by_line=form is Format.JSONL)
    with mapped_errors(file.name):
        members: dict[str, JsonColumn] = {}
        count = 0
        for rows in table.pieces(batch_rows):
            observe_members(members, rows)
            count += len(rows)
        columns = dict(zip(unique_names(map(well_formed, members)), members.items(), strict=True))
    schema = pa.schema([pa.field(name, column.type) for name, (_, column) in columns.items()])

    def batches() -> Iterator[pa.RecordBatch]:
        for rows in table.pieces(batch_rows):
            arrays = [column.array([row.get(key) for row in rows]) for key, column in columns.values()]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    if not columns:
        return Source(file.name, schema, iter(()), row_count=0)
    return Source(file.name, schema, batches(), row_count=count, batch_rows=batch_rows, place=table.place)


class JsonFile:
    """The objects of a file, one after the other.

    Args:
        file: The file.
        by_line: Whether each line has one object; an array of objects is read all the same.
    """

    def __init__(self, file: TextFile, *, by_line: bool) -> None:
        self.file = file
        self.by_line: bool = by_line and first_character(file) != "["

    def pieces(self, rows: int) -> Iterator[list[dict[str, Any]]]:
        """The objects, at most so many at a time, fewer where they are large."""
        piece: list[dict[str, Any]] = []
        start = 0
        for _, entry, end in self._entries():
            piece.append(entry)
            if len(piece) >= rows or end - start >= BATCH_CHARACTERS:
                yield piece
                piece, start = [], end
        if piece:
            yield piece

    def place(self, row: int) -> str:
        """Where a row stands, for a message: the file is read again to find the line."""
        lines = (line for number, (line, _, _) in enumerate(self._entries(), 1) if number == row)
        return next((f"line {line:,}" for line in lines), f"row {row:,}")

    def _entries(self) -> Iterator[tuple[int, dict[str, Any], int]]:
        with self.file.reading() as text:
            name = self.file.name
            for line, value, end in line_values(text, name) if self.by_line else Values(text, name):
                if not isinstance(value, dict):
                    raise DataError(
                        f"{name}: line {line:,}: the values are not objects; write one JSON object for each row"
                    )
                yield line, value, end


def first_character(file: TextFile) -> str:
    """The first character of a file that is not blank; nothing when there is none."""
    with file.reading() as text:
        while piece := text.read(PIECE):
            bare = piece.lstrip(" \t\r\n\ufeff")
            if bare:
                return bare[0]
    return ""


def line_values(text: TextIO, name: str) -> Iterator[Entry]:
    """The values of a text that has one on each line."""
    characters = 0
    for number, line in enumerate(iter(lambda: text.readline(LARGEST_OBJECT), ""), 1):
        place = f"{name}: line {number:,}"
        if len(line) >= LARGEST_OBJECT:
            raise DataError(f"{place}: {TOO_LONG}")
        characters += len(line)
        bare = line.strip(" \t\r\n\ufeff")
        if not bare:
            continue
        try:
            value = DECODER.decode(bare)
        except json.JSONDecodeError as error:
            raise DataError(f"{place}: {reason_of(error)}; each row must be one whole JSON object") from None
        except RecursionError:
            raise DataError(f"{place}: {TOO_DEEP}") from None
        yield number, value, characters


class Values:
    """The values of a JSON text: those of an array, or one after the other."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._text = ""
        self._characters = 0
        self._stream = stream
        self._name = name
        self._place = 0
        self._line = 1
        self._ended = False

    def _next(self) -> str:
        """The next character that is not blank; nothing at the end."""
        self._skip_blanks()
        return self._text[self._place : self._place + 1]

    def __iter__(self) -> Iterator[Entry]:
        in_array = self._next() == "["
        if not in_array:
            while self._next():
                yield self._value()
            return
        self._place += 1
        if self._next() != "]":
            yield self._value()
            while self._next() == ",":
                self._place += 1
                yield self._value()
        if self._next() != "]":
            self._fail("expected a comma or the end of the array" if self._next() else "the array does not end")
        self._place += 1
        if self._next():
            self._fail("there is more after the end of the array")

    def _value(self) -> Entry:
        self._skip_blanks()
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._place)
            except json.JSONDecodeError as error:
                if not self._more(len(self._text) - self._place):
                    self._fail_at(error)
            except RecursionError:
                self._fail(TOO_DEEP)
            else:
                line = self._line_at(self._place)
                self._place = end
                return line, value, self._characters

    def _skip_blanks(self) -> None:
        while True:
            found = BLANKS.match(self._text, self._place)
            self._place = found.end() if found else self._place
            if self._place < len(self._text) or not self._more(0):
                return

    def _more(self, waiting: int) -> bool:
        """Reads on; twice as much each time, so that a long value is not looked at too often."""
        if self._ended:
            return False
        if waiting > LARGEST_OBJECT:
            self._fail(TOO_LONG)
        piece = self._stream.read(max(PIECE, waiting))
        if not piece:
            self._ended = True
            return False
        self._line += self._text.count("\n", 0, self._place)
        self._text = self._text[self._place :] + piece
        self._place = 0
        self._characters += len(piece)
        return True

    def _line_at(self, place: int) -> int:
        return self._line + self._text.count("\n", 0, place)

    def _fail_at(self, error: json.JSONDecodeError) -> NoReturn:
        cut_short = error.pos >= len(self._text.rstrip()) or error.msg.startswith("Unterminated string")
        if cut_short:
            self._fail("the object that begins here does not end; each row must be one whole JSON object")
        self._place = error.pos
        self._fail(reason_of(error))

    def _fail(self, reason: str) -> NoReturn:
        raise DataError(f"{self._name}: line {self._line_at(self._place):,}: {reason}")


def reason_of(error: json.JSONDecodeError) -> str:
    """What is wrong with a text that is not JSON."""
    return f"not JSON ({error.msg[:1].lower()}{error.msg[1:]}, character {error.pos + 1:,})"
