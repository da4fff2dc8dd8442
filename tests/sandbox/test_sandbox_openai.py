"""The official OpenAI client, as it is, works with the engine."""

import base64
import io

import httpx
import openai
import pytest
from PIL import Image
from pydantic import BaseModel

from grokcall.sandbox import Sandbox


def test_a_response_has_text_and_usage(client):
    response = client.responses.create(model="grok-4.3", input="what is 6 times 7?")
    assert response.output_text == "42"
    assert response.status == "completed"
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens
    assert response.usage.output_tokens_details.reasoning_tokens > 0


def test_a_streamed_response_ends_with_the_whole_object(client):
    events = list(client.responses.create(model="grok-4.3", input="Say good morning", stream=True))
    deltas = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert deltas == "good morning"
    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text == "good morning"


def test_the_stream_helper_reassembles_the_answer(client):
    with client.responses.stream(model="grok-4.3", input="Say hello there") as stream:
        for _ in stream:
            pass
        assert stream.get_final_response().output_text == "hello there"


class Verdict(BaseModel):
    label: str
    confidence: float
    tags: list[str]


def test_a_structured_response_parses_into_a_model(client):
    response = client.responses.parse(model="grok-4.3", input="Classify: the parcel never came", text_format=Verdict)
    assert isinstance(response.output_parsed, Verdict)
    assert 0 <= response.output_parsed.confidence <= 1


def test_a_json_schema_with_an_enum_gives_the_fitting_label(client):
    schema = {
        "type": "object",
        "properties": {"label": {"type": "string", "enum": ["complaint", "praise", "other"]}},
        "required": ["label"],
        "additionalProperties": False,
    }
    response = client.responses.create(
        model="grok-4.3",
        input="Classify: 'the parcel never came'",
        text={"format": {"type": "json_schema", "name": "label", "schema": schema, "strict": True}},
    )
    assert response.output_text == '{"label":"complaint"}'


def test_an_attached_image_is_described(client, picture):
    uri = "data:image/png;base64," + base64.b64encode(picture("blue", (320, 200))).decode()
    content = [
        {"type": "input_text", "text": "What do you see?"},
        {"type": "input_image", "image_url": uri, "detail": "high"},
    ]
    response = client.responses.create(model="grok-4.3", input=[{"role": "user", "content": content}])
    assert "PNG of 320 x 200 pixels, mostly blue" in response.output_text


def test_a_follow_up_knows_what_was_said(client):
    first = client.responses.create(model="grok-4.3", input="My dog is called Rex.")
    second = client.responses.create(model="grok-4.3", input="Nice weather.", previous_response_id=first.id)
    assert "My dog is called Rex." in second.output_text
    assert second.previous_response_id == first.id
    assert client.responses.retrieve(second.id).output_text == second.output_text
    assert second.usage.input_tokens > first.usage.input_tokens


def test_a_deleted_response_is_gone(client):
    response = client.responses.create(model="grok-4.3", input="Say hello")
    client.responses.delete(response.id)
    with pytest.raises(openai.NotFoundError) as caught:
        client.responses.retrieve(response.id)
    assert caught.value.response.json()["error"] == f"Response with id={response.id} not found"


def test_the_input_of_a_response_can_be_listed(client):
    response = client.responses.create(model="grok-4.3", input="Say hello")
    assert [item.content[0].text for item in client.responses.input_items.list(response.id)] == ["Say hello"]


def test_an_image_comes_as_bytes(client):
    images = client.images.generate(model="grok-imagine-image", prompt="a red kite", response_format="b64_json")
    with Image.open(io.BytesIO(base64.b64decode(images.data[0].b64_json))) as image:
        assert (image.format, image.size) == ("JPEG", (1024, 1024))


def test_an_image_comes_as_an_address(client):
    images = client.images.generate(model="grok-imagine-image", prompt="a red kite", n=2)
    assert len(images.data) == 2
    first, second = (httpx.get(datum.url).content for datum in images.data)
    assert first.startswith(b"\xff\xd8\xff")
    assert first != second


def test_files_live_until_they_are_deleted(client):
    kept = client.files.create(file=("notes.txt", b"alpha\nbeta\n"), purpose="assistants")
    assert kept.id.startswith("file_")
    assert (kept.filename, kept.bytes) == ("notes.txt", 11)
    assert client.files.retrieve(kept.id).filename == "notes.txt"
    assert [file.id for file in client.files.list().data] == [kept.id]
    assert client.files.content(kept.id).read() == b"alpha\nbeta\n"
    assert client.files.delete(kept.id).deleted is True
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(kept.id)


def test_models_are_listed_and_found_by_alias(client):
    models = {model.id: model for model in client.models.list()}
    assert {"grok-4.3", "grok-imagine-image", "grok-imagine-video"} <= set(models)
    assert {model.owned_by for model in models.values()} == {"grokcall-sandbox"}
    assert client.models.retrieve("grok-4.3-latest").id == "grok-4.3"


def test_a_chat_completion_answers(client):
    completion = client.chat.completions.create(model="grok-4.3", messages=[{"role": "user", "content": "2+2?"}])
    assert completion.choices[0].message.content == "4"
    assert completion.choices[0].finish_reason == "stop"
    usage = completion.usage
    reasoning = usage.completion_tokens_details.reasoning_tokens
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens + reasoning


