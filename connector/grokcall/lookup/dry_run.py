"""The dry run of a lookup: what it would do and cost, told without sending any call."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import pyarrow as pa

from grokcall.budget.cost_totals import Costs, Fingerprint
from grokcall.core.outcome import Outcome
from grokcall.errors import Error
from grokcall.scheduling.chunks import Chunk, Values
from grokcall_procedures import BoundCall
from grokcall_procedures.estimates import EXPLAIN_ALLOWANCES, Allowances, text_bytes
from grokcall_procedures.prices import PRICES, Prices

MOST_BAD_ROWS = 10
"""Rows whose errors a dry run keeps; all are counted."""


@dataclass(slots=True)
class TokenSample:
    """The first different calls of a dry run, of which the service is asked how many tokens they have.

    Args:
        size: How many calls; 0 asks nothing.
        count: Asks for the tokens of several calls.
        counted: Calls that were counted.
        bytes_per_token: The most and the least bytes a token that were found; None where nothing was.
    """

    size: int = 0
    count: Callable[[Sequence[BoundCall]], Sequence[int]] = field(default=lambda _calls: [], repr=False)
    counted: int = 0
    bytes_per_token: tuple[float, float] | None = None
    _waiting: list[BoundCall] = field(default_factory=list)
    _prints: set[bytes] = field(default_factory=set)

    def add(self, call: BoundCall, costs: Costs) -> None:
        """Takes a call into the sample as long as it is not full, and prices any other."""
        if not self.size:
            costs.add(call)
            return
        fingerprint = None if costs.key is None else costs.key(call)
        if self.size <= len(self._waiting) + self.counted or fingerprint in self._prints:
            self.settle(costs)
            costs.add(call)
            return
        if fingerprint is not None:
            self._prints.add(fingerprint)
        self._waiting.append(call)

    def settle(self, costs: Costs) -> None:
        """Has the calls counted and prices them; those to come are estimated with what was found."""
        calls, self._waiting = self._waiting, []
        if not calls:
            return
        self.counted += len(calls)
        tokens = self.count(calls)
        found = [text_bytes(call) / count for call, count in zip(calls, tokens, strict=True) if count]
        if found:
            dense, loose = self.bytes_per_token or (0.0, math.inf)
            self.bytes_per_token = max(dense, *found), min(loose, *found)
            costs.allowances = replace(costs.allowances, bytes_per_token=self.bytes_per_token)
        for call, count in zip(calls, tokens, strict=True):
            costs.add(call, count or None)


class Plan(Protocol):
    """What a dry run needs of a lookup's plan."""

    def chunks(self, batches: Iterator[pa.RecordBatch]) -> Iterator[Chunk[pa.RecordBatch]]:
        """The input in chunks of rows."""
        ...

    def bind(self, row: Values) -> BoundCall | Outcome:
        """The call for a row, or the outcome of a row that is skipped."""
        ...


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a lookup would do and cost.

    Args:
        rows: Rows of the input.
        skipped: Rows that need no call.
        bad_rows: Rows whose values do not fit; no call is made for them.
        errors: The first of them: the row's number from 1, and what is wrong with it.
        costs: What the calls for the other rows will cost.
        sample: The calls of which the service counted the tokens.
    """

    rows: int
    skipped: int
    bad_rows: int
    errors: tuple[tuple[int, str], ...]
    costs: Costs
    sample: TokenSample

    @property
    def calls(self) -> int:
        """Rows with a call."""
        return self.costs.calls

    @property
    def distinct_calls(self) -> int | None:
        """How many of the calls differ; None where nobody compared them."""
        return self.costs.distinct

    def as_dict(self) -> dict[str, object]:
        """The figures under their names, for logs and JSON; prices are text so that they stay exact."""
        costs = self.costs
        return {
            "rows": self.rows,
            "skipped": self.skipped,
            "bad_rows": self.bad_rows,
            "calls": costs.calls,
            "distinct_calls": costs.distinct,
            "low_usd": str(costs.low_usd),
            "high_usd": str(costs.high_usd),
            "worst_usd": None if costs.worst_usd is None else str(costs.worst_usd),
            "reserve_usd": str(costs.reserve_usd),
            "input_tokens": costs.input_tokens,
            "output_tokens": costs.output_tokens,
            "prices_from": costs.prices.source,
            "counted_calls": self.sample.counted,
            "bytes_per_token": list(costs.allowances.bytes_per_token),
            "notes": list(costs.notes),
            "errors": [{"row": row, "message": message} for row, message in self.errors],
        }


def dry_run(
    plan: Plan,
    batches: Iterable[pa.RecordBatch],
    prices: Prices = PRICES,
    allowances: Allowances = EXPLAIN_ALLOWANCES,
    key: Fingerprint | None = None,
    sample: TokenSample | None = None,
) -> DryRun:
    """Walks through a lookup's whole input, binds every row and adds up what the calls will cost; sends nothing itself.

    Args:
        plan: The lookup's plan.
        batches: Its input.
        prices: What things cost.
        allowances: What is taken for granted where the service states no limit.
        key: Gives equal calls equal bytes, where equal calls are made only once; about 100 bytes are kept for each
            that differs. None prices every call.
        sample: Calls of which the service is asked how many tokens they have; None asks nothing.
    """
    costs, counting = Costs(prices, allowances, key), sample or TokenSample()
    errors: list[tuple[int, str]] = []
    rows = skipped = bad_rows = 0
    for chunk in plan.chunks(iter(batches)):
        for row in chunk.rows:
            rows += 1
            try:
                call = plan.bind(row)
            except Error as error:
                bad_rows += 1
                if len(errors) < MOST_BAD_ROWS:
                    errors.append((rows, str(error)))
                continue
            if isinstance(call, BoundCall):
                counting.add(call, costs)
            else:
                skipped += 1
    counting.settle(costs)
    return DryRun(rows, skipped, bad_rows, tuple(errors), costs, counting)
