"""Columns with 64-bit offsets in the usual types, cut where one piece could not hold them."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from grokcall.tables.large_columns import narrowed

TEXTS = ["a" * 10, None, "", "b" * 30, "ä" * 20, "c"] * 7
LARGE = pa.table(
    {
        "i": pa.array(range(len(TEXTS)), pa.int64()),
        "t": pa.array(TEXTS, pa.large_string()),
        "b": pa.array([None if text is None else text.encode() for text in TEXTS], pa.large_binary()),
        "l": pa.array([None if text is None else [text, text] for text in TEXTS], pa.large_list(pa.large_string())),
        "s": pa.array([{"x": text} for text in TEXTS], pa.struct([("x", pa.large_string())])),
        "m": pa.array([[("k", text)] for text in TEXTS], pa.map_(pa.large_string(), pa.large_string())),
    }
)


@pytest.mark.parametrize("most", [400, 1000, 1 << 31])
@pytest.mark.parametrize("table", [LARGE, LARGE.slice(5, 30), pa.concat_tables([LARGE, LARGE]), LARGE.slice(0, 0)])
def test_every_value_stays_and_no_piece_is_too_large(table, most):
    found = narrowed(table, most)
    assert found.to_pylist() == table.to_pylist()
    assert [str(of) for of in found.schema.types] == [
        "int64",
        "string",
        "binary",
        "list<item: string>",
        "struct<x: string>",
        "map<string, string>",
    ]
    found.validate(full=True)
    assert all(batch.nbytes <= most for batch in found.to_batches())
    assert (found["t"].num_chunks > table["t"].num_chunks) == (most < table.nbytes)


def test_a_row_that_is_too_large_by_itself_keeps_the_large_types():
    table = pa.table({"t": pa.array(["a", "b" * 1000], pa.large_string())})
    assert narrowed(table, 100) is table


def test_usual_types_are_left_alone():
    table = pa.table({"t": ["a"], "n": [1]})
    assert narrowed(table, 1) is table


def test_pieces_can_be_written_and_read(here):
    found = narrowed(LARGE, 400)
    pq.write_table(found, "o.parquet")
    assert pq.read_table("o.parquet").to_pylist() == LARGE.to_pylist()


@pytest.mark.parametrize(
    ("sql", "of"),
    [
        ("SELECT 'a'", "string"),
        ("SELECT 'a'::BLOB", "binary"),
        ("SELECT ['a']", "list<l: string>"),
        ("SELECT {'x': 'a'}", "struct<x: string>"),
        ("SELECT MAP {'k': 'a'}", "map<string, string>"),
        ("SELECT [['a']]", "list<l: list<l: string>>"),
    ],
)
def test_results_of_queries_have_the_usual_types(connection, sql, of):
    cursor = connection.cursor()
    assert str(cursor.adbc_execute_schema(sql).types[0]) == of
    table = cursor.execute(sql).fetch_arrow_table()
    assert str(table.schema.types[0]) == of
    table.validate(full=True)
