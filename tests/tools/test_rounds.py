"""A model that calls tools of the caller's is asked again with what they gave, until it calls none."""

from __future__ import annotations

import asyncio
import dataclasses
import enum
import json
import threading
from typing import Literal

import pytest
from calling import calls, outputs_in, rounds_of

import grokcall
from scripted_service import COST_TICKS, Answer, Asked, answered, refused

ASK = "CALL GenerateResponse(:q, Tools => ['stock'])"
FIELDS = "Response_Result, Response_Status, Response_IncompleteDetails, Response_Rounds, Response_UsageCostInUsdTicks"


def asked_with(connection: grokcall.Connection, tools: str, more: str = "", fields: str = FIELDS):
    return connection.execute(
        f"SELECT {fields} FROM GenerateResponse('Is tea left?', Tools := {tools}{more})"
    ).fetchone()


@pytest.fixture
def stock(connection):
    """A connection with a tool, which notes how it was called."""
    seen: list[tuple[str, int]] = []

    @connection.tool
    def stock(article: str, store: int = 1) -> dict[str, int]:
        """How many pieces of an article a store has.

        Args:
            article: The article's name,
                as the label has it.
            store: The number of the store.
        """
        seen.append((article, store))
        return {"pieces": 7 * store}

    connection.seen = seen
    return connection


def test_the_model_is_told_of_a_tool_what_annotations_and_docstring_say(service, stock):
    service.script = rounds_of()
    stock.execute(ASK, {"q": "Is tea left?"})
    (tool,) = service.asked[0].json["tools"]
    assert tool == {
        "type": "function",
        "name": "stock",
        "description": "How many pieces of an article a store has.",
        "parameters": {
            "type": "object",
            "properties": {
                "article": {"description": "The article's name, as the label has it.", "type": "string"},
                "store": {"description": "The number of the store.", "default": 1, "type": "integer"},
            },
            "required": ["article"],
            "additionalProperties": False,
        },
    }


def test_a_tool_is_run_and_the_model_is_asked_again_by_the_id_of_its_answer(service, stock):
    service.script = rounds_of([("stock", {"article": "tea"}), ("stock", {"article": "tea", "store": 2})])
    row = asked_with(stock, "['stock']", ", Instructions := 'Be short.'")
    assert row == ('done: {"pieces": 7}; {"pieces": 14}', "completed", None, 2, 2 * COST_TICKS)
    assert sorted(stock.seen) == [("tea", 1), ("tea", 2)]
    first, second = (asked.json for asked in service.asked)
    assert first["instructions"] == "Be short."
    assert "instructions" not in second, "the service refuses both"
    assert second["previous_response_id"] == "resp_1"
    assert [item["call_id"] for item in second["input"]] == ["call_1_0", "call_1_1"]
    assert second["tools"] == first["tools"]


def test_what_is_not_stored_is_replayed_whole_with_its_reasoning(service, stock):
    def script(asked: Asked) -> Answer:
        number = len(service.asked)
        return calls(("stock", {"article": f"tea {number}"}), number=number) if number < 3 else answered("done")

    service.script = script
    assert asked_with(stock, "['stock']", ", Store := false, Instructions := 'Be short.'")[:2] == ("done", "completed")
    last = service.asked[-1].json
    assert "previous_response_id" not in last
    assert last["instructions"] == "Be short."
    assert last["include"] == ["reasoning.encrypted_content"]
    assert [item.get("type", item.get("role")) for item in last["input"]] == [
        "user", "reasoning", "function_call", "function_call_output", "reasoning", "function_call",
        "function_call_output",
    ]  # fmt: skip
    assert last["input"][1]["encrypted_content"] == "c2VjcmV0"


