"""A limit of cost or calls holds to the tick and to the call, stops late enough, and can be raised."""

from __future__ import annotations

import json
import subprocess
from decimal import Decimal

import pytest
from cap import capped_runs
from paying import ASK, COMMAND, billed, connected, ran, source_file, sums, times_billed

from grokcall.errors import BudgetReachedError
from grokcall.sandbox import Sandbox

BOUNDED = "CALL GenerateResponse(:body, MaxOutputTokens => 20, ReasoningEffort => 'none')"


def test_what_is_said_of_a_limit_is_true_however_long_models_reason_and_whatever_gets_lost():
    runs = list(capped_runs(25, seed=20))
    assert {run.bounded for run in runs} == {run.stopped for run in runs} == {True, False}
    assert any(run.lost for run in runs)
    assert any(run.excess for run in runs), "no model reasoned beyond what was reserved"
    assert [run.broken for run in runs if run.broken] == []


@pytest.mark.parametrize("calls", [0, 1, 37])
def test_a_limit_of_calls_is_exact(calls):
    with Sandbox(profile="latency:low=0.001,high=0.01") as sandbox, connected(sandbox) as connection:
        with pytest.raises(BudgetReachedError) as reached:
            connection.lookup(ASK, sums(200), max_calls=calls, concurrency=64)
        assert len(sandbox.ledger()) == calls
    assert (reached.value.reason, reached.value.cap, reached.value.spent) == ("max_calls", calls, calls)
    assert reached.value.result.rows.num_rows == calls


def test_rows_that_share_an_answer_take_one_call_of_the_limit():
    with Sandbox() as sandbox, connected(sandbox) as connection:
        result = connection.lookup(ASK, sums(200, distinct=10), max_calls=10)
        assert len(sandbox.ledger()) == 10
    assert result.rows.num_rows == 200


@pytest.mark.parametrize("limit", ["--max-cost", "--max-calls"])
def test_a_stopped_command_tells_why_and_continues_when_the_limit_is_raised(tmp_path, limit):
    source, journal, output = source_file(tmp_path, sums(120)), tmp_path / "run.journal", tmp_path / "out.csv"
    command = ["lookup", source, BOUNDED, "-o", output, "--journal", journal, "--fields", "Response_Result"]
    low, high = ("0.01", "1") if limit == "--max-cost" else (30, 120)
    with Sandbox(profile="latency:low=0.001,high=0.005") as sandbox:
        stopped = ran(sandbox, *command, limit, low)
        before = len(sandbox.ledger())
        assert 0 < before < 120
        assert billed(sandbox.ledger()) <= Decimal("0.01") * 10**10 if limit == "--max-cost" else before == 30
        assert stopped.code == 4
        assert "Traceback" not in stopped.err
        assert f"{limit.removeprefix('--').replace('-', '_')} of" in stopped.err
        shown = subprocess.run(
            [COMMAND, "runs", "show", "--journal", str(journal), "--json"], capture_output=True, check=True
        )
        told = json.loads(shown.stdout)
        assert (told["state"], told["ok"]) == ("budget", before)
        assert not output.exists()

        assert ran(sandbox, *command, limit, high).code == 0
        times = times_billed(sandbox.ledger())
    assert len(times) == 120
    assert set(times.values()) == {1}
    assert output.read_text().splitlines()[1:] == [
        f"{number},{row['body']},{4 * number}" for number, row in enumerate(sums(120))
    ]
