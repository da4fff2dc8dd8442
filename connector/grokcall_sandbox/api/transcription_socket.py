"""Speech to text over a socket: sound goes in by frames, and each utterance comes back once a pause ends it."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grokcall_sandbox.api.transcription import LANGUAGES, RATES
from grokcall_sandbox.errors import voice_error
from grokcall_sandbox.media.sounds import Samples
from grokcall_sandbox.media.transcripts import RATE, RAW_CODECS, TURN_SECONDS, Word, hear_words, read_raw_sound
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.sockets import Serve, SocketSession

TICKS_PER_STREAMED_HOUR = 2_000_000_000
LONGEST_UTTERANCE = 30.0
"""Seconds after which an utterance ends without a pause."""
_ENDPOINTING = 10
_FLAGS = ("interim_results", "diarize", "filler_words", "multichannel")


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """What the address of the socket asks for."""

    codec: str
    rate: int
    channels: int
    multichannel: bool
    interim: bool
    diarize: bool
    pause: float
    """Seconds of silence that end an utterance."""


def open_transcription(call: SandboxRequest) -> Serve:
    """The socket /v1/stt."""
    settings = read_stream_settings(call.query)

    async def serve(session: SocketSession) -> None:
        await Listener(session, settings).serve()

    return serve


def read_stream_settings(query: dict[str, str]) -> StreamSettings:
    """The settings in an address.

    Raises:
        ApiError: One is missing or not taken.
    """
    codec, language = query.get("encoding", "pcm"), query.get("language")
    if codec not in RAW_CODECS:
        raise voice_error(400, f"unsupported encoding: {codec}; it is one of {', '.join(RAW_CODECS)}")
    if "sample_rate" not in query:
        raise voice_error(400, "sample_rate is required")
    if language is not None and language.lower().partition("-")[0] not in LANGUAGES:
        raise voice_error(400, f"unsupported language: {language}")
    for name in _FLAGS:
        if query.get(name, "false") not in ("true", "false"):
            raise voice_error(400, f"{name} must be true or false, not {query[name]}")
    multichannel = query.get("multichannel") == "true"
    if multichannel and "channels" not in query:
        raise voice_error(400, "channels is required with multichannel")
    return StreamSettings(
        codec,
        _whole(query, "sample_rate", RATES),
        _whole(query, "channels", range(2, 9)) if multichannel else 1,
        multichannel,
        query.get("interim_results") == "true",
        query.get("diarize") == "true",
        TURN_SECONDS + _whole(query, "endpointing", range(5_001), _ENDPOINTING) / 1000,
    )


def _whole(query: dict[str, str], name: str, allowed: range, default: int = 0) -> int:
    given = query.get(name, str(default))
    if name in query and (not (given.isascii() and given.isdigit()) or int(given) not in allowed):
        raise voice_error(400, f"{name} must be between {allowed[0]} and {allowed[-1]}, not {given}")
    return int(given)


@dataclass(slots=True)
class Hearing:
    """What was heard on one channel since its last utterance ended."""

    samples: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    begins: float = 0.0
    """When these samples begin, in seconds of the whole."""
    counted: int = 0
    """Words of utterances that have ended."""
    shown: int = 0
    """Words of this one that were told."""

    @property
    def seconds(self) -> float:
        """How long they are."""
        return len(self.samples) / RATE

    def words(self) -> list[Word]:
        """The words in them, with the seconds of the whole."""
        return [
            Word(word.text, round(self.begins + word.start, 2), round(self.begins + word.end, 2), word.speaker)
            for word in hear_words(self.samples, self.counted)
        ]

    def forget(self, until: float) -> None:
        """Let go what comes before a moment of the whole."""
        count = max(0, round((until - self.begins) * RATE))
        self.samples = self.samples[count:]
        self.begins += count / RATE
        self.shown = 0


class Listener:
    """Listens to what comes over one socket."""

    def __init__(self, session: SocketSession, settings: StreamSettings) -> None:
        self._session = session
        self._settings = settings
        self._heard = [Hearing() for _ in range(settings.channels)]
        self._bytes = 0
        self._billed = 0
        self._rest = b""

    async def serve(self) -> None:
        """Take sound until the client says that it is done."""
        await self._session.send({"type": "transcript.created"})
        while True:
            message = await self._session.receive()
            if isinstance(message, bytes):
                await self._take(message)
                continue
            kind = message.get("type")
            if kind not in ("finalize", "audio.done"):
                raise voice_error(400, f"unknown message type: {kind}")
            for index in range(len(self._heard)):
                await self._end_utterance(index, self._heard[index].words())
            if kind == "audio.done":
                for index in range(len(self._heard)):
                    told = {"type": "transcript.done", "text": "", "words": [], "duration": round(self._seconds, 2)}
                    await self._session.send(told | self._channel(index))
                return

    @property
    def _seconds(self) -> float:
        width = self._settings.channels * (2 if self._settings.codec == "pcm" else 1)
        return self._bytes / (width * self._settings.rate)

    async def _take(self, frame: bytes) -> None:
        self._bytes += len(frame)
        due = round(self._seconds * TICKS_PER_STREAMED_HOUR / 3600)
        self._session.bill(due - self._billed)
        self._billed = due
        settings = self._settings
        width = settings.channels * (2 if settings.codec == "pcm" else 1)
        sound = self._rest + frame
        whole = len(sound) // width * width
        sound, self._rest = sound[:whole], sound[whole:]
        if sound:
            channels = await asyncio.to_thread(read_raw_sound, sound, settings.codec, settings.rate, settings.channels)
            for index, samples in enumerate(channels):
                self._heard[index].samples = np.concatenate([self._heard[index].samples, samples])
                await self._listen(index)

    async def _listen(self, index: int) -> None:
        heard = self._heard[index]
        words = heard.words()
        if not words:
            heard.forget(heard.begins + heard.seconds - self._settings.pause)
            return
        quiet = heard.begins + heard.seconds - words[-1].end
        if quiet >= self._settings.pause or heard.seconds >= LONGEST_UTTERANCE:
            await self._end_utterance(index, words)
        elif self._settings.interim and len(words) > heard.shown:
            heard.shown = len(words)
            await self._tell(index, words, is_final=False, speech_final=False)

    async def _end_utterance(self, index: int, words: list[Word]) -> None:
        """Tell of an utterance: what of it is settled first, then that it is over."""
        if not words:
            return
        await self._tell(index, words, is_final=True, speech_final=False)
        await self._tell(index, words, is_final=True, speech_final=True)
        self._heard[index].counted += len(words)
        self._heard[index].forget(words[-1].end)

    async def _tell(self, index: int, words: list[Word], *, is_final: bool, speech_final: bool) -> None:
        shown: list[dict[str, Any]] = [
            {"text": word.text, "start": word.start, "end": word.end}
            | ({"speaker": word.speaker} if self._settings.diarize else {})
            for word in words
        ]
        told = {
            "type": "transcript.partial",
            "text": " ".join(word.text for word in words),
            "words": shown,
            "is_final": is_final,
            "speech_final": speech_final,
            "start": words[0].start,
            "duration": round(words[-1].end - words[0].start, 2),
        }
        await self._session.send(told | self._channel(index))

    def _channel(self, index: int) -> dict[str, int]:
        return {"channel_index": index} if self._settings.multichannel else {}
