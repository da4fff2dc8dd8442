"""What the tools of a program may give, and what a model reads of it."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import enum
import json
import pathlib
import uuid
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pydantic
import pytest

from grokcall.tools.outputs import output_of

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ROWS = [{"id": 1, "name": "é"}, {"id": 2, "name": None}]
TABLE = pa.Table.from_pylist(ROWS)
MOMENT = datetime.datetime(2026, 11, 1, 8, tzinfo=datetime.UTC)
UNIQUE = uuid.UUID("12345678-1234-5678-1234-567812345678")


class Colour(enum.Enum):
    RED = "red"


class Size(enum.IntEnum):
    SMALL = 1


@dataclasses.dataclass
class Point:
    x: int
    when: datetime.date


class Item(pydantic.BaseModel):
    price: Decimal


@pytest.mark.parametrize(
    ("given", "read"),
    [
        pytest.param({"a": (1, 2.5, True, None)}, {"a": [1, 2.5, True, None]}, id="plain"),
        pytest.param(float("nan"), None, id="not a number"),
        pytest.param(frozenset({3}), [3], id="a set"),
        pytest.param({Colour.RED: Colour.RED, "s": Size.SMALL}, {"red": "red", "s": 1}, id="enums"),
        pytest.param(Decimal("1.10"), "1.10", id="a decimal"),
        pytest.param(
            datetime.datetime(2026, 11, 1, 8, tzinfo=datetime.UTC), "2026-11-01T08:00:00+00:00", id="a moment"
        ),
        pytest.param(datetime.time(8, 30), "08:30:00", id="a time"),
        pytest.param(datetime.timedelta(minutes=2), 120.0, id="a length of time"),
        pytest.param(Point(1, datetime.date(2026, 11, 1)), {"x": 1, "when": "2026-11-01"}, id="a dataclass"),
        pytest.param(Item(price=Decimal("2.50")), {"price": "2.50"}, id="a model of pydantic"),
        pytest.param(TABLE, ROWS, id="a table of Arrow"),
        pytest.param(TABLE.to_batches()[0], ROWS, id="a batch of Arrow"),
        pytest.param(TABLE.to_reader(), ROWS, id="a reader of Arrow"),
        pytest.param(TABLE["id"], [1, 2], id="a column of Arrow"),
        pytest.param(pa.scalar(7), 7, id="a value of Arrow"),
        pytest.param(pl.DataFrame(ROWS), ROWS, id="a frame of Polars"),
        pytest.param(pd.DataFrame({"id": [1, 2]}), [{"id": 1}, {"id": 2}], id="a frame of pandas"),
        pytest.param(np.int64(5), 5, id="a value of NumPy"),
        pytest.param(UNIQUE, str(UNIQUE), id="a UUID"),
        pytest.param(pathlib.Path("a"), "a", id="a path"),
    ],
)
def test_a_model_reads_what_a_tool_gives_as_json(given: object, read: object):
    output = output_of(given, 10_000)
    assert isinstance(output, str)
    assert json.loads(output) == read


def test_a_result_of_duckdb_is_its_rows():
    with duckdb.connect() as database:
        found = database.sql("SELECT 1 AS a, 'x' AS b")
        assert json.loads(str(output_of(found, 1000))) == [{"a": 1, "b": "x"}]


def test_a_text_is_read_as_it_is_and_cut_between_two_characters():
    assert output_of("ééé", 100) == "ééé"
    assert output_of("ééé", 3) == "é\n[cut: 3 of 6 bytes]"


def test_an_image_and_a_list_with_one_are_parts():
    (alone,) = output_of(PIXEL, 10)
    assert alone["image_url"].startswith("data:image/png;base64,")
    text, image = output_of(["seen from above", PIXEL], 100)
    assert text == {"type": "input_text", "text": "seen from above"}
    assert image == alone


def nested(levels: int) -> object:
    return 1 if not levels else [nested(levels - 1)]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (b"no image", "the tool gave bytes that are no image"),
        (object(), "the tool gave a object, which JSON cannot say; return a dict, list or text"),
        ({"f": print}, "the tool gave a builtin_function_or_method"),
        (nested(200), "nested deeper than"),
    ],
    ids=["bytes", "an object", "a function", "too deep"],
)
def test_what_a_model_cannot_read_is_told_to_the_tool(given: object, told: str):
    with pytest.raises(TypeError, match=told):
        output_of(given, 1000)
