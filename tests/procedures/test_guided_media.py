"""Images from up to five others, and videos by references, voices, a last image and images at moments."""

from __future__ import annotations

import base64
import json

import pytest
from canned import JPEG, MP4, PNG
from stepping import bind, reply, run

import grokcall
from grokcall.sandbox import Sandbox
from grokcall_procedures import BadValueError

URI = "data:image/png;base64," + base64.b64encode(PNG).decode()
HTTPS = "https://example.org/a.png"
MADE = {"data": [{"b64_json": base64.b64encode(JPEG).decode()}]}
VIDEO = [
    {"request_id": "film-1"},
    {"status": "done", "video": {"url": "https://vidgen.x.ai/a.mp4"}},
    reply(MP4, content_type="video/mp4"),
]
LATER = "CALL GenerateVideo('a boat', 'grok-imagine-video-1.5', {})"
FIRST = "CALL GenerateVideo('a boat', {})"


def test_further_images_come_after_those_that_have_a_parameter():
    done = run("CALL EditImage('pink', :a, Images => :l)", [MADE], {"a": PNG, "l": ["file_7f1c", HTTPS, URI]})
    assert done.body()["images"] == [
        {"type": "image_url", "url": URI},
        {"type": "image_url", "file_id": "file_7f1c"},
        {"type": "image_url", "url": HTTPS},
        {"type": "image_url", "url": URI},
    ]
    assert "image" not in done.body()
    one = run("CALL EditImageByUrl('pink', :a, Images => 'file_7f1c')", [MADE], {"a": HTTPS})
    assert [sorted(image) for image in one.body()["images"]] == [["type", "url"], ["file_id", "type"]]


@pytest.mark.parametrize(
    ("images", "words"),
    [
        ([HTTPS] * 5, "has 5 images; at most 4 are taken"),
        ([HTTPS] * 3, "makes 6 images of it; at most 5 are taken"),
        ([HTTPS, "a.png"], "has an entry 2 that expected an address"),
        (["data:image/gif;base64,R0lGODlhOw=="], "has an entry 1 that is a GIF"),
        ([], "is empty"),
        ([5], "has 5 in it"),
    ],
)
def test_images_that_the_service_would_refuse_are_refused_before(images, words):
    values = {"a": HTTPS, "b": HTTPS, "c": HTTPS, "l": json.dumps(images)}
    with pytest.raises(BadValueError, match=f"Images .*{words}"):
        bind("CALL EditImageByUrl('pink', :a, :b, :c, Images => :l)", values)


def test_a_video_has_all_that_guides_it_in_its_place():
    frames = [{"image": HTTPS, "timestamp_s": 1}, {"image": "file_2", "timestamp_s": 2.5}]
    given = {"r": [HTTPS, "file_1"], "v": ["eve", "https://example.org/anna.mp3"], "l": PNG, "k": json.dumps(frames)}
    named = "References => :r, ReferenceVoices => :v, LastFrame_Content => :l, Keyframes => :k, WithAudio => FALSE"
    done = run(LATER.format(named), VIDEO, given)
    assert done.body() == {
        "model": "grok-imagine-video-1.5",
        "prompt": "a boat",
        "reference_images": [{"url": HTTPS}, {"file_id": "file_1"}],
        "reference_audios": [{"voice_id": "eve"}, {"url": "https://example.org/anna.mp3"}],
        "last_frame": {"url": URI},
        "keyframes": [
            {"image": {"url": HTTPS}, "timestamp_s": 1},
            {"image": {"file_id": "file_2"}, "timestamp_s": 2.5},
        ],
        "generate_audio": False,
    }
    assert done.value == MP4


def test_the_last_image_can_be_an_address():
    assert run(LATER.format("LastFrame_Url => :u"), VIDEO, {"u": HTTPS}).body()["last_frame"] == {"url": HTTPS}
    with pytest.raises(BadValueError, match=r"LastFrame_Url .* together with LastFrame_Content"):
        bind(LATER.format("LastFrame_Content => :c, LastFrame_Url => :u"), {"c": PNG, "u": HTTPS})


@pytest.mark.parametrize(
    ("call", "value", "words"),
    [
        (LATER.format("References => :x"), [HTTPS] * 15, "References .* has 15 images; at most 14"),
        (
            FIRST.format("References => :x"),
            [HTTPS] * 8,
            "References .* has 8 images; grok-imagine-video takes at most 7",
        ),
        (FIRST.format("Duration => 11, References => :x"), [HTTPS], "Duration .* must be at most 10 with References"),
        (LATER.format("ReferenceVoices => :x"), ["eve"] * 4, "ReferenceVoices .* has 4 voices; at most 3"),
        (LATER.format("ReferenceVoices => :x"), ["ftp://a/b"], "ReferenceVoices .* expected an address"),
        (LATER.format("Keyframes => :x"), [{"image": HTTPS, "timestamp_s": 1}] * 5, "Keyframes .* has 5 keyframes"),
        (LATER.format("Keyframes => :x"), [{"image": HTTPS}], "Keyframes .* entry 1 that is not like"),
        (
            LATER.format("Keyframes => :x"),
            [{"image": HTTPS, "timestamp_s": -1}],
            "entry 1 whose timestamp_s is no number",
        ),
        (LATER.format("Keyframes => :x"), [{"image": 5, "timestamp_s": 1}], "entry 1 whose image is no text"),
        (LATER.format("Keyframes => :x"), [{"image": "a.png", "timestamp_s": 1}], "entry 1 that expected an address"),
        (FIRST.format("Keyframes => :x"), [{"image": HTTPS, "timestamp_s": 1}], "Keyframes .* choose another Model"),
        (FIRST.format("ReferenceVoices => :x"), ["eve"], "ReferenceVoices .* nothing for grok-imagine-video;"),
    ],
)
def test_what_the_service_would_refuse_is_refused_before(call, value, words):
    with pytest.raises(BadValueError, match=words):
        bind(call, {"x": json.dumps(value)})
    with pytest.raises(BadValueError, match="WithAudio"):
        bind(FIRST.format("WithAudio => TRUE"))


def test_the_sandbox_makes_what_is_guided_and_bills_its_images(on_sandbox: grokcall.Connection, sandbox: Sandbox):
    edited = on_sandbox.execute("CALL GenerateImage('a kite', StoreAs => 'kite.jpg')").fetchone()[0]
    file_id = on_sandbox.execute("SELECT File_Id FROM ListFiles()").fetchone()[0]
    made = on_sandbox.execute("CALL EditImage('pink', :a, Images => :f)", {"a": edited, "f": [file_id] * 4})
    assert made.fetchone()[0][:3] == b"\xff\xd8\xff"
    assert sandbox.ledger()[-1]["ticks"] == 200_000_000 + 5 * 20_000_000
    named = "Duration => 1, References => :f, ReferenceVoices => 'eve', LastFrame_Content => :a, WithAudio => TRUE"
    film = on_sandbox.execute(LATER.format(named), {"f": file_id, "a": edited})
    assert film.fetchone()[0][4:8] == b"ftyp"
    assert sandbox.ledger()[-1]["ticks"] == 800_000_000 + 2 * 100_000_000
