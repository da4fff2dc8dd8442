"""Rounds of chat completions with a journal and a budget: none is paid for twice, each is reserved when it comes."""

from __future__ import annotations

from pathlib import Path

import pytest
from chatting import chat_calls, chat_rounds_of

import grokcall
from grokcall.journal import Journal
from scripted_service import COST_TICKS, Answer, Asked, refused

ASK = "CALL CreateChatCompletion('grok-4.3', :q, Tools => ['stock'])"
ROWS = [{"q": "Is tea left?"}]
FIVE = [[("stock", {"article": f"tea {number}"})] for number in range(4)]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "run.journal"


def with_stock(connection: grokcall.Connection, seen: list[str], **about: object) -> grokcall.Connection:
    @connection.tool(**about)
    def stock(article: str) -> int:
        """How many pieces there are."""
        seen.append(article)
        return 7

    return connection


@pytest.mark.parametrize("broken", [1, 2, 3, 4])
def test_a_rerun_goes_on_at_the_round_that_was_missing(service, connecting, journal, broken):
    whole, seen = chat_rounds_of(*FIVE), []

    def script(asked: Asked) -> Answer:
        return refused(503) if len(service.asked) == broken + 1 else whole(asked)

    service.script = script
    first = with_stock(connecting(max_attempts=1), seen).lookup(ASK, ROWS, journal=journal)
    assert (first.summary.failed, len(service.asked), len(seen)) == (1, broken + 1, broken)
    service.script = whole
    again = with_stock(connecting(), seen).lookup(ASK, ROWS, journal=journal)
    assert again.rows["Completion_Content"].to_pylist() == ["done: 7"]
    assert again.rows["Completion_CostInUsdTicks"].to_pylist() == [5 * COST_TICKS]
    assert len(service.asked) == 5 + 1, "each round was asked for once, and the one that failed once more"
    assert seen == [f"tea {number}" for number in range(4)], "no tool ran twice"
    with Journal(journal, read_only=True) as kept:
        run = kept.run()
        assert (run.ok, run.in_doubt) == (1, 0)
        assert run.cost_ticks == 5 * COST_TICKS
    calm = with_stock(connecting(), seen).lookup(ASK, ROWS, journal=journal, fields=["Completion_Rounds"])
    assert calm.rows["Completion_Rounds"].to_pylist() == [5]
    assert len(service.asked) == 6


@pytest.mark.parametrize(("change", "again"), [({}, False), ({"version": "2"}, True), ({"name": "stock"}, False)])
def test_answers_of_other_tools_are_other_answers(service, connecting, journal, change, again):
    service.script, seen = chat_rounds_of(FIVE[0]), []
    with_stock(connecting(), seen).lookup(ASK, ROWS, journal=journal)
    with_stock(connecting(), seen, **change).lookup(ASK, ROWS, journal=journal)
    assert len(service.asked) == (4 if again else 2)


@pytest.mark.parametrize(("pure", "asked"), [(True, 2), (False, 4)])
def test_answers_of_other_runs_are_taken_only_where_every_tool_is_pure(service, connecting, journal, pure, asked):
    service.script, seen = chat_rounds_of(FIVE[0]), []
    for name, bodies in (("a", ["tea"]), ("b", ["tea", "rum"])):
        service.asked.clear()
        path = journal.with_name(f"{name}.csv")
        path.write_text("q\n" + "".join(f"{body}\n" for body in bodies))
        with_stock(connecting(), seen, pure=pure).lookup(ASK, str(path), journal=journal, reuse=True)
    assert len(service.asked) == asked


def test_each_round_needs_room_in_the_budget(service, connecting):
    connection = with_stock(connecting(max_tokens=20_000, assumed_reasoning_tokens=5_000), [])
    heavy = {"prompt_tokens": 300, "completion_tokens": 8_700, "total_tokens": 9_000, "cost_in_usd_ticks": COST_TICKS}
    service.script = lambda asked: chat_calls(("stock", {"article": str(len(service.asked))}), usage=heavy)
    with pytest.raises(grokcall.BudgetReachedError) as reached:
        connection.execute(ASK.replace(")", ", MaxCompletionTokens => 4000)"), ROWS[0])
    assert reached.value.reason == "max_tokens"
    assert connection.budget.tokens <= 20_000
    assert (len(service.asked), connection.budget.in_flight) == (2, 0)


def test_all_rounds_are_in_the_account(service, connecting):
    service.script = chat_rounds_of(*FIVE)
    connection = with_stock(connecting(max_cost="1"), [])
    connection.execute(ASK, ROWS[0])
    assert connection.budget.spent_ticks == 5 * COST_TICKS


def test_an_estimate_tells_of_one_round_and_of_all(service, connecting):
    connection = with_stock(connecting(), [])
    low, high = [], []
    for more in ("", ", MaxRounds => 1", ", MaxRounds => 20", ", MaxRounds => 1, ServiceTier => 'priority'"):
        told = connection.execute(f"EXPLAIN COST CALL CreateChatCompletion(NULL, 'hi', Tools => ['stock']{more})")
        (row,) = told.fetch_arrow_table().to_pylist()
        low.append(row["LowUsd"])
        high.append(row["HighUsd"])
    explained = connection.execute("EXPLAIN CALL CreateChatCompletion(NULL, 'hi', Tools => ['stock'])").fetchall()
    assert [row[5] for row in explained] == ["asked again with what its tools give, up to 8 times in all"]
    assert low[0] == low[1] == low[2]
    assert (high[0], high[2], high[3]) == (8 * high[1], 20 * high[1], 2 * high[1])
    assert service.asked == []


def test_a_procedure_is_a_tool_whose_calls_count_with_those_of_the_row(service, connecting, journal):
    loop = chat_rounds_of([("CreateChatCompletion", {"Messages": "hey"})])

    def script(asked: Asked) -> Answer:
        if asked.json["messages"][0]["content"] == "hey":
            return chat_rounds_of(text="HEY")(asked)
        return loop(asked)

    service.script = script
    ask = "CALL CreateChatCompletion('grok-4.3', :q, Tools => ['CreateChatCompletion'])"
    result = connecting().lookup(ask, ROWS, journal=journal)
    assert '"Completion_Content": "HEY: "' in result.rows["Completion_Content"][0].as_py()
    assert len(service.asked) == 3
    with Journal(journal, read_only=True) as kept:
        assert kept.run().cost_ticks == 3 * COST_TICKS
