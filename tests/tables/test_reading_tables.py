"""Files and SELECTs as streams of record batches."""

import datetime
import gzip
import io
import os
import subprocess
import sys

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from grokcall.tables import open_table
from grokcall.tables.formats import Format
from grokcall.tables.reader import Reading, open_stdin
from grokcall_parser.errors import DataError, NotSupportedError, OperationalError, ProgrammingError

TABLE = pa.table({"id": [1, 2, 3], "body": ["a", None, 'c, "d"\ne']})


def rows_of(source, **options):
    with open_table(source, **options) as table:
        return table.read_all().to_pylist()


def write_file(path, form):
    if form in ("parquet", "arrow"):
        if form == "parquet":
            pq.write_table(TABLE, path)
        else:
            with pa.ipc.new_file(path, TABLE.schema) as writer:
                writer.write_table(TABLE)
    elif form == "stream":
        with pa.ipc.new_stream(path, TABLE.schema) as writer:
            writer.write_table(TABLE)
    else:
        options = {"csv": "(HEADER)", "tsv": "(FORMAT csv, DELIMITER '\t')", "json": "(FORMAT json, ARRAY)"}
        with duckdb.connect() as connection:
            connection.register("t", TABLE)
            connection.execute(f"COPY t TO '{path}' {options.get(form, '(FORMAT json)')}")


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("t.csv", "csv"),
        ("t.tsv", "tsv"),
        ("t.json", "json"),
        ("t.jsonl", "jsonl"),
        ("t.ndjson", "jsonl"),
        ("t.parquet", "parquet"),
        ("t.arrow", "arrow"),
        ("t.feather", "stream"),
        ("T.CSV", "csv"),
    ],
)
def test_each_format_gives_the_same_rows(here, name, form):
    write_file(name, form)
    types = {"columns": {"id": "INT64"}} if form in ("csv", "tsv") else {}
    assert rows_of(name, **types) == TABLE.to_pylist()
    assert rows_of(here / name, **types) == TABLE.to_pylist()


@pytest.mark.parametrize(("form", "ending"), [("csv", ".gz"), ("csv", ".zst"), ("jsonl", ".gz"), ("json", ".zst")])
def test_compressed_text_is_read_as_it_is(here, form, ending):
    write_file(f"t.{form}", form)
    with pa.output_stream(f"t.{form}{ending}", compression="detect") as packed:
        packed.write((here / f"t.{form}").read_bytes())
    assert rows_of(f"t.{form}{ending}", types="auto") == TABLE.to_pylist()


def test_batches_are_no_larger_than_asked_and_in_order(here):
    pq.write_table(pa.table({"n": range(10_000)}), "n.parquet", row_group_size=3_000)
    pyarrow.csv.write_csv(pa.table({"n": range(10_000)}), "n.csv")
    for name in ("n.parquet", "n.csv", "FROM 'n.parquet'"):
        with open_table(name, batch_rows=700, columns={"n": "INT64"}) as table:
            batches = list(table)
        assert max(batch.num_rows for batch in batches) <= 700
        assert [value for batch in batches for value in batch["n"].to_pylist()] == list(range(10_000))


def test_the_row_count_is_known_where_the_file_tells_it(here):
    for name, form, known in [("t.parquet", "parquet", 3), ("t.arrow", "arrow", 3), ("t.csv", "csv", None)]:
        write_file(name, form)
        with open_table(name) as table:
            assert table.row_count == known


def test_a_table_without_rows_has_its_schema_and_no_batches(here):
    (here / "e.csv").write_text("a,b\n")
    pq.write_table(TABLE.slice(0, 0), "e.parquet")
    (here / "e.json").write_text(" [] \n")
    for name, names in [("e.csv", ["a", "b"]), ("e.parquet", ["id", "body"]), ("e.json", []), ("e.json", [])]:
        with open_table(name) as table:
            assert table.schema.names == names
            assert list(table) == []