def test_a_streamed_chat_completion_ends_with_usage(client):
    chunks = list(
        client.chat.completions.create(
            model="grok-4.3",
            messages=[{"role": "user", "content": "Say hello again"}],
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "hello again"
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens > 0


def test_an_unknown_model_is_a_bad_request(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="grok-99", input="hi")
    assert caught.value.response.json() == {"code": "invalid-argument", "error": "Model not found: grok-99"}
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="grok-99", messages=[{"role": "user", "content": "hi"}])
    assert caught.value.response.json()["error"] == "Model not found: grok-99"
    with pytest.raises(openai.NotFoundError) as missing:
        client.models.retrieve("grok-99")
    assert "The model grok-99 does not exist" in missing.value.response.json()["error"]


@pytest.mark.parametrize(
    ("key", "error", "text"),
    [
        ("xai-wrong", openai.BadRequestError, "Incorrect API key provided"),
        ("xai-invalid", openai.BadRequestError, "Incorrect API key provided"),
        ("xai-blocked", openai.PermissionDeniedError, "denied"),
        ("xai-broke", openai.RateLimitError, "used all available credits"),
    ],
)
def test_a_telling_key_is_refused(sandbox: Sandbox, key, error, text):
    with (
        openai.OpenAI(api_key=key, base_url=sandbox.base_url, max_retries=0) as client,
        pytest.raises(error) as caught,
    ):
        client.responses.create(model="grok-4.3", input="hi")
    assert text in caught.value.response.text


def test_a_wrong_type_is_unprocessable(client):
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        client.responses.create(model="grok-4.3", input="hi", temperature="warm")
    assert caught.value.response.json()["error"].startswith(
        "Failed to deserialize the JSON body into the target type: temperature"
    )


SEARCH = {"type": "web_search", "user_location": {"type": "approximate", "country": "DE"}}


def test_reasoning_comes_sealed_when_it_is_asked_for(client):
    asked = {"model": "grok-4.3", "input": "2+2?", "store": False}
    response = client.responses.create(**asked, include=["reasoning.encrypted_content"])
    (reasoning,) = [item for item in response.output if item.type == "reasoning"]
    assert reasoning.encrypted_content
    again = client.responses.create(model="grok-4.3", input=[*response.output, {"role": "user", "content": "3+3?"}])
    assert again.output_text == "6"
    plain = client.responses.create(**asked)
    assert [item.encrypted_content for item in plain.output if item.type == "reasoning"] == [None]


@pytest.mark.parametrize("stream", [False, True])
def test_an_image_is_made_in_an_answer(client, stream):
    asked = {"model": "grok-4.3", "input": "Draw a red kite", "tools": [{"type": "image_generation"}]}
    if stream:
        *_, last = client.responses.create(**asked, stream=True)
        response = last.response
    else:
        response = client.responses.create(**asked)
    (made,) = [item for item in response.output if item.type == "image_generation_call"]
    with Image.open(io.BytesIO(base64.b64decode(made.result))) as image:
        assert image.format == "JPEG"


@pytest.mark.parametrize("field", ["search_parameters", "web_search_options"])
def test_live_search_is_gone(client, field):
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(
            model="grok-4.3", messages=[{"role": "user", "content": "hi"}], extra_body={field: {}}
        )
    assert caught.value.status_code == 410
    assert caught.value.response.json()["error"].startswith("Live search is deprecated.")


def test_a_conversation_is_compacted_and_goes_on(client):
    said = [
        {"role": "user", "content": "My dog is called Rex."},
        {"role": "assistant", "content": "A fine name."},
    ]
    compacted = client.responses.compact(model="grok-4.3", input=said)
    assert compacted.object == "response.compaction"
    assert compacted.usage.total_tokens > 0
    (item,) = compacted.output
    response = client.responses.create(model="grok-4.3", input=[item, {"role": "user", "content": "Nice weather."}])
    assert "My dog is called Rex." in response.output_text


def test_a_text_is_completed_plain_and_streamed(client):
    completion = client.completions.create(model="grok-4.3", prompt="what is 6 times 7?", max_tokens=20)
    assert (completion.choices[0].text, completion.choices[0].finish_reason) == ("42", "stop")
    assert completion.usage.total_tokens > 0
    chunks = client.completions.create(model="grok-4.3", prompt="Say good morning", stream=True)
    assert "".join(chunk.choices[0].text for chunk in chunks) == "good morning"


def test_a_search_takes_the_place_of_the_user(client):
    response = client.responses.create(model="grok-4.3", input="What is new?", tools=[SEARCH])
    assert "web_search_call" in [item.type for item in response.output]


def test_an_image_needs_no_model(client, sandbox):
    assert client.images.generate(prompt="a red kite").data[0].url
    assert [entry["model"] for entry in sandbox.ledger()] == ["grok-imagine-image"]


def test_a_token_for_a_realtime_socket_is_given(client):
    secret = client.realtime.client_secrets.create(expires_after={"anchor": "created_at", "seconds": 60})
    assert secret.value.startswith("xai-realtime-client-secret-")
