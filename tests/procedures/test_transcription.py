"""Transcripts: what is sent, what rows hold, and what a sound costs by its head."""

from __future__ import annotations

import io
import json
import wave

import pytest

from grokcall_parser import parse_call
from grokcall_procedures import CATALOG, Binder, Settings
from grokcall_procedures.errors import BadValueError
from grokcall_procedures.estimates import estimate
from grokcall_procedures.multipart import Parts
from grokcall_procedures.steps import Reply
from grokcall_procedures.voice.sound_lengths import seconds_of
from grokcall_procedures.voice.subtitles import srt, vtt
from grokcall_procedures.voice.transcripts import transcript_row


def bound(arguments: str, values: object = None, name: str = "TranscribeAudio"):
    call = parse_call(f"CALL {name}({arguments})")
    return Binder(call, CATALOG[name], Settings()).bind(values)


def form(arguments: str, values: object = None, name: str = "TranscribeAudio") -> Parts:
    body = next(bound(arguments, values, name).steps()).body
    assert isinstance(body, Parts)
    return body


def sound(seconds: float, rate: int = 8_000) -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(2 * int(seconds * rate)))
    return held.getvalue()


def row(**document: object):
    return transcript_row(Reply(200, {}, json.dumps(document).encode()))


def test_the_form_has_every_option_and_the_sound_last():
    sent = form(
        "?, 'call.wav', 'de', true, ['Anna', 'Bo'], Format => true, FillerWords => false, Channels => 2, "
        "AudioFormat => 'pcm', SampleRate => 8000, VadThreshold => 0.25, Model => 'grok-voice-transcribe-2.0'",
        [b"\0\0"],
    )
    assert list(sent.fields) == [
        ("language", "de"),
        ("format", "true"),
        ("diarize", "true"),
        ("filler_words", "false"),
        ("audio_format", "pcm"),
        ("sample_rate", "8000"),
        ("vad_threshold", "0.25"),
        ("model", "grok-voice-transcribe-2.0"),
        ("multichannel", "true"),
        ("channels", "2"),
        ("keyterm", "Anna"),
        ("keyterm", "Bo"),
    ]
    assert sent.encoded().endswith(b"\r\n\r\n\0\0" + sent.tail)
    assert b'name="file"; filename="call.wav"' in sent.head


def test_without_options_there_is_nothing_but_the_sound_named_by_its_kind():
    sent = form("?", [sound(0.1)])
    assert (sent.fields, sent.file.filename, sent.file.content_type) == ((), "sound.wav", "audio/wav")


def test_by_address_the_service_is_told_where_the_sound_is():
    sent = form("'https://example.org/a.mp3', 'en'", name="TranscribeAudioByUrl")
    assert (sent.fields, sent.file) == ((("url", "https://example.org/a.mp3"), ("language", "en")), None)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("X'00', Format => true", "Format .*needs Language"),
        ("X'00', AudioFormat => 'pcm'", "AudioFormat .*goes with SampleRate"),
        ("X'00', SampleRate => 8000", "SampleRate .*goes with AudioFormat"),
        ("X'00', Channels => 9", "Channels .*must be 2 to 8"),
        ("X'00', VadThreshold => 2", "VadThreshold .*must be 0 to 1"),
        (f"X'00', KeyTerms => '{'x' * 51}'", "KeyTerms .*at most 50 characters"),
        (f"X'00', KeyTerms => {['t'] * 101}", "KeyTerms .*101 terms; at most 100"),
        ("X''", "Content .*must not be empty"),
    ],
)
def test_what_cannot_go_together_is_refused_before_it_is_sent(arguments: str, reason: str):
    with pytest.raises(BadValueError, match=reason):
        bound(arguments)


def word(text: str, start: float, end: float, **more: object) -> dict[str, object]:
    return {"text": text, "start": start, "end": end, **more}


