"""Anthropic's client, on the endpoint that has its shape."""

from collections.abc import Iterator

import anthropic
import pytest

from grokcall.sandbox import SANDBOX_KEY, Sandbox

TOOL = {
    "name": "get_stock",
    "input_schema": {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]},
}
QUESTION = {"role": "user", "content": "Use get_stock for A1"}


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[anthropic.Anthropic]:
    # The service takes its key as a bearer token; the client adds /v1 itself.
    address = sandbox.base_url.removesuffix("/v1")
    with anthropic.Anthropic(base_url=address, auth_token=SANDBOX_KEY, max_retries=0) as open_client:
        yield open_client


def ask(client, *messages, **fields):
    return client.messages.create(model="grok-4.3", max_tokens=200, messages=list(messages), **fields)


def texts(message):
    return [block.text for block in message.content if block.type == "text"]


def test_a_message_is_answered_plain_and_streamed(client):
    question = {"role": "user", "content": "what is 6 times 7?"}
    assert texts(ask(client, question)) == ["42"]
    with client.messages.stream(model="grok-4.3", max_tokens=200, messages=[question]) as stream:
        assert "".join(stream.text_stream) == "42"
        assert stream.get_final_message().stop_reason == "end_turn"


@pytest.mark.parametrize("given", ["there are 12 left", [{"type": "text", "text": "there are 12 left"}]])
def test_what_a_tool_gave_is_its_answer_and_not_what_the_user_said(client, given):
    called = ask(client, QUESTION, tools=[TOOL])
    assert called.stop_reason == "tool_use"
    (use,) = [block for block in called.content if block.type == "tool_use"]
    result = {"type": "tool_result", "tool_use_id": use.id, "content": given}
    messages = [QUESTION, {"role": "assistant", "content": called.content}, {"role": "user", "content": [result]}]
    answered = ask(client, *messages, tools=[TOOL])
    assert answered.stop_reason == "end_turn"
    (text,) = texts(answered)
    assert "there are 12 left" in text
    assert "read your message" not in text
    assert "tool_result" not in text


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"model": "grok-99"}, anthropic.BadRequestError, "Model not found: grok-99"),
        ({"model": "grok-4.20-multi-agent"}, anthropic.BadRequestError, "not available on messages"),
    ],
)
def test_a_refusal_arrives_with_its_sentence(client, change, error, words):
    with pytest.raises(error, match=words):
        client.messages.create(**{"model": "grok-4.3", "max_tokens": 5, "messages": [QUESTION], **change})
