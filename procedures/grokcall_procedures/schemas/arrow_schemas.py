"""Columns as an Arrow schema declares them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from grokcall_procedures.schemas.moments import DateType, TimestampType, TimeType, UuidType
from grokcall_procedures.schemas.nested import ListType, MapType, Member, StructType
from grokcall_procedures.schemas.numbers import DecimalType, FloatType, integer
from grokcall_procedures.schemas.values import BooleanType, JsonType, TextType, ValueType
from grokcall_procedures.types import UnfitValue

DOCS = ("doc", "comment", "description")
"""The members of metadata that tell what a field is, the first that is there."""
LARGEST_PRECISION = 38

PLAIN: tuple[tuple[Callable[[Any], bool], ValueType], ...] = (
    (pa.types.is_boolean, BooleanType()),
    (pa.types.is_int8, integer("TINYINT", 8)),
    (pa.types.is_int16, integer("SMALLINT", 16)),
    (pa.types.is_int32, integer("INTEGER", 32)),
    (pa.types.is_int64, integer("BIGINT", 64)),
    (pa.types.is_uint8, integer("UTINYINT", 8, signed=False)),
    (pa.types.is_uint16, integer("USMALLINT", 16, signed=False)),
    (pa.types.is_uint32, integer("UINTEGER", 32, signed=False)),
    (pa.types.is_uint64, integer("UBIGINT", 64, signed=False)),
    (pa.types.is_float32, FloatType(32)),
    (pa.types.is_float64, FloatType(64)),
    (pa.types.is_string, TextType()),
    (pa.types.is_large_string, TextType()),
    (pa.types.is_string_view, TextType()),
    (pa.types.is_date, DateType()),
    (pa.types.is_time, TimeType()),
)
REMEDIES: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (pa.types.is_binary, "an answer is text and holds no bytes; use pa.string()"),
    (pa.types.is_large_binary, "an answer is text and holds no bytes; use pa.string()"),
    (pa.types.is_fixed_size_binary, "an answer is text and holds no bytes; use pa.string()"),
    (pa.types.is_float16, "use pa.float32()"),
    (pa.types.is_duration, "use pa.int64() and say in the field's metadata of which unit"),
    (pa.types.is_null, "give it the type that its values have"),
    (pa.types.is_decimal, f"use pa.decimal128(p, s) with p up to {LARGEST_PRECISION} and s from 0 to p"),
    (pa.types.is_map, "the keys of a map are pa.string() here, because JSON has no others"),
)


def arrow_members(schema: pa.Schema) -> tuple[Member, ...]:
    """The columns of a schema.

    Raises:
        UnfitValue: A field has a type that no answer has; the message names it.

    >>> [str(each) for each in arrow_members(pa.schema({"tags": pa.list_(pa.string())}))]
    ['tags VARCHAR[]']
    """
    if not len(schema):
        raise UnfitValue("is an Arrow schema without fields; name at least one")
    return tuple(arrow_member(field, field.name) for field in schema)


def arrow_member(field: pa.Field[Any], place: str) -> Member:
    """A field; what its metadata calls ``doc``, ``comment`` or ``description`` is told to the model."""
    told: Mapping[bytes, bytes] = field.metadata or {}
    comment = next((told[each.encode()].decode("utf-8", "replace") for each in DOCS if each.encode() in told), "")
    return Member(field.name, arrow_type(field.type, place), field.nullable, comment)


def arrow_type(kind: Any, place: str) -> ValueType:
    """The type of an answer's values that has the values of an Arrow type.

    Raises:
        UnfitValue: There is none.
    """
    if isinstance(kind, pa.BaseExtensionType):
        return extension_type(kind, place)
    for is_one, plain in PLAIN:
        if is_one(kind):
            return plain
    if pa.types.is_timestamp(kind):
        return TimestampType(zoned=kind.tz is not None)
    if pa.types.is_decimal(kind) and kind.precision <= LARGEST_PRECISION and 0 <= kind.scale <= kind.precision:
        return DecimalType(kind.precision, kind.scale)
    if pa.types.is_dictionary(kind):
        return arrow_type(kind.value_type, place)
    if pa.types.is_fixed_size_list(kind):
        return ListType(arrow_type(kind.value_type, f"{place}[]"), kind.list_size)
    if hasattr(kind, "value_field") and not pa.types.is_map(kind):
        return ListType(arrow_type(kind.value_type, f"{place}[]"))
    if pa.types.is_struct(kind) and kind.num_fields:
        return StructType(tuple(arrow_member(each, f"{place}.{each.name}") for each in kind.fields))
    if pa.types.is_map(kind) and arrow_type(kind.key_type, f"{place}['']") == TextType():
        return MapType(arrow_type(kind.item_type, f"{place}['']"))
    remedy = next((told for is_one, told in REMEDIES if is_one(kind)), "use another type")
    raise UnfitValue(f"is an Arrow schema whose field {place} is {kind}, which an answer cannot be: {remedy}")


def extension_type(kind: Any, place: str) -> ValueType:
    """A UUID or JSON; any other extension is what it is stored as."""
    if kind.extension_name == "arrow.uuid":
        return UuidType()
    return JsonType() if kind.extension_name == "arrow.json" else arrow_type(kind.storage_type, place)
