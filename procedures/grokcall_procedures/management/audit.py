"""ListAuditEvents: what was done in a team, and by whom."""

from __future__ import annotations

from grokcall_procedures.definition import BoundCall, Parameter, Procedure, Values
from grokcall_procedures.effects import Effect
from grokcall_procedures.management.keys import LARGEST_PAGE, read_moment
from grokcall_procedures.management.team import team_of
from grokcall_procedures.nouns import noun, read_id
from grokcall_procedures.paging import MAX_ROWS, Pages, rows_of
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Host, Steps
from grokcall_procedures.types import ParameterType, UnfitValue

_STRING = ParameterType.STRING

EVENT = noun(
    "Event",
    ("Id", _STRING, "The event's id.", "eventId"),
    ("At", ParameterType.TIMESTAMP, "When it was.", "eventTime"),
    ("Description", _STRING, "What was done.", "description"),
    ("UserId", _STRING, "Who did it.", "user.userId"),
    ("UserEmail", _STRING, "Their address.", "user.email"),
)


def list_audit_events(call: BoundCall) -> Steps:
    """The events, one a row, newest first."""
    get = call.values.get
    path = f"/audit/teams/{(yield from team_of(call.settings))}/events"
    query = {
        "pageSize": LARGEST_PAGE,
        "eventFilter.userId": get("UserId"),
        "eventFilter.query": get("Query"),
        "eventTimeFrom": get("From"),
        "eventTimeTo": get("To"),
        "orderBy": "TIME_DESCENDING",
    }
    pages = Pages(path, query, "events", get(MAX_ROWS.name), name="pageToken", host=Host.MANAGEMENT)
    return (yield from rows_of(pages, EVENT.row))


def end_comes_last(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses an end before the beginning."""
    begin, end = values.get("From"), values.get("To")
    if begin is not None and end is not None and str(begin) >= str(end):
        raise UnfitValue(f"is {begin}, which is not before the end, {end}", "From")
    return ()


LIST_AUDIT_EVENTS = Procedure(
    name="ListAuditEvents",
    effect=Effect.READ,
    host=Host.MANAGEMENT,
    summary="Lists what was done in the team, newest first; it costs nothing.",
    parameters=(
        Parameter("From", _STRING, "The beginning, a date or a moment.", reader=read_moment),
        Parameter("To", _STRING, "The end, a date or a moment.", reader=read_moment),
        Parameter("UserId", _STRING, "Whose events only.", reader=read_id),
        Parameter("Query", _STRING, "Words that are to stand in the description.", reader=read_id),
        MAX_ROWS,
    ),
    fields=EVENT.fields,
    steps=list_audit_events,
    rules=(end_comes_last,),
    many=True,
    reference="GET /audit/teams/{team}/events",
    example="CALL ListAuditEvents('2026-11-01', MaxRows => 20)",
)

PROCEDURES = (LIST_AUDIT_EVENTS,)
