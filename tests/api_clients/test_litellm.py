"""LiteLLM, which has a provider of its own for xAI."""

import json

import httpx
import litellm
import pytest
from other_tools import OTHER_TOOLS, searching

pytestmark = [
    pytest.mark.client("LiteLLM"),
    pytest.mark.filterwarnings("ignore"),  # what it says of its own code while it imports more of it
]
MODEL = "xai/grok-4.3"
STOCK = {"name": "get_stock", "parameters": {"type": "object", "properties": {"sku": {"type": "string"}}}}
USE = {"role": "user", "content": "Use get_stock for A1"}
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}
LINE = {
    "custom_id": "a",
    "method": "POST",
    "url": "/v1/chat/completions",
    "body": {"model": "grok-4.3", "messages": [{"role": "user", "content": "2+2?"}]},
}


@pytest.fixture
def to_sandbox(settings):
    return {"api_base": settings["base_url"], "api_key": settings["api_key"]}


@pytest.fixture
def recording(settings) -> bytes:
    body = {"text": "Good morning to you", "language": "en", "output_format": {"codec": "wav"}}
    headers = {"Authorization": f"Bearer {settings['api_key']}"}
    return httpx.post(f"{settings['base_url']}/tts", json=body, headers=headers).content


QUESTION = [{"role": "user", "content": "what is 6 times 7?"}]


@pytest.mark.feature("answer", "chat")
def test_chats_and_responses_are_answered(to_sandbox):
    completion = litellm.completion(model="xai/grok-4.3", messages=QUESTION, **to_sandbox)
    assert completion.choices[0].message.content == "42"
    response = litellm.responses(model="xai/grok-4.3", input="what is 6 times 7?", **to_sandbox)
    assert response.output[-1].content[0].text == "42"


@pytest.mark.feature("transcription")
def test_a_recording_is_transcribed(to_sandbox, recording):
    heard = litellm.transcription(
        model="xai/grok-voice-transcribe-2.0", file=("a.wav", recording), language="en", **to_sandbox
    )
    assert heard.text == "one two three four"
    assert heard.language == "en"
    assert [word["word"] for word in heard.words] == heard.text.split()
    assert heard.duration >= heard.words[-1]["end"] > heard.words[0]["start"]


def test_speakers_are_told_apart(to_sandbox, recording):
    heard = litellm.transcription(
        model="xai/grok-voice-transcribe-2.0", file=("a.wav", recording), extra_body={"diarize": True}, **to_sandbox
    )
    assert {word["speaker"] for word in heard.words} == {0}


@pytest.mark.feature("files up", own_failure="sends the file before the other fields")
def test_its_uploads_are_refused_because_the_file_does_not_come_last(to_sandbox, settings):
    with pytest.raises(httpx.HTTPStatusError) as caught:
        litellm.create_file(file=("a.jsonl", b"{}"), purpose="batch", custom_llm_provider="xai", **to_sandbox)
    assert caught.value.response.status_code == 400
    headers = {"Authorization": f"Bearer {settings['api_key']}"}
    assert httpx.get(f"{settings['base_url']}/files", headers=headers).json()["data"] == []


def test_an_unknown_model_is_a_bad_request(to_sandbox):
    with pytest.raises(litellm.BadRequestError, match="Model not found: grok-99"):
        litellm.completion(model="xai/grok-99", messages=QUESTION, **to_sandbox)


@pytest.fixture
def uploaded(settings):
    """Uploads a file, which the client cannot, and gives its id."""

    def upload(name, data):
        headers = {"Authorization": f"Bearer {settings['api_key']}"}
        return httpx.post(f"{settings['base_url']}/files", headers=headers, files={"file": (name, data)}).json()["id"]

    return upload


@pytest.fixture
def answered(to_sandbox):
    def ask(asked, **fields):
        return litellm.responses(model=MODEL, input=asked, **fields, **to_sandbox)

    return ask


@pytest.mark.feature("answer, streamed", "chat, streamed")
def test_chats_and_responses_are_streamed(answered, to_sandbox):
    events = answered("Say hello there", stream=True)
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "hello there"
    chunks = litellm.completion(model=MODEL, messages=QUESTION, stream=True, **to_sandbox)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "42"


