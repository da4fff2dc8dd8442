"""The parameters of the two older interfaces beyond their first ones: what is sent, and what is refused before."""

from __future__ import annotations

import json

import pytest
from stepping import QUICK, bind, run

import grokcall
from grokcall_parser.errors import DataError
from grokcall_procedures import BadValueError

HI = [{"role": "user", "content": "Hi"}]
DONE = {"choices": [{"message": {"content": "Four."}, "finish_reason": "stop"}]}
SAID = {"content": [{"type": "text", "text": "Four."}], "stop_reason": "end_turn"}
PARAMETERS = {"type": "object", "properties": {"sku": {"type": "string"}}}
FLAT = {"type": "function", "name": "stock", "description": "How many.", "parameters": PARAMETERS}
NESTED = {"type": "function", "function": {name: FLAT[name] for name in ("name", "description", "parameters")}}
OF_MESSAGES = {"name": "stock", "description": "How many.", "input_schema": PARAMETERS}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}


def completed(more: str, values: dict[str, object] | None = None):
    return run(f"CALL CreateChatCompletion('grok-4.3', 'Hi', {more})", [DONE], values)


def messaged(more: str, values: dict[str, object] | None = None):
    return run(f"CALL CreateMessage('Hi', 'grok-4.3', {more})", [SAID], values)


def test_each_parameter_of_a_completion_has_its_member():
    more = (
        "MaxCompletionTokens => 50, Seed => 7, ReasoningEffort => 'high', ServiceTier => 'priority', "
        "ResponseFormat => 'json_object', Tools => :tools, ToolChoice => 'required'"
    )
    assert completed(more, {"tools": [FLAT]}).body() == {
        "model": "grok-4.3",
        "messages": HI,
        "max_completion_tokens": 50,
        "seed": 7,
        "reasoning_effort": "high",
        "response_format": {"type": "json_object"},
        "tools": [NESTED],
        "tool_choice": "required",
        "service_tier": "priority",
    }


def test_the_id_of_a_conversation_is_a_header():
    (request,) = completed("ConversationId => ' ticket-7 '").requests
    assert request.headers == (("x-grok-conv-id", "ticket-7"),)
    assert completed("Seed => 1").requests[0].headers == ()


@pytest.mark.parametrize("given", ["", "two\nlines", "größe", "a\x00b"])
def test_an_id_that_no_header_can_hold_is_refused(given):
    with pytest.raises(BadValueError, match=r"ConversationId .* pass NULL, or an id"):
        bind("CALL CreateChatCompletion(NULL, 'Hi', ConversationId => :c)", {"c": given})


@pytest.mark.parametrize("tool", [FLAT, NESTED])
def test_a_function_is_taken_in_both_forms_and_sent_in_that_of_the_interface(tool):
    assert completed("Tools => :tools", {"tools": json.dumps([tool])}).body()["tools"] == [NESTED]
    responses = bind("CALL GenerateResponse('Hi', Tools => :tools)", {"tools": [tool]})
    assert json.loads(next(responses.steps()).body)["tools"] == [FLAT]
    assert messaged("Tools => :tools", {"tools": [tool]}).body()["tools"] == [OF_MESSAGES]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("text", {"type": "text"}),
        ("json_object", {"type": "json_object"}),
        ({"type": "json_object"}, {"type": "json_object"}),
        (SCHEMA, SCHEMA),
        (json.dumps(SCHEMA), SCHEMA),
        ({"type": "json_schema", "schema": {"type": "object"}}, SCHEMA),
        ({"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}, SCHEMA),
        ({"type": "new_form", "x": 1}, {"type": "new_form", "x": 1}),
    ],
)
def test_the_form_of_an_answer_is_a_word_or_an_object(given, sent):
    assert completed("ResponseFormat => :f", {"f": given}).body()["response_format"] == sent


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("", "must not be empty"),
        ("[1]", "expected a word or a JSON object"),
        ({"json_schema": {}}, 'has no "type"'),
        ({"type": "json_schema"}, "has no schema; write"),
        ({"type": "json_schema", "json_schema": {"name": "x"}}, "has no schema; write"),
        ({"type": "object", "properties": {}}, "is a JSON Schema alone; write"),
    ],
)
def test_a_form_that_is_none_is_refused(given, told):
    with pytest.raises(BadValueError, match=rf"ResponseFormat .*{told}"):
        bind("CALL CreateChatCompletion(NULL, 'Hi', ResponseFormat => :f)", {"f": given})


