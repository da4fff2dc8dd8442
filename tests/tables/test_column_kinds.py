"""Columns of every kind of Arrow, pandas, Polars and Excel, at the top level and inside others: plain, or refused."""

import datetime
import uuid

import duckdb
import openpyxl
import pandas
import polars
import pyarrow as pa
import pytest

from grokcall.tables import open_table, open_writer
from grokcall.tables.cell_texts import python_values
from grokcall_parser.errors import DataError, NotSupportedError

SPAN = datetime.timedelta(seconds=5)
UUIDS = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([uuid.UUID(int=5).bytes, None], pa.binary(16)))
UUID = str(uuid.UUID(int=5))
VIEWS = pa.array(["a", "b"], pa.string_view())

PLAIN = {
    "a duration in a struct": (pa.array([{"d": SPAN}, None]), [{"d": 5.0}, None]),
    "durations in a list": (pa.array([[SPAN], None, []]), [[5.0], None, []]),
    "durations in a list of fixed size": (pa.array([[SPAN], None], pa.list_(pa.duration("s"), 1)), [[5.0], None]),
    "durations in a map": (
        pa.array([[("k", SPAN)], None], pa.map_(pa.string(), pa.duration("s"))),
        [[("k", 5.0)], None],
    ),
    "views in a list view": (pa.array([["a"], None], pa.list_view(pa.string_view())), [["a"], None]),
    "a dictionary of views": (
        pa.DictionaryArray.from_arrays(pa.array([1, None, 0], pa.uint32()), VIEWS),
        ["b", None, "a"],
    ),
    "a dictionary in a struct": (
        pa.StructArray.from_arrays([pa.DictionaryArray.from_arrays(pa.array([1, 0]), VIEWS)], ["x"]),
        [{"x": "b"}, {"x": "a"}],
    ),
    "a dictionary of lists": (pa.DictionaryArray.from_arrays(pa.array([0, 0]), pa.array([[SPAN]])), [[5.0], [5.0]]),
    "runs of views": (pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), VIEWS), ["a", "a", "b"]),
    "uuids": (UUIDS, [UUID, None]),
    "uuids in a struct in a list": (
        pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), pa.StructArray.from_arrays([UUIDS], ["u"])),
        [[{"u": UUID}], [{"u": None}]],
    ),
    "truth values of 8 bits": (pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, 0], pa.int8())), [True, False]),
    "JSON": (pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a":1}'])), ['{"a":1}']),
    "periods": (pa.array(pandas.period_range("2024-01", periods=2, freq="M")), ["2024-01", "2024-02"]),
    "quarters": (pa.array(pandas.period_range("2024Q1", periods=1, freq="Q")), ["2024Q1"]),
    "periods in a struct": (
        pa.StructArray.from_arrays([pa.array(pandas.period_range("2024-01", periods=1, freq="M"))], ["p"]),
        [{"p": "2024-01"}],
    ),
}


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("rows", [1, 100])
def test_a_kind_is_plain_wherever_it_stands(here, kind, rows):
    array, values = PLAIN[kind]
    table = pa.table({"x": array})
    with open_table(table, batch_rows=rows) as source:
        read = source.read_all()
    assert read["x"].to_pylist() == values
    with open_writer("o.jsonl", table.schema) as writer:
        writer.write(table.to_batches()[0])


class Fathoms(pa.ExtensionType):
    """Numbers that are not what they seem."""

    def __init__(self):
        super().__init__(pa.int64(), "test.fathoms")

    def __arrow_ext_serialize__(self):
        return b""

    @classmethod
    def __arrow_ext_deserialize__(cls, storage_type, serialized):
        return cls()


@pytest.mark.parametrize(
    "array",
    [
        pa.ExtensionArray.from_storage(Fathoms(), pa.array([1])),
        pa.array([(1, 2, 3)], pa.month_day_nano_interval()),
        pa.array([{"x": (1, 2, 3)}], pa.struct([("x", pa.month_day_nano_interval())])),
    ],
)
def test_a_kind_without_a_plain_form_is_refused_with_its_column(array):
    with pytest.raises(NotSupportedError, match=r'column "odd": .*; cast it to text first'):
        open_table(pa.table({"odd": array}))


def bad_text():
    return pa.Array.from_buffers(pa.string(), 2, pa.array([b"ok", b"\xe9t\xe9"]).buffers())


@pytest.mark.parametrize(
    "array",
    [
        bad_text(),
        pa.StructArray.from_arrays([bad_text()], ["t"]),
        pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), bad_text()),
        pa.MapArray.from_arrays(pa.array([0, 1, 2], pa.int32()), pa.array(["k", "k"]), bad_text()),
        pa.DictionaryArray.from_arrays(pa.array([0, 1]), bad_text()),
        pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), pa.StructArray.from_arrays([bad_text()], ["t"])),
    ],
)
def test_bytes_in_a_text_that_are_no_text_are_found_wherever_they_stand(array):
    with pytest.raises(DataError, match='column "x", row 2: the text is not UTF-8'):
        open_table(pa.table({"x": array})).read_all()


