"""Moments, days and times as text, those too that no calendar of a program reaches."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

INFINITY = 2**63 - 1
"""What DuckDB stores for a moment that is ``infinity``, whatever its unit."""
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
DAYS_IN_400_YEARS = 146_097
OUT_OF_RANGE = "<value out of range"
"""What Arrow's text of a value begins with that it cannot tell."""


def moment_texts(column: Any) -> Any:
    """Moments as ISO 8601 has them, with ``T`` and, where they have a zone, ``Z``; days and times likewise.

    What DuckDB calls infinity is ``infinity`` and ``-infinity``, and years beyond 9999 have a sign, as ISO 8601 wants.
    """
    zone = "Z" if pa.types.is_timestamp(column.type) and column.type.tz is not None else ""
    if zone:
        column = column.cast(pa.timestamp(column.type.unit))  # with a zone Arrow does not see what is out of range
    text = column.cast(pa.large_string())
    if pa.types.is_timestamp(column.type):
        text = pc.replace_substring_regex(text, r"(\d) (\d)", r"\1T\2")
    if not pa.types.is_date(column.type):
        text = pc.replace_substring_regex(text, r"\.0+$", "")
    text = pc.replace_substring_regex(text, r"^(\d{5,}-)", r"+\1")
    if pc.any(pc.starts_with(text, pattern=OUT_OF_RANGE)).as_py():
        text = with_far_texts(text, column)
    return pc.replace_substring_regex(text, r"(\d)$", r"\1Z") if zone else text


def with_far_texts(text: Any, column: Any) -> Any:
    """``text``, the texts of a column, where Arrow has one, and one of ours where it has none."""
    numbers = column.cast(pa.int32() if pa.types.is_date32(column.type) else pa.int64()).to_pylist()
    texts = [
        far_text(number, column.type) if each is not None and each.startswith(OUT_OF_RANGE) else each
        for each, number in zip(text.to_pylist(), numbers, strict=True)
    ]
    return pa.array(texts, pa.large_string())


def far_text(number: int, of: Any) -> str:
    """The text of a value that Arrow cannot tell, by the number that it is stored as."""
    largest = 2**31 - 1 if pa.types.is_date32(of) else INFINITY
    if abs(number) == largest and not pa.types.is_time(of):
        return "infinity" if number > 0 else "-infinity"
    if pa.types.is_date32(of):
        return day_text(number)
    units = UNITS[of.unit]
    seconds, fraction = divmod(number, units)
    if pa.types.is_time(of):
        return clock_text(seconds, fraction, units)
    days, seconds = divmod(seconds, 86_400)
    return f"{day_text(days)}T{clock_text(seconds, fraction, units)}"


def clock_text(seconds: int, fraction: int, units: int) -> str:
    """A time of day; ``24:00:00`` is one too."""
    digits = f".{fraction:0{len(str(units)) - 1}d}" if fraction else ""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{digits}"


def day_text(days: int) -> str:
    """A day by its distance from the first of January 1970, in the calendar that has no end."""
    cycles, rest = divmod(days + 719_468, DAYS_IN_400_YEARS)  # from the first of March of the year 0
    year = (rest - rest // 1460 + rest // 36_524 - rest // 146_096) // 365
    of_year = rest - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    year += 400 * cycles + (1 if month <= 2 else 0)
    sign = "-" if year < 0 else "+" if year > 9999 else ""
    return f"{sign}{abs(year):04d}-{month:02d}-{day:02d}"
