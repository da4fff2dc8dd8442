"""CSV and TSV files: every cell is the text that stands in the file.

How a file is cut into cells is not left to chance: the delimiter comes from the header line or from a line ``sep=;``
above it, quotes are double quotes, and a row with too many or too few cells is an error and not another guess.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import TextIO

import pyarrow as pa

from grokcall.core.option_facts import Types
from grokcall.tables.column_types import fitting_types, typed_source
from grokcall.tables.errors import LONGEST_ROW, mapped_errors
from grokcall.tables.formats import Format
from grokcall.tables.source import Source
from grokcall.tables.text_streams import TextFile
from grokcall_parser.errors import DataError

DELIMITERS = ",;\t|"
SEPARATOR_LINE = re.compile(r'"?sep=(\\t|.)"?\s*', re.IGNORECASE)
"""What spreadsheets write above the header to name the delimiter."""
BATCH_CHARACTERS = 8 << 20
"""Characters of a file after which a batch ends, however few rows it has."""


def open_csv(file: TextFile, form: Format, *, types: Types, batch_rows: int) -> Source:
    """A CSV or TSV file with a header line.

    Raises:
        DataError: The file is empty, is no text in its encoding, or its rows do not fit its header.
    """
    with mapped_errors(file.name):
        table = DelimitedFile(file, form)
    source = Source(file.name, table.schema, table.batches(batch_rows), batch_rows=batch_rows, place=table.place)
    if types != "auto":
        return source
    with mapped_errors(file.name):
        found = fitting_types(source.schema.names, table.batches(batch_rows))
    return typed_source(source, found, batch_rows=batch_rows)


class DelimitedFile:
    """A file of rows, whose header has been read.

    Args:
        file: The file.
        form: CSV or TSV.

    Raises:
        DataError: The file is empty, or its header cannot be read.
    """

    def __init__(self, file: TextFile, form: Format) -> None:
        self.file = file
        if csv.field_size_limit() < LONGEST_ROW:
            csv.field_size_limit(LONGEST_ROW)  # one setting for the process; 128 KiB would be too little for documents
        with file.reading() as text:
            first = text.readline(LONGEST_ROW)
            separator = SEPARATOR_LINE.fullmatch(first)
            self.lines_above = 1 if separator else 0
            """Lines above the header."""
            if separator:
                self.delimiter: str = separator[1].replace("\\t", "\t")
                lines = numbered_lines(text, "")
            else:
                self.delimiter = "\t" if form is Format.TSV else delimiter_of(first)
                lines = numbered_lines(text, first)
            header = next(self._records(lines), None)
        if header is None or not header[1]:
            raise DataError(f"{file.name}: the file is empty; a header line with the columns' names is needed")
        self.schema: pa.Schema = pa.schema([pa.field(name, pa.string()) for name in header[1]])

    def batches(self, batch_rows: int) -> Iterator[pa.RecordBatch]:
        """The rows as texts; an empty cell is NULL."""
        rows: list[list[str]] = []
        characters = 0
        for _, cells in self.rows():
            rows.append(cells)
            characters += sum(map(len, cells))
            if len(rows) >= batch_rows or characters >= BATCH_CHARACTERS:
                yield self._batch(rows)
                rows, characters = [], 0
        if rows:
            yield self._batch(rows)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The cells of each row, with the number of the line in which the row begins.

        A line with nothing on it is no row. In a table of one column it is a row without a value, but for lines
        at the end of the file.
        """
        count = len(self.schema)
        blank: list[int] = []
        with self.file.reading() as text:
            for _ in range(self.lines_above):
                text.readline()
            records = self._records(numbered_lines(text, ""))
            header_line, _ = next(records)
            for line, cells in records:
                if not cells:
                    blank += [line] if count == 1 else []
                    continue
                if len(cells) != count:
                    raise DataError(f"{self.file.name}: {misfit(line, count, len(cells), line - header_line)}")
                yield from ((each, [""]) for each in blank)
                blank.clear()
                yield line, cells

    def place(self, row: int) -> str:
        """Where a row stands, for a message: the file is read again to find the line."""
        return next(
            (f"line {line:,}" for number, (line, _) in enumerate(self.rows(), 1) if number == row), f"row {row:,}"
        )

    def _records(self, lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        done = 0
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise DataError(f"{self.file.name}: line {self.lines_above + done + 1:,}: {reason_of(error)}") from None
            if cells is None:
                return
            yield self.lines_above + done + 1, cells
            done = reader.line_num

    def _batch(self, rows: list[list[str]]) -> pa.RecordBatch:
        columns = [pa.array([cell or None for cell in column], pa.string()) for column in zip(*rows, strict=True)]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)


def numbered_lines(text: TextIO, first: str) -> Iterator[str]:
    """The lines of a file after ``first``, none longer than a row may be."""
    line = first or text.readline(LONGEST_ROW)
    while line:
        if len(line) >= LONGEST_ROW:
            raise csv.Error("field larger than field limit")
        yield line
        line = text.readline(LONGEST_ROW)


def delimiter_of(line: str) -> str:
    """The delimiter that stands most often in a header line, outside of quotes."""
    bare = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=bare.count)


def misfit(line: int, expected: int, found: int, below_header: int) -> str:
    """What is said of a row that does not fit the header."""
    title = (
        ", or delete the lines above the header, if it is not the first" if below_header <= 2 < expected + found else ""
    )
    return (
        f"line {line:,}: the header has {expected} column{'s' if expected != 1 else ''} and this row {found};"
        f" put a value that holds the delimiter or a line break in double quotes{title if found > expected else ''}"
    )


def reason_of(error: csv.Error) -> str:
    """What the reader's message means."""
    text = str(error)
    if "field limit" in text:
        return (
            f"the row is longer than {LONGEST_ROW >> 20} MiB; use Parquet or JSON for such values,"
            " or close the quoted value that begins here"
        )
    if "unexpected end" in text:
        return "a quoted value does not end; double the quotes inside values and close each one"
    if "expected after" in text:
        return "a quoted value goes on after its closing quotation mark; double the quotes inside values"
    return text
