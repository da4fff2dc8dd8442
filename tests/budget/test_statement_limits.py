"""Limits of a statement and of a connection: options, arguments, environment, flags."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

import pytest

import grokcall
from grokcall.config.options import load_options
from grokcall.errors import BudgetReachedError
from scripted_service import COST_TICKS, Service, answered

Connecting = Callable[..., grokcall.Connection]
ASK = "CALL GenerateResponse(:body, MaxOutputTokens => 10, ReasoningEffort => 'none')"


def sets(count: int) -> list[dict[str, str]]:
    return [{"body": f"b{number}"} for number in range(count)]


@pytest.mark.parametrize(
    ("limits", "reason"),
    [({"max_calls": 3}, "max_calls"), ({"max_cost": "0.002"}, "max_cost"), ({"max_tokens": 900}, "max_tokens")],
)
def test_each_limit_of_a_cursor_holds_for_executemany(
    service: Service, connecting: Connecting, limits: dict[str, object], reason: str
) -> None:
    service.script = lambda _: answered("x", delay=0.01)
    cursor = connecting().cursor(**limits)
    with pytest.raises(BudgetReachedError) as reached:
        cursor.executemany(ASK, sets(50))
    assert (reached.value.reason, reached.value.name) == (reason, "statement")
    assert 0 < len(service.asked) < 50
    assert len(cursor.fetchall()) == len(service.asked)
    if reason == "max_calls":
        assert len(service.asked) == 3
        assert "47 of 50 parameter sets" in "".join(reached.value.__notes__)
    if reason == "max_cost":
        assert len(service.asked) * COST_TICKS <= 0.002 * 10**10


def test_each_statement_of_a_cursor_starts_anew_and_the_connection_adds_up(
    service: Service, connecting: Connecting
) -> None:
    connection = connecting(max_calls=5)
    cursor = connection.cursor(max_calls=2)
    for _ in range(2):
        cursor.executemany(ASK, sets(2))
    cursor.callproc("GenerateResponse", ["hi"])
    with pytest.raises(BudgetReachedError) as reached:
        cursor.callproc("GenerateResponse", ["hi"])
    assert (reached.value.name, reached.value.cap, len(service.asked)) == ("connection", 5, 5)
    assert connection.budget.remaining_calls == 0


def test_a_limit_can_be_given_with_the_statement_or_set_anew(service: Service, connecting: Connecting) -> None:
    connection = connecting()
    with pytest.raises(BudgetReachedError):
        connection.execute(ASK, {"body": "a"}, max_calls=0)
    with pytest.raises(BudgetReachedError):
        asyncio.run(connection.acall(ASK, {"body": "a"}, max_cost=0))
    assert service.asked == []
    cursor = connection.cursor(max_cost=0)
    cursor.limits = grokcall.SpendingLimits(max_cost=1)
    assert cursor.execute(ASK, {"body": "a"}).fetchone() is not None


def test_a_limit_that_does_not_exist_or_makes_no_sense_is_refused_by_name(connecting: Connecting) -> None:
    connection = connecting()
    with pytest.raises(grokcall.InterfaceError, match="a cursor has no limit 'max_costs'; did you mean max_cost"):
        connection.cursor(max_costs=1)
    for wrong in ({"max_cost": -1}, {"max_calls": 1.5}, {"assumed_output_tokens": 0}, {"assumed_tool_cost": "x"}):
        with pytest.raises(grokcall.InterfaceError, match=next(iter(wrong))):
            connection.execute("SELECT 1", **wrong)


def test_a_connection_has_each_limit_from_arguments_and_environment(
    service: Service, connecting: Connecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "MAX_CALLS": "7",
        "MAX_TOKENS": "900",
        "MAX_DURATION": "1.5",
        "ASSUMED_TOOL_COST": "0.2",
    }.items():
        monkeypatch.setenv(f"GROKCALL_{name}", value)
    monkeypatch.setenv("XAI_ASSUMED_OUTPUT_TOKENS", "50")
    options = load_options(max_calls=8)
    assert (options.max_calls, options.max_tokens, options.max_duration) == (8, 900, 1.5)
    assert (options.assumed_output_tokens, options.assumed_tool_cost) == (50, Decimal("0.2"))
    budget = connecting().budget
    assert (budget.max_calls, budget.max_tokens, budget.max_duration) == (7, 900, 1.5)
    with pytest.raises(grokcall.InterfaceError, match="max_tokens"):
        load_options(max_tokens=-1)


def test_assumptions_of_the_connection_bound_its_calls(service: Service, connecting: Connecting) -> None:
    plain = "CALL GenerateResponse('hi')"
    searching = (
        'CALL GenerateResponse(\'hi\', MaxOutputTokens => 5, ExtraBody => \'{"tools":[{"type":"web_search"}]}\')'
    )
    for command in (plain, searching):
        assert connecting().execute(f"EXPLAIN COST {command}").fetch_arrow_table()["Bounded"].to_pylist() == [False]
        sure = connecting(assumed_output_tokens=100, assumed_reasoning_tokens=900, assumed_tool_cost="0.05")
        told = sure.execute(f"EXPLAIN COST {command}").fetch_arrow_table().to_pylist()[0]
        assert told["Bounded"], told
        rows = [{"id": 1}]
        with sure.lookup_stream(command.replace("'hi'", ":id"), rows, max_cost=1) as stream:
            assert stream.guarantee is not None
            assert stream.guarantee.startswith("The lookup will not cost more than 1 USD, as long as")
        given = {"assumed_output_tokens": 100, "assumed_reasoning_tokens": 900, "assumed_tool_cost": "0.05"}
        cursor = connecting().execute(f"EXPLAIN COST {command}", **given)
        assert cursor.fetch_arrow_table().to_pylist()[0] == told
    assert "0.05 USD a call (assumed_tool_cost)" in str(told["Note"])


def test_no_statement_starts_after_the_time_of_the_connection(service: Service, connecting: Connecting) -> None:
    connection = connecting(max_duration=0.2)
    service.script = lambda _: answered("x", delay=0.25)
    connection.execute(ASK, {"body": "a"})
    with pytest.raises(BudgetReachedError) as reached:
        connection.execute(ASK, {"body": "a"})
    assert (reached.value.reason, len(service.asked)) == ("max_duration", 1)
