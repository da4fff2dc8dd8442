"""Tables that appear whole, or stay as a readable part."""

import csv
import io
import json
import os
import subprocess
import sys
import threading

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from grokcall.tables import OutputClosed, open_table, open_writer
from grokcall_parser.errors import DataError, InterfaceError, NotSupportedError, OperationalError, ProgrammingError

TABLE = pa.table({"id": [1, 2, 3], "body": ["a", None, 'c, "d"\ne']})
TARGETS = ["o.csv", "o.tsv", "o.json", "o.jsonl", "o.ndjson", "o.parquet", "o.arrow", "o.feather", "o.duckdb::answers"]


def write(target, table=TABLE, **options):
    with open_writer(target, table.schema, **options) as writer:
        for batch in table.to_batches():
            writer.write(batch)
    return writer


def write_and_fail(writer, batch):
    with writer:
        writer.write(batch)
        raise RuntimeError("interrupted")


def rows_of(source, **options):
    with open_table(source, **{"types": "auto", **options}) as table:
        return table.read_all().to_pylist()


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_written_is_read_back(here, target, names):
    writer = write(target)
    assert rows_of(target) == TABLE.to_pylist()
    assert (writer.rows, writer.kept) == (3, None)
    assert writer.bytes > 0
    assert names() == [target.partition("::")[0]]


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_seen_before_the_end_and_the_old_file_stays_until_then(here, target):
    write(target)
    writer = open_writer(target, TABLE.schema)
    writer.write(TABLE.to_batches()[0].slice(0, 1))
    assert rows_of(target) == TABLE.to_pylist()
    writer.close()
    writer.close()
    assert rows_of(target) == TABLE.to_pylist()[:1]


@pytest.mark.parametrize("target", TARGETS)
def test_a_run_that_fails_leaves_its_rows_beside_the_old_file(here, target, names):
    write(target)
    writer = open_writer(target, TABLE.schema)
    with pytest.raises(RuntimeError, match="interrupted"):
        write_and_fail(writer, TABLE.to_batches()[0].slice(1, 2))
    file, _, table = target.partition("::")
    stem, ending = file.split(".")
    assert str(writer.kept) == (f"{stem}.{table}.partial.parquet" if table else f"{stem}.partial.{ending}")
    assert rows_of(writer.kept) == TABLE.to_pylist()[1:]
    assert rows_of(target) == TABLE.to_pylist()
    assert names() == sorted([file, str(writer.kept)])


def partial_of(target: str, number: str = "") -> str:
    file, _, table = target.partition("::")
    stem, ending = file.split(".")
    return f"{stem}.{table}.partial{number}.parquet" if table else f"{stem}.partial{number}.{ending}"


def fail(target: str) -> str:
    writer = open_writer(target, TABLE.schema)
    with pytest.raises(RuntimeError, match="interrupted"):
        write_and_fail(writer, TABLE.to_batches()[0])
    return str(writer.kept)


@pytest.mark.parametrize("target", TARGETS)
def test_a_part_takes_the_place_of_ours_and_goes_when_the_table_is_whole(here, target, names):
    for _ in range(3):
        assert fail(target) == partial_of(target)
    write(target).remove_partial()
    assert names() == [target.partition("::")[0]]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("theirs", ["a file", "an empty file", "a link", "a folder", "ours that was changed"])
def test_a_part_takes_no_file_of_somebody_else(here, target, theirs, names):
    name = partial_of(target)
    if theirs == "a link":
        (here / "kept").write_text("kept")
        (here / name).symlink_to("kept")
    elif theirs == "a folder":
        (here / name).mkdir()
    elif theirs == "ours that was changed":
        assert fail(target) == name
        (here / name).write_text("kept")
    else:
        (here / name).write_text("kept" if theirs == "a file" else "")
    before = names()
    for _ in range(2):
        assert fail(target) == partial_of(target, "-2")
    write(target).remove_partial()
    assert names() == sorted([*before, target.partition("::")[0]])
    if theirs not in ("a folder", "an empty file"):
        assert (here / name).read_text() == "kept"


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("end", ["keep_partial", "abort"])
def test_a_run_that_fails_before_its_first_row_leaves_nothing(here, target, end, names):
    writer = open_writer(target, TABLE.schema)
    assert getattr(writer, end)() is None
    assert names() == []


def test_an_aborted_run_leaves_nothing(here, names):
    writer = open_writer("o.parquet", TABLE.schema)
    writer.write(TABLE.to_batches()[0])
    writer.abort()
    assert names() == []
    assert writer.keep_partial() is None


@pytest.mark.parametrize("target", TARGETS)
def test_a_table_without_rows_is_a_file_with_its_columns(here, target):
    write(target, TABLE.slice(0, 0))
    with open_table(target, types="auto") as table:
        assert table.read_all().num_rows == 0
        assert table.schema.names == ([] if "json" in target else ["id", "body"])


def test_an_empty_json_array_is_an_empty_array(here):
    write("o.json", TABLE.slice(0, 0))
    assert json.loads((here / "o.json").read_text()) == []


