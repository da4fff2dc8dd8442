"""The types of an answer's values that are written as text of a fixed form: dates, times, timestamps, UUIDs."""

from __future__ import annotations

import datetime
import re
import uuid
from dataclasses import dataclass

import pyarrow as pa

from grokcall_procedures.schemas.mismatch import wrong
from grokcall_procedures.schemas.values import JsonSchema

MONTH_AND_DAY = r"-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
DATE = f"[0-9]{{4}}{MONTH_AND_DAY}"
USUAL_DATE = f"[12][0-9]{{3}}{MONTH_AND_DAY}"
"""What is asked for; a model that obeys a pattern to the letter would otherwise give the year 0000."""
TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
DATE_FORM = re.compile(DATE)
TIME_FORM = re.compile(rf"{TIME}(Z|[+]00:00)?", re.IGNORECASE)
MOMENT_FORM = re.compile(rf"{DATE}[Tt ]{TIME}(?P<zone>[Zz]|[+-][0-9]{{2}}:[0-9]{{2}})?")
UUID_FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DateType:
    """DATE."""

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type."""
        return pa.date32()

    def json_schema(self) -> JsonSchema:
        """A date of RFC 3339."""
        return {"type": "string", "format": "date"}

    def decode(self, value: object, place: str) -> datetime.date:
        """``2026-01-31``."""
        if isinstance(value, str) and DATE_FORM.fullmatch(value):
            try:
                return datetime.date.fromisoformat(value)
            except ValueError:
                pass
        raise wrong(place, "DATE (YYYY-MM-DD)", value)

    def __str__(self) -> str:
        return "DATE"


@dataclass(frozen=True, slots=True)
class TimeType:
    """TIME, without a zone."""

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type."""
        return pa.time64("us")

    def json_schema(self) -> JsonSchema:
        """A time without a zone, for which there is no format in JSON Schema."""
        return {"type": "string", "pattern": TIME, "description": "A time of day as HH:MM:SS."}

    def decode(self, value: object, place: str) -> datetime.time:
        """``17:30:00``; a zone is accepted where it is UTC, and left out."""
        if isinstance(value, str) and TIME_FORM.fullmatch(value):
            return datetime.time.fromisoformat(value).replace(tzinfo=None)
        raise wrong(place, "TIME (HH:MM:SS)", value)

    def __str__(self) -> str:
        return "TIME"


@dataclass(frozen=True, slots=True)
class TimestampType:
    """TIMESTAMP, or TIMESTAMPTZ: a moment in UTC."""

    zoned: bool

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type."""
        return pa.timestamp("us", tz="UTC" if self.zoned else None)

    def json_schema(self) -> JsonSchema:
        """A date-time of RFC 3339; without a zone there is no format for it."""
        if self.zoned:
            return {"type": "string", "format": "date-time"}
        told = "Date and time as YYYY-MM-DDTHH:MM:SS, without a time zone."
        return {"type": "string", "pattern": f"{USUAL_DATE}T{TIME}", "description": told}

    def decode(self, value: object, place: str) -> datetime.datetime:
        """``2026-01-31T17:30:00``; where a zone is given without being asked for, the time is taken to UTC."""
        found = MOMENT_FORM.fullmatch(value) if isinstance(value, str) else None
        if found is None or (self.zoned and found["zone"] is None):
            raise wrong(place, f"{self} (YYYY-MM-DDTHH:MM:SS{'Z' if self.zoned else ''})", value)
        try:
            moment = datetime.datetime.fromisoformat(found[0].upper())
            moment = moment.astimezone(datetime.UTC) if found["zone"] else moment
        except (ValueError, OverflowError):
            raise wrong(place, self, value) from None
        return moment if self.zoned else moment.replace(tzinfo=None)

    def __str__(self) -> str:
        return "TIMESTAMPTZ" if self.zoned else "TIMESTAMP"


@dataclass(frozen=True, slots=True)
class UuidType:
    """UUID."""

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type."""
        return pa.uuid()

    def json_schema(self) -> JsonSchema:
        """A UUID."""
        return {"type": "string", "format": "uuid"}

    def decode(self, value: object, place: str) -> uuid.UUID:
        """The usual form with its four hyphens."""
        if isinstance(value, str) and UUID_FORM.fullmatch(value):
            return uuid.UUID(value)
        raise wrong(place, self, value)

    def __str__(self) -> str:
        return "UUID"
