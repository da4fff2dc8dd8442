"""Anthropic's client, on the endpoint that has its shape."""

from collections.abc import Iterator

import anthropic
import pytest

from grokcall.sandbox import SANDBOX_KEY, Sandbox

pytestmark = pytest.mark.client("anthropic")

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


@pytest.mark.feature("message", "message, streamed")
def test_a_message_is_answered_plain_and_streamed(client):
    question = {"role": "user", "content": "what is 6 times 7?"}
    assert texts(ask(client, question)) == ["42"]
    with client.messages.stream(model="grok-4.3", max_tokens=200, messages=[question]) as stream:
        assert "".join(stream.text_stream) == "42"
        assert stream.get_final_message().stop_reason == "end_turn"


@pytest.mark.feature("message with tools")
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


@pytest.mark.feature("message with tools")
def test_a_streamed_message_calls_its_tool(client):
    with client.messages.stream(model="grok-4.3", max_tokens=200, messages=[QUESTION], tools=[TOOL]) as stream:
        message = stream.get_final_message()
    assert [block.name for block in message.content if block.type == "tool_use"] == ["get_stock"]


@pytest.mark.feature("message with a picture")
def test_a_picture_is_described(client, picture):
    source = {"type": "base64", "media_type": "image/png", "data": picture}
    content = [{"type": "text", "text": "What do you see?"}, {"type": "image", "source": source}]
    (text,) = texts(ask(client, {"role": "user", "content": content}))
    assert "PNG of 320 x 200 pixels, mostly blue" in text


@pytest.mark.feature("models")
def test_models_are_listed_and_found(client):
    assert "grok-4.3" in [model.id for model in client.models.list().data]
    assert client.models.retrieve("grok-4.3").id == "grok-4.3"


@pytest.mark.feature("files up", own_failure="in its beta, which reads no size and no type")
def test_a_file_is_uploaded_and_its_size_is_not_read(client):
    kept = client.beta.files.upload(file=("notes.txt", b"alpha", "text/plain"))
    assert kept.id.startswith("file_")
    assert (kept.filename, kept.size_bytes) == ("notes.txt", None)


@pytest.mark.feature("files listed, read, deleted")
def test_files_are_listed_read_and_deleted(client):
    kept = client.beta.files.upload(file=("notes.txt", b"alpha", "text/plain"))
    assert kept.id in [file.id for file in client.beta.files.list().data]
    assert client.beta.files.download(kept.id).read() == b"alpha"
    assert client.beta.files.delete(kept.id).id == kept.id


@pytest.mark.feature("batches", own_failure="asks paths of Anthropic's that the service has not")
def test_its_batches_are_asked_of_a_path_that_is_not_there(client):
    with pytest.raises(anthropic.NotFoundError):
        client.messages.batches.list()


@pytest.mark.feature("usage and cost")
def test_tokens_are_counted_as_they_are_billed(client, sandbox):
    usage = ask(client, {"role": "user", "content": "2+2?"}).usage
    cached = usage.cache_read_input_tokens
    ticks = (usage.input_tokens - cached) * 12_500 + cached * 2_000 + usage.output_tokens * 25_000
    assert [entry["ticks"] for entry in sandbox.ledger()] == [ticks]


@pytest.mark.feature("request id", own_failure="looks for `request-id`; the raw reply has `x-request-id`")
def test_the_id_of_a_request_is_in_the_headers(client, sandbox):
    raw = client.messages.with_raw_response.create(
        model="grok-4.3", max_tokens=9, messages=[{"role": "user", "content": "2+2?"}]
    )
    assert raw.headers["x-request-id"] == sandbox.ledger()[0]["request_id"]
    assert raw.parse()._request_id is None


@pytest.mark.parametrize(
    ("key", "error", "words"),
    [
        pytest.param(
            "xai-wrong",
            anthropic.BadRequestError,
            "Incorrect API key provided",
            marks=pytest.mark.feature("wrong key: 400"),
        ),
        pytest.param(
            "xai-blocked", anthropic.PermissionDeniedError, "denied", marks=pytest.mark.feature("blocked key: 403")
        ),
        pytest.param(
            "xai-broke",
            anthropic.RateLimitError,
            "used all available credits",
            marks=pytest.mark.feature("no credits: 429"),
        ),
    ],
)
def test_a_telling_key_is_refused(sandbox, key, error, words):
    address = sandbox.base_url.removesuffix("/v1")
    with (
        anthropic.Anthropic(base_url=address, auth_token=key, max_retries=0) as client,
        pytest.raises(error, match=words),
    ):
        ask(client, QUESTION)


@pytest.mark.feature("not found: 404")
def test_what_is_not_there_is_not_found(client):
    with pytest.raises(anthropic.NotFoundError, match="grok-99 does not exist"):
        client.models.retrieve("grok-99")


@pytest.mark.feature("rate limit: 429", "tried again by itself")
def test_a_rate_limit_is_told_apart_and_waited_for(striking):
    address = striking("storm:every=2,length=1").base_url.removesuffix("/v1")
    with anthropic.Anthropic(base_url=address, auth_token=SANDBOX_KEY, max_retries=0) as client:
        ask(client, QUESTION)
        with pytest.raises(anthropic.RateLimitError):
            ask(client, QUESTION)
        patient = client.with_options(max_retries=2)
        assert [texts(ask(patient, {"role": "user", "content": "2+2?"})) for _ in range(2)] == [["4"], ["4"]]
