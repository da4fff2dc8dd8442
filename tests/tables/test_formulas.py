"""Texts that a spreadsheet would run are written so that it does not, where that is asked for."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pytest

from grokcall.tables import open_writer

FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1", '=HYPERLINK("x")', "\n-x"]
ORDINARY = ["-5", "+1.5", "-1e-9", "12,5", "x = 1", "", "a@b.org", "'=1", "1-2", None, "-12%"]


def written(path: Path, names: list[str], *columns: list[object], csv_safe: bool) -> list[list[str]]:
    """The cells of a file with these columns."""
    table = pa.table(dict(zip(names, columns, strict=True)))
    with open_writer(path, table.schema, csv_safe=csv_safe) as writer:
        for batch in table.to_batches():
            writer.write(batch)
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file, delimiter="\t" if path.suffix == ".tsv" else ","))


@pytest.mark.parametrize("ending", ["csv", "tsv"])
def test_a_formula_gets_a_quote_and_nothing_else_does(tmp_path: Path, ending: str) -> None:
    texts = [*FORMULAS, *ORDINARY]
    rows = written(tmp_path / f"o.{ending}", ["=name", "n"], texts, [-1] * len(texts), csv_safe=True)
    assert rows[0] == ["'=name", "n"]
    assert [row[0] for row in rows[1:]] == [*(f"'{each}" for each in FORMULAS), *(each or "" for each in ORDINARY)]
    assert {row[1] for row in rows[1:]} == {"-1"}


def test_a_file_holds_what_was_answered_unless_asked_otherwise(tmp_path: Path) -> None:
    rows = written(tmp_path / "o.csv", ["=name"], list(FORMULAS), csv_safe=False)
    assert rows == [["=name"], *([each] for each in FORMULAS)]


def test_other_formats_hold_formulas_as_they_are(tmp_path: Path) -> None:
    table = pa.table({"=a": ["=1"]})
    with open_writer(tmp_path / "o.jsonl", table.schema, csv_safe=True) as writer:
        writer.write(table.to_batches()[0])
    assert (tmp_path / "o.jsonl").read_text() == '{"=a":"=1"}\n'
