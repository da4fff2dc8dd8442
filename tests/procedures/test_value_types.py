"""Values become the one Python type of their parameter, or are refused with a reason; nothing else happens."""

import base64
import datetime
import json
from decimal import Decimal

import numpy as np
import pandas
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokcall_procedures import ParameterType, UnfitValue, coerce

STRING, ENUM, INT32, INT64 = ParameterType.STRING, ParameterType.ENUM, ParameterType.INT32, ParameterType.INT64
DOUBLE, BOOLEAN, BINARY, JSON = ParameterType.DOUBLE, ParameterType.BOOLEAN, ParameterType.BINARY, ParameterType.JSON

TAKEN = [
    (STRING, "hi", "hi"),
    (STRING, "", ""),
    (STRING, 7, "7"),
    (STRING, Decimal("1.50"), "1.50"),
    (STRING, True, "true"),
    (STRING, b"\xc3\xa9t\xc3\xa9", "été"),
    (STRING, memoryview(b"ab"), "ab"),
    (STRING, datetime.date(2026, 5, 4), "2026-05-04"),
    (STRING, datetime.datetime(2026, 5, 4, 3, 2, 1), "2026-05-04T03:02:01"),
    (STRING, "a\ud800b", "a\ufffdb"),
    (STRING, "\ud83d\ude00", "😀"),
    (STRING, pa.scalar("arrow"), "arrow"),
    (ENUM, "grok-4.3", "grok-4.3"),
    (INT32, 42, 42),
    (INT32, "42", 42),
    (INT32, " -7 ", -7),
    (INT32, "+3", 3),
    (INT32, "5.0", 5),
    (INT32, 5.0, 5),
    (INT32, Decimal("5"), 5),
    (INT32, Decimal("1E+2"), 100),
    (INT32, np.int64(9), 9),
    (INT32, pa.scalar(9, pa.int8()), 9),
    (INT32, 2**31 - 1, 2147483647),
    (INT32, -(2**31), -2147483648),
    (INT64, 2**63 - 1, 9223372036854775807),
    (DOUBLE, 0.5, 0.5),
    (DOUBLE, "0.5", 0.5),
    (DOUBLE, 1, 1.0),
    (DOUBLE, Decimal("0.25"), 0.25),
    (DOUBLE, np.float32(0.5), 0.5),
    (BOOLEAN, True, True),
    (BOOLEAN, 0, False),
    (BOOLEAN, "TRUE", True),
    (BOOLEAN, "no", False),
    (BOOLEAN, np.bool_(True), True),
    (BINARY, b"\x00\xff", b"\x00\xff"),
    (BINARY, bytearray(b"ab"), b"ab"),
    (BINARY, memoryview(b"ab"), b"ab"),
    (BINARY, pa.scalar(b"ab", pa.large_binary()), b"ab"),
    (BINARY, "data:image/png;base64,iVBORw==", b"\x89PNG"),
    (BINARY, "DATA:;BASE64,", b""),
    (JSON, '{"a": 1}', '{"a": 1}'),
    (JSON, ["a", "ü"], '["a", "ü"]'),
    (JSON, {"a": None}, '{"a": null}'),
    (JSON, ["\ud800"], '["\ufffd"]'),
    (JSON, b"[1]", "[1]"),
]

REFUSED = [
    (STRING, b"\xff", "not UTF-8"),
    (STRING, ["a"], "expected text"),
    (STRING, 10**5000, "cannot be written"),
    (INT32, True, "truth value"),
    (INT32, "4.5", "whole number"),
    (INT32, "", "whole number"),
    (INT32, "1e3", "whole number"),
    (INT32, 4.5, "whole number"),
    (INT32, float("inf"), "whole number"),
    (INT32, Decimal("1E+999999"), "whole number"),
    (INT32, Decimal("1E-999999"), "whole number"),
    (INT32, 2**31, "out of range"),
    (INT32, 10**5000, "out of range"),
    (INT32, b"4", "whole number"),
    (INT64, 2**63, "out of range"),
    (DOUBLE, True, "expected a number"),
    (DOUBLE, "half", "expected a number"),
    (DOUBLE, "nan", "finite"),
    (DOUBLE, "1e999", "finite"),
    (DOUBLE, 10**5000, "expected a number"),
    (BOOLEAN, 2, "TRUE or FALSE"),
    (BOOLEAN, "maybe", "TRUE or FALSE"),
    (BOOLEAN, None.__class__, "TRUE or FALSE"),
    (BINARY, "photo.png", "got text"),
    (BINARY, "aGVsbG8=", "got text"),
    (BINARY, "data:image/png;base64,!", "valid base64"),
    (BINARY, "data:image/png;base64,é", "valid base64"),
    (BINARY, 5, "expected bytes"),
    (JSON, "{", "not valid JSON"),
    (JSON, "NaN", "not valid JSON"),
    (JSON, "[" * 100_000, "not valid JSON"),
    (JSON, [float("nan")], "cannot be written"),
    (JSON, object(), "cannot be written"),
]


