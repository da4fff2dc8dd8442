"""Tries of one run, one after another, with whatever options: what was said of its limit stays true."""

from __future__ import annotations

import random
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from cap import MODELS, PROFILE, TICKS_PER_USD, Capped, body, try_once
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from paying import connected

import grokcall
from grokcall.errors import BudgetReachedError
from grokcall.sandbox import Sandbox

ASK = "CALL GenerateResponse(:body, MaxOutputTokens => 20)"


class Tries(RuleBasedStateMachine):
    """Tries of one lookup with one journal and one limit; each starts with a connection that has learned nothing."""

    sandbox: Sandbox
    spread: set[bool]

    def __init__(self):
        super().__init__()
        self.sandbox.reset()
        self.folder = tempfile.TemporaryDirectory()
        self.journal = Path(self.folder.name) / "run.journal"

    def teardown(self):
        self.folder.cleanup()

    @initialize(
        cap=st.integers(0, 3_000_000_000), model=st.sampled_from(MODELS), seed=st.integers(0, 99), dedupe=st.booleans()
    )
    def begin(self, cap, model, seed, dedupe):
        dice = random.Random(seed)
        self.rows = [{"id": number, "body": body(number, dice)} for number in range(40)]
        self.command = f"CALL GenerateResponse(:body, MaxOutputTokens => 8, {model})"
        self.run = Capped(cap, "", 1)
        self.own = {"max_cost": str(cap / TICKS_PER_USD), "dedupe": dedupe, "journal": self.journal}

    @rule(
        count=st.integers(1, 40),
        concurrency=st.sampled_from([1, 8, 32]),
        retry_billed=st.booleans(),
        retry_failed=st.booleans(),
    )
    def try_again(self, count, concurrency, retry_billed, retry_failed):
        """One more try, with some of the rows: what was sent for the others counts all the same."""
        self.run.in_flight = max(self.run.in_flight, concurrency)
        options = {"concurrency": concurrency, "retry_billed": retry_billed, "max_attempts": 3}
        own = {**self.own, "retry_failed": retry_failed}
        try_once(self.sandbox, self.run, self.rows[:count], self.command, options, own)
        entries = self.sandbox.ledger()
        self.run.answered = [entry["ticks"] for entry in entries if entry["answered"]]
        self.run.lost = [entry["ticks"] for entry in entries if not entry["answered"]]

    @invariant()
    def the_sentence_is_true(self):
        if hasattr(self, "run"):
            assert self.run.broken is None
            self.spread.add(self.run.bounded)


def test_the_limit_of_a_run_holds_over_all_its_tries():
    spread: set[bool] = set()
    with Sandbox(profile=PROFILE) as sandbox:
        run_state_machine_as_test(
            type("Driven", (Tries,), {"sandbox": sandbox, "spread": spread}),
            settings=settings(
                max_examples=30,
                stateful_step_count=5,
                deadline=None,
                database=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert spread == {True, False}


def test_lost_answers_end_a_limited_run_however_often_it_is_tried(tmp_path):
    rows = [{"id": number, "body": f"row {number}"} for number in range(10)]
    with Sandbox(profile="cut-after:share=1") as sandbox, connected(sandbox, concurrency=1) as connection:
        one = connection.execute(f"EXPLAIN COST {ASK}", {"body": "row 1"}).fetch_arrow_table()["ReserveUsd"][0].as_py()
        cap, before = 5 * one, -1
        while len(sandbox.ledger()) > before:
            before = len(sandbox.ledger())
            with suppress(grokcall.Error):
                connection.lookup(ASK, rows, max_cost=cap, journal=tmp_path / "j")
    assert before == 5


def test_a_limit_of_calls_counts_each_try_of_a_row(tmp_path):
    rows = [{"id": number, "body": f"row {number}"} for number in range(10)]
    with Sandbox(profile="cut-after:share=1") as sandbox, connected(sandbox, concurrency=1) as connection:
        for _ in range(4):
            with suppress(grokcall.Error):
                connection.lookup(ASK, rows, max_calls=15, journal=tmp_path / "j")
        assert len(sandbox.ledger()) == 15


@pytest.mark.parametrize("status", [408, 504, 524])
def test_what_a_gateway_gave_up_on_is_not_sent_again_unless_that_is_asked_for(status):
    rows = [{"id": number, "body": f"row {number}"} for number in range(8)]
    with Sandbox(profile=f"gateway-timeout:share=1,status={status},times=20") as sandbox:
        with connected(sandbox) as connection:
            result = connection.lookup(ASK, rows, max_cost="0.2")
            assert len(sandbox.ledger()) == 8
            assert result.errors.num_rows == result.summary.unpriced == 8
            assert connection.budget.spent_ticks == result.summary.unpriced_ticks > 0
        sandbox.reset()
        with connected(sandbox, retry_billed=True, max_attempts=3) as connection:
            with connection.lookup_stream(ASK, rows, max_cost="1") as stream:
                assert "sent up to 3 times, and each time counts" in stream.guarantee
                list(stream)
            # Which rows meet the 20 faults goes by when each of them tries again; none tries more than three times.
            assert len(sandbox.ledger()) == 20 + stream.summary.ok > 20
            assert stream.summary.ok + stream.summary.failed == 8
            assert stream.summary.unpriced == 20
            assert connection.budget.spent_ticks >= stream.summary.unpriced_ticks + stream.summary.cost_ticks


def test_a_small_budget_runs_one_call_at_a_time_and_says_what_it_took():
    rows = [{"id": number, "body": f"row {number}"} for number in range(40)]
    with Sandbox(profile="reasoning:tokens=900,sigma=0.1,most=2000") as sandbox, connected(sandbox) as connection:
        with pytest.raises(BudgetReachedError) as reached:
            connection.lookup(ASK, rows, max_cost="0.002")
        assert sandbox.stats()["peak_in_flight"] == 1
        billed = sum(entry["ticks"] for entry in sandbox.ledger())
    summary = reached.value.result.summary
    assert summary.ok == reached.value.result.rows.num_rows > 0
    assert int(summary.over_limit_usd * TICKS_PER_USD) == max(0, billed - 20_000_000)
    assert summary.largest_reasoning_tokens > 600


def test_a_model_that_reasons_although_it_should_not_is_told_and_reserved_for():
    rows = [{"id": number, "body": f"row {number}"} for number in range(20)]
    ask = ASK.replace("20)", "20, ReasoningEffort => 'none')")
    profile = "reasoning:tokens=2000,sigma=0.1,most=9000,model=grok-4.3,effort=none"
    with Sandbox(profile=profile) as sandbox, connected(sandbox, concurrency=2) as connection:
        with connection.lookup_stream(ask, rows, max_cost="0.02") as stream:
            assert "as long as the model does not reason" in stream.guarantee
            with pytest.raises(BudgetReachedError):
                list(stream)
        billed = sum(entry["ticks"] for entry in sandbox.ledger())
        assert billed < 200_000_000 + 2 * 9_000 * 25_000
        assert stream.summary.unexpected_reasoning == ("grok-4.3 at effort none",)
        with connection.lookup_stream(ask, rows, max_cost="0.02") as again:
            assert "no limit of the service counts reasoning" in again.guarantee
