"""The types of parameters and result fields, and how a value becomes one of them.

Coercion is wide at the door, where integers may be text and images a ``memoryview``; what leaves here is exactly one
Python type for each parameter type.
"""

from __future__ import annotations

import base64
import datetime
import enum
import json
import math
import re
from collections.abc import Callable, Mapping
from decimal import Context, Decimal

import msgspec
import pyarrow as pa

from grokcall_procedures.timestamps import to_timestamp
from grokcall_procedures.unfit import UnfitValue as UnfitValue
from grokcall_procedures.unfit import described as described
from grokcall_procedures.unfit import json_fault, text_instead

MOST_DIGITS = 40
"""Digits of a whole number that are looked at; 64 bits have 19."""
LARGEST_PLAIN = 1e16
"""From here on doubles are written with an exponent."""
INT32_RANGE = (-(2**31), 2**31 - 1)
INT64_RANGE = (-(2**63), 2**63 - 1)
DECIMALS = 10
LEAST_DECIMAL = Decimal(1).scaleb(-DECIMALS)
WIDE = Context(prec=50)
LARGEST_DECIMAL = Decimal(10) ** 28
"""What a decimal of 38 digits with ten decimals has room for."""
MOST_TICKS = INT64_RANGE[1]
"""The highest price, in ticks of 1e-10 USD, that columns and journals hold."""


class ParameterType(enum.StrEnum):
    """A parameter's or a field's type, by the vendor's name."""

    STRING = "String"
    ENUM = "Enum"
    INT32 = "Int32"
    INT64 = "Int64"
    DOUBLE = "Double"
    BOOLEAN = "Boolean"
    BINARY = "Binary"
    FILE = "File"
    JSON = "Json"
    TIMESTAMP = "Timestamp"
    DECIMAL = "Decimal"

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type of a column of this type."""
        return ARROW_TYPES[self]


ARROW_TYPES: Mapping[ParameterType, pa.DataType] = {
    ParameterType.STRING: pa.string(),
    ParameterType.ENUM: pa.string(),
    ParameterType.INT32: pa.int32(),
    ParameterType.INT64: pa.int64(),
    ParameterType.DOUBLE: pa.float64(),
    ParameterType.BOOLEAN: pa.bool_(),
    ParameterType.BINARY: pa.large_binary(),
    ParameterType.FILE: pa.large_binary(),
    ParameterType.JSON: pa.string(),
    ParameterType.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    ParameterType.DECIMAL: pa.decimal128(38, 10),
}


def coerce(value: object, to: ParameterType) -> object:
    """``value`` as the one Python type of ``to``; None stays None.

    Raises:
        UnfitValue: The value is of another kind, or out of the type's range.

    >>> coerce("42", ParameterType.INT32), coerce(1, ParameterType.BOOLEAN), coerce(7, ParameterType.STRING)
    (42, True, '7')
    """
    value = plain(value)
    return None if value is None else COERCIONS[to](value)


PLAIN_TYPES = frozenset({str, bytes, int, float, bool, type(None)})


def plain(value: object) -> object:
    """Arrow and NumPy scalars as the Python values that they hold; what stands for a missing value is None."""
    if type(value) not in PLAIN_TYPES:
        value = held_value(value)
    return None if is_missing(value) else value


def held_value(value: object) -> object:
    """The Python value in a scalar of Arrow or NumPy; anything else as it is."""
    if isinstance(value, pa.Scalar):
        return value.as_py()
    item = getattr(value, "item", None)
    if item is not None and getattr(value, "shape", None) == ():
        return item()
    return value


def is_missing(value: object) -> bool:
    """Whether a value is none: NaN, NaT and their like are not equal to themselves, and ``pandas.NA`` cannot tell."""
    if isinstance(value, str | bytes | int | list | dict):
        return False
    try:
        return bool(value != value)
    except (TypeError, ValueError, ArithmeticError):  # arrays are compared element by element, sNaN not at all
        return type(value).__name__ == "NAType" or (isinstance(value, Decimal) and value.is_snan())


def to_string(value: object) -> str:
    """Text; numbers, truth values, dates and UTF-8 bytes become text, anything else does not."""
    if type(value) is str:
        text = value
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, str | int | float | Decimal):
        text = number_text(value)
    elif isinstance(value, datetime.date | datetime.time):
        text = value.isoformat()
    elif isinstance(value, bytes | bytearray | memoryview):
        try:
            text = bytes(value).decode("utf-8")
        except UnicodeDecodeError as error:
            raise UnfitValue(f"the bytes are not UTF-8 text (byte {error.start})") from None
    else:
        raise UnfitValue(f"expected text, got {described(value)}")
    return text if text.isascii() else well_formed(text)


def number_text(value: str | int | float | Decimal) -> str:
    """A number as text, a whole one without ``.0``; Python refuses to write an integer of thousands of digits."""
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST_PLAIN:
        return str(int(value))
    try:
        return str(value)
    except ValueError as error:
        raise UnfitValue(f"is a number that cannot be written ({error})") from None


def well_formed(text: str) -> str:
    """``text`` with lone surrogates, which no JSON body can carry, replaced by U+FFFD."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def to_integer(value: object, low: int, high: int) -> int:
    """A whole number from ``low`` to ``high``; text that reads as one will do."""
    if isinstance(value, bool):
        raise UnfitValue("expected a whole number, got a truth value")
    if isinstance(value, str):
        if not re.fullmatch(r"\s*[+-]?\d{1,40}(\.0*)?\s*", value):
            raise UnfitValue(f"expected a whole number, got {described(value)}")
        number = int(value.split(".")[0])
    elif isinstance(value, int):
        number = value
    elif isinstance(value, float | Decimal):
        if not is_whole(value):
            raise UnfitValue(f"expected a whole number, got {value}")
        number = int(value)
    else:
        raise UnfitValue(f"expected a whole number, got {described(value)}")
    if not low <= number <= high:
        raise UnfitValue(f"{described(number)} is out of range ({low} to {high})")
    return number


