"""LiteLLM, which has a provider of its own for xAI."""

import httpx
import litellm
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")  # what it says of its own code while it imports more of it


@pytest.fixture
def to_sandbox(settings):
    return {"api_base": settings["base_url"], "api_key": settings["api_key"]}


@pytest.fixture
def recording(settings) -> bytes:
    body = {"text": "Good morning to you", "language": "en", "output_format": {"codec": "wav"}}
    headers = {"Authorization": f"Bearer {settings['api_key']}"}
    return httpx.post(f"{settings['base_url']}/tts", json=body, headers=headers).content


QUESTION = [{"role": "user", "content": "what is 6 times 7?"}]


def test_chats_and_responses_are_answered(to_sandbox):
    completion = litellm.completion(model="xai/grok-4.3", messages=QUESTION, **to_sandbox)
    assert completion.choices[0].message.content == "42"
    response = litellm.responses(model="xai/grok-4.3", input="what is 6 times 7?", **to_sandbox)
    assert response.output[-1].content[0].text == "42"


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


def test_its_uploads_are_refused_because_the_file_does_not_come_last(to_sandbox, settings):
    with pytest.raises(httpx.HTTPStatusError) as caught:
        litellm.create_file(file=("a.jsonl", b"{}"), purpose="batch", custom_llm_provider="xai", **to_sandbox)
    assert caught.value.response.status_code == 400
    headers = {"Authorization": f"Bearer {settings['api_key']}"}
    assert httpx.get(f"{settings['base_url']}/files", headers=headers).json()["data"] == []


def test_an_unknown_model_is_a_bad_request(to_sandbox):
    with pytest.raises(litellm.BadRequestError, match="Model not found: grok-99"):
        litellm.completion(model="xai/grok-99", messages=QUESTION, **to_sandbox)
