"""What nobody knows of earlier tries counts at its most: prices and tokens, call by call and in batches."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

import grokcall
from scripted_service import COST_TICKS, Answer, Asked, Service, answered

Connecting = Callable[..., grokcall.Connection]
ASK = "CALL GenerateResponse(:body, MaxOutputTokens => 100)"
TYPED = "CALL GenerateResponse(:body, MaxOutputTokens => 100, OutputSchema => 'priority INTEGER')"
PRICE = Decimal(COST_TICKS).scaleb(-10)
ROWS = [{"body": "first"}, {"body": "stuck"}]


@pytest.fixture
def doubtful(service: Service, connecting: Connecting, tmp_path: Path) -> Path:
    """The journal of a lookup of which one call was answered and one was stopped while it was under way."""
    service.script = lambda asked: answered("done", delay=30 if asked.text == "stuck" else 0)
    with connecting(concurrency=1).lookup_stream(ASK, ROWS, journal=tmp_path / "j") as stream:
        threading.Timer(0.6, stream.stop, [KeyboardInterrupt()]).start()
        with pytest.raises(KeyboardInterrupt):
            list(stream)
    assert service.texts == ["first", "stuck"]
    service.script = lambda _: answered("done")
    return tmp_path / "j"


def test_tokens_of_a_call_in_doubt_count_when_its_row_comes_by(
    connecting: Connecting, service: Service, doubtful: Path
) -> None:
    with pytest.raises(grokcall.BudgetReachedError) as caught:
        connecting().lookup(ASK, ROWS, journal=doubtful, max_tokens=2_000)
    assert caught.value.reason == "max_tokens"
    assert caught.value.earlier == caught.value.spent > 12 + 1_000
    assert len(service.asked) == 2
    assert connecting().lookup(ASK, ROWS, journal=doubtful, max_tokens=6_000).summary.ok == 1


def test_a_batch_counts_the_price_of_a_call_in_doubt(connecting: Connecting, service: Service, doubtful: Path) -> None:
    with pytest.raises(grokcall.BudgetReachedError) as caught:
        connecting().lookup(ASK, ROWS, journal=doubtful, max_cost="0.0025", batch=True, wait=False)
    assert caught.value.reason == "max_cost"
    assert caught.value.earlier > 4 * PRICE
    assert len(service.asked) == 2


def test_the_last_of_several_asks_counts_though_only_the_first_told_its_price(
    connecting: Connecting, service: Service, tmp_path: Path
) -> None:
    def script(_: Asked) -> Answer:
        return answered("no JSON") if len(service.asked) == 1 else Answer(cut=True)

    service.script = script
    row = [{"body": "x"}]
    connection = connecting(max_cost=1)
    result = connection.lookup(TYPED, row, journal=tmp_path / "j")
    assert result.errors["Call_ErrorCode"].to_pylist() == ["connection_cut"]
    assert result.errors["Call_CostUsd"].to_pylist() == [PRICE]
    assert connection.budget.spent_usd > 4 * PRICE
    with pytest.raises(grokcall.BudgetReachedError) as caught:
        connecting().lookup(TYPED, row, journal=tmp_path / "j", max_cost="0.006")
    assert caught.value.earlier > 4 * PRICE
    assert len(service.asked) == 2


def test_answers_of_another_shape_without_a_price_count_when_the_run_is_continued(
    connecting: Connecting, service: Service, tmp_path: Path
) -> None:
    service.script = lambda _: answered("no JSON", ticks=None)
    row = [{"body": "x"}]
    connecting(schema_attempts=1).lookup(TYPED, row, journal=tmp_path / "j")
    with pytest.raises(grokcall.BudgetReachedError) as caught:
        connecting(schema_attempts=1).lookup(TYPED, row, journal=tmp_path / "j", retry_failed=True, max_cost="0.003")
    assert caught.value.earlier > 4 * PRICE
    assert len(service.asked) == 1
