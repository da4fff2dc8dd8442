"""OpenAI's client, as it is, works with the sandbox."""

import base64
import io
from collections.abc import Iterator

import httpx
import openai
import pytest
from other_tools import OTHER_TOOLS, searching
from PIL import Image
from pydantic import BaseModel

from grokcall.sandbox import SANDBOX_KEY, Sandbox

pytestmark = pytest.mark.client("openai")
QUESTION = {"role": "user", "content": "Use get_stock for A1"}
STOCK = {
    "name": "get_stock",
    "parameters": {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]},
}
STORM = "storm:every=2,length=1"
"""Every second request is refused for its rate."""


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=SANDBOX_KEY, base_url=sandbox.base_url, max_retries=0) as made:
        yield made


@pytest.mark.feature("answer", "usage and cost")
def test_a_response_has_text_and_usage(client):
    response = client.responses.create(model="grok-4.3", input="what is 6 times 7?")
    assert response.output_text == "42"
    assert response.status == "completed"
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens
    assert response.usage.output_tokens_details.reasoning_tokens > 0


@pytest.mark.feature("answer, streamed")
def test_a_streamed_response_ends_with_the_whole_object(client):
    events = list(client.responses.create(model="grok-4.3", input="Say good morning", stream=True))
    deltas = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert deltas == "good morning"
    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text == "good morning"


@pytest.mark.feature("answer, streamed")
def test_the_stream_helper_reassembles_the_answer(client):
    with client.responses.stream(model="grok-4.3", input="Say hello there") as stream:
        for _ in stream:
            pass
        assert stream.get_final_response().output_text == "hello there"


class Verdict(BaseModel):
    label: str
    confidence: float
    tags: list[str]


@pytest.mark.feature("answer in a schema")
def test_a_structured_response_parses_into_a_model(client):
    response = client.responses.parse(model="grok-4.3", input="Classify: the parcel never came", text_format=Verdict)
    assert isinstance(response.output_parsed, Verdict)
    assert 0 <= response.output_parsed.confidence <= 1


@pytest.mark.feature("answer in a schema")
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


@pytest.mark.feature("picture in")
def test_an_attached_image_is_described(client, picture):
    uri = f"data:image/png;base64,{picture}"
    content = [
        {"type": "input_text", "text": "What do you see?"},
        {"type": "input_image", "image_url": uri, "detail": "high"},
    ]
    response = client.responses.create(model="grok-4.3", input=[{"role": "user", "content": content}])
    assert "PNG of 320 x 200 pixels, mostly blue" in response.output_text


@pytest.mark.feature("stored answers")
def test_a_follow_up_knows_what_was_said(client):
    first = client.responses.create(model="grok-4.3", input="My dog is called Rex.")
    second = client.responses.create(model="grok-4.3", input="Nice weather.", previous_response_id=first.id)
    assert "My dog is called Rex." in second.output_text
    assert second.previous_response_id == first.id
    assert client.responses.retrieve(second.id).output_text == second.output_text
    assert second.usage.input_tokens > first.usage.input_tokens


@pytest.mark.feature("stored answers", "not found: 404")
def test_a_deleted_response_is_gone(client):
    response = client.responses.create(model="grok-4.3", input="Say hello")
    client.responses.delete(response.id)
    with pytest.raises(openai.NotFoundError) as caught:
        client.responses.retrieve(response.id)
    assert caught.value.response.json()["error"] == f"Response with id={response.id} not found"


@pytest.mark.feature("stored answers")
def test_the_input_of_a_response_can_be_listed(client):
    response = client.responses.create(model="grok-4.3", input="Say hello")
    assert [item.content[0].text for item in client.responses.input_items.list(response.id)] == ["Say hello"]


@pytest.mark.feature("images")
def test_an_image_comes_as_bytes(client):
    images = client.images.generate(model="grok-imagine-image", prompt="a red kite", response_format="b64_json")
    with Image.open(io.BytesIO(base64.b64decode(images.data[0].b64_json))) as image:
        assert (image.format, image.size) == ("JPEG", (1024, 1024))


