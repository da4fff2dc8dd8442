"""What became of a call."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from grokcall_procedures import Row
from grokcall_procedures.rates import usd
from grokcall_procedures.types import MOST_TICKS

SAMPLED_ROWS = 64
"""Rows of an outcome with many that are looked at for its size."""
VALUE_BYTES = 50
"""About what a value takes in such an outcome beside its characters, in bytes."""


class CallStatus(enum.StrEnum):
    """The word in the column ``Call_Status``."""

    OK = "ok"
    """There is an answer."""
    ERROR = "error"
    """The call failed; ``Call_ErrorCode`` and ``Call_ErrorMessage`` tell why."""
    SKIPPED = "skipped"
    """No call was made, because a required value is NULL."""
    CACHED = "cached"
    """The answer was there already: from the journal, or of an equal row."""


@dataclass(slots=True)
class Outcome:
    """What became of one call: its rows, or the error, and what it took.

    A value that is filled while the call runs and left alone afterwards.
    """

    status: CallStatus = CallStatus.OK
    rows: list[Row] | None = None
    error: Exception | None = None
    warnings: tuple[str, ...] = ()
    attempts: int = 0
    """Requests that were sent, polls and downloads not counted."""
    billed: bool = False
    """Whether a request was sent that costs money; what a look at earlier work says of its price is none of ours."""
    request_id: str | None = None
    seconds: float = 0.0
    cost_ticks: int | None = None
    """None when no reply said what it cost; with what the earlier answers cost."""
    unpriced: int = 0
    """Requests that were or may have been billed and whose price nobody told; below 0 where a look at earlier work told
    the price of one that an earlier try of the call had sent."""
    lost: int = 0
    """Those among them of which no answer came."""
    unpriced_ticks: int = 0
    """What the unpriced requests count with in budgets: what was reserved for each."""
    tokens: int | None = None
    """Tokens that the call took, what is not known counted as reserved; None where nobody counted."""
    earlier: tuple[Outcome, ...] = ()
    """Incomplete answers that were asked for before this one, with a smaller limit."""
    reply: bytes | None = None
    """The last reply that may have been billed, for as long as the call runs."""
    unrecorded: Exception | None = None
    """What kept the journal from taking it in; the pass ends with that, and the row still has its outcome."""

    def add_lost(self) -> None:
        """Takes note of a request that may have been billed and has no answer."""
        self.lost += 1
        self.unpriced += 1

    def add_price(self, ticks: int | None, *, of_start: bool) -> None:
        """Takes note of what a reply says of the price.

        Args:
            ticks: The price; None where it says none.
            of_start: Whether it is the reply to the request that is billed, and not a later look at what that began.
        """
        self.add_cost(ticks)
        if of_start:
            self.unpriced += ticks is None
        elif ticks is not None:
            self.unpriced -= 1

    def add_cost(self, ticks: int | None) -> None:
        """Adds what one reply of the call cost."""
        if ticks is not None:
            self.cost_ticks = min((self.cost_ticks or 0) + ticks, MOST_TICKS)

    @property
    def cost_usd(self) -> Decimal | None:
        """The price in USD, exact."""
        return None if self.cost_ticks is None else usd(self.cost_ticks)


def payload_of(outcome: Outcome) -> int:
    """About how many bytes an outcome holds."""
    rows = outcome.rows or ()
    if len(rows) > 1:
        sample = rows[:: max(len(rows) // SAMPLED_ROWS, 1)]
        return sum(VALUE_BYTES * len(row) + long_bytes(row) for row in sample) * len(rows) // len(sample)
    # The long values of every procedure that gives one row are among its first fields.
    return long_bytes(rows[0][:6]) if rows else 0


def long_bytes(values: Sequence[object]) -> int:
    """About how many bytes the texts and bytes among some values have."""
    size = 0
    for value in values:
        if type(value) is str or type(value) is bytes:
            size += len(value)
    return size
