"""From outcomes to Arrow columns: the result fields, and the ``Call_*`` columns that tell how each call went."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import pyarrow as pa

from grokcall.core.arrow_arrays import BOOLEAN, INT32, INT64, STRING, array_of, arrays_of
from grokcall.core.outcome import Outcome
from grokcall.core.secrets import is_secret, masked_values
from grokcall.errors import ProgrammingError, error_code, is_retryable
from grokcall_parser.suggestions import hint
from grokcall_procedures import Procedure, ResultField, Row

Derived: TypeAlias = tuple[Callable[..., object], tuple[int, ...]]
"""Makes a value, from those at some places in a row."""

COST_TYPE: pa.DataType = pa.decimal128(20, 10)

CALL_SCHEMA = pa.schema(
    [
        ("Call_Status", STRING),
        ("Call_ErrorCode", STRING),
        ("Call_ErrorMessage", STRING),
        ("Call_Retryable", BOOLEAN),
        ("Call_Attempts", INT32),
        ("Call_RequestId", STRING),
        ("Call_LatencyMs", INT64),
        ("Call_CostUsd", COST_TYPE),
    ]
)


class ResultColumns:
    """The result fields that a lookup adds, all or chosen, with an optional prefix.

    Args:
        procedure: Whose fields they are.
        fields: The names of those wanted, in any case; None for all.
        prefix: Put before each name.
        masks: Whether secrets are masked.

    Raises:
        ProgrammingError: A name that the procedure does not have, or one given twice.
    """

    def __init__(
        self, procedure: Procedure, fields: Sequence[str] | None = None, prefix: str = "", *, masks: bool = False
    ) -> None:
        self.schema: pa.Schema = procedure.schema
        self._width = len(procedure.row_fields)
        self._chosen: tuple[int, ...] | None = None
        self._derived: list[Derived] = []
        if fields is not None:
            chosen = list(chosen_fields(procedure, fields))
            self._derived = [derived(procedure, field) for field in chosen if field.derive is not None]
            places = iter(range(self._width, self._width + len(self._derived)))
            self._chosen = tuple(
                procedure.places[field.name] if field.derive is None else next(places) for field in chosen
            )
            self.schema = pa.schema([field.column for field in chosen])
        self._masked = masks and any(map(is_secret, self.schema))
        if prefix:
            self.schema = pa.schema([field.with_name(prefix + field.name) for field in self.schema])

    def arrays(self, rows: Sequence[Row | None]) -> list[pa.Array[Any]]:
        """One array a column; a row that is None becomes NULL in each."""
        if not rows:
            return [array_of((), field.type) for field in self.schema]
        columns = list(zip(*map(self._whole, rows), strict=True))
        if not columns:
            return [pa.nulls(len(rows), field.type) for field in self.schema]
        chosen = range(len(self.schema)) if self._chosen is None else self._chosen
        return [
            array_of(masked_values(columns[index]) if self._masked and is_secret(field) else columns[index], field.type)
            for index, field in zip(chosen, self.schema, strict=True)
        ]

    def structs(self, rows: Sequence[Row | None]) -> Any:
        """The rows as one array of structs, whose members are the columns."""
        return pa.StructArray.from_arrays(self.arrays(rows), fields=list(self.schema))

    def _whole(self, row: Row | None) -> Row:
        """A row with the values that are made from it; a row of an earlier version may end early."""
        row = () if row is None else row
        if len(row) != self._width:
            row = (*row, *(None,) * (self._width - len(row)))
        if not self._derived:
            return row
        return (*row, *(derive(*(row[place] for place in places)) for derive, places in self._derived))


def derived(procedure: Procedure, field: ResultField) -> Derived:
    """How the values of a field are made, and from what in a row."""
    assert field.derive is not None
    return field.derive, tuple(procedure.places[name] for name in field.derived_from)


def chosen_fields(procedure: Procedure, fields: Sequence[str]) -> Iterable[ResultField]:
    """The named fields of the procedure's result."""
    known = {field.name.lower(): field for field in procedure.offered_fields}
    seen: set[str] = set()
    for name in fields:
        field = known.get(name.strip().lower())
        if field is None:
            names = [each.name for each in procedure.offered_fields]
            told = hint(name, names, f"DESCRIBE PROCEDURE {procedure.name} lists its fields")
            raise ProgrammingError(f"{procedure.name} has no result field {name.strip()!r}; {told}")
        if field.name in seen:
            raise ProgrammingError(f"the result field {field.name} is asked for twice")
        seen.add(field.name)
        yield field


def call_arrays(outcomes: Sequence[Outcome]) -> list[pa.Array[Any]]:
    """The ``Call_*`` columns of some outcomes."""
    return arrays_of(CALL_SCHEMA, map(call_row, outcomes))


def call_row(outcome: Outcome) -> Row:
    """The ``Call_*`` values of one outcome, in the order of ``CALL_SCHEMA``."""
    error = outcome.error
    return (
        str(outcome.status),
        error_code(error) if error is not None else None,
        message_of(error) if error is not None else None,
        is_retryable(error) if error is not None else None,
        outcome.attempts,
        outcome.request_id,
        round(outcome.seconds * 1000),
        outcome.cost_usd,
    )


def message_of(error: Exception) -> str:
    """An error's sentence with its notes, which may say how something that was paid for can still be had."""
    return "\n".join([str(error), *getattr(error, "__notes__", ())])


def result_table(procedure: Procedure, rows: Sequence[Row]) -> pa.Table:
    """The rows of a procedure as an Arrow table."""
    columns = ResultColumns(procedure)
    return pa.Table.from_arrays(columns.arrays(rows), schema=columns.schema)
