"""The cells of CSV and TSV files are the text that stands there, unless a type is asked for."""

import gzip
import io
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from grokcall.tables import open_table
from grokcall_parser.errors import DataError, ProgrammingError

CELLS = [
    "1.10",
    "2.00",
    "007",
    "+5",
    "-0",
    "1e5",
    "12345678901234567.5",
    "123456789012345678901234567890",
    "01/02/2024",
    "2024-01-02 10:00:00+02",
    "10:00",
    "TRUE",
    " true",
    "yes",
    "NULL",
    "NaN",
    "inf",
    "-",
    " ",
    "x ",
    "5%",
    "$3",
    "1,5",
    'say "hi"',
    "two\nlines",
    "cr\rhere",
    "8BD4A7A2-3F0E-4B3E-9A39-1B5A6A0B1C2D",
]


def rows_of(source, **options):
    with open_table(source, **options) as table:
        return table.read_all().to_pylist()


def quoted(cell):
    return '"' + cell.replace('"', '""') + '"'


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.csv.gz", "t.tsv.zst"])
def test_a_cell_is_the_text_that_stands_in_the_file(here, name):
    delimiter = "\t" if "tsv" in name else ","
    lines = [delimiter.join(["id", "cell"]), *(f"{n}{delimiter}{quoted(cell)}" for n, cell in enumerate(CELLS))]
    with pa.output_stream(name, compression="detect") as file:
        file.write(("\n".join(lines) + "\n").encode())
    assert [row["cell"] for row in rows_of(name)] == CELLS


@pytest.mark.parametrize("cell", [cell for cell in CELLS if not set(cell) & set('",\n\r')])
def test_a_column_of_one_kind_of_cell_keeps_it(here, cell):
    (here / "t.csv").write_text(f"a,b\n{cell},x\n{cell},x\n")
    assert rows_of("t.csv") == [{"a": cell, "b": "x"}] * 2


def test_types_auto_gives_types_only_where_the_text_comes_back(here):
    (here / "t.csv").write_text(
        "i,f,b,d,m,zip,price,day\n"
        "1,0.5,true,2024-01-02,2024-01-02T10:00:00,00501,1.10,01/02/2024\n"
        "-3,2,false,1999-12-31,1999-12-31T00:00:00,10001,2.50,02/02/2024\n"
    )
    with open_table("t.csv", types="auto") as table:
        assert table.schema.types == [
            pa.int64(),
            pa.float64(),
            pa.bool_(),
            pa.date32(),
            pa.timestamp("us"),
            pa.string(),
            pa.string(),
            pa.string(),
        ]


@pytest.mark.parametrize("late", ["007", "1.7", "x", "1e3", " 1", "+1", "9223372036854775808"])
def test_types_auto_looks_at_every_row(here, late):
    (here / "t.csv").write_text("n,m\n" + "1,1\n" * 5_000 + f"{late},1\n")
    with open_table("t.csv", types="auto") as table:
        assert table.schema.field("n").type != pa.int64()
        assert table.schema.field("m").type == pa.int64()
        assert str(table.read_all()["n"][-1]) == late


def test_types_that_are_given_are_kept_and_the_rest_is_text(here):
    (here / "t.csv").write_text("id,n,price,day,at,ok\n007, 7,1.5,2024-01-02,10:30:00,true\n")
    columns = {"n": "int64", "price": "decimal(10, 2)", "day": pa.date32(), "at": "TIME", "ok": "BOOLEAN"}
    with open_table("t.csv", types="schema", columns=columns) as table:
        assert table.schema.types == [
            pa.string(),
            pa.int64(),
            pa.decimal128(10, 2),
            pa.date32(),
            pa.time64("us"),
            pa.bool_(),
        ]
        assert table.read_all()["id"].to_pylist() == ["007"]
    assert rows_of([{"id": 5}], columns={"id": "TEXT"}) == [{"id": "5"}]


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_value_that_is_none_of_its_type_names_the_line(here, ending):
    content = 'body,n\n"two\nlines",1\n' + "x,1\n" * 3_000 + "x,1.7\n"
    (here / f"t.csv{ending}").write_bytes(gzip.compress(content.encode()) if ending else content.encode())
    with pytest.raises(DataError, match=r"line 3,004, column \"n\": '1\.7' is no int64"):
        rows_of(f"t.csv{ending}", columns={"n": "INT64"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": {"idd": "INT64"}}, "no column 'idd' to give a type; did you mean 'id'"),
        ({"columns": {"id": "INT46"}}, "no type 'INT46'; did you mean 'INT64'"),
        ({"types": "schema"}, "types 'schema' goes by the types of columns"),
        ({"types": "sniff"}, "types must be text, auto or schema, not 'sniff'"),
        ({"encoding": "cp12525"}, "no encoding 'cp12525'"),
        ({"encoding": "base64"}, "no encoding 'base64'"),
    ],
)
def test_what_cannot_be_asked_for_is_told(here, options, message):
    (here / "t.csv").write_text("id\n1\n")
    with pytest.raises(ProgrammingError, match=message):
        open_table("t.csv", **options)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_they_may(here, end):
    (here / "t.csv").write_bytes(f'id,body{end}1,"a\nb"{end}2,c{end}'.encode())
    assert rows_of("t.csv") == [{"id": "1", "body": "a\nb"}, {"id": "2", "body": "c"}]


