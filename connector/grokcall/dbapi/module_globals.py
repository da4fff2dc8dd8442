"""What PEP 249 wants of a module: its globals, type objects and constructors."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable

import pyarrow as pa

apilevel = "2.0"
"""The version of the DB-API that the module follows."""
paramstyle = "named"
"""How parameters are written: ``:name``; ``?``, ``$name`` and ``@name`` are read as well."""
threadsafety = 2
"""Threads may share the module and connections, not cursors."""


class TypeObject:
    """Equal to each Arrow type of its group, so that ``column[1] == grokcall.STRING`` answers what PEP 249 asks."""

    def __init__(self, name: str, holds: Callable[[pa.DataType], bool]) -> None:
        self._name = name
        self._holds = holds

    def __eq__(self, other: object) -> bool:
        return self._holds(other) if isinstance(other, pa.DataType) else self is other

    def __hash__(self) -> int:
        return hash(self._name)

    def __repr__(self) -> str:
        return f"grokcall.{self._name}"


def is_number(kind: pa.DataType) -> bool:
    """Whether a type holds numbers; truth values count as numbers, as they do in SQL drivers."""
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )


STRING = TypeObject("STRING", lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind))
"""Equal to the types of columns that hold text."""
BINARY = TypeObject("BINARY", lambda kind: pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
"""Equal to the types of columns that hold bytes: images, audio, videos, files."""
NUMBER = TypeObject("NUMBER", is_number)
"""Equal to the types of columns that hold numbers or truth values."""
DATETIME = TypeObject("DATETIME", pa.types.is_temporal)
"""Equal to the types of columns that hold dates, times or both."""
ROWID = TypeObject("ROWID", lambda _kind: False)
"""Equal to no type: no result has the number of a row."""

Date = datetime.date
"""Makes a date from year, month and day."""
Time = datetime.time
"""Makes a time of day from hour, minute and second."""
Timestamp = datetime.datetime
"""Makes a date with a time from year, month, day, hour, minute and second."""
Binary = bytes
"""Makes a value of bytes."""


def DateFromTicks(ticks: float) -> datetime.date:  # noqa: N802 - PEP 249 fixes the name
    """The local date of a Unix time in seconds."""
    return datetime.date(*time.localtime(ticks)[:3])


def TimeFromTicks(ticks: float) -> datetime.time:  # noqa: N802 - PEP 249 fixes the name
    """The local time of day of a Unix time in seconds."""
    return datetime.time(*time.localtime(ticks)[3:6])


def TimestampFromTicks(ticks: float) -> datetime.datetime:  # noqa: N802 - PEP 249 fixes the name
    """The local date and time of a Unix time in seconds."""
    return datetime.datetime(*time.localtime(ticks)[:6])
