"""Sockets of connections that block: speech, transcripts and talks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from grokcall.execution.runtime import Runtime
from grokcall.realtime.speech import SpeechStream, spoken
from grokcall.realtime.talks import TalkSession, talk
from grokcall.realtime.transcription import TranscriptStream, transcribed
from grokcall_procedures import Piece


class WithSockets:
    """What opens sockets, for a connection with a runtime."""

    runtime: Runtime
    """What its calls run on."""

    def speak(self, sentences: str | Iterable[str | Piece], **parameters: Any) -> SpeechStream:
        """Sound of a text of any length, as it comes, while the text is still going in; over a socket.

        Args:
            sentences: A text, or an iterable of texts, which are joined as they stand; also the pieces of an answer,
                of which the text is spoken.
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
        return spoken(self.runtime, sentences, parameters)

    def transcribe_stream(
        self,
        chunks: bytes | Iterable[bytes],
        *,
        encoding: str = "pcm",
        sample_rate: int = 16_000,
        language: str | None = None,
        interim: bool = False,
        **settings: Any,
    ) -> TranscriptStream:
        """What is said in sound that is still coming, an utterance as soon as it is over; over a socket.

        Args:
            chunks: Raw sound without a head, in pieces of any length.
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
        return transcribed(self.runtime, chunks, interim, given)

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
    ) -> TalkSession:
        """A talk with a model that listens and speaks, up to two hours; see :class:`grokcall.realtime.TalkSession`.

        Args:
            model: The model by its id; None for the service's own choice.
            instructions: What it is told before all else.
            voice: The voice that it speaks with; the service's own without one.
            tools: The names of functions and queries of yours that it may call, as :meth:`tool` makes them.
            turn_detection: ``server_vad`` where the service finds out when somebody has spoken and answers by itself,
                or a mapping that sets ``threshold`` (0 to 1), ``silence_duration_ms`` or ``prefix_padding_ms`` of it;
                None where ``commit`` says it.
            encoding: What sound holds, in both directions: ``pcm`` (16 bits, little-endian), ``mulaw`` or ``alaw``.
            sample_rate: Its samples for each second: 8000, 16000, 22050, 24000, 32000, 44100 or 48000; 8000 with
                ``mulaw`` and ``alaw``.
            **limits: What it may spend, as for :meth:`cursor`.

        Raises:
            InterfaceError: There is no such tool or limit.
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
        return talk(self.runtime, given, limits)
