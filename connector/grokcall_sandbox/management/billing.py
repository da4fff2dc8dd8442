"""Usage, credit, invoices and limits: all reckoned from the ledger."""

import time
import zoneinfo
from collections import defaultdict
from datetime import UTC, datetime, tzinfo
from typing import Any, Literal

import msgspec

from grokcall_sandbox.errors import invalid
from grokcall_sandbox.replies import Reply, json_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.team import BORN, TICKS_PER_CENT, clock

TICKS_PER_USD = 100 * TICKS_PER_CENT
PURCHASED_CENTS = 10_000
HARD_LIMIT_CENTS = 1_000_000
_CLOCK = "%Y-%m-%d %H:%M:%S"
_UTC_NAMES = ("Etc/GMT", "Etc/UTC", "UTC", "GMT")
_CHATS = ("/v1/responses", "/v1/chat/completions", "/v1/messages", "/v1/completions")
_KINDS = (
    ("/v1/images/", "Image"),
    ("/v1/videos/", "Video"),
    ("/v1/tts", "Speech"),
    ("/v1/stt", "Transcription"),
    ("/v1/documents/search", "Collection search"),
)


class TimeRange(msgspec.Struct):
    """From when to before when, by the clock of a time zone."""

    startTime: str  # noqa: N815 - the wire's name
    endTime: str  # noqa: N815 - the wire's name
    timezone: str = _UTC_NAMES[0]


class Analytics(msgspec.Struct):
    """What is asked about the usage."""

    timeRange: TimeRange  # noqa: N815 - the wire's name
    timeUnit: Literal["TIME_UNIT_HOUR", "TIME_UNIT_DAY", "TIME_UNIT_NONE"]  # noqa: N815 - the wire's name
    values: list[dict[str, str]]
    groupBy: list[Literal["description"]] = []  # noqa: N815 - the wire's name
    filters: list[Any] = []


class UsageRequest(msgspec.Struct):
    """The body of usage."""

    analyticsRequest: Analytics  # noqa: N815 - the wire's name


class Amount(msgspec.Struct):
    """Cents."""

    val: str


class LimitRequest(msgspec.Struct):
    """The body of setting the limit."""

    desiredSoftSpendingLimit: Amount  # noqa: N815 - the wire's name


_USAGE = msgspec.json.Decoder(UsageRequest)
_LIMIT = msgspec.json.Decoder(LimitRequest)


async def usage(call: SandboxRequest) -> Reply:
    """POST /v1/billing/teams/{team}/usage."""
    asked = call.decode(_USAGE).analyticsRequest
    zone = zone_named(asked.timeRange.timezone)
    begin, end = (moment(text, zone) for text in (asked.timeRange.startTime, asked.timeRange.endTime))
    if begin >= end:
        raise invalid("The startTime must be before the endTime.")
    sums: dict[str, dict[datetime, int]] = defaultdict(lambda: defaultdict(int))
    for entry in call.state.ledger.entries():
        when = datetime.fromtimestamp(float(str(entry["time"])), zone)
        if begin <= when < end:
            group = described(entry) if asked.groupBy else ""
            sums[group][start_of(when, asked.timeUnit, begin)] += int(str(entry["ticks"]))
    series = [
        {
            "group": [group] if group else [],
            "groupLabels": [group] if group else [],
            "dataPoints": [
                {"timestamp": clock(start.timestamp()), "values": [ticks / TICKS_PER_USD]}
                for start, ticks in sorted(points.items())
            ],
        }
        for group, points in sorted(sums.items())
    ]
    return json_reply({"timeSeries": series, "limitReached": False})


def described(entry: dict[str, object]) -> str:
    """What a billed request is called on an invoice."""
    path, model = str(entry["endpoint"]), str(entry["model"])
    if path.startswith(_CHATS):
        return f"Chat {model}"
    kind = next((kind for beginning, kind in _KINDS if path.startswith(beginning)), path)
    return f"{kind} {model}".rstrip()


