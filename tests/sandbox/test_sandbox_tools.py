"""Tools: functions of the client, and those that the service calls itself."""

import base64
import io
import json

import pytest
from PIL import Image

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 7}},
        "required": ["city", "days"],
    },
}
STOCK = {
    "type": "function",
    "name": "get_stock",
    "parameters": {"type": "object", "properties": {"item": {"type": "string"}}, "required": ["item"]},
}
PRICE = {**STOCK, "name": "get_stock_price"}


def kinds(response):
    return [item["type"] for item in response["output"]]


def events(http, **fields):
    reply = http.post("/responses", json={"model": "grok-4.3", "stream": True, **fields})
    return [json.loads(line[6:]) for line in reply.iter_lines() if line.startswith("data: ")]


def flat(stream):
    """The types of events with the places of their items."""
    return [(event["type"].removeprefix("response."), event.get("output_index")) for event in stream]


def test_a_required_function_is_called_with_fitting_arguments(ask):
    response = ask("How will it be in Paris for the next 3 days?", tools=[WEATHER], tool_choice="required")
    call = response["output"][-1]
    assert (call["type"], call["name"]) == ("function_call", "get_weather")
    assert json.loads(call["arguments"]) == {"city": "Paris", "days": 3}


def test_a_function_is_called_only_when_asked_for(ask):
    assert ask("Say hello", tools=[WEATHER])["output"][-1]["type"] == "message"
    assert ask("Use get_weather for Oslo, 2 days", tools=[WEATHER])["output"][-1]["type"] == "function_call"
    assert ask("Use get_weather for Oslo", tools=[WEATHER], tool_choice="none")["output"][-1]["type"] == "message"


def test_the_output_of_a_function_is_reported(ask, say):
    choice = {"type": "function", "name": "get_weather"}
    first = ask("Weather in Oslo?", tools=[WEATHER], tool_choice=choice)
    output = {"type": "function_call_output", "call_id": first["output"][-1]["call_id"], "output": '{"sky":"clear"}'}
    assert '{"sky":"clear"}' in say([output], previous_response_id=first["id"], tools=[WEATHER])


