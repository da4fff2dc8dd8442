"""What an annotation of Python declares, and how its values are made of those of a column."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
import types
import typing
import uuid
from collections import abc
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from grokcall_procedures.schemas.mismatch import Refused
from grokcall_procedures.schemas.moments import DateType, TimestampType, TimeType, UuidType
from grokcall_procedures.schemas.nested import ListType, MapType
from grokcall_procedures.schemas.numbers import DecimalType, FloatType, integer
from grokcall_procedures.schemas.values import BooleanType, EnumType, JsonType, TextType, ValueType
from grokcall_procedures.types import UnfitValue

Convert: TypeAlias = Callable[[object, str], object]
"""Makes the value of a column, which is not NULL, one of the annotation; told its place."""
EXAMPLES: Mapping[object, str] = {
    bytes: "an answer is text and holds no bytes; annotate it as str",
    bytearray: "an answer is text and holds no bytes; annotate it as str",
    datetime.timedelta: "annotate it as int or float, and say of which unit",
    complex: "annotate it as list[float]",
    list: "say what it holds, as in list[str]",
    tuple: "say what it holds, as in tuple[str, ...]",
    set: "say what it holds, as in set[str]",
    frozenset: "say what it holds, as in frozenset[str]",
}
LISTS: Mapping[object, Callable[[Iterable[object]], object]] = {
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    abc.Sequence: list,
    abc.Iterable: list,
    abc.Collection: list,
    abc.Set: frozenset,
}
MAPS = frozenset({dict, abc.Mapping, abc.MutableMapping})


@dataclass(frozen=True, slots=True)
class Reading:
    """What an annotation declares.

    Args:
        type: The type of the column.
        convert: Makes a value of the annotation.
    """

    type: ValueType
    convert: Convert


@dataclass(frozen=True, slots=True)
class Hint:
    """An annotation without what stands around it.

    Args:
        kind: The annotation.
        nullable: Whether None was among its types.
        comment: A text that ``Annotated`` had beside it.
    """

    kind: Any
    nullable: bool = False
    comment: str = ""


Nested: TypeAlias = Callable[[type, str], Reading]
"""Reads a dataclass."""


def as_it_is(value: object, _place: str) -> object:
    """A value of a column that is one of the annotation already."""
    return value


def decoded(value: object, _place: str) -> object:
    """What the JSON text of a column holds."""
    return json.loads(str(value))


def shortest(value: object, _place: str) -> object:
    """A decimal without the zeros that its column has room for."""
    number = decimal.Decimal(str(value))
    return number.quantize(decimal.Decimal(1)) if number == number.to_integral_value() else number.normalize()


def identity(value: object, _place: str) -> object:
    """A UUID, which DuckDB gives as text."""
    return value if isinstance(value, uuid.UUID) else uuid.UUID(str(value))


PLAIN: Mapping[object, Reading] = {
    bool: Reading(BooleanType(), as_it_is),
    int: Reading(integer("BIGINT", 64), as_it_is),
    float: Reading(FloatType(64), as_it_is),
    str: Reading(TextType(), as_it_is),
    decimal.Decimal: Reading(DecimalType(38, 10), shortest),
    datetime.datetime: Reading(TimestampType(zoned=False), as_it_is),
    datetime.date: Reading(DateType(), as_it_is),
    datetime.time: Reading(TimeType(), as_it_is),
    uuid.UUID: Reading(UuidType(), identity),
    Any: Reading(JsonType(), decoded),
    object: Reading(JsonType(), decoded),
    dict: Reading(JsonType(), decoded),
}


def unwrapped(hint: Any) -> Hint:
    """An annotation without ``Annotated``, ``Optional`` and other names for it."""
    nullable, comment = False, ""
    while True:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Annotated:
            comment = comment or next((each for each in arguments[1:] if isinstance(each, str)), "")
            hint = arguments[0]
        elif origin in (typing.Union, types.UnionType) and types.NoneType in arguments:
            nullable = True
            hint = typing.Union[tuple(each for each in arguments if each is not types.NoneType)]  # noqa: UP007
        elif origin is typing.Literal and None in arguments:
            nullable = True
            hint = typing.Literal[tuple(each for each in arguments if each is not None)]
        elif isinstance(hint, typing.NewType):
            hint = hint.__supertype__
        elif type(hint).__name__ == "TypeAliasType":
            hint = hint.__value__
        else:
            return Hint(hint, nullable or hint in (Any, object), comment)


def read_hint(hint: Hint, place: str, nested: Nested) -> Reading:
    """What an annotation declares.

    Args:
        hint: The annotation.
        place: The class and the field, for messages.
        nested: Reads a dataclass.

    Raises:
        UnfitValue: No value of an answer is one of it; the message says what to write instead.
    """
    kind, origin, arguments = hint.kind, typing.get_origin(hint.kind), typing.get_args(hint.kind)
    if origin is typing.Literal:
        return literal(arguments, place)
    if origin in LISTS and arguments:
        return listed(origin, arguments, place, nested)
    if origin in MAPS:
        return mapped(arguments, place, nested)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return enumerated(kind, place)
    if isinstance(kind, type) and origin is None and dataclasses.is_dataclass(kind):
        return nested(kind, place)
    try:
        known = PLAIN.get(kind)
    except TypeError:  # what cannot be hashed is no type
        known = None
    if known is not None:
        return known
    if origin in (typing.Union, types.UnionType):
        raise unfit(place, kind, "a column has one type; annotate it as Any, which is JSON")
    raise unfit(place, kind, EXAMPLES.get(origin or kind, "use a dataclass, or Any, which is JSON"))


def unfit(place: str, kind: object, remedy: str) -> UnfitValue:
    """The error of an annotation that is no type of an answer's values."""
    name = kind.__name__ if isinstance(kind, type) and not typing.get_args(kind) else str(kind)
    return UnfitValue(f"{place} is {name}, which an answer cannot be: {remedy}")


