"""Sheets of Excel workbooks, as Excel shows them."""

from __future__ import annotations

import datetime
import math
from pathlib import Path
from typing import Any

import pyarrow as pa

from grokcall.tables.source import Source
from grokcall_parser.errors import DataError, NotSupportedError, ProgrammingError
from grokcall_parser.suggestions import hint
from grokcall_procedures.types import number_text

SHOWN_DIGITS = 15
"""Significant digits of a number that Excel shows; the rest is what computing in doubles leaves behind."""
LARGEST_WHOLE = 2**63 - 1024
"""The largest double that is a 64-bit integer."""


def open_sheet(path: Path, sheet: str | None, *, batch_rows: int, name: str) -> Source:
    """A sheet of an Excel workbook, the first one unless named; its first row has the names. Read into memory.

    Rows without any value are left out; cells with an error (``#DIV/0!``) are NULL.

    Raises:
        NotSupportedError: The extra ``xlsx`` is not installed.
        DataError: The workbook cannot be read, or the sheet is empty.
        ProgrammingError: There is no such sheet.
    """
    rows = [row for row in sheet_rows(path, sheet, name) if any(cell != "" for cell in row)]
    if not rows:
        raise DataError(f"{name}: the sheet is empty; a first row with the columns' names is needed")
    titles = ["" if title == "" else cell_text(title) for title in rows[0]]
    columns = [sheet_column([row[index] for row in rows[1:]]) for index in range(len(titles))]
    schema = pa.schema([pa.field(title, column.type) for title, column in zip(titles, columns, strict=True)])
    batch = pa.RecordBatch.from_arrays(columns, schema=schema)
    return Source(name, schema, iter([batch]), row_count=len(rows) - 1, batch_rows=batch_rows)


def sheet_rows(path: Path, sheet: str | None, name: str) -> list[list[Any]]:
    """The cells of a sheet as Python values; empty ones are empty texts."""
    try:
        import python_calamine as calamine
    except ImportError as error:
        raise NotSupportedError(f'{name}: to read Excel files, pip install "grokcall[xlsx]"') from error
    try:
        book = calamine.CalamineWorkbook.from_path(str(path))
        if sheet is not None and sheet not in book.sheet_names:
            raise ProgrammingError(f"{name}: there is no sheet {sheet!r}; {hint(sheet, book.sheet_names, quoted=True)}")
        opened = book.get_sheet_by_index(0) if sheet is None else book.get_sheet_by_name(sheet)
        return list(opened.to_python(skip_empty_area=True))
    except (calamine.CalamineError, OSError, ValueError, OverflowError) as error:
        raise DataError(f"{name}: not a readable Excel workbook ({error})") from error


def sheet_column(cells: list[Any]) -> Any:
    """The cells of one column; empty ones are NULL, and a column of several kinds is text."""
    values = [None if cell == "" else cell for cell in cells]
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {int, float}:
        if all(value is None or is_whole(value) for value in values):
            return pa.array([None if value is None else int(value) for value in values], pa.int64())
        return pa.array([None if value is None else shown_number(value) for value in values], pa.float64())
    if datetime.datetime in kinds and kinds <= {datetime.date, datetime.datetime}:
        return pa.array([midnight(value) for value in values], pa.timestamp("us"))
    if kinds in ({datetime.date}, {datetime.time}, {bool}):
        return pa.array(values)
    return pa.array([None if value is None else cell_text(value) for value in values], pa.string())


def is_whole(value: float) -> bool:
    """Whether a number is a 64-bit integer."""
    return abs(value) <= LARGEST_WHOLE and value == int(value)


def shown_number(value: float) -> float:
    """A number as far as Excel shows it: 0.1 + 0.2 is 0.3."""
    shown = float(f"{value:.{SHOWN_DIGITS}g}")
    return shown if math.isfinite(shown) else value  # the largest doubles would be rounded beyond all numbers


def midnight(value: Any) -> Any:
    """A date as the moment at which it begins."""
    return value if value is None or isinstance(value, datetime.datetime) else datetime.datetime(*value.timetuple()[:3])


def cell_text(value: Any) -> str:
    """A cell as the text that Excel shows: 1 and not 1.0, TRUE, 30:00:00 for a span of hours, dates as ISO has them."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if is_whole(value) else number_text(shown_number(value))
    if isinstance(value, datetime.timedelta):
        seconds = round(value.total_seconds())
        hours, rest = divmod(abs(seconds), 3600)
        return f"{'-' if seconds < 0 else ''}{hours}:{rest // 60:02d}:{rest % 60:02d}"
    return str(value.isoformat() if isinstance(value, datetime.date | datetime.time) else value)