@pytest.mark.feature("answer in a schema", "chat in a schema")
def test_answers_and_chats_fit_their_schema(answered, to_sandbox):
    told = {"name": "person", "schema": PERSON}
    answer = answered("Bob is 30.", text={"format": {"type": "json_schema", **told}})
    completion = litellm.completion(
        model=MODEL,
        messages=[{"role": "user", "content": "Bob is 30."}],
        response_format={"type": "json_schema", "json_schema": told},
        **to_sandbox,
    )
    for text in (answer.output_text, completion.choices[0].message.content):
        assert json.loads(text) == {"name": "Bob", "age": 30}


@pytest.mark.feature("functions, there and back")
def test_what_a_function_gave_is_in_the_answer(answered):
    first = answered("Use get_stock for A1", tools=[{"type": "function", **STOCK}])
    (call,) = [item for item in first.output if item.type == "function_call"]
    given = {"type": "function_call_output", "call_id": call.call_id, "output": "there are 12 left"}
    assert "there are 12 left" in answered([given], previous_response_id=first.id).output_text


@pytest.mark.feature("chat with functions")
def test_a_tool_of_a_chat_is_called_and_answered(to_sandbox):
    asked = {"model": MODEL, "tools": [{"type": "function", "function": STOCK}], **to_sandbox}
    message = litellm.completion(messages=[USE], **asked).choices[0].message
    given = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "there are 12 left"}
    assert "there are 12 left" in litellm.completion(messages=[USE, message, given], **asked).choices[0].message.content


@pytest.mark.feature("searches and citations")
def test_what_a_search_found_is_cited(answered, to_sandbox):
    message = answered("What is new?", tools=[{"type": "web_search"}]).output[-1]
    assert [note.url for note in message.content[0].annotations] == ["https://example.com/"]
    # A search of its own for chats, which it asks for as an answer.
    chat = litellm.completion(model=MODEL, messages=QUESTION, web_search_options={}, **to_sandbox)
    assert "[[1]](https://example.com/)" in chat.choices[0].message.content
    found = litellm.search(query="python", search_provider="xai", **to_sandbox).results
    assert all(result.url.startswith("https://x.com/") for result in found)
    assert found


@pytest.mark.feature("other tools of the service")
@pytest.mark.parametrize(("tool", "item"), OTHER_TOOLS)
def test_the_calls_of_other_tools_are_told(answered, collection, tool, item):
    output = answered("Compute 2 + 2 and ask the wiki.", tools=[searching(tool, collection)]).output
    assert item in [each["type"] if isinstance(each, dict) else each.type for each in output]


@pytest.mark.feature("images in an answer")
def test_an_image_is_made_in_an_answer(answered):
    output = answered("Draw a red kite", tools=[{"type": "image_generation"}]).output
    (made,) = [item for item in output if item.type == "image_generation_call"]
    assert len(made.result) > 1_000


@pytest.mark.feature("picture in", "chat with a picture")
def test_a_picture_is_described(answered, to_sandbox, picture):
    uri = f"data:image/png;base64,{picture}"
    question = {"type": "input_text", "text": "What do you see?"}
    answer = answered([{"role": "user", "content": [question, {"type": "input_image", "image_url": uri}]}])
    content = [{"type": "text", "text": "What do you see?"}, {"type": "image_url", "image_url": {"url": uri}}]
    chat = litellm.completion(model=MODEL, messages=[{"role": "user", "content": content}], **to_sandbox)
    for text in (answer.output_text, chat.choices[0].message.content):
        assert "PNG of 320 x 200 pixels, mostly blue" in text


@pytest.mark.feature("file in")
def test_a_file_is_read(answered, uploaded):
    part = {"type": "input_file", "file_id": uploaded("notes.txt", b"alpha\nbeta\n")}
    content = [{"type": "input_text", "text": "What is in it?"}, part]
    assert "File notes.txt has 2 lines" in answered([{"role": "user", "content": content}]).output_text


