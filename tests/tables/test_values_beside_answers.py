"""Whatever stands in a table comes out beside its answers with the meaning that it went in with.

From each format into each other, what is the same meaning is said in ``meanings.py``: text is the same characters;
numbers have the same value to the last digit; days, moments and times of day are the same ones, written as ISO 8601 has
them where there are no types; bytes are the same bytes, in files of their own beside a text; lists, structs and maps
are JSON there. Excel files are read and not written.
"""

from __future__ import annotations

import contextlib
import csv
import datetime
import io
import json
import math
import tempfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from meanings import BILLIONTHS, DAY, Clock, Day, Moment, Written, meaning, parsed, same_cell, same_json, same_value
from workbooks import write_workbook

import grokcall
from grokcall.http.transport import HttpRequest, HttpResponse
from grokcall.tables import open_writer
from grokcall_parser.errors import NotSupportedError
from scripted_service import answered

INPUTS = ["csv", "tsv", "json", "jsonl", "parquet", "arrow", "xlsx"]
OUTPUTS = ["csv", "tsv", "json", "jsonl", "parquet", "arrow"]
ROWS = 4

ODD_TEXTS = [
    *("", " ", "  x ", "\t", "\n", "\r", "\r\n", "a\nb", "a\rb", "a\r\nb\n", "a\u2028b", "a\x85b", "a\x0bb\x0c"),
    *('"', '""', 'say "hi"', "'", "''", ",", ";", "|", "a,b", "a\tb", "\\", "\\n", "\x00", "\x1b[2J", "\x7f"),
    *("=1+1", "+1", "-1", "@x", '=HYPERLINK("https://h")', "'=1", "007", "1.10", "1e5", "-0", "NaN", "inf", "NULL"),
    *("null", "None", "true", "TRUE", "2024-01-02", "24:00:00", "12345678901234567890", "[1]", '{"a":1}', "\ufeffx"),
    *("\u00e9", "e\u0301", "\u202egpj", "\U0001f469\u200d\U0001f469", "\ufffd", "\uffff", "\xa0", "_x0041_", "sep=;"),
]
TEXTS = st.one_of(st.sampled_from(ODD_TEXTS), st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
FLOATS = st.one_of(st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf, 0.1 + 0.2, 5e-324, 1e22]), st.floats())
BYTES = st.one_of(st.sampled_from([b"", b"\x00", b"\xff\xfe", b"\xff\xd8\xff", b"text"]), st.binary(max_size=6))


def decimals(precision: int, scale: int) -> st.SearchStrategy[Decimal]:
    """Numbers of so many digits, so many of them behind the point."""
    largest = 10**precision - 1
    numbers = st.one_of(st.sampled_from([0, 1, -1, largest, -largest]), st.integers(-largest, largest))
    return numbers.map(lambda number: Decimal((number < 0, tuple(map(int, str(abs(number)))), -scale)))


def whole(bits: int, *, signed: bool) -> st.SearchStrategy[int]:
    """Integers of a width."""
    least, largest = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return st.one_of(st.sampled_from([least, largest, 0]), st.integers(least, largest))


