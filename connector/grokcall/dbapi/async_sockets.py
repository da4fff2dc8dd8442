"""Sockets of connections that await: speech, transcripts and talks."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from typing import Any

from grokcall.execution.runtime import Runtime
from grokcall.realtime.speech import AsyncSpeechStream, aspoken
from grokcall.realtime.talks import AsyncTalkSession, atalk
from grokcall.realtime.transcription import AsyncTranscriptStream, atranscribed
from grokcall_procedures import Piece


class WithAsyncSockets:
    """What opens sockets, for a connection with a runtime."""

    runtime: Runtime
    """What its calls run on."""

    def speak(
        self, sentences: str | Iterable[str | Piece] | AsyncIterable[str | Piece], **parameters: Any
    ) -> AsyncSpeechStream:
        """Sound of a text of any length, as it comes; arguments as for :meth:`grokcall.Connection.speak`.

        ``sentences`` may be an asynchronous iterable as well; any other is iterated in this event loop.

        Raises:
            InterfaceError: There is no such parameter or limit, or ``sentences`` is something else.
            DataError: A parameter cannot have its value, or the text is empty.
        """
        return aspoken(self.runtime, sentences, parameters)

    def transcribe_stream(
        self,
        chunks: bytes | Iterable[bytes] | AsyncIterable[bytes],
        *,
        encoding: str = "pcm",
        sample_rate: int = 16_000,
        language: str | None = None,
        interim: bool = False,
        **settings: Any,
    ) -> AsyncTranscriptStream:
        """What is said in sound that is still coming; arguments as for :meth:`grokcall.Connection.transcribe_stream`.

        ``chunks`` may be an asynchronous iterable as well; any other is iterated in this event loop.

        Raises:
            InterfaceError: There is no such setting or limit, or ``chunks`` is something else.
            DataError: A setting cannot have its value.
        """
        given = {"encoding": encoding, "sample_rate": sample_rate, "language": language, **settings}
        return atranscribed(self.runtime, chunks, interim, given)

    def realtime(
        self,
        *,
        model: str | None = "grok-voice-latest",
        instructions: str | None = None,
        voice: str | None = None,
        tools: Sequence[str] = (),
        turn_detection: str | Mapping[str, object] | None = "server_vad",
        encoding: str = "pcm",
        sample_rate: int = 24_000,
        **limits: Any,
    ) -> AsyncTalkSession:
        """A talk with a model that listens and speaks; arguments as for :meth:`grokcall.Connection.realtime`.

        See :class:`grokcall.realtime.AsyncTalkSession`.

        Raises:
            InterfaceError: There is no such tool or limit.
            DataError: A setting cannot have its value.
        """
        given = {
            "model": model,
            "instructions": instructions,
            "voice": voice,
            "tools": tools,
            "turn_detection": turn_detection,
            "encoding": encoding,
            "sample_rate": sample_rate,
        }
        return atalk(self.runtime, given, limits)
