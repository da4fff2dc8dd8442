"""Speech to text: as many words as there are stretches of audio, when they are to be heard, and who says them."""

import functools
import io
import threading
import wave
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

SAID = "Good morning to you all"


@pytest.fixture
def spoken(http):
    """What the engine makes of a text; a codec without a file's head needs to be told with it."""

    def speak(text=SAID, codec="wav", rate=16_000):
        output = {"codec": codec, "sample_rate": rate}
        return http.post("/tts", json={"text": text, "language": "en", "output_format": output}).content

    return speak


@pytest.fixture
def heard(http):
    def hear(data, /, name="sound", **fields):
        reply = http.post("/stt", data=fields, files={"file": (name, data)})
        assert reply.status_code == 200, reply.text
        return reply.json()

    return hear


def beeps(*marks, rate=8_000, channels=((),)):
    """A WAV file: a tone between each begin and end in seconds; for several channels a list of marks for each."""
    sides = [marks] if marks else channels
    length = max((end for side in sides for _, end in side), default=0.0) + 0.2
    time = np.arange(int(length * rate)) / rate
    tone = np.sin(2 * np.pi * 440 * time) * 9_000
    tracks = [sum((tone * ((time >= start) & (time < end)) for start, end in side), tone * 0) for side in sides]
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(len(sides))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.stack(tracks, axis=1).astype("<i2").tobytes())
    return held.getvalue()


@pytest.mark.parametrize("codec", ["mp3", "wav"])
def test_a_file_is_heard_word_for_word(spoken, heard, codec):
    told = heard(spoken(codec=codec))
    assert list(told) == ["text", "language", "duration", "words"]
    assert told["text"] == " ".join(word["text"] for word in told["words"]) == "one two three four five"
    assert told["language"] == "en"
    assert told["duration"] == pytest.approx(0.06 * len(SAID), abs=0.1)
    assert [list(word) for word in told["words"]] == [["text", "start", "end"]] * 5
    times = [time for word in told["words"] for time in (word["start"], word["end"])]
    assert times == sorted(times)
    assert times[-1] <= told["duration"]


@pytest.mark.parametrize("codec", ["pcm", "mulaw", "alaw"])
@pytest.mark.parametrize("rate", [8_000, 24_000])
def test_raw_sound_is_heard_when_its_form_is_told(spoken, heard, codec, rate):
    told = heard(spoken(codec=codec, rate=rate), audio_format=codec, sample_rate=str(rate))
    assert len(told["words"]) == 5
    assert told["duration"] == pytest.approx(0.06 * len(SAID), abs=0.02)


def test_words_are_where_the_audio_is(heard):
    told = heard(beeps((0.2, 0.5), (0.7, 1.5)))
    assert [(word["start"], word["end"]) for word in told["words"]] == [
        (pytest.approx(0.2, abs=0.02), pytest.approx(0.5, abs=0.02)),
        (pytest.approx(0.7, abs=0.02), pytest.approx(1.5, abs=0.02)),
    ]


def test_silence_has_no_words(heard):
    assert heard(beeps((0.5, 0.5)))["words"] == []
    assert heard(b"", audio_format="pcm", sample_rate="16000") == {
        "text": "",
        "language": "en",
        "duration": 0.0,
        "words": [],
    }


def test_speakers_are_told_apart_only_when_it_is_asked(heard):
    sound = beeps((0.0, 0.3), (0.4, 0.7), (1.5, 1.8), (3.0, 3.3))
    assert all("speaker" not in word for word in heard(sound)["words"])
    assert all("speaker" not in word for word in heard(sound, diarize="false")["words"])
    assert [word["speaker"] for word in heard(sound, diarize="true")["words"]] == [0, 0, 1, 0]


def test_channels_are_told_apart_only_when_it_is_asked(heard):
    sound = beeps(channels=([(0.0, 0.3)], [(0.5, 0.8), (1.0, 1.3)]))
    told = heard(sound, multichannel="true", channels="2")
    assert [(channel["index"], channel["text"]) for channel in told["channels"]] == [(0, "one"), (1, "one two")]
    assert told["text"] == "one one two"
    mixed = heard(sound)
    assert (mixed["text"], "channels" in mixed) == ("one two three", False)