def test_every_round_is_in_the_columns(service, stock):
    service.script = rounds_of([("stock", {"article": "tea"})], [("stock", {"article": "rum"})])
    called, output = asked_with(stock, "['stock']", fields="Response_ToolCalls, Response_Output")
    assert [(each["round"], each["name"], each["status"], each["output"]) for each in called] == [
        (1, "stock", "completed", '{"pieces": 7}'),
        (2, "stock", "completed", '{"pieces": 7}'),
    ]
    assert all(each["seconds"] >= 0 for each in called)
    kinds = [item["type"] for item in json.loads(output)]
    assert kinds == [*["reasoning", "function_call", "function_call_output"] * 2, "message"]
    assert set(json.loads(output)[2]) == {"type", "call_id", "output"}, "it goes back in as History"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ('{"article": 7}', "article: Input should be a valid string"),
        ("{}", "article: Missing required"),
        ('{"article": "tea", "shop": 1}', "shop: Unexpected keyword argument"),
        ("[1]", "the arguments are no JSON object"),
        ("{broken", "the arguments are no JSON"),
    ],
)
def test_arguments_that_do_not_fit_are_told_to_the_model_and_the_tool_is_not_run(service, stock, arguments, told):
    service.script = rounds_of([("stock", arguments)])
    (called,) = asked_with(stock, "['stock']", fields="Response_ToolCalls")[0]
    assert called["status"] == "failed"
    assert told in called["error"]
    assert told in json.loads(outputs_in(service.asked[1])[0])["error"]
    assert stock.seen == []


def test_a_tool_that_is_not_there_is_told_to_the_model(service, stock):
    service.script = rounds_of([("stok", {"article": "tea"})])
    asked_with(stock, "['stock']")
    assert "there is no tool 'stok'; did you mean stock?" in outputs_in(service.asked[1])[0]


@pytest.mark.parametrize("name", ["secret", "ListModels", "DeleteFile"])
def test_nothing_is_run_that_the_call_does_not_offer(service, stock, name):
    ran: list[bool] = []
    stock.tool(lambda: ran.append(True), name="secret")
    service.script = rounds_of([(name, {}), ("stock", {"article": "tea"})])
    (called, text) = asked_with(stock, "['stock']", fields="Response_ToolCalls, Response_Result")
    assert [each["status"] for each in called] == ["failed", "completed"]
    assert f"there is no tool '{name}'" in called[0]["error"]
    assert '{"pieces": 7}' in text
    assert (ran, len(service.asked)) == ([], 2), "nothing was run, and nothing else was asked for"


def test_a_tool_that_raises_is_told_to_the_model_without_the_key(service, connection):
    from scripted_service import KEY

    @connection.tool
    def stock(article: str) -> int:
        raise LookupError(f"no {article} with {KEY}")

    service.script = rounds_of([("stock", {"article": "tea"})])
    (called,) = asked_with(connection, "['stock']", fields="Response_ToolCalls")[0]
    assert called["error"] == "no tea with [redacted]"
    assert KEY not in service.asked[1].body.decode()


def test_a_call_fails_with_its_tool_where_it_is_to(service, connecting):
    connection = connecting(on_tool_error="fail")

    @connection.tool
    def stock(article: str) -> int:
        raise LookupError(f"no {article}")

    service.script = rounds_of([("stock", {"article": "tea"})])
    with pytest.raises(grokcall.ToolError, match="the tool stock failed: no tea") as failed:
        connection.execute(ASK, {"q": "Is tea left?"})
    assert (failed.value.tool, failed.value.error_code, failed.value.retryable) == ("stock", "tool", False)
    assert len(service.asked) == 1


def test_rounds_end_where_they_are_to_end(service, stock):
    service.script = rounds_of(*[[("stock", {"article": f"tea {number}"})] for number in range(20)])
    assert asked_with(stock, "['stock']", ", MaxRounds := 3") == (
        None, "incomplete", '{"reason":"max_rounds"}', 3, 3 * COST_TICKS,
    )  # fmt: skip
    assert len(service.asked) == 3
    assert len(stock.seen) == 2, "what the last round asked for is not run"


def test_eight_rounds_are_the_most_without_a_word(service, stock):
    service.script = rounds_of(*[[("stock", {"article": f"tea {number}"})] for number in range(20)])
    assert asked_with(stock, "['stock']")[3] == 8


def test_the_same_call_a_third_time_ends_the_rounds(service, stock):
    service.script = rounds_of(
        *[[("stock", '{"article": "tea", "store": 1}')], [("stock", '{"store":1,"article":"tea"}')]] * 3
    )
    assert asked_with(stock, "['stock']")[1:4] == ("incomplete", '{"reason":"repeated_tool_call"}', 3)
    assert len(stock.seen) == 2


