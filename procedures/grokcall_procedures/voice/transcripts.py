"""The noun Transcript: what was said in a sound, word by word and turn by turn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from grokcall_procedures.definition import ResultField
from grokcall_procedures.documents import document_of, json_text, stated_failure, unreadable
from grokcall_procedures.nouns import objects_in
from grokcall_procedures.outputs.types import structs
from grokcall_procedures.steps import Reply, Row
from grokcall_procedures.types import ParameterType
from grokcall_procedures.voice.subtitles import srt, vtt

PAUSE = 1.0
"""Seconds of silence after which a new segment begins."""

Word: TypeAlias = dict[str, object]

WORDS = ResultField(
    "Transcript_Words",
    structs(
        text="VARCHAR", start_s="DOUBLE", end_s="DOUBLE", speaker="INTEGER", channel="INTEGER", confidence="DOUBLE"
    ),
    "words",
    "Each word with its seconds; the speaker, from 0, with Diarize, the channel, from 0, with Channels.",
)
FIELDS = (
    ResultField("Transcript_Text", ParameterType.STRING, "text", "All that was said; empty for a sound without words."),
    ResultField("Transcript_Language", ParameterType.STRING, "language", "The language, where it is told."),
    ResultField("Transcript_Duration", ParameterType.DOUBLE, "duration", "The length of the sound in seconds."),
    WORDS,
    ResultField(
        "Transcript_Segments",
        structs(speaker="INTEGER", channel="INTEGER", start_s="DOUBLE", end_s="DOUBLE", text="VARCHAR"),
        "",
        "The turns: a new one at a change of speaker or channel, and after a pause of a second.",
    ),
    ResultField("Transcript_Raw", ParameterType.JSON, "", "The whole reply, as JSON text."),
)
FURTHER_FIELDS = (
    ResultField("Transcript_Vtt", ParameterType.STRING, "", "Subtitles in WebVTT.", vtt, (WORDS.name,)),
    ResultField("Transcript_Srt", ParameterType.STRING, "", "Subtitles in SubRip (SRT).", srt, (WORDS.name,)),
)


def transcript_row(reply: Reply) -> Row:
    """The columns of a transcript.

    Raises:
        FailedReplyError: The reply states a failure.
        MalformedReplyError: It is no transcript.
    """
    document = document_of(reply.body)
    text = document.get("text")
    if not isinstance(text, str):
        raise stated_failure(document) or unreadable(reply.body, "it is no transcript")
    words = words_in(document)
    language = document.get("language")
    return (
        text,
        language if isinstance(language, str) and language else None,
        number(document.get("duration")),
        words,
        segments(words),
        json_text(document),
    )


def words_in(document: Mapping[str, object]) -> list[Word]:
    """The words of a reply, in the order in which they begin; those of its channels where it has any."""
    channels = list(objects_in(document.get("channels")))
    found = [
        word_of(word, whole(channel.get("index"), place))
        for place, channel in enumerate(channels)
        for word in objects_in(channel.get("words"))
    ]
    found = found or [word_of(word, whole(word.get("channel"))) for word in objects_in(document.get("words"))]
    return sorted(found, key=begin_of) if channels else found


def word_of(word: Mapping[str, object], channel: int | None) -> Word:
    """One word, whatever its members are called."""
    text = word.get("text", word.get("word"))
    return {
        "text": text if isinstance(text, str) else "",
        "start_s": number(word.get("start")),
        "end_s": number(word.get("end")),
        "speaker": whole(word.get("speaker")),
        "channel": channel,
        "confidence": number(word.get("confidence")),
    }


def segments(words: Iterable[Word]) -> list[dict[str, object]]:
    """The turns that words make, in the order in which they begin; people on two channels may speak at once."""
    by_channel: dict[object, list[dict[str, object]]] = {}
    for word in words:
        turns = by_channel.setdefault(word["channel"], [])
        if turns and goes_on(turns[-1], word):
            turns[-1]["text"] = f"{turns[-1]['text']} {word['text']}"
            turns[-1]["end_s"] = word["end_s"] if word["end_s"] is not None else turns[-1]["end_s"]
        else:
            turns.append({name: word[name] for name in ("speaker", "channel", "start_s", "end_s", "text")})
    return sorted((turn for turns in by_channel.values() for turn in turns), key=begin_of)


def goes_on(turn: Mapping[str, object], word: Word) -> bool:
    """Whether a word belongs to a turn."""
    end, start = turn["end_s"], word["start_s"]
    is_near = not isinstance(end, float) or not isinstance(start, float) or start - end < PAUSE
    return turn["speaker"] == word["speaker"] and is_near


def begin_of(part: Mapping[str, object]) -> float:
    """When a word or a turn begins."""
    start = part["start_s"]
    return start if isinstance(start, float) else 0.0


def number(value: object) -> float | None:
    """A number of seconds or a share; None for what is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def whole(value: object, otherwise: int | None = None) -> int | None:
    """The number of a speaker or channel; those that are named have none."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 31 else otherwise
