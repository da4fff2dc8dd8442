"""Voices: the service's own and those that a team makes of a recording, over the sandbox and over scripted replies."""

from __future__ import annotations

import datetime
import io
import json
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

import grokcall
from grokcall.cli import main
from grokcall.sandbox import SANDBOX_KEY, Sandbox
from scripted_service import Answer, Asked, Service, refused

ANNA = {
    "voice_id": "a1b2c3d4",
    "name": "Anna",
    "description": "A calm voice.",
    "gender": "female",
    "accent": "British",
    "age": "middle-aged",
    "language": "en",
    "use_case": "social_media",
    "tone": "calm",
    "created_at": "2026-11-01T10:00:00Z",
}
EVE = {"voice_id": "eve", "name": "Eve", "language": "en"}


def sound(seconds: float) -> bytes:
    """A WAV file of so much silence."""
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * round(seconds * 8000)))
    return held.getvalue()


def told(document: object, status: int = 200) -> Answer:
    return Answer(json.dumps(document).encode(), status)


def rows(connection: grokcall.Connection, sql: str, **values: object) -> list[dict[str, object]]:
    return connection.execute(sql, values or None).fetch_arrow_table().to_pylist()


def only(connection: grokcall.Connection, sql: str, **values: object) -> dict[str, object]:
    (row,) = rows(connection, sql, **values)
    return row


def test_a_voice_is_made_speaks_is_changed_and_removed(on_sandbox: grokcall.Connection):
    made = only(on_sandbox, "CALL CreateVoice(:s, 'Anna', 'de', Tone => 'warm')", s=sound(1))
    assert (made["Voice_Name"], made["Voice_Language"], made["Voice_Kind"], made["Voice_Tone"]) == (
        "Anna", "de", "custom", "warm",
    )  # fmt: skip
    identity = made["Voice_Id"]
    assert only(on_sandbox, "CALL GetVoice(:i)", i=identity) == made
    assert only(on_sandbox, "CALL GetVoiceAudio(:i)", i=identity) == {"Voice_Content": sound(1)}
    speech = only(on_sandbox, "CALL GenerateAudio('Hello', 'de', :i, OutputCodec => 'wav')", i=identity)
    assert bytes(speech["ResultAudio_Content"])[:4] == b"RIFF"
    changed = only(on_sandbox, "CALL UpdateVoice(:i, 'Berta', Tone => '')", i=identity)
    assert (changed["Voice_Id"], changed["Voice_Name"], changed["Voice_Tone"]) == (identity, "Berta", None)
    assert changed["Voice_Language"] == "de"
    assert only(on_sandbox, "CALL DeleteVoice(:i)", i=identity)["Deleted_Done"] is True
    with pytest.raises(grokcall.NotFoundError, match="not found"):
        on_sandbox.execute("CALL GetVoice(:i)", {"i": identity})


def test_all_voices_are_listed_the_service_s_own_first(on_sandbox: grokcall.Connection):
    for name in ("Anna", "Berta"):
        on_sandbox.execute("CALL CreateVoice(:s, :n)", {"s": sound(1), "n": name})
    kinds = "SELECT Voice_Kind AS kind, count(*) AS n FROM ListVoices() GROUP BY 1 ORDER BY 1"
    assert rows(on_sandbox, kinds) == [{"kind": "built_in", "n": 26}, {"kind": "custom", "n": 2}]
    assert [row["Voice_Name"] for row in rows(on_sandbox, "CALL ListVoices('custom')")] == ["Anna", "Berta"]
    assert [row["Voice_Id"] for row in rows(on_sandbox, "CALL ListVoices('built_in', MaxRows => 2)")] == ["eve", "ara"]
    assert [row["Voice_Name"] for row in rows(on_sandbox, "CALL ListVoices(MaxRows => 27)")][25:] == ["Atlas", "Anna"]
    assert only(on_sandbox, "CALL GetVoice('EVE')")["Voice_Kind"] == "built_in"


def test_a_query_speaks_with_each_voice(on_sandbox: grokcall.Connection):
    spoken = "SELECT v.Voice_Id, generate_audio('Hi', 'en', v.Voice_Id) a FROM ListVoices(MaxRows := 2) v"
    assert [row["Voice_Id"] for row in rows(on_sandbox, spoken)] == ["eve", "ara"]