@pytest.mark.parametrize(
    ("model", "effort", "sent"),
    [("grok-4.6", "none", "low"), ("grok-4.20", "high", None), ("grok-4.3", "none", "none")],
)
def test_an_effort_is_fitted_to_the_model(model, effort, sent):
    call = bind(f"CALL CreateChatCompletion('{model}', 'Hi', ReasoningEffort => '{effort}')")
    assert json.loads(next(call.steps()).body).get("reasoning_effort") == sent
    assert bool(call.warnings) == (sent != effort)


@pytest.mark.parametrize(
    ("more", "values", "told"),
    [
        ("Tools => ['web_search']", {}, "a tool that the service runs, which this interface does not have"),
        ("Tools => :t", {"t": [{"type": "web_search"}]}, "a tool that the service runs"),
        ("Tools => :t", {"t": [{"type": "collections_search"}]}, "a tool that the service runs"),
        ("Tools => ['stok']", {}, "names 'stok', and there is no such tool; there is none"),
        ("Tools => :t", {"t": [{"name": "f"}]}, 'entry 1 has no "type"'),
        ("Tools => :t", {"t": [{"type": "function", "function": {"name": "f"}}]}, "'f' without \"parameters\""),
        ("Tools => :t", {"t": [FLAT, NESTED]}, "has the function 'stock' twice"),
        ("Tools => :t", {"t": [{**FLAT, "name": "web_search"}]}, "a name that the service's own tools answer to"),
        ("Tools => :t", {"t": [{**FLAT, "name": f"f{n}"} for n in range(129)]}, "at most 128 are taken"),
        ("ToolChoice => 'auto'", {}, "the call offers none"),
        ("Tools => :t, ToolChoice => 'any'", {"t": [FLAT]}, "neither a word nor a function"),
        ("Tools => :t, MaxRounds => 3", {"t": [FLAT]}, "is for tools of yours"),
        ("MaxRounds => 0", {}, "MaxRounds"),
        ("MaxCompletionTokens => 0", {}, "MaxCompletionTokens"),
        ("Seed => 3000000000", {}, "Seed"),
    ],
)
def test_what_does_not_fit_a_completion_is_refused(more, values, told):
    with pytest.raises(DataError, match=told):
        bind(f"CALL CreateChatCompletion('grok-4.3', 'Hi', {more})", values or None)


def test_a_multi_agent_model_takes_no_function():
    with pytest.raises(BadValueError, match="takes none; choose another model"):
        bind("CALL CreateChatCompletion('grok-4.20-multi-agent', 'Hi', Tools => :t)", {"t": [FLAT]})


@pytest.mark.parametrize(
    ("more", "fields", "parameter"),
    [
        ("Seed => 1", {"seed": 2}, "Seed"),
        ("MaxCompletionTokens => 1", {"max_tokens": 2}, "MaxCompletionTokens"),
        ("ResponseFormat => 'text'", {"response_format": {"type": "text"}}, "ResponseFormat"),
        ("ReasoningEffort => 'low'", {"reasoning_effort": "high"}, "ReasoningEffort"),
        ("ServiceTier => 'default'", {"service_tier": "priority"}, "ServiceTier"),
        ("Deferred => TRUE", {"deferred": False}, "Deferred"),
        ("Seed => 1", {"messages": []}, "Messages"),
    ],
)
def test_what_is_set_twice_is_refused(more, fields, parameter):
    told = rf"AdditionalFields .* sets \"\w+\", which {parameter} sets as well"
    with pytest.raises(BadValueError, match=told):
        bind(f"CALL CreateChatCompletion('grok-4.3', 'Hi', AdditionalFields => :f, {more})", {"f": fields})


