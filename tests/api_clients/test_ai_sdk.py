"""The AI SDK for JavaScript; each test reads what a program of the folder ``ai_sdk`` printed."""

import pytest

pytestmark = pytest.mark.client("AI SDK")


@pytest.mark.feature("answer", "answer, streamed")
def test_a_text_is_generated_plain_and_streamed(node):
    made = node("generates")
    assert (made["plain"], made["streamed"]) == ("42", "good morning")


@pytest.mark.feature("functions, there and back")
def test_what_a_function_gave_is_in_the_answer(node):
    made = node("generates")
    assert "there are 12 left" in made["called"]
    assert made["steps"] == 2


@pytest.mark.feature("answer in a schema")
def test_an_answer_fits_its_schema(node):
    assert node("generates")["typed"] == {"label": "complaint"}


@pytest.mark.feature("images", "speech")
def test_images_and_speech_are_generated(node):
    made = node("generates")
    assert min(made["picture"], made["speech"]) > 1_000


@pytest.mark.feature("transcription")
def test_speech_is_transcribed_and_what_is_no_sound_is_refused(node):
    heard = node("transcribes")
    assert heard["text"] == "one two three four five"
    assert heard["segments"] == 5
    assert heard["language"] == "en"
    assert heard["seconds"] == pytest.approx(0.06 * len("Good morning to you all"), abs=0.1)
    assert heard["refused"]["status"] == 400
    assert "cannot be decoded" in heard["refused"]["message"]


@pytest.mark.feature("images in an answer")
def test_the_services_own_tool_gives_images(node):
    used = node("tools")
    for results in (used["plain"], used["streamed"]):
        (picture,) = results
        assert picture["bytes"] > 1_000
        assert "kite" in picture["prompt"]


@pytest.mark.feature("searches and citations")
def test_searches_give_sources(node):
    used = node("tools")
    assert used["sources"] == ["https://example.com/"]
    assert used["posts"]
    assert all(url.startswith("https://x.com/") for url in used["posts"])


@pytest.mark.feature("other tools of the service")
def test_the_calls_of_other_tools_are_told(node):
    assert set(node("tools")["called"]) == {"code_execution", "file_search", "mcp"}


@pytest.mark.feature("picture in")
def test_a_picture_is_described(node):
    assert "PNG of 320 x 200 pixels, mostly blue" in node("attached")["seen"]


@pytest.mark.feature("file in", "files up")
def test_a_file_is_uploaded_and_read(node):
    attached = node("attached")
    assert attached["kept"].startswith("file_")
    assert attached["bytes"] == 11
    assert "File notes.txt has 2 lines" in attached["read"]


@pytest.mark.feature("stored answers")
def test_a_follow_up_knows_what_was_said(node):
    assert "My dog is called Rex." in node("attached")["second"]


@pytest.mark.feature("sealed reasoning")
def test_sealed_reasoning_comes_and_is_taken_back(node):
    reasoned = node("reasoning")
    for sealed in (reasoned["plain"], reasoned["streamed"]):
        assert sealed
        assert all(isinstance(text, str) and len(text) > 50 for text in sealed)
    assert "My dog is called Rex." in reasoned["second"]


@pytest.mark.feature("image edits")
def test_an_image_is_changed(node):
    assert node("media")["edited"] > 1_000


@pytest.mark.feature("videos")
def test_videos_are_made_of_words_and_of_a_picture(node):
    videos = node("media")["videos"]
    assert min(videos["words"], videos["picture"]) > 1_000


@pytest.mark.feature("video edits and extensions")
def test_videos_are_changed_and_gone_on_with(node):
    videos = node("media")["videos"]
    assert min(videos["edited"], videos["extended"]) > 1_000


@pytest.mark.feature("transcription, streamed")
def test_sound_that_is_still_coming_is_written_down(node):
    assert node("talks")["transcript"] == "one two three four five"


@pytest.mark.feature("realtime talk")
def test_a_talk_that_a_token_opens_is_answered(node):
    assert node("talks")["said"] == "42"


@pytest.mark.feature("realtime token")
def test_a_token_for_a_realtime_socket_is_given(node):
    told = node("realtime")
    for name, seconds in (("short", 30), ("usual", 600)):
        assert told[name]["token"].startswith("xai-realtime-client-secret-")
        assert told[name]["expiresAt"] == pytest.approx(told["now"] + seconds, abs=5)


@pytest.mark.feature("batches")
def test_a_batch_is_begun_looked_at_read_and_listed(node):
    told = node("batches")
    assert (told["counts"]["total"], told["counts"]["completed"]) == (2, 2)
    assert told["results"]["sum"]["text"] == "4"
    assert len(told["results"]["kite"]["images"]) == 1
    assert told["id"] in told["listed"]


@pytest.mark.feature("usage and cost", "request id")
def test_the_price_and_the_id_of_an_answer_are_those_of_the_ledger(node, sandbox):
    told = node("usage", sandbox.base_url)
    entries = sandbox.ledger()
    assert told["ticks"] == [entry["ticks"] for entry in entries]
    assert told["request"] == entries[0]["request_id"]
    assert told["reasoning"] > 0


@pytest.mark.feature("wrong key: 400", "blocked key: 403", "no credits: 429", "not found: 404")
def test_refusals_arrive_with_status_and_sentence(node):
    refused = node("refusals")
    assert refused["model"] == refused["picture"] == [400, "invalid-argument: Model not found: grok-99"]
    assert refused["effort"] == [
        400,
        "invalid-argument: This model does not support `reasoning_effort` value `none`.",
    ]
    for name, status, words in (
        ("wrong", 400, "Incorrect API key provided."),
        ("blocked", 403, "denied"),
        ("broke", 429, "used all available credits"),
        ("missing", 404, "not found"),
    ):
        assert refused[name][0] == status
        assert words in refused[name][1]


@pytest.mark.feature("rate limit: 429", "tried again by itself")
def test_a_rate_limit_is_told_apart_and_waited_for(node, striking):
    told = node("patience", striking("storm:every=2,length=1").base_url)
    assert told["refused"][0] == 429
    assert "capacity" in told["refused"][1]
    assert told["answers"] == ["4", "4"]
