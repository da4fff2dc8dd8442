"""Speech: what is sent, and that only audio is taken for audio."""

import base64

import pytest
from stepping import RefusedError, bind, reply, run

from grokcall_parser import DataError
from grokcall_procedures import BadValueError, FailedReplyError, Kind, Settings

MP3 = b"ID3\x04\x00 sound"


def speak(statement, answer=MP3, content_type="audio/mpeg"):
    return run(statement, [reply(answer, content_type=content_type)])


def test_a_text_and_its_language_are_enough():
    done = speak("CALL GenerateAudio('Good morning', 'en')")

    (request,) = done.requests
    assert request.body == b'{"text":"Good morning","language":"en"}'
    assert (request.method, request.path, request.kind, request.billed) == ("POST", "/tts", Kind.AUDIO, True)
    assert done.value == MP3


def test_rates_are_numbers_on_the_wire():
    done = speak("CALL GenerateAudio('Hi', 'pt-br', 'ARA', 'mp3', 44100, '192000', Speed => 0.7)")

    assert done.body() == {
        "text": "Hi",
        "language": "pt-BR",
        "voice_id": "ara",
        "output_format": {"codec": "mp3", "sample_rate": 44100, "bit_rate": 192000},
        "speed": 0.7,
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("OutputCodec => 'wav'", {"codec": "wav"}),
        ("OutputSampleRate => 8000", {"sample_rate": 8000}),
        ("OutputMp3Bitrate => 32000", {"bit_rate": 32000}),
    ],
)
def test_only_the_chosen_members_of_the_format_are_sent(arguments, expected):
    assert speak(f"CALL GenerateAudio('Hi', 'en', {arguments})").body()["output_format"] == expected


def test_a_bit_rate_is_left_out_with_a_warning_for_other_codecs_than_mp3():
    statement = "CALL GenerateAudio('Hi', 'en', NULL, 'wav', NULL, 128000)"

    assert speak(statement, b"RIFF", "audio/wav").body()["output_format"] == {"codec": "wav"}
    assert bind(statement).warnings == (
        "GenerateAudio: wav has no bit rate to set: OutputMp3Bitrate 128000 was left out",
    )
    assert bind("CALL GenerateAudio('Hi', 'en', NULL, 'mp3', NULL, 128000)").warnings == ()


def test_rates_and_voices_that_are_not_listed_warn_and_are_sent():
    statement = "CALL GenerateAudio('Hi', 'en', 'my-voice', OutputSampleRate => 96000)"
    call = bind(statement)

    assert len(call.warnings) == 2
    body = speak(statement).body()
    assert (body["voice_id"], body["output_format"]) == ("my-voice", {"sample_rate": 96000})
    with pytest.raises(BadValueError, match="is not one of its values"):
        bind(statement, settings=Settings(strict_enums=True))


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("'Hi'", "needs Language"),
        ("'Hi', NULL", "Language .* must not be NULL"),
        ("'', 'en'", "must not be empty"),
        ("'Hi', 'en', OutputSampleRate => '24 kHz'", "OutputSampleRate .* expected a whole number"),
        ("'Hi', 'en', OutputSampleRate => 0", "must be at least 1"),
        ("'Hi', 'en', Speed => 0.69", "must be 0.7 to 1.5"),
        ("'Hi', 'en', Speed => 1.51", "must be 0.7 to 1.5"),
    ],
)
def test_what_the_service_would_refuse_is_refused_before(arguments, reason):
    with pytest.raises(Exception, match=reason):
        bind(f"CALL GenerateAudio({arguments})")


def test_a_text_of_15000_characters_is_taken_and_one_more_refused():
    bind("CALL GenerateAudio(:t, 'en')", {"t": "ü" * 15_000})
    with pytest.raises(BadValueError, match=r"Text .*is 15,001 characters long; at most 15,000 are allowed"):
        bind("CALL GenerateAudio(:t, 'en')", {"t": "ü" * 15_001})


@pytest.mark.parametrize("sound", [b"\x00\x01\x02", b"{{{ raw sound", b"[", b"RIFF\x00"])
def test_any_bytes_are_sound_as_long_as_they_are_no_document(sound):
    assert speak("CALL GenerateAudio('Hi', 'en')", sound, "audio/pcm").value == sound


def test_sound_with_time_stamps_is_taken_out_of_its_document():
    document = {"audio": base64.b64encode(MP3).decode(), "duration": 1.0}
    done = run("""CALL GenerateAudio('Hi', 'en', ExtraBody => '{"with_timestamps": true}')""", [document])

    assert done.value == MP3


@pytest.mark.parametrize(
    ("answer", "content_type"),
    [
        (b"", "audio/mpeg"),
        (b"<html>busy</html>", "text/html"),
        (b'{"detail": 1}', "application/json"),
        (b"{", "application/json"),
        (b"[1]", "application/json"),
        (b'{"audio": "%"}', "application/json"),
    ],
)
def test_a_reply_without_sound_is_an_error(answer, content_type):
    assert isinstance(speak("CALL GenerateAudio('Hi', 'en')", answer, content_type).error, DataError)


@pytest.mark.parametrize("content_type", ["application/json", "audio/mpeg"])
def test_an_error_told_with_success_is_an_error_of_the_call(content_type):
    done = speak("CALL GenerateAudio('Hi', 'en')", b'{"error": "voice unknown"}', content_type)

    assert isinstance(done.error, FailedReplyError)
    assert done.error.message == "voice unknown"


def test_an_error_of_the_service_ends_the_call():
    refused = RefusedError(404)

    assert run("CALL GenerateAudio('Hi', 'en')", [refused]).error is refused