@pytest.mark.feature("images")
def test_an_image_comes_as_an_address(client):
    images = client.images.generate(model="grok-imagine-image", prompt="a red kite", n=2)
    assert len(images.data) == 2
    first, second = (httpx.get(datum.url).content for datum in images.data)
    assert first.startswith(b"\xff\xd8\xff")
    assert first != second


@pytest.mark.feature("files up", "files listed, read, deleted")
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


@pytest.mark.feature("models")
def test_models_are_listed_and_found_by_alias(client):
    models = {model.id: model for model in client.models.list()}
    assert {"grok-4.3", "grok-imagine-image", "grok-imagine-video"} <= set(models)
    assert {model.owned_by for model in models.values()} == {"grokcall-sandbox"}
    assert client.models.retrieve("grok-4.3-latest").id == "grok-4.3"


@pytest.mark.feature("chat")
def test_a_chat_completion_answers(client):
    completion = client.chat.completions.create(model="grok-4.3", messages=[{"role": "user", "content": "2+2?"}])
    assert completion.choices[0].message.content == "4"
    assert completion.choices[0].finish_reason == "stop"
    usage = completion.usage
    reasoning = usage.completion_tokens_details.reasoning_tokens
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens + reasoning


@pytest.mark.feature("chat, streamed")
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
        pytest.param(
            "xai-wrong",
            openai.BadRequestError,
            "Incorrect API key provided",
            marks=pytest.mark.feature("wrong key: 400"),
        ),
        ("xai-invalid", openai.BadRequestError, "Incorrect API key provided"),
        pytest.param(
            "xai-blocked", openai.PermissionDeniedError, "denied", marks=pytest.mark.feature("blocked key: 403")
        ),
        pytest.param(
            "xai-broke",
            openai.RateLimitError,
            "used all available credits",
            marks=pytest.mark.feature("no credits: 429"),
        ),
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


@pytest.mark.feature("sealed reasoning")
def test_reasoning_comes_sealed_when_it_is_asked_for(client):
    asked = {"model": "grok-4.3", "input": "2+2?", "store": False}
    response = client.responses.create(**asked, include=["reasoning.encrypted_content"])
    (reasoning,) = [item for item in response.output if item.type == "reasoning"]
    assert reasoning.encrypted_content
    again = client.responses.create(model="grok-4.3", input=[*response.output, {"role": "user", "content": "3+3?"}])
    assert again.output_text == "6"
    plain = client.responses.create(**asked)
    assert [item.encrypted_content for item in plain.output if item.type == "reasoning"] == [None]


@pytest.mark.feature("images in an answer")
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


@pytest.mark.feature("compaction")
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


@pytest.mark.feature("text completion")
def test_a_text_is_completed_plain_and_streamed(client):
    completion = client.completions.create(model="grok-4.3", prompt="what is 6 times 7?", max_tokens=20)
    assert (completion.choices[0].text, completion.choices[0].finish_reason) == ("42", "stop")
    assert completion.usage.total_tokens > 0
    chunks = client.completions.create(model="grok-4.3", prompt="Say good morning", stream=True)
    assert "".join(chunk.choices[0].text for chunk in chunks) == "good morning"


@pytest.mark.feature("searches and citations")
def test_a_search_takes_the_place_of_the_user(client):
    response = client.responses.create(model="grok-4.3", input="What is new?", tools=[SEARCH])
    assert "web_search_call" in [item.type for item in response.output]


def test_an_image_needs_no_model(client, sandbox):
    assert client.images.generate(prompt="a red kite").data[0].url
    assert [entry["model"] for entry in sandbox.ledger()] == ["grok-imagine-image"]


@pytest.mark.feature("realtime token")
def test_a_token_for_a_realtime_socket_is_given(client):
    secret = client.realtime.client_secrets.create(expires_after={"anchor": "created_at", "seconds": 60})
    assert secret.value.startswith("xai-realtime-client-secret-")


