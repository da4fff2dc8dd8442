"""Dates and times that a text tells, in whatever form, as ISO 8601 writes them."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>[0-3]?\d)(?:st|[nr]d|th)?"
_YEAR = r"(?P<year>\d{4})"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"\b(?P<year>\d{4})[-/](?P<number>\d{1,2})[-/](?P<day>\d{1,2})(?!\d)",
        rf"\b{_MONTH} {_DAY}(?:,? {_YEAR})?\b",
        rf"\b{_DAY}\.?(?: of)? {_MONTH}(?:,? {_YEAR})?\b",
        rf"\b(?P<day>\d{{1,2}})\.(?P<number>\d{{1,2}})\.{_YEAR}\b",
        rf"\b(?P<number>\d{{1,2}})/(?P<day>\d{{1,2}})/{_YEAR}\b",
    )
)
_TIME = re.compile(
    r"\b(?P<hour>[01]?\d|2[0-3])(?::(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?)?\s?(?P<half>[ap]m)?\b", re.I
)
_SPOKEN = re.compile(
    r"\b(?:(?:next|this|on|by|until|every) )?(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|\b(?:today|tomorrow|tonight|yesterday)\b|\b(?:next|this) (?:week|month|year)\b",
    re.IGNORECASE,
)
_SPARE_YEAR = 2026
_MAX_LENGTH = 8_000


@dataclass(frozen=True, slots=True)
class Moment:
    """A date in a text: ISO 8601, and where it stands."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=256)
def dates_in(text: str) -> tuple[Moment, ...]:
    """The dates of a text, in order; one without a year has that of another date, else 2026."""
    text = text[:_MAX_LENGTH]
    found = {match.start(): match for form in reversed(_FORMS) for match in form.finditer(text)}
    years = [match["year"] for _, match in sorted(found.items()) if match["year"]]
    moments: list[Moment] = []
    for start, match in sorted(found.items()):
        if moments and start < moments[-1].end:
            continue
        parts = match.groupdict()
        month = parts.get("number") or 1 + _MONTHS.index(parts["month"][:3].lower())
        try:
            told = date(int(parts["year"] or (years or [_SPARE_YEAR])[0]), int(month), int(parts["day"]))
        except ValueError:
            continue
        moments.append(Moment(told.isoformat(), start, match.end()))
    return tuple(moments)


@lru_cache(maxsize=256)
def times_in(text: str) -> tuple[str, ...]:
    """The times of day of a text, in order, as `14:30:00`; a bare number is none."""
    times = []
    for match in _TIME.finditer(text[:_MAX_LENGTH]):
        if match["minute"] is None and match["half"] is None:
            continue
        hour = int(match["hour"])
        if match["half"] is not None:
            hour = hour % 12 + 12 * (match["half"].lower() == "pm")
        times.append(f"{hour:02d}:{match['minute'] or '00'}:{match['second'] or '00'}")
    return tuple(times)


def spoken_date(text: str) -> str:
    """When something is, as the text says it without a date, such as `next Friday`; empty for nothing of that kind."""
    found = _SPOKEN.search(text[:_MAX_LENGTH])
    return found.group(0) if found else ""