@pytest.mark.feature("stored answers", "not found: 404")
def test_answers_are_gone_on_from_fetched_listed_and_deleted(answered, to_sandbox):
    told = {"custom_llm_provider": "xai", **to_sandbox}
    first = answered("My dog is called Rex.")
    second = answered("Nice weather.", previous_response_id=first.id)
    assert "My dog is called Rex." in second.output_text
    assert litellm.get_responses(response_id=second.id, **told).output_text == second.output_text
    assert len(litellm.list_input_items(response_id=first.id, **told)["data"]) == 1
    assert litellm.delete_responses(response_id=second.id, **told).deleted
    with pytest.raises(litellm.NotFoundError):
        litellm.get_responses(response_id=second.id, **told)


@pytest.mark.feature("sealed reasoning")
def test_sealed_reasoning_comes_and_is_taken_back(answered):
    told = {"store": False, "include": ["reasoning.encrypted_content"]}
    first = answered("My dog is called Rex.", **told)
    assert all(item.encrypted_content for item in first.output if item.type == "reasoning")
    kept = [item.model_dump(exclude_none=True) for item in first.output]
    said = [{"role": "user", "content": "My dog is called Rex."}, *kept, {"role": "user", "content": "Nice weather."}]
    assert "My dog is called Rex." in answered(said, **told).output_text


@pytest.mark.feature("compaction")
def test_a_conversation_is_compacted(to_sandbox):
    compacted = litellm.compact_responses(model=MODEL, input=QUESTION, **to_sandbox)
    assert [item.type for item in compacted.output] == ["compaction"]


@pytest.mark.feature("chat for later", own_failure="wants the answer in the first reply")
def test_a_chat_for_later_is_an_error_to_it(to_sandbox):
    with pytest.raises(litellm.APIError, match="request_id"):
        litellm.completion(model=MODEL, messages=QUESTION, extra_body={"deferred": True}, **to_sandbox)


@pytest.mark.feature("text completion")
def test_a_text_is_completed(to_sandbox):
    assert litellm.text_completion(model=MODEL, prompt="what is 6 times 7?", **to_sandbox).choices[0].text == "42"


@pytest.mark.feature("message", "message with tools", "message with a picture")
def test_messages_of_anthropics_kind_are_answered(to_sandbox, picture):
    def ask(*messages, **fields):
        return litellm.anthropic.messages.create(
            model=MODEL, max_tokens=200, messages=list(messages), **fields, **to_sandbox
        )["content"]

    def text(content):
        return "".join(block["text"] for block in content if block["type"] == "text")

    assert text(ask(*QUESTION)) == "42"
    tool = {"name": STOCK["name"], "input_schema": STOCK["parameters"]}
    called = ask(USE, tools=[tool])
    (use,) = [block for block in called if block["type"] == "tool_use"]
    given = {"type": "tool_result", "tool_use_id": use["id"], "content": "there are 12 left"}
    answer = ask(USE, {"role": "assistant", "content": [use]}, {"role": "user", "content": [given]}, tools=[tool])
    assert "there are 12 left" in text(answer)
    source = {"type": "base64", "media_type": "image/png", "data": picture}
    content = [{"type": "text", "text": "What do you see?"}, {"type": "image", "source": source}]
    assert "mostly blue" in text(ask({"role": "user", "content": content}))


@pytest.mark.feature("message, streamed")
def test_a_message_of_anthropics_kind_is_streamed(to_sandbox):
    chunks = litellm.anthropic.messages.create(
        model=MODEL, max_tokens=200, messages=QUESTION, stream=True, **to_sandbox
    )
    told = b"".join(chunk if isinstance(chunk, bytes) else str(chunk).encode() for chunk in chunks)
    assert b"42" in told
    assert b"message_stop" in told


@pytest.mark.feature("images")
def test_an_image_is_made(to_sandbox):
    made = litellm.image_generation(model="xai/grok-imagine-image", prompt="a red kite", **to_sandbox)
    assert httpx.get(made.data[0].url).content.startswith(b"\xff\xd8\xff")


@pytest.mark.feature("speech", own_failure="asks a path of OpenAI's that the service has not")
def test_its_speech_is_asked_of_a_path_that_is_not_there(to_sandbox):
    with pytest.raises(Exception, match="404"):
        litellm.speech(model="xai/grok-tts", input="hello", voice="eve", **to_sandbox)


