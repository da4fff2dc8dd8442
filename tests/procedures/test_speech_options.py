"""What GenerateAudio can be told beside voice and format."""

from __future__ import annotations

import base64
import json

import pytest
from stepping import bind, reply, run

import grokcall
from grokcall_procedures import BadValueError

MP3 = b"ID3\x04\x00 sound"
SIGNS = ["H", "i"]
DOCUMENT = {"audio": base64.b64encode(MP3).decode(), "content_type": "audio/mpeg", "duration": 0.4}
PAIRS = [[0, 0.2], [0.2, 0.4]]
OBJECTS = [{"start": 0, "end": 0.2}, {"start": 0.2, "end": 0.4}]


def test_every_option_has_its_place():
    statement = (
        "CALL GenerateAudio('Hi', 'en', WithTimestamps => FALSE, TextNormalization => TRUE, "
        'Replace => \'{"SQL": "sequel"}\', StreamingLatency => 2)'
    )
    done = run(statement, [reply(MP3, content_type="audio/mpeg")])
    assert done.body() == {
        "text": "Hi",
        "language": "en",
        "with_timestamps": False,
        "text_normalization": True,
        "replace": {"SQL": "sequel"},
        "optimize_streaming_latency": 2,
    }
    assert done.rows == [(MP3, None)]


@pytest.mark.parametrize("times", [PAIRS, OBJECTS])
def test_each_sign_has_its_seconds_in_either_form(times):
    answer = {**DOCUMENT, "audio_timestamps": {"graph_chars": SIGNS, "graph_times": times}}
    done = run("CALL GenerateAudio('Hi', 'en', WithTimestamps => TRUE)", [answer])
    assert done.body()["with_timestamps"] is True
    assert done.requests[0].fold is None
    assert done.rows == [
        (MP3, [{"text": "H", "start_s": 0.0, "end_s": 0.2}, {"text": "i", "start_s": 0.2, "end_s": 0.4}])
    ]


@pytest.mark.parametrize("told", [None, {}, {"graph_chars": SIGNS}, []])
def test_audio_without_its_times_is_taken_all_the_same(told):
    done = run("CALL GenerateAudio('Hi', 'en', WithTimestamps => TRUE)", [{**DOCUMENT, "audio_timestamps": told}])
    assert done.rows == [(MP3, None)]


@pytest.mark.parametrize(
    ("replace", "words"),
    [
        ({}, "expected an object"),
        (["a"], "expected an object"),
        ({"a": 5}, "no text of at most 128"),
        ({"a": "x" * 129}, "no text of at most 128"),
        ({"a-b": "c"}, "letters, digits, apostrophes and blanks"),
        ({"x" * 101: "c"}, "letters, digits, apostrophes and blanks"),
        ({f"a{number}": "b" for number in range(201)}, "has 201 pairs"),
    ],
)
def test_what_cannot_be_replaced_is_refused_before(replace, words):
    with pytest.raises(BadValueError, match=f"Replace .*{words}"):
        bind("CALL GenerateAudio('Hi', 'en', Replace => :r)", {"r": json.dumps(replace)})
    with pytest.raises(BadValueError, match=r"StreamingLatency .* must be 0 to 2"):
        bind("CALL GenerateAudio('Hi', 'en', StreamingLatency => 3)")


def test_the_sandbox_tells_when_each_sign_is_said(on_sandbox: grokcall.Connection):
    named = (
        "SELECT ResultAudio_Content, ResultAudio_Timestamps "
        "FROM GenerateAudio('Hi SQL', 'en', OutputCodec := 'wav', WithTimestamps := true, Replace := {'SQL': 'sequel'})"
    )
    ((content, signs),) = on_sandbox.execute(named).fetchall()
    assert content[:4] == b"RIFF"
    assert "".join(sign["text"] for sign in signs) == "Hi sequel"
    assert signs[0]["start_s"] == 0
    assert signs[-1]["end_s"] > 0
