"""A model calls tools of the caller's in chat completions, and is sent all that was said each time that it is asked."""

from __future__ import annotations

import io
import json

import pytest
from chatting import chat_calls, chat_rounds_of, says, tool_messages
from PIL import Image

import grokcall
from scripted_service import COST_TICKS, Answer, Asked, refused

ASK = "CALL CreateChatCompletion('grok-4.3', :q, Tools => ['stock'])"
FIELDS = (
    "Completion_Content, Completion_FinishReason, Completion_ToolCalls, Completion_Rounds, Completion_CostInUsdTicks"
)


def asked_with(connection: grokcall.Connection, tools: str, more: str = "", fields: str = FIELDS):
    return connection.execute(
        f"SELECT {fields} FROM CreateChatCompletion('grok-4.3', 'Is tea left?', Tools := {tools}{more})"
    ).fetchone()


@pytest.fixture
def stock(connection):
    """A connection with a tool, which notes how it was called."""
    seen: list[tuple[str, int]] = []

    @connection.tool
    def stock(article: str, store: int = 1) -> dict[str, int]:
        """How many pieces of an article a store has."""
        seen.append((article, store))
        return {"pieces": 7 * store}

    connection.seen = seen
    return connection


def test_a_tool_is_run_and_the_model_is_sent_all_that_was_said(service, stock):
    service.script = chat_rounds_of(
        [("stock", {"article": "tea"}), ("stock", {"article": "tea", "store": 2})], [("stock", {"article": "rum"})]
    )
    row = asked_with(stock, "['stock']", ", Temperature := 0.5")
    assert row == ('done: {"pieces": 7}', "stop", None, 3, 3 * COST_TICKS)
    assert sorted(stock.seen) == [("rum", 1), ("tea", 1), ("tea", 2)]
    first, second, third = (asked.json for asked in service.asked)
    (tool,) = first["tools"]
    assert (tool["type"], tool["function"]["name"]) == ("function", "stock")
    assert tool["function"]["parameters"]["required"] == ["article"]
    assert first["messages"] == [{"role": "user", "content": "Is tea left?"}]
    question, said, *gave = second["messages"]
    assert question == first["messages"][0]
    assert said["reasoning_content"] == "Thought 1."
    assert said["content"] == ""
    assert "refusal" not in said, "nothing that is null is sent"
    assert [call["function"]["name"] for call in said["tool_calls"]] == ["stock", "stock"]
    assert gave == [
        {"role": "tool", "tool_call_id": "call_1_0", "content": '{"pieces": 7}'},
        {"role": "tool", "tool_call_id": "call_1_1", "content": '{"pieces": 14}'},
    ]
    assert [message["role"] for message in third["messages"]] == [
        "user", "assistant", "tool", "tool", "assistant", "tool",
    ]  # fmt: skip
    assert third["messages"][: len(second["messages"])] == second["messages"], "what was said stays as it was"
    assert {name: third[name] for name in ("model", "tools", "temperature")} == {
        name: first[name] for name in ("model", "tools", "temperature")
    }


def test_usage_and_cost_are_those_of_all_rounds(service, stock):
    service.script = chat_rounds_of([("stock", {"article": "tea"})])
    fields = ["PromptTokens", "CachedTokens", "CompletionTokens", "ReasoningTokens", "TotalTokens"]
    columns = ", ".join(f"Completion_Usage{name}" for name in fields)
    assert asked_with(stock, "['stock']", fields=columns) == (20, 8, 4, 6, 30)


def test_the_output_holds_every_message_and_goes_back_in(service, stock):
    service.script = chat_rounds_of([("stock", {"article": "tea"})], [("stock", {"article": "rum"})])
    output, earlier = asked_with(stock, "['stock']", fields="Completion_Output, Completion_EarlierRounds")
    messages = json.loads(output)
    assert [message["role"] for message in messages] == ["assistant", "tool", "assistant", "tool", "assistant"]
    assert messages[:4] == service.asked[2].json["messages"][1:]
    assert [reply["tool_outputs"][0]["seconds"] >= 0 for reply in json.loads(earlier)] == [True, True]
    service.script = lambda asked: says("Good.")
    stock.execute(
        "CALL CreateChatCompletion('grok-4.3', :m)",
        {"m": [{"role": "user", "content": "Is tea left?"}, *messages, {"role": "user", "content": "And cake?"}]},
    )
    assert [message["role"] for message in service.asked[-1].json["messages"]][-2:] == ["assistant", "user"]


