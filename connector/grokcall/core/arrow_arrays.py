"""Rows as Arrow arrays and tables of a given schema."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from grokcall.core.redaction import get_logger
from grokcall_procedures.types import well_formed

STRING: pa.DataType = pa.string()
INT32: pa.DataType = pa.int32()
INT64: pa.DataType = pa.int64()
BOOLEAN: pa.DataType = pa.bool_()


UNFIT = (pa.ArrowException, TypeError, ValueError, OverflowError)
"""What Arrow raises for values that a column cannot hold; halves of surrogate pairs are a ValueError."""

logger: logging.Logger = get_logger("grokcall.core.arrow_arrays")


def array_of(values: Sequence[object], of: Any) -> Any:
    """Python values as an array; a value that the type cannot hold is NULL, for the rest was paid for as well."""
    try:
        return exact_array(values, of)
    except UNFIT:
        return exact_array([held(value, of) for value in values], of)


def held(value: object, of: Any) -> object:
    """A value as a column of a type holds it; None where it cannot."""
    value = well_formed(value) if isinstance(value, str) else value
    try:
        exact_array([value], of)
    except UNFIT as error:
        logger.warning("a value of type %s became NULL: %s", type(value).__name__, error)
        return None
    return value


def exact_array(values: Sequence[object], of: Any) -> Any:
    """Python values as an array. Extension types, which not every Arrow makes of them, are made by a cast."""
    if not holds_extension(of):
        made: Any = pa.array(values, of)
        return made if made.type == of else made.cast(of)  # pyarrow before 26 gives dictionaries signed indices
    return pa.array([stored(value) for value in values], storage_of(of)).cast(of)


def holds_extension(of: Any) -> bool:
    """Whether a type is an extension or has one inside."""
    return isinstance(of, pa.BaseExtensionType) or any(holds_extension(child.type) for child in children(of))


def children(of: Any) -> list[Any]:
    """The fields inside a nested type."""
    return [of.field(index) for index in range(of.num_fields)] if pa.types.is_nested(of) else []


def storage_of(of: Any) -> Any:
    """A type with the storage of each extension in its place."""
    if isinstance(of, pa.BaseExtensionType):
        return storage_of(of.storage_type)
    if pa.types.is_struct(of):
        return pa.struct([pa.field(child.name, storage_of(child.type)) for child in of])
    if pa.types.is_map(of):
        return pa.map_(storage_of(of.key_type), storage_of(of.item_type))
    if pa.types.is_fixed_size_list(of):
        return pa.list_(storage_of(of.value_type), of.list_size)
    return pa.list_(storage_of(of.value_type)) if pa.types.is_list(of) else of


def stored(value: object) -> object:
    """A value with the bytes of each UUID in its place."""
    if isinstance(value, uuid.UUID):
        return value.bytes
    if isinstance(value, list):
        return [stored(each) for each in value]
    return {name: stored(each) for name, each in value.items()} if isinstance(value, dict) else value


def list_array(lengths: Sequence[int | None], values: Any) -> Any:
    """Lists of so many consecutive values each; NULL where the length is None."""
    offsets: list[int | None] = []
    end = 0
    for length in lengths:
        offsets.append(None if length is None else end)
        end += length or 0
    return pa.ListArray.from_arrays(pa.array([*offsets, end], pa.int32()), values)


def arrays_of(schema: pa.Schema, rows: Iterable[Sequence[object]]) -> list[pa.Array[Any]]:
    """One array for each column of ``schema``."""
    columns: Sequence[Sequence[object]] = list(zip(*rows, strict=True)) or [()] * len(schema)
    return [array_of(column, field.type) for column, field in zip(columns, schema, strict=True)]


def table_of(schema: pa.Schema, rows: Iterable[Sequence[object]]) -> pa.Table:
    """Rows as a table."""
    return pa.Table.from_arrays(arrays_of(schema, rows), schema=schema)
