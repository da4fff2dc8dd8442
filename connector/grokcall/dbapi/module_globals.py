"""What PEP 249 wants of a module: its globals, type objects and constructors."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable

import pyarrow as pa

apilevel = "2.0"
paramstyle = "named"
threadsafety = 2


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
BINARY = TypeObject("BINARY", lambda kind: pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
NUMBER = TypeObject("NUMBER", is_number)
DATETIME = TypeObject("DATETIME", pa.types.is_temporal)
ROWID = TypeObject("ROWID", lambda _kind: False)

Date = datetime.date
Time = datetime.time
Timestamp = datetime.datetime
Binary = bytes


def DateFromTicks(ticks: float) -> datetime.date:  # noqa: N802 - PEP 249 fixes the name
    """The local date of a Unix time in seconds."""
    return datetime.date(*time.localtime(ticks)[:3])


def TimeFromTicks(ticks: float) -> datetime.time:  # noqa: N802 - PEP 249 fixes the name
    """The local time of day of a Unix time in seconds."""
    return datetime.time(*time.localtime(ticks)[3:6])


def TimestampFromTicks(ticks: float) -> datetime.datetime:  # noqa: N802 - PEP 249 fixes the name
    """The local date and time of a Unix time in seconds."""
    return datetime.datetime(*time.localtime(ticks)[:6])
