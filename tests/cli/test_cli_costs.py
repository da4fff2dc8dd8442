"""``grokcall costs``: a journal's figures and the service's, over the real wire."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

import grokcall
from grokcall.sandbox import MANAGEMENT_KEY, SANDBOX_KEY

ASK = "CALL GenerateResponse(:q)"
TICK = Decimal("1e-9")  # the service tells sums as floating point numbers


@pytest.fixture
def journal(sandbox, tmp_path):
    """A journal with a run of seven calls on the sandbox, in which nobody else has asked anything."""
    path = tmp_path / "run.journal"
    with grokcall.connect(api_key=SANDBOX_KEY, base_url=sandbox.base_url) as connection:
        connection.lookup(ASK, [{"q": f"What is {number} + {number}?"} for number in range(7)], journal=path)
    return path


@pytest.fixture
def costs(sandbox, journal, tmp_path):
    """Runs the command; a variable that is None is left out."""

    def run(*arguments, **variables):
        told = {
            "XAI_BASE_URL": sandbox.base_url,
            "XAI_API_KEY": SANDBOX_KEY,
            "XAI_MANAGEMENT_BASE_URL": sandbox.management_base_url,
            "XAI_MANAGEMENT_API_KEY": MANAGEMENT_KEY,
            **variables,
        }
        environment = {**os.environ, **{name: value for name, value in told.items() if value is not None}}
        command = [Path(sys.executable).with_name("grokcall"), "costs", "--journal", journal, *arguments]
        return subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=400
        )

    return run


def rows_of(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout, parse_float=Decimal)


def sum_of(rows, name):
    return sum(Decimal(str(row[name])) for row in rows)


def test_the_service_s_figure_is_that_of_the_journal_and_of_the_ledger(costs, sandbox):
    done = costs("--compare", "last", "--format", "json")
    rows = rows_of(done)
    billed = Decimal(sum(entry["ticks"] for entry in sandbox.ledger())) / 10**10
    assert billed > 0
    assert sum_of(rows, "calls") == 7
    assert sum_of(rows, "journal_usd") == billed
    assert abs(sum_of(rows, "service_usd") - billed) < TICK
    assert abs(sum_of(rows, "difference_usd")) < TICK
    assert "other runs, other programs and other keys" in done.stderr


def test_what_others_have_asked_meanwhile_is_in_the_difference(costs, sandbox):
    with grokcall.connect(api_key=SANDBOX_KEY, base_url=sandbox.base_url) as connection:
        connection.execute("CALL GenerateImage('a kite')")
    ticks = next(entry["ticks"] for entry in sandbox.ledger() if entry["endpoint"].startswith("/v1/images/"))
    rows = rows_of(costs("--compare", "last", "--format", "json"))
    assert abs(sum_of(rows, "difference_usd") - Decimal(ticks) / 10**10) < TICK


def test_each_hour_of_a_run_stands_by_itself(costs, journal, sandbox):
    """The run is made to have begun two hours ago, when the service booked nothing."""
    with sqlite3.connect(journal) as database:
        database.execute("UPDATE runs SET started = started - 7200")
        database.execute("UPDATE calls SET at = at - 7200 WHERE id IN (SELECT id FROM calls ORDER BY id LIMIT 3)")
    database.close()
    first, *_, last = rows_of(costs("--compare", "last", "--format", "json"))
    assert (first["calls"], last["calls"]) == (3, 4)
    assert Decimal(str(first["service_usd"])) == 0
    assert Decimal(str(first["difference_usd"])) == -Decimal(str(first["journal_usd"]))
    assert last["hour"] > first["hour"]


def test_people_get_a_table_with_a_sum(costs, sandbox):
    done = costs("--compare", "last", "--format", "table")
    assert done.returncode == 0, done.stderr
    heading, *hours, total = done.stdout.splitlines()
    assert heading.split() == ["hour", "(UTC)", "calls", "journal", "USD", "service", "USD", "difference", "USD"]
    billed = Decimal(sum(entry["ticks"] for entry in sandbox.ledger())) / 10**10
    assert hours
    assert total.split()[:5] == ["in", "all", "7", f"{billed:.6f}", f"{billed:.6f}"]


def test_programs_get_csv(costs):
    done = costs("--compare", "last", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert list(rows[0]) == ["hour", "calls", "journal_usd", "service_usd", "difference_usd"]
    assert sum(int(row["calls"]) for row in rows) == 7


def test_without_a_comparison_the_journal_alone_is_told_and_no_key_is_needed(costs, sandbox):
    rows = rows_of(costs("--format", "json", XAI_API_KEY=None, XAI_MANAGEMENT_API_KEY=None))
    assert list(rows[0]) == ["hour", "calls", "journal_usd"]
    assert sum_of(rows, "journal_usd") == Decimal(sum(entry["ticks"] for entry in sandbox.ledger())) / 10**10


def test_without_the_management_key_it_is_missed_with_its_exit_code(costs):
    done = costs("--compare", "last", XAI_MANAGEMENT_API_KEY=None)
    assert (done.returncode, done.stdout) == (3, "")
    assert "XAI_MANAGEMENT_API_KEY" in done.stderr


def test_a_wrong_management_key_is_refused_with_its_exit_code(costs):
    done = costs("--compare", "last", XAI_MANAGEMENT_API_KEY="xai-token-wrong")
    assert (done.returncode, done.stdout) == (3, "")
    assert "xai-token-wrong" not in done.stderr


def test_a_run_that_is_not_there_is_named(costs):
    done = costs("--compare", "yesterday")
    assert done.returncode == 2
    assert "no run begins with 'yesterday'" in done.stderr


def test_a_run_without_calls_has_nothing_to_compare(costs, journal):
    with sqlite3.connect(journal) as database:
        database.execute("DELETE FROM calls")
    database.close()
    done = costs("--compare", "last")
    assert done.returncode == 2
    assert "has no calls that could be compared" in done.stderr


def test_calls_in_doubt_are_told(costs, journal):
    with sqlite3.connect(journal) as database:
        database.execute("INSERT INTO intents SELECT id + 1000, run, session, x'00', 0, at, 5, 5 FROM calls LIMIT 1")
    database.close()
    assert "1 calls were sent and never answered" in costs("--compare", "last").stderr