def test_lines_of_one_file_may_end_in_several_ways(here):
    (here / "t.csv").write_bytes(b"id,body\r\n1,a\n2,b\r\n3,c")
    assert [row["body"] for row in rows_of("t.csv")] == ["a", "b", "c"]


@pytest.mark.parametrize("hint", ["sep=;", "SEP=;", '"sep=;"', "\ufeffsep=;"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_that_names_the_delimiter_is_heeded(here, hint, end):
    (here / "t.csv").write_bytes(f"{hint}{end}id;a,b{end}1;c,d{end}".encode())
    assert rows_of("t.csv") == [{"id": "1", "a,b": "c,d"}]
    (here / "bad.csv").write_bytes(f"{hint}{end}id;body{end}1;a;b{end}".encode())
    with pytest.raises(DataError, match="line 3: the header has 2 columns and this row 3"):
        rows_of("bad.csv")


def test_a_title_above_the_header_is_explained(here):
    (here / "t.csv").write_text("Report of 2024\n\nid,body\n1,x\n")
    with pytest.raises(DataError, match=r"line 3: the header has 1 column and this row 2; .*delete the lines above"):
        rows_of("t.csv")


@pytest.mark.parametrize(
    ("encoding", "given"),
    [
        ("cp1252", "cp1252"),
        ("latin-1", "latin-1"),
        ("cp437", "cp437"),
        ("utf-16", None),
        ("utf-16-le", None),
        ("utf-16-be", "utf-16-be"),
        ("utf-8-sig", None),
        ("utf-8-sig", "cp1252"),
        ("utf-32", None),
        ("shift_jis", "shift_jis"),
    ],
)
@pytest.mark.parametrize("ending", ["csv", "csv.gz", "tsv", "jsonl", "json"])
def test_text_is_read_in_its_encoding(here, encoding, given, ending):
    word = "日本" if encoding == "shift_jis" else "café"
    content = f'{{"body": "{word}"}}\n' if ending.startswith("json") else f"body\n{word}\n"
    data = content.encode(encoding)
    (here / f"t.{ending}").write_bytes(gzip.compress(data) if ending.endswith("gz") else data)
    assert rows_of(f"t.{ending}", encoding=given) == [{"body": word}]


@pytest.mark.parametrize(
    ("content", "line"), [(b"a\nx\n\xe9\n", 3), (b"a\r\xe9\r", 2), (b"a\n" * 70_000 + b"\xff", 70_001)]
)
def test_bytes_that_are_no_text_are_told_with_their_line_and_the_remedy(here, content, line):
    (here / "t.csv").write_bytes(content)
    with pytest.raises(
        DataError, match=rf"line {line:,}: the text is not UTF-8; .*name its encoding, for example cp1252"
    ):
        rows_of("t.csv")


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_standard_input_in_utf_16_is_known_by_its_mark(here, monkeypatch, form):
    content = '{"body": "é"}\n' if form == "jsonl" else "body\né\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content.encode("utf-16"))))
    assert rows_of("-") == [{"body": "é"}]


@pytest.mark.parametrize("name", [b"b\xfcr.csv", b"b\xfcr.jsonl", b"b\xfcr.parquet", b"b\xfcr.arrow", b"\xff.csv.gz"])
def test_a_file_whose_name_is_no_utf_8_is_read(here, name):
    form = name.split(b".")[1].decode()
    table = pa.table({"body": ["q"]})
    if form == "parquet":
        pq.write_table(table, "plain")
    elif form == "arrow":
        with pa.ipc.new_file("plain", table.schema) as writer:
            writer.write_table(table)
    else:
        (here / "plain").write_text("body\nq\n" if form == "csv" else '{"body": "q"}\n')
    content = (here / "plain").read_bytes()
    path = here / os.fsdecode(name)
    path.write_bytes(gzip.compress(content) if name.endswith(b"gz") else content)
    assert rows_of(path) == [{"body": "q"}]
    with open_table(path) as table:
        table.name.encode()  # it can be shown


def test_addresses_of_files_are_paths_and_others_are_refused(here):
    (here / "may be.csv").write_text("a\n1\n")
    assert rows_of((here / "may be.csv").as_uri()) == [{"a": "1"}]
    for address in ("s3://bucket/x.csv", "gs://b/x.parquet", "https://127.0.0.1:1/x.csv", "file://elsewhere/x.csv"):
        with pytest.raises(Exception, match="only local files are read") as caught:
            open_table(address)
        assert type(caught.value).__name__ == "NotSupportedError"