def test_an_existing_target_can_be_protected(here):
    for target in ("o.csv", "o.duckdb::answers"):
        write(target, overwrite=False)
        with pytest.raises(ProgrammingError, match=r"there is such a (file|table) already"):
            open_writer(target, TABLE.schema, overwrite=False)
    write("o.duckdb::others", overwrite=False)


def test_a_link_stays_a_link_and_permissions_stay(here):
    (here / "real.csv").write_text("old")
    (here / "real.csv").chmod(0o640)
    (here / "o.csv").symlink_to("real.csv")
    write("o.csv")
    assert (here / "o.csv").is_symlink()
    assert (here / "real.csv").stat().st_mode & 0o777 == 0o640
    assert rows_of("real.csv") == TABLE.to_pylist()


def test_other_tables_of_a_database_stay_as_they_are(here):
    with duckdb.connect("o.duckdb") as connection:
        connection.execute("CREATE TABLE others AS SELECT 7 AS n; CREATE TABLE answers AS SELECT 'old' AS x")
    write("o.duckdb::answers")
    write('o.duckdb::"new schema"."an ""odd"" name"')
    with duckdb.connect("o.duckdb", read_only=True) as connection:
        assert connection.sql("FROM others").fetchall() == [(7,)]
        assert connection.sql("SELECT id FROM answers ORDER BY id").fetchall() == [(1,), (2,), (3,)]
        assert connection.sql('SELECT count(*) FROM "new schema"."an ""odd"" name"').fetchall() == [(3,)]


def test_a_database_can_be_read_and_written_in_one_run(here):
    write("o.duckdb::questions")
    with open_table("o.duckdb::questions") as source, open_writer("o.duckdb::answers", source.schema) as writer:
        for batch in source:
            writer.write(batch)
    assert rows_of("o.duckdb::answers") == TABLE.to_pylist()


def test_a_database_that_is_locked_at_the_end_loses_no_rows(here):
    writer = open_writer("o.duckdb::answers", TABLE.schema)
    writer.write(TABLE.to_batches()[0])
    code = "import duckdb, sys; c = duckdb.connect('o.duckdb'); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(
            OperationalError, match=r"o\.duckdb::answers: .*; the rows are kept in o\.answers\.partial\.parquet"
        ):
            writer.close()
        holder.stdin.close()
    assert rows_of("o.answers.partial.parquet") == TABLE.to_pylist()


@pytest.mark.parametrize(
    ("target", "options", "error", "message"),
    [
        ("missing/o.csv", {}, ProgrammingError, "there is no folder missing; make it first"),
        (".", {"format": "csv"}, ProgrammingError, "is a folder"),
        ("o.xls", {}, ProgrammingError, "did you mean '.xlsx'"),
        ("o.xlsx", {}, NotSupportedError, "Excel files are read only"),
        ("o.csv.gz", {}, NotSupportedError, "compressed text is not written"),
        ("-", {}, ProgrammingError, "standard output: name the format"),
        ("-", {"format": "jason"}, ProgrammingError, "did you mean 'json'"),
        ("o.duckdb", {}, ProgrammingError, "name the table to write, as in o.duckdb::answers"),
        ("text.duckdb::t", {}, ProgrammingError, "is not a DuckDB file"),
    ],
)
def test_a_target_that_cannot_be_is_refused_before_any_work(here, target, options, error, message, names):
    (here / "text.duckdb").write_text("this is not a database")
    with pytest.raises(error, match=message):
        open_writer(target, TABLE.schema, **options)
    assert names() == ["text.duckdb"]


def test_rows_that_do_not_fit_the_columns_are_refused(here):
    with open_writer("o.csv", pa.schema([("n", pa.int64())])) as writer:
        writer.write(pa.record_batch({"n": ["7"]}))
        with pytest.raises(DataError, match='column "n", rows from 2: '):
            writer.write(pa.record_batch({"n": ["x"]}))
        with pytest.raises(DataError, match="rows from 2: 2 columns where the table has 1"):
            writer.write(pa.record_batch({"n": [1], "m": [2]}))
        writer.write(pa.record_batch({"n": [8]}))
    assert rows_of("o.csv") == [{"n": 7}, {"n": 8}]
    with pytest.raises(InterfaceError, match="the writer is closed"):
        writer.write(pa.record_batch({"n": [9]}))


def test_csv_is_what_the_standard_library_reads(here):
    texts = ["plain", 'a"b', "com,ma", "line\nbreak", "\r", " space ", "", None, "é\u2028", "'"]
    write("o.csv", pa.table({'a "b", c': texts, "n": range(len(texts))}))
    with (here / "o.csv").open(newline="", encoding="utf-8") as file:
        lines = list(csv.reader(file))
    assert lines == [['a "b", c', "n"], *([text or "", str(n)] for n, text in enumerate(texts))]
    assert (here / "o.csv").read_text().startswith('"a ""b"", c",n\nplain,0\n"a""b",1\n')


