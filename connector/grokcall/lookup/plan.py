"""A lookup that has been checked against its input, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from grokcall.core.outcome import CallStatus, Outcome
from grokcall.core.result_columns import CALL_SCHEMA
from grokcall.errors import Error, LookupFailedError, ProgrammingError
from grokcall.lookup.layouts import Layout, layout_of
from grokcall.lookup.mapping import MappingLike, RowReader, column_index, row_reader
from grokcall.lookup.options import LookupOptions
from grokcall.scheduling.chunks import Chunk, Values
from grokcall.tables.cell_texts import call_values
from grokcall_procedures import Binder, BoundCall, ParameterType

BATCH_ROWS = 256
"""Rows a chunk: few enough that finished rows leave soon, many enough that Arrow's cost a column does not show."""
MEDIA_BATCH_ROWS = 8
"""The same where images, audio or videos go in or out, or a call gives any number of rows."""


def is_large(binder: Binder) -> bool:
    """Whether a row may be large: it carries images, audio or videos, or its call gives any number of rows."""
    kinds = [column.type for column in binder.procedure.fields]
    kinds += [binding.parameter.type for binding in binder.bindings]
    return binder.procedure.many or ParameterType.BINARY in kinds or ParameterType.FILE in kinds


def chunk_rows(binder: Binder) -> int:
    """How many rows to read at once: few where they may be large."""
    return MEDIA_BATCH_ROWS if is_large(binder) else BATCH_ROWS


class LookupPlan:
    """A lookup that has been checked against its input: nothing has been sent yet.

    Raises:
        ProgrammingError: The mapping or the fields do not fit, or a result column is already in the input.
    """

    def __init__(self, binder: Binder, schema: pa.Schema, mapping: MappingLike, options: LookupOptions) -> None:
        self.binder = binder
        self.mapping = mapping
        self.options = options
        self.input_schema = schema
        self.reader: RowReader = row_reader(binder, mapping, schema)
        self.turns: int | None = None if options.conversation is None else turns_in(options.conversation, schema)
        """The column that tells the conversation of each row, by index."""
        self.layout: Layout = layout_of(binder.procedure, options)
        added = list(self.layout.schema)
        given_way = CALL_SCHEMA.names if options.call_columns == "replace" else []
        self.passed: list[int] = [index for index, name in enumerate(schema.names) if name not in given_way]
        """The columns of the input that stand in the output, by index."""
        passed = [schema.field(index) for index in self.passed]
        if options.adds_call_columns:
            added += list(CALL_SCHEMA)
        for field in added:
            if any(field.name == each.name for each in passed):
                raise ProgrammingError(taken(field.name))
        self.schema: pa.Schema = pa.schema([*passed, *added])
        self.error_schema: pa.Schema = pa.schema(
            [*(field for field in schema if field.name not in CALL_SCHEMA.names), *CALL_SCHEMA]
        )

    def bind(self, row: Values) -> BoundCall | Outcome:
        """The call for a row, or the outcome of a row that is skipped.

        Args:
            row: The values of the markers, and its conversation where the lookup has some.
        """
        if self.turns is not None:
            row = row[:-1]
        if self.options.on_null_input == "skip" and self.binder.lacks_required(row):
            return Outcome(CallStatus.SKIPPED)
        return self.binder.bind_row(self.reader.with_files(row))

    @property
    def chunk_rows(self) -> int:
        """The most rows of a chunk; small ones where few rows are to be under way."""
        most = chunk_rows(self.binder)
        ahead = self.options.read_ahead
        return most if ahead is None else min(most, max(1, ahead // 4))

    def chunks(self, batches: Iterator[pa.RecordBatch]) -> Iterator[Chunk[pa.RecordBatch]]:
        """The input as chunks for a window, short ones where rows may be large."""
        size = self.chunk_rows
        for batch in batches:
            for start in range(0, batch.num_rows, size):
                piece = batch.slice(start, size)
                rows = self.reader.rows(piece)
                if self.turns is not None:
                    keys = call_values(piece.column(self.turns))
                    rows = [(*row, key) for row, key in zip(rows, keys, strict=True)]
                yield Chunk(piece, rows)

    def fatal(self, outcome: Outcome, row: int) -> Exception | None:
        """The error that ends the lookup because of this row alone: any, with ``on_error="fail"``."""
        if outcome.error is None or self.options.on_error != "fail":
            return None
        return LookupFailedError(row + 1, outcome.error)


def turns_in(column: str, schema: pa.Schema) -> int:
    """The index of the column that tells the conversation of each row.

    Raises:
        ProgrammingError: There is none, or its values cannot tell conversations apart.
    """
    index = column_index(column, schema, "the conversations", mapped=True)
    kind = schema.field(index).type
    if pa.types.is_nested(kind) or (pa.types.is_dictionary(kind) and pa.types.is_nested(kind.value_type)):
        raise ProgrammingError(f"the column {column!r} of conversation holds {kind}; name one of texts or numbers")
    return index


def taken(name: str) -> str:
    """What is said when a column to add is in the input already."""
    if name in CALL_SCHEMA.names:
        return f"the input already has a column {name!r}; leave it out of the input, or do without the Call_* columns"
    return f"the input already has a column {name!r}; choose a prefix for the result fields (--prefix)"


def example_call(binder: Binder) -> BoundCall | None:
    """A call like those of the rows, with short texts in the place of what the rows bring; None if there is none."""
    try:
        return binder.bind_row(["1" for _ in range(binder.marker_count)])
    except Error:
        return None
