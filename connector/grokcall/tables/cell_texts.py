"""Columns as the text that CSV and JSON files hold.

What text cannot keep: an empty text reads back as NULL from CSV, NaN and infinities are NULL in JSON, and bytes inside
lists, structs or maps become base64. A map is an object; one that has a key twice is a list of its pairs.
"""

from __future__ import annotations

import base64
import re
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from grokcall.tables.moments import moment_texts
from grokcall.tables.nested import converted

ENCODER = msgspec.json.Encoder()
# In names all of these are quoted, for readers tell the delimiter by the header.
OTHER_DELIMITER = re.compile(r'[,;|\t"\r\n]|^$|^\s|\s$')
NEEDS_QUOTES = '[{delimiter}"\r\n]|^$|^\\s|\\s$'


def delimited_lines(batch: pa.RecordBatch, delimiter: str) -> bytes:
    """The rows as lines of CSV (RFC 4180, but LF): NULL is nothing, and values are quoted where they have to be."""
    columns = [quoted(text_of(column), delimiter) for column in batch.columns]
    if len(columns) == 1:
        # A line with nothing on it would be skipped by most readers, and the row be lost.
        columns = [columns[0].fill_null('""')]
    separator = pa.scalar(delimiter, pa.large_string())
    lines = pc.binary_join_element_wise(*columns, separator, null_handling="replace", null_replacement="")
    return "".join(f"{line}\n" for line in lines.to_pylist()).encode()


def header_line(names: list[str], delimiter: str) -> bytes:
    """The names as a line of CSV."""
    safe = [f'"{name.replace(chr(34), chr(34) * 2)}"' if OTHER_DELIMITER.search(name) else name for name in names]
    return (delimiter.join(safe) + "\n").encode()


def quoted(column: Any, delimiter: str) -> Any:
    """Texts, with quotes around those that would not be read back as they are."""
    pattern = NEEDS_QUOTES.format(delimiter=re.escape(delimiter))
    doubled = pc.replace_substring(column, '"', '""')
    mark = pa.scalar('"', pa.large_string())
    nothing = pa.scalar("", pa.large_string())
    return pc.if_else(
        pc.match_substring_regex(column, pattern), pc.binary_join_element_wise(mark, doubled, mark, nothing), column
    )


def text_of(column: Any) -> Any:
    """A column as text: ISO dates and times, plain decimals, JSON for lists, structs and maps."""
    of = column.type
    if pa.types.is_decimal(of):
        return pa.array(
            [None if value is None else format(value, "f") for value in column.to_pylist()], pa.large_string()
        )
    if pa.types.is_nested(of):
        values = values_of(column)
        texts = [None if value is None else ENCODER.encode(value).decode() for value in values]
        return pa.array(texts, pa.large_string())
    return moment_texts(column) if pa.types.is_temporal(of) else column.cast(pa.large_string())


def json_rows(batch: pa.RecordBatch) -> list[bytes]:
    """Each row as a JSON object; decimals are numbers with all their digits."""
    names = batch.schema.names
    columns = [values_of(column) for column in batch.columns]
    rows = zip(*columns, strict=True) if columns else ((),) * batch.num_rows
    return [ENCODER.encode(dict(zip(names, row, strict=True))) for row in rows]


def values_of(column: Any) -> list[Any]:
    """The values as Python values that have a JSON form."""
    of = column.type
    if pa.types.is_temporal(of):
        return list(text_of(column).to_pylist())
    if pa.types.is_nested(of):
        values = objects_of(with_texts(column))
        return [in_digits(value) for value in values] if "decimal" in str(of) else values
    values = list(column.to_pylist())
    return [in_digits(value) for value in values] if pa.types.is_decimal(of) else values


def objects_of(column: Any) -> list[Any]:
    """Nested values with maps as dictionaries; those of a value in which one has a key twice as lists of pairs."""
    try:
        return list(column.to_pylist(maps_as_pydicts="strict"))
    except KeyError:
        if len(column) == 1:
            return list(column.to_pylist())
        return [value for index in range(len(column)) for value in objects_of(column.slice(index, 1))]


def in_digits(value: Any) -> Any:
    """A value whose decimals are written with all their digits and without an exponent."""
    if isinstance(value, Decimal):
        return msgspec.Raw(format(value, "f").encode())
    if isinstance(value, list | tuple):
        return [in_digits(each) for each in value]
    return {key: in_digits(each) for key, each in value.items()} if isinstance(value, dict) else value


def python_values(column: Any, maps_as_pydicts: Any = None) -> list[Any]:
    """The values as Python values; a moment that Python has none for is the text that a CSV file would hold.

    >>> python_values(pa.array([0, 2**63 - 1], pa.int64()).cast(pa.timestamp("us")))
    [datetime.datetime(1970, 1, 1, 0, 0), 'infinity']
    """
    try:
        return list(column.to_pylist(maps_as_pydicts=maps_as_pydicts))
    except (OverflowError, ValueError):  # ValueError is for billionths of a second
        if len(column) == 1:
            return list(with_texts(column).to_pylist(maps_as_pydicts=maps_as_pydicts))
        pieces = (column.slice(index, 1) for index in range(len(column)))
        return [value for piece in pieces for value in python_values(piece, maps_as_pydicts)]


def python_rows(table: pa.Table | pa.RecordBatch) -> list[dict[str, Any]]:
    """The rows as dictionaries of Python values, as :func:`python_values` gives them."""
    names = table.schema.names
    columns = [python_values(column) for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def call_values(column: Any) -> list[Any]:
    """The values as the arguments of calls; NaN is a number that is missing, as NULL is."""
    values = python_values(column)
    if pa.types.is_floating(column.type):
        return [None if value != value else value for value in values]
    return values


def with_texts(column: Any) -> Any:
    """A column with text in place of dates, times and the keys of maps, also inside lists and structs."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return converted(column, jsonable_type(column.type), leaf_text)


def leaf_text(column: Any, to: Any) -> Any:
    """A column without types inside as text; bytes, which are none, in base64."""
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        return pa.array(
            [None if value is None else base64.b64encode(value).decode() for value in column.to_pylist()], to
        )
    return text_of(column).cast(to)


def jsonable_type(of: Any) -> Any:
    """A nested type with text in place of dates, times and the keys of maps."""
    is_ = pa.types
    if is_.is_large_list(of):
        return pa.large_list(pa.field("item", jsonable_type(of.value_type)))
    if is_.is_list(of):
        return pa.list_(pa.field("item", jsonable_type(of.value_type)))
    if is_.is_struct(of):
        return pa.struct([pa.field(child.name, jsonable_type(child.type)) for child in of])
    if is_.is_map(of):
        return pa.map_(pa.string(), jsonable_type(of.item_type))
    return pa.string() if is_.is_temporal(of) else of
