"""Speech of texts of any length, whose sound comes while the text is still going in."""

from __future__ import annotations

from collections.abc import Mapping

from grokcall.budget.budget import Budget
from grokcall.budget.spending_limits import SpendingLimits
from grokcall.client.service_sockets import Document, ServiceSocket
from grokcall.errors import DataError, InterfaceError, StreamCutError
from grokcall.execution.runtime import Runtime
from grokcall.realtime.given_texts import given_texts, pieces_of, text_of
from grokcall.realtime.limits import LIMITS
from grokcall.realtime.socket_work import SocketWork
from grokcall.realtime.sound_documents import sound_in
from grokcall.realtime.streams import AsyncSocketStream, BaseSocketStream, SocketStream
from grokcall_parser.suggestions import hint
from grokcall_procedures.audio import GENERATE_AUDIO
from grokcall_procedures.prices import PRICES
from grokcall_procedures.settings import Settings
from grokcall_procedures.types import UnfitValue
from grokcall_procedures.values import fit_value

SPOKEN = {
    "voice": ("Voice", "voice"),
    "language": ("Language", "language"),
    "codec": ("OutputCodec", "codec"),
    "outputcodec": ("OutputCodec", "codec"),
    "samplerate": ("OutputSampleRate", "sample_rate"),
    "outputsamplerate": ("OutputSampleRate", "sample_rate"),
}
"""The parameters in lower case: their names for GenerateAudio, and those in the address of the socket."""
NAMES = ("Voice", "Language", "Codec", "SampleRate")


class SpeechWork(SocketWork[object, bytes]):
    """The session that speaks.

    Args:
        runtime: What it runs on.
        query: What stands in the address of the socket.
        budget: What may be spent.
    """

    def __init__(self, runtime: Runtime, query: Mapping[str, object], budget: Budget) -> None:
        super().__init__(runtime, "/tts", query, budget)
        self.sound: list[bytes] = []
        """What has come so far."""
        self.characters: int = 0
        """Characters that were sent."""
        self._count = 0

    async def _sent(self, given: object) -> None:
        self._count += 1
        text = text_of(given, self._count)
        if not text:
            return
        await self.meter.reserve(len(text) * PRICES.character)
        socket = await self._opened()
        for piece in pieces_of(text):
            self.meter.spend(len(piece) * PRICES.character)
            self.characters += len(piece)
            await socket.send({"type": "text.delta", "delta": piece})

    async def _closed_off(self, socket: ServiceSocket) -> None:
        await socket.send({"type": "text.done"})

    async def _taken(self, document: Document) -> bool:
        if document.get("type") == "audio.delta":
            sound = sound_in(document)
            self.sound.append(sound)
            await self._news.put(sound)
        # What else may come is left alone; before all was given an end is none.
        return document.get("type") == "audio.done" and self._finished

    def _cut(self, why: str) -> StreamCutError:
        sound = b"".join(self.sound)
        return StreamCutError(
            f"the sound was cut off after {len(sound):,} bytes: {why}; the {self.characters:,} characters that were "
            "sent may have been billed, and what came is in the attribute partial",
            partial=sound,
        )


class SpeechFacts(BaseSocketStream[bytes]):
    """What is known of a speech, whoever waits for it."""

    _work: SpeechWork

    @property
    def sound(self) -> bytes:
        """All the sound so far."""
        return b"".join(self._work.sound)

    @property
    def characters(self) -> int:
        """How many characters were sent so far."""
        return self._work.characters


class SpeechStream(SpeechFacts, SocketStream[bytes]):
    """Sound under way: an iterator of bytes, as they come; :meth:`grokcall.Connection.speak` makes it.

    A context manager: leaving it early closes the socket, and what was sent by then is paid for.

    >>> with connection.speak("Good morning", Voice="ara") as sound:  # doctest: +SKIP
    ...     for piece in sound:
    ...         player.write(piece)
    """


class AsyncSpeechStream(SpeechFacts, AsyncSocketStream[bytes]):
    """The twin of :class:`grokcall.realtime.SpeechStream` for programs that await, in any event loop.

    >>> async with connection.speak(sentences, Voice="ara") as sound:  # doctest: +SKIP
    ...     async for piece in sound:
    ...         player.write(piece)
    """


def spoken(runtime: Runtime, sentences: object, parameters: Mapping[str, object]) -> SpeechStream:
    """The speech of a text or of an iterable of texts; see :meth:`grokcall.Connection.speak`."""
    work, warnings = speech_work(runtime, parameters)
    return SpeechStream(work, given_texts(sentences, awaited=False), runtime.loop, warnings)


def aspoken(runtime: Runtime, sentences: object, parameters: Mapping[str, object]) -> AsyncSpeechStream:
    """The same for who awaits; the iterable may be an asynchronous one."""
    work, warnings = speech_work(runtime, parameters)
    return AsyncSpeechStream(work, given_texts(sentences, awaited=True), runtime.loop, warnings)


def speech_work(runtime: Runtime, parameters: Mapping[str, object]) -> tuple[SpeechWork, tuple[str, ...]]:
    """A session that speaks, and what was changed about its parameters.

    Raises:
        InterfaceError: There is no such parameter or limit.
        DataError: A parameter cannot have its value.
    """
    runtime.check_open()
    limits, chosen = SpendingLimits.taken_from(parameters, "speak")
    budget = limits.budget("speech", runtime.budget) or runtime.budget
    query, warnings = spoken_query(chosen, runtime.settings)
    return SpeechWork(runtime, query, budget), warnings


def spoken_query(given: Mapping[str, object], settings: Settings) -> tuple[dict[str, object], tuple[str, ...]]:
    """What stands in the address of the socket."""
    query: dict[str, object] = {"language": "auto"}
    warnings = []
    for name, value in given.items():
        known = SPOKEN.get(name.lower())
        if known is None:
            raise InterfaceError(f"speak takes no {name!r}; {advice(name)}")
        parameter = GENERATE_AUDIO.by_name[known[0].lower()]
        try:
            fitted, warning = fit_value(value, parameter, settings)
        except UnfitValue as error:
            raise DataError(f"speak: {name} {error}") from None
        if fitted is not None:
            query[known[1]] = fitted
        if warning is not None:
            warnings.append(warning)
    return query, tuple(warnings)


def advice(name: str) -> str:
    """What can be given instead of a parameter that the socket does not take."""
    if name.lower() in GENERATE_AUDIO.by_name:
        return (
            f"the socket has {', '.join(NAMES)}, and GenerateAudio has {name}, for a text of at most 15,000 characters"
        )
    return hint(name, [*NAMES, *LIMITS], f"there are {', '.join(NAMES)} and the limits of a cursor")
