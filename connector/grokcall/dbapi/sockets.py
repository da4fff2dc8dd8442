"""Sockets of connections: speech, transcripts and talks, for those who wait and for those who await."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from grokcall.execution.runtime import Runtime
from grokcall_procedures import Piece

if TYPE_CHECKING:  # the room is loaded with the first socket; most programs open none
    from grokcall.realtime import (
        AsyncSpeechStream,
        AsyncTalkSession,
        AsyncTranscriptStream,
        SpeechStream,
        TalkSession,
        TranscriptStream,
    )

Texts = TypeVar("Texts")
Chunks = TypeVar("Chunks")
Speech = TypeVar("Speech")
Words = TypeVar("Words")
Talk = TypeVar("Talk")


class OpensSockets(ABC, Generic[Texts, Chunks, Speech, Words, Talk]):
    """What opens sockets, for a connection with a runtime; each kind says what goes in and what comes out."""

    runtime: Runtime
    """What its calls run on."""

    def speak(self, sentences: Texts, **parameters: Any) -> Speech:
        """Sound of a text of any length, as it comes, while the text is still going in; over a socket.

        Args:
            sentences: A text, or an iterable of texts, which are joined as they stand; also the pieces of an answer,
                of which the text is spoken. For a connection that awaits it may be an asynchronous iterable as well;
                any other is iterated in its event loop.
            **parameters: ``Voice``, ``Language``, ``Codec`` and ``SampleRate``, as GenerateAudio has them, and limits
                as for :meth:`cursor`.

        Raises:
            InterfaceError: There is no such parameter or limit, or ``sentences`` is something else.
            DataError: A parameter cannot have its value, or the text is empty.

        Pieces of sound raise what the session fails with: a :class:`grokcall.StreamCutError` with the sound so far
        where the socket was cut, a :class:`grokcall.BudgetReachedError` once a limit leaves no room for more.

        >>> with connection.speak("Good morning", Voice="ara") as sound:  # doctest: +SKIP
        ...     for piece in sound:
        ...         player.write(piece)
        """
        return self._spoken(sentences, parameters)

    def transcribe_stream(
        self,
        chunks: Chunks,
        *,
        encoding: str = "pcm",
        sample_rate: int = 16_000,
        language: str | None = None,
        interim: bool = False,
        **settings: Any,
    ) -> Words:
        """What is said in sound that is still coming, an utterance as soon as it is over; over a socket.

        Args:
            chunks: Raw sound without a head, in pieces of any length. For a connection that awaits they may be an
                asynchronous iterable as well; any other is iterated in its event loop.
            encoding: ``pcm`` (16 bits, little-endian), ``mulaw`` or ``alaw``.
            sample_rate: Samples for each second, 8000 to 48000.
            language: The language that is spoken, such as ``en``; found out without it.
            interim: Whether utterances that are not finished come as well, with ``finished`` False.
            **settings: ``endpointing`` (milliseconds of silence that end an utterance, 0 to 5000), ``diarize``,
                ``filler_words``, ``channels`` (2 to 8, apart), ``keyterms``, ``smart_turn`` (0 to 1),
                ``smart_turn_timeout`` (milliseconds, 1 to 5000), ``vad_threshold`` (0 to 1), and limits as for
                :meth:`cursor`.

        Raises:
            InterfaceError: There is no such setting or limit, or ``chunks`` is something else.
            DataError: A setting cannot have its value.

        Utterances raise what the session fails with: a :class:`grokcall.StreamCutError` with the words so far where
        the socket was cut, a :class:`grokcall.BudgetReachedError` once a limit leaves no room for more.

        >>> with connection.transcribe_stream(microphone, language="en") as words:  # doctest: +SKIP
        ...     for utterance in words:
        ...         print(utterance.start, utterance.text)
        """
        given = {"encoding": encoding, "sample_rate": sample_rate, "language": language, **settings}
        return self._transcribed(chunks, interim, given)

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
    ) -> Talk:
        """A talk with a model that listens and speaks, up to two hours; see :class:`grokcall.realtime.TalkSession`.

        Args:
            model: The model by its id; None for the service's own choice.
            instructions: What it is told before all else.
            voice: The voice that it speaks with; the service's own without one.
            tools: The names of tools that it may call: functions and queries, as :meth:`tool` and CREATE TOOL make
                them, and procedures; those that change something, or ask the management host, with the option
                ``tools_may_change``. What a procedure costs counts in the talk's limits.
            turn_detection: ``server_vad`` where the service finds out when somebody has spoken and answers by itself,
                or a mapping that sets ``threshold`` (0 to 1), ``silence_duration_ms`` or ``prefix_padding_ms`` of it;
                None where ``commit`` says it.
            encoding: What sound holds, in both directions: ``pcm`` (16 bits, little-endian), ``mulaw`` or ``alaw``.
            sample_rate: Its samples for each second: 8000, 16000, 22050, 24000, 32000, 44100 or 48000; 8000 with
                ``mulaw`` and ``alaw``.
            **limits: What it may spend, as for :meth:`cursor`.

        Raises:
            InterfaceError: There is no such tool or limit, or a model may not call the tool.
            DataError: A setting cannot have its value.

        >>> with connection.realtime(instructions="Be short.") as session:  # doctest: +SKIP
        ...     session.say("What is 6 * 7?")
        ...     for event in session:
        ...         print(event.kind, event)
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
        return self._talk(given, limits)

    @abstractmethod
    def _spoken(self, sentences: Texts, parameters: Mapping[str, object]) -> Speech: ...

    @abstractmethod
    def _transcribed(self, chunks: Chunks, interim: bool, settings: Mapping[str, object]) -> Words: ...

    @abstractmethod
    def _talk(self, given: Mapping[str, Any], limits: Mapping[str, object]) -> Talk: ...