def test_one_reply_has_its_message_as_output(service, stock):
    service.script = lambda asked: says("No.")
    assert asked_with(stock, "['stock']", fields="Completion_Rounds, Completion_Output, Completion_EarlierRounds") == (
        1,
        '[{"role":"assistant","content":"No."}]',
        None,
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ('{"article": 7}', "article: Input should be a valid string"),
        ("", "article: Missing required"),
        ("{broken", "the arguments are no JSON"),
    ],
)
def test_arguments_that_do_not_fit_are_told_to_the_model(service, stock, arguments, told):
    service.script = chat_rounds_of([("stock", arguments)])
    asked_with(stock, "['stock']")
    assert told in json.loads(tool_messages(service.asked[1])[0]["content"])["error"]
    assert stock.seen == []


def test_a_call_without_an_id_or_with_arguments_as_an_object_is_answered_all_the_same(service, stock):
    calls = [{"type": "function", "function": {"name": "stock", "arguments": {"article": "tea"}}}]
    reply = {"choices": [{"message": {"content": None, "tool_calls": calls}, "finish_reason": "stop"}]}

    def script(asked: Asked) -> Answer:
        return Answer(json.dumps(reply).encode()) if len(service.asked) == 1 else says("done")

    service.script = script
    assert asked_with(stock, "['stock']")[:2] == ("done", "stop")
    said, gave = service.asked[1].json["messages"][1:]
    assert (said["role"], said["content"]) == ("assistant", "")
    assert said["tool_calls"][0]["id"] == gave["tool_call_id"]
    assert stock.seen == [("tea", 1)]


@pytest.mark.parametrize("name", ["secret", "ListModels", "stok"])
def test_nothing_is_run_that_the_call_does_not_offer(service, stock, name):
    ran: list[bool] = []
    stock.tool(lambda: ran.append(True), name="secret")
    service.script = chat_rounds_of([(name, {}), ("stock", {"article": "tea"})])
    asked_with(stock, "['stock']")
    first, second = tool_messages(service.asked[1])
    assert f"there is no tool '{name}'" in first["content"]
    assert second["content"] == '{"pieces": 7}'
    assert (ran, len(service.asked)) == ([], 2)


def test_rounds_end_where_they_are_to_end_and_the_row_says_so(service, stock):
    service.script = chat_rounds_of(*[[("stock", {"article": f"tea {number}"})] for number in range(20)])
    fields = f"{FIELDS}, Completion_IncompleteDetails"
    content, reason, calls, rounds, ticks, details = asked_with(stock, "['stock']", ", MaxRounds := 3", fields)
    assert (content, reason, rounds, ticks) == ("", "tool_calls", 3, 3 * COST_TICKS)
    assert json.loads(calls)[0]["id"] == "call_3_0"
    assert details == '{"reason":"max_rounds"}'
    assert (len(service.asked), len(stock.seen)) == (3, 2), "what the last round asked for is not run"


def test_the_same_call_a_third_time_ends_the_rounds(service, stock):
    service.script = chat_rounds_of(
        *[[("stock", '{"article": "tea", "store": 1}')], [("stock", '{"store":1,"article":"tea"}')]] * 3
    )
    fields = "Completion_IncompleteDetails, Completion_Rounds"
    assert asked_with(stock, "['stock']", fields=fields) == ('{"reason":"repeated_tool_call"}', 3)


def test_rounds_that_ended_early_are_incomplete_answers_where_these_are_errors(service, stock):
    service.script = chat_rounds_of(*[[("stock", {"article": f"tea {number}"})] for number in range(20)])
    command = "CALL CreateChatCompletion('grok-4.3', :q, Tools => ['stock'], MaxRounds => 2)"
    result = stock.lookup(command, [{"q": "Is tea left?"}], on_incomplete="error")
    assert result.errors["Call_ErrorCode"].to_pylist() == ["incomplete"]
    assert "max_rounds" in result.errors["Call_ErrorMessage"][0].as_py()


def test_a_function_of_which_nothing_runs_here_ends_the_rounds_with_its_calls_in_the_row(service, stock):
    other = {"type": "function", "function": {"name": "other", "parameters": {"type": "object", "properties": {}}}}
    service.script = chat_rounds_of([("stock", {"article": "tea"}), ("other", {})])
    _, reason, calls, rounds, _ = asked_with(stock, f"'{json.dumps(['stock', other])}'")
    assert [call["function"]["name"] for call in json.loads(calls)] == ["stock", "other"]
    assert (reason, rounds, stock.seen) == ("tool_calls", 1, [])
    assert service.asked[0].json["tools"][1] == other


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_calls_of_an_answer_that_was_cut_are_not_run(service, stock, reason):
    service.script = lambda asked: chat_calls(("stock", {"article": "tea"}), reason=reason)
    assert asked_with(stock, "['stock']")[1] == reason
    assert (len(service.asked), stock.seen) == (1, [])


