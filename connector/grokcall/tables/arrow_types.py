"""The plain Arrow types that every reader gives and every writer takes.

| what comes | what it becomes |
|---|---|
| dictionary, run-end encoded | its values |
| extension | its storage; ``arrow.uuid`` and periods of pandas as text, ``arrow.bool8`` as truth values |
| string view, binary view, list view, list of fixed size | string, binary, list |
| null | string |
| half float, 32 and 64 bit decimals | float, 128 bit decimal |
| 256 bit decimal, decimal of hundreds and the like | 128 bit decimal where the precision allows it, else text |
| date of 64 bits, time of 32 bits | date of 32 bits, time of microseconds |
| timestamp of seconds, timestamp with a time zone | of milliseconds, of UTC |
| duration | seconds as a double |
| binary of fixed size | binary |
| struct without members | map without entries, which every format has |

Names are made unique as DuckDB does it: a second ``a`` is ``a_1``, a column without a name is ``column2`` (from 0).
So are those of a struct's members where two are the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from grokcall.tables.moments import INFINITY, UNITS
from grokcall.tables.nested import converted
from grokcall_parser.errors import DataError, NotSupportedError


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """``schema`` in plain types, with unique names and without metadata.

    Raises:
        NotSupportedError: A column's type has no plain form (a union, an interval).
    """
    names = unique_names(schema.names)
    return pa.schema([pa.field(name, plain_column(field)) for name, field in zip(names, schema, strict=True)])


def plain_column(field: Any) -> Any:
    """The plain type of a column."""
    try:
        check_meaning(field)
        return plain_type(field.type)
    except NotSupportedError as error:
        raise NotSupportedError(f'column "{field.name}": {error}; cast it to text first') from None


def check_meaning(field: Any) -> None:
    """Raises where a file says that numbers are spans of time and pandas, which could read them, is not in use."""
    name = (field.metadata or {}).get(b"ARROW:extension:name")
    if name == b"pandas.period" and not isinstance(field.type, pa.BaseExtensionType):
        raise NotSupportedError("the numbers in it are periods of pandas (import pandas to have them read)")


def plain_type(of: Any) -> Any:
    """The plain form of an Arrow type, also inside lists, structs and maps."""
    is_ = pa.types
    if is_.is_dictionary(of) or is_.is_run_end_encoded(of):
        return plain_type(of.value_type)
    if isinstance(of, pa.UuidType) or is_period(of):
        return pa.string()
    if isinstance(of, pa.BaseExtensionType):
        return plain_extension(of)
    if is_.is_large_list(of) or is_.is_large_list_view(of):
        return pa.large_list(pa.field("item", plain_type(of.value_type)))
    if is_.is_list(of) or is_.is_list_view(of) or is_.is_fixed_size_list(of):
        return pa.list_(pa.field("item", plain_type(of.value_type)))
    if is_.is_struct(of):
        if not of.num_fields:
            return pa.map_(pa.string(), pa.string())
        return pa.struct([pa.field(name, plain_type(child.type)) for name, child in zip(members(of), of, strict=True)])
    if is_.is_map(of):
        return pa.map_(plain_type(of.key_type), plain_type(of.item_type))
    return plain_leaf(of)


def members(of: Any) -> list[str]:
    """What the members of a struct are called; no two alike, for then nobody could name the second."""
    names = [child.name for child in of]
    return names if len(set(names)) == len(names) else unique_names(names)


def plain_extension(of: Any) -> Any:
    """The plain form of an extension type whose storage says what it means."""
    if isinstance(of, pa.Bool8Type):
        return pa.bool_()
    if pa.types.is_primitive(of.storage_type):
        raise NotSupportedError(
            f"values of the type {of.extension_name} are stored as {of.storage_type}, which is not what they mean"
        )
    return plain_type(of.storage_type)


def plain_leaf(of: Any) -> Any:
    """The plain form of a type that has no types inside."""
    is_ = pa.types
    if is_.is_null(of) or is_.is_string_view(of):
        return pa.string()
    if is_.is_binary_view(of) or is_.is_fixed_size_binary(of):
        return pa.binary()
    if is_.is_float16(of):
        return pa.float32()
    if is_.is_decimal(of):
        digits = of.precision - min(of.scale, 0)
        return pa.decimal128(digits, max(of.scale, 0)) if digits <= 38 else pa.string()
    if is_.is_date64(of):
        return pa.date32()
    if is_.is_time32(of):
        return pa.time64("us")
    if is_.is_timestamp(of):
        return pa.timestamp("ms" if of.unit == "s" else of.unit, "UTC" if of.tz is not None else None)
    if is_.is_duration(of):
        return pa.float64()
    if is_.is_union(of) or is_.is_interval(of):
        raise NotSupportedError(f"a value of type {of} cannot be written")
    return of


def plain_batch(batch: pa.RecordBatch, schema: pa.Schema, first_row: int = 1) -> pa.RecordBatch:
    """``batch`` with the types of ``schema``, which is plain; columns are taken by position.

    Args:
        batch: The rows.
        schema: What :func:`plain_schema` gave for the table.
        first_row: The number of the first row, for messages.

    Raises:
        DataError: A column does not fit its type, or there are more or fewer columns.
    """
    if batch.schema.equals(schema):
        return batch
    if batch.num_columns != len(schema):
        raise DataError(f"rows from {first_row:,}: {batch.num_columns} columns where the table has {len(schema)}")
    columns = []
    for column, field in zip(batch.columns, schema, strict=True):
        try:
            columns.append(plain_array(column, field.type))
        except (pa.ArrowException, ValueError) as error:
            raise DataError(f'column "{field.name}", rows from {first_row:,}: {error}') from error
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def plain_array(array: Any, to: Any) -> Any:
    """``array`` as an array of the plain type ``to``."""
    return converted(array, to, plain_leaf_array)


def plain_leaf_array(array: Any, to: Any) -> Any:
    """The same for a type that has no types inside."""
    if isinstance(array.type, pa.UuidType):
        return pa.array([None if value is None else str(uuid_of(value)) for value in array.to_pylist()], to)
    if is_period(array.type):
        return period_texts(array.storage, array.type.freq)
    if isinstance(array.type, pa.BaseExtensionType):
        return converted(array.storage, to, plain_leaf_array)
    if pa.types.is_duration(array.type):
        # A division rounds once, so that 9 milliseconds are 0.009.
        return pc.divide(array.cast(pa.int64()).cast(pa.float64(), safe=False), UNITS[array.type.unit])
    if pa.types.is_decimal(array.type) and pa.types.is_string(to):
        return pa.array([None if value is None else format(value, "f") for value in array.to_pylist()], to)
    if pa.types.is_struct(array.type):
        return pa.array([None if value is None else [] for value in array.to_pylist()], to)
    if pa.types.is_timestamp(array.type) and array.type.unit == "s":
        return milliseconds(array, to)
    return array.cast(to)


def milliseconds(array: Any, to: Any) -> Any:
    """Moments in seconds as moments in milliseconds; what is infinite stays so."""
    numbers = array.cast(pa.int64())
    infinite = pc.is_in(numbers, pa.array([INFINITY, -INFINITY]))
    finite = pc.if_else(infinite, pa.scalar(None, array.type), array)
    return pc.if_else(infinite, numbers.cast(to), finite.cast(to))


def is_period(of: Any) -> bool:
    """Whether a type is that of a span of time of pandas, which is stored as a number."""
    return isinstance(of, pa.BaseExtensionType) and of.extension_name == "pandas.period"


def period_texts(numbers: Any, freq: str) -> Any:
    """Spans of time as pandas writes them, for example ``2024-01``; the type is there only with pandas."""
    pandas = import_module("pandas")

    periods = [None if number is None else pandas.Period(ordinal=number, freq=freq) for number in numbers.to_pylist()]
    return pa.array([None if each is None else str(each) for each in periods], pa.string())


def uuid_of(value: object) -> uuid.UUID:
    """A UUID from what Arrow gives for one."""
    return value if isinstance(value, uuid.UUID) else uuid.UUID(bytes=bytes(value))  # type: ignore[call-overload]


def unique_names(names: Iterable[str], folded: Callable[[str], str] = str) -> list[str]:
    """``names`` with each repeated or empty one replaced; ``folded`` tells which names count as the same.

    >>> unique_names(["a", "", "a", "a_1"])
    ['a', 'column1', 'a_2', 'a_1']
    """
    given = [name or f"column{position}" for position, name in enumerate(names)]
    taken = {folded(name) for name in given}
    seen: set[str] = set()
    unique = []
    for name in given:
        chosen, count = name, 0
        while folded(chosen) in (seen if count == 0 else seen | taken):
            count += 1
            chosen = f"{name}_{count}"
        seen.add(folded(chosen))
        unique.append(chosen)
    return unique


def renamed(names: Iterable[str]) -> tuple[str, ...]:
    """A line for each name that :func:`unique_names` replaces, for people who wonder where a column went."""
    given = list(names)
    return tuple(
        f"column {position} is called {new!r}: " + (f"the name {old!r} is taken" if old else "it has no name")
        for position, (old, new) in enumerate(zip(given, unique_names(given), strict=True), 1)
        if old != new
    )


def in_pieces(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """``batches`` cut so that none has more than ``rows`` rows or none at all."""
    for batch in batches:
        for start in range(0, batch.num_rows, rows):
            yield batch.slice(start, rows)