def test_header_names_stay_as_they_are_and_doubled_ones_are_told(here):
    (here / "d.csv").write_text("a,a,,A, b ,o'h\n1,2,3,4,5,6\n")
    with open_table("d.csv") as table:
        assert table.schema.names == ["a", "a_1", "column2", "A", " b ", "o'h"]
        assert table.notes == (
            "column 2 is called 'a_1': the name 'a' is taken",
            "column 3 is called 'column2': it has no name",
        )
        assert list(table.read_all().to_pylist()[0].values()) == ["1", "2", "3", "4", "5", "6"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("inside", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("rest", ["", ",c"])
def test_line_breaks_inside_names_and_values_lose_no_rows(here, end, inside, rest):
    more = ",4" if rest else ""
    for name in (f"a{inside}b", "a"):
        (here / "b.csv").write_bytes(f'"{name}"{rest}{end}1{more}{end}"2{inside}3"{more}{end}'.encode())
        assert [row[name] for row in rows_of("b.csv")] == ["1", f"2{inside}3"]


def test_columns_of_json_lines_are_those_of_all_rows(here):
    (here / "late.jsonl").write_text('{"a":1}\n' * 30_000 + '{"a":2,"b":"8BD4A7A2-3F0E-4B3E-9A39-1B5A6A0B1C2D"}\n')
    assert rows_of("late.jsonl")[-1] == {"a": 2, "b": "8BD4A7A2-3F0E-4B3E-9A39-1B5A6A0B1C2D"}


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_the_delimiter_is_the_one_of_the_header(here, delimiter):
    (here / "s.csv").write_text(f'id{delimiter}"a,b;c"\n1{delimiter}x\n')
    assert rows_of("s.csv") == [{"id": "1", "a,b;c": "x"}]


def test_one_column_of_prose_is_not_cut_into_several(here):
    (here / "prose.csv").write_text('body\nhello there; friend\n"a, b"\nc; d\n')
    assert rows_of("prose.csv") == [{"body": "hello there; friend"}, {"body": "a, b"}, {"body": "c; d"}]


def test_marks_and_wide_characters_at_the_start_do_no_harm(here):
    (here / "bom.csv").write_bytes(b"\xef\xbb\xbfa,b\r\n1,x\r\n")
    (here / "wide.csv").write_bytes("a,b\n1,é\n".encode("utf-16"))
    assert rows_of("bom.csv") == [{"a": "1", "b": "x"}]
    assert rows_of("wide.csv") == [{"a": "1", "b": "é"}]


def test_a_long_document_in_a_value_is_read(here):
    text = "x, " * 1_500_000
    (here / "long.csv").write_text(f'a,b\n1,"{text}"\n')
    (here / "long.jsonl").write_text('{"b":"' + "y" * 20_000_000 + '"}\n')
    assert rows_of("long.csv") == [{"a": "1", "b": text}]
    assert len(rows_of("long.jsonl")[0]["b"]) == 20_000_000


def test_a_value_beyond_the_limits_is_told_with_a_remedy(here):
    with (here / "long.csv").open("w") as file:
        file.write("a,b\n1," + "x" * (17 << 20) + "\n")
    with (here / "long.jsonl").open("w") as file:
        file.write('{"b":"' + "x" * (129 << 20) + '"}\n')
    for name in ("long.csv", "long.jsonl"):
        with pytest.raises(DataError, match=rf"^{name}: .*longer than (16|64) MiB; use Parquet"):
            rows_of(name)


def test_a_name_full_of_pattern_marks_and_quotes_is_one_file(here):
    folder = here / "day=1"
    folder.mkdir()
    path = folder / "it's [1]*.csv"
    path.write_text("a\n1\n")
    (folder / "it's 1.csv").write_text("a\n2\n")
    assert rows_of(path) == [{"a": "1"}]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("r.csv", "a,b\n1,2\n3,4,5\n", "r.csv: line 3: the header has 2 columns and this row 3;"),
        ("r.csv", "a,b\n" + "1,2\n" * 30_000 + "6\n", "line 30,002: the header has 2 columns and this row 1;"),
        ("q.csv", 'a,b\n1,"abc\n2,d\n', "q.csv: line 2: a quoted value does not end"),
        ("l.csv", b"a,b\n\xe9t\xe9,1\n", "l.csv: line 2: the text is not UTF-8; save the file as UTF-8"),
        ("h.csv", b"\xe9t\xe9,b\n1,1\n", "h.csv: line 1: the text is not UTF-8"),
        ("e.csv", "", "e.csv: the file is empty; a header line"),
        ("b.jsonl", '{"a":1}\n{"a":\n', "b.jsonl: line 2: not JSON"),
        ("b.json", '[{"a":1},{"a":', "b.json: line 1: the object that begins here does not end"),
        ("s.json", "[1,2]", "s.json: line 1: the values are not objects"),
        ("p.parquet", "no", "p.parquet: "),
        ("a.arrow", "nonsense", "a.arrow: "),
        ("a.arrow", "", "a.arrow: the file is empty"),
        ("x.xlsx", "no", "x.xlsx: not a readable Excel workbook"),
        ("g.csv.gz", "a,b\n1,2\n", "g.csv.gz: "),
    ],
)
def test_a_malformed_file_is_one_line_that_names_it(here, name, content, message):
    (here / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises((DataError, OperationalError)) as caught:
        rows_of(name)
    assert str(caught.value).startswith(name)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_truncated_parquet_file_is_a_data_error(here):
    pq.write_table(TABLE, "t.parquet")
    whole = (here / "t.parquet").read_bytes()
    (here / "t.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"^t\.parquet: ") as caught:
        rows_of("t.parquet")
    assert isinstance(caught.value.__cause__, pa.ArrowException)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("tikets.csv", "no such file; did you mean 'tickets.csv'?"),
        ("*.csv", r"for several files write FROM '\*.csv'"),
        ("tickets.cvs", "ending '.cvs'; did you mean '.csv'?"),
        ("tickets", "cannot tell the format"),
        (".", "is a folder"),
        ("folder.csv", "is a folder"),
        ("tickets.parquet.gz", "without outer compression"),
        ("SELECT nope FROM 'tickets.csv'", 'column "nope" not found'),
        ("SELECT FROM WHERE", "syntax error"),
        ("SELECT 1; SELECT 2", "one SELECT"),
        ("WITH x AS (SELECT 1) INSERT INTO y FROM x", "one SELECT"),
        ("FROM missing", "missing does not exist"),
    ],
)
def test_a_wrong_source_is_a_programming_error_with_a_remedy(here, source, message):
    (here / "tickets.csv").write_text("a\n1\n")
    (here / "folder.csv").mkdir()
    with pytest.raises(ProgrammingError, match=message.replace("?", r"\?")) as caught:
        open_table(source)
    assert "\n" not in str(caught.value)


