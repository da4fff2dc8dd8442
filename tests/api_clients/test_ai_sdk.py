"""The AI SDK for JavaScript; each test runs a program of the folder ``ai_sdk``."""

import pytest


def test_texts_functions_schemas_images_and_speech_are_generated(node):
    made = node("generates")
    assert (made["plain"], made["streamed"]) == ("42", "good morning")
    assert "there are 12 left" in made["called"]
    assert made["steps"] == 2
    assert made["typed"] == {"label": "complaint"}
    assert min(made["picture"], made["speech"]) > 1_000


def test_speech_is_transcribed_and_what_is_no_sound_is_refused(node):
    heard = node("transcribes")
    assert heard["text"] == "one two three four five"
    assert heard["segments"] == 5
    assert heard["language"] == "en"
    assert heard["seconds"] == pytest.approx(0.06 * len("Good morning to you all"), abs=0.1)
    assert heard["refused"]["status"] == 400
    assert "cannot be decoded" in heard["refused"]["message"]


def test_the_services_own_tools_give_images_and_sources(node):
    used = node("tools")
    for results in (used["plain"], used["streamed"]):
        (picture,) = results
        assert picture["bytes"] > 1_000
        assert "kite" in picture["prompt"]
    assert used["sources"]


def test_sealed_reasoning_comes_and_is_taken_back(node):
    reasoned = node("reasoning")
    for sealed in (reasoned["plain"], reasoned["streamed"]):
        assert sealed
        assert all(isinstance(text, str) and len(text) > 50 for text in sealed)
    assert "My dog is called Rex." in reasoned["second"]


def test_refusals_arrive_with_status_and_sentence(node):
    refused = node("refusals")
    assert refused["model"] == refused["picture"] == [400, "invalid-argument: Model not found: grok-99"]
    assert refused["effort"] == [
        400,
        "invalid-argument: This model does not support `reasoning_effort` value `none`.",
    ]
    assert refused["key"][0] == 400
    assert "Incorrect API key provided." in refused["key"][1]


def test_a_token_for_a_realtime_socket_is_given(node):
    told = node("realtime")
    for name, seconds in (("short", 30), ("usual", 600)):
        assert told[name]["token"].startswith("xai-realtime-client-secret-")
        assert told[name]["expiresAt"] == pytest.approx(told["now"] + seconds, abs=5)
