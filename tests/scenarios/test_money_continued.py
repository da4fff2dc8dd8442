"""A limit is for a run with all its tries: what earlier ones spent counts, and raising it goes on."""

from __future__ import annotations

import json
import time
from decimal import Decimal

import pytest
from paying import ASK, billed, connected, ran, source_file, started, sums

import grokcall
from grokcall.errors import BudgetReachedError
from grokcall.journal import Journal
from grokcall.sandbox import Sandbox
from scripted_service import COST_TICKS, Answer, Service, answered

BOUNDED = "CALL GenerateResponse(:body, MaxOutputTokens => 20, ReasoningEffort => 'none')"


def test_a_limit_of_cost_holds_over_all_tries_and_raising_it_continues(tmp_path):
    rows, options = sums(150), {"journal": tmp_path / "run.journal", "dedupe": False}
    with Sandbox() as sandbox, connected(sandbox) as connection:
        with pytest.raises(BudgetReachedError):
            connection.lookup(BOUNDED, rows, max_cost="0.01", **options)
        first = billed(sandbox.ledger())
        assert 0 < first <= 0.01 * 10**10
        with pytest.raises(BudgetReachedError) as again:
            connection.lookup(BOUNDED, rows, max_cost="0.01", **options)
        # Not one more call: the same limit leaves no room in a second try.
        assert billed(sandbox.ledger()) == first
        assert again.value.earlier == Decimal(first).scaleb(-10)
        assert f"{again.value.earlier.normalize():f} USD of it in earlier tries" in str(again.value)
        with pytest.raises(BudgetReachedError):
            connection.lookup(BOUNDED, rows, max_cost="0.013", **options)
        assert first < billed(sandbox.ledger()) <= 0.013 * 10**10
        done = connection.lookup(BOUNDED, rows, max_cost="1", **options)
        assert (done.rows.num_rows, len(sandbox.ledger())) == (150, 150)
        assert done.summary.cost_ticks + done.summary.earlier_ticks == billed(sandbox.ledger())


def test_a_limit_of_calls_and_one_of_tokens_hold_over_all_tries(tmp_path):
    with Sandbox() as sandbox, connected(sandbox) as connection:
        journal = tmp_path / "calls.journal"
        for limit, calls in ((30, 30), (30, 30), (31, 31)):
            with pytest.raises(BudgetReachedError) as reached:
                connection.lookup(ASK, sums(60), max_calls=limit, journal=journal)
            assert len(sandbox.ledger()) == calls
        assert (reached.value.cap, reached.value.spent, reached.value.earlier) == (31, 31, 30)
        sandbox.reset()
        journal = tmp_path / "tokens.journal"
        for _ in range(2):
            with pytest.raises(BudgetReachedError) as reached:
                connection.lookup(BOUNDED, sums(60), max_tokens=8_000, journal=journal)
        assert reached.value.reason == "max_tokens"
        used = reached.value.earlier
        assert 0 < used <= 8_000
        assert connection.lookup(BOUNDED, sums(60), journal=journal).summary.total_tokens > 0


def test_a_connection_does_not_pay_for_what_earlier_tries_spent(tmp_path):
    journal = tmp_path / "run.journal"
    with Sandbox() as sandbox:
        with connected(sandbox) as connection:
            connection.lookup(ASK, sums(20), journal=journal)
        with connected(sandbox, max_calls=20) as connection:
            assert connection.lookup(ASK, sums(40), journal=journal, max_calls=40).summary.ok == 20
            assert connection.budget.calls == 20


def test_a_call_in_doubt_counts_at_its_highest_price_when_its_row_comes_again(tmp_path):
    """Two calls of a killed process: one was answered, of the other nobody knows whether it was billed."""
    source, journal = source_file(tmp_path, sums(2)), tmp_path / "run.journal"
    command = ["lookup", source, BOUNDED, "-o", tmp_path / "out.csv", "--journal", journal, "--concurrency", 1]

    def script(asked):
        return answered("4", delay=0 if "What is 0" in asked.text else 60)

    with Service(script) as service:
        process = started(service, *command)
        deadline = time.monotonic() + 240
        while len(service.asked) < 2:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.kill()
        process.communicate(timeout=240)
        service.script = lambda _: Answer(b"{}", 500)
        stopped = ran(service, *command, "--max-cost", "0.0012", "--summary", tmp_path / "summary.json")
        asked = len(service.asked)
    told = json.loads((tmp_path / "summary.json").read_text())["stop"]
    # One call fits easily; with the one in doubt at its highest price there is no room for it any more.
    assert (stopped.code, asked) == (4, 2), stopped.err
    assert told["reason"] == "max_cost"
    worst = Decimal(told["needed"])
    assert Decimal(told["spent"]) == Decimal(told["earlier"]) == Decimal(COST_TICKS).scaleb(-10) + worst
    assert worst < Decimal("0.0012") < Decimal(told["spent"]) + worst


def test_calls_whose_price_no_reply_told_count_at_their_highest_again(tmp_path, service, connecting):
    service.script = lambda _: answered("4", ticks=None)
    connection, journal = connecting(concurrency=1), tmp_path / "run.journal"
    with pytest.raises(BudgetReachedError):
        connection.lookup(BOUNDED, sums(9), max_cost="0.003", journal=journal)
    before = len(service.asked)
    with pytest.raises(BudgetReachedError) as again:
        connection.lookup(BOUNDED, sums(9), max_cost="0.003", journal=journal)
    assert 0 < before == len(service.asked) < 9
    assert again.value.spent == again.value.earlier > 0


def test_a_stop_is_a_state_of_its_own_with_its_facts_for_machines(tmp_path):
    source, journal, summary = source_file(tmp_path, sums(60)), tmp_path / "run.journal", tmp_path / "end.json"
    command = ["lookup", source, ASK, "-o", tmp_path / "out.csv", "--journal", journal, "--summary", summary]
    with Sandbox() as sandbox:
        stopped = ran(sandbox, *command, "--max-calls", 25)
        told = json.loads(summary.read_text())
        with Journal(journal, read_only=True) as opened:
            (run,) = opened.runs()
        assert (stopped.code, told["state"], run.state) == (4, "budget", "budget")
        message = told["stop"].pop("message")
        assert told["stop"] == {
            "reason": "max_calls",
            "of": "lookup",
            "cap": 25,
            "spent": 25,
            "earlier": 0,
            "needed": 1,
        }
        assert run.summary["stop"]["reason"] == "max_calls"
        assert message in stopped.err
        assert "--max-calls" in stopped.err
        assert (told["ok"], told["rows"]) == (25, 25)
        assert ran(sandbox, *command, "--max-calls", 60).code == 0
        told = json.loads(summary.read_text())
        assert (told["state"], told["stop"], told["ok"], told["cached"]) == ("finished", None, 35, 25)
        assert Decimal(told["earlier_usd"]) > 0
        assert len(sandbox.ledger()) == 60


def test_the_reason_can_be_had_in_python_as_well(tmp_path):
    with Sandbox() as sandbox, connected(sandbox) as connection:
        with pytest.raises(grokcall.BudgetReachedError) as reached:
            connection.lookup(ASK, sums(10), max_calls=4)
        summary = reached.value.result.summary
        assert summary.stop == {**reached.value.as_dict(), "message": str(reached.value)}
        assert connection.lookup(ASK, sums(2)).summary.stop is None
