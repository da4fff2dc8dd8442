"""The two older interfaces: what is sent, and which columns come back."""

import json

import pytest
from stepping import RefusedError, bind, run

from grokcall_parser import DataError
from grokcall_procedures import CATALOG, BadValueError, FailedReplyError, Kind

COMPLETION = {
    "id": "7d1e",
    "object": "chat.completion",
    "created": 1790000000,
    "model": "grok-4.3",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Four.", "reasoning_content": "Two and two.", "refusal": None},
            "finish_reason": "stop",
        }
    ],
    "usage": {
        "prompt_tokens": 12,
        "completion_tokens": 1,
        "total_tokens": 241,
        "prompt_tokens_details": {"text_tokens": 12, "cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 228},
        "cost_in_usd_ticks": 5870000,
    },
    "system_fingerprint": "fp",
}
MESSAGE = {
    "id": "m1",
    "type": "message",
    "role": "assistant",
    "model": "grok-4.3",
    "content": [
        {"type": "thinking", "thinking": "A greeting."},
        {"type": "text", "text": "Hello, "},
        {"type": "tool_use", "id": "t1", "name": "wave", "input": {}},
        {"type": "text", "text": "you"},
    ],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {
        "input_tokens": 190,
        "output_tokens": 1,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 128,
    },
}
HI = [{"role": "user", "content": "Hi"}]


def columns(done):
    name = bind_name(done)
    names = CATALOG[name].schema.names
    return dict(zip(names, done.rows[0][: len(names)], strict=True))


def bind_name(done):
    return "CreateMessage" if done.requests[0].path == "/messages" else "CreateChatCompletion"


def test_a_completion_sends_its_messages_and_gives_its_columns():
    done = run("CALL CreateChatCompletion('grok-4.5', :m, 0.5, 0.9)", [COMPLETION], {"m": HI})

    (request,) = done.requests
    assert (request.method, request.path, request.kind, request.billed) == (
        "POST",
        "/chat/completions",
        Kind.TEXT,
        True,
    )
    assert done.body() == {"model": "grok-4.5", "messages": HI, "temperature": 0.5, "top_p": 0.9}
    row = columns(done)
    assert json.loads(row.pop("Completion_Raw")) == COMPLETION
    assert row == {
        "Completion_Id": "7d1e",
        "Completion_Model": "grok-4.3",
        "Completion_Content": "Four.",
        "Completion_Reasoning": "Two and two.",
        "Completion_FinishReason": "stop",
        "Completion_ToolCalls": None,
        "Completion_UsagePromptTokens": 12,
        "Completion_UsageCachedTokens": 4,
        "Completion_UsageCompletionTokens": 1,
        "Completion_UsageReasoningTokens": 228,
        "Completion_UsageTotalTokens": 241,
        "Completion_CostInUsdTicks": 5870000,
    }


def test_a_message_sends_a_limit_and_gives_its_columns():
    done = run("CALL CreateMessage('Hi')", [MESSAGE])

    assert done.path == ["POST /messages"]
    assert done.requests[0].billed
    assert done.body() == {"model": "grok-4.3", "messages": HI, "max_tokens": 100}
    row = columns(done)
    assert json.loads(row.pop("Message_Raw")) == MESSAGE
    assert json.loads(row.pop("Message_ToolUses")) == [{"type": "tool_use", "id": "t1", "name": "wave", "input": {}}]
    assert row == {
        "Message_Id": "m1",
        "Message_Model": "grok-4.3",
        "Message_Content": "you",
        "Message_Reasoning": "A greeting.",
        "Message_StopReason": "end_turn",
        "Message_StopSequence": None,
        "Message_UsageInputTokens": 190,
        "Message_UsageCacheReadInputTokens": 128,
        "Message_UsageCacheCreationInputTokens": 0,
        "Message_UsageOutputTokens": 1,
        "Message_CostInUsdTicks": None,
    }
    assert run("CALL CreateMessage('Hi', MaxTokens => 7)", [MESSAGE]).body()["max_tokens"] == 7