def test_a_function_of_which_nothing_runs_here_ends_the_rounds_pending(service, stock):
    other = '["stock", {"type": "function", "name": "other", "parameters": {"type": "object", "properties": {}}}]'
    service.script = rounds_of([("stock", {"article": "tea"}), ("other", {})])
    (called, rounds) = asked_with(stock, f"'{other}'", fields="Response_ToolCalls, Response_Rounds")
    assert [each["status"] for each in called] == ["pending", "pending"]
    assert (rounds, stock.seen) == (1, [])


def test_a_function_of_the_extra_body_ends_the_rounds_pending(service, stock):
    other = {"tools": [{"type": "function", "name": "other", "parameters": {"type": "object", "properties": {}}}]}
    service.script = rounds_of([("other", {})])
    extra = f", ExtraBody := '{json.dumps(other)}'"
    (called,) = asked_with(stock, "['stock']", extra, fields="Response_ToolCalls")[0]
    assert (called["name"], called["status"], len(service.asked)) == ("other", "pending", 1)


def test_a_tool_that_had_to_be_called_need_not_be_called_again(service, stock):
    service.script = rounds_of([("stock", {"article": "tea"})])
    asked_with(stock, "['stock']", ", ToolChoice := 'stock'")
    assert service.asked[0].json["tool_choice"] == {"type": "function", "name": "stock"}
    assert "tool_choice" not in service.asked[1].json


def test_the_tools_of_a_round_run_at_once_and_their_outputs_keep_the_order(service, connecting):
    connection = connecting(tool_threads=4)
    together = threading.Barrier(3, timeout=300)

    @connection.tool
    def wait(number: int) -> int:
        together.wait()
        return number

    @connection.tool
    async def wait_too(number: int) -> int:
        await asyncio.get_running_loop().run_in_executor(None, together.wait)
        return number

    service.script = rounds_of([("wait", {"number": 1}), ("wait_too", {"number": 2}), ("wait", {"number": 3})])
    assert asked_with(connection, "['wait', 'wait_too']")[0] == "done: 1; 2; 3"


def test_a_tool_that_takes_too_long_is_told_to_the_model(service, connection):
    release = threading.Event()
    try:

        @connection.tool(timeout=0.05)
        def slow() -> int:
            release.wait(300)
            return 1

        service.script = rounds_of([("slow", {})])
        assert "it took longer than 0.05 s" in asked_with(connection, "['slow']")[0]
    finally:
        release.set()


def test_a_call_in_a_tool_needs_no_place_of_its_own(service, connecting):
    connection = connecting(concurrency=1)

    @connection.tool
    def shout(text: str) -> str:
        return connection.execute("CALL GenerateResponse(:t)", {"t": text}).fetchone()[0]

    loop = rounds_of([("shout", {"text": "hey"})])
    service.script = lambda asked: answered("HEY") if asked.json["input"] == "hey" else loop(asked)
    assert asked_with(connection, "['shout']")[0] == "done: HEY"


def test_long_outputs_are_cut_with_a_note(service, connecting):
    connection = connecting(tool_output_bytes=256)

    @connection.tool
    def long() -> str:
        return "é" * 1000

    service.script = rounds_of([("long", {})])
    asked_with(connection, "['long']")
    (given,) = outputs_in(service.asked[1])
    assert given == "é" * 128 + "\n[cut: 256 of 2,000 bytes]"


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


@dataclasses.dataclass
class Cup:
    size: Size
    sugar: float = 0.5


def test_annotations_of_every_kind_become_a_schema_and_come_back_as_values(service, connection):
    seen = []

    @connection.tool
    def brew(cup: Cup, kind: Literal["green", "black"], names: list[str], note: str | None = None) -> Cup:
        seen.append((cup, kind, names, note))
        return cup

    given = {"cup": {"size": "large"}, "kind": "green", "names": ["Ann"]}
    service.script = rounds_of([("brew", given)])
    assert asked_with(connection, "['brew']")[0] == 'done: {"size": "large", "sugar": 0.5}'
    assert seen == [(Cup(Size.LARGE), "green", ["Ann"], None)]
    parameters = service.asked[0].json["tools"][0]["parameters"]
    assert parameters["required"] == ["cup", "kind", "names"]
    assert parameters["properties"]["kind"]["enum"] == ["green", "black"]
    assert parameters["$defs"]["Size"]["enum"] == ["small", "large"]


