"""connection.transcribe_stream: what is said in sound that is still coming, over a socket."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from scripted_sockets import Talk

import grokcall
from grokcall.realtime import Utterance
from grokcall.sandbox import SANDBOX_KEY, Sandbox

SECOND = 32_000
"""Bytes of a second of pcm at 16000."""
HOUR = Decimal("0.20")


@pytest.fixture
def spoken(on_sandbox: grokcall.Connection, sandbox: Sandbox) -> bytes:
    """Two utterances of two words each, with a second of silence after each."""
    call = "CALL GenerateAudio('Good morning', 'en', NULL, 'pcm', '16000')"
    said = on_sandbox.execute(call).fetchone()[0] + bytes(SECOND)
    sandbox.reset()
    return said + said


def cut_into(sound: bytes, size: int) -> Iterator[bytes]:
    return (sound[start : start + size] for start in range(0, len(sound), size))


async def listens(talk: Talk, *events: dict[str, Any], dones: int = 1) -> None:
    """Says that it listens, takes all sound, and tells of some events."""
    await talk.send(type="transcript.created")
    await talk.until("audio.done")
    for event in events:
        await talk.send(**{"type": "transcript.partial", **event})
    for _ in range(dones):
        await talk.send(type="transcript.done", text="")


@pytest.mark.parametrize("size", [1, 3_199, 7_777, 1_000_000])
def test_each_utterance_comes_once_it_is_over_however_the_sound_is_cut(on_sandbox, spoken, size):
    given = cut_into(spoken, size) if size > 1 else itertools.chain(cut_into(spoken[:99], 1), [spoken[99:]])
    with on_sandbox.transcribe_stream(given, language="en") as words:
        heard = list(words)
    assert [str(each) for each in heard] == ["one two", "three four"]
    assert all(each.finished and each.channel is None for each in heard)
    assert [word.text for word in heard[1].words] == ["three", "four"]
    assert heard[0].start < heard[0].words[1].start < heard[0].words[1].end < heard[1].start
    assert words.text == "one two three four"


def test_seconds_are_paid_for(on_sandbox, sandbox, spoken):
    with on_sandbox.transcribe_stream(cut_into(spoken, 5_000)) as words:
        before = on_sandbox.budget.spent_usd
        list(words)
    assert words.seconds == len(spoken) / SECOND
    (entry,) = sandbox.ledger()
    assert entry["endpoint"] == "/v1/stt"
    assert abs(words.cost_usd - HOUR * Decimal(words.seconds) / 3600) < Decimal("1e-9")
    assert abs(words.cost_usd - Decimal(entry["ticks"]).scaleb(-10)) < Decimal("1e-9")
    assert on_sandbox.budget.spent_usd - before == words.cost_usd
    assert on_sandbox.budget.in_flight == on_sandbox.budget.reserved_ticks == 0


def test_unfinished_utterances_are_told_apart(on_sandbox, spoken):
    heard = list(on_sandbox.transcribe_stream(cut_into(spoken, 3_200), interim=True))
    assert [each.text for each in heard if each.finished] == ["one two", "three four"]
    assert [each.text for each in heard if not each.finished][:2] == ["one", "one two"]


def test_only_both_flags_make_an_utterance_finished(scripted):
    async def script(talk: Talk) -> None:
        await listens(
            talk,
            {"text": "a", "is_final": False, "speech_final": False},
            {"text": "b", "is_final": True, "speech_final": False},
            {"text": "c", "is_final": False, "speech_final": True},
            {"text": "d", "is_final": True, "speech_final": True, "start": 1, "duration": 0.5, "words": None},
        )

    _, connection = scripted(script)
    assert list(connection.transcribe_stream(bytes(3_200))) == [Utterance("d", 1.0, 0.5)]
    assert [each.finished for each in connection.transcribe_stream(bytes(3_200), interim=True)] == [*[False] * 3, True]


def test_sound_is_sent_in_frames_of_a_tenth_of_a_second_once_the_service_listens(scripted):
    service, connection = scripted(listens)
    list(connection.transcribe_stream([bytes(5_000), bytes(2_000), bytes(1)]))
    list(connection.transcribe_stream(bytes(1_000), encoding="mulaw", sample_rate=8_000))
    assert [len(each) for each in service.talks[0].got[:-1]] == [3_200, 3_200, 600]
    assert [len(each) for each in service.talks[1].got[:-1]] == [800, 200]
    assert service.talks[0].got[-1] == {"type": "audio.done"}


def test_the_settings_stand_in_the_address(scripted):
    async def script(talk: Talk) -> None:
        await listens(talk, dones=2)

    service, connection = scripted(script)
    settings = {"endpointing": 300, "diarize": True, "channels": 2, "smart_turn": 0.5, "keyterms": ["kiwi"]}
    list(connection.transcribe_stream(bytes(6_400), language="de", interim=True, **settings))
    assert service.talks[0].query == {
        "encoding": "pcm",
        "sample_rate": "16000",
        "language": "de",
        "endpointing": "300",
        "diarize": "true",
        "channels": "2",
        "multichannel": "true",
        "smart_turn": "0.5",
        "keyterm": "kiwi",
        "interim_results": "true",
    }


def test_channels_are_heard_apart(on_sandbox, spoken):
    left = [spoken[place : place + 2] for place in range(0, len(spoken), 2)]
    sound = b"".join(each + b"\0\0" for each in left)
    heard = list(on_sandbox.transcribe_stream(cut_into(sound, 9_999), channels=2, diarize=True))
    assert [(each.text, each.channel) for each in heard] == [("one two", 0), ("three four", 0)]
    assert {word.speaker for each in heard for word in each.words} == {0}


def test_words_come_while_somebody_still_speaks(on_sandbox, spoken):
    heard = threading.Event()

    def microphone():
        yield spoken[: len(spoken) // 2]
        assert heard.wait(300)
        yield spoken[len(spoken) // 2 :]

    texts = []
    for utterance in on_sandbox.transcribe_stream(microphone()):
        texts.append(utterance.text)
        heard.set()
    assert texts == ["one two", "three four"]


def test_the_twin_takes_an_asynchronous_microphone(sandbox, spoken):
    async def microphone():
        for chunk in cut_into(spoken, 10_000):
            await asyncio.sleep(0)
            yield chunk

    async def main() -> list[str]:
        async with (
            grokcall.aconnect(api_key=SANDBOX_KEY, base_url=sandbox.base_url) as connection,
            connection.transcribe_stream(microphone()) as words,
        ):
            return [utterance.text async for utterance in words]

    assert asyncio.run(main()) == ["one two", "three four"]


def test_silence_has_no_utterances_and_nothing_at_all_no_socket(on_sandbox, sandbox):
    assert list(on_sandbox.transcribe_stream(bytes(SECOND))) == []
    sandbox.reset()
    assert list(on_sandbox.transcribe_stream(iter(()))) == []
    assert sandbox.ledger() == []


def test_a_limit_ends_it_and_what_was_paid_for_is_heard(on_sandbox, spoken):
    words = on_sandbox.transcribe_stream(itertools.chain([spoken], itertools.repeat(bytes(SECOND))), max_cost="0.0012")
    with pytest.raises(grokcall.BudgetReachedError, match="max_cost"):
        list(words)
    assert words.text == "one two three four"
    assert words.cost_usd <= Decimal("0.0012")
    assert on_sandbox.budget.in_flight == 0


def test_a_socket_that_is_cut_keeps_what_was_heard(scripted):
    async def script(talk: Talk) -> None:
        await talk.send(type="transcript.created")
        await talk.next()
        await talk.send(type="transcript.partial", text="so far", is_final=True, speech_final=True)
        talk.cut()

    _, connection = scripted(script)
    with pytest.raises(grokcall.StreamCutError, match="the connection was cut") as caught:
        list(connection.transcribe_stream(itertools.repeat(bytes(3_200))))
    assert caught.value.partial == "so far"


def test_an_error_before_it_listens_is_raised(scripted):
    async def script(talk: Talk) -> None:
        await talk.send(type="error", message="no such model")
        await talk.until("never")

    _, connection = scripted(script)
    with pytest.raises(grokcall.ServiceError, match="no such model"):
        list(connection.transcribe_stream(bytes(3_200)))
    assert connection.budget.spent_ticks == connection.budget.in_flight == 0


@pytest.mark.parametrize(
    ("chunks", "settings", "error", "words"),
    [
        (b"", {"encoding": "mp3"}, grokcall.DataError, "encoding is pcm, mulaw, alaw, not 'mp3'"),
        (b"", {"sample_rate": 4_000}, grokcall.DataError, "sample_rate must be a whole number from 8000 to 48000"),
        (b"", {"endpointing": 9_000}, grokcall.DataError, "endpointing must be a whole number from 0 to 5000"),
        (b"", {"vad_threshold": True}, grokcall.DataError, "vad_threshold must be a number from 0 to 1"),
        (b"", {"diarize": "yes"}, grokcall.DataError, "diarize must be True or False"),
        (b"", {"language": "tlh"}, grokcall.DataError, "language 'tlh' is none of"),
        (b"", {"keyterms": ["a" * 51]}, grokcall.DataError, "keyterms are texts of 1 to 50"),
        (b"", {"keyterms": ["a"] * 101}, grokcall.DataError, "at most 100 keyterms"),
        (b"", {"endpoint": 10}, grokcall.InterfaceError, "takes no 'endpoint'; .*endpointing"),
        ("text", {}, grokcall.InterfaceError, "an iterable of bytes, not str"),
        (["text"], {}, grokcall.DataError, "element 1 is str"),
        (b"RIFF\0\0\0\0WAVEfmt ", {}, grokcall.DataError, "begins like a file .*TranscribeAudio"),
    ],
)
def test_what_cannot_be_heard_is_refused_by_name(on_sandbox, sandbox, chunks, settings, error, words):
    with pytest.raises(error, match=words):
        list(on_sandbox.transcribe_stream(chunks, **settings))
    assert sandbox.ledger() == []


def transcribed(sandbox: Sandbox, sound: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "XAI_API_KEY": SANDBOX_KEY, "XAI_BASE_URL": sandbox.base_url}
    command = [Path(sys.executable).with_name("grokcall"), "transcribe", *arguments]
    return subprocess.run(command, input=sound, env=environment, capture_output=True, timeout=400)


def test_the_command_writes_a_line_for_each_utterance(sandbox, spoken):
    run = transcribed(sandbox, spoken, "-", "--sample-rate", "16000")
    assert (run.returncode, run.stdout) == (0, b"one two\nthree four\n"), run.stderr
    assert b"of sound" in run.stderr


def test_the_command_writes_json_with_unfinished_ones_among_them(sandbox, spoken):
    run = transcribed(sandbox, spoken, "-", "--interim", "--format", "jsonl", "--quiet")
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert [line["text"] for line in lines if line["finished"]] == ["one two", "three four"]
    assert any(not line["finished"] for line in lines)
    assert run.stderr == b""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["call.mp3"], b"TranscribeAudio"), (["-", "--encoding", "mp3"], b"pcm"), (["-", "--sample-rate", "1"], b"8000")],
)
def test_the_command_refuses_what_it_cannot_hear(sandbox, arguments, words):
    run = transcribed(sandbox, b"", *arguments)
    assert run.returncode == 2
    assert words in run.stderr
