"""The voice endpoints: text to speech."""

import asyncio
import base64
from typing import Any

import msgspec

from grokcall_sandbox.api.generation import FORBIDDEN_MARK
from grokcall_sandbox.api.voices import find_voice
from grokcall_sandbox.errors import voice_error
from grokcall_sandbox.media.sounds import MEDIA_TYPES, encode_sound
from grokcall_sandbox.media.speech import speak
from grokcall_sandbox.prices import TICKS_PER_SPOKEN_CHARACTER
from grokcall_sandbox.replies import Reply, json_reply
from grokcall_sandbox.request import SandboxRequest

MAX_CHARACTERS = 15_000
MAX_REPLACEMENTS = 200
RATES = (8_000, 16_000, 22_050, 24_000, 44_100, 48_000)
BIT_RATES = (32_000, 64_000, 96_000, 128_000, 192_000)
LANGUAGES = frozenset(
    [
        *("auto", "en", "ar-eg", "ar-sa", "ar-ae", "bn", "zh", "fr", "de", "hi", "id", "it", "ja", "ko"),
        *("pt-br", "pt-pt", "ru", "es-mx", "es-es", "tr", "vi"),
    ]
)


class OutputFormat(msgspec.Struct):
    """The `output_format` object."""

    codec: str = "mp3"
    sample_rate: int = 24_000
    bit_rate: int = 128_000


class SpeechRequest(msgspec.Struct):
    """The body; fields that the service ignores are not listed."""

    text: str
    language: str | None = None
    voice_id: str | None = None
    output_format: OutputFormat | None = None
    speed: float | None = None
    optimize_streaming_latency: int | None = None
    with_timestamps: bool | None = None
    replace: dict[str, str] | None = None


_DECODER = msgspec.json.Decoder(SpeechRequest)
_DEFAULT_FORMAT = OutputFormat()


async def speak_text(call: SandboxRequest) -> Reply:
    """POST /v1/tts."""
    request = call.decode(_DECODER)
    wanted = request.output_format or _DEFAULT_FORMAT
    codec = _check(request, wanted)
    voice = find_voice(call.state, request.voice_id or "eve")
    text = request.text
    for old, new in (request.replace or {}).items():
        text = text.replace(old, new)
    speed = 1.0 if request.speed is None else request.speed

    def render() -> tuple[bytes, float]:
        samples = speak(text, request.language or "auto", voice, wanted.sample_rate, speed)
        seconds = len(samples) / wanted.sample_rate
        return encode_sound(samples, wanted.sample_rate, codec, wanted.bit_rate), seconds

    loop = asyncio.get_running_loop()
    sound, seconds = await loop.run_in_executor(call.state.renderers, render)
    ticks = len(request.text) * TICKS_PER_SPOKEN_CHARACTER
    if request.with_timestamps:
        return json_reply(_with_timestamps(text, sound, MEDIA_TYPES[codec], seconds), ticks=ticks)
    return Reply(sound, content_type=MEDIA_TYPES[codec].encode(), ticks=ticks)


def _check(request: SpeechRequest, wanted: OutputFormat) -> str:
    """The codec that applies, once everything in the request is found to be allowed."""
    if not request.text:
        raise voice_error(400, "text must not be empty")
    if len(request.text) > MAX_CHARACTERS:
        raise voice_error(400, f"text must be at most {MAX_CHARACTERS} characters, got {len(request.text)}")
    if request.language is None:
        raise voice_error(400, "language is required")
    if request.language.lower() not in LANGUAGES:
        raise voice_error(400, f"unsupported language: {request.language}")
    codec = "mulaw" if wanted.codec == "ulaw" else wanted.codec
    if codec not in MEDIA_TYPES:
        raise voice_error(400, f"unsupported codec: {wanted.codec}")
    if wanted.sample_rate not in RATES:
        raise voice_error(400, f"unsupported sample_rate: {wanted.sample_rate}")
    if codec == "mp3" and wanted.bit_rate not in BIT_RATES:
        raise voice_error(400, f"unsupported bit_rate: {wanted.bit_rate}")
    if request.speed is not None and not 0.7 <= request.speed <= 1.5:
        raise voice_error(400, "speed must be between 0.7 and 1.5")
    if request.optimize_streaming_latency not in (None, 0, 1, 2):
        raise voice_error(400, "optimize_streaming_latency must be 0, 1 or 2")
    if request.replace is not None:
        _check_replacements(request.replace)
    if FORBIDDEN_MARK in request.text:
        raise voice_error(403, "Content violates usage guidelines.")
    return codec


def _check_replacements(replace: dict[str, str]) -> None:
    if len(replace) > MAX_REPLACEMENTS:
        raise voice_error(400, f"replace must have at most {MAX_REPLACEMENTS} pairs")
    for old, new in replace.items():
        if not 1 <= len(old) <= 100 or len(new) > 128:
            raise voice_error(400, "replace takes keys of 1 to 100 characters and values of at most 128")


def _with_timestamps(text: str, sound: bytes, media_type: str, seconds: float) -> dict[str, Any]:
    step = seconds / max(1, len(text))
    times = [[round(number * step, 4), round((number + 1) * step, 4)] for number in range(len(text))]
    return {
        "audio": base64.b64encode(sound).decode(),
        "content_type": media_type,
        "duration": round(seconds, 4),
        "audio_timestamps": {"graph_chars": list(text), "graph_times": times},
    }