def test_functions_of_both_places_are_offered_and_chosen_from():
    other = {"type": "function", "function": {"name": "other", "parameters": PARAMETERS}}
    values = {"t": [FLAT], "f": {"tools": [other]}}
    body = completed("Tools => :t, AdditionalFields => :f, ToolChoice => 'other'", values).body()
    assert body["tools"] == [NESTED, other]
    assert body["tool_choice"] == {"type": "function", "function": {"name": "other"}}
    with pytest.raises(BadValueError, match="has the function 'stock' twice"):
        completed("Tools => :t, AdditionalFields => :f", {"t": [FLAT], "f": {"tools": [NESTED]}})


def test_pieces_and_tickets_are_asked_for_elsewhere():
    with pytest.raises(BadValueError, match=r"connection\.stream and the option receive"):
        bind("CALL GenerateResponse('Hi', ExtraBody => :f)", {"f": {"stream": True}})
    with pytest.raises(BadValueError, match="Deferred of CreateChatCompletion waits for the result"):
        bind("CALL CreateChatCompletion(NULL, 'Hi', AdditionalFields => :f)", {"f": {"deferred": True}})


def test_each_parameter_of_a_message_has_its_member():
    more = (
        "MaxTokens => 50, System => 'Be brief.', Temperature => 0.5, TopP => 0.9, TopK => 40, "
        "StopSequences => ['END', ' '], Tools => :tools, ToolChoice => 'stock'"
    )
    done = messaged(more, {"tools": [OF_MESSAGES, {"type": "web_search_20250305", "name": "web_search"}]})
    assert done.body() == {
        "model": "grok-4.3",
        "messages": HI,
        "max_tokens": 50,
        "system": "Be brief.",
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 40,
        "stop_sequences": ["END", " "],
        "tools": [OF_MESSAGES, {"type": "web_search_20250305", "name": "web_search"}],
        "tool_choice": {"type": "tool", "name": "stock"},
    }


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("any", {"type": "any"}),
        ("none", {"type": "none"}),
        ("stock", {"type": "tool", "name": "stock"}),
        ({"type": "auto", "disable_parallel_tool_use": True}, {"type": "auto", "disable_parallel_tool_use": True}),
        ('{"type": "tool", "name": "stock"}', {"type": "tool", "name": "stock"}),
    ],
)
def test_the_choice_of_a_tool_is_a_word_a_name_or_an_object(given, sent):
    assert messaged("Tools => :t, ToolChoice => :c", {"t": [OF_MESSAGES], "c": given}).body()["tool_choice"] == sent


@pytest.mark.parametrize("given", ["END", '["END"]', ["END"]])
def test_stop_sequences_are_a_list_or_one(given):
    assert messaged("StopSequences => :s", {"s": given}).body()["stop_sequences"] == ["END"]


@pytest.mark.parametrize(
    ("more", "values", "told"),
    [
        ("StopSequences => :s", {"s": ["a", ""]}, "expected a list of texts"),
        ("StopSequences => :s", {"s": []}, "expected a list of texts"),
        ("StopSequences => :s", {"s": {"a": 1}}, "expected a list of texts"),
        ("Tools => :t", {"t": [{"description": "x"}]}, 'entry 1 has no "name"'),
        ("Tools => :t", {"t": [{"name": "f"}]}, "a tool 'f' without \"input_schema\""),
        ("Tools => :t", {"t": [OF_MESSAGES, OF_MESSAGES]}, "has the tool 'stock' twice"),
        ("Tools => ['stok']", {}, "names 'stok', and there is no such tool"),
        ("Tools => ['web_search']", {}, "a tool that the service runs"),
        ("ToolChoice => 'any'", {}, "the call offers none"),
        ("Tools => :t, ToolChoice => 'stok'", {"t": [OF_MESSAGES]}, "is 'stok', which is neither"),
        ("Tools => :t, ToolChoice => :c", {"t": [OF_MESSAGES], "c": {"name": "stock"}}, 'has no "type"'),
        ("Tools => :t, ToolChoice => :c", {"t": [OF_MESSAGES], "c": {"type": "tool", "name": "x"}}, "is 'x'"),
        ("System => 'a', AdditionalFields => :f", {"f": {"system": "b"}}, "which System sets as well"),
        ("TopK => 0", {}, "TopK"),
        ("TopP => 0", {}, "TopP"),
    ],
)
def test_what_does_not_fit_a_message_is_refused(more, values, told):
    with pytest.raises(DataError, match=told):
        bind(f"CALL CreateMessage('Hi', 'grok-4.3', {more})", values or None)


