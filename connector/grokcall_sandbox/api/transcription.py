"""Speech to text."""

import asyncio
from dataclasses import dataclass
from typing import Any

from grokcall_sandbox.api.multipart import Part, read_parts
from grokcall_sandbox.errors import ApiError, voice_error
from grokcall_sandbox.media.sounds import Samples
from grokcall_sandbox.media.sources import read_url
from grokcall_sandbox.media.transcripts import (
    RATE,
    RAW_CODECS,
    Word,
    hear_words,
    mix_channels,
    read_raw_sound,
    read_sound,
)
from grokcall_sandbox.replies import Reply, json_reply
from grokcall_sandbox.request import SandboxRequest

MAX_AUDIO_BYTES = 500 * 1024 * 1024
MAX_FORM_BYTES = MAX_AUDIO_BYTES + 64 * 1024
TICKS_PER_HOUR = 1_000_000_000

_MAX_KEYTERMS, _MAX_KEYTERM = 100, 50
_MAX_FORM_PARTS = _MAX_KEYTERMS + 20
_CHANNELS = range(2, 9)
RATES = range(8_000, 48_001)
LANGUAGES = frozenset(
    "ar cs da nl en fil fr de hi id it ja ko mk ms fa pl pt ro ru es sv th tr vi".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked for; `raw` is a codec and the samples per second."""

    language: str | None
    punctuate: bool
    diarize: bool
    channels: int
    raw: tuple[str, int] | None


async def transcribe(call: SandboxRequest) -> Reply:
    """POST /v1/stt."""
    parts = _read_form(call)
    fields = {part.name: part.data.decode("utf-8", "replace") for part in parts if part.name != "file"}
    settings = _read_settings(fields, [part for part in parts if part.name == "keyterm"])
    audio = await _read_audio(parts, fields)

    def listen() -> tuple[float, list[list[Word]]]:
        channels = _channels(audio, settings)
        return len(channels[0]) / RATE, [hear_words(samples) for samples in channels]

    loop = asyncio.get_running_loop()
    duration, heard = await loop.run_in_executor(call.state.renderers, listen)
    language = settings.language or "en"
    every = sorted((word for words in heard for word in words), key=lambda word: word.start)
    told = {"text": _text(every, settings), "language": language, "duration": round(duration, 2)}
    told["words"] = _shown(every, settings)
    if settings.channels > 1:
        told["channels"] = [
            {"index": index, "text": _text(words, settings), "words": _shown(words, settings)}
            for index, words in enumerate(heard)
        ]
    return json_reply(told, ticks=round(duration * TICKS_PER_HOUR / 3600))


def _read_form(call: SandboxRequest) -> list[Part]:
    try:
        return read_parts(call.header(b"content-type"), call.body, _MAX_FORM_PARTS)
    except ApiError as refusal:
        if refusal.plain:
            raise
        raise voice_error(refusal.status, refusal.message) from refusal


async def _read_audio(parts: list[Part], fields: dict[str, str]) -> bytes:
    names = [part.name for part in parts]
    if ("file" in names) == ("url" in fields):
        raise voice_error(400, "exactly one of file and url is required")
    if "url" in fields:
        try:
            return await read_url(fields["url"], "audio", MAX_AUDIO_BYTES)
        except ApiError as refusal:
            raise voice_error(502, refusal.message) from refusal
    if names[-1] != "file":
        raise voice_error(400, f"the field {names[-1]} must come before file: file must be the last field of the form")
    if len(parts[-1].data) > MAX_AUDIO_BYTES:
        raise voice_error(413, f"file must be at most {MAX_AUDIO_BYTES} bytes")
    return parts[-1].data


def _read_settings(fields: dict[str, str], keyterms: list[Part]) -> Settings:
    language = fields.get("language")
    if language is not None and language.lower().partition("-")[0] not in LANGUAGES:
        raise voice_error(400, f"unsupported language: {language}")
    punctuate = _flag(fields, "format")
    if punctuate and language is None:
        raise voice_error(400, "language is required with format")
    multichannel = _flag(fields, "multichannel")
    if multichannel and "channels" not in fields:
        raise voice_error(400, "channels is required with multichannel")
    _flag(fields, "filler_words")
    _check_threshold(fields.get("vad_threshold"))
    longest = max((len(term.data.decode("utf-8", "replace")) for term in keyterms), default=0)
    if len(keyterms) > _MAX_KEYTERMS or longest > _MAX_KEYTERM:
        raise voice_error(400, f"at most {_MAX_KEYTERMS} keyterms of at most {_MAX_KEYTERM} characters are allowed")
    channels = _number(fields, "channels", _CHANNELS) if multichannel else 1
    return Settings(language, punctuate, _flag(fields, "diarize"), channels, _raw_format(fields))


def _raw_format(fields: dict[str, str]) -> tuple[str, int] | None:
    codec = fields.get("audio_format")
    if codec is None:
        return None
    if codec not in RAW_CODECS:
        raise voice_error(400, f"unsupported audio_format: {codec}; it is one of {', '.join(RAW_CODECS)}")
    if "sample_rate" not in fields:
        raise voice_error(400, "sample_rate is required with audio_format")
    return codec, _number(fields, "sample_rate", RATES)


def _flag(fields: dict[str, str], name: str) -> bool:
    given = fields.get(name, "false").lower()
    if given not in ("true", "false"):
        raise voice_error(400, f"{name} must be true or false, not {given}")
    return given == "true"


def _number(fields: dict[str, str], name: str, allowed: range) -> int:
    given = fields[name]
    if not (given.isascii() and given.isdigit()) or int(given) not in allowed:
        raise voice_error(400, f"{name} must be between {allowed[0]} and {allowed[-1]}, not {given}")
    return int(given)


def _check_threshold(given: str | None) -> None:
    try:
        fits = given is None or 0 <= float(given) <= 1
    except ValueError:
        fits = False
    if not fits:
        raise voice_error(400, f"vad_threshold must be between 0 and 1, not {given}")


def _channels(audio: bytes, settings: Settings) -> list[Samples]:
    """The channels to listen to: as many as were asked for, else all in one."""
    try:
        if settings.raw is not None:
            return read_raw_sound(audio, *settings.raw, settings.channels)
        channels = read_sound(audio)
    except ValueError as problem:
        raise voice_error(400, f"the audio cannot be decoded: {problem}") from problem
    if len(channels) < settings.channels:
        raise voice_error(400, f"the audio has {len(channels)} channels, not {settings.channels}")
    return channels[: settings.channels] if settings.channels > 1 else [mix_channels(channels)]


def _text(words: list[Word], settings: Settings) -> str:
    text = " ".join(word.text for word in words)
    return f"{text.capitalize()}." if settings.punctuate and text else text


def _shown(words: list[Word], settings: Settings) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []
    for word in words:
        entry: dict[str, Any] = {"text": word.text, "start": word.start, "end": word.end}
        shown.append(entry | {"speaker": word.speaker} if settings.diarize else entry)
    return shown
