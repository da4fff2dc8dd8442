"""Any table survives being written and read."""

import csv
import io
import json
import math
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import openpyxl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from grokcall.tables import open_table, open_writer
from grokcall.tables.arrow_types import plain_schema

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


CELLS = st.one_of(
    SMALL,
    st.sampled_from(
        ["1.10", "007", "1e5", "+5", " true", "01/02/2024", "2024-01-02T10:00:00+02:00", "NaN", "5%", "-0"]
    ),
    st.integers().map(str),
    st.floats().map(str),
    st.datetimes().map(str),
)
INPUTS = ["i.csv", "i.tsv", "i.json", "i.jsonl", "i.parquet", "i.arrow", "i.xlsx"]
OUTPUTS = ["o.csv", "o.tsv", "o.json", "o.jsonl", "o.parquet", "o.arrow", "o.duckdb::t"]


def written_texts(place, values):
    """Writes a table of texts as other programs do."""
    if place.endswith((".csv", ".tsv")):
        with Path(place).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter="\t" if place.endswith("tsv") else ",", quoting=csv.QUOTE_ALL)
            writer.writerows([["id", "body"], *enumerate(values)])
    elif place.endswith(".json"):
        Path(place).write_text(json.dumps([{"id": n, "body": value} for n, value in enumerate(values)]))
    elif place.endswith(".jsonl"):
        Path(place).write_text("".join(json.dumps({"id": n, "body": value}) + "\n" for n, value in enumerate(values)))
    elif place.endswith(".xlsx"):
        book = openpyxl.Workbook()
        for row in [["id", "body"], *enumerate(values)]:
            book.active.append(row)
        for cell in book.active["B"][1:]:
            cell.data_type = "s"
        book.save(place)
    else:
        with open_writer(place, pa.schema({"id": pa.int64(), "body": pa.string()})) as writer:
            writer.write(pa.record_batch({"id": pa.array(range(len(values)), pa.int64()), "body": pa.array(values)}))


@pytest.mark.parametrize("source", INPUTS)
@settings(QUICK, max_examples=20)
@given(values=st.lists(CELLS.filter(lambda text: text.isprintable() and text), min_size=1, max_size=8), data=st.data())
def test_a_text_goes_from_any_format_into_any_other_as_it_stands(source, values, data):
    target = data.draw(st.sampled_from(OUTPUTS))
    if source == "i.xlsx":
        values = [value for value in values if value == value.strip()] or ["x"]  # what reads Excel takes blanks off
    with tempfile.TemporaryDirectory() as folder:
        written_texts(f"{folder}/{source}", values)
        with (
            open_table(f"{folder}/{source}") as table,
            open_writer(f"{folder}/{target}", table.schema) as writer,
        ):
            for batch in table:
                writer.write(batch)
        with open_table(f"{folder}/{target}") as table:
            assert table.read_all()["body"].to_pylist() == values


NUMBERS = st.one_of(
    st.integers(-(10**37), 10**37),
    st.integers(-1000, 1000),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
    TEXT,
)
VALUES = st.recursive(
    NUMBERS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=6
)


@QUICK
@given(values=st.lists(VALUES, min_size=1, max_size=6), form=st.sampled_from(["json", "jsonl"]))
def test_every_value_of_json_comes_through_with_its_meaning(values, form):
    def same(got, given_):
        if given_ is None or isinstance(given_, str) or isinstance(got, str):
            # Where a column has several kinds, anything else is the text that JSON would have for it.
            return got == given_ or (given_ is not None and json.loads(got) == given_)
        if isinstance(given_, list):
            return len(got) == len(given_) and all(map(same, got, given_))
        if isinstance(given_, dict):
            # A member that only other objects have is NULL.
            return all(same(got.get(key), given_.get(key)) for key in {*got, *given_})
        return got == given_

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, f"i.{form}")
        rows = [{"v": value} for value in values]
        place.write_text(json.dumps(rows) if form == "json" else "".join(json.dumps(row) + "\n" for row in rows))
        with open_table(place) as table, open_writer(f"{folder}/o.jsonl", table.schema) as writer:
            for batch in table:
                writer.write(batch)
        back = [json.loads(line)["v"] for line in Path(folder, "o.jsonl").read_text().split("\n") if line]
    assert all(map(same, back, values)), (values, back)


@QUICK
@given(table=tables(nested=False), rows=st.sampled_from([1, 1000]))
def test_text_formats_take_every_type(table, rows):
    for target in ("o.tsv", "o.jsonl"):
        back, _ = round_trip(table, target, rows)
        assert back.num_rows == table.num_rows
