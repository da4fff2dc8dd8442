"""What calls will cost, told without sending any."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

import pyarrow as pa

from grokcall.core.arrow_arrays import BOOLEAN, INT64, STRING, table_of
from grokcall.core.result_columns import COST_TYPE
from grokcall_procedures import BoundCall
from grokcall_procedures.estimates import EXPLAIN_ALLOWANCES, Allowances, Estimate, estimate
from grokcall_procedures.prices import PRICES, Prices
from grokcall_procedures.rates import usd

COST_SCHEMA = pa.schema(
    [
        ("Calls", INT64),
        ("DistinctCalls", INT64),
        ("LowUsd", COST_TYPE),
        ("HighUsd", COST_TYPE),
        ("WorstUsd", COST_TYPE),
        ("ReserveUsd", COST_TYPE),
        ("InputTokens", INT64),
        ("OutputTokens", INT64),
        ("Bounded", BOOLEAN),
        ("PricesFrom", STRING),
        ("Note", STRING),
    ]
)
"""The result of EXPLAIN COST. The tokens are those of the high estimate; ``WorstUsd`` is NULL without a bound, and
``ReserveUsd`` is what a budget reserves."""

Fingerprint: TypeAlias = Callable[[BoundCall], bytes]


@dataclass(slots=True)
class Costs:
    """The sum of some estimates. Of calls with the same fingerprint the first alone is paid for."""

    prices: Prices = PRICES
    allowances: Allowances = EXPLAIN_ALLOWANCES
    key: Fingerprint | None = None
    """Gives equal calls equal bytes; None prices every call."""
    calls: int = 0
    priced: int = 0
    low_ticks: int = 0
    high_ticks: int = 0
    worst_ticks: int | None = 0
    reserve_ticks: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    notes: dict[str, None] = field(default_factory=dict)
    """What bounds the price or does not, each once, in order."""
    _seen: set[bytes] = field(default_factory=set)

    def add(self, call: BoundCall, text_tokens: int | None = None) -> None:
        """Adds a call, whose texts have so many tokens if that is known."""
        fingerprint = None if self.key is None else self.key(call)
        if fingerprint not in self._seen:
            self._add(estimate(call, self.prices, self.allowances, text_tokens=text_tokens))
        if fingerprint is not None:
            self._seen.add(fingerprint)
        self.calls += 1

    @property
    def distinct(self) -> int | None:
        """How many calls differ; None where nobody compared them."""
        return self.priced if self.key is not None or self.calls <= 1 else None

    @property
    def low_usd(self) -> Decimal:
        """The low estimate."""
        return usd(self.low_ticks)

    @property
    def high_usd(self) -> Decimal:
        """The high estimate."""
        return usd(self.high_ticks)

    @property
    def worst_usd(self) -> Decimal | None:
        """The highest possible price; None when there is none."""
        return None if self.worst_ticks is None else usd(self.worst_ticks)

    @property
    def reserve_usd(self) -> Decimal:
        """What a budget reserves for all of it: the highest price, or what is likely where there is none."""
        return usd(self.reserve_ticks)

    def as_table(self) -> pa.Table:
        """The sum as the one row of EXPLAIN COST."""
        row = (
            self.calls,
            self.distinct,
            self.low_usd,
            self.high_usd,
            self.worst_usd,
            self.reserve_usd,
            self.input_tokens,
            self.output_tokens,
            self.worst_ticks is not None,
            self.prices.source,
            "; ".join(self.notes) or None,
        )
        return table_of(COST_SCHEMA, [row])

    def _add(self, told: Estimate) -> None:
        self.priced += 1
        self.low_ticks += told.low_ticks
        self.high_ticks += told.high_ticks
        self.reserve_ticks += told.reserve.ticks
        self.input_tokens += told.input_tokens_high
        self.output_tokens += told.output_tokens_high
        if self.worst_ticks is not None:
            self.worst_ticks = None if told.worst_ticks is None else self.worst_ticks + told.worst_ticks
        self.notes |= dict.fromkeys(f"not bounded: {reason}" for reason in told.reasons)
        self.notes |= dict.fromkeys(f"bounded as long as {condition}" for condition in told.assumptions)
        self.notes |= dict.fromkeys(told.notes)


def explain_cost(
    calls: BoundCall | Iterable[BoundCall],
    prices: Prices = PRICES,
    allowances: Allowances = EXPLAIN_ALLOWANCES,
    key: Fingerprint | None = None,
) -> pa.Table:
    """What one call or several will cost, as one row; sends nothing.

    Args:
        calls: The call or calls.
        prices: What things cost.
        allowances: What is taken for granted where the service states no limit.
        key: Gives equal calls equal bytes, where equal calls are made only once; None prices every call.
    """
    costs = Costs(prices, allowances, key)
    for call in [calls] if isinstance(calls, BoundCall) else calls:
        costs.add(call)
    return costs.as_table()
