"""What a lookup may cost is said before, held while it runs, and seen afterwards."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from commanding import ASK, numbered, rows_of, run, sums, tickets

import grokcall
from grokcall.sandbox import SANDBOX_KEY, Sandbox
from scripted_service import answered

BOUNDED = "CALL GenerateResponse(:body, MaxOutputTokens => 20, ReasoningEffort => 'none')"
TICKS_PER_USD = 10_000_000_000
SLOW = "latency:low=0.002,high=0.01"


def connected(sandbox, **options):
    return grokcall.connect(api_key=SANDBOX_KEY, base_url=sandbox.base_url, **options)


def billed(sandbox):
    return sum(entry["ticks"] for entry in sandbox.ledger())


def test_a_cap_ends_the_run_as_incomplete_with_a_reason_and_no_half_table_under_the_name_of_a_whole_one(
    sandbox, tmp_path
):
    source, out = tickets(tmp_path, sums(50)), tmp_path / "answers.csv"
    done = run(sandbox, "lookup", source, ASK, "-o", out, "--max-calls", "20")
    assert done.code == 4
    assert "max_calls of 20 calls is reached" in done.err
    assert not out.exists()
    assert len(rows_of(tmp_path / "answers.partial.csv")) == 20
    assert len(sandbox.ledger()) == 20


def test_a_cap_is_for_the_whole_lookup_and_does_not_grow_with_the_table():
    with Sandbox() as sandbox, connected(sandbox) as connection:
        for rows in (300, 900):
            sandbox.reset()
            with pytest.raises(grokcall.BudgetReachedError):
                connection.lookup(ASK, numbered(sums(rows)), max_calls=280)
            assert len(sandbox.ledger()) == 280


def test_a_cap_of_a_connection_is_shared_by_everything_that_runs_on_it_at_once():
    with Sandbox(profile=SLOW) as sandbox, connected(sandbox, max_cost="0.01") as connection:

        def spend():
            with pytest.raises(grokcall.BudgetReachedError):
                connection.lookup(BOUNDED, numbered(sums(500)), dedupe=False)

        threads = [threading.Thread(target=spend) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(300)
        assert 0 < billed(sandbox) <= TICKS_PER_USD // 100


def test_nothing_is_capped_unless_somebody_asks_for_it(sandbox, on_sandbox):
    assert on_sandbox.lookup(ASK, numbered(sums(600))).summary.ok == 600
    assert grokcall.Options().max_cost is None


def test_a_limit_in_dollars_comes_from_the_surroundings(sandbox, monkeypatch):
    monkeypatch.setenv("GROKCALL_MAX_COST", "0.01")
    with connected(sandbox) as connection, pytest.raises(grokcall.BudgetReachedError):
        connection.lookup(BOUNDED, numbered(sums(200)))
    assert 0 < billed(sandbox) <= TICKS_PER_USD // 100


def test_a_limit_says_beforehand_what_it_is_worth_and_what_it_is_not(on_sandbox, tmp_path):
    rows = numbered(sums(10))
    with on_sandbox.lookup_stream(BOUNDED, rows, max_cost=5) as stream:
        assert "will not cost more than 5 USD, as long as the model does not reason" in stream.guarantee
        assert "no prompt is refused for its content" in stream.guarantee
    with on_sandbox.lookup_stream(ASK, rows, max_cost=5) as stream:
        assert "No call starts once 5 USD are spent or reserved." in stream.guarantee
        assert "no limit of the service counts reasoning" in stream.guarantee
        assert "will not cost" not in stream.guarantee


def test_the_most_a_call_can_cost_is_reserved_before_it_is_sent_however_many_run_at_once():
    with Sandbox(profile=SLOW) as sandbox, connected(sandbox, concurrency=256) as connection:
        with pytest.raises(grokcall.BudgetReachedError):
            connection.lookup(BOUNDED, numbered(sums(500)), max_cost="0.02")
        assert 0 < billed(sandbox) <= TICKS_PER_USD // 50
        hashes = [entry["request_hash"] for entry in sandbox.ledger()]
    assert len(set(hashes)) == len(hashes), "a call was sent and billed twice"


@pytest.mark.parametrize("limit", [{"max_calls": 3}, {"max_tokens": 9000}, {"max_cost": "0.001"}, {"max_duration": 0}])
def test_each_kind_of_limit_has_a_reason_of_its_own(on_sandbox, limit):
    (name,) = limit
    with pytest.raises(grokcall.BudgetReachedError) as stopped:
        on_sandbox.lookup(BOUNDED, numbered(sums(100)), **limit)
    assert stopped.value.reason == name
    assert stopped.value.result.rows.num_rows < 100


def test_without_a_limit_the_price_is_still_counted_to_the_tick(sandbox, on_sandbox):
    result = on_sandbox.lookup(ASK, numbered(sums(40)), call_columns=True)
    assert sum(result.rows["Call_CostUsd"].to_pylist()) == result.summary.cost_usd
    assert result.summary.cost_usd == Decimal(billed(sandbox)) / TICKS_PER_USD


def test_a_run_that_a_limit_stopped_goes_on_when_the_limit_is_raised(sandbox, on_sandbox, tmp_path):
    rows, journal = numbered(sums(60)), tmp_path / "run.journal"
    for _ in range(2):  # as long as it is not raised nothing more is sent
        with pytest.raises(grokcall.BudgetReachedError):
            on_sandbox.lookup(ASK, rows, journal=journal, max_calls=25)
        assert len(sandbox.ledger()) == 25
    result = on_sandbox.lookup(ASK, rows, journal=journal, max_calls=60)
    assert (result.summary.cached, result.summary.ok, len(sandbox.ledger())) == (25, 35, 60)
    assert result.rows["Response_Result"].to_pylist() == [str(2 * number) for number in range(60)]


def test_what_equal_rows_saved_is_shown(sandbox, tmp_path):
    source = tickets(tmp_path, sums(10) * 6)
    done = run(sandbox, "lookup", source, ASK, "-o", tmp_path / "answers.csv")
    assert "60 (10 ok, 0 failed, 50 cached)" in done.err
    assert len(sandbox.ledger()) == 10


def test_the_limit_on_the_length_of_an_answer_reaches_the_service_with_every_row(service, connection):
    connection.lookup(BOUNDED, numbered(["one", "two", "three"]))
    assert [asked.json["max_output_tokens"] for asked in service.asked] == [20, 20, 20]


def test_a_dry_run_walks_the_whole_table_tells_its_price_and_sends_nothing(service, tmp_path):
    source, out = tickets(tmp_path, [*sums(30), *sums(30)]), tmp_path / "answers.csv"
    done = run(service, "lookup", source, BOUNDED, "-o", out, "--dry-run")
    assert done.code == 0
    told = done.out + done.err
    assert "30 of them different" in told
    assert "at most" in told
    assert "nothing was sent" in told
    assert service.asked == []
    assert not out.exists()


def test_a_dry_run_s_highest_price_is_not_passed_by_the_run(sandbox, on_sandbox):
    rows = numbered(sums(50))
    with on_sandbox.lookup_stream(BOUNDED, rows) as stream:
        told = stream.dry_run()
    assert len(sandbox.ledger()) == 0
    assert on_sandbox.lookup(BOUNDED, rows).summary.cost_usd <= told.costs.worst_usd


def test_a_service_that_tells_no_price_is_counted_and_not_guessed(service, connection):
    service.script = lambda asked: answered("fine", ticks=None)
    summary = connection.lookup(ASK, numbered(["one", "two"])).summary
    assert (summary.unpriced, summary.cost_usd) == (2, 0)
