"""What a lookup asks about is what stands in the file, and every column of it can be named."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.usefixtures("at_service")
ONLY = ("--fields", "Response_Result", "-o", "-", "-q")


def asked(service):
    return sorted(each.text for each in service.asked)


@pytest.mark.parametrize(
    ("header", "given"),
    [
        (" body", "m= body"),
        (" body", 'm=" body"'),
        ("body", "m = body"),
        ("a=b", "m=a=b"),
        ('"a,b"', "m=a,b"),
        ('"say ""hi"""', 'm="say ""hi"""'),
        ("@path", 'm="@path"'),
        ("'x'", "m=\"'x'\""),
        ("BODY", "m=body"),
        ('""', "m=column1"),
        ("id", "m=id_1"),
    ],
)
def test_every_column_can_be_named(run, service, tmp_path, header, given):
    (tmp_path / "t.csv").write_text(f"id,{header}\n1,x\n")
    done = run("lookup", tmp_path / "t.csv", "CALL GenerateResponse(:m)", "--map", given, *ONLY)
    assert done.code == 0, done.err
    assert asked(service) == ["x"]


def test_cells_are_asked_about_and_passed_on_as_they_stand(run, service, tmp_path):
    cells = ["1.10", "01/02/2024", "007", "1e5", "12345678901234567.5", "NULL"]
    (tmp_path / "t.csv").write_text("body\n" + "\n".join(cells) + "\n")
    done = run("lookup", tmp_path / "t.csv", "CALL GenerateResponse(:body)", *ONLY)
    assert [row["body"] for row in done.rows] == cells
    assert asked(service) == sorted(cells)


def test_types_and_encoding_are_flags(run, service, tmp_path):
    (tmp_path / "t.csv").write_bytes("id,body\n007,\xe9t\xe9\n".encode("cp1252"))
    done = run(
        "lookup", tmp_path / "t.csv", "CALL GenerateResponse(:body)", *ONLY,
        "--encoding", "cp1252", "--types", "schema", "--column", "id=INT64",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert (done.rows[0]["id"], asked(service)) == (7, ["été"])


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--types", "sniff"), "--types must be one of text, auto, schema"),
        (("--types", "schema"), "--column id=INT64"),
        (("--column", "id"), "is no type of a column"),
        (("--column", "id=WHAT"), "there is no type 'WHAT'"),
        (("--encoding", "klingon"), "there is no encoding 'klingon'"),
    ],
)
def test_wrong_flags_are_a_line_and_nothing_is_sent(run, service, tmp_path, flags, message):
    (tmp_path / "t.csv").write_text("id,body\n1,x\n")
    done = run("lookup", tmp_path / "t.csv", "CALL GenerateResponse(:body)", *ONLY, *flags)
    assert done.code == 2
    assert message in done.err
    assert service.asked == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["call", "CALL GenerateResponse('F\udcfcr')"],
        ["call", "CALL GenerateResponse(:m)", "-p", "m=F\udcfcr"],
        ["call", "CALL GenerateResponse(:m)", "-p", "m=@@F\udcfcr"],
        ["sql", "SELECT r.* FROM GenerateResponse('F\udcfcr') r"],
        ["sql", "SELECT r.* FROM GenerateResponse(:m) r", "-p", "m=F\udcfcr"],
        ["lookup", "t.csv", "CALL GenerateResponse('F\udcfcr' || :body)"],
        ["lookup", "t.csv", "CALL GenerateResponse(:body)", "--map", "body='F\udcfcr'"],
    ],
)
def test_bytes_of_arguments_that_are_no_text_are_refused(run, service, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("body\nx\n")
    done = run(*arguments)
    assert done.code == 2, done.err
    assert "is no text in" in done.err
    assert service.asked == []


def test_numbers_that_are_missing_are_no_question(service, connection):
    rows = [{"body": 1.5}, {"body": float("nan")}, {"body": 2.0}]
    result = connection.lookup("CALL GenerateResponse(:body)", rows, on_null_input="skip", call_columns=True)
    assert result.rows["Call_Status"].to_pylist() == ["ok", "skipped", "ok"]
    assert asked(service) == ["1.5", "2"]


def test_bad_text_inside_a_struct_is_refused_before_anything_is_paid_for(run, service, tmp_path):
    bad = pa.Array.from_buffers(pa.string(), 2, pa.array([b"ok", b"\xe9t\xe9"]).buffers())
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"body": ["a", "b"], "s": pa.StructArray.from_arrays([bad], ["t"])}), path)
    done = run("lookup", path, "CALL GenerateResponse(:body)", *ONLY)
    assert done.code == 2
    assert 'column "s", row 2' in done.err
    assert service.asked == []


def test_moments_that_the_calendar_has_not_are_shown_in_every_form(run):
    for form in ("csv", "jsonl", "table"):
        done = run("sql", "SELECT 'infinity'::TIMESTAMP AS t", "-q", "--format", form)
        assert done.code == 0, done.err
        assert "infinity" in done.out


def test_a_moment_that_python_has_not_is_asked_about_as_text(run, service, tmp_path):
    pq.write_table(pa.table({"ts": pa.array([2534023008000000000], pa.timestamp("us"))}), tmp_path / "far.parquet")
    done = run("lookup", tmp_path / "far.parquet", "CALL GenerateResponse(:ts)", *ONLY)
    assert done.code == 0, done.err
    assert asked(service) == ["+82269-12-29T00:00:00"]


def test_the_address_of_a_file_is_its_path_and_an_output_is_known_as_the_input(run, service, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("body\nx\n")
    done = run("lookup", path.as_uri(), "CALL GenerateResponse(:body)", *ONLY)
    assert json.loads(done.out)["body"] == "x"
    done = run("lookup", path.as_uri(), "CALL GenerateResponse(:body)", "-o", path)
    assert done.code == 2
    assert path.read_text() == "body\nx\n"