def is_whole(value: float | Decimal) -> bool:
    """Whether a number is finite and without a fraction; a huge Decimal is not, for it would take long to find out."""
    if isinstance(value, Decimal):
        return value.is_finite() and value.adjusted() < MOST_DIGITS and value == value.to_integral_value()
    return float(value).is_integer()


def to_int32(value: object) -> int:
    """A whole number of 32 bits."""
    return to_integer(value, *INT32_RANGE)


def to_int64(value: object) -> int:
    """A whole number of 64 bits."""
    return to_integer(value, *INT64_RANGE)


def to_double(value: object) -> float:
    """A finite number; text that reads as one will do."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise UnfitValue(f"expected a number, got {described(value)}")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise UnfitValue(f"expected a number, got {described(value)}") from None
    if not math.isfinite(number):
        raise UnfitValue(f"expected a finite number, got {described(value)}")
    return number


TRUTH = {"true": True, "t": True, "yes": True, "1": True, "false": False, "f": False, "no": False, "0": False}


def to_boolean(value: object) -> bool:
    """A truth value; 0, 1 and the usual words will do."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str | int | float | Decimal):
        known = TRUTH.get(number_text(value).strip().lower())
        if known is not None:
            return known
    raise UnfitValue(f"expected TRUE or FALSE, got {described(value)}")


LONGEST_DATA_URI_HEAD = 200
"""Characters before the comma of a data URI; longer text is none."""


def to_binary(value: object) -> bytes:
    """Bytes; a ``data:…;base64,`` text is decoded, other text is refused because it could be a path or base64."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, str):
        start = data_uri_start(value)
        if start is not None:
            try:
                return base64.b64decode(value[start:], validate=True)
            except ValueError:
                raise UnfitValue("the data URI does not hold valid base64") from None
        raise UnfitValue(f"expected bytes, got {text_instead(value)}")
    raise UnfitValue(f"expected bytes, got {described(value)}")


def data_uri_start(text: str) -> int | None:
    """Where the base64 of a ``data:…;base64,`` text begins; None for any other text.

    >>> data_uri_start("data:image/png;base64,AAAA"), data_uri_start("photo.png")
    (22, None)
    """
    comma = text.find(",", 0, LONGEST_DATA_URI_HEAD)
    head = text[: max(comma, 0)].lower()
    return comma + 1 if head.startswith("data:") and head.endswith(";base64") else None


def to_json(value: object) -> str:
    """JSON text; lists and dicts are written as JSON, text must be JSON already."""
    if isinstance(value, str):
        text = well_formed(value)
        try:
            msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            raise UnfitValue(f"not valid JSON ({json_fault(error)})") from None
        return text
    if isinstance(value, bytes | bytearray | memoryview):
        return to_json(to_string(value))
    try:
        return well_formed(json.dumps(value, ensure_ascii=False, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise UnfitValue(f"cannot be written as JSON ({error})") from None


def to_decimal(value: object) -> Decimal:
    """An amount as it was written, with up to ten decimals.

    >>> to_decimal("12.50"), to_decimal(0.1)
    (Decimal('12.50'), Decimal('0.1'))
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise UnfitValue(f"expected a number, got {described(value)}")
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except ArithmeticError:
        raise UnfitValue(f"expected a number, got {described(value)}") from None
    if not number.is_finite() or abs(number) >= LARGEST_DECIMAL:
        raise UnfitValue(f"has no room in 38 digits with ten decimals: {described(value)}")
    return number if -int(number.as_tuple().exponent) <= DECIMALS else number.quantize(LEAST_DECIMAL, context=WIDE)


COERCIONS: Mapping[ParameterType, Callable[[object], object]] = {
    ParameterType.STRING: to_string,
    ParameterType.ENUM: to_string,
    ParameterType.INT32: to_int32,
    ParameterType.INT64: to_int64,
    ParameterType.DOUBLE: to_double,
    ParameterType.BOOLEAN: to_boolean,
    ParameterType.BINARY: to_binary,
    ParameterType.FILE: to_binary,
    ParameterType.JSON: to_json,
    ParameterType.TIMESTAMP: to_timestamp,
    ParameterType.DECIMAL: to_decimal,
}