def test_what_is_given_by_name_only_cannot_be_given_by_position():
    for statement in (
        "CALL CreateChatCompletion(NULL, 'Hi', 1, 1, NULL, NULL)",
        "CALL CreateMessage('Hi', NULL, 1, NULL, 'x')",
    ):
        with pytest.raises(grokcall.ArgumentsError):
            bind(statement, settings=QUICK)


def test_a_message_declares_tools_of_yours_and_runs_none(on_sandbox):
    ran: list[int] = []

    @on_sandbox.tool
    def stock(article: str) -> int:
        """How many pieces there are."""
        ran.append(1)
        return 7

    ask = "SELECT Message_ToolUses, Message_StopReason, Message_Raw FROM CreateMessage(:m, Tools := ['stock'])"
    question = {"role": "user", "content": "Ask stock how much tea is left."}
    (uses, reason, raw) = on_sandbox.execute(ask, {"m": [question]}).fetchone()
    (use,) = json.loads(uses)
    assert (use["name"], reason, ran) == ("stock", "tool_use", [])
    gave = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use["id"], "content": "7 pieces"}]}
    said = {"role": "assistant", "content": json.loads(raw)["content"]}
    row = on_sandbox.execute("CALL CreateMessage(:m, Tools => ['stock'])", {"m": [question, said, gave]}).fetchone()
    assert "7 pieces" in row[2]


def test_the_sandbox_takes_all_of_it(on_sandbox, sandbox):
    ask = "CALL CreateChatCompletion('grok-4.3', '2+2?', Seed => 7, ConversationId => 'c', ServiceTier => :t)"
    plain, priority = (on_sandbox.execute(ask, {"t": tier}).fetchone() for tier in ("default", "priority"))
    assert plain[2] == priority[2] == "4"
    assert priority[11] == 2 * plain[11]
    typed = on_sandbox.execute(
        "CALL CreateChatCompletion('grok-4.3', 'Two cats in Rome', ResponseFormat => :f)",
        {"f": {"type": "json_schema", "schema": {"type": "object", "properties": {"city": {"type": "string"}}}}},
    ).fetchone()
    assert json.loads(typed[2]) == {"city": "Rome"}
    stopped = on_sandbox.execute(
        "SELECT Message_Content, Message_StopReason, Message_StopSequence "
        "FROM CreateMessage('Say one two three', StopSequences := [' two'], System := 'Be kind.')"
    ).fetchone()
    assert stopped == ("one", "stop_sequence", " two")


def test_the_limit_of_a_completion_is_that_of_its_estimate(on_sandbox):
    def worst(more: str) -> object:
        told = on_sandbox.execute(f"EXPLAIN COST CALL CreateChatCompletion('grok-4.20-non-reasoning', 'hi'{more})")
        (row,) = told.fetch_arrow_table().to_pylist()
        return row["WorstUsd"], row["Note"]

    unlimited, note = worst("")
    assert unlimited is None
    assert "give MaxCompletionTokens" in note
    plain, _ = worst(", MaxCompletionTokens => 1000")
    double, _ = worst(", MaxCompletionTokens => 1000, ServiceTier => 'priority'")
    assert round(double / plain, 1) == 2


def test_a_longer_limit_is_tried_where_an_answer_was_cut_off(on_sandbox):
    result = on_sandbox.lookup(
        "CALL CreateChatCompletion('grok-4.3', :q, MaxCompletionTokens => 2)",
        [{"q": "Say one two three"}],
        on_incomplete="retry",
    )
    assert result.rows["Completion_Content"].to_pylist() == ["one two three"]
