"""What values mean, told from what they are in Arrow, and looked for in what stands in a file."""

from __future__ import annotations

import base64
import datetime
import json
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

BILLIONTHS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
DAY = 86_400 * 10**9
MOMENT = re.compile(r"([+-]?\d{4,})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z?))?")
CLOCK = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?")


@dataclass(frozen=True)
class Moment:
    """A moment in billionths of a second since 1970, of a day and a clock somewhere unless it has a zone."""

    billionths: int
    zoned: bool


@dataclass(frozen=True)
class Day:
    """A day by its distance from the first of January 1970."""

    days: int


@dataclass(frozen=True)
class Clock:
    """A time of day in billionths of a second."""

    billionths: int


@dataclass(frozen=True)
class Written:
    """A number of a format that has no types: any form of it will do that has its value."""

    number: Decimal


@dataclass(frozen=True)
class Pairs:
    """A map."""

    pairs: tuple[tuple[Any, Any], ...]


class Single(float):
    """A number of 32 bits or fewer, which has fewer digits than a double."""


def meaning(scalar: Any) -> Any:
    """What a value of Arrow means."""
    of, is_ = scalar.type, pa.types
    if not scalar.is_valid:
        return None
    if is_.is_dictionary(of):
        return meaning(scalar.value)
    if is_.is_map(of):
        return Pairs(tuple((meaning(each["key"]), meaning(each["value"])) for each in scalar.values))
    if is_.is_struct(of):
        return {name: meaning(each) for name, each in scalar.items()}
    if is_.is_nested(of):
        return [meaning(each) for each in scalar.values]
    if is_.is_timestamp(of):
        return Moment(scalar.value * BILLIONTHS[of.unit], of.tz is not None)
    if is_.is_date(of):
        return Day(scalar.value if is_.is_date32(of) else scalar.value // 86_400_000)
    if is_.is_time(of):
        return Clock(scalar.value * BILLIONTHS[of.unit])
    if is_.is_duration(of):
        return float(scalar.value / (10**9 // BILLIONTHS[of.unit]))
    if is_.is_float16(of) or is_.is_float32(of):
        return Single(scalar.as_py())
    return scalar.as_py()


def day_number(year: int, month: int, day: int) -> int:
    """How far a day is from the first of January 1970; the calendar repeats itself after 400 years."""
    cycles = (year - 2000) // 400
    return datetime.date(year - 400 * cycles, month, day).toordinal() - 719_163 + 146_097 * cycles


def moment_of(text: str) -> Any:
    """The day, the moment or the time of day that a text of ISO 8601 is."""
    if found := CLOCK.fullmatch(text):
        return Clock(clock_of(*found.groups()))
    found = MOMENT.fullmatch(text)
    assert found is not None, text
    days = day_number(int(found[1]), int(found[2]), int(found[3]))
    if found[4] is None:
        return Day(days)
    return Moment(days * DAY + clock_of(*found.groups()[3:7]), found[8] == "Z")


def clock_of(hours: str, minutes: str, seconds: str, fraction: str | None) -> int:
    """A time of day in billionths of a second."""
    return (int(hours) * 3600 + int(minutes) * 60 + int(seconds)) * 10**9 + int((fraction or "0").ljust(9, "0"))


def same_number(found: float, given: float) -> bool:
    """Whether two numbers are one, the sign of nought included."""
    if math.isnan(given):
        return math.isnan(found)
    return found == given and math.copysign(1, found) == math.copysign(1, given)


def same_value(found: Any, given: Any) -> bool:
    """Whether a value of Arrow means what was given; both are told by :func:`meaning`."""
    if isinstance(given, Written):
        return Decimal(repr(found) if isinstance(found, float) else found) == given.number
    if isinstance(given, Decimal):  # more than 38 digits are text
        return isinstance(found, int | Decimal | str) and Decimal(found) == given
    if isinstance(given, float):
        return isinstance(found, float) and same_number(found, given)
    if isinstance(given, list):
        return len(found) == len(given) and all(map(same_value, found, given))
    if isinstance(given, dict):
        return found.keys() == given.keys() and all(same_value(found[key], given[key]) for key in given)
    if isinstance(given, Pairs):
        return isinstance(found, Pairs) and all(
            same_value(got, wanted)
            for pair, other in zip(found.pairs, given.pairs, strict=True)
            for got, wanted in zip(pair, other, strict=True)
        )
    return type(found) is type(given) and found == given


def same_cell(found: str, given: Any, folder: Path) -> bool:
    """Whether a cell of CSV means what was given."""
    if given is None or given == "":
        return found == ""
    if isinstance(given, bool):
        return found == str(given).lower()
    if isinstance(given, Written | int | Decimal):
        return Decimal(found) == (given.number if isinstance(given, Written) else given)
    if isinstance(given, Single):
        return same_number(pa.scalar(float(found), pa.float32()).as_py(), given)
    if isinstance(given, float):
        return same_number(float(found), given)
    if isinstance(given, list | dict | Pairs):
        return same_json(parsed(found), given)
    if isinstance(given, bytes):
        return (folder / found).read_bytes() == given
    return bool(found == given if isinstance(given, str) else moment_of(found) == given)


def same_json(found: Any, given: Any, folder: Path | None = None) -> bool:
    """Whether a value of JSON means what was given; bytes are files in a folder, or base64 inside of others."""
    if given is None or (isinstance(given, float) and not math.isfinite(given)):
        return found is None
    if isinstance(given, bool | str):
        return type(found) is type(given) and found == given
    if isinstance(given, Written | int | Decimal):
        return Decimal(found) == (given.number if isinstance(given, Written) else given)
    if isinstance(given, float):
        return isinstance(found, Decimal) and same_number(float(found), given)
    if isinstance(given, list):
        return len(found) == len(given) and all(map(same_json, found, given))
    if isinstance(given, dict):
        return found.keys() == given.keys() and all(same_json(found[key], given[key]) for key in given)
    if isinstance(given, Pairs):
        return len(found) == len(given.pairs) and all(
            same_key(got, key) and same_json(found[got], value)
            for got, (key, value) in zip(found, given.pairs, strict=True)
        )
    if isinstance(given, bytes):
        return (base64.b64decode(found) if folder is None else (folder / found).read_bytes()) == given
    return bool(moment_of(found) == given)


def same_key(found: str, given: Any) -> bool:
    """Whether a key of a JSON object means what was the key of a map."""
    if isinstance(given, bytes):
        return base64.b64decode(found) == given
    return found == given if isinstance(given, str) else same_cell(found, given, Path())


def parsed(text: str | bytes) -> Any:
    """JSON with all digits of its numbers."""
    return json.loads(text, parse_float=Decimal)
