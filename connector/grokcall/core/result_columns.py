"""From outcomes to Arrow columns: the result fields, and the ``Call_*`` columns that tell how each call went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from grokcall.core.arrow_arrays import BOOLEAN, INT32, INT64, STRING, array_of, arrays_of
from grokcall.core.outcome import Outcome
from grokcall.errors import ProgrammingError, error_code, is_retryable
from grokcall_parser.suggestions import hint
from grokcall_procedures import Procedure, Row

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

    Raises:
        ProgrammingError: A name that the procedure does not have, or one given twice.
    """

    def __init__(self, procedure: Procedure, fields: Sequence[str] | None = None, prefix: str = "") -> None:
        self.schema: pa.Schema = procedure.schema
        self._chosen: tuple[int, ...] | None = None
        if fields is not None:
            self._chosen = tuple(chosen_indexes(procedure, fields))
            chosen = [procedure.row_fields[index] for index in self._chosen]
            self.schema = pa.schema([pa.field(field.name, field.type.arrow) for field in chosen])
        if prefix:
            self.schema = pa.schema([field.with_name(prefix + field.name) for field in self.schema])

    def arrays(self, rows: Sequence[Row | None]) -> list[pa.Array[Any]]:
        """One array a column; a row that is None becomes NULL in each."""
        if not rows:
            return [array_of((), field.type) for field in self.schema]
        width = len(next((row for row in rows if row is not None), ()))
        nothing = (None,) * width
        columns = list(zip(*(nothing if row is None else row for row in rows), strict=True))
        if not columns:
            return [pa.nulls(len(rows), field.type) for field in self.schema]
        chosen = range(len(self.schema)) if self._chosen is None else self._chosen
        return [array_of(columns[index], field.type) for index, field in zip(chosen, self.schema, strict=True)]

    def structs(self, rows: Sequence[Row | None]) -> Any:
        """The rows as one array of structs, whose members are the columns."""
        return pa.StructArray.from_arrays(self.arrays(rows), fields=list(self.schema))


def chosen_indexes(procedure: Procedure, fields: Sequence[str]) -> Iterable[int]:
    """The indexes of the named fields in the procedure's result."""
    known = {field.name.lower(): index for index, field in enumerate(procedure.row_fields)}
    seen: set[int] = set()
    for name in fields:
        index = known.get(name.strip().lower())
        if index is None:
            names = [field.name for field in procedure.row_fields]
            told = hint(name, names, f"DESCRIBE PROCEDURE {procedure.name} lists its fields")
            raise ProgrammingError(f"{procedure.name} has no result field {name.strip()!r}; {told}")
        if index in seen:
            raise ProgrammingError(f"the result field {procedure.row_fields[index].name} is asked for twice")
        seen.add(index)
        yield index


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