def test_the_command_makes_a_voice_of_a_file(sandbox: Sandbox, tmp_path: Path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XAI_API_KEY", SANDBOX_KEY)
    monkeypatch.setenv("XAI_BASE_URL", sandbox.base_url)
    Path("anna.wav").write_bytes(sound(1))
    with pytest.raises(SystemExit) as ended:
        main(["call", "CALL CreateVoice('file:anna.wav', 'Anna')"])
    assert not ended.value.code
    identity = json.loads(capfd.readouterr().out)["Voice_Id"]
    with pytest.raises(SystemExit) as ended:
        main(["call", f"CALL GetVoiceAudio('{identity}')", "-o", "again.wav"])
    assert not ended.value.code
    assert Path("again.wav").read_bytes() == sound(1)


def test_a_recording_that_is_too_long_is_refused_before_it_is_sent(connection: grokcall.Connection, service: Service):
    with pytest.raises(grokcall.DataError, match=r"Content \(position 1\): lasts 121 seconds; at most 120 are taken"):
        connection.execute("CALL CreateVoice(:s, 'Anna')", {"s": sound(121)})
    assert service.asked == []


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("CALL CreateVoice(:s, ' ')", "Name .* is empty"),
        ("CALL CreateVoice(:s, 'Anna', Tone => '')", "Tone .* is empty, which the service refuses"),
        ("CALL UpdateVoice('a1b2c3d4')", "VoiceId .* alone changes nothing"),
        ("CALL UpdateVoice('a1b2c3d4', '')", "Name .* is empty"),
        ("CALL GetVoice(' ')", "VoiceId .* is empty"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_sent(connection: grokcall.Connection, service: Service, call, words):
    with pytest.raises(grokcall.DataError, match=words):
        connection.execute(call, {"s": sound(1)} if ":s" in call else None)
    assert service.asked == []


# What is sent, and what is made of the replies


def test_the_form_of_a_voice_has_its_words_and_the_recording_last(connection: grokcall.Connection, service: Service):
    service.script = lambda _asked: told(ANNA, 201)
    call = "CALL CreateVoice(:s, 'Anna', 'en', 'A calm voice.', 'female', 'British', 'middle-aged', 'social_media')"
    row = only(connection, call, s=sound(1))
    (asked,) = service.asked
    assert (asked.method, asked.path) == ("POST", "/v1/custom-voices")
    names = [part.split(b'"')[1] for part in asked.body.split(b"form-data; name=")[1:]]
    assert names == [
        b"name", b"language", b"description", b"gender", b"accent", b"age", b"use_case", b"file",
    ]  # fmt: skip
    assert b'filename="sound.wav"\r\nContent-Type: audio/wav\r\n\r\nRIFF' in asked.body
    raw = json.loads(str(row.pop("Voice_Raw")))
    assert raw == ANNA
    assert row == {
        "Voice_Id": "a1b2c3d4",
        "Voice_Name": "Anna",
        "Voice_Language": "en",
        "Voice_Kind": "custom",
        "Voice_Description": "A calm voice.",
        "Voice_Gender": "female",
        "Voice_Accent": "British",
        "Voice_Age": "middle-aged",
        "Voice_UseCase": "social_media",
        "Voice_Tone": "calm",
        "Voice_CreatedAt": datetime.datetime(2026, 11, 1, 10, tzinfo=datetime.UTC),
    }


def test_a_change_sends_what_is_given_and_null_for_an_empty_text(connection: grokcall.Connection, service: Service):
    service.script = lambda _asked: told(ANNA)
    connection.execute("CALL UpdateVoice('a/b', Description => '', UseCase => 'narration')")
    (asked,) = service.asked
    assert (asked.method, asked.path) == ("PATCH", "/v1/custom-voices/a%2Fb")
    assert asked.json == {"description": None, "use_case": "narration"}


def pages(asked: Asked) -> Answer:
    """Two pages of voices that a team has made, beside one of the service's own."""
    if asked.path.startswith("/v1/tts/voices"):
        return told({"voices": [EVE]})
    last = "pagination_token=p2" in asked.path
    return told({"voices": [{**ANNA, "voice_id": "2" if last else "1"}], "pagination_token": None if last else "p2"})


def test_long_lists_come_in_pages(connection: grokcall.Connection, service: Service):
    service.script = pages
    assert [row["Voice_Id"] for row in rows(connection, "CALL ListVoices()")] == ["eve", "1", "2"]
    assert [asked.path for asked in service.asked] == [
        "/v1/tts/voices", "/v1/custom-voices?limit=1000", "/v1/custom-voices?limit=1000&pagination_token=p2",
    ]  # fmt: skip


@pytest.mark.parametrize(("most", "requests"), [(1, 1), (2, 2), (3, 3)])
def test_no_page_is_asked_for_that_is_not_wanted(connection: grokcall.Connection, service: Service, most, requests):
    service.script = pages
    assert len(rows(connection, f"CALL ListVoices(MaxRows => {most})")) == most
    assert len(service.asked) == requests


NOT_FOR_YOU = refused(403, "Custom voices are not available for your team.", "permission-denied")
NO_ROUTE = refused(404, "No handler found on route.", "not-found")


@pytest.mark.parametrize("answer", [NOT_FOR_YOU, NO_ROUTE])
def test_a_team_without_voices_of_its_own_has_none(connection: grokcall.Connection, service: Service, answer):
    service.script = lambda asked: told({"voices": [EVE]}) if "/tts/" in asked.path else answer
    everything = connection.execute("CALL ListVoices()")
    assert (len(everything.fetchall()), everything.messages) == (1, [])
    own = connection.execute("CALL ListVoices('custom')")
    assert own.fetchall() == []
    assert "the service has no custom voices for this key" in str(own.messages[0][1])


def test_a_list_that_fails_otherwise_is_an_error(connecting: Callable[..., grokcall.Connection], service: Service):
    wrong = refused(400, "Incorrect API key provided.", "invalid-argument")
    service.script = lambda asked: told({"voices": [EVE]}) if "/tts/" in asked.path else wrong
    with pytest.raises(grokcall.AuthenticationError):
        connecting(max_attempts=1).execute("CALL ListVoices()")


def test_a_voice_is_looked_for_among_the_team_s_where_the_service_has_none(connection, service: Service):
    service.script = lambda asked: refused(404, "no") if "/tts/" in asked.path else told(ANNA)
    row = only(connection, "CALL GetVoice('a1b2c3d4')")
    assert (row["Voice_Name"], row["Voice_Kind"]) == ("Anna", "custom")
    assert [asked.path for asked in service.asked] == ["/v1/tts/voices/a1b2c3d4", "/v1/custom-voices/a1b2c3d4"]


@pytest.mark.parametrize("answer", [NOT_FOR_YOU, refused(404, "no such voice")])
def test_a_voice_that_nobody_has_is_not_found(connection: grokcall.Connection, service: Service, answer):
    service.script = lambda asked: refused(404, "no such voice") if "/tts/" in asked.path else answer
    with pytest.raises(grokcall.NotFoundError, match="no such voice"):
        connection.execute("CALL GetVoice('nobody')")


def test_a_403_says_that_it_is_no_wrong_key(connection: grokcall.Connection, service: Service):
    service.script = lambda _asked: NOT_FOR_YOU
    with pytest.raises(grokcall.PermissionDeniedError) as caught:
        connection.execute("CALL CreateVoice(:s, 'Anna')", {"s": sound(1)})
    assert "enterprise contract" in caught.value.__notes__[0]
    service.script = lambda _asked: refused(400, "Incorrect API key provided.", "invalid-argument")
    with pytest.raises(grokcall.AuthenticationError) as other:
        connection.execute("CALL CreateVoice(:s, 'Anna')", {"s": sound(1)})
    assert not hasattr(other.value, "__notes__")


def test_a_voice_is_made_once_whatever_becomes_of_the_reply(connecting: Callable[..., grokcall.Connection], service):
    service.script = lambda _asked: Answer(cut=True)
    with pytest.raises(grokcall.TransportError):
        connecting(max_attempts=3).execute("CALL CreateVoice(:s, 'Anna')", {"s": sound(1)})
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    "reply", [Answer(b'{"error": "gone"}'), Answer(b""), Answer(b"no", headers={"content-type": "text/plain"})]
)
def test_what_is_no_recording_is_an_error(connection: grokcall.Connection, service: Service, reply):
    service.script = lambda _asked: reply
    with pytest.raises(grokcall.Error):
        connection.execute("CALL GetVoiceAudio('a1b2c3d4')")