def test_a_tool_that_had_to_be_called_need_not_be_called_again(service, stock):
    service.script = chat_rounds_of([("stock", {"article": "tea"})])
    asked_with(stock, "['stock']", ", ToolChoice := 'stock'")
    assert service.asked[0].json["tool_choice"] == {"type": "function", "function": {"name": "stock"}}
    assert "tool_choice" not in service.asked[1].json


def test_an_image_goes_to_the_model_in_the_parts_of_this_interface(service, connection):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG")

    @connection.tool
    def picture() -> list[object]:
        return ["a square", buffer.getvalue()]

    service.script = chat_rounds_of([("picture", {})])
    asked_with(connection, "['picture']")
    text, image = tool_messages(service.asked[1])[0]["content"]
    assert text == {"type": "text", "text": "a square"}
    assert image["type"] == "image_url"
    assert image["image_url"]["url"].startswith("data:image/png;base64,")


def test_a_refusal_in_a_later_round_is_the_error_of_the_call(service, stock):
    service.script = lambda asked: (
        chat_calls(("stock", {"article": "tea"})) if len(service.asked) == 1 else refused(404)
    )
    with pytest.raises(grokcall.NotFoundError):
        asked_with(stock, "['stock']")


def test_a_call_fails_with_its_tool_where_it_is_to(service, connecting):
    connection = connecting(on_tool_error="fail")

    @connection.tool
    def stock(article: str) -> int:
        raise LookupError(f"no {article}")

    service.script = chat_rounds_of([("stock", {"article": "tea"})])
    with pytest.raises(grokcall.ToolError, match="the tool stock failed: no tea"):
        connection.execute(ASK, {"q": "Is tea left?"})


def test_a_batch_takes_no_tools_that_run_here(stock, tmp_path):
    journal = tmp_path / "a.journal"
    with pytest.raises(grokcall.LookupFailedError, match="a tool that CreateChatCompletion offers runs here"):
        stock.lookup(ASK, [{"q": "Is tea left?"}], batch=True, journal=journal, on_error="fail")


def test_a_procedure_of_your_own_runs_the_tools_of_the_one_inside(service, stock):
    stock.execute(
        "CREATE PROCEDURE AskStock(q VARCHAR) AS CALL CreateChatCompletion('grok-4.3', :q, Tools => ['stock'])"
    )
    service.script = chat_rounds_of([("stock", {"article": "tea"})])
    (row,) = stock.execute("SELECT Completion_Content, Completion_Rounds FROM AskStock('Is tea left?')").fetchall()
    assert row == ('done: {"pieces": 7}', 2)


def test_the_sandbox_calls_a_function_in_as_many_rounds_as_the_question_says(on_sandbox, sandbox):
    seen: list[int] = []

    @on_sandbox.tool
    def stock(step: int) -> str:
        seen.append(step)
        return f"{step} pieces"

    question = "Call stock 3 times, then say what it gave."
    for receive in ("whole", "stream"):
        seen.clear()
        sandbox.reset()
        cursor = on_sandbox.cursor(receive=receive)
        cursor.execute(
            "CALL CreateChatCompletion('grok-4.3', ?, Tools => ['stock'])",
            [question],
        )
        row = dict(zip([each[0] for each in cursor.description], cursor.fetchone(), strict=True))
        assert "3 pieces" in row["Completion_Content"]
        assert seen == [1, 2, 3]
        ledger = sandbox.ledger()
        assert len(ledger) == 4
        assert sum(entry["ticks"] for entry in ledger) == row["Completion_CostInUsdTicks"]


def test_a_stream_shows_what_tools_give_and_the_text_of_the_last_round(on_sandbox):
    @on_sandbox.tool
    def stock(article: str) -> str:
        return "7 pieces"

    with on_sandbox.stream(ASK, {"q": "Ask stock how much tea is left."}) as stream:
        pieces = list(stream)
        told = [(piece.kind.value, piece.detail["name"]) for piece in pieces if piece.kind.value.startswith("tool")]
        assert told == [("tool_call", "stock"), ("tool_output", "stock")]
        assert stream.text == stream.result["Completion_Content"]
        assert "7 pieces" in stream.text
        assert stream.usage.cost_usd > 0
