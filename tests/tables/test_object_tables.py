"""Tables that are Python objects."""

import datetime
import decimal
import uuid

import duckdb
import pandas
import polars
import pyarrow as pa
import pytest

from grokcall.tables import open_table
from grokcall_parser.errors import DataError, NotSupportedError, ProgrammingError

ROWS = [{"id": 1, "body": "a"}, {"id": 2, "body": None}]
TABLE = pa.table({"id": [1, 2], "body": ["a", None]})


class OnlyAnArray:
    def __arrow_c_array__(self, requested_schema=None):
        return TABLE.to_batches()[0].__arrow_c_array__(requested_schema)


class OnlyAStream:
    def __arrow_c_stream__(self, requested_schema=None):
        return TABLE.__arrow_c_stream__(requested_schema)


SOURCES = {
    "table": lambda: TABLE,
    "batch": lambda: TABLE.to_batches()[0],
    "reader": lambda: TABLE.to_reader(),
    "pandas": lambda: TABLE.to_pandas(),
    "polars": lambda: polars.DataFrame(ROWS),
    "polars lazy": lambda: polars.LazyFrame(ROWS),
    "array capsule": OnlyAnArray,
    "stream capsule": OnlyAStream,
    "dictionaries": lambda: ROWS,
    "generator": lambda: (row for row in ROWS),
    "columns": lambda: {"id": [1, 2], "body": ["a", None]},
    "batches": lambda: iter(TABLE.to_batches()),
    "list of batches": lambda: TABLE.to_batches(),
    "relation": lambda: duckdb.connect().sql("SELECT * FROM (VALUES (1::BIGINT, 'a'), (2, NULL)) t(id, body)"),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_each_kind_of_object_gives_the_same_rows(kind):
    with open_table(SOURCES[kind](), batch_rows=1) as table:
        batches = list(table)
    assert [batch.num_rows for batch in batches] == [1, 1]
    assert [row for batch in batches for row in batch.to_pylist()] == ROWS
    assert table.schema.types == [pa.int64(), pa.large_string() if "pandas" in kind else pa.string()]


@pytest.mark.parametrize("kind", ["table", "batch", "pandas", "polars", "dictionaries", "array capsule"])
def test_the_row_count_of_what_is_in_memory_is_known(kind):
    assert open_table(SOURCES[kind]()).row_count == 2


def test_columns_of_dictionaries_are_the_union_in_order_of_appearance():
    table = open_table([{"b": 1}, {"a": "x", "b": 2}, {}]).read_all()
    assert table.column_names == ["b", "a"]
    assert table.to_pylist() == [{"b": 1, "a": None}, {"b": 2, "a": "x"}, {"b": None, "a": None}]


def test_a_column_of_several_kinds_names_the_column_and_the_row():
    rows = [{"id": 1, "n": number} for number in range(1000)] + [{"id": 2, "n": "many"}]
    with pytest.raises(DataError, match=r'column "n", row 1,001: expected int64, got a value of type str'):
        open_table(rows)
    with pytest.raises(
        DataError, match=r'column "n", row 1: expected a value that Arrow knows, got a value of type object'
    ):
        open_table([{"n": object()}])
    with pytest.raises(DataError, match="row 2: expected a dictionary of column names and values, got tuple"):
        open_table([{"n": 1}, (1,)])


def test_a_generator_is_read_as_far_as_it_is_asked_for():
    taken = []

    def rows():
        for number in range(100):
            taken.append(number)
            yield {"n": number}

    with open_table(rows(), batch_rows=10) as table:
        assert next(table).num_rows == 10
        assert len(taken) <= 20
        assert sum(batch.num_rows for batch in table) == 90


@pytest.mark.parametrize(
    ("late", "message"),
    [
        ({"n": "x"}, r'column "n", row 13: expected int64, got a value of type str'),
        ({"n": 1, "z": 1}, r"row 13 has the column 'z', which the first 10 rows do not have"),
        ("x", "row 13: expected a dictionary"),
    ],
)
def test_a_later_row_of_a_generator_that_does_not_fit_is_named(late, message):
    def rows():
        yield from ({"n": number} for number in range(12))
        yield late

    with pytest.raises(DataError, match=message):
        open_table(rows(), batch_rows=10).read_all()


def test_batches_of_another_shape_are_refused():
    other = pa.record_batch({"x": [1]})
    with pytest.raises(DataError, match="rows from 3: expected a batch of id, body, got x"):
        open_table([*TABLE.to_batches(), other]).read_all()


def test_an_error_of_the_callers_own_generator_comes_through():
    def rows():
        yield {"n": 1}
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        open_table(rows(), batch_rows=1).read_all()


def test_an_index_with_a_name_is_data_and_one_without_is_not():
    frame = pandas.DataFrame({"a": [1, 2]}, index=[7, 8])
    assert open_table(frame).schema.names == ["a"]
    assert open_table(frame.rename_axis("id")).schema.names == ["id", "a"]
    assert open_table(pandas.DataFrame({0: [1]})).schema.names == ["0"]


@pytest.mark.parametrize("nothing", [[], iter(()), pa.table({})])
def test_nothing_is_a_table_without_columns_and_rows(nothing):
    with open_table(nothing) as table:
        assert list(table) == []
        assert table.schema.names == []


@pytest.mark.parametrize("thing", [7, None, b"a,b", object()])
def test_what_is_no_table_is_refused(thing):
    with pytest.raises(ProgrammingError, match="is no table; expected a file's name, a SELECT"):
        open_table(thing)


def test_odd_types_become_plain_ones():
    some = uuid.uuid4()
    source = pa.table(
        {
            "category": pa.array(["a", "b", "a"]).dictionary_encode(),
            "inside": pa.array([["a"], None, []], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
            "view": pa.array(["a", None, "c"], pa.string_view()),
            "runs": pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array([7, 8])),
            "id": pa.array([some.bytes, None, some.bytes], pa.uuid()),
            "nothing": pa.nulls(3),
            "long": pa.array([datetime.timedelta(minutes=1), None, datetime.timedelta()], pa.duration("ms")),
            "second": pa.array([0, 1, None], pa.timestamp("s", "Europe/Berlin")),
            "huge": pa.array([decimal.Decimal(10) ** 50, None, 1], pa.decimal256(60, 0)),
            "fixed": pa.array([b"ab", None, b"cd"], pa.binary(2)),
        }
    )
    table = open_table(source).read_all()
    assert [str(of) for of in table.schema.types] == [
        "string", "list<item: string>", "string", "int64", "string", "string", "double", "timestamp[ms, tz=UTC]",
        "string", "binary",
    ]  # fmt: skip
    first = table.to_pylist()[0]
    assert (first["category"], first["inside"], first["runs"], first["id"]) == ("a", ["a"], 7, str(some))
    assert (first["nothing"], first["long"], first["huge"]) == (None, 60.0, "1" + "0" * 50)


def test_a_type_without_a_plain_form_names_its_column():
    union = pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])])
    with pytest.raises(NotSupportedError, match=r'column "u": .*cast it to text first'):
        open_table(pa.table({"u": union}))