@pytest.mark.feature("realtime talk")
@pytest.mark.filterwarnings("ignore:connect.. must be used:DeprecationWarning")
def test_a_talk_over_a_socket_is_answered(client):
    pytest.importorskip("websockets")
    with client.realtime.connect(model="grok-voice-latest") as talk:
        talk.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "What is 6 * 7?"}]}
        )
        talk.response.create()
        said = ""
        for event in talk:
            if event.type == "response.output_audio_transcript.delta":
                said += event.delta
            if event.type == "response.done":
                break
    assert said == "42"


@pytest.mark.feature("functions, there and back")
def test_what_a_function_gave_is_in_the_answer(client):
    tools = [{"type": "function", **STOCK}]
    first = client.responses.create(model="grok-4.3", input=[QUESTION], tools=tools)
    (call,) = [item for item in first.output if item.type == "function_call"]
    given = {"type": "function_call_output", "call_id": call.call_id, "output": "there are 12 left"}
    kept = client.responses.create(model="grok-4.3", input=[given], previous_response_id=first.id, tools=tools)
    replayed = client.responses.create(model="grok-4.3", input=[QUESTION, *first.output, given], tools=tools)
    for answer in (kept, replayed):
        assert "there are 12 left" in answer.output_text


@pytest.mark.feature("searches and citations")
@pytest.mark.parametrize("tool", ["web_search", "x_search"])
def test_what_a_search_found_is_cited(client, tool):
    response = client.responses.create(model="grok-4.3", input="What is new?", tools=[{"type": tool}])
    (*_, message) = [item for item in response.output if item.type == "message"]
    cited = [each.url for part in message.content for each in part.annotations]
    assert cited
    assert all(url.startswith("https://") for url in cited)


@pytest.mark.feature("other tools of the service")
@pytest.mark.parametrize(("tool", "item"), OTHER_TOOLS)
def test_the_calls_of_other_tools_are_told(client, collection, tool, item):
    response = client.responses.create(
        model="grok-4.3", input="Compute 2 + 2 and ask the wiki.", tools=[searching(tool, collection)]
    )
    assert item in [each.type for each in response.output]


@pytest.mark.feature("file in")
@pytest.mark.parametrize("inline", [False, True])
def test_an_attached_file_is_read(client, inline):
    if inline:
        given = {"filename": "notes.txt", "file_data": base64.b64encode(b"alpha\nbeta\n").decode()}
    else:
        given = {"file_id": client.files.create(file=("notes.txt", b"alpha\nbeta\n"), purpose="assistants").id}
    content = [{"type": "input_text", "text": "What is in it?"}, {"type": "input_file", **given}]
    response = client.responses.create(model="grok-4.3", input=[{"role": "user", "content": content}])
    assert "File notes.txt has 2 lines" in response.output_text


@pytest.mark.feature("chat in a schema")
def test_a_structured_chat_completion_parses_into_a_model(client):
    completion = client.chat.completions.parse(
        model="grok-4.3",
        messages=[{"role": "user", "content": "Classify: the parcel never came"}],
        response_format=Verdict,
    )
    assert 0 <= completion.choices[0].message.parsed.confidence <= 1


@pytest.mark.feature("chat with functions")
def test_a_tool_of_a_chat_is_called_and_answered(client):
    asked = {"model": "grok-4.3", "tools": [{"type": "function", "function": STOCK}]}
    message = client.chat.completions.create(messages=[QUESTION], **asked).choices[0].message
    given = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "there are 12 left"}
    answer = client.chat.completions.create(messages=[QUESTION, message, given], **asked)
    assert "there are 12 left" in answer.choices[0].message.content


@pytest.mark.feature("chat with a picture")
def test_a_picture_of_a_chat_is_described(client, picture):
    content = [
        {"type": "text", "text": "What do you see?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{picture}"}},
    ]
    completion = client.chat.completions.create(model="grok-4.3", messages=[{"role": "user", "content": content}])
    assert "PNG of 320 x 200 pixels, mostly blue" in completion.choices[0].message.content


