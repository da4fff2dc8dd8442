"""Rows as Arrow arrays and tables of a given schema."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

STRING: pa.DataType = pa.string()
INT32: pa.DataType = pa.int32()
INT64: pa.DataType = pa.int64()
BOOLEAN: pa.DataType = pa.bool_()


def arrays_of(schema: pa.Schema, rows: Iterable[Sequence[object]]) -> list[pa.Array[Any]]:
    """One array for each column of ``schema``."""
    columns: Sequence[Sequence[object]] = list(zip(*rows, strict=True)) or [()] * len(schema)
    return [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]


def table_of(schema: pa.Schema, rows: Iterable[Sequence[object]]) -> pa.Table:
    """Rows as a table."""
    return pa.Table.from_arrays(arrays_of(schema, rows), schema=schema)