def start_of(when: datetime, unit: str, begin: datetime) -> datetime:
    """When the hour or day of a moment began; the beginning of all where there is no unit."""
    if unit == "TIME_UNIT_NONE":
        return begin
    hour = when.replace(minute=0, second=0, microsecond=0)
    return hour if unit == "TIME_UNIT_HOUR" else hour.replace(hour=0)


def zone_named(name: str) -> tzinfo:
    """A time zone.

    Raises:
        ApiError: 400 where there is none of this name.
    """
    if name in _UTC_NAMES:
        return UTC
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid(f"Unknown timezone: {name}") from None


def moment(text: str, zone: tzinfo) -> datetime:
    """A moment by the clock of a time zone.

    Raises:
        ApiError: 400 where it is not written as it has to be.
    """
    try:
        return datetime.strptime(text, _CLOCK).replace(tzinfo=zone)
    except ValueError:
        raise invalid("Invalid timeRange: times are written as 2026-11-01 00:00:00.") from None


def spent_cents(call: SandboxRequest) -> int:
    """What was billed, in whole cents."""
    return call.state.ledger.total_ticks // TICKS_PER_CENT


async def balance(call: SandboxRequest) -> Reply:
    """GET /v1/billing/teams/{team}/prepaid/balance: credit is below zero."""
    spent = spent_cents(call)
    changes = [{"changeOrigin": "PURCHASE", "amount": {"val": str(-PURCHASED_CENTS)}, "createTs": BORN}]
    if spent:
        changes.append({"changeOrigin": "SPEND", "amount": {"val": str(spent)}, "createTs": clock()})
    return json_reply({"changes": changes, "total": {"val": str(spent - PURCHASED_CENTS)}})


async def preview(call: SandboxRequest) -> Reply:
    """GET /v1/billing/teams/{team}/postpaid/invoice/preview."""
    spent, now = spent_cents(call), datetime.fromtimestamp(time.time(), UTC)
    sums: dict[str, int] = defaultdict(int)
    for entry in call.state.ledger.entries():
        sums[described(entry)] += int(str(entry["ticks"]))
    from_credit = min(spent, PURCHASED_CENTS)
    return json_reply(
        {
            "coreInvoice": {
                "amountAfterVat": str(spent - from_credit),
                "prepaidCredits": {"val": str(-PURCHASED_CENTS)},
                "prepaidCreditsUsed": {"val": str(from_credit)},
                "lines": [
                    {"description": name, "amount": str(ticks // TICKS_PER_CENT)}
                    for name, ticks in sorted(sums.items())
                ],
            },
            "effectiveSpendingLimit": str(limit_in_force(call)),
            "billingCycle": {"year": now.year, "month": now.month},
        }
    )


async def invoices(_call: SandboxRequest) -> Reply:
    """GET /v1/billing/teams/{team}/invoices: no month has ended."""
    return json_reply({"invoices": []})


def limit_in_force(call: SandboxRequest) -> int:
    """The limit of a month, in cents."""
    soft = call.state.team.soft_limit
    return HARD_LIMIT_CENTS if soft is None else soft


async def show_limits(call: SandboxRequest) -> Reply:
    """GET /v1/billing/teams/{team}/postpaid/spending-limits."""
    soft, hard = {"val": str(limit_in_force(call))}, {"val": str(HARD_LIMIT_CENTS)}
    limits = {"softSl": soft, "effectiveSl": soft, "hardSlAuto": hard, "effectiveHardSl": hard}
    return json_reply({"spendingLimits": limits})


async def set_limit(call: SandboxRequest) -> Reply:
    """POST /v1/billing/teams/{team}/postpaid/spending-limits; the API refuses what comes after it."""
    try:
        cents = int(call.decode(_LIMIT).desiredSoftSpendingLimit.val)
    except ValueError:
        raise invalid("Invalid desiredSoftSpendingLimit.") from None
    if not 0 <= cents <= HARD_LIMIT_CENTS:
        raise invalid(f"The limit must be between 0 and {HARD_LIMIT_CENTS} cents.")
    call.state.team.soft_limit = cents
    call.state.team.note(f"The spending limit was set to {cents} cents.")
    return await show_limits(call)
