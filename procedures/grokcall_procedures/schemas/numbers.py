"""The types of numbers in an answer."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

import pyarrow as pa

from grokcall_procedures.schemas.mismatch import wrong
from grokcall_procedures.schemas.values import JsonSchema
from grokcall_procedures.types import MOST_DIGITS

LARGEST_EXACT_BITS = 53
"""Bits of the whole numbers that every JSON reader keeps exact; bounds beyond them are not sent."""

WIDE = Context(prec=80)
"""Enough digits for every step of rounding."""


@dataclass(frozen=True, slots=True)
class IntegerType:
    """A whole number of some bits, with a sign or without.

    Args:
        name: Its name in SQL.
        arrow: Its Arrow type.
        low: The smallest value.
        high: The largest value.
    """

    name: str
    arrow: pa.DataType
    low: int
    high: int

    def json_schema(self) -> JsonSchema:
        """An integer within the bounds; bounds that not every JSON reader keeps exact are left out."""
        schema: JsonSchema = {"type": "integer"}
        if self.low.bit_length() <= LARGEST_EXACT_BITS:
            schema["minimum"] = self.low
        if self.high.bit_length() <= LARGEST_EXACT_BITS:
            schema["maximum"] = self.high
        return schema

    def decode(self, value: object, place: str) -> int:
        """A whole number; ``5.0`` is one, as JSON Schema has it."""
        if isinstance(value, Decimal) and value.adjusted() < MOST_DIGITS and value == value.to_integral_value():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong(place, self, value)
        if not self.low <= value <= self.high:
            raise wrong(place, f"{self} ({self.low} to {self.high})", value)
        return value

    def __str__(self) -> str:
        return self.name


def integer(name: str, bits: int, *, signed: bool = True) -> IntegerType:
    """The whole number of so many bits."""
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    makers = {8: (pa.int8, pa.uint8), 16: (pa.int16, pa.uint16), 32: (pa.int32, pa.uint32), 64: (pa.int64, pa.uint64)}
    return IntegerType(name, makers[bits][0 if signed else 1](), low, high)


@dataclass(frozen=True, slots=True)
class DecimalType:
    """DECIMAL(precision, scale): exact, never through a binary fraction."""

    precision: int
    scale: int

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type."""
        return pa.decimal128(self.precision, self.scale)

    def json_schema(self) -> JsonSchema:
        """A number of so many digits."""
        whole = self.precision - self.scale
        digits = f"A number with at most {whole} digits before the point and {self.scale} after it."
        return {"type": "number", "description": digits}

    def decode(self, value: object, place: str) -> Decimal:
        """A number, rounded to the scale as DuckDB's cast does it."""
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise wrong(place, self, value)
        number = Decimal(value)
        if number and number.adjusted() > self.precision - self.scale:
            raise wrong(place, self, value)
        rounded = number.quantize(Decimal(1).scaleb(-self.scale), ROUND_HALF_UP, WIDE)
        if rounded and rounded.adjusted() >= self.precision - self.scale:
            raise wrong(place, self, value)
        return rounded

    def __str__(self) -> str:
        return f"DECIMAL({self.precision},{self.scale})"


@dataclass(frozen=True, slots=True)
class FloatType:
    """DOUBLE, or FLOAT of 32 bits."""

    bits: int

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type."""
        return pa.float64() if self.bits == 64 else pa.float32()

    def json_schema(self) -> JsonSchema:
        """A number."""
        return {"type": "number"}

    def decode(self, value: object, place: str) -> float:
        """A number within the range of the type."""
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise wrong(place, self, value)
        try:
            number = float(value)
            if self.bits == 32:
                struct.pack("<f", number)
        except OverflowError:
            raise wrong(place, self, value) from None
        if math.isinf(number):
            raise wrong(place, self, value)
        return number

    def __str__(self) -> str:
        return "DOUBLE" if self.bits == 64 else "FLOAT"
