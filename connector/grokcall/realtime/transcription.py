"""What is said in sound that is still coming, an utterance at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping

from grokcall.budget.budget import Budget
from grokcall.budget.spending_limits import SpendingLimits
from grokcall.client.service_sockets import Document, ServiceSocket
from grokcall.errors import StreamCutError
from grokcall.execution.runtime import Runtime
from grokcall.http.websocket import SocketEnding
from grokcall.realtime.given_sound import Frames, SoundFormat, given_sound, sound_query
from grokcall.realtime.socket_work import SocketWork
from grokcall.realtime.streams import AsyncSocketStream, BaseSocketStream, SocketStream
from grokcall.realtime.utterance import Utterance, utterance_in
from grokcall_procedures.prices import PRICES

AHEAD = 10.0
"""Seconds of sound that are reserved in the budget at a time."""
HOUR = 3600


class TranscriptWork(SocketWork[object, Utterance]):
    """The session that writes down what is said.

    Args:
        runtime: What it runs on.
        query: What stands in the address of the socket.
        sound: What the sound is.
        interim: Whether to tell of utterances that are not finished, too.
        budget: What may be spent.
    """

    def __init__(
        self, runtime: Runtime, query: Mapping[str, object], sound: SoundFormat, interim: bool, budget: Budget
    ) -> None:
        super().__init__(runtime, "/stt", query, budget)
        self._sound = sound
        self._frames = Frames(sound)
        self._interim = interim
        self._open_channels = sound.channels
        self._sent_bytes = 0
        self.finished: list[Utterance] = []
        """The utterances that are over."""

    @property
    def seconds(self) -> float:
        """Seconds of sound that were sent."""
        return self._sound.seconds(self._sent_bytes)

    @property
    def text(self) -> str:
        """What was said so far."""
        return " ".join(each.text for each in self.finished if each.text)

    async def _sent(self, given: object) -> None:
        for frame in self._frames.of(given):
            await self._send_frame(frame)

    async def _flush(self) -> None:
        if rest := self._frames.rest():
            await self._send_frame(rest)

    async def _send_frame(self, frame: bytes) -> None:
        due = price(self._sound.seconds(self._sent_bytes + len(frame))) - self.meter.spent
        if due > self.meter.room:
            await self.meter.reserve(max(due, price(AHEAD)))
        socket = await self._opened()
        self.meter.spend(due)
        self._sent_bytes += len(frame)
        await socket.send(frame)

    async def _greeted(self, socket: ServiceSocket) -> None:
        """Waits until the service listens."""
        while True:
            document = await socket.receive()
            if isinstance(document, SocketEnding):
                raise self._cut(document.words)
            if document.get("type") == "transcript.created":
                return

    async def _closed_off(self, socket: ServiceSocket) -> None:
        await socket.send({"type": "audio.done"})

    async def _taken(self, document: Document) -> bool:
        kind = document.get("type")
        if kind == "transcript.partial":
            utterance = utterance_in(document)
            if utterance.finished:
                self.finished.append(utterance)
            if utterance.finished or self._interim:
                await self._news.put(utterance)
        self._open_channels -= kind == "transcript.done"
        return self._open_channels <= 0

    def _cut(self, why: str) -> StreamCutError:
        return StreamCutError(
            f"the transcript was cut off after {self.seconds:.1f} s of sound: {why}; what was sent may have been "
            "billed, and what was heard is in the attribute partial",
            partial=self.text,
        )


class TranscriptFacts(BaseSocketStream[Utterance]):
    """What is known of a transcript, whoever waits for it."""

    _work: TranscriptWork

    @property
    def text(self) -> str:
        """What was said so far, in utterances that are finished."""
        return self._work.text

    @property
    def seconds(self) -> float:
        """Seconds of sound that were sent so far."""
        return self._work.seconds


class TranscriptStream(TranscriptFacts, SocketStream[Utterance]):
    """Utterances under way, an iterator; :meth:`grokcall.Connection.transcribe_stream` makes it.

    A context manager: leaving it early closes the socket, and what was sent by then is paid for.

    >>> with connection.transcribe_stream(microphone, language="en") as words:  # doctest: +SKIP
    ...     for utterance in words:
    ...         print(utterance.text)
    """


class AsyncTranscriptStream(TranscriptFacts, AsyncSocketStream[Utterance]):
    """The twin of :class:`grokcall.realtime.TranscriptStream` for programs that await, in any event loop.

    >>> async with connection.transcribe_stream(microphone, language="en") as words:  # doctest: +SKIP
    ...     async for utterance in words:
    ...         print(utterance.text)
    """


def transcribed(runtime: Runtime, chunks: object, interim: bool, settings: Mapping[str, object]) -> TranscriptStream:
    """The transcript of sound in chunks; see :meth:`grokcall.Connection.transcribe_stream`."""
    work = transcript_work(runtime, interim, settings)
    return TranscriptStream(work, given_sound(chunks, awaited=False), runtime.loop)


def atranscribed(
    runtime: Runtime, chunks: object, interim: bool, settings: Mapping[str, object]
) -> AsyncTranscriptStream:
    """The same for who awaits; the iterable may be an asynchronous one."""
    work = transcript_work(runtime, interim, settings)
    return AsyncTranscriptStream(work, given_sound(chunks, awaited=True), runtime.loop)


def transcript_work(runtime: Runtime, interim: bool, given: Mapping[str, object]) -> TranscriptWork:
    """A session that writes down what is said.

    Raises:
        InterfaceError: There is no such setting or limit.
        DataError: A setting cannot have its value.
    """
    runtime.check_open()
    limits, chosen = SpendingLimits.taken_from(given, "transcribe_stream")
    budget = limits.budget("transcript", runtime.budget) or runtime.budget
    query = sound_query(chosen)
    sound = SoundFormat(str(query["encoding"]), int(str(query["sample_rate"])), int(str(query.get("channels", 1))))
    return TranscriptWork(runtime, {**query, "interim_results": interim}, sound, interim, budget)


def price(seconds: float) -> int:
    """The ticks for so many seconds of sound.

    >>> price(3600)
    2000000000
    """
    return math.ceil(round(seconds * PRICES.streamed_hour / HOUR, 6))
