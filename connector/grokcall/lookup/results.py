"""What a lookup gave, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa

from grokcall.errors import BudgetReachedError
from grokcall.execution.summary import Summary
from grokcall.lookup.going_on import advice
from grokcall.lookup.plan import LookupPlan
from grokcall.tables.unnesting import unnested

Pair: TypeAlias = tuple[pa.RecordBatch, pa.RecordBatch]
"""Output rows and failed rows."""


@dataclass(frozen=True, slots=True)
class LookupResult:
    """What a lookup gave.

    Args:
        rows: The input's columns and the result fields, in input order.
        errors: The input's columns and ``Call_*`` of the rows that failed (``on_error="redirect"``).
        summary: Counts, tokens, USD, seconds.
    """

    rows: pa.Table
    errors: pa.Table
    summary: Summary

    def unnest(self, column: str, keep: Sequence[str] = ()) -> pa.Table:
        """What stands in the lists of a column of ``rows``, as a table of its own: a row for each element.

        Args:
            column: The column, for example ``Response_Citations``; the lookup's ``fields`` must name it.
            keep: The columns that are repeated for each element, to join by.

        Returns:
            The kept columns, ``position`` (from 1 in each list), and the members of the structs; ``value`` where the
            lists hold no structs.

        Raises:
            ProgrammingError: There is no such column, it holds no lists, or two columns would have one name.

        >>> result.unnest("Response_Citations", keep=["id"]).column_names  # doctest: +SKIP
        ['id', 'position', 'url', 'title', 'start_index', 'end_index']
        """
        return unnested(self.rows, column, keep)


def rest_of(pairs: Iterable[Pair]) -> list[Pair]:
    """What has ended of a lookup that was stopped, and was not given out yet."""
    rest: list[Pair] = []
    with suppress(BaseException):
        for pair in pairs:
            rest.append(pair)  # noqa: PERF402 - the end is an exception
    return rest


def result_of(plan: LookupPlan, summary: Summary, pairs: Sequence[Pair]) -> LookupResult:
    """The batches of a lookup as two tables."""
    return LookupResult(
        pa.Table.from_batches([rows for rows, _ in pairs], schema=plan.schema),
        pa.Table.from_batches([failed for _, failed in pairs if failed.num_rows], schema=plan.error_schema),
        summary,
    )


def leave_with(error: BaseException, plan: LookupPlan, summary: Summary, pairs: Sequence[Pair]) -> None:
    """Gives an exception the rows that had ended before it."""
    result = result_of(plan, summary, pairs)
    error.result = result  # type: ignore[attr-defined]
    if ended := result.rows.num_rows:
        told = "1 row had ended; it is" if ended == 1 else f"{ended:,} rows had ended; they are"
        error.add_note(f"{told} in this exception's attribute result")
    if not isinstance(error, BudgetReachedError) and (told_of_next := advice(error, plan.options, summary)):
        error.add_note(told_of_next)
