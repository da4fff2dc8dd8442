"""The table of the checks that hold the design names tests that there are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_, _, REST = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## The checks that hold the design\n")
ROWS = re.findall(r"^\| (\d)\. ([^|]+) \| ([^|]+) \|$", REST.partition("\n## ")[0], re.MULTILINE)


def named(cell: str) -> list[tuple[str, str]]:
    """The files and the tests that a cell of the table names; one without a file is in that of the test before."""
    file, found = "", []
    for path, test in re.findall(r"`([\w/.]*)::(\w+)`", cell):
        file = path or file
        found.append((file, test))
    return found


def test_there_are_eight():
    assert [number for number, _, _ in ROWS] == list("12345678")


@pytest.mark.parametrize(("promise", "cell"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_holds_a_promise_is_there(promise: str, cell: str):
    tests = named(cell)
    assert tests, promise
    for file, test in tests:
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, f"{file}::{test}"
    for file in re.findall(r"`(benchmarks/\w+\.py)`", cell):
        assert (ROOT / file).exists()