def test_an_unknown_format_names_the_nearest(here):
    with pytest.raises(ProgrammingError, match="unknown format 'parket'; did you mean 'parquet'"):
        open_table("x.csv", format="parket")


def test_a_file_that_may_not_be_read_is_an_operational_error(here):
    (here / "secret.csv").write_text("a\n1\n")
    (here / "secret.csv").chmod(0)
    if os.access("secret.csv", os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(OperationalError, match="you may not read this file"):
        open_table("secret.csv")


def test_the_format_can_be_named_when_the_ending_does_not_tell_it(here):
    (here / "export.dat").write_text('{"a":1}\n')
    assert rows_of("export.dat", format="jsonl") == [{"a": 1}]


def test_a_select_is_answered_in_plain_types(here):
    write_file("t.csv", "csv")
    with open_table(
        "SELECT sum(id) s, INTERVAL 1 DAY i, [1::HUGEINT] h, 'a'::ENUM('a', 'b') e, uuid() u, {'x': INTERVAL 1 DAY} st,"
        " TIMESTAMPTZ '2024-01-01 12:00:00+02' z, NULL::TEXT n, '101'::BIT b, [1, 2]::INT[2] f, MAP {'k': 1::HUGEINT} m"
        " FROM 't.csv'"
    ) as table:
        types = dict(zip(table.schema.names, table.schema.types, strict=True))
        row = table.read_all().to_pylist()[0]
    assert types["s"] == pa.decimal128(38, 0)
    assert all(types[name] == pa.string() for name in "ieub")
    assert types["f"] == pa.list_(pa.int32())
    assert types["z"] == pa.timestamp("us", "UTC")
    assert (row["s"], row["i"], row["st"], row["n"], row["b"]) == (6, "1 day", {"x": "1 day"}, None, "101")
    assert row["z"] == datetime.datetime(2024, 1, 1, 10, tzinfo=datetime.UTC)
    assert row["m"] == [("k", 1)]


def test_a_file_whose_name_begins_like_a_query_is_a_file(here):
    (here / "from us.csv").write_text("a\n1\n")
    assert rows_of("from us.csv") == [{"a": "1"}]
    assert rows_of("SELECT '" + "x" * 5000 + "' AS a") == [{"a": "x" * 5000}]


def test_a_select_sees_no_python_variables_and_no_network(here):
    secret = TABLE  # what a replacement scan would find
    with pytest.raises(ProgrammingError, match="secret does not exist"):
        open_table("FROM secret")
    assert secret is TABLE
    with pytest.raises(NotSupportedError, match="only local files are read"):
        open_table("FROM 'https://127.0.0.1:1/x.csv'")


def test_a_fault_in_the_middle_of_a_select_is_a_data_error(here):
    sql = "SELECT CASE WHEN i = 500000 THEN 'x' ELSE '1' END::INT AS n FROM range(900000) t(i)"
    with open_table(sql) as table, pytest.raises(DataError, match="Could not convert"):
        list(table)


@pytest.fixture
def database(here):
    with duckdb.connect("shop.duckdb") as connection:
        connection.execute("CREATE TABLE tickets AS SELECT 1 AS id, 'a' AS body")
        connection.execute('CREATE SCHEMA eu; CREATE TABLE eu."odd name" AS SELECT 2 AS id')
        connection.execute("CREATE VIEW open_tickets AS FROM tickets")
    return "shop.duckdb"


def test_a_table_or_view_of_a_database_is_read(database):
    assert rows_of("shop.duckdb::tickets") == [{"id": 1, "body": "a"}]
    assert rows_of("shop.duckdb::main.TICKETS") == [{"id": 1, "body": "a"}]
    assert rows_of('shop.duckdb::eu."odd name"') == [{"id": 2}]
    with open_table("shop.duckdb::open_tickets") as table:
        assert table.row_count == 1


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("shop.duckdb::ticket", r"no table 'ticket'; did you mean 'tickets'\?"),
        ("shop.duckdb", "name a table as in shop.duckdb::"),
        ("shop.duckdb::a.b.c", "schema.table"),
        ("shp.duckdb::tickets", r"shp.duckdb: no such file; did you mean 'shop.duckdb'\?"),
    ],
)
def test_a_wrong_table_lists_those_there_are(database, source, message):
    with pytest.raises(ProgrammingError, match=message):
        open_table(source)


