"""The forms of the batches that engines hand to a step, which gives each back in the form that it came in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from grokcall.errors import DataError


def in_form_of(given: object, table: pa.Table, *, keeps_columns: bool) -> Any:
    """A table in the form of what a step was given.

    Args:
        given: A batch or a table of Arrow, a frame of pandas or Polars, a mapping of columns; anything else is given
            back as a batch of Arrow.
        table: What it has become.
        keeps_columns: Whether the columns that were given are the same still, so that they stay as they came.

    Raises:
        DataError: A column has too many bytes for one batch.
    """
    if isinstance(given, pa.Table):
        return table
    if isinstance(given, Mapping):
        return mapped(given, table, keeps_columns=keeps_columns)
    package, kind = type(given).__module__.partition(".")[0], type(given).__name__
    if kind == "DataFrame" and package == "pandas":
        return in_pandas(given, table, keeps_columns=keeps_columns)
    if kind in ("DataFrame", "LazyFrame") and package == "polars":
        return in_polars(table, lazily=kind == "LazyFrame")
    return one_batch(table)


def one_batch(table: pa.Table) -> pa.RecordBatch:
    """A table as one batch.

    Raises:
        DataError: A column has too many bytes for it.
    """
    batches = table.combine_chunks().to_batches()
    if len(batches) > 1:
        raise DataError(
            f"the results of a batch of {table.num_rows:,} rows do not fit into one batch: a column has more than "
            "2 GiB; give the step smaller batches"
        )
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)


def mapped(given: Mapping[Any, Any], table: pa.Table, *, keeps_columns: bool) -> dict[Any, Any]:
    """The columns by name, the new ones as NumPy arrays: what cannot be NULL there becomes an array of objects."""
    kept = given if keeps_columns and same_length(given, table) else {}
    return {**kept, **{name: as_numpy(table[name]) for name in table.column_names if name not in kept}}


def same_length(given: Mapping[Any, Any], table: pa.Table) -> bool:
    """Whether each column that was given has as many values as the table has rows."""
    return all(len(values) == table.num_rows for values in given.values())


def as_numpy(column: pa.ChunkedArray[Any]) -> Any:
    """A column as a NumPy array; whole numbers and booleans among which NULL stands as objects, so that they stay."""
    if column.null_count and (pa.types.is_integer(column.type) or pa.types.is_boolean(column.type)):
        import numpy as np

        return np.array(column.to_pylist(), dtype=object)
    return column.to_numpy()


def in_pandas(frame: Any, table: pa.Table, *, keeps_columns: bool) -> Any:
    """A pandas frame; with the same rows it has the index and the columns that were given."""
    if not keeps_columns or len(frame) != table.num_rows:
        return table.to_pandas(integer_object_nulls=True)
    known = {str(name) for name in (*frame.columns, *frame.index.names)}
    added = table.select([name for name in table.column_names if name not in known])
    new = added.to_pandas(integer_object_nulls=True).set_axis(frame.index, axis=0)
    return frame.assign(**{name: new[name] for name in new.columns})


def in_polars(table: pa.Table, *, lazily: bool) -> Any:
    """A Polars frame."""
    import polars

    frame = polars.from_arrow(table)
    return frame.lazy() if lazily and isinstance(frame, polars.DataFrame) else frame
