"""Any table survives being written and read."""

import csv
import io
import json
import math
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from grokcall.tables import open_table, open_writer
from grokcall.tables.plain import plain_schema

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SMALL = st.one_of(TEXT, st.sampled_from(["a,b", '"', "x\ny", "\r\n", " ", "", "NULL", "\t", "\x00"]))
NAMES = SMALL.filter(lambda name: name.strip() and "\x00" not in name)


def moments(unit, zone):
    return st.integers(-(2**40), 2**40).map(lambda number: number * {"ms": 1, "us": 1000, "ns": 10**6}[unit] + 7)


LEAVES = [
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    (pa.uint8(), st.integers(0, 255)),
    (pa.float64(), st.floats()),
    (pa.bool_(), st.booleans()),
    (pa.string(), SMALL),
    (pa.binary(), st.binary(max_size=12)),
    (pa.date32(), st.integers(-100_000, 100_000)),
    (pa.time64("us"), st.integers(0, 86_399_999_999)),
    (pa.timestamp("us"), moments("us", None)),
    (pa.timestamp("us", "UTC"), moments("us", "UTC")),
    (pa.timestamp("ns"), moments("ns", None)),
    (pa.decimal128(20, 4), st.decimals(-(10**14), 10**14, places=4)),
]


def column(of, values, count):
    return st.lists(st.one_of(st.none(), values), min_size=count, max_size=count).map(lambda got: array_of(got, of))


def array_of(values, of):
    if pa.types.is_temporal(of):
        width = pa.int32() if pa.types.is_date32(of) else pa.int64()
        return pa.array(values, width).cast(of)
    return pa.array(values, of)


@st.composite
def tables(draw, leaves=LEAVES, nested=True):
    count = draw(st.integers(0, 30))
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=str.casefold))
    columns = []
    for _ in names:
        of, values = draw(st.sampled_from(leaves))
        if nested and not pa.types.is_temporal(of) and draw(st.booleans()):
            values = st.lists(st.one_of(st.none(), values), max_size=3)
            of = pa.list_(of)
            if draw(st.booleans()):
                of, values = (
                    pa.struct([("x", of), ("y", pa.string())]),
                    st.fixed_dictionaries({"x": values, "y": SMALL}),
                )
        columns.append(draw(column(of, values, count)))
    return pa.table(columns, names=names)


def round_trip(table, target, rows, **options):
    with tempfile.TemporaryDirectory() as folder:
        place = f"{folder}/{target}"
        with open_writer(place, table.schema) as writer:
            for batch in table.to_batches(max_chunksize=rows):
                writer.write(batch)
        assert writer.rows == table.num_rows
        with open_table(place, batch_rows=rows, **options) as source:
            back = source.read_all()
        return back, (Path(place).read_bytes() if "::" not in target else b"")


def comparable(value):
    """A value that equals itself, NaN and signs of zero included."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else (value, math.copysign(1, value))
    if isinstance(value, list):
        return [comparable(each) for each in value]
    if isinstance(value, dict):
        return {key: comparable(each) for key, each in value.items()}
    return value


QUICK = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.parametrize("target", ["o.parquet", "o.arrow", "o.duckdb::t"])
@QUICK
@given(table=tables(), rows=st.sampled_from([1, 3, 1000]))
def test_formats_with_types_give_back_exactly_what_was_written(target, table, rows):
    back, _ = round_trip(table, target, rows)
    assert back.schema == plain_schema(table.schema)
    assert [list(map(comparable, each.to_pylist())) for each in back.columns] == [
        list(map(comparable, each.to_pylist())) for each in table.columns
    ]


@QUICK
@given(table=tables(leaves=LEAVES[:6] + LEAVES[-1:], nested=False), rows=st.sampled_from([1, 3, 1000]))
def test_csv_gives_back_the_values_as_text(table, rows):
    back, data = round_trip(table, "o.csv", rows, types="text")
    assert back.column_names == table.column_names
    for got, given_ in zip(back.columns, table.columns, strict=True):
        for text, value in zip(got.to_pylist(), given_.to_pylist(), strict=True):
            if value is None or value == "":
                assert text is None
            elif isinstance(value, bool):
                assert text == str(value).lower()
            else:
                assert comparable(type(value)(text)) == comparable(value)
    lines = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert len(lines) == table.num_rows + 1


@QUICK
@given(table=tables(leaves=LEAVES[:6]), rows=st.sampled_from([1, 3, 1000]))
def test_json_gives_back_the_values_but_nan(table, rows):
    def finite(value):
        if isinstance(value, float):
            return value if math.isfinite(value) else None
        if isinstance(value, list):
            return [finite(each) for each in value]
        return {key: finite(each) for key, each in value.items()} if isinstance(value, dict) else value

    expected = [finite(row) for row in table.to_pylist()]
    for target in ("o.json", "o.jsonl"):
        back, data = round_trip(table, target, rows)
        assert (
            json.loads(data) if target == "o.json" else [json.loads(each) for each in data.split(b"\n") if each]
        ) == expected
        assert back.num_rows == table.num_rows


@QUICK
@given(table=tables(nested=False), rows=st.sampled_from([1, 1000]))
def test_text_formats_take_every_type(table, rows):
    for target in ("o.tsv", "o.jsonl"):
        back, _ = round_trip(table, target, rows)
        assert back.num_rows == table.num_rows
