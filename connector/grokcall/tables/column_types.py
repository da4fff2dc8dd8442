"""Types for columns of text: those that a user names, and those that lose nothing of the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from grokcall.tables.cell_texts import text_of
from grokcall.tables.source import Source
from grokcall_parser.errors import DataError, ProgrammingError
from grokcall_parser.suggestions import hint

ColumnTypes: TypeAlias = Mapping[str, pa.DataType | str]

NAMED: Mapping[str, pa.DataType] = {
    "BOOLEAN": pa.bool_(),
    "BOOL": pa.bool_(),
    "TINYINT": pa.int8(),
    "INT16": pa.int16(),
    "SMALLINT": pa.int16(),
    "INT32": pa.int32(),
    "INTEGER": pa.int32(),
    "INT": pa.int32(),
    "INT64": pa.int64(),
    "BIGINT": pa.int64(),
    "FLOAT": pa.float32(),
    "FLOAT32": pa.float32(),
    "REAL": pa.float32(),
    "DOUBLE": pa.float64(),
    "FLOAT64": pa.float64(),
    "DATE": pa.date32(),
    "TIME": pa.time64("us"),
    "TIMESTAMP": pa.timestamp("us"),
    "TIMESTAMPTZ": pa.timestamp("us", "UTC"),
    "STRING": pa.string(),
    "TEXT": pa.string(),
    "VARCHAR": pa.string(),
}
"""What types are called in words."""
DECIMAL = re.compile(r"(?:DECIMAL|NUMERIC)\((\d{1,2}),(\d{1,2})\)")

LOSSLESS: tuple[tuple[pa.DataType, str], ...] = (
    (pa.int64(), r"^(0|-?[1-9][0-9]{0,18})$"),
    (pa.float64(), r"^(0|-?[1-9][0-9]{0,14}|-?(0\.0{0,3}[1-9][0-9]*|[1-9][0-9]*\.[0-9]+))$"),
    (pa.bool_(), r"^(true|false)$"),
    (pa.date32(), r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}$"),
    (pa.timestamp("us"), r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$"),
    (pa.time64("us"), r"^[0-9]{2}:[0-9]{2}:[0-9]{2}$"),
)
"""Types to try for texts, and the texts to try them with: values that Python and Arrow write alike."""

SOME_DAY = "1970-01-01T"


def type_named(name: str) -> pa.DataType:
    """The type that a user calls ``name``.

    Raises:
        ProgrammingError: There is none.

    >>> type_named("int64"), type_named("decimal(10, 2)")
    (DataType(int64), Decimal128Type(decimal128(10, 2)))
    """
    folded = name.upper().replace(" ", "")
    decimal = DECIMAL.fullmatch(folded)
    if decimal and 0 < int(decimal[1]) <= 38 and int(decimal[2]) <= int(decimal[1]):
        return pa.decimal128(int(decimal[1]), int(decimal[2]))
    found = NAMED.get(folded)
    if found is None:
        known = f"{', '.join(NAMED)} and DECIMAL(precision, scale)"
        raise ProgrammingError(f"there is no type {name!r}; {hint(folded, NAMED, f'there are {known}', quoted=True)}")
    return found


def checked_columns(types: str, columns: ColumnTypes | None) -> dict[str, pa.DataType]:
    """The types that were given for columns.

    Raises:
        ProgrammingError: ``types`` is no such word, a type is unknown, or there are none although they were announced.
    """
    if types not in ("text", "auto", "schema"):
        raise ProgrammingError(f"types must be text, auto or schema, not {types!r}")
    if types == "schema" and not columns:
        raise ProgrammingError(
            "types 'schema' goes by the types of columns; give them with columns (--column id=INT64)"
        )
    return {name: type_named(of) if isinstance(of, str) else of for name, of in (columns or {}).items()}


def typed_schema(schema: pa.Schema, columns: Mapping[str, pa.DataType]) -> pa.Schema:
    """``schema`` with other types for some columns.

    Raises:
        ProgrammingError: There is no such column.
    """
    for name in columns:
        if name not in schema.names:
            raise ProgrammingError(
                f"there is no column {name!r} to give a type; {hint(name, schema.names, quoted=True)}"
            )
    return pa.schema([pa.field(field.name, columns.get(field.name, field.type)) for field in schema])


def typed_source(source: Source, columns: Mapping[str, pa.DataType], *, batch_rows: int) -> Source:
    """``source`` with other types for some columns.

    Raises:
        ProgrammingError: There is no such column.
    """
    schema = typed_schema(source.schema, columns)
    if schema.equals(source.schema):
        return source

    def batches() -> Iterator[pa.RecordBatch]:
        done = 0
        for batch in source:
            yield typed_batch(batch, schema, partial(place_after, source.place, done))
            done += batch.num_rows

    typed = Source(
        source.name,
        schema,
        batches(),
        row_count=source.row_count,
        batch_rows=batch_rows,
        close=source.close,
        place=source.place,
    )
    typed.notes = source.notes
    return typed


def place_after(place: Callable[[int], str], done: int, index: int) -> str:
    """Where the row with this index is that follows ``done`` others."""
    return place(done + index + 1)


def typed_batch(batch: pa.RecordBatch, schema: pa.Schema, place: Callable[[int], str]) -> pa.RecordBatch:
    """``batch`` with the types of ``schema``.

    Args:
        batch: The rows.
        schema: The columns with the types that they get.
        place: Tells where a row is, by its index.

    Raises:
        DataError: A value is none of its column's type; the message names its place.
    """
    columns = []
    for field, column in zip(schema, batch.columns, strict=True):
        try:
            columns.append(cast_to(column, field.type))
        except (pa.ArrowException, ValueError, OverflowError):
            index = next(index for index in range(len(column)) if not fits(column.slice(index, 1), field.type))
            shown = str(column[index])
            shown = shown if len(shown) <= 40 else f"{shown[:37]}…"
            raise DataError(f'{place(index)}, column "{field.name}": {shown!r} is no {field.type}') from None
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def cast_to(column: Any, to: pa.DataType) -> Any:
    """A column in another type; blanks around a text are no part of a number or date."""
    if column.type.equals(to):
        return column
    if pa.types.is_string(to) or pa.types.is_large_string(to):
        return text_of(column).cast(to)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.utf8_trim_whitespace(column)
        if pa.types.is_integer(to):
            column = pc.replace_substring_regex(column, r"^\+", "")
        if pa.types.is_time(to):  # Arrow reads times of day as parts of moments only
            column = pc.binary_join_element_wise(SOME_DAY, column.cast(pa.string()), "").cast(pa.timestamp("us"))
    return column.cast(to)


def fits(column: Any, to: pa.DataType) -> bool:
    """Whether every value of a column can be cast."""
    try:
        cast_to(column, to)
    except (pa.ArrowException, ValueError, OverflowError):
        return False
    return True


def fitting_types(names: list[str], batches: Iterable[pa.RecordBatch]) -> dict[str, pa.DataType]:
    """For each column of texts the type that gives the same texts back, where there is one.

    Args:
        names: What the columns are called.
        batches: All rows.
    """
    left = {name: list(LOSSLESS) for name in names}
    filled: set[str] = set()
    for batch in batches:
        for name, column in zip(names, batch.columns, strict=True):
            if column.null_count < len(column):
                filled.add(name)
                left[name] = [(of, pattern) for of, pattern in left[name] if gives_back(column, of, pattern)]
    return {name: left[name][0][0] for name in names if left[name] and name in filled}


def gives_back(column: Any, of: pa.DataType, pattern: str) -> bool:
    """Whether the texts of a column, read as a type, are written again as they are."""
    if not pc.all(pc.match_substring_regex(column, pattern)).as_py():
        return False
    try:
        return bool(pc.all(pc.equal(text_of(cast_to(column, of)).cast(pa.string()), column)).as_py())
    except pa.ArrowException:
        return False