def test_the_table_that_was_meant_is_found_among_many(database):
    with duckdb.connect(database) as connection:
        for number in range(40):
            connection.execute(f"CREATE TABLE archive_{number:02} AS SELECT 1 AS id")
    with pytest.raises(ProgrammingError, match=r"no table 'tikets'; did you mean 'tickets'\?"):
        open_table("shop.duckdb::tikets")
    with pytest.raises(ProgrammingError, match=r"no table 'qqq'; the file has .*archive_00, .*, archive_18$"):
        open_table("shop.duckdb::qqq")


def test_a_file_that_is_no_database_is_refused(here):
    (here / "x.duckdb").write_text("no database at all" * 100)
    with pytest.raises(OperationalError, match=r"^x\.duckdb::t: .*not a valid DuckDB"):
        open_table("x.duckdb::t")


def test_a_sheet_of_a_workbook_is_read(here):
    book = openpyxl.Workbook()
    first = book.active
    first.title = "People"
    for row in [
        ["id", "name", "score", "when", "mixed", "nothing"],
        [1, "ann", 1.5, datetime.datetime(2024, 1, 2, 3), "A1"],
        [2, None, 2, datetime.datetime(2024, 1, 3), 7],
    ]:
        first.append(row)
    book.create_sheet("Second").append(["x"])
    book.save("b.xlsx")
    with open_table("b.xlsx") as table:
        assert table.schema.types == [
            pa.int64(), pa.string(), pa.float64(), pa.timestamp("us"), pa.string(), pa.string(),
        ]  # fmt: skip
        assert table.row_count == 2
        assert [list(row.values()) for row in table.read_all().to_pylist()] == [
            [1, "ann", 1.5, datetime.datetime(2024, 1, 2, 3), "A1", None],
            [2, None, 2.0, datetime.datetime(2024, 1, 3), "7", None],
        ]
    assert rows_of("b.xlsx::Second") == []
    with pytest.raises(ProgrammingError, match=r"no sheet 'Segond'; did you mean 'Second'\?"):
        open_table("b.xlsx::Segond")


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "parquet", "arrow", "stream"])
def test_standard_input_is_known_by_its_first_bytes(here, form):
    write_file("input", form)
    code = "from grokcall.tables import open_table; print(open_table('-', types='auto').read_all().to_pylist())"
    with (here / "input").open("rb") as stdin:
        done = subprocess.run([sys.executable, "-c", code], stdin=stdin, capture_output=True, text=True, timeout=400)
    assert done.stdout == f"{TABLE.to_pylist()}\n", done.stderr


def test_standard_input_is_read_in_a_named_format_and_unpacked():
    packed = io.BytesIO(gzip.compress(b"a\tb\n1\tx\n"))
    with open_stdin(packed, Format.TSV, Reading(10)) as table:
        assert table.read_all().to_pylist() == [{"a": "1", "b": "x"}]
    with pytest.raises(DataError, match="standard input is empty"):
        open_stdin(io.BytesIO(), None, Reading(10))
    with pytest.raises(DataError, match="compressed; name its format"):
        open_stdin(io.BytesIO(gzip.compress(b"a\n")), None, Reading(10))


def test_the_copy_of_standard_input_is_removed(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with open_stdin(io.BytesIO(b"a,b\n1,2\n"), None, Reading(10)) as table:
        assert len(list(tmp_path.glob("grokcall-stdin-*"))) == 1
        assert table.read_all().num_rows == 1
    with pytest.raises(DataError):
        open_stdin(io.BytesIO(b"a,b\n1\n"), None, Reading(10)).read_all()
    assert list(tmp_path.iterdir()) == []


def test_a_batch_has_at_least_one_row():
    with pytest.raises(ProgrammingError, match="batch_rows is 0"):
        open_table([{"a": 1}], batch_rows=0)
