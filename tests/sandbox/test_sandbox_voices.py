"""The sandbox's voices that are made of a recording."""

import io
import wave

import pytest


@pytest.fixture
def recording():
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16_000))
    return held.getvalue()


@pytest.fixture
def make(http, recording):
    def made(name="Anna", data=recording, **fields):
        return http.post("/custom-voices", data={"name": name, **fields}, files={"file": ("a.wav", data)})

    return made


def test_a_voice_has_an_id_of_eight_signs_and_what_was_told_of_it(make, http, recording):
    reply = make(tone="calm")
    voice = reply.json()
    assert reply.status_code == 201
    assert len(voice["voice_id"]) == 8
    assert (voice["name"], voice["tone"], voice["age"]) == ("Anna", "calm", None)
    assert http.get(f"/custom-voices/{voice['voice_id']}").json() == voice
    audio = http.get(f"/custom-voices/{voice['voice_id']}/audio")
    assert (audio.content, audio.headers["content-type"]) == (recording, "audio/wav")
    assert http.post("/tts", json={"text": "Hi", "language": "en", "voice_id": voice["voice_id"]}).status_code == 200
    assert voice["voice_id"] not in str(http.get("/tts/voices").json())


def test_voices_are_listed_in_pages(make, http):
    for number in range(3):
        make(f"v{number}")
    first = http.get("/custom-voices?limit=2").json()
    second = http.get(f"/custom-voices?limit=2&pagination_token={first['pagination_token']}").json()
    assert [voice["name"] for page in (first, second) for voice in page["voices"]] == ["v0", "v1", "v2"]
    assert second["pagination_token"] is None


def test_a_change_clears_by_null_and_refuses_an_empty_text(make, http):
    path = f"/custom-voices/{make(tone='calm').json()['voice_id']}"
    assert http.patch(path, json={"tone": None, "name": "Berta"}).json()["tone"] is None
    assert http.get(path).json()["name"] == "Berta"
    for wrong in ({"tone": ""}, {"tone": "shrill"}, {"name": None}, {"voice_id": "x"}):
        assert http.patch(path, json=wrong).status_code == 400
    assert http.delete(path).json() == {"deleted": True}
    assert http.get(path).status_code == http.delete(path).status_code == 404


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "name is required"),
        ({"gender": "other"}, "unsupported gender"),
        ({"data": b"no sound"}, "cannot be read"),
    ],
)
def test_what_the_service_would_refuse_is_refused(make, fields, words):
    reply = make(**fields)
    assert reply.status_code == 400
    assert words in reply.json()["error"]


def test_the_recording_comes_last_and_is_no_longer_than_two_minutes(http, recording):
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + recording + b"\r\n"
        b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nAnna\r\n--b--\r\n'
    )
    reply = http.post("/custom-voices", content=body, headers={"content-type": "multipart/form-data; boundary=b"})
    assert "file must be the last field" in reply.json()["error"]
    long = recording[:40] + (121 * 16_000).to_bytes(4, "little") + bytes(121 * 16_000)
    reply = http.post("/custom-voices", data={"name": "Anna"}, files={"file": ("a.wav", long)})
    assert "at most 120 seconds" in reply.json()["error"]


def test_a_team_has_at_most_thirty(make):
    assert [make(f"v{number}").status_code for number in range(31)] == [201] * 30 + [400]


def test_a_team_without_the_contract_makes_none(faulty, recording):
    engine = faulty(None, refusals=["custom_voices"])
    form = {"data": {"name": "Anna"}, "files": {"file": ("a.wav", recording)}}
    assert engine.http.post("/custom-voices", **form).status_code == 403
    assert engine.http.get("/custom-voices").status_code == 403
    assert engine.http.get("/tts/voices").status_code == 200