def test_a_frame_of_pandas_is_read_whatever_its_names_are():
    doubled = pandas.DataFrame([["a", 1, 2]], columns=["body", "x", "x"])
    assert open_table(doubled).read_all().to_pylist() == [{"body": "a", "x": 1, "x_1": 2}]
    indexed = pandas.DataFrame({"body": ["a"], "id": [1]}, index=pandas.Index([7], name="id"))
    assert open_table(indexed).read_all().to_pylist() == [{"id": 7, "body": "a", "id_1": 1}]


def test_what_is_missing_in_a_frame_is_null():
    frame = pandas.DataFrame(
        {"n": [float("nan"), 1.0], "t": [pandas.NaT, pandas.Timestamp("2024-01-02")], "o": [pandas.NA, "x"]}
    )
    assert open_table(frame).read_all().to_pylist()[0] == {"n": None, "t": None, "o": None}


def test_categoricals_of_polars_are_their_texts():
    frame = polars.DataFrame(
        {
            "c": polars.Series(["a", None], dtype=polars.Categorical),
            "e": polars.Series(["a", None], dtype=polars.Enum(["a"])),
            "d": [[SPAN], None],
        }
    )
    assert open_table(frame).read_all().to_pylist()[0] == {"c": "a", "e": "a", "d": [5.0]}


FAR = {
    "'infinity'::TIMESTAMP": "infinity",
    "'-infinity'::TIMESTAMP": "-infinity",
    "'infinity'::TIMESTAMPTZ": "infinity",
    "'infinity'::DATE": "infinity",
    "'-infinity'::DATE": "-infinity",
    "'24:00:00'::TIME": "24:00:00",
    "'10000-01-01'::DATE": "+10000-01-01",
    "'50000-02-29'::DATE": "+50000-02-29",
    "'294000-12-31 01:02:03.5'::TIMESTAMP": "+294000-12-31T01:02:03.500000",
    "'0044-03-15 (BC)'::DATE": "-0043-03-15",
    "'290000-12-31 (BC)'::TIMESTAMP": "-289999-12-31T00:00:00",
}


@pytest.mark.parametrize("value", FAR)
@pytest.mark.parametrize("shape", ["{}", "[{}]", "{{'x': {}}}"])
@pytest.mark.parametrize("target", ["o.csv", "o.jsonl"])
def test_moments_that_the_calendar_has_not_are_written_so_that_they_can_be_read(here, value, shape, target):
    with (
        open_table(f"SELECT {shape.format(value)} AS x, 1 AS n") as source,
        open_writer(target, source.schema) as writer,
    ):
        for batch in source:
            writer.write(batch)
    written = (here / target).read_text()
    assert FAR[value] in written
    assert "range" not in written


def test_moments_that_python_has_not_are_texts_in_rows():
    with duckdb.connect() as connection:
        table = connection.sql("SELECT unnest(['infinity', '2024-01-02'])::TIMESTAMP AS t").to_arrow_table()
    assert python_values(table["t"].combine_chunks()) == ["infinity", datetime.datetime(2024, 1, 2)]


def test_a_sheet_is_read_as_excel_shows_it(here):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["id", 2024, datetime.date(2024, 1, 2), True, None, 1.5, "span", "mixed"])
    sheet.append(
        [
            1,
            0.1 + 0.2,
            datetime.datetime(2024, 1, 2),
            datetime.time(10, 30),
            "007",
            0.25,
            datetime.timedelta(hours=30),
            1,
        ]
    )
    sheet["F2"].number_format = "0%"
    sheet.append([None] * 8)
    sheet.append(
        [123456789012, 2, datetime.datetime(2024, 1, 3), None, " x ", 1e300, datetime.timedelta(minutes=5), 2.5]
    )
    sheet.append([3, None, None, None, None, None, None, True])
    sheet["B5"] = "#DIV/0!"
    book.save("t.xlsx")
    with open_table("t.xlsx") as table:
        assert table.schema.names == ["id", "2024", "2024-01-02", "TRUE", "column4", "1.5", "span", "mixed"]
        assert table.row_count == 3
        columns = table.read_all().to_pydict()
    assert columns["id"] == [1, 123456789012, 3]
    assert columns["2024"] == [0.3, 2.0, None]
    assert columns["2024-01-02"][0] == datetime.date(2024, 1, 2)
    assert columns["TRUE"][0] == datetime.time(10, 30)
    assert columns["column4"] == ["007", " x ", None]
    assert columns["1.5"] == [0.25, 1e300, None]
    assert columns["span"] == ["30:00:00", "0:05:00", None]
    assert columns["mixed"] == ["1", "2.5", "TRUE"]
