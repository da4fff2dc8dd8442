"""Text to speech over a socket: text goes in by pieces, and each sentence is spoken as soon as it is whole."""

import asyncio
import base64
import re
import struct

from grokcall_sandbox.api.generation import FORBIDDEN_MARK
from grokcall_sandbox.api.speech import LANGUAGES, MAX_CHARACTERS, RATES
from grokcall_sandbox.api.voices import find_voice
from grokcall_sandbox.errors import ApiError, voice_error
from grokcall_sandbox.media.sounds import MEDIA_TYPES, encode_sound
from grokcall_sandbox.media.speech import speak
from grokcall_sandbox.prices import TICKS_PER_SPOKEN_CHARACTER
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.sockets import Serve, SocketSession

MAX_SESSIONS = 50
"""Sockets that a team may have open at a time."""
BIT_RATE = 128_000
CHUNK_BYTES = 16_384
_SENTENCE = re.compile(r".*?[.!?…]+\s+", re.DOTALL)
_WAVE_HEAD = struct.Struct("<4sI4s4sIHHIIHH4sI")
_UNKNOWN_LENGTH = 0xFFFFFFFF


def open_speech(call: SandboxRequest) -> Serve:
    """The socket /v1/tts."""
    query = call.query
    language = query.get("language")
    if language is None:
        raise voice_error(400, "language is required")
    if language.lower() not in LANGUAGES:
        raise voice_error(400, f"unsupported language: {language}")
    codec = query.get("codec", "mp3")
    codec = "mulaw" if codec == "ulaw" else codec
    if codec not in MEDIA_TYPES:
        raise voice_error(400, f"unsupported codec: {codec}")
    rate = query.get("sample_rate", "24000")
    if rate not in map(str, RATES):
        raise voice_error(400, f"unsupported sample_rate: {rate}")
    voice = find_voice(call.state, query.get("voice", "eve"))
    if call.state.speech_sockets >= MAX_SESSIONS:
        raise ApiError(429, f"Too many concurrent sessions: {MAX_SESSIONS} at most.", "resource-exhausted")

    async def serve(session: SocketSession) -> None:
        session.state.speech_sockets += 1
        try:
            await Speaker(session, language, voice, codec, int(rate)).serve()
        finally:
            session.state.speech_sockets -= 1

    return serve


class Speaker:
    """Speaks what comes over one socket."""

    def __init__(self, session: SocketSession, language: str, voice: str, codec: str, rate: int) -> None:
        self._session = session
        self._language = language
        self._voice = voice
        self._codec = codec
        self._rate = rate
        self._has_head = False

    async def serve(self) -> None:
        """Take pieces of text until the client leaves; the socket stays open after each speech."""
        text = ""
        while True:
            message = await self._session.receive()
            if isinstance(message, bytes):
                raise voice_error(400, "binary messages are not taken")
            kind = message.get("type")
            if kind == "text.delta":
                text += self._checked(message.get("delta"))
                while (sentence := _SENTENCE.match(text)) is not None:
                    text = text[sentence.end() :]
                    await self._say(sentence.group())
            elif kind == "text.done":
                await self._say(text)
                text, self._has_head = "", False
                await self._session.send({"type": "audio.done"})
            else:
                raise voice_error(400, f"unknown message type: {kind}")

    def _checked(self, delta: object) -> str:
        if not isinstance(delta, str):
            raise voice_error(400, "delta must be a string")
        if len(delta) > MAX_CHARACTERS:
            raise voice_error(400, f"delta must be at most {MAX_CHARACTERS} characters, got {len(delta)}")
        if FORBIDDEN_MARK in delta:
            raise voice_error(403, "Content violates usage guidelines.")
        self._session.bill(len(delta) * TICKS_PER_SPOKEN_CHARACTER)
        return delta

    async def _say(self, text: str) -> None:
        if not text.strip():
            return
        loop = asyncio.get_running_loop()
        sound = await loop.run_in_executor(self._session.state.renderers, self._rendered, text)
        if self._codec == "wav" and not self._has_head:
            sound = self._wave_head() + sound
        self._has_head = True
        for start in range(0, len(sound), CHUNK_BYTES):
            chunk = base64.b64encode(sound[start : start + CHUNK_BYTES]).decode()
            await self._session.send({"type": "audio.delta", "delta": chunk})

    def _rendered(self, text: str) -> bytes:
        samples = speak(text, self._language, self._voice, self._rate, 1.0)
        return encode_sound(samples, self._rate, "pcm" if self._codec == "wav" else self._codec, BIT_RATE)

    def _wave_head(self) -> bytes:
        """The head of a file whose length is not known yet."""
        most, rate = _UNKNOWN_LENGTH, self._rate
        return _WAVE_HEAD.pack(b"RIFF", most, b"WAVE", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16, b"data", most)
