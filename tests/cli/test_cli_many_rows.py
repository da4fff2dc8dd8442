"""``grokcall lookup`` with a procedure that gives any number of rows: files of every format, and what is refused."""

from __future__ import annotations

import csv
import io
import json

import duckdb
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from scripted_service import Answer, answered

LIST = "CALL ListModels()"
SOME = ["--fields", "Model_Id,Model_Created"]
LISTS = [["a", "b"], [], ["c"]]
NESTED = [[{"Model_Id": name, "Model_Created": index} for index, name in enumerate(names)] for names in LISTS]
EACH = ["--no-dedupe", "--concurrency", "1"]


@pytest.fixture
def lists(at_service, here):
    """Three rows in a file, and a service that gives each a list of its own."""
    (here / "rows.csv").write_text("n\n0\n1\n2\n")

    def script(_asked):
        names = LISTS[(len(at_service.asked) - 1) % 3]
        entries = [{"id": name, "created": index} for index, name in enumerate(names)]
        return Answer(json.dumps({"data": entries}).encode())

    at_service.script = script
    return at_service


def delimited(path):
    delimiter = "\t" if path.suffix == ".tsv" else ","
    return [
        {"n": row["n"], "Models": json.loads(row["Models"])}
        for row in csv.DictReader(io.StringIO(path.read_text("utf-8")), delimiter=delimiter)
    ]


READERS = {
    "out.csv": delimited,
    "out.tsv": delimited,
    "out.json": lambda path: json.loads(path.read_text("utf-8")),
    "out.jsonl": lambda path: [json.loads(line) for line in path.read_text("utf-8").splitlines()],
    "out.parquet": lambda path: pq.read_table(path).to_pylist(),
    "out.arrow": lambda path: feather.read_table(path).to_pylist(),
}


@pytest.mark.usefixtures("lists")
@pytest.mark.parametrize("name", READERS)
def test_lists_are_json_in_files_of_text_and_lists_in_those_that_have_types(run, here, name):
    done = run("lookup", "rows.csv", LIST, "-o", name, *SOME, *EACH)
    assert done.code == 0, done.err
    assert READERS[name](here / name) == [{"n": str(n), "Models": models} for n, models in enumerate(NESTED)]
    assert "3 (3 ok, 0 failed)" in done.err
    assert not list(here.glob("*.journal"))


@pytest.mark.usefixtures("lists")
def test_lists_in_a_table_of_duckdb_are_unnested_there(run, here):
    assert run("lookup", "rows.csv", LIST, "-o", "out.duckdb::models", *SOME, *EACH).code == 0
    with duckdb.connect(here / "out.duckdb") as con:
        found = con.sql("SELECT n, UNNEST(Models, recursive := true) FROM models").fetchall()
    assert found == [("0", "a", 0), ("0", "b", 1), ("2", "c", 0)]


@pytest.mark.usefixtures("lists")
@pytest.mark.parametrize(
    ("flags", "rows"),
    [
        ([], [["0", "a", "0"], ["0", "b", "1"], ["1", "", ""], ["2", "c", "0"]]),
        (["--drop-empty"], [["0", "a", "0"], ["0", "b", "1"], ["2", "c", "0"]]),
    ],
)
def test_expanded_each_result_is_a_line(run, here, flags, rows):
    done = run("lookup", "rows.csv", LIST, "-o", "out.csv", "--many", "expand", *flags, *SOME, *EACH)
    assert done.code == 0, done.err
    header, *lines = csv.reader((here / "out.csv").read_text("utf-8").splitlines())
    assert header == ["n", "Model_Id", "Model_Created"]
    assert lines == rows


@pytest.mark.usefixtures("lists")
def test_the_summary_tells_how_many_rows_came_of_how_many(run, here):
    (here / "rows.csv").write_text("n\n0\n1\n2\n3\n")
    done = run("lookup", "rows.csv", LIST, "-o", "out.csv", "--many", "expand", *EACH, "--summary", "how.json")
    assert "rows         4 (4 ok, 0 failed)" in done.err
    assert "result rows  5" in done.err
    told = json.loads((here / "how.json").read_text("utf-8"))
    assert (told["rows"], told["result_rows"]) == (4, 5)


def test_a_rerun_reads_the_lists_anew_with_a_journal_too(run, lists):
    kept = ["--journal", "j", *EACH]
    assert run("lookup", "rows.csv", LIST, "-o", "out.jsonl", *kept).code == 0
    again = run("lookup", "rows.csv", LIST, "-o", "-", "--many", "expand", "--drop-empty", *SOME, *kept)
    assert [row["Model_Id"] for row in again.rows] == ["a", "b", "c"]
    assert len(lists.asked) == 6
    assert run("runs", "export", "--journal", "j").rows == []


@pytest.mark.usefixtures("lists")
def test_a_dry_run_sends_nothing(run, lists):
    done = run("lookup", "rows.csv", LIST, "--many", "expand", "--dry-run")
    assert (done.code, lists.asked) == (0, [])
    assert "3, 1 of them different" in done.err
    assert "0.000000 to 0.000000 USD" in done.err


WRONG = [
    (["--many", "flat"], "many must be one of nest, expand, not 'flat'"),
    (["--drop-empty"], "keep_empty=False (--drop-empty) goes with many='expand' (--many expand); with many='nest'"),
    (["--many", "expand", "--fields", "Model_Idd"], "ListModels has no result field 'Model_Idd'; did you mean "),
    (["--batch", "--journal", "j"], "ListModels cannot go through a batch: it is not one request to a text model"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_what_cannot_be_is_one_line_and_sends_nothing(run, lists, here, arguments, message):
    done = run("lookup", "rows.csv", LIST, "-o", "out.csv", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"grokcall: {message}")
    assert lists.asked == []
    assert [path.name for path in here.iterdir()] == ["rows.csv"]


@pytest.fixture
def orders(at_service, here):
    """Orders in a file, and a service that gives a row for each of their words."""
    (here / "orders.csv").write_text("id,body\n1,tea cake\n2,\n3,tea\n")

    def script(asked):
        return answered(json.dumps({"rows": [{"item": word} for word in asked.text.split()]}))

    at_service.script = script
    return at_service


def test_rows_of_an_answer_go_into_a_file_and_a_rerun_pays_nothing(run, here, orders):
    command = ("lookup", "orders.csv", "CALL GenerateRows(:body, 'item VARCHAR')", "--journal", "orders.journal")
    for name in ("first.jsonl", "second.jsonl"):
        done = run(*command, "--many", "expand", "--on-null-input", "skip", "-o", name)
        assert done.code == 0, done.err
        rows = READERS["out.jsonl"](here / name)
        assert [(row["id"], row["item"], row["RowNumber"]) for row in rows] == [
            ("1", "tea", 1), ("1", "cake", 2), ("2", None, None), ("3", "tea", 1),
        ]  # fmt: skip
    assert len(orders.asked) == 2


def test_rows_of_an_answer_are_printed_by_a_call_and_by_a_query(run, orders):
    called = run("call", "CALL GenerateRows('tea cake', 'item VARCHAR')", "--format", "jsonl")
    queried = run("sql", "FROM GenerateRows('tea cake', 'item VARCHAR') ORDER BY RowNumber", "--format", "jsonl")
    expected = [{"item": "tea", "RowNumber": 1}, {"item": "cake", "RowNumber": 2}]
    for done in (called, queried):
        assert done.code == 0, done.err
        assert [json.loads(line) for line in done.out.splitlines()] == expected
