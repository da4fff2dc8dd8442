"""GetBalance, ListBalanceChanges, GetInvoicePreview, ListInvoices, GetSpendingLimits and SetSpendingLimit.

The service counts in US cents, and credit below zero; columns are in US dollars, and credit is above.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from decimal import Decimal

from grokcall_procedures.definition import BoundCall, Parameter, Procedure, Values
from grokcall_procedures.documents import value_at
from grokcall_procedures.effects import Effect
from grokcall_procedures.management.team import Asking, asked, team_of
from grokcall_procedures.nouns import noun, objects_in
from grokcall_procedures.paging import MAX_ROWS
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Host, Row, Steps
from grokcall_procedures.types import ParameterType, UnfitValue, described, to_decimal, to_string

_STRING, _DECIMAL = ParameterType.STRING, ParameterType.DECIMAL
CENTS = Decimal(100)
MONTH = re.compile(r"(\d{4})-(\d{1,2})(?:-\d{1,2})?")

BALANCE = noun("Balance", ("CreditUsd", _DECIMAL, "The credit that is left.", "credit_usd"))
CHANGE = noun(
    "Change",
    ("Kind", _STRING, "What it was: purchase, spend or another.", "kind"),
    ("Usd", _DECIMAL, "How much credit it added; below zero for what it took.", "usd"),
    ("At", ParameterType.TIMESTAMP, "When.", "createTs"),
)
INVOICE = noun(
    "Invoice",
    ("Id", _STRING, "Its id; NULL for one that is not written yet.", "invoiceId"),
    ("Month", _STRING, "The month, as 2026-11.", "month"),
    ("Usd", _DECIMAL, "What is to be paid, with tax.", "usd"),
    ("CreditsUsedUsd", _DECIMAL, "What was paid from credit.", "credits_used"),
    ("LimitUsd", _DECIMAL, "The spending limit of the month, where it is told.", "limit"),
    ("Lines", ParameterType.JSON, "What it is for, as the service lists it.", "lines"),
)
LIMIT = noun(
    "Limit",
    ("SoftUsd", _DECIMAL, "The team's own limit of a month.", "soft"),
    ("HardUsd", _DECIMAL, "The service's limit of a month.", "hard"),
)
# ? Which names the limits have is not proven: each is looked for, the first that is there counts.
SOFT = ("softSl", "effectiveSl", "softSpendingLimit", "desiredSoftSpendingLimit")
HARD = ("hardSl", "effectiveHardSl", "hardSlAuto", "hardSpendingLimit")


def usd(cents: object, sign: int = 1) -> Decimal | None:
    """US dollars of cents, which stand in an object, a text or a number; None where there are none.

    >>> usd({"val": "-1050"}, -1)
    Decimal('10.5')
    """
    value = cents.get("val", 0) if isinstance(cents, dict) else cents  # a zero is left out
    if value is None:
        return None
    try:
        return sign * to_decimal(value) / CENTS
    except UnfitValue:
        return None


def billing(call: BoundCall, path: str, body: object = None) -> Asking:
    """What the team's billing answers at a path; with a ``body`` it is changed."""
    team = yield from team_of(call.settings)
    return (yield from asked("GET" if body is None else "POST", f"/v1/billing/teams/{team}/{path}", body))


def get_balance(call: BoundCall) -> Steps:
    """What credit is left."""
    document = yield from billing(call, "prepaid/balance")
    return [BALANCE.row(document, credit_usd=usd(document.get("total"), -1))]


def list_balance_changes(call: BoundCall) -> Steps:
    """What changed the credit, one row each."""
    document = yield from billing(call, "prepaid/balance")
    changes = objects_in(document.get("changes"))
    rows = [
        CHANGE.row(each, kind=to_string(each.get("changeOrigin", "")).lower() or None, usd=usd(each.get("amount"), -1))
        for each in changes
    ]
    return up_to(rows, call.values)


def get_invoice_preview(call: BoundCall) -> Steps:
    """The invoice of this month, as it is by now."""
    document = yield from billing(call, "postpaid/invoice/preview")
    return [invoice_row(document)]


def list_invoices(call: BoundCall) -> Steps:
    """The invoices, one row each."""
    since = MONTH.fullmatch(str(call.values.get("Since", "")))
    query = f"?since.year={int(since[1])}&since.month={int(since[2])}" if since else ""
    document = yield from billing(call, f"invoices{query}")
    return up_to([invoice_row(each) for each in objects_in(document.get("invoices"))], call.values)


def invoice_row(document: Mapping[str, object]) -> Row:
    """The columns of an invoice, whose sums may stand one level down."""
    core = as_object(document.get("coreInvoice") or document)
    year, month = value_at(document, "billingCycle.year"), value_at(document, "billingCycle.month")
    return INVOICE.row(
        document,
        month=f"{year}-{int(month):02}" if isinstance(year, int) and isinstance(month, int) else None,
        usd=usd(core.get("amountAfterVat")),
        credits_used=usd(core.get("prepaidCreditsUsed")),
        limit=usd(document.get("effectiveSpendingLimit")),
        lines=core.get("lines"),
    )


def get_spending_limits(call: BoundCall) -> Steps:
    """The limits of what may be spent in a month."""
    document = yield from billing(call, "postpaid/spending-limits")
    return [limits_row(document)]


