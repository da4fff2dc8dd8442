"""What streams have that whole replies have not: chunks, and comments before a late first event."""

import json

import openai
import pytest

from grokcall.sandbox import SANDBOX_KEY

USER = [{"role": "user", "content": "Say hello there"}]


def chunks(http, **fields):
    reply = http.post("/chat/completions", json={"model": "grok-4.3", "messages": USER, "stream": True, **fields})
    lines = [line.removeprefix("data: ") for line in reply.iter_lines() if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    return [json.loads(line)["choices"] for line in lines[:-1]]


TOOL = {"type": "function", "function": {"name": "get_stock", "parameters": {"type": "object", "properties": {}}}}


@pytest.mark.parametrize(
    ("fields", "first", "reason"),
    [
        ({}, "reasoning_content", "stop"),
        ({"model": "grok-4.20-non-reasoning"}, "content", "stop"),
        ({"model": "grok-4.20-non-reasoning", "max_tokens": 1}, "content", "length"),
        ({"model": "grok-4.20-non-reasoning", "tools": [TOOL], "tool_choice": "required"}, "tool_calls", "tool_calls"),
    ],
)
def test_the_first_chunk_has_role_and_content_and_the_last_alone_the_reason(http, fields, first, reason):
    sent = [choices[0] for choices in chunks(http, **fields)]
    assert sent[0]["delta"].keys() >= {"role", first}
    assert all("role" not in choice["delta"] for choice in sent[1:])
    assert all("finish_reason" not in choice for choice in sent[:-1])
    assert sent[-1] == {"index": 0, "delta": {}, "finish_reason": reason}


def test_each_answer_of_a_streamed_completion_begins_and_ends(http):
    sent = [choices[0] for choices in chunks(http, n=2)]
    for index in (0, 1):
        own = [choice for choice in sent if choice["index"] == index]
        assert own[0]["delta"]["role"] == "assistant"
        assert own[-1]["finish_reason"] == "stop"


@pytest.mark.parametrize("late", [{"latency": 0.05}, {"profile": "latency:seconds=0.05"}])
@pytest.mark.parametrize("path", ["/responses", "/chat/completions", "/messages"])
def test_a_late_stream_opens_at_once_and_is_kept_alive_by_comments(faulty, late, path):
    engine = faulty(late.get("profile"), **{name: value for name, value in late.items() if name == "latency"})
    body = {"model": "grok-4.3", "input": "Say hello", "messages": USER, "max_tokens": 50}
    body.pop("max_tokens" if path == "/responses" else "input")
    body.pop("messages" if path == "/responses" else "input", None)
    text = engine.http.post(path, json={**body, "stream": True}).text
    prompt = faulty(None).http.post(path, json={**body, "stream": True}).text
    assert text.startswith(": keepalive\n\n")
    assert "keepalive" not in prompt
    assert text.replace(": keepalive\n\n", "").count("data: ") == prompt.count("data: ")
    assert not engine.http.post(path, json=body).text.startswith(":")


def test_the_official_client_reads_a_late_stream(faulty):
    engine = faulty(None, latency=0.05)
    with openai.OpenAI(api_key=SANDBOX_KEY, base_url=engine.sandbox.base_url, max_retries=0) as client:
        deltas = [
            event.delta
            for event in client.responses.create(model="grok-4.3", input="Say good morning", stream=True)
            if event.type == "response.output_text.delta"
        ]
    assert "".join(deltas) == "good morning"
