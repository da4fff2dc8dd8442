"""Moments: how dates and times in values and replies become one in UTC."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

from grokcall_procedures.unfit import UnfitValue, described

UNIX_SECONDS = re.compile(r"-?\d+(\.\d+)?")
WRITTEN = "write '2026-11-30' or '2026-11-30T12:00:00Z'"
"""How to write a date or a moment."""
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def to_timestamp(value: object) -> datetime.datetime:
    """A moment in UTC: of a datetime, ISO 8601 text, a bare date, or Unix seconds; without a zone it is in UTC.

    >>> to_timestamp(0).isoformat(), to_timestamp("2026-11-01").isoformat()
    ('1970-01-01T00:00:00+00:00', '2026-11-01T00:00:00+00:00')
    """
    try:
        moment = moment_of(value)
        aware = moment.replace(tzinfo=datetime.UTC) if moment.tzinfo is None else moment
        return aware.astimezone(datetime.UTC)
    except (ValueError, OverflowError, OSError):
        raise UnfitValue(f"is no date and time: {described(value)}; {WRITTEN}") from None


def moment_of(value: object) -> datetime.datetime:
    """The date and time in a value.

    Raises:
        ValueError: There is none.
    """
    if isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    if isinstance(value, str):
        text = value.strip()
        return moment_of(float(text)) if UNIX_SECONDS.fullmatch(text) else datetime.datetime.fromisoformat(text)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return EPOCH + datetime.timedelta(seconds=float(value))
    raise ValueError(described(value))