@pytest.mark.feature("usage and cost")
def test_the_price_of_an_answer_is_that_of_the_ledger(client, sandbox):
    usage = client.responses.create(model="grok-4.3", input="2+2?").usage
    assert usage.cost_in_usd_ticks == sandbox.ledger()[0]["ticks"] > 0


@pytest.mark.feature("request id")
def test_an_answer_has_the_id_of_its_request(client, sandbox):
    response = client.responses.create(model="grok-4.3", input="2+2?")
    assert response._request_id == sandbox.ledger()[0]["request_id"]


@pytest.mark.feature("rate limit: 429")
def test_a_rate_limit_is_told_apart(striking):
    with openai.OpenAI(api_key=SANDBOX_KEY, base_url=striking(STORM).base_url, max_retries=0) as client:
        client.responses.create(model="grok-4.3", input="2+2?")
        with pytest.raises(openai.RateLimitError) as caught:
            client.responses.create(model="grok-4.3", input="2+2?")
    assert caught.value.response.json()["code"] == "resource-exhausted"


@pytest.mark.feature("tried again by itself")
@pytest.mark.parametrize("profile", [STORM, "server-errors:share=1,times=1,status=503"])
def test_what_waiting_mends_is_tried_again(striking, profile):
    sandbox = striking(profile)
    with openai.OpenAI(api_key=SANDBOX_KEY, base_url=sandbox.base_url, max_retries=2) as client:
        answers = [client.responses.create(model="grok-4.3", input="2+2?").output_text for _ in range(2)]
    assert answers == ["4", "4"]
    assert len(sandbox.ledger()) == 2


@pytest.mark.feature("embeddings (no public model)")
def test_a_model_for_embeddings_is_not_found(client):
    with pytest.raises(openai.NotFoundError, match="404"):
        client.embeddings.create(model="v1", input="hi")


@pytest.mark.feature("image edits", own_failure="sends a form, where the service takes JSON")
def test_its_image_edits_are_refused_as_the_form_that_they_are(client):
    with pytest.raises(openai.APIStatusError) as caught:
        client.images.edit(model="grok-imagine-image", image=("a.png", b"\x89PNG"), prompt="A hat")
    assert caught.value.status_code == 415


@pytest.mark.feature("videos", own_failure="asks paths of OpenAI's that the service has not")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_its_videos_are_asked_of_a_path_that_is_not_there(client):
    with pytest.raises(openai.NotFoundError):
        client.videos.create(model="grok-imagine-video", prompt="A boat")


@pytest.mark.feature("speech", own_failure="asks paths of OpenAI's that the service has not")
def test_its_speech_is_asked_of_a_path_that_is_not_there(client):
    with pytest.raises(openai.NotFoundError):
        client.audio.speech.create(model="grok-tts", voice="eve", input="Hello")


@pytest.mark.feature("transcription", own_failure="asks paths of OpenAI's that the service has not")
def test_its_transcription_is_asked_of_a_path_that_is_not_there(client):
    with pytest.raises(openai.NotFoundError):
        client.audio.transcriptions.create(model="grok-voice-transcribe-2.0", file=("a.wav", b"RIFF"))


@pytest.mark.feature("batches", own_failure="sends no name, and finds no id in what the service gives")
def test_its_batches_lack_a_name(client):
    line = b'{"custom_id":"a","method":"POST","url":"/v1/responses","body":{"model":"grok-4.3","input":"2+2?"}}'
    file = client.files.create(file=("a.jsonl", line), purpose="batch")
    asked = {"input_file_id": file.id, "endpoint": "/v1/responses", "completion_window": "24h"}
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        client.batches.create(**asked)
    assert refused.value.status_code == 422
    named = client.batches.create(**asked, extra_body={"name": "night"})
    assert named.id is None
    assert named.batch_id.startswith("batch_")


@pytest.mark.feature(
    "files listed, read, deleted", own_failure="asks for further pages by `after`, which the service passes over"
)
def test_its_pages_of_files_do_not_end(client):
    client.files.create(file=("notes.txt", b"alpha"), purpose="assistants")
    first = client.files.list()
    second = first.get_next_page()
    assert [file.id for file in second.data] == [file.id for file in first.data]