@pytest.mark.parametrize(
    ("messages", "sent"),
    [
        ("Hi", HI),
        ('[{"role": "user", "content": "Hi"}]', HI),
        ('{"role": "user", "content": "Hi"}', HI),
        (HI[0], HI),
        (HI, HI),
        (tuple(HI), HI),
        (b"Hi", HI),
        ("süß 😀", [{"role": "user", "content": "süß 😀"}]),
        ([{"role": "user", "content": [{"type": "text", "text": "Hi"}]}], None),
    ],
)
def test_messages_come_in_many_forms(messages, sent):
    done = run("CALL CreateChatCompletion(NULL, :m)", [COMPLETION], {"m": messages})

    assert done.body() == {"model": "grok-4.3", "messages": messages if sent is None else sent}


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ("", "must not be empty"),
        ("  ", "must not be empty"),
        ([], "has no message in it; one looks like"),
        ("[]", "has no message in it; one looks like"),
        ("[1", "not valid JSON"),
        ("[1]", "entry that is no message"),
        ([{"content": "Hi"}], "entry that is no message"),
        (["Hi"], "entry that is no message"),
        (5, "expected a list of messages or a text"),
    ],
)
def test_messages_that_make_no_sense_are_refused(messages, reason):
    with pytest.raises(BadValueError, match=rf"Messages \(position 2\): .*{reason}"):
        bind("CALL CreateChatCompletion(NULL, :m)", {"m": messages})


def test_additional_fields_are_merged_into_the_body():
    fields = {"system": "Be brief.", "max_tokens": 5}

    body = run("CALL CreateMessage('Hi', AdditionalFields => :f)", [MESSAGE], {"f": fields}).body()
    assert body == {"model": "grok-4.3", "messages": HI, "system": "Be brief.", "max_tokens": 5}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"stream": True}, '"stream" is not possible here'),
        ({"deferred": True}, '"deferred" is not possible here'),
        ([1], "must be a JSON object"),
    ],
)
def test_additional_fields_that_leave_no_row_are_refused(fields, reason):
    with pytest.raises(BadValueError, match=rf"AdditionalFields \(position 5\): {reason}"):
        bind("CALL CreateChatCompletion(NULL, 'Hi', AdditionalFields => :f)", {"f": fields})
    bind("CALL CreateChatCompletion(NULL, 'Hi', AdditionalFields => :f)", {"f": {"stream": False}})


def test_a_refusal_and_tool_calls_have_their_columns():
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    refusal = {"message": {"content": None, "refusal": "I cannot.", "tool_calls": calls}}
    row = columns(run("CALL CreateChatCompletion(NULL, 'Hi')", [{"choices": [refusal]}]))

    assert row["Completion_Content"] == "I cannot."
    assert json.loads(row["Completion_ToolCalls"]) == calls


@pytest.mark.parametrize("answer", [{}, {"choices": []}, {"choices": [1]}, {"content": "Hello"}, [], b"<html>"])
@pytest.mark.parametrize("statement", ["CALL CreateChatCompletion(NULL, 'Hi')", "CALL CreateMessage('Hi')"])
def test_a_reply_without_an_answer_is_an_error(statement, answer):
    assert isinstance(run(statement, [answer]).error, DataError)


@pytest.mark.parametrize("answer", [{"choices": [{}]}, {"choices": [{"message": 5}], "usage": []}])
def test_an_odd_completion_keeps_its_row(answer):
    assert columns(run("CALL CreateChatCompletion(NULL, 'Hi')", [answer]))["Completion_Content"] is None


@pytest.mark.parametrize("answer", [{"content": []}, {"content": [1, {"type": "new"}, {"type": "text", "text": 5}]}])
def test_an_odd_message_keeps_its_row(answer):
    assert columns(run("CALL CreateMessage('Hi')", [answer]))["Message_Content"] is None


@pytest.mark.parametrize("statement", ["CALL CreateChatCompletion(NULL, 'Hi')", "CALL CreateMessage('Hi')"])
def test_failures_end_the_call(statement):
    refused = RefusedError(429)

    assert run(statement, [refused]).error is refused
    assert isinstance(run(statement, [{"error": {"message": "no"}}]).error, FailedReplyError)
