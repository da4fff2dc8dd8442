"""Where the results of a lookup's calls stand: as columns beside the row, in a list, or in rows of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

import pyarrow as pa

from grokcall.core.arrow_arrays import list_array
from grokcall.core.outcome import Outcome
from grokcall.core.result_columns import ResultColumns
from grokcall.lookup.options import LookupOptions
from grokcall_procedures import Procedure, Row

Cut: TypeAlias = tuple[int, int]
"""A part of a chunk's output, from one place to before another, as a layout counts them."""


class Layout(Protocol):
    """Makes the result columns of some outcomes, in parts, so that no batch is much larger than it has to be."""

    schema: pa.Schema
    """The columns that are added."""

    def cuts(self, outcomes: Sequence[Outcome], most: int) -> list[Cut]:
        """The parts in their order, of at most so many result rows where they can be taken apart; at least one."""
        ...

    def columns(self, outcomes: Sequence[Outcome], cut: Cut) -> tuple[Sequence[int], list[pa.Array[Any]]]:
        """Of each output row of a part the outcome that it belongs to, by index; and the columns."""
        ...


class ExpandedRows:
    """A row for each result row, one after the other.

    So they stand where a call gives one row, and with ``many="expand"``.

    Args:
        columns: The result fields.
        keep_empty: Whether an outcome without result rows has a row, of NULLs. One that failed has it in any case.
    """

    def __init__(self, columns: ResultColumns, *, keep_empty: bool = True) -> None:
        self.schema: pa.Schema = columns.schema
        self._columns = columns
        self._keep_empty = keep_empty

    def cuts(self, outcomes: Sequence[Outcome], most: int) -> list[Cut]:
        """The parts, counted in output rows."""
        total = sum(len(self._rows(outcome)) for outcome in outcomes)
        if total <= len(outcomes):  # no row of the input is repeated
            return [(0, total)]
        return [(first, min(first + most, total)) for first in range(0, total, most)]

    def columns(self, outcomes: Sequence[Outcome], cut: Cut) -> tuple[Sequence[int], list[pa.Array[Any]]]:
        """The outcome of each row, and the result fields as columns."""
        first, end = cut
        places: list[int] = []
        rows: list[Row | None] = []
        passed = 0
        for place, outcome in enumerate(outcomes):
            given = self._rows(outcome)
            part = given[max(first - passed, 0) : max(end - passed, 0)]
            places += [place] * len(part)
            rows += part
            passed += len(given)
            if passed >= end:
                break
        return places, self._columns.arrays(rows)

    def _rows(self, outcome: Outcome) -> Sequence[Row | None]:
        return outcome.rows or ((None,) if self._keep_empty or outcome.error is not None else ())


class NestedRows:
    """The rows of each call in a list of structs, whose members are the result fields.

    The list is empty where a call gave no rows, and NULL where it failed or was not made.

    Args:
        columns: The result fields.
        name: What the column is called.
    """

    def __init__(self, columns: ResultColumns, name: str) -> None:
        self.schema: pa.Schema = pa.schema([pa.field(name, pa.list_(pa.struct(list(columns.schema))))])
        self._columns = columns

    def cuts(self, outcomes: Sequence[Outcome], most: int) -> list[Cut]:
        """The parts, counted in outcomes, whose lists stay whole."""
        starts, rows = [0], 0
        for place, outcome in enumerate(outcomes):
            added = len(outcome.rows or ())
            if rows and rows + added > most:
                starts.append(place)
                rows = 0
            rows += added
        return list(zip(starts, [*starts[1:], len(outcomes)], strict=True))

    def columns(self, outcomes: Sequence[Outcome], cut: Cut) -> tuple[Sequence[int], list[pa.Array[Any]]]:
        """The outcomes of the part, and the column of lists."""
        lists = [outcome.rows for outcome in outcomes[slice(*cut)]]
        structs = self._columns.structs([row for rows in lists for row in rows or ()])
        return range(*cut), [list_array([None if rows is None else len(rows) for rows in lists], structs)]


def layout_of(procedure: Procedure, options: LookupOptions) -> Layout:
    """The layout of a lookup.

    Raises:
        ProgrammingError: The procedure has no field of a name that is asked for.
    """
    columns = ResultColumns(procedure, options.fields, options.prefix, masks=not options.show_secrets)
    if procedure.many and options.many == "nest":
        return NestedRows(columns, options.prefix + procedure.list_name)
    return ExpandedRows(columns, keep_empty=options.keep_empty)
