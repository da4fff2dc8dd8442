"""What the calls of a journal cost by the hour, and what the service has booked for the same hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.table import Table

from grokcall.cli.calls import check_output, deliver
from grokcall.cli.flags import Flags
from grokcall.cli.run_reports import out_console
from grokcall.cli.screens import on_terminal, shown
from grokcall.dbapi.connection import Connection
from grokcall.errors import InterfaceError
from grokcall.journal.hourly_costs import HourCosts
from grokcall.journal.journal import Journal
from grokcall.journal.run_list import RunInfo

USD = pa.decimal128(38, 10)
JOURNAL_FIELDS = (
    pa.field("hour", pa.timestamp("us", "UTC")),
    pa.field("calls", pa.int64()),
    pa.field("journal_usd", USD),
)
SERVICE_FIELDS = (pa.field("service_usd", USD), pa.field("difference_usd", USD))
JOURNAL = pa.schema(JOURNAL_FIELDS)
COMPARED = pa.schema((*JOURNAL_FIELDS, *SERVICE_FIELDS))
USAGE = "CALL ListUsage(:begin, :end, Unit => 'hour', GroupBy => [])"
CLOCK = "%Y-%m-%d %H:%M:%S"
HOUR = timedelta(hours=1)

WHOSE = (
    "the service's figures are those of the whole team: other runs, other programs and other keys in the same hours "
    "are in them"
)
WHEN = (
    "hours are in UTC; a call stands in the one in which its answer came, and may be booked in the one in which it was "
    "sent; what was booked last may not be told yet"
)


def list_costs(journal: Path, form: str | None, flags: Flags) -> None:
    """Puts out what the calls of all runs cost in each hour."""
    check_output(JOURNAL, form, None)
    with Journal(journal, read_only=True) as opened:
        hours = opened.hours()
    put_out(pa.Table.from_pylist([of_journal(each) for each in hours], JOURNAL), form, flags)
    tell_untold(hours, 0, flags)


def compare_costs(run: str, journal: Path, form: str | None, flags: Flags) -> None:
    """Puts out what the calls of a run cost in each hour, and what the service has booked for it.

    Raises:
        InterfaceError: There is no such run, or it has no calls.
        MissingManagementKeyError: There is no key for the service's figures.
    """
    check_output(COMPARED, form, None)
    with Journal(journal, read_only=True) as opened:
        found = opened.run(run)
        hours = opened.hours(found.run_id)
    if not hours:
        raise InterfaceError(f"the run {found.run_id} has no calls that could be compared")
    with flags.connection(limited=False) as connection:
        booked = booked_by(connection, *reach(found, hours))
    put_out(compared(hours, booked), form, flags)
    tell_untold(hours, found.unanswered, flags)
    for note in (WHOSE, WHEN):
        flags.console().print(shown(note), soft_wrap=True)


def reach(run: RunInfo, hours: Sequence[HourCosts]) -> tuple[datetime, datetime]:
    """The hours of a run, from the one in which it was started to the end of that of its last answer."""
    begun = run.started.replace(minute=0, second=0, microsecond=0)
    return min(begun, hours[0].hour), hours[-1].hour + HOUR


def booked_by(connection: Connection, begin: datetime, end: datetime) -> dict[datetime, Decimal]:
    """What the service has booked in each hour in which there was something."""
    end = min(end, datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1))  # what is to come it may refuse
    asked = {"begin": begin.strftime(CLOCK), "end": max(end, begin + timedelta(seconds=1)).strftime(CLOCK)}
    table = connection.execute(USAGE, asked).fetch_arrow_table()
    booked: dict[datetime, Decimal] = {}
    for start, usd in zip(table["Usage_Start"].to_pylist(), table["Usage_Usd"].to_pylist(), strict=True):
        if start is not None and usd is not None:
            hour = start.replace(minute=0, second=0, microsecond=0)
            booked[hour] = booked.get(hour, Decimal(0)) + usd
    return booked


def compared(hours: Sequence[HourCosts], booked: dict[datetime, Decimal]) -> pa.Table:
    """Both figures of each hour in which there is one of them."""
    known = {each.hour: of_journal(each) for each in hours}
    rows: list[dict[str, object]] = []
    for hour in sorted({*known, *booked}):
        row = known.get(hour, {"hour": hour, "calls": 0, "journal_usd": Decimal(0)})
        service = booked.get(hour, Decimal(0))
        rows.append({**row, "service_usd": service, "difference_usd": service - Decimal(str(row["journal_usd"]))})
    return pa.Table.from_pylist(rows, COMPARED)


def of_journal(hour: HourCosts) -> dict[str, object]:
    """An hour as a row."""
    return {"hour": hour.hour, "calls": hour.calls, "journal_usd": hour.cost_usd}


def put_out(table: pa.Table, form: str | None, flags: Flags) -> None:
    """Puts out the hours: drawn, with their sum, for people; as they are for programs."""
    if form != "table" and not (form is None and on_terminal()):
        deliver(table, form, None, flags)
        return
    drawn = Table(box=None, header_style="bold", pad_edge=False)
    drawn.add_column("hour (UTC)", no_wrap=True)
    names = table.schema.names[1:]
    for name in names:
        drawn.add_column(name.replace("_usd", " USD"), justify="right", no_wrap=True)
    for row in table.to_pylist():
        drawn.add_row(f"{row['hour']:%Y-%m-%d %H:%M}", *(figure(row[name]) for name in names))
    sums = [sum_of(table[name].to_pylist()) for name in names]
    drawn.add_row("in all", *map(figure, sums), style="bold")
    out_console(flags).print(drawn)


def sum_of(values: Sequence[Any]) -> object:
    """The sum of numbers of one kind; none of them is 0."""
    return sum(values[1:], values[0]) if values else 0


def figure(value: object) -> str:
    """A number as people read it: dollars to a millionth, as elsewhere."""
    return f"{value:,.6f}" if isinstance(value, Decimal) else f"{value:,}"


def tell_untold(hours: Sequence[HourCosts], in_doubt: int, flags: Flags) -> None:
    """Says of how many calls the journal does not know what they cost."""
    untold = sum(each.untold for each in hours)
    told = [f"{untold:,} calls have no price, or not all of it, in the journal"] if untold else []
    told += [f"{in_doubt:,} calls were sent and never answered: the service may have booked them"] if in_doubt else []
    for note in told:
        flags.console().print(shown(note), soft_wrap=True)
