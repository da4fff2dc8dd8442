"""The highest price of a whole batch is reserved before it is sent; what it cost takes its place afterwards."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from batching import Job, batches, billed_once, connected, sums

import grokcall
from grokcall.journal import Journal
from grokcall.lookup.batch.prices import batch_prices
from grokcall.sandbox import Sandbox
from grokcall_procedures.prices import PRICES

BOUNDED = "CALL GenerateResponse(:body, MaxOutputTokens => 20, ReasoningEffort => 'none')"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "run.journal"


def dry(connection: grokcall.Connection, **options: object) -> Decimal:
    with connection.lookup_stream(BOUNDED, sums(50), **options) as stream:
        worst = stream.dry_run().costs.worst_usd
    assert worst is not None
    return worst


def test_what_a_batch_costs_at_most_is_a_fifth_less(sandbox, journal):
    with connected(sandbox) as connection:
        assert dry(connection, batch=True, journal=journal) == dry(connection) * Decimal("0.8")
    assert sandbox.stats()["requests"] == 0


@pytest.mark.parametrize(("model", "share"), [("grok-4.3", 0.8), ("grok-4.20", 0.8), ("grok-4.5", 1), ("grok-4.7", 1)])
def test_only_the_families_that_are_cheaper_in_batches_are_priced_so(model, share):
    alone, together = PRICES.text_model(model), batch_prices().text_model(model)
    assert alone is not None
    assert together is not None
    for tokens in (1_000, 300_000):
        assert together.read(tokens) == alone.read(tokens) * share
        assert together.written(tokens) == alone.written(tokens) * share


def test_a_batch_is_sent_whole_or_not_at_all(sandbox, journal):
    with connected(sandbox) as connection:
        worst = dry(connection, batch=True, journal=journal)
        with pytest.raises(grokcall.BudgetReachedError, match="max_cost") as reached:
            connection.lookup(BOUNDED, sums(50), batch=True, journal=journal, max_cost=worst - Decimal("1e-10"))
        assert "the 50 calls are sent in batches, whole or not at all" in "".join(reached.value.__notes__)
        assert batches(sandbox) == []
        connection.lookup(BOUNDED, sums(50), batch=True, journal=journal, max_cost=worst)
        assert billed_once(sandbox, 50)


@pytest.mark.parametrize(("limits", "fits"), [({"max_calls": 49}, False), ({"max_calls": 50}, True)])
def test_calls_are_limited_as_well(sandbox, journal, limits, fits):
    with connected(sandbox) as connection:
        if fits:
            assert connection.lookup(BOUNDED, sums(50), batch=True, journal=journal, **limits).summary.ok == 50
            return
        with pytest.raises(grokcall.BudgetReachedError):
            connection.lookup(BOUNDED, sums(50), batch=True, journal=journal, **limits)
    assert batches(sandbox) == []


def test_a_connection_s_budget_has_what_the_batch_cost_to_the_tick(sandbox, journal):
    with connected(sandbox, max_cost=1) as connection:
        connection.lookup(BOUNDED, sums(50), batch=True, journal=journal)
        assert connection.budget.spent_ticks == sum(entry["ticks"] for entry in sandbox.ledger())
        assert connection.budget.reserved_ticks == 0
        assert connection.budget.calls == 50


def test_what_is_left_at_the_service_counts_in_full(journal):
    with Sandbox(batch_seconds=60) as sandbox, connected(sandbox, max_cost=1) as connection:
        worst = dry(connection, batch=True, journal=journal)
        with pytest.raises(grokcall.BatchPendingError):
            connection.lookup(BOUNDED, sums(50), batch=True, journal=journal, wait=False)
        assert connection.budget.spent_usd == worst
        assert connection.budget.reserved_ticks == 0


def test_a_budget_that_a_batch_does_not_fit_into_ends_the_command_with_its_code(tmp_path):
    with Sandbox() as sandbox:
        job = Job(tmp_path, sandbox, sums(20))
        done = job.run("--max-calls", 19)
        assert done.code == 4
        assert "whole or not at all" in done.err
        assert batches(sandbox) == []
        assert not job.output.exists()
        assert job.run("--max-calls", 20).code == 0
        with Journal(job.journal, read_only=True) as opened:
            assert (opened.run().ok, opened.run().cost_ticks) == (20, sum(entry["ticks"] for entry in sandbox.ledger()))


def test_the_promise_before_the_run_assumes_the_batch_s_prices(sandbox, journal):
    with (
        connected(sandbox) as connection,
        connection.lookup_stream(BOUNDED, sums(1), batch=True, journal=journal, max_cost=1) as stream,
    ):
        assert "will not cost more than 1 USD" in (stream.guarantee or "")
