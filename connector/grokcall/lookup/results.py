"""What a lookup gave, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pyarrow as pa

from grokcall.core.typed_answers import typed_answers
from grokcall.errors import BudgetReachedError
from grokcall.execution.summary import Summary
from grokcall.lookup.going_on import advice
from grokcall.lookup.layouts import NestedRows
from grokcall.lookup.plan import LookupPlan
from grokcall.tables.unnesting import unnested
from grokcall_procedures.schemas import OutputSchema


@dataclass(frozen=True, slots=True)
class AnswerShape:
    """Where the answers of a declared shape are in the rows of a lookup.

    Args:
        schema: Their shape; None where none was declared.
        prefix: What stands before the names of their columns.
        lists: The column with the rows of each call in a list; empty where there is none.
    """

    schema: OutputSchema | None = None
    prefix: str = ""
    lists: str = ""


Pair: TypeAlias = tuple[pa.RecordBatch, pa.RecordBatch]
"""Output rows and failed rows."""


@dataclass(frozen=True, slots=True)
class LookupResult:
    """What a lookup gave.

    Args:
        rows: The input's columns and the result fields, in input order.
        errors: The input's columns and ``Call_*`` of the rows that failed (``on_error="redirect"``).
        summary: Counts, tokens, USD, seconds.
        shape: Where the answers of a declared shape are in ``rows``, for :meth:`answers`.
    """

    rows: pa.Table
    errors: pa.Table
    summary: Summary
    shape: AnswerShape = field(default=AnswerShape(), repr=False)

    def answers(self, as_type: object = None) -> list[Any]:
        """The answer of each of ``rows`` as an instance of the type that OutputSchema was.

        Args:
            as_type: A dataclass, a pydantic model or an Arrow schema, for another one with these columns.

        Returns:
            An instance a row, or a dict where the OutputSchema was text or an Arrow schema; None for a row whose call
            failed. Of a procedure with many rows a list of them, as the column is one.

        Raises:
            ProgrammingError: There is no OutputSchema, or ``fields`` left out one of its columns.
            AnswerMismatchError: The type refuses an answer; the message names the member.

        >>> connection.lookup(command, rows, {"schema": grokcall.const(Ticket)}).answers()  # doctest: +SKIP
        [Ticket(priority=2, team='delivery'), Ticket(priority=1, team='billing')]
        """
        return typed_answers(self.rows, self.shape.schema, as_type, self.shape.prefix, self.shape.lists)

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
        shape_of(plan),
    )


def shape_of(plan: LookupPlan) -> AnswerShape:
    """Where the answers of a lookup are in its rows."""
    procedure, options = plan.binder.procedure, plan.options
    lists = options.prefix + procedure.list_name if isinstance(plan.layout, NestedRows) else ""
    return AnswerShape(procedure.answer_schema, options.prefix, lists)


def leave_with(error: BaseException, plan: LookupPlan, summary: Summary, pairs: Sequence[Pair]) -> None:
    """Gives an exception the rows that had ended before it."""
    result = result_of(plan, summary, pairs)
    error.result = result  # type: ignore[attr-defined]
    if ended := result.rows.num_rows:
        told = "1 row had ended; it is" if ended == 1 else f"{ended:,} rows had ended; they are"
        error.add_note(f"{told} in this exception's attribute result")
    if not isinstance(error, BudgetReachedError) and (told_of_next := advice(error, plan.options, summary)):
        error.add_note(told_of_next)