@pytest.mark.parametrize(("kind", "value", "expected"), TAKEN, ids=[f"{row[0]}-{row[2]!r:.20}" for row in TAKEN])
def test_a_value_becomes_the_one_type_of_its_parameter(kind, value, expected):
    result = coerce(value, kind)

    assert (result, type(result)) == (expected, type(expected))


@pytest.mark.parametrize(("kind", "value", "reason"), REFUSED, ids=[f"{row[0]}-{row[2]}" for row in REFUSED])
def test_a_value_that_does_not_fit_is_refused_with_the_reason(kind, value, reason):
    with pytest.raises(UnfitValue, match=reason) as caught:
        coerce(value, kind)

    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("kind", ParameterType)
@pytest.mark.parametrize("null", [None, pa.scalar(None), pa.scalar(None, pa.int32())])
def test_null_stays_null_for_every_type(kind, null):
    assert coerce(null, kind) is None


def test_a_long_text_that_begins_like_a_data_uri_is_looked_at_in_no_time():
    with pytest.raises(UnfitValue, match="got text"):
        coerce("data:" + "a" * 5_000_000, BINARY)


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(alphabet=st.characters(), max_size=20),
    st.text(alphabet="0123456789.+-eE \ud800", max_size=20),
    st.binary(max_size=20),
    st.dates(),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.floats(), max_size=3),
)
PYTHON_TYPES = {
    STRING: str,
    ENUM: str,
    INT32: int,
    INT64: int,
    DOUBLE: float,
    BOOLEAN: bool,
    BINARY: bytes,
    ParameterType.FILE: bytes,
    JSON: str,
    ParameterType.TIMESTAMP: datetime.datetime,
    ParameterType.DECIMAL: Decimal,
}


@given(ANYTHING, st.sampled_from(list(ParameterType)))
def test_whatever_comes_is_refused_or_fits_its_arrow_column(value, kind):
    try:
        fitted = coerce(value, kind)
    except UnfitValue:
        return
    if fitted is not None:
        assert type(fitted) is PYTHON_TYPES[kind]
    assert pa.array([fitted], kind.arrow).to_pylist() == [fitted]


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_whole_number_comes_through_its_text_unharmed(number):
    assert coerce(str(number), INT64) == coerce(number, INT64) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_comes_through_its_text_unharmed(number):
    assert coerce(repr(number), DOUBLE) == number


@given(st.binary())
def test_bytes_come_through_a_data_uri_unharmed(data):
    assert coerce(f"data:image/png;base64,{base64.b64encode(data).decode()}", BINARY) == data


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8")),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    ).filter(lambda document: isinstance(document, list | dict))
)
def test_json_comes_through_unharmed(document):
    text = coerce(document, JSON)

    assert json.loads(text) == document
    assert coerce(text, JSON) == text


@pytest.mark.parametrize("kind", list(ParameterType))
@pytest.mark.parametrize(
    "missing",
    [
        float("nan"),
        Decimal("NaN"),
        Decimal("sNaN"),
        np.float64("nan"),
        np.float32("nan"),
        np.datetime64("NaT"),
        pandas.NaT,
        pandas.NA,
        pa.scalar(None, pa.int64()),
        pa.scalar(float("nan")),
    ],
    ids=repr,
)
def test_what_stands_for_a_missing_value_is_none(kind, missing):
    assert coerce(missing, kind) is None


def test_a_whole_double_is_text_without_a_fraction():
    assert [coerce(value, ParameterType.STRING) for value in (1.0, -2.0, 2.5, 1e15, 1e16, np.float64(3))] == [
        "1", "-2", "2.5", "1000000000000000", "1e+16", "3",
    ]  # fmt: skip