def positional(a: int, /) -> int:
    return a


def many(*values: int) -> int:
    return len(values)


def unknown(value: threading.Lock) -> int:  # type: ignore[valid-type]
    return 1


@pytest.mark.parametrize(
    ("function", "name", "told"),
    [
        (positional, None, "the parameter a, which can be given by position only"),
        (many, None, "the parameter values, which takes any number of values"),
        (unknown, None, "an annotation that has no JSON Schema"),
        (positional, "two words", "cannot be called 'two words'"),
        (lambda: 1, None, "cannot be called '<lambda>'"),
        (lambda: 1, "web_search", "which the service's own tools answer to"),
        (lambda: 1, "GenerateResponse", "there is a procedure of this name"),
        (7, "seven", "a tool is a function, not int"),
    ],
)
def test_what_cannot_be_a_tool_is_refused_at_once(connection, function, name, told):
    with pytest.raises(grokcall.InterfaceError, match=told):
        connection.tool(function, name=name)


def test_a_name_that_there_is_not_names_the_nearest(stock):
    with pytest.raises(grokcall.BadValueError, match="names 'stok', and there is no such tool; did you mean stock"):
        asked_with(stock, "['stok']")


def test_rounds_without_a_tool_of_yours_are_refused(stock):
    with pytest.raises(grokcall.BadValueError, match=r"MaxRounds .* is for tools of yours"):
        asked_with(stock, "['view_image']", ", MaxRounds := 3")


def test_answers_of_a_shape_are_held_to_it_in_the_last_round(service, stock):
    def script(asked: Asked) -> Answer:
        number = len(service.asked)
        if number == 1:
            return calls(("stock", {"article": "tea"}))
        return answered('{"left": "many"}' if number == 2 else '{"left": 7}', id=f"resp_{number}")

    service.script = script
    row = asked_with(stock, "['stock']", ", OutputSchema := 'left INTEGER'", '"left", Response_Rounds')
    assert row == (7, 3)
    assert service.asked[2].json == service.asked[1].json, "only the last question is asked again"
    assert all(asked.json["text"]["format"]["type"] == "json_schema" for asked in service.asked)


def test_a_refusal_in_a_later_round_is_the_error_of_the_call(service, stock):
    service.script = lambda asked: calls(("stock", {"article": "tea"})) if len(service.asked) == 1 else refused(404)
    with pytest.raises(grokcall.NotFoundError):
        asked_with(stock, "['stock']")


def test_tools_that_read_your_data_beside_pages_of_others_warn_once(service, connecting):
    service.script = rounds_of()
    statement = "CALL GenerateResponse('hi', WebSearch => TRUE, Tools => ['stock'])"
    for mixing in ("warn", "allow", "refuse"):
        connection = connecting(tool_mixing=mixing)
        connection.tool(lambda: 1, name="stock")
        if mixing == "refuse":
            with pytest.raises(grokcall.BadValueError, match="mixes tools: stock reads your data"):
                connection.execute(statement)
            continue
        cursor = connection.execute(statement)
        told = [message for _, message in cursor.messages]
        assert [("stock reads your data, and with WebSearch" in str(each)) for each in told] == [True] * (
            mixing == "warn"
        )


def test_a_stream_shows_what_tools_give(service, stock):
    service.script = rounds_of([("stock", {"article": "tea"})])
    pieces = list(stock.stream(ASK, {"q": "Is tea left?"}))
    told = [piece for piece in pieces if piece.kind is grokcall.PieceKind.TOOL_OUTPUT]
    assert [(piece.text, piece.detail["name"]) for piece in told] == [('{"pieces": 7}', "stock")]
    assert "".join(map(str, (piece for piece in pieces if piece.kind is grokcall.PieceKind.TEXT))).startswith("done")


def test_a_batch_takes_no_tools_that_run_here(stock, tmp_path):
    journal = tmp_path / "a.journal"
    with pytest.raises(grokcall.LookupFailedError, match="a tool that GenerateResponse offers runs here"):
        stock.lookup(ASK, [{"q": "Is tea left?"}], batch=True, journal=journal, on_error="fail")
