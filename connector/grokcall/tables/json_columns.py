"""The columns of JSON objects: what their values have in common, and arrays of them that lose nothing.

| values | column |
|---|---|
| texts, whatever they look like | text |
| whole numbers | 64-bit integers, decimals of 38 digits where they are longer, text where that is too little |
| other numbers | doubles where those have all digits, decimals where these do, else text with the digits |
| true, false | truth values |
| lists | lists of what their elements have in common |
| objects | structs with all members; text where there are more than 1,000 |
| of several kinds | text: texts as they are, anything else as JSON |
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from grokcall_procedures.types import number_text, well_formed

MOST_MEMBERS = 1_000
MOST_DIGITS = 38
INT64 = range(-(2**63), 2**63)
PLAIN_NUMBER = re.compile(r"-?(\d{1,80})(?:\.(\d{1,80}))?")
EXACT_IN_DOUBLE = 2**53


class Literal(str):
    """A number as it is written."""

    __slots__ = ()


class JsonColumn:
    """What the values in one place of all objects have in common."""

    def __init__(self) -> None:
        self.kinds: set[type] = set()
        """The Python types of the values, without NULL."""
        self.numbers: Numbers = Numbers()
        self.items: JsonColumn | None = None
        self.members: dict[str, JsonColumn] = {}
        self._type: pa.DataType | None = None

    def observe(self, values: Sequence[Any]) -> None:
        """Takes note of values."""
        kinds = set(map(type, values)) - {type(None)}
        self.kinds |= kinds
        if int in kinds or float in kinds or Literal in kinds:
            self.numbers.observe(values)
        # What is text already stays text: nothing is kept of what is inside.
        if list in kinds and self.kinds == {list}:
            self.items = self.items or JsonColumn()
            self.items.observe([item for value in values if type(value) is list for item in value])
        if dict in kinds and self.kinds == {dict} and len(self.members) <= MOST_MEMBERS:
            observe_members(self.members, (value for value in values if type(value) is dict))

    @property
    def type(self) -> Any:
        """The Arrow type that holds every value."""
        if self._type is None:
            self._type = self._found_type()
        return self._type

    def _found_type(self) -> pa.DataType:
        if self.kinds == {bool}:
            return pa.bool_()
        if self.kinds and self.kinds <= {int, float, Literal}:
            return self.numbers.type
        if self.kinds == {list} and self.items is not None:
            return pa.list_(pa.field("item", self.items.type))
        if self.kinds == {dict} and not self.members:
            return pa.map_(pa.string(), pa.string())
        if self.kinds == {dict} and len(self.members) <= MOST_MEMBERS:
            return pa.struct([pa.field(well_formed(key), member.type) for key, member in self.members.items()])
        return pa.string()

    def array(self, values: Sequence[Any]) -> Any:
        """Values, all of them observed before, as an array of :attr:`type`."""
        of = self.type
        if pa.types.is_string(of):
            return text_array(values)
        if pa.types.is_list(of) and self.items is not None:
            return self._lists(values, self.items)
        if pa.types.is_struct(of):
            return self._structs(values)
        if pa.types.is_map(of):
            return pa.array([None if value is None else [] for value in values], of)
        if pa.types.is_decimal(of):
            return pa.array([None if value is None else Decimal(value) for value in values], of)
        if Literal in self.kinds:
            number = int if pa.types.is_integer(of) else float
            return pa.array([None if value is None else number(value) for value in values], of)
        return pa.array(values, of)

    def _lists(self, values: Sequence[Any], items: JsonColumn) -> Any:
        offsets: list[int | None] = []
        end = 0
        for value in values:
            offsets.append(None if value is None else end)
            end += len(value or ())
        flat = [item for value in values if value is not None for item in value]
        lists: Any = pa.ListArray
        return lists.from_arrays(pa.array([*offsets, end], pa.int32()), items.array(flat), self.type)

    def _structs(self, values: Sequence[Any]) -> Any:
        children = [
            member.array([None if value is None else value.get(key) for value in values])
            for key, member in self.members.items()
        ]
        missing = pa.array([value is None for value in values], pa.bool_())
        return pa.StructArray.from_arrays(children, fields=list(self.type), mask=missing)


def observe_members(members: dict[str, JsonColumn], objects: Iterable[dict[str, Any]]) -> None:
    """Takes note of the members of objects, each with its key."""
    found: dict[str, list[Any]] = {}
    for each in objects:
        for key, value in each.items():
            found.setdefault(key, []).append(value)
    for key, values in found.items():
        members.setdefault(key, JsonColumn()).observe(values)


class Numbers:
    """What the numbers of a column have in common."""

    def __init__(self) -> None:
        self.whole: bool = True
        """Whether all are whole, within what decimals hold."""
        self.fit_64_bits: bool = True
        self.written_alike: bool = True
        """Whether a double of each is written with the same characters."""
        self.exact: bool = True
        """Whether a double has all digits of each."""
        self.scales: set[int] = set()
        self.digits: int = 0
        """Digits before the point."""
        self.plain: bool = True
        """Whether none is written with an exponent or beyond all measure."""

    def observe(self, values: Sequence[Any]) -> None:
        """Takes note of the numbers among some values."""
        whole = [value for value in values if type(value) is int]
        if whole:
            largest = max(map(abs, whole))
            self.scales.add(0)
            self.digits = max(self.digits, len(str(largest)))
            self.exact &= largest <= EXACT_IN_DOUBLE
            self.written_alike &= largest <= EXACT_IN_DOUBLE
        for value in values:
            if type(value) is Literal:
                self._observe_literal(value)
            elif type(value) is float:  # an infinity
                self.whole = self.plain = self.fit_64_bits = False

    def _observe_literal(self, literal: Literal) -> None:
        number = float(literal)
        self.written_alike &= number_text(number) == literal
        found = PLAIN_NUMBER.fullmatch(literal)
        if found is None or literal == "-0":
            self.whole = self.plain = self.fit_64_bits = False
            self.exact &= abs(number) != float("inf") and Decimal(literal) == Decimal(repr(number))
            return
        scale = len(found[2] or "")
        self.exact &= Decimal(literal) == Decimal(repr(number))
        self.whole &= scale == 0
        self.fit_64_bits &= scale == 0 and int(literal) in INT64
        self.scales.add(scale)
        self.digits = max(self.digits, len(found[1]))

    @property
    def type(self) -> pa.DataType:
        """The type that has all digits of every number; text where there is none."""
        widest = max(self.scales, default=0)
        is_decimal = self.plain and self.digits + widest <= MOST_DIGITS
        if self.whole and self.fit_64_bits:
            return pa.int64()
        if self.whole and is_decimal:
            return pa.decimal128(MOST_DIGITS, 0)
        if self.written_alike and not self.whole:
            return pa.float64()
        if is_decimal and len(self.scales) == 1:
            return pa.decimal128(self.digits + widest, widest)
        if self.exact and not self.whole:
            return pa.float64()
        return pa.decimal128(self.digits + widest, widest) if is_decimal else pa.string()


def text_array(values: Sequence[Any]) -> Any:
    """Values of any kind as texts."""
    if not set(map(type, values)) <= {str, type(None)}:
        values = [None if value is None else text_of_json(value) for value in values]
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        return pa.array([None if value is None else well_formed(value) for value in values], pa.string())


def text_of_json(value: Any) -> str:
    """A text as it is, anything else as JSON."""
    return str(value) if isinstance(value, str) else json_text(value)


def json_text(value: Any) -> str:
    """A value as compact JSON, numbers with the digits that they have in the file."""
    if isinstance(value, Literal):
        return str(value)
    if isinstance(value, list):
        return f"[{','.join(map(json_text, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{json_text(str(key))}:{json_text(each)}' for key, each in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)
