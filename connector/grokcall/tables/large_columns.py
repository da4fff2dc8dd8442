"""Columns with 64-bit offsets, as DuckDB gives results of any size, in the usual types of 32 bits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

MOST_BYTES = (1 << 31) - 1
"""Bytes that one piece of a column of the usual types can address."""


def narrowed(table: pa.Table, most: int = MOST_BYTES) -> pa.Table:
    """A table in the usual types: text, binary and lists with offsets of 32 bits, in as many pieces as that takes.

    Args:
        table: The table.
        most: The bytes of the largest piece. A row that has more by itself leaves the table as it is.

    >>> narrowed(pa.table({"t": pa.array(["a", "b"], pa.large_string())})).schema.field("t").type
    DataType(string)
    """
    schema = pa.schema([field.with_type(narrow_type(field.type)) for field in table.schema])
    if schema.equals(table.schema):
        return table
    pieces = [piece for batch in table.to_batches() for piece in cut(batch, most)]
    if any(piece.nbytes > most for piece in pieces):
        return table
    return pa.Table.from_batches(pieces, table.schema).cast(schema)


def cut(batch: pa.RecordBatch, most: int) -> Iterator[pa.RecordBatch]:
    """The rows of a batch in pieces of so many bytes or of one row, each with buffers of its own where it is cut."""
    if batch.nbytes <= most:
        yield batch
        return
    starts, size = [0], 0
    for row in range(batch.num_rows):
        added = batch.slice(row, 1).nbytes
        if size and size + added > most:
            starts.append(row)
            size = 0
        size += added
    for start, end in zip(starts, [*starts[1:], batch.num_rows], strict=True):
        # Taken, not sliced: the offsets of a slice go on counting from the beginning of the whole.
        yield batch.take(pa.array(range(start, end), pa.int64()))


def narrow_type(of: Any) -> Any:
    """The usual type for one with 64-bit offsets, also inside lists, structs and maps."""
    if pa.types.is_large_string(of):
        return pa.string()
    if pa.types.is_large_binary(of):
        return pa.binary()
    if pa.types.is_list(of) or pa.types.is_large_list(of):
        return pa.list_(narrow_field(of.value_field))
    if pa.types.is_struct(of):
        return pa.struct([narrow_field(field) for field in of])
    if pa.types.is_map(of):
        return pa.map_(narrow_field(of.key_field), narrow_field(of.item_field))
    return of


def narrow_field(field: Any) -> Any:
    """A field with its usual type."""
    return field.with_type(narrow_type(field.type))
