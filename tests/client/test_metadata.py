"""Prices and tokens that the service itself tells, where it is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest

import grokcall
from grokcall.sandbox import SANDBOX_KEY, Sandbox
from grokcall_procedures.prices import PRICES_DATED
from scripted_service import Answer, Asked, Service, answered, echo

Connecting = Callable[..., grokcall.Connection]
ASK = "CALL GenerateResponse(:body, Model => 'grok-9', MaxOutputTokens => 10)"
MODELS = {
    "data": [
        {
            "id": "grok-9",
            "prompt_text_token_price": 10,
            "completion_text_token_price": 20,
            "context_length": 100_000,
        }
    ]
}


def teller(asked: Asked) -> Answer:
    """A service with one model; a token has five bytes."""
    if asked.path == "/v1/models":
        return Answer(json.dumps(MODELS).encode())
    if asked.path == "/v1/tokenize-text":
        return Answer(json.dumps({"token_ids": [{"token_id": 1}] * (len(asked.json["text"]) // 5)}).encode())
    return echo(asked)


def rows(count: int) -> list[dict[str, str]]:
    return [{"body": f"{number:05} " + "word " * 40} for number in range(count)]


def test_a_dry_run_sends_nothing_and_names_the_day_of_its_prices(service: Service, connecting: Connecting) -> None:
    with connecting().lookup_stream(ASK, rows(5)) as stream:
        told = stream.dry_run()
    assert service.asked == []
    assert (told.costs.worst_usd, told.costs.prices.source) == (None, f"the table of {PRICES_DATED}")
    assert (told.sample.counted, told.as_dict()["bytes_per_token"]) == (0, [4.5, 2.5])


def test_the_prices_of_the_service_make_an_unknown_model_known(service: Service, connecting: Connecting) -> None:
    service.script = teller
    with connecting().lookup_stream(ASK, rows(5), prices="service", max_cost=1, assumed_reasoning_tokens=50) as stream:
        assert stream.guarantee is not None
        assert stream.guarantee.startswith("The lookup will not cost more than 1 USD")
        told = stream.dry_run()
    assert [asked.path for asked in service.asked] == ["/v1/models"]
    assert told.costs.worst_usd is not None
    assert Decimal(0) < told.costs.worst_usd < Decimal("0.001")
    assert told.costs.prices.source == f"/v1/models, else the table of {PRICES_DATED}"
    assert connecting().prices().text_model("grok-9").output == 20  # type: ignore[union-attr]


def test_a_budget_assumes_the_prices_of_the_service(service: Service, connecting: Connecting) -> None:
    service.script = lambda asked: teller(asked) if asked.path == "/v1/models" else answered("x", ticks=100)
    connection = connecting()
    assert connection.lookup(ASK, rows(50), prices="service", max_cost="0.0001").summary.ok == 50
    # By the table, the price of the model could be that of the dearest, and fifty would not fit.
    with pytest.raises(grokcall.BudgetReachedError):
        connection.lookup(ASK, rows(50), max_cost="0.0001")


def test_prices_that_cannot_be_had_end_the_lookup_before_it_begins(service: Service, connecting: Connecting) -> None:
    service.script = lambda _: Answer(b'{"error": "gone"}', 404)
    with pytest.raises(grokcall.NotFoundError):
        connecting().lookup(ASK, rows(5), prices="service")
    assert [asked.path for asked in service.asked] == ["/v1/models"]


def test_tokens_of_a_sample_are_counted_and_the_others_estimated_by_it(
    service: Service, connecting: Connecting
) -> None:
    service.script = teller
    twice = rows(40) + rows(40)
    with connecting().lookup_stream(ASK, twice) as stream:
        told = stream.dry_run(count_tokens=10)
    assert [asked.path for asked in service.asked] == ["/v1/tokenize-text"] * 10
    assert (told.calls, told.distinct_calls, told.sample.counted) == (80, 40, 10)
    dense, loose = told.as_dict()["bytes_per_token"]
    assert dense == loose == pytest.approx(206 / 41)
    # 41 tokens of text and at most 400 that the service adds, for each of 40 different calls.
    assert told.costs.input_tokens == pytest.approx(40 * 441, abs=40)


@pytest.mark.parametrize("count", [1, 40, 1_000])
def test_no_more_calls_are_counted_than_there_are_or_were_asked_for(
    service: Service, connecting: Connecting, count: int
) -> None:
    service.script = teller
    with connecting().lookup_stream(ASK, rows(40), dedupe=False) as stream:
        told = stream.dry_run(count_tokens=count)
    assert len(service.asked) == told.sample.counted == min(count, 40)
    assert told.calls == 40


def test_a_count_that_fails_is_an_error_of_the_dry_run_and_not_of_a_row(
    service: Service, connecting: Connecting
) -> None:
    service.script = lambda _: Answer(b'{"code": "not-found", "error": "No handler found on route."}', 404)
    with connecting().lookup_stream(ASK, rows(5)) as stream, pytest.raises(grokcall.NotFoundError):
        stream.dry_run(count_tokens=2)


def test_what_has_no_text_is_not_counted_by_its_bytes(service: Service, connecting: Connecting) -> None:
    service.script = teller
    with connecting().lookup_stream("CALL GenerateImage(:body)", rows(3)) as stream:
        told = stream.dry_run(count_tokens=2)
    assert (service.asked, told.as_dict()["bytes_per_token"], told.calls) == ([], [4.5, 2.5], 3)


def test_counted_tokens_bring_the_estimate_to_what_is_billed() -> None:
    with (
        Sandbox() as sandbox,
        grokcall.connect(api_key=SANDBOX_KEY, base_url=sandbox.base_url) as connection,
    ):
        table = [{"body": f"What is {number} + {number}? " + "Please. " * (number % 7)} for number in range(60)]
        command = "CALL GenerateResponse(:body, MaxOutputTokens => 20)"
        with connection.lookup_stream(command, table) as stream:
            told = stream.dry_run(count_tokens=60)
        assert sandbox.ledger() == []
        summary = connection.lookup(command, table).summary
        assert told.costs.low_usd <= summary.cost_usd <= told.costs.high_usd
        assert 60 * 180 < summary.input_tokens <= told.costs.input_tokens