def set_spending_limit(call: BoundCall) -> Steps:
    """Sets the team's own limit."""
    wanted = call.values["Usd"]
    assert isinstance(wanted, Decimal)
    body = {"desiredSoftSpendingLimit": {"val": str(int(wanted * CENTS))}}
    document = yield from billing(call, "postpaid/spending-limits", body)
    return [limits_row(document, wanted)]


def limits_row(document: Mapping[str, object], known: Decimal | None = None) -> Row:
    """The columns of the limits; ``known`` is that which was just set, where the reply does not say it."""
    limits = as_object(document.get("spendingLimits") or {})
    soft, hard = (next((usd(limits[name]) for name in names if name in limits), None) for names in (SOFT, HARD))
    return LIMIT.row(document, soft=known if soft is None else soft, hard=hard)


def as_object(value: object) -> dict[str, object]:
    """A value as an object; an empty one for what is none."""
    return value if isinstance(value, dict) else {}


def up_to(rows: list[Row], values: Values) -> list[Row]:
    """The first rows, as many as are wanted."""
    most = values.get("MaxRows")
    return rows[:most] if isinstance(most, int) else rows


def read_month(value: object) -> str:
    """A month, as 2026-11; of a date its month."""
    found = MONTH.match(value.isoformat() if isinstance(value, datetime.date) else to_string(value))
    if found is None or not 1 <= int(found[2]) <= 12:
        raise UnfitValue(f"is no month like 2026-11: {described(value)}")
    return f"{found[1]}-{int(found[2]):02}"


def whole_cents(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses fractions of a cent, which the service does not count."""
    amount = values["Usd"]
    if isinstance(amount, Decimal) and amount * CENTS != (amount * CENTS).to_integral_value():
        raise UnfitValue(f"is {amount}, and the service counts whole cents", "Usd")
    return ()


GET_BALANCE = Procedure(
    name="GetBalance",
    effect=Effect.READ,
    host=Host.MANAGEMENT,
    summary="Tells what credit the team has left; it costs nothing.",
    parameters=(),
    fields=BALANCE.fields,
    steps=get_balance,
    reference="GET /v1/billing/teams/{team}/prepaid/balance",
    example="CALL GetBalance()",
    notes=("The service takes what was spent off the credit at the end of a cycle; ListUsage tells it sooner.",),
)

LIST_BALANCE_CHANGES = Procedure(
    name="ListBalanceChanges",
    effect=Effect.READ,
    host=Host.MANAGEMENT,
    summary="Lists what changed the credit of the team; it costs nothing.",
    parameters=(MAX_ROWS,),
    fields=CHANGE.fields,
    steps=list_balance_changes,
    many=True,
    reference="GET /v1/billing/teams/{team}/prepaid/balance",
    example="CALL ListBalanceChanges()",
)

GET_INVOICE_PREVIEW = Procedure(
    name="GetInvoicePreview",
    effect=Effect.READ,
    host=Host.MANAGEMENT,
    summary="Tells what the invoice of this month would be now; it costs nothing.",
    parameters=(),
    fields=INVOICE.fields,
    steps=get_invoice_preview,
    reference="GET /v1/billing/teams/{team}/postpaid/invoice/preview",
    example="CALL GetInvoicePreview()",
)

LIST_INVOICES = Procedure(
    name="ListInvoices",
    effect=Effect.READ,
    host=Host.MANAGEMENT,
    summary="Lists the invoices of the team; it costs nothing.",
    parameters=(
        Parameter("Since", _STRING, "The first month, as 2026-11 or a date in it; all when NULL.", reader=read_month),
        MAX_ROWS,
    ),
    fields=INVOICE.fields,
    steps=list_invoices,
    many=True,
    reference="GET /v1/billing/teams/{team}/invoices",
    example="CALL ListInvoices('2026-01')",
)

GET_SPENDING_LIMITS = Procedure(
    name="GetSpendingLimits",
    effect=Effect.READ,
    host=Host.MANAGEMENT,
    summary="Tells how much the team may spend in a month; it costs nothing.",
    parameters=(),
    fields=LIMIT.fields,
    steps=get_spending_limits,
    reference="GET /v1/billing/teams/{team}/postpaid/spending-limits",
    example="CALL GetSpendingLimits()",
)

SET_SPENDING_LIMIT = Procedure(
    name="SetSpendingLimit",
    effect=Effect.CHANGE,
    host=Host.MANAGEMENT,
    summary="Sets the team's own limit of what it may spend in a month.",
    parameters=(Parameter("Usd", _DECIMAL, "The limit, in whole cents.", required=True, low=0, high=1_000_000_000),),
    fields=LIMIT.fields,
    steps=set_spending_limit,
    rules=(whole_cents,),
    reference="POST /v1/billing/teams/{team}/postpaid/spending-limits",
    example="CALL SetSpendingLimit(200)",
)

PROCEDURES = (
    GET_BALANCE,
    LIST_BALANCE_CHANGES,
    GET_INVOICE_PREVIEW,
    LIST_INVOICES,
    GET_SPENDING_LIMITS,
    SET_SPENDING_LIMIT,
)