def literal(values: tuple[object, ...], place: str) -> Reading:
    """``Literal['a', 'b']``."""
    if not values or not all(isinstance(each, str) for each in values):
        raise UnfitValue(f"{place} is a Literal of other values than texts; use texts, or an Enum")
    return Reading(EnumType(tuple(map(str, dict.fromkeys(values)))), as_it_is)


def enumerated(kind: type[enum.Enum], place: str) -> Reading:
    """An Enum: by its values where they are all texts, else by its names."""
    members = list(kind)
    if not members:
        raise UnfitValue(f"{place} is the Enum {kind.__name__}, which has no members")
    by_value = all(isinstance(each.value, str) for each in members)
    by_text = {str(each.value) if by_value else str(each.name): each for each in members}

    def convert(value: object, at: str) -> object:
        found = by_text.get(str(value))
        if found is None:
            raise Refused(at, f"{value!r} is not one of {kind.__name__}")
        return found

    return Reading(EnumType(tuple(by_text)), convert)


def listed(origin: object, arguments: tuple[Any, ...], place: str, nested: Nested) -> Reading:
    """``list[T]`` and its like, ``tuple[T, ...]``, ``tuple[T, T]``."""
    length = None
    if origin is tuple and arguments[-1] is not Ellipsis:
        length = len(arguments)
        if any(each != arguments[0] for each in arguments):
            raise unfit(place, typing.Tuple[arguments], "its parts have several types; use a dataclass")  # noqa: UP006
    element = inner(arguments[0], f"{place}[]", nested)
    make = LISTS[origin]

    def convert(value: object, at: str) -> object:
        if not isinstance(value, list | tuple):
            raise Refused(at, "is no list")
        return make(element.convert(each, f"{at}[{number}]") for number, each in enumerate(value, 1))

    return Reading(ListType(element.type, length), convert)


def mapped(arguments: tuple[Any, ...], place: str, nested: Nested) -> Reading:
    """``dict[str, T]``."""
    if len(arguments) != 2 or unwrapped(arguments[0]) != Hint(str):
        raise UnfitValue(f"{place} is a dict whose keys are no texts, and JSON has no others; use dict[str, …]")
    element = inner(arguments[1], f"{place}['']", nested)

    def convert(value: object, at: str) -> object:
        pairs: Any = value.items() if isinstance(value, Mapping) else value  # Arrow gives a map as pairs
        return {key: element.convert(each, f"{at}[{key!r}]") for key, each in pairs}

    return Reading(MapType(element.type), convert)


def inner(hint: Any, place: str, nested: Nested) -> Reading:
    """What a list or a dict holds.

    Raises:
        UnfitValue: It may be None, or is no type of an answer's values.
    """
    known = unwrapped(hint)
    if known.nullable:
        raise UnfitValue(f"{place} may be None, and what a list or a dict holds never is; leave None out")
    return read_hint(known, place, nested)