@pytest.mark.feature("models")
def test_models_are_listed(settings):
    found = litellm.get_valid_models(
        check_provider_endpoint=True,
        custom_llm_provider="xai",
        api_base=settings["base_url"].removesuffix("/v1"),  # it adds this itself
        api_key=settings["api_key"],
    )
    assert MODEL in found


@pytest.mark.feature("files listed, read, deleted")
def test_files_are_listed_read_and_deleted(to_sandbox, uploaded):
    told = {"custom_llm_provider": "xai", **to_sandbox}
    kept = uploaded("notes.txt", b"alpha\nbeta\n")
    assert [file.id for file in litellm.file_list(**told)] == [kept]
    assert litellm.file_retrieve(kept, **told).filename == "notes.txt"
    assert litellm.file_content(kept, **told).content == b"alpha\nbeta\n"
    assert litellm.file_delete(kept, **told).deleted


@pytest.mark.feature("batches")
def test_a_batch_is_made_looked_at_read_and_cancelled(to_sandbox, uploaded, sandbox):
    told = {"custom_llm_provider": "xai", **to_sandbox}
    file = uploaded("lines.jsonl", json.dumps(LINE).encode())
    asked = {"completion_window": "24h", "endpoint": "/v1/chat/completions", "input_file_id": file}
    made = litellm.create_batch(**asked, **told)
    sandbox.finish_batches()
    done = litellm.retrieve_batch(made.id, **told)
    assert done.status == "completed"
    (line,) = litellm.file_content(done.output_file_id, **told).content.splitlines()
    result = json.loads(line)
    assert result["custom_id"] == "a"
    assert result["response"]["body"]["choices"][0]["message"]["content"] == "4"
    assert made.id in [batch.id for batch in litellm.list_batches(**told).data]
    assert litellm.cancel_batch(litellm.create_batch(**asked, **told).id, **told).status == "cancelled"


@pytest.mark.feature("usage and cost")
def test_the_price_of_a_chat_is_that_of_the_ledger(to_sandbox, sandbox):
    completion = litellm.completion(model=MODEL, messages=QUESTION, **to_sandbox)
    (entry,) = sandbox.ledger()
    assert litellm.completion_cost(completion) == pytest.approx(entry["ticks"] / 10**10)
    assert completion.usage.completion_tokens_details.reasoning_tokens > 0


@pytest.mark.feature("request id")
def test_the_id_of_a_request_is_among_the_headers(to_sandbox, sandbox):
    completion = litellm.completion(model=MODEL, messages=QUESTION, **to_sandbox)
    headers = completion._hidden_params["additional_headers"]
    assert headers["llm_provider-x-request-id"] == sandbox.ledger()[0]["request_id"]


@pytest.mark.parametrize(
    ("key", "status", "words"),
    [
        pytest.param("xai-wrong", 400, "Incorrect API key", marks=pytest.mark.feature("wrong key: 400")),
        pytest.param("xai-blocked", 403, "denied", marks=pytest.mark.feature("blocked key: 403")),
        pytest.param("xai-broke", 429, "used all available credits", marks=pytest.mark.feature("no credits: 429")),
    ],
)
def test_a_telling_key_is_refused(settings, key, status, words):
    with pytest.raises(litellm.exceptions.openai.APIError, match=words) as caught:
        litellm.completion(model=MODEL, messages=QUESTION, api_base=settings["base_url"], api_key=key)
    assert caught.value.status_code == status


@pytest.mark.feature("rate limit: 429", "tried again by itself")
def test_a_rate_limit_is_told_apart_and_waited_for(striking, settings):
    told = {"api_base": striking("storm:every=2,length=1").base_url, "api_key": settings["api_key"]}
    litellm.completion(model=MODEL, messages=QUESTION, **told)
    with pytest.raises(litellm.RateLimitError):
        litellm.completion(model=MODEL, messages=QUESTION, max_retries=0, **told)
    answers = [litellm.completion(model=MODEL, messages=QUESTION, num_retries=2, **told) for _ in range(2)]
    assert [answer.choices[0].message.content for answer in answers] == ["42", "42"]