def test_a_segment_ends_where_the_speaker_changes_or_is_silent_for_a_second():
    words = [
        word("Hi", 0.0, 0.4, speaker=0),
        word("Anna", 0.5, 0.9, speaker=0),
        word("Yes", 1.0, 1.2, speaker=1, confidence=0.5),
        word("well", 2.2, 2.5, speaker=1),
    ]
    text, language, duration, found, segments, raw = row(text="Hi Anna Yes well", language="", duration=3, words=words)
    assert (text, language, duration) == ("Hi Anna Yes well", None, 3.0)
    assert found[2] == {"text": "Yes", "start_s": 1.0, "end_s": 1.2, "speaker": 1, "channel": None, "confidence": 0.5}
    assert [(s["speaker"], s["start_s"], s["end_s"], s["text"]) for s in segments] == [
        (0, 0.0, 0.9, "Hi Anna"),
        (1, 1.0, 1.2, "Yes"),
        (1, 2.2, 2.5, "well"),
    ]
    assert json.loads(raw)["words"] == words


def test_channels_are_told_apart_also_where_people_speak_at_once():
    channels = [
        {"index": 0, "text": "a c", "words": [word("a", 0.0, 0.2), word("c", 0.4, 0.6)]},
        {"index": 1, "text": "b", "words": [word("b", 0.1, 0.5)]},
    ]
    _, _, _, words, segments, _ = row(text="a b c", words=[word("a", 0, 1)], channels=channels)
    assert [(each["text"], each["channel"]) for each in words] == [("a", 0), ("b", 1), ("c", 0)]
    assert [(each["text"], each["channel"]) for each in segments] == [("a c", 0), ("b", 1)]


def test_a_sound_without_words_is_an_empty_text():
    assert row(text="", words=[])[:5] == ("", None, None, [], [])


def test_subtitles_break_at_pauses_speakers_and_the_length_of_two_lines():
    words = row(
        text="",
        words=[
            *(word("word", n / 10, n / 10 + 0.1, speaker=0) for n in range(20)),
            word("a<b", 2.0, 2.5, speaker=1),
            word("later", 9.0, 9.5, speaker=1),
        ],
    )[3]
    cues = srt(words).split("\n\n")
    assert [cue.splitlines()[1] for cue in cues] == [
        "00:00:00,000 --> 00:00:01,600",
        "00:00:01,600 --> 00:00:02,000",
        "00:00:02,000 --> 00:00:02,500",
        "00:00:09,000 --> 00:00:09,500",
    ]
    assert "<v Speaker 2>a&lt;b\n" in vtt(words)
    assert (srt(None), vtt([])) == ("", "WEBVTT\n")


def test_the_price_follows_the_length_in_the_head_of_the_file():
    told = estimate(bound("?", [sound(36)]))
    assert told.low_ticks == 10_000_000
    assert told.low_ticks < told.worst_ticks < 1.01 * told.low_ticks
    raw = estimate(bound("?, AudioFormat => 'mulaw', SampleRate => 8000", [bytes(8_000 * 36)]))
    assert raw.low_ticks == 10_000_000
    assert not estimate(bound("'https://example.org/a.mp3'", name="TranscribeAudioByUrl")).bounded


@pytest.mark.parametrize(("codec", "container"), [
    ("libmp3lame", "mp3"), ("flac", "flac"), ("libopus", "ogg"), ("aac", "mp4"), ("pcm_s16le", "wav"),
])  # fmt: skip
def test_the_length_of_every_container_is_read(codec: str, container: str):
    av = pytest.importorskip("av")
    np = pytest.importorskip("numpy")
    held = io.BytesIO()
    with av.open(held, "w", format=container) as output:
        stream = output.add_stream(codec, rate=48_000)
        resampler = av.AudioResampler(
            format=stream.codec_context.format, rate=48_000, frame_size=stream.frame_size or 0
        )
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 48_000 * 3), np.int16), format="s16", layout="mono")
        frame.sample_rate = 48_000
        for piece in (*resampler.resample(frame), *resampler.resample(None), None):
            output.mux(stream.encode(piece))
    assert seconds_of(held.getvalue()) == pytest.approx(3.0, abs=0.2)


@pytest.mark.parametrize(
    "data", [b"", b"RIFF", b"OggS", b"ID3" + bytes(20), b"fLaC", b"\0\0\0\x08ftyp", b"\xff\xfb\x90\0"]
)
def test_a_broken_head_tells_no_length_or_none_that_is_absurd(data: bytes):
    assert (seconds_of(data) or 0) < 1
