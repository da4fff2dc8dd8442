"""dbt builds the samples' project with the plugin, in an environment of its own; ``make test-clients`` makes it."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from grokcall.sandbox import SANDBOX_KEY, Sandbox
from scripted_service import KEY, refused

PROJECT = Path(__file__).parents[2] / "samples" / "dbt"


@pytest.fixture
def dbt(program, tmp_path) -> Any:
    """dbt in a copy of the project."""
    shutil.copytree(PROJECT, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("target", "logs", "*.duckdb"))
    return program("dbt")


def point_at(dbt: Any, base_url: str, key: str) -> None:
    dbt.environment |= {"XAI_BASE_URL": base_url, "XAI_API_KEY": key}


def billed(sandbox: Sandbox) -> int:
    """The answers that were paid for."""
    return Counter(entry["endpoint"] for entry in sandbox.ledger())["/v1/responses"]


def table(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "tickets.duckdb"), read_only=True) as database:
        return database.sql(query).fetchall()


def add_ticket(folder: Path, number: int, body: str) -> None:
    with (folder / "seeds" / "tickets.csv").open("a", newline="") as seed:
        csv.writer(seed, lineterminator="\n").writerow([number, body])


def test_a_build_asks_once_for_each_row_and_the_next_one_only_for_new_rows(dbt, sandbox, leaks):
    point_at(dbt, sandbox.base_url, SANDBOX_KEY)
    shown = dbt.run("build")
    assert "Completed successfully" in shown
    assert billed(sandbox) == 6
    assert table(dbt.folder, "SELECT answer FROM answered_tickets WHERE id = 5") == [("42",)]
    assert table(dbt.folder, "SELECT count(*) FROM models")[0][0] > 4

    add_ticket(dbt.folder, 7, "What is 2 + 2?")
    dbt.run("build")
    assert billed(sandbox) == 7
    dbt.run("run", "--full-refresh", "--select", "answered_tickets")
    assert billed(sandbox) == 7
    assert table(dbt.folder, "SELECT count(*), count(DISTINCT id), max(id) FROM answered_tickets") == [(7, 7, 7)]
    assert leaks(SANDBOX_KEY, dbt.folder) == []


def test_a_build_that_fails_says_why_and_shows_no_key(dbt, service, leaks):
    point_at(dbt, service.base_url, KEY)
    service.script = lambda asked: refused(401, f"Incorrect API key provided: {KEY}.")
    shown = dbt.run("build", "--select", "+answered_tickets", fails=True)
    assert "GenerateResponse" in shown
    assert "API key" in shown
    assert KEY not in shown
    assert leaks(KEY, dbt.folder) == []

    profile = dbt.folder / "profiles.yml"
    profile.write_text(profile.read_text().replace("max_cost: 5", "max_cost: 0.000001"))
    asked = len(service.asked)
    assert "budget" in dbt.run("run", "--select", "answered_tickets", fails=True)
    assert len(service.asked) == asked


CONFIGS = {
    "{'connections': {}}": "config has no 'connections'; did you mean connection?",
    "{'connection': {'time_out': 3}}": "did you mean timeout?",
    "{'connection': {'api_key': 'xai-PLANTED'}}": "dbt debug prints the profile",
    "{'connection': 'fast'}": "connection has to be a mapping",
}


def test_a_profile_that_cannot_be_meant_is_refused_by_name(dbt):
    shown = dbt.python(
        "import grokcall\nfrom grokcall.dbt import Plugin\n"
        f"for config in {list(map(eval, CONFIGS))!r}:\n"
        "    try: Plugin('grok', config)\n"
        "    except grokcall.InterfaceError as error: print(error)\n"
    ).splitlines()
    for line, expected in zip(shown, CONFIGS.values(), strict=True):
        assert expected in line
        assert "PLANTED" not in line


def test_a_source_is_read_once_and_one_without_a_statement_is_refused(dbt, sandbox):
    point_at(dbt, sandbox.base_url, SANDBOX_KEY)
    shown = dbt.python(
        "import grokcall\nfrom dbt.adapters.duckdb.utils import SourceConfig\nfrom grokcall.dbt import Plugin\n"
        "plugin = Plugin('grok', {})\n"
        "def source(**meta): return SourceConfig('s', 'answers', 'main', None, meta, [])\n"
        "asked = dict(statement='CALL GenerateResponse(:Message)', parameters={'Message': 'What is 6 * 7?'})\n"
        "first, second = plugin.load(source(**asked)), plugin.load(source(**asked))\n"
        "print(first is second, first['Response_Result'][0])\n"
        "try: plugin.load(source(procedure='ListModels'))\n"
        "except grokcall.InterfaceError as error: print(error)\n"
    )
    assert shown.startswith("True 42\n")
    assert "the source answers has no statement" in shown
    assert billed(sandbox) == 1