class WithSockets(
    OpensSockets[
        "str | Iterable[str | Piece]", "bytes | Iterable[bytes]", "SpeechStream", "TranscriptStream", "TalkSession"
    ]
):
    """What opens sockets for those who wait."""

    def _spoken(self, sentences: str | Iterable[str | Piece], parameters: Mapping[str, object]) -> SpeechStream:
        from grokcall.realtime.speech import spoken

        return spoken(self.runtime, sentences, parameters)

    def _transcribed(
        self, chunks: bytes | Iterable[bytes], interim: bool, settings: Mapping[str, object]
    ) -> TranscriptStream:
        from grokcall.realtime.transcription import transcribed

        return transcribed(self.runtime, chunks, interim, settings)

    def _talk(self, given: Mapping[str, Any], limits: Mapping[str, object]) -> TalkSession:
        from grokcall.realtime.talks import talk

        return talk(self.runtime, given, limits)


class WithAsyncSockets(
    OpensSockets[
        "str | Iterable[str | Piece] | AsyncIterable[str | Piece]",
        "bytes | Iterable[bytes] | AsyncIterable[bytes]",
        "AsyncSpeechStream",
        "AsyncTranscriptStream",
        "AsyncTalkSession",
    ]
):
    """What opens sockets for those who await."""

    def _spoken(
        self, sentences: str | Iterable[str | Piece] | AsyncIterable[str | Piece], parameters: Mapping[str, object]
    ) -> AsyncSpeechStream:
        from grokcall.realtime.speech import aspoken

        return aspoken(self.runtime, sentences, parameters)

    def _transcribed(
        self, chunks: bytes | Iterable[bytes] | AsyncIterable[bytes], interim: bool, settings: Mapping[str, object]
    ) -> AsyncTranscriptStream:
        from grokcall.realtime.transcription import atranscribed

        return atranscribed(self.runtime, chunks, interim, settings)

    def _talk(self, given: Mapping[str, Any], limits: Mapping[str, object]) -> AsyncTalkSession:
        from grokcall.realtime.talks import atalk

        return atalk(self.runtime, given, limits)