def moments(unit: str) -> st.SearchStrategy[int]:
    """Moments from long before 1900 to far beyond 9999, as far as the unit reaches."""
    reach = min(10**12 * (10**9 // BILLIONTHS[unit]), 2**63 - 2)
    return st.one_of(st.sampled_from([0, -1, 1, -(2**31), reach, -reach]), st.integers(-reach, reach))


Kind = tuple[pa.DataType, st.SearchStrategy[Any]]
DAYS = st.one_of(st.sampled_from([0, -1, -25_568, -719_162, -800_000, 2_932_897, 10**8]), st.integers(-(10**7), 10**7))
LEAVES: dict[str, Kind] = {
    **{f"int{bits}": (getattr(pa, f"int{bits}")(), whole(bits, signed=True)) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (getattr(pa, f"uint{bits}")(), whole(bits, signed=False)) for bits in (8, 16, 32, 64)},
    "beyond 64 bits": (pa.decimal128(38, 0), decimals(38, 0)),
    "decimal": (pa.decimal128(20, 10), decimals(20, 10)),
    "decimal of 32 bits": (pa.decimal32(9, 2), decimals(9, 2)),
    "decimal of 64 bits": (pa.decimal64(18, 18), decimals(18, 18)),
    "decimal of 256 bits": (pa.decimal256(76, 20), decimals(76, 20)),
    "decimal of 256 bits with few digits": (pa.decimal256(38, 5), decimals(38, 5)),
    "thousands": (pa.decimal128(10, -3), decimals(10, -3)),
    "half": (pa.float16(), st.floats(width=16)),
    "float": (pa.float32(), st.floats(width=32)),
    "double": (pa.float64(), FLOATS),
    "boolean": (pa.bool_(), st.booleans()),
    "nothing": (pa.null(), st.none()),
    "text": (pa.string(), TEXTS),
    "large text": (pa.large_string(), TEXTS),
    "view of text": (pa.string_view(), TEXTS),
    "category": (pa.dictionary(pa.int8(), pa.string()), TEXTS),
    "bytes": (pa.binary(), BYTES),
    "large bytes": (pa.large_binary(), BYTES),
    "view of bytes": (pa.binary_view(), BYTES),
    "three bytes": (pa.binary(3), st.binary(min_size=3, max_size=3)),
    "day": (pa.date32(), DAYS),
    "day of 64 bits": (pa.date64(), DAYS.map(lambda days: days * 86_400_000)),
    **{
        f"time in {unit}": (make(unit), st.integers(0, DAY // BILLIONTHS[unit] - 1))
        for unit, make in {"s": pa.time32, "ms": pa.time32, "us": pa.time64, "ns": pa.time64}.items()
    },
    **{
        f"moment in {unit}, zone {zone}": (pa.timestamp(unit, zone), moments(unit))
        for unit in BILLIONTHS
        for zone in (None, "UTC", "Europe/Berlin", "+05:30")
    },
    **{f"span in {unit}": (pa.duration(unit), st.integers(-(2**50), 2**50)) for unit in BILLIONTHS},
}
KEYS = ["text", "int32", "uint64", "day", "bytes", "boolean", "decimal"]


@st.composite
def kinds(draw: Callable[..., Any], depth: int = 2) -> Kind:
    """A type of Arrow with what its values are drawn from: plain, or lists, structs and maps of others."""
    shape = draw(st.sampled_from(["leaf", "leaf", "list", "struct", "map"] if depth else ["leaf"]))
    if shape == "leaf":
        return LEAVES[draw(st.sampled_from(sorted(LEAVES)))]
    if shape == "map":
        key, keys = LEAVES[draw(st.sampled_from(KEYS))]
        item, items = draw(kinds(depth - 1))
        pairs = st.dictionaries(keys, st.one_of(st.none(), items), max_size=2)
        return pa.map_(key, item), pairs.map(lambda held: list(held.items()))
    if shape == "struct":
        fields = {name: draw(kinds(depth - 1)) for name in draw(st.sampled_from([["a"], ["b", "a"], ["", "x.y", "é"]]))}
        members = {name: st.one_of(st.none(), values) for name, (_, values) in fields.items()}
        return pa.struct([(name, of) for name, (of, _) in fields.items()]), st.fixed_dictionaries(members)
    item, items = draw(kinds(depth - 1))
    make = draw(st.sampled_from([pa.list_, pa.large_list, pa.list_view, pa.large_list_view, "fixed"]))
    items = st.one_of(st.none(), items)
    if make == "fixed":
        return pa.list_(item, 2), st.lists(items, min_size=2, max_size=2)
    return make(item), st.lists(items, max_size=3)


def is_in_parquet(of: Any) -> bool:
    """Whether a Parquet file can hold a type."""
    schema = pa.schema([pa.field("x", of)])
    if "view" in str(of):  # inside of lists it is not written by every version
        return False
    try:
        pq.ParquetWriter(io.BytesIO(), schema).write_table(schema.empty_table())
    except (pa.ArrowException, OSError):
        return False
    return True


Column = tuple[list[Any], list[Any], Any]
"""What is written for each row, what it means, and the column's type, which only Arrow and Parquet have."""


@st.composite
def arrow_columns(draw: Callable[..., Any], source: str) -> Column:
    """A column with a type."""
    of, values = draw(kinds().filter(lambda kind: source == "arrow" or is_in_parquet(kind[0])))
    array = pa.array(draw(st.lists(st.one_of(st.none(), values), min_size=ROWS, max_size=ROWS)), of)
    if source == "arrow" and not pa.types.is_nested(of) and draw(st.integers(0, 3)) == 0:
        with contextlib.suppress(pa.ArrowNotImplementedError):
            array = pc.run_end_encode(array)
    plain = pc.run_end_decode(array) if pa.types.is_run_end_encoded(array.type) else array
    return [array], list(map(meaning, plain)), array.type


def cells(values: st.SearchStrategy[Any], means: Callable[[Any], Any] = lambda value: value) -> st.SearchStrategy[Any]:
    """A column of values of one kind, or none of it, in a file without types."""
    rows = st.lists(st.one_of(st.none(), values), min_size=ROWS, max_size=ROWS)
    return rows.map(lambda got: (got, [None if value is None else means(value) for value in got], None))


class Digits(str):
    """A number of JSON as it is written there."""

    __slots__ = ()


LITERALS = st.one_of(
    st.integers(-(10**45), 10**45).map(str),
    st.integers(-99, 99).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    decimals(30, 12).map("{:f}".format),
    st.sampled_from(["-0", "1.10", "1e5", "1E-10", "0.1", "9007199254740993", "18446744073709551615", "1e400"]),
).map(Digits)
OBJECTS = st.fixed_dictionaries({"a": TEXTS, "b": st.lists(st.booleans(), max_size=2)})


def json_meaning(value: Any) -> Any:
    """What a value of JSON means."""
    if isinstance(value, Digits):
        return Written(Decimal(value))
    if isinstance(value, list):
        return list(map(json_meaning, value))
    return {key: json_meaning(each) for key, each in value.items()} if isinstance(value, dict) else value


def json_of(value: Any, *, ascii_only: bool) -> str:
    """A value as JSON, numbers with their own digits."""
    if isinstance(value, Digits):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(json_of(each, ascii_only=ascii_only) for each in value)}]"
    if isinstance(value, dict):
        members = (f"{json.dumps(key)}: {json_of(each, ascii_only=ascii_only)}" for key, each in value.items())
        return f"{{{', '.join(members)}}}"
    return json.dumps(value, ensure_ascii=ascii_only)


def sheet_number(value: float) -> Written:
    """A number of Excel, which has 15 digits."""
    return Written(Decimal(f"{value:.15g}"))


def billionths(value: datetime.datetime) -> int:
    """A moment in billionths of a second since 1970."""
    return (value - datetime.datetime(1970, 1, 1)) // datetime.timedelta(milliseconds=1) * 10**6


SHEET_NUMBERS = st.floats(-9.99999999999999e307, 9.99999999999999e307, allow_subnormal=False).filter(
    lambda number: not 1e15 <= abs(number) < 1e19  # whole ones keep all digits of the double there
)
SHEET_TEXTS = TEXTS.filter(lambda text: text and not set(text) & set("\ufffe\uffff"))  # XML has no way to write these
SHEET_MOMENTS = st.datetimes(datetime.datetime(1900, 3, 1, 0, 0, 1), datetime.datetime(9999, 12, 31)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, hour=moment.hour or 1)
)
SHEET_TIMES = st.times(datetime.time(0, 0, 1)).map(lambda time: time.replace(microsecond=0))
SHEET_DAYS = st.dates(datetime.date(1900, 3, 1))
COLUMNS: dict[str, st.SearchStrategy[Any]] = {
    "delimited": cells(TEXTS, lambda text: text or None),
    "json": st.one_of(
        *[cells(each, json_meaning) for each in (TEXTS, LITERALS, st.booleans(), OBJECTS, st.lists(TEXTS, max_size=2))],
        cells(st.lists(LITERALS, max_size=2), json_meaning),
        cells(st.lists(OBJECTS, max_size=2), json_meaning),
    ),
    "xlsx": st.one_of(
        cells(SHEET_TEXTS),
        cells(SHEET_NUMBERS, sheet_number),
        cells(st.integers(-(10**15) + 1, 10**15 - 1).map(float), sheet_number),
        cells(st.booleans()),
        cells(SHEET_MOMENTS, lambda value: Moment(billionths(value), zoned=False)),
        cells(SHEET_DAYS, lambda value: Day(value.toordinal() - 719_163)),
        cells(SHEET_TIMES, lambda value: Clock((value.hour * 3600 + value.minute * 60 + value.second) * 10**9)),
    ),
}


def columns_of(source: str) -> st.SearchStrategy[Any]:
    """Columns as a format has them."""
    if source in ("parquet", "arrow"):
        return arrow_columns(source)
    return COLUMNS[{"csv": "delimited", "tsv": "delimited", "jsonl": "json"}.get(source, source)]


def write(path: Path, columns: list[Column]) -> None:
    """Writes a table as other programs do; its first column counts the rows."""
    form = path.suffix[1:]
    names = ["n", *(f"c{place}" for place in range(len(columns)))]
    if form in ("parquet", "arrow"):
        counted = pa.array(range(ROWS), pa.int64())
        table = pa.table([counted, *(written[0] for written, _, _ in columns)], names=names)
        if form == "parquet":
            pq.write_table(table, path)
        else:
            with pa.ipc.new_file(str(path), table.schema) as writer:
                writer.write_table(table)
        return
    rows = [
        [Digits(row) if form.startswith("json") else row, *(written[row] for written, _, _ in columns)]
        for row in range(ROWS)
    ]
    if form == "xlsx":
        write_workbook(path, [names, *rows])
    elif form in ("csv", "tsv"):
        with path.open("w", encoding="utf-8", newline="") as file:
            delimiter = "\t" if form == "tsv" else ","
            csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([names, *rows])
    else:
        objects = [json_of(dict(zip(names, row, strict=True)), ascii_only=len(columns) % 2 == 0) for row in rows]
        path.write_text(f"[{','.join(objects)}]" if form == "json" else "\n".join(objects), "utf-8")


def test_each_format_is_an_output_but_excel(here: Path) -> None:
    for form in OUTPUTS:
        open_writer(f"o.{form}", pa.schema([("a", pa.string())])).abort()
    with pytest.raises(NotSupportedError, match=r"Excel files are read only; write \.csv or \.parquet"):
        open_writer("o.xlsx", pa.schema([("a", pa.string())]))


@pytest.fixture(scope="module")
def connection() -> Iterator[grokcall.Connection]:
    """A connection to a service that answers at once."""

    async def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse(200, {}, answered("yes").body)

    with grokcall.connect(api_key="xai-0123456789", transport=answer) as connection:
        yield connection


def look_up(connection: grokcall.Connection, source: Path, target: Path) -> None:
    """Runs a lookup from a file into another."""
    with (
        connection.lookup_stream("CALL GenerateResponse('x')", source, fields=["Response_Result"]) as stream,
        open_writer(target, stream.schema) as writer,
    ):
        for rows, _ in stream:
            writer.write(rows)


def differing(target: Path, means: list[list[Any]]) -> list[Any]:
    """The values of a written table that do not mean what they should, each with what it should mean."""
    folder, form = target.parent, target.suffix[1:]
    compare: Callable[[Any, Any], bool]
    if form in ("csv", "tsv"):
        text = target.read_bytes().decode()
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t" if form == "tsv" else ",", strict=True))
        found = [list(column) for column in zip(*lines[1:], strict=True)]
        compare = lambda got, wanted: same_cell(got, wanted, folder)  # noqa: E731 - a line for each format
    elif form in ("json", "jsonl"):
        data = target.read_bytes()
        rows = parsed(data) if form == "json" else [parsed(line) for line in data.split(b"\n") if line]
        found = [list(column) for column in zip(*(row.values() for row in rows), strict=True)]
        compare = lambda got, wanted: same_json(got, wanted, folder)  # noqa: E731
    else:
        table = pq.read_table(target) if form == "parquet" else pa.ipc.open_file(target.read_bytes()).read_all()
        found = [list(map(meaning, column)) for column in table.columns]
        compare = same_value
    assert [Decimal(count) for count in found[0]] == list(range(ROWS))
    return [
        (got, wanted)
        for column, wanted_column in zip(found[1:], [*means, ["yes"] * ROWS], strict=True)
        for got, wanted in zip(column, wanted_column, strict=True)
        if not compare(got, wanted)
    ]


@pytest.mark.parametrize("target", OUTPUTS)
@pytest.mark.parametrize("source", INPUTS)
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(data=st.data())
def test_what_goes_in_beside_the_answers_comes_out_with_its_meaning(
    connection: grokcall.Connection, source: str, target: str, data: st.DataObject
) -> None:
    columns = data.draw(st.lists(columns_of(source), min_size=3, max_size=6))
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder, f"o.{target}")
        write(Path(folder, f"i.{source}"), columns)
        look_up(connection, Path(folder, f"i.{source}"), into)
        assert differing(into, [means for _, means, _ in columns]) == []


