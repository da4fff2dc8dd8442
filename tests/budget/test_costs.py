"""EXPLAIN COST and the dry run of a lookup."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal

import pyarrow as pa

from bound_calls import bind
from grokcall.budget.cost_totals import COST_SCHEMA, explain_cost
from grokcall.lookup.dry_run import MOST_BAD_ROWS, dry_run
from grokcall.lookup.options import LookupOptions
from grokcall.lookup.plan import LookupPlan
from grokcall_parser import parse_call
from grokcall_procedures import CATALOG, Binder, BoundCall, Settings
from grokcall_procedures.bounds import REFUSAL_FEE
from grokcall_procedures.estimates import Allowances, estimate
from grokcall_procedures.prices import PRICES, PRICES_DATED

TEXT = "CALL GenerateResponse(:Message, ReasoningEffort => 'none', MaxOutputTokens => 20)"


def key(call: BoundCall) -> bytes:
    """Equal bytes for equal calls."""
    return hashlib.sha256(repr(sorted(call.values.items())).encode()).digest()


def plan(text: str, schema: pa.Schema, **options: str) -> LookupPlan:
    """A lookup's plan."""
    call = parse_call(text)
    binder = Binder(call, CATALOG.find(call.procedure), Settings())
    return LookupPlan(binder, schema, None, LookupOptions(**options))  # type: ignore[arg-type]


def test_explain_cost_gives_one_row_with_what_the_call_may_cost() -> None:
    call = bind(TEXT, Message="hi")
    table = explain_cost(call)
    told = estimate(call)
    assert table.schema == COST_SCHEMA
    (row,) = table.to_pylist()
    assert (row["Calls"], row["DistinctCalls"], row["Bounded"]) == (1, 1, True)
    assert "fee of 0.05 USD" in row["Note"]
    assert row["LowUsd"] == Decimal(told.low_ticks).scaleb(-10)
    assert row["HighUsd"] == Decimal(told.high_ticks).scaleb(-10)
    assert told.worst_ticks is not None
    assert row["WorstUsd"] == row["ReserveUsd"] == Decimal(told.worst_ticks).scaleb(-10)
    assert (row["InputTokens"], row["OutputTokens"]) == (told.input_tokens_high, told.output_tokens_high)
    assert PRICES_DATED in row["PricesFrom"]


def test_explain_cost_of_an_unbounded_call_has_no_worst_price_and_a_note_of_why() -> None:
    (row,) = explain_cost(bind("CALL GenerateResponse('hi')")).to_pylist()
    assert (row["WorstUsd"], row["Bounded"]) == (None, False)
    assert row["Note"].startswith("not bounded: ")
    assert row["ReserveUsd"] > row["LowUsd"]
    assert "assumed_reasoning_tokens" in row["Note"]
    assert "MaxOutputTokens" in row["Note"]
    (assumed,) = explain_cost(bind("CALL GenerateResponse('hi')"), PRICES, Allowances(9, 99)).to_pylist()
    assert explain_cost(bind("CALL GenerateImage('a')")).to_pylist()[0]["Note"] is None
    assert assumed["Note"].startswith("bounded as long as no answer has more than 9 tokens of text")
    assert "no answer reasons longer than 99 tokens" in assumed["Note"]


def test_explain_cost_of_many_calls_pays_for_equal_ones_once() -> None:
    calls = [bind(TEXT, Message=message) for message in ("a", "b", "a", "a")]
    one = explain_cost(calls[0]).to_pylist()[0]
    every, distinct = explain_cost(calls).to_pylist()[0], explain_cost(iter(calls), key=key).to_pylist()[0]
    assert (every["Calls"], every["DistinctCalls"], every["WorstUsd"]) == (4, None, 4 * one["WorstUsd"])
    assert (distinct["Calls"], distinct["DistinctCalls"], distinct["WorstUsd"]) == (4, 2, 2 * one["WorstUsd"])


def test_a_dry_run_counts_rows_calls_and_bad_rows_and_adds_up_the_prices() -> None:
    table = pa.table({"Message": ["a", None, "b", "a", "", "a"]})
    done = dry_run(plan(TEXT, table.schema), table.to_batches(), key=key)
    assert (done.rows, done.calls, done.distinct_calls, done.bad_rows, done.skipped) == (6, 4, 2, 2, 0)
    assert [row for row, _ in done.errors] == [2, 5]
    assert "Message" in done.errors[0][1]
    worst = estimate(bind(TEXT, Message="a")).worst_ticks
    assert worst is not None
    assert done.costs.worst_ticks == 2 * worst
    assert done.costs.worst_ticks > 2 * REFUSAL_FEE
    told = done.as_dict()
    assert told["worst_usd"] == str(done.costs.worst_usd)
    assert (told["rows"], told["distinct_calls"], told["errors"]) == (
        6,
        2,
        [{"row": 2, "message": done.errors[0][1]}, {"row": 5, "message": done.errors[1][1]}],
    )


def test_a_dry_run_leaves_out_rows_that_are_skipped() -> None:
    table = pa.table({"Message": ["a", None]})
    done = dry_run(plan(TEXT, table.schema, on_null_input="skip"), table.to_batches())
    assert (done.rows, done.calls, done.skipped, done.bad_rows, done.distinct_calls) == (2, 1, 1, 0, 1)


def test_a_dry_run_keeps_the_first_errors_only_and_reads_its_input_as_a_stream() -> None:
    schema = pa.schema({"Message": pa.string()})

    def batches() -> Iterator[pa.RecordBatch]:
        for _ in range(3):
            yield pa.RecordBatch.from_pylist([{"Message": None}] * 300, schema)

    done = dry_run(plan(TEXT, schema), batches())
    assert (done.rows, done.bad_rows, len(done.errors), done.calls) == (900, 900, MOST_BAD_ROWS, 0)
    assert (done.costs.worst_usd, done.distinct_calls) == (Decimal(0), 0)


def test_one_unbounded_call_leaves_the_whole_without_a_highest_price() -> None:
    table = pa.table({"Message": ["a", "b"], "Limit": pa.array([5, None], pa.int32())})
    text = "CALL GenerateResponse(:Message, MaxOutputTokens => :Limit)"
    done = dry_run(plan(text, table.schema), table.to_batches())
    assert (done.costs.worst_usd, done.as_dict()["worst_usd"]) == (None, None)
    assert any("MaxOutputTokens" in note for note in done.costs.notes)