def test_the_form_of_the_text_and_its_language_are_asked_for(heard):
    told = heard(beeps((0.0, 0.3), (0.5, 0.8)), language="de", format="true")
    assert (told["text"], told["language"]) == ("One two.", "de")


def test_what_clients_send_besides_is_taken(heard):
    fields = {"model": "grok-voice-transcribe-2.0", "keyterm": ["a", "b"] * 50, "vad_threshold": "0.3"}
    assert heard(beeps((0.0, 0.3)), filler_words="true", language="en", **fields)["text"] == "one"


def test_an_hour_costs_ten_cents(http, sandbox):
    reply = http.post("/stt", files={"file": ("a.wav", beeps((0.0, 17.8)))})
    assert reply.json()["duration"] == 18.0
    assert [(entry["endpoint"], entry["ticks"]) for entry in sandbox.ledger()] == [("/v1/stt", 5_000_000)]


def test_sound_at_an_address_on_this_machine_is_fetched(http, sandbox, scripted_sound):
    form = {"url": (None, scripted_sound(beeps((0.0, 0.3))))}
    assert http.post("/stt", files=form).json()["text"] == "one"


@pytest.fixture
def scripted_sound(tmp_path):
    """Serves bytes at an address on this machine."""
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def serve(data):
        (tmp_path / "sound.wav").write_bytes(data)
        return f"http://127.0.0.1:{server.server_port}/sound.wav"

    yield serve
    server.shutdown()
    server.server_close()


FILE = ("file", ("a.wav", beeps((0.0, 0.3))))


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ([("language", (None, "en"))], 400, "exactly one of file and url"),
        ([("url", (None, "http://127.0.0.1:1/a.wav")), FILE], 400, "exactly one of file and url"),
        ([FILE, ("language", (None, "en"))], 400, "language must come before file"),
        ([("url", (None, "https://example.org/a.wav"))], 502, "Fetching audio failed"),
        ([("url", (None, "http://127.0.0.1:1/a.wav"))], 502, "Fetching audio failed"),
        ([("file", ("a.wav", b"no sound"))], 400, "cannot be decoded"),
        ([("file", ("a.wav", b""))], 400, "cannot be decoded"),
        ([("language", (None, "tlh")), FILE], 400, "unsupported language: tlh"),
        ([("format", (None, "true")), FILE], 400, "language is required"),
        ([("diarize", (None, "perhaps")), FILE], 400, "diarize must be true or false"),
        ([("multichannel", (None, "true")), FILE], 400, "channels is required"),
        ([("multichannel", (None, "true")), ("channels", (None, "9")), FILE], 400, "between 2 and 8"),
        ([("multichannel", (None, "true")), ("channels", (None, "1")), FILE], 400, "between 2 and 8"),
        ([("multichannel", (None, "true")), ("channels", (None, "2")), FILE], 400, "has 1 channels, not 2"),
        ([("audio_format", (None, "opus")), FILE], 400, "unsupported audio_format: opus"),
        ([("audio_format", (None, "pcm")), FILE], 400, "sample_rate is required"),
        ([("audio_format", (None, "pcm")), ("sample_rate", (None, "fast")), FILE], 400, "sample_rate must be between"),
        ([("vad_threshold", (None, "2")), FILE], 400, "vad_threshold must be between 0 and 1"),
        ([("vad_threshold", (None, "nan")), FILE], 400, "vad_threshold must be between 0 and 1"),
        ([*[("keyterm", (None, "a"))] * 101, FILE], 400, "at most 100 keyterms"),
        ([("keyterm", (None, "a" * 51)), FILE], 400, "at most 50 characters"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_recording_that_is_not_taken_is_refused_without_a_code(http, sandbox, form, status, words):
    reply = http.post("/stt", files=form)
    assert reply.status_code == status, reply.text
    assert set(reply.json()) == {"error"}
    assert words in reply.json()["error"]
    assert sandbox.ledger() == []


def test_a_recording_must_come_in_a_form(http):
    assert http.post("/stt", json={"url": "x"}).status_code == 415
    broken = http.post("/stt", content=b"x", headers={"Content-Type": "multipart/form-data; boundary=abc"})
    assert (broken.status_code, set(broken.json())) == (400, {"error"})
