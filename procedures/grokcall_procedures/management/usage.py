"""ListUsage: what a team has used, in US dollars, by hour, by day or in all."""

from __future__ import annotations

import datetime
import zoneinfo

from grokcall_procedures.definition import BoundCall, Parameter, Procedure, Values
from grokcall_procedures.documents import decode_json, encode_json, unreadable
from grokcall_procedures.effects import Effect
from grokcall_procedures.lists import TEXTS
from grokcall_procedures.management.team import asked, team_of
from grokcall_procedures.nouns import noun, objects_in
from grokcall_procedures.paging import MAX_ROWS
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Host, Notice, Row, Steps
from grokcall_procedures.timestamps import WRITTEN, moment_of
from grokcall_procedures.tools.lists import read_texts
from grokcall_procedures.types import ParameterType, UnfitValue, described

UTC_NAMES = ("Etc/GMT", "Etc/UTC", "UTC", "GMT")
CLOCK = "%Y-%m-%d %H:%M:%S"
UNITS = {"hour": "TIME_UNIT_HOUR", "day": "TIME_UNIT_DAY", "none": "TIME_UNIT_NONE"}

USAGE = noun(
    "Usage",
    ("Start", ParameterType.TIMESTAMP, "When the hour or day began.", "timestamp"),
    ("Group", ParameterType.STRING, "What was used, such as `Chat grok-4.3`: the first of the groups."),
    ("Groups", TEXTS, "What it is grouped by, in the order of GroupBy."),
    ("Usd", ParameterType.DECIMAL, "What it cost."),
)


def read_clock(value: object) -> str:
    """A date or a moment as the service writes it, by the clock of a time zone.

    Raises:
        UnfitValue: It is none, or has an offset of its own beside the time zone.
    """
    try:
        moment = moment_of(value)
    except (ValueError, OverflowError, OSError):
        raise UnfitValue(f"is no date and time: {described(value)}; {WRITTEN}") from None
    if moment.tzinfo is not None and moment.utcoffset():
        raise UnfitValue(f"has an offset of its own: {described(value)}; leave it out, TimeZone says by which clock")
    return moment.strftime(CLOCK)


def read_groups(value: object) -> str:
    """What to group by as a JSON list, which may be empty."""
    return "[]" if value in ([], (), "[]") else read_texts(value)


def now_in(zone: str) -> datetime.datetime:
    """The time now, by the clock of a time zone.

    Raises:
        UnfitValue: It is not known here.
    """
    if zone in UTC_NAMES:
        return datetime.datetime.now(datetime.UTC)
    try:
        return datetime.datetime.now(zoneinfo.ZoneInfo(zone))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise UnfitValue(f"{described(zone)} is no time zone that is known here; give To as well", "TimeZone") from None


def times_go_together(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Puts now in the place of an end that was not given; refuses an end before the beginning."""
    zone = str(values.get("TimeZone", UTC_NAMES[0]))
    if "To" not in values:
        values["To"] = (now_in(zone) + datetime.timedelta(seconds=1)).strftime(CLOCK)
    if str(values["From"]) >= str(values["To"]):
        raise UnfitValue(f"is {values['From']}, which is not before the end, {values['To']}", "From")
    return ()


def list_usage(call: BoundCall) -> Steps:
    """What was used, one row for each group and time."""
    values = call.values
    path = f"/v1/billing/teams/{(yield from team_of(call.settings))}/usage"
    times = {"startTime": values["From"], "endTime": values["To"], "timezone": values.get("TimeZone", UTC_NAMES[0])}
    unit = str(values.get("Unit", "day"))
    analytics = {
        "timeRange": times,
        "timeUnit": UNITS.get(unit, unit),
        "values": [{"name": "usd", "aggregation": "AGGREGATION_SUM"}],
        "groupBy": decode_json(str(values.get("GroupBy", '["description"]'))),
        "filters": [],
    }
    document = yield from asked("POST", path, {"analyticsRequest": analytics})
    series = document.get("timeSeries", [])
    if not isinstance(series, list):
        raise unreadable(encode_json(document), "it has no list of timeSeries")
    if document.get("limitReached") is True:
        yield Notice("the service did not give all of the usage (limitReached); ask for fewer groups or less time")
    rows = [row for each in objects_in(series) for row in rows_of(each)]
    most = values.get("MaxRows")
    return rows[:most] if isinstance(most, int) else rows


def rows_of(series: dict[str, object]) -> list[Row]:
    """The rows of one group."""
    labels = series.get("groupLabels") or series.get("group") or []
    groups = [str(label) for label in labels] if isinstance(labels, list) else []
    return [
        USAGE.row(point, group=groups[0] if groups else None, groups=groups, usd=first_of(point.get("values")))
        for point in objects_in(series.get("dataPoints"))
    ]


def first_of(values: object) -> object:
    """The first of some values; the service leaves a zero out."""
    return values[0] if isinstance(values, list) and values else 0


LIST_USAGE = Procedure(
    name="ListUsage",
    effect=Effect.READ,
    host=Host.MANAGEMENT,
    summary="Lists what the team has used, in US dollars; it costs nothing.",
    parameters=(
        Parameter(
            "From", ParameterType.STRING, "The beginning, a date or a date and time.", required=True, reader=read_clock
        ),
        Parameter("To", ParameterType.STRING, "The end, which is not in it; now when NULL.", reader=read_clock),
        Parameter("Unit", ParameterType.ENUM, "A row for each of these; `day` when NULL.", values=tuple(UNITS)),
        Parameter(
            "GroupBy",
            ParameterType.JSON,
            'What to group by, a list; `["description"]` when NULL, `[]` for one sum.',
            reader=read_groups,
        ),
        Parameter("TimeZone", ParameterType.STRING, "By which clock the times are; `Etc/GMT` when NULL."),
        MAX_ROWS,
    ),
    fields=USAGE.fields,
    steps=list_usage,
    rules=(times_go_together,),
    many=True,
    reference="POST /v1/billing/teams/{team}/usage",
    example="CALL ListUsage('2026-11-01', '2026-12-01')",
    notes=("Hours and days begin by the clock of TimeZone; Usage_Start is read as the service writes it.",),
)

PROCEDURES = (LIST_USAGE,)
