"""What the calls of a journal cost, hour by hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from grokcall.journal.reader import Records
from grokcall_procedures.rates import usd

HOUR = 3600

# The ticks are summed in two halves: two absurd prices are more than SQLite's 64 bits.
HOURS = f"""
SELECT CAST(at AS INTEGER) / {HOUR} AS hour, count(*), sum(unpriced > 0 OR (ok AND cost_ticks IS NULL)),
    ifnull(sum(cost_ticks >> 32), 0), ifnull(sum(cost_ticks & 0xffffffff), 0)
FROM calls WHERE :run IS NULL OR run = :run GROUP BY hour ORDER BY hour
"""  # noqa: S608 - text of ours


@dataclass(frozen=True, slots=True)
class HourCosts:
    """The calls that were answered in one hour.

    Args:
        hour: When it began, in UTC.
        calls: How many calls, those that failed among them.
        untold: Those of them whose replies did not tell the whole price.
        cost_ticks: What the replies said they cost, in ticks of 1e-10 USD.
    """

    hour: datetime
    calls: int
    untold: int
    cost_ticks: int

    @property
    def cost_usd(self) -> Decimal:
        """What the replies said they cost, in USD, exact."""
        return usd(self.cost_ticks)


def hourly_costs(records: Records, run: int | None) -> list[HourCosts]:
    """The hours in which calls were answered, the first one first.

    Args:
        records: The journal.
        run: The number of the run; None for all runs.
    """
    records.flush()
    return [
        HourCosts(datetime.fromtimestamp(hour * HOUR, UTC), calls, untold, (high << 32) + low)
        for hour, calls, untold, high, low in records.rows(HOURS, {"run": run})
    ]
