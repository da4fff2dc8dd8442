"""connection.realtime: the tools that a model calls in a talk, and what they may do and cost."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from scripted_sockets import Talk
from talking import begun, text_of, turn

import grokcall
from grokcall.sandbox import SANDBOX_KEY


def test_functions_and_queries_of_the_connection_are_run_and_answered_with(on_sandbox):
    asked = []

    @on_sandbox.tool
    def stock(article: str) -> int:
        """How many there are."""
        asked.append(article)
        return 7

    on_sandbox.query_tool("places", "SELECT 'Bern' AS place", "Where it is.")
    with on_sandbox.realtime(tools=["stock", "places"]) as session:
        session.say("Use stock and places for tea")
        events = turn(session)
    assert sorted(event.name for event in events if event.kind == "tool_call") == ["places", "stock"]
    assert asked == ["tea"]
    assert "7" in text_of(events)
    assert "Bern" in text_of(events)


def test_a_tool_that_fails_is_told_to_the_model_or_ends_the_talk(connecting, sandbox):
    def broken() -> int:
        """Breaks."""
        raise ValueError("out of order")

    for option, error in (("tell", None), ("fail", grokcall.ToolError)):
        options = {"api_key": SANDBOX_KEY, "base_url": sandbox.base_url, "on_tool_error": option}
        connection = connecting(**options)
        connection.tool(broken)
        with connection.realtime(tools=["broken"]) as session:
            session.say("Use broken")
            if error is None:
                assert "out of order" in text_of(turn(session))
            else:
                with pytest.raises(error, match="out of order"):
                    turn(session)


def test_a_procedure_is_called_and_its_cost_counts_in_the_talk(on_sandbox, sandbox):
    on_sandbox.execute("CREATE TOOL ask(question VARCHAR) COMMENT 'Asks.' AS CALL GenerateResponse(:question)")
    with on_sandbox.realtime(tools=["ask"]) as session:
        session.say("Use ask on twelve words")
        events = turn(session)
    assert [event.name for event in events if event.kind == "tool_call"] == ["ask"]
    asked, talked = sorted(sandbox.ledger(), key=lambda entry: entry["endpoint"], reverse=True)
    assert (asked["endpoint"], talked["endpoint"]) == ("/v1/responses", "/v1/realtime")
    assert asked["ticks"] > 0
    assert Decimal(asked["ticks"]).scaleb(-10) < session.cost_usd == on_sandbox.budget.spent_usd
    assert on_sandbox.budget.calls == 2
    assert on_sandbox.budget.in_flight == on_sandbox.budget.reserved_ticks == 0


def test_a_free_procedure_and_a_call_in_the_catalog_are_tools_as_well(on_sandbox):
    on_sandbox.execute("CREATE TOOL voices() COMMENT 'The voices.' AS CALL ListVoices(MaxRows => 2)")
    with on_sandbox.realtime(tools=["GetAccount", "voices"]) as session:
        session.say("Use GetAccount and voices please")
        events = turn(session)
    assert sorted(event.name for event in events if event.kind == "tool_call") == ["GetAccount", "voices"]
    assert "Account_UserId" in text_of(events)
    assert "Voice_Id" in text_of(events)


def test_a_limit_holds_for_the_procedures_that_a_talk_calls(on_sandbox, sandbox):
    with on_sandbox.realtime(tools=["GenerateImage"], max_cost="0.03") as session:
        session.say("Use GenerateImage for a kite")
        with pytest.raises(grokcall.BudgetReachedError, match="max_cost") as caught:
            turn(session)
    assert caught.value.reason == "max_cost"
    assert [entry["endpoint"] for entry in sandbox.ledger()] == ["/v1/realtime"]
    assert session.cost_usd < Decimal("0.03")
    assert on_sandbox.budget.in_flight == on_sandbox.budget.reserved_ticks == 0


def test_what_changes_something_is_a_tool_where_it_is_allowed(connecting, sandbox):
    connection = connecting(api_key=SANDBOX_KEY, base_url=sandbox.base_url, tools_may_change=True)
    file_id = connection.execute("CALL UploadFile(?, 'notes.txt')", [b"some notes"]).fetchone()[0]
    connection.execute(f"CREATE TOOL forget() COMMENT 'Forgets the notes.' AS CALL DeleteFile('{file_id}')")
    with connection.realtime(tools=["forget", "DeleteFile"]) as session:
        session.say("Use forget now")
        assert "Deleted_Done" in text_of(turn(session))
    with pytest.raises(grokcall.NotFoundError):
        connection.execute("CALL GetFile(?)", [file_id])


def test_what_was_not_offered_is_not_run_whatever_the_model_calls(scripted):
    async def script(talk: Talk) -> None:
        await begun(talk)
        for number, name in enumerate(("GenerateResponse", "stock")):
            await talk.send(
                type="response.function_call_arguments.done", name=name, call_id=f"call-{number}", arguments="{}"
            )
        await talk.send(type="response.done", response={})
        await talk.until("response.create")
        await talk.send(type="response.done", response={})
        await talk.until("never")

    service, connection = scripted(script)
    ran = []

    @connection.tool
    def stock() -> int:
        """How many there are."""
        ran.append(1)
        return 7

    @connection.tool
    def price() -> int:
        """What it costs."""
        return 3

    with connection.realtime(tools=["price"]) as session:
        turn(session)
    told = [each["item"]["output"] for each in service.talks[0].got if each["type"] == "conversation.item.create"]
    assert [text.split(";")[0] for text in told] == [
        "The tool failed: there is no tool 'GenerateResponse'",
        "The tool failed: there is no tool 'stock'",
    ]
    assert ran == []
    assert connection.budget.calls == 1


def test_a_model_that_there_is_not_is_told_to_the_model_that_named_it(on_sandbox):
    on_sandbox.execute("CREATE TOOL ask(q VARCHAR) COMMENT 'Asks.' AS CALL GenerateResponse(:q, Model => 'grok-9')")
    with on_sandbox.realtime(tools=["ask"]) as session:
        session.say("Use ask on twelve words")
        assert "Model not found" in text_of(turn(session))


def test_a_procedure_that_fails_is_told_to_the_model_or_ends_the_talk(connecting, sandbox):
    for option, error in (("tell", None), ("fail", grokcall.ToolError)):
        connection = connecting(api_key=SANDBOX_KEY, base_url=sandbox.base_url, on_tool_error=option)
        with connection.realtime(tools=["GetFile"]) as session:
            session.say("Use GetFile for it")
            if error is None:
                assert "The tool failed" in text_of(turn(session))
            else:
                with pytest.raises(error):
                    turn(session)
        assert connection.budget.in_flight == connection.budget.reserved_ticks == 0


def test_a_talk_that_is_left_while_a_procedure_runs_leaves_nothing_reserved(scripted):
    seen = threading.Event()

    async def script(talk: Talk) -> None:
        if talk.request.path.endswith("/models"):
            return
        await begun(talk)
        await talk.send(
            type="response.function_call_arguments.done", name="GetFile", call_id="call-1", arguments='{"FileId": "f"}'
        )
        await talk.send(type="response.done", response={})
        seen.set()
        await talk.until("never")

    _, connection = scripted(script, max_cost="1")
    with connection.realtime(tools=["GetFile"]) as session:
        assert next(session).kind == "tool_call"
        seen.wait(300)
    assert connection.budget.in_flight == connection.budget.reserved_ticks == 0
