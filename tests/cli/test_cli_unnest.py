"""``lookup --unnest``: lists of an answer's fields in files of their own."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

Run = Callable[..., Any]


@pytest.fixture
def questions(here: Path) -> Path:
    Path("questions.csv").write_text("id,question\n7,What is Python?\n8,What is DuckDB?\n")
    return here


SEARCHED = "CALL GenerateResponse(:question, WebSearch => TRUE, WebSearchDomains => ['a.example', 'b.example'])"


def test_the_command_line_writes_lists_to_files_of_their_own(questions: Path, run: Run) -> None:
    told = ["--unnest", "Response_Citations=citations.parquet", "--unnest", "Response_Sources=sources.csv"]
    assert run("lookup", "questions.csv", SEARCHED, "-o", "answers.parquet", "--sandbox", *told).code == 0
    answers = pq.read_table("answers.parquet")
    assert answers.num_rows == 2
    assert "Response_Citations" not in answers.column_names
    assert answers.num_columns == 36
    citations = pq.read_table("citations.parquet")
    assert citations.column_names == ["id", "question", "position", "url", "title", "start_index", "end_index"]
    assert citations.column("id").to_pylist() == ["7", "7", "8", "8"]
    with Path("sources.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["id"], row["position"], row["url"]) for row in rows] == [
        ("7", "1", "https://a.example/"), ("7", "2", "https://b.example/"),
        ("8", "1", "https://a.example/"), ("8", "2", "https://b.example/"),
    ]  # fmt: skip


def test_chosen_fields_stay_in_the_output_and_nested_ones_are_json_in_csv(questions: Path, run: Run) -> None:
    told = ["--fields", "Response_Result,Response_Citations", "--unnest", "Response_Citations=c.jsonl"]
    keep = ["--unnest-keep", "id"]
    assert run("lookup", "questions.csv", SEARCHED, "-o", "answers.csv", "--sandbox", *told, *keep).code == 0
    with Path("answers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["id", "question", "Response_Result", "Response_Citations"]
    assert [each["url"] for each in json.loads(rows[0]["Response_Citations"])] == [
        "https://a.example/", "https://b.example/",
    ]  # fmt: skip
    first = json.loads(Path("c.jsonl").read_text().splitlines()[0])
    assert list(first) == ["id", "position", "url", "title", "start_index", "end_index"]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (["Response_Citations"], "FIELD=FILE"),
        (["Response_Citations=-"], "FIELD=FILE"),
        (["Response_Citation=c.csv"], "Response_Citations"),
        (["Response_Result=c.csv"], "holds no lists"),
        (["Response_Citations=answers.parquet"], "name another file"),
        (["Response_Citations=questions.csv"], "is the input"),
        (["Response_Citations=a.csv", "response_citations=b.csv"], "twice"),
        (["Response_Citations=no/such/folder.csv"], "folder"),
    ],
)
def test_what_cannot_be_unnested_is_refused_before_anything_is_sent(
    questions: Path, run: Run, told: list[str], words: str
) -> None:
    flags = [part for each in told for part in ("--unnest", each)]
    done = run("lookup", "questions.csv", SEARCHED, "-o", "answers.parquet", "--sandbox", *flags)
    assert done.code == 2
    assert words in " ".join(done.err.split())
    assert sorted(path.name for path in questions.iterdir()) == ["questions.csv"]


def test_nothing_appears_at_its_place_where_a_lookup_is_stopped(questions: Path, run: Run) -> None:
    told = ["--unnest", "Response_Citations=citations.parquet", "--max-calls", "1", "--concurrency", "1"]
    assert run("lookup", "questions.csv", SEARCHED, "-o", "answers.parquet", "--sandbox", *told).code == 4
    assert not Path("answers.parquet").exists()
    assert not Path("citations.parquet").exists()
    assert pq.read_table("citations.partial.parquet").num_rows == 2
    assert run("lookup", "questions.csv", SEARCHED, "-o", "answers.parquet", "--sandbox", *told[:2]).code == 0
    assert pq.read_table("citations.parquet").num_rows == 4
    assert not Path("citations.partial.parquet").exists()


def test_a_query_on_the_command_line_joins_citations(questions: Path, run: Run) -> None:
    sql = (
        "SELECT q.id, c.url FROM 'questions.csv' q, GenerateResponse(q.question, WebSearch := true) r, "
        "UNNEST(r.Response_Citations) u(c) ORDER BY q.id"
    )
    done = run("sql", sql, "--sandbox", "--format", "csv")
    assert done.out.splitlines() == ["id,url", "7,https://example.com/", "8,https://example.com/"]