def test_several_functions_can_be_called_in_one_answer(ask, http):
    question = "Use get_weather for Oslo, 2 days, and get_stock_price for chairs"
    tools = [WEATHER, STOCK, PRICE]
    response = ask(question, tools=tools)
    calls = [item for item in response["output"] if item["type"] == "function_call"]
    assert [call["name"] for call in calls] == ["get_weather", "get_stock_price"]
    assert [call["call_id"] for call in calls] == [f"call-{response['id']}-0", f"call-{response['id']}-1"]
    assert [call["id"] for call in calls] == [f"fc_{response['id']}_0", f"fc_{response['id']}_1"]
    assert len(kinds(ask(question, tools=tools, parallel_tool_calls=False))) == 2

    nested = [{"type": "function", "function": {key: tool[key] for key in ("name", "parameters")}} for tool in tools]
    user = [{"role": "user", "content": question}]
    chat = http.post("/chat/completions", json={"model": "grok-4.3", "messages": user, "tools": nested}).json()
    assert [call["function"]["name"] for call in chat["choices"][0]["message"]["tool_calls"]] == [
        "get_weather",
        "get_stock_price",
    ]
    described = [{"name": tool["name"], "input_schema": tool["parameters"]} for tool in tools]
    asked = {"model": "grok-4.3", "messages": user, "tools": described, "max_tokens": 9}
    told = http.post("/messages", json=asked).json()
    assert [block["name"] for block in told["content"] if block["type"] == "tool_use"] == [
        "get_weather",
        "get_stock_price",
    ]
    single = {**asked, "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}
    assert len([b for b in http.post("/messages", json=single).json()["content"] if b["type"] == "tool_use"]) == 1


def test_a_function_is_named_by_its_whole_name_only(ask):
    response = ask("Use get_stock_price for chairs", tools=[STOCK, PRICE])
    assert [item["name"] for item in response["output"] if item["type"] == "function_call"] == ["get_stock_price"]


def test_what_several_functions_gave_is_all_reported(say):
    calls = [{"type": "function_call", "call_id": f"c{n}", "name": "get_weather", "arguments": "{}"} for n in range(2)]
    outputs = [
        {"type": "function_call_output", "call_id": "c0", "output": "rain"},
        {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": "snow"}]},
    ]
    assert say([{"role": "user", "content": "Weather?"}, *calls, *outputs]) == "The function gave back: rain\nsnow"


@pytest.mark.parametrize(
    "content", ["clear sky", [{"type": "text", "text": "clear sky"}], [{"type": "text", "text": "clear"}, "sky"]]
)
@pytest.mark.parametrize("beside", [[], [{"type": "text", "text": "So?"}]])
def test_the_result_of_a_tool_in_a_message_is_the_tools_answer(http, content, beside):
    used = {"type": "tool_use", "id": "call-1", "name": "get_weather", "input": {"city": "Oslo"}}
    messages = [
        {"role": "user", "content": "Use get_weather for Oslo"},
        {"role": "assistant", "content": [used]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call-1", "content": content}, *beside]},
    ]
    described = [{"name": "get_weather", "input_schema": WEATHER["parameters"]}]
    asked = {"model": "grok-4.3", "max_tokens": 100, "messages": messages, "tools": described}
    reply = http.post("/messages", json=asked).json()
    assert reply["stop_reason"] == "end_turn"
    said = reply["content"][-1]["text"]
    if beside:
        assert "“So?”" in said
        assert "tool_result" not in said
    else:
        assert said.startswith("The function gave back: ")
        assert "clear" in said
        assert "sky" in said


def test_a_function_without_strict_is_echoed_as_not_strict_and_in_streams_as_null(ask, http):
    tools = [WEATHER, {**STOCK, "strict": True}, {"type": "x_search"}]
    shown = [tool.get("strict", "none") for tool in ask("Say hello", tools=tools)["tools"]]
    assert shown == [False, True, "none"]
    streamed = [event["response"]["tools"] for event in events(http, input="Hi", tools=tools) if "response" in event]
    assert [[tool.get("strict", "none") for tool in told] for told in streamed] == [[None, True, "none"]] * 3


def test_a_web_search_opens_a_page_and_is_cited_and_billed(ask):
    tools = [{"type": "web_search", "allowed_domains": ["python.org"]}]
    response = ask("Current stable Python?", tools=tools)
    assert kinds(response) == ["reasoning", *["web_search_call", "reasoning"] * 2, "message"]
    searched, opened = (item for item in response["output"] if item["type"] == "web_search_call")
    assert searched["action"] == {
        "type": "search",
        "query": "Current stable Python?",
        "sources": [{"type": "url", "url": "https://python.org/"}],
    }
    assert opened["action"] == {"type": "open_page", "url": "https://python.org/"}
    part = response["output"][-1]["content"][0]
    citation = part["annotations"][0]
    assert part["text"][citation["start_index"] : citation["end_index"]] == "[[1]](https://python.org/)"
    usage = response["usage"]
    assert usage["num_server_side_tools_used"] == 2
    assert usage["server_side_tool_usage_details"]["web_search_calls"] == 2
    assert response["tools"][0]["search_context_size"] == "medium"


def test_the_turns_of_tools_can_be_bounded(ask):
    def used(turns):
        return ask("Python?", tools=[{"type": "web_search"}], max_turns=turns)["usage"]

    assert [used(turns)["num_server_side_tools_used"] for turns in (1, 2, 9)] == [1, 2, 2]
    assert used(1)["input_tokens"] < used(2)["input_tokens"]


def test_each_call_of_a_server_tool_is_followed_by_a_reasoning_item_of_its_own(ask, make):
    tools = [
        {"type": "x_search"},
        {"type": "code_interpreter"},
        {"type": "file_search", "vector_store_ids": [make()["collection_id"]]},
    ]
    response = ask("what is 12*12?", tools=tools)
    output = response["output"]
    calls = ["custom_tool_call", "custom_tool_call", "code_interpreter_call", "file_search_call"]
    assert kinds(response) == ["reasoning", *calls, *["reasoning"] * 4, "message"]
    assert output[3]["outputs"] == [{"type": "logs", "logs": "144"}]
    for call, following in zip(output[1:5], output[5:9], strict=True):
        head, rest = f"_{response['id']}_", call["id"].split("_", 2)[2]
        assert call["id"].split("_")[0] + head + rest == call["id"]
        assert following == {"type": "reasoning", "id": f"tco{head}{rest}", "status": "completed", "summary": []}
    assert len({item["id"] for item in output}) == len(output)


@pytest.mark.parametrize(
    ("tool", "question", "inputs"),
    [
        ({}, "Rust?", {"x_keyword_search": "Rust?", "x_semantic_search": "Rust?"}),
        ({"allowed_x_handles": ["a", "b"]}, "Rust?", {"x_keyword_search": "Rust? from:a OR from:b"}),
        ({}, "What does @rustlang say?", {"x_user_search": "rustlang"}),
    ],
)
def test_an_x_search_is_shown_as_custom_tool_calls(ask, tool, question, inputs):
    response = ask(question, tools=[{"type": "x_search", "from_date": "2026-01-01", **tool}])
    calls = {item["name"]: item for item in response["output"] if item["type"] == "custom_tool_call"}
    assert {name: json.loads(calls[name]["input"])["query"] for name in inputs} == inputs
    assert json.loads(calls["x_keyword_search"]["input"])["from_date"] == "2026-01-01"
    for call in calls.values():
        assert set(call) == {"type", "id", "call_id", "name", "input", "status"}
        assert call["id"].startswith(f"ctc_{response['id']}_call-")
        assert call["call_id"].startswith("xs_call-")
    assert response["usage"]["server_side_tool_usage_details"]["x_search_calls"] == len(calls)
    (note,) = response["output"][-1]["content"][0]["annotations"]
    assert note["title"] == note["url"]
    assert (note["start_index"], note["end_index"]) == (0, 0)


@pytest.mark.parametrize(("model", "messages"), [("grok-4.3", 1), ("grok-4.6", 2), ("grok-4.7", 2)])
def test_an_x_search_may_give_two_messages(ask, model, messages):
    response = ask("what is 6*7?", model=model, tools=[{"type": "x_search"}])
    said = [item["content"][0]["text"] for item in response["output"] if item["type"] == "message"]
    assert len(said) == messages
    assert said[-1] == "42"
    assert len({item["id"] for item in response["output"]}) == len(response["output"])


def test_under_a_schema_both_messages_are_documents_that_fit_it(ask):
    schema = {"type": "object", "properties": {"answer": {"type": "integer"}}, "required": ["answer"]}
    wanted = {"format": {"type": "json_schema", "name": "n", "schema": schema}}
    response = ask("what is 6*7?", model="grok-4.6", tools=[{"type": "x_search"}], text=wanted)
    said = [json.loads(item["content"][0]["text"]) for item in response["output"] if item["type"] == "message"]
    assert len(said) == 2
    assert isinstance(said[0]["answer"], int)
    assert said[-1] == {"answer": 42}


def test_calls_that_are_made_at_once_interleave_in_a_stream(http):
    stream = events(http, input="Rust?", tools=[{"type": "x_search"}])
    shown = [(kind, place) for kind, place in flat(stream) if place in (1, 2)]
    assert shown == [
        ("output_item.added", 1),
        ("output_item.added", 2),
        ("custom_tool_call_input.delta", 1),
        ("custom_tool_call_input.done", 1),
        ("custom_tool_call_input.delta", 2),
        ("custom_tool_call_input.done", 2),
        ("output_item.done", 1),
        ("output_item.done", 2),
    ]
    added = next(event for event in stream if event.get("item", {}).get("type") == "custom_tool_call")
    assert added["item"]["input"] == ""
    delta = next(event for event in stream if event["type"] == "response.custom_tool_call_input.delta")
    assert json.loads(delta["delta"])["query"] == "Rust?"


def test_an_image_is_drawn_when_it_is_asked_for_and_the_tool_is_there(ask, http):
    tools = [{"type": "image_generation"}]
    assert kinds(ask("Say hello", tools=tools)) == ["reasoning", "message"]
    response = ask("Draw a red boat", tools=tools)
    assert kinds(response) == ["reasoning", "image_generation_call", "reasoning", "message"]
    item = response["output"][1]
    assert item["prompt"] == "Draw a red boat"
    with Image.open(io.BytesIO(base64.b64decode(item["result"]))) as picture:
        assert picture.size == (1024, 1024)
    assert response["usage"]["server_side_tool_usage_details"]["image_generation_calls"] == 1

    stream = events(http, input="Draw a red boat", tools=tools)
    assert [kind for kind, place in flat(stream) if place == 1] == [
        "output_item.added",
        "image_generation_call.in_progress",
        "image_generation_call.generating",
        "image_generation_call.completed",
        "output_item.done",
    ]
    begun, done = (event["item"] for event in stream if event.get("output_index") == 1 and "item" in event)
    assert begun["result"] is None
    assert done["result"] == item["result"]


@pytest.mark.parametrize("tool", ["web_search", "x_search", "image_generation"])
def test_what_tools_gave_can_be_sent_back(ask, say, tool):
    first = ask("Draw what my cat is called: Tom.", model="grok-4.6", tools=[{"type": tool}])
    history = [
        {"role": "user", "content": "My cat is called Tom."},
        *first["output"],
        {"role": "user", "content": "Well?"},
    ]
    assert "My cat is called Tom." in say(history)


def test_server_tools_run_before_the_client_is_asked_to_call_a_function(ask):
    tools = [{"type": "web_search"}, WEATHER]
    response = ask("Use get_weather for Oslo, 2 days", tools=tools)
    assert kinds(response) == ["reasoning", *["web_search_call", "reasoning"] * 2, "function_call"]
