"""What goes wrong with tables, as one line that names the table, the place and the remedy."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from grokcall.errors import OutputFull
from grokcall_parser.errors import DataError, Error, NotSupportedError, OperationalError, ProgrammingError

FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
LONGEST_REASON = 300

LONGEST_ROW = 16 << 20
"""The longest row of a CSV file, in bytes."""
LARGEST_OBJECT = 64 << 20
"""The longest object of a JSON file, in bytes; some that are longer, up to twice that, are read too."""


@contextmanager
def mapped_errors(place: str) -> Iterator[None]:
    """Turns the errors of DuckDB, Arrow and the system inside the block into ours, which name ``place``."""
    try:
        yield
    except Error:
        raise
    except (duckdb.Error, pa.ArrowException, OSError, UnicodeError, OverflowError) as error:
        raise fault(place, error) from error


def fault(place: str, error: Exception) -> Error:
    """``error`` of a layer below as an error of ours that opens with ``place``."""
    text = str(error)
    if isinstance(error, OSError) and error.errno in FULL_DISK:
        return OutputFull(f"{place}: no space left on the device")
    if "CSV Error" in text or "sniffing file" in text:
        return DataError(f"{place}: {csv_reason(text)}")
    if "JSON" in text and ("Malformed" in text or "transform error" in text or "expected records" in text):
        return DataError(f"{place}: {json_reason(text)}")
    if "maximum_object_size" in text:
        return DataError(f"{place}: an object is longer than {LARGEST_OBJECT >> 20} MiB; use Parquet for such values")
    if "xtension" in text and ("INSTALL" in text or "autoload" in text):
        return NotSupportedError(f"{place}: {first_line(text)}; only local files are read, without extensions")
    return kind_of(error, text)(f"{place}: {first_line(text)}")


def kind_of(error: Exception, text: str) -> type[Error]:
    """Which of PEP 249's errors ``error`` is."""
    if isinstance(error, duckdb.ParserException | duckdb.BinderException | duckdb.CatalogException):
        return ProgrammingError
    if isinstance(error, duckdb.ConversionException | duckdb.InvalidInputException | duckdb.OutOfRangeException):
        return DataError
    if isinstance(error, pa.ArrowException | UnicodeError | OverflowError) or re.match(
        r"(Conversion|Invalid Input|Out of Range) Error", text
    ):
        return DataError
    return OperationalError


def first_line(text: str) -> str:
    """What a message of several lines says, in one: its first line, and a suggestion when it makes one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    kept = lines[:1] + [line for line in lines[1:] if line.startswith(("Did you mean", "Candidate"))]
    return shortened(" ".join(kept) or "unknown fault")


def shortened(text: str) -> str:
    """``text`` cut to a length that fits a line of a terminal or a log."""
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 1] + "…"


def csv_reason(text: str) -> str:
    """The line and the reason in DuckDB's long message on a CSV file."""
    line = re.search(r"CSV Error on Line: (\d+)", text)
    where = f"line {int(line[1]):,}: " if line else ""
    counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if counts:
        return (
            f"{where}the header has {counts[1]} columns and this row {counts[2]};"
            " put a value that holds the delimiter or a line break in double quotes"
        )
    conversion = re.search(r'Error when converting column "(.+?)"\. (.+)', text)
    if conversion:
        return f'{where}column "{conversion[1]}": {shortened(conversion[2])}; read it as text (all_varchar = true)'
    if "unicode" in text or "utf-8" in text:
        return f"{where}the text is not UTF-8; save the file as UTF-8"
    if "quote" in text.lower() and "unterminated" in text.lower():
        return f"{where}a quoted value does not end; double the quotes inside values and close each one"
    if "aximum line size" in text:
        return f"{where}the row is longer than {LONGEST_ROW >> 20} MiB; use Parquet or JSON for such values"
    lines = [line for line in text.splitlines() if line and "CSV Error" not in line and "Original Line" not in line]
    return where + shortened(lines[0] if lines else "the file is not a CSV file")


def json_reason(text: str) -> str:
    """The place and the reason in DuckDB's message on a JSON file."""
    found = re.search(r'in file ".*?", (?:at byte \d+ )?in (?:(line|record/value) )?(\d+)[:.]? ?(.*)', text)
    if "expected records" in text:
        return "the values are not objects; write one JSON object for each row"
    if not found:
        return first_line(text)
    place = "line" if found[1] == "line" else "record"
    reason = shortened(found[3].strip().rstrip("."))
    return f"near {place} {int(found[2]):,}: {reason}; each row must be one whole JSON object"