def structs(children: list[Any], names: list[str]) -> Any:
    return pa.StructArray.from_arrays(children, names)


FAR = 2**63 - 1
ONES = pa.array([1, 2])
DECIDED: dict[str, tuple[Any, list[Any], list[Any]]] = {
    "a map that has a key twice": (
        pa.array([[("a", 1), ("a", 2)], [("a", 1), ("b", 2)]], pa.map_(pa.string(), pa.int64())),
        [[["a", 1], ["a", 2]], {"a": 1, "b": 2}],
        [[("a", 1), ("a", 2)], [("a", 1), ("b", 2)]],
    ),
    "keys that are bytes": (
        pa.array([[(b"\xff", 1)], None], pa.map_(pa.large_binary(), pa.int64())),
        [{"/w==": 1}, None],
        [[(b"\xff", 1)], None],
    ),
    "members of one name": (
        structs([ONES, ONES, structs([ONES, ONES], ["b", "b"])], ["a", "a", "a_1"]),
        [{"a": n, "a_2": n, "a_1": {"b": n, "b_1": n}} for n in (1, 2)],
        [{"a": n, "a_2": n, "a_1": {"b": n, "b_1": n}} for n in (1, 2)],
    ),
    "a struct without members": (pa.array([{}, None], pa.struct([])), [{}, None], [[], None]),
    "structs without members in a list": (
        pa.array([[{}, None], []], pa.list_(pa.struct([]))),
        [[{}, None], []],
        [[[], None], []],
    ),
    "a small decimal": (
        pa.array([Decimal("0"), Decimal("1E-10")], pa.decimal128(20, 10)),
        [Decimal("0.0000000000"), Decimal("0.0000000001")],
        [Decimal("0.0000000000"), Decimal("0.0000000001")],
    ),
    "hundreds": (pa.array([Decimal("100"), None], pa.decimal128(5, -2)), [100, None], [Decimal(100), None]),
    "nine milliseconds": (pa.array([9, 3], pa.duration("ms")), [Decimal("0.009"), Decimal("0.003")], [0.009, 0.003]),
    "a list of NaN": (pa.array([[math.nan], [math.inf]]), [[None], [None]], None),
}