def test_values_in_csv_have_the_forms_that_people_write(here):
    table = duckdb.sql(
        "SELECT 1.50::DECIMAL(10, 2) d, 0.0000001::DECIMAL(20, 7) small, true truth, DATE '2024-02-01' date_,"
        " TIMESTAMP '2024-02-01 10:00:00' moment, TIMESTAMP '2024-02-01 10:00:00.25' fraction, TIME '10:11:12' time_,"
        " TIMESTAMPTZ '2024-02-01 10:00:00+02' zoned, [1, NULL] list_, {'a': 'x', 'b': DATE '2024-02-01'} struct_,"
        " MAP {1: 'x'} map_, NULL::INT absent, 1e100 huge"
    ).to_arrow_table()
    write("o.csv", table)
    _, line = csv.reader(io.StringIO((here / "o.csv").read_text()))
    assert line == [
        "1.50", "0.0000001", "true", "2024-02-01", "2024-02-01T10:00:00", "2024-02-01T10:00:00.250000", "10:11:12",
        "2024-02-01T08:00:00Z", "[1,null]", '{"a":"x","b":"2024-02-01"}', '{"1":"x"}', "", "1e+100",
    ]  # fmt: skip


def test_a_null_in_the_only_column_is_still_a_row(here):
    write("o.csv", pa.table({"a": ["x", None, "y"]}))
    assert rows_of("o.csv") == [{"a": "x"}, {"a": None}, {"a": "y"}]


def test_json_keeps_all_digits(here):
    table = pa.table(
        {
            "int": pa.array([2**63 - 1]),
            "unsigned": pa.array([2**64 - 1], pa.uint64()),
            "decimal": pa.array(["12345678901234567890.10"]).cast(pa.decimal128(30, 2)),
            "text": ["é\x00\u2028"],
            "nan": [float("nan")],
        }
    )
    write("o.jsonl", table)
    assert (here / "o.jsonl").read_text() == (
        '{"int":9223372036854775807,"unsigned":18446744073709551615,"decimal":12345678901234567890.10,'
        '"text":"é\\u0000\u2028","nan":null}\n'
    )


def test_parquet_row_groups_stay_small(here):
    batch = pa.record_batch({"data": [os.urandom(1 << 20)] * 20})
    with open_writer("big.parquet", batch.schema) as writer:
        for _ in range(4):
            writer.write(batch)
    numbers = pa.table({"n": range(50_000)})
    write("long.parquet", numbers)
    big, long = pq.ParquetFile("big.parquet").metadata, pq.ParquetFile("long.parquet").metadata
    assert all(big.row_group(index).total_byte_size <= 45 << 20 for index in range(big.num_row_groups))
    assert all(long.row_group(index).num_rows <= 16_384 for index in range(long.num_row_groups))
    assert rows_of("long.parquet") == numbers.to_pylist()


PRINT = """
import sys, pyarrow as pa
from grokcall.tables import OutputClosed, open_writer
table = pa.table({"id": [1, 2, 3], "body": ["a", None, 'c, "d"\\ne']})
try:
    with open_writer("-", table.schema, format=sys.argv[1]) as writer:
        for _ in range(int(sys.argv[2])):
            writer.write(table.to_batches()[0])
except OutputClosed as error:
    print(error, file=sys.stderr)
    sys.exit(7)
"""


@pytest.mark.parametrize("form", ["csv", "tsv", "json", "jsonl", "parquet", "arrow"])
def test_standard_output_carries_each_format(here, form):
    done = subprocess.run([sys.executable, "-c", PRINT, form, "1"], capture_output=True, timeout=400)
    assert done.returncode == 0, done.stderr
    (here / "out").write_bytes(done.stdout)
    assert rows_of("out", format=form) == TABLE.to_pylist()


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "arrow"])
def test_a_reader_of_standard_output_that_goes_away_is_told_quietly(here, form):
    with subprocess.Popen(
        [sys.executable, "-c", PRINT, form, "30000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout.read(10)
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(timeout=400) == 7
    assert said == b"standard output: nobody reads any more\n"


def test_a_pipe_with_a_name_is_written_directly(here, names):
    os.mkfifo("o.jsonl")
    got = []
    reader = threading.Thread(target=lambda: got.append((here / "o.jsonl").read_text()))
    reader.start()
    write("o.jsonl", TABLE.slice(0, 1))
    reader.join(timeout=240)
    assert got == ['{"id":1,"body":"a"}\n']
    assert names() == ["o.jsonl"]


def test_a_pipe_with_a_name_that_is_left_is_told_quietly(here):
    os.mkfifo("o.jsonl")
    reader = threading.Thread(target=lambda: (here / "o.jsonl").open("rb").close())
    reader.start()
    writer = open_writer("o.jsonl", TABLE.schema)
    reader.join(timeout=240)
    with pytest.raises(OutputClosed):
        writer.write(TABLE.to_batches()[0])
    with pytest.raises(InterfaceError):
        writer.write(TABLE.to_batches()[0])
