"""What a query gives, as JSON for a model."""

from __future__ import annotations

import base64
import datetime
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

LONGEST_BYTES = 256
"""Bytes of a value that are shown; of more, only how many there are."""


@dataclass(frozen=True)
class QueryResult:
    """Rows as records of JSON values.

    Args:
        rows: The records.
        note: What is said beside them; None where they are all.
    """

    rows: list[dict[str, object]]
    note: str | None = None

    @property
    def told(self) -> object:
        """What the model gets: the records, or an object of ``rows`` and ``note``."""
        return self.rows if self.note is None else {"rows": self.rows, "note": self.note}


def records_of(result: Any, most_rows: int) -> QueryResult:
    """The first rows of a result of DuckDB's, and a note where there are more."""
    names = unique_names([str(column[0]) for column in result.description])
    rows = result.fetchmany(most_rows + 1)
    note = None
    if len(rows) > most_rows:
        note = f"only the first {most_rows:,} rows are shown, there are more; filter, aggregate or use LIMIT and OFFSET"
    return QueryResult([dict(zip(names, map(as_json, row), strict=True)) for row in rows[:most_rows]], note)


def unique_names(names: list[str]) -> list[str]:
    """Names of columns of which no two are equal, for members of an object.

    >>> unique_names(["id", "name", "id"])
    ['id', 'name', 'id_2']
    """
    given: list[str] = []
    for name in names:
        unique, number = name, 1
        while unique in given:
            number += 1
            unique = f"{name}_{number}"
        given.append(unique)
    return given


def as_json(value: object) -> object:
    """A value of DuckDB's as JSON has it: numbers where they are exact, other things as text.

    >>> as_json([Decimal("1.50"), datetime.date(2026, 11, 1), float("nan")])
    [1.5, '2026-11-01', None]
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return number_of(value)
    if isinstance(value, Mapping):
        return {text_of(key): as_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_json(inner) for inner in value]
    return text_of(value)


def number_of(value: Decimal) -> object:
    """A decimal as a number that is equal to it, or as text."""
    if not value.is_finite():
        return None
    near = float(value)
    if value == value.to_integral_value():
        return int(value)
    return near if Decimal(repr(near)) == value else str(value)


def text_of(value: object) -> str:
    """A value that JSON has no form for, as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        content = bytes(value)
        return base64.b64encode(content).decode() if len(content) <= LONGEST_BYTES else f"({len(content):,} bytes)"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta | uuid.UUID):
        return str(value)
    return str(as_json(value)) if isinstance(value, Decimal | float) else str(value)