@pytest.mark.parametrize("name", DECIDED)
@pytest.mark.parametrize("target", OUTPUTS)
def test_what_a_format_cannot_hold_as_it_is_becomes_what_the_page_says(
    here: Path, connection: grokcall.Connection, name: str, target: str
) -> None:
    array, as_json, as_arrow = DECIDED[name]
    with pa.ipc.new_file("i.arrow", pa.schema([("x", array.type)])) as writer:
        writer.write_table(pa.table({"x": array}))
    look_up(connection, Path("i.arrow"), Path(f"o.{target}"))
    written = Path(f"o.{target}").read_bytes()
    if target in ("csv", "tsv"):
        lines = list(csv.reader(io.StringIO(written.decode()), delimiter="\t" if target == "tsv" else ","))
        assert [parsed(cell) if cell else None for cell, _ in lines[1:]] == as_json
    elif target in ("json", "jsonl"):
        rows = parsed(written) if target == "json" else list(map(parsed, written.splitlines()))
        assert [row["x"] for row in rows] == as_json
        assert b"E-" not in written
    elif as_arrow is not None:
        table = pq.read_table(f"o.{target}") if target == "parquet" else pa.ipc.open_file(written).read_all()
        assert table["x"].to_pylist() == as_arrow


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"])
@pytest.mark.parametrize("unit", ["s", "ms", "us"])  # of billionths the calendar has the last one
@pytest.mark.parametrize("target", OUTPUTS)
def test_a_moment_that_is_infinite_stays_so_in_any_unit(
    here: Path, connection: grokcall.Connection, target: str, unit: str, zone: str | None
) -> None:
    array = pa.array([FAR, -FAR, None, 0], pa.int64()).cast(pa.timestamp(unit, zone))
    with pa.ipc.new_file("i.arrow", pa.schema([("x", array.type)])) as writer:
        writer.write_table(pa.table({"x": array}))
    look_up(connection, Path("i.arrow"), Path(f"o.{target}"))
    written = Path(f"o.{target}").read_bytes()
    if target in ("parquet", "arrow"):
        table = pq.read_table(f"o.{target}") if target == "parquet" else pa.ipc.open_file(written).read_all()
        assert table["x"].cast(pa.int64()).to_pylist() == [FAR, -FAR, None, 0]
    else:
        text = written.decode()
        assert text.index("infinity") < text.index("-infinity") < text.index("1970-01-01T00:00:00")
        assert text.count("infinity") == 2
