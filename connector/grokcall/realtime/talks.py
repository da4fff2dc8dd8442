"""Talks with a model, for those who wait and for those who await."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Self

import pyarrow as pa

from grokcall.budget.spending_limits import SpendingLimits
from grokcall.errors import DataError, InterfaceError
from grokcall.execution.runtime import Runtime
from grokcall.realtime.given_sound import begins_like_a_file
from grokcall.realtime.streams import AsyncSocketStream, BaseSocketStream, SocketStream
from grokcall.realtime.talk_events import TalkEvent
from grokcall.realtime.talk_settings import talk_settings
from grokcall.realtime.talk_tools import ANSWER
from grokcall.realtime.talk_work import Sending, TalkWork


class TalkFacts(BaseSocketStream[TalkEvent]):
    """What is known of a talk, whoever waits for it, and what can be sent."""

    _work: TalkWork

    @property
    def turns(self) -> pa.Table:
        """What was said so far: ``role`` (``user`` or ``assistant``), ``text``, ``start_s`` and ``end_s``."""
        return self._work.turns.table()

    def _sound(self, chunk: object) -> Sending:
        if not isinstance(chunk, bytes | bytearray | memoryview):
            raise DataError(f"audio takes bytes of sound, not {type(chunk).__name__}")
        sound, settings = bytes(chunk), self._work.sound
        if len(sound) % settings.width:
            raise DataError(f"audio: {len(sound):,} bytes are no whole samples of {settings.encoding}; give whole ones")
        if (kind := begins_like_a_file(sound)) is not None:
            raise DataError(f"audio: this is a file ({kind}); a talk takes raw sound, as ffmpeg -f s16le writes it")
        told = {"type": "input_audio_buffer.append", "audio": base64.b64encode(sound).decode()}
        return Sending((told,), settings.seconds(len(sound)))

    def _words(self, text: object) -> Sending:
        if not isinstance(text, str) or not text.strip():
            raise DataError("say takes a text with something in it")
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        return Sending(({"type": "conversation.item.create", "item": item}, ANSWER), text=text)

    @property
    def _commit(self) -> Sending:
        return Sending(({"type": "input_audio_buffer.commit"}, ANSWER))

    def _check_going_on(self, goes_on: bool) -> None:
        if not goes_on:
            raise InterfaceError("the talk is over; what has ended it is raised by its iteration")


class TalkSession(TalkFacts, SocketStream[TalkEvent]):
    """A talk with a model: an iterator of events, and a context manager; :meth:`grokcall.Connection.realtime` makes it.

    Entering it opens the socket. Another thread may send while one iterates.

    >>> with connection.realtime(instructions="Be short.") as session:  # doctest: +SKIP
    ...     session.say("What is 6 * 7?")
    ...     for event in session:
    ...         if event.kind == "audio":
    ...             player.write(event.data)
    ...         elif event.kind == "turn_done":
    ...             break
    """

    def audio(self, chunk: bytes) -> None:
        """Sends sound, raw and in the declared encoding and rate.

        Raises:
            DataError: It is no such sound.
            BudgetReachedError: A limit leaves no room for it, which ends the talk.
            InterfaceError: The talk is over.
        """
        self._feed(self._sound(chunk))

    def say(self, text: str) -> None:
        """Sends a text as what the user says, and has it answered. It costs 0.004 USD.

        Raises:
            DataError: It is empty.
            BudgetReachedError: A limit leaves no room for it, which ends the talk.
            InterfaceError: The talk is over.
        """
        self._feed(self._words(text))

    def commit(self) -> None:
        """Says that the sound so far is a turn, and has it answered; for talks without ``turn_detection``."""
        self._feed(self._commit)

    def interrupt(self) -> None:
        """Has the model cease to speak; sound that has come and was not taken is dropped."""
        self._check_process()
        self._begin()
        self._check_going_on(self._loop.run(self._work.interrupt()))

    def _feed(self, given: Sending) -> None:
        self._check_process()
        self._begin()
        self._check_going_on(self._loop.run(self._work.feed(given)))

    def _begin(self) -> None:
        self._check_going_on(not self._over)
        if not self._begun:
            self._begun = True
            self._loop.run(self._work.begin())

    def __enter__(self) -> Self:
        self._check_process()
        try:
            self._begin()
        except BaseException:
            self.close()
            raise
        return self


class AsyncTalkSession(TalkFacts, AsyncSocketStream[TalkEvent]):
    """The twin of :class:`grokcall.realtime.TalkSession` for programs that await, in any event loop.

    >>> async with connection.realtime(instructions="Be short.") as session:  # doctest: +SKIP
    ...     await session.say("What is 6 * 7?")
    ...     async for event in session:
    ...         print(event.kind, event)
    """

    async def audio(self, chunk: bytes) -> None:
        """Sends sound; see :meth:`grokcall.realtime.TalkSession.audio`."""
        await self._feed(self._sound(chunk))

    async def say(self, text: str) -> None:
        """Sends a text as what the user says, and has it answered. It costs 0.004 USD."""
        await self._feed(self._words(text))

    async def commit(self) -> None:
        """Says that the sound so far is a turn, and has it answered; for talks without ``turn_detection``."""
        await self._feed(self._commit)

    async def interrupt(self) -> None:
        """Has the model cease to speak; sound that has come and was not taken is dropped."""
        self._check_process()
        await self._begin()
        self._check_going_on(await self._loop.arun(self._work.interrupt()))

    async def _feed(self, given: Sending) -> None:
        self._check_process()
        await self._begin()
        self._check_going_on(await self._loop.arun(self._work.feed(given)))

    async def _begin(self) -> None:
        self._check_going_on(not self._over)
        if not self._begun:
            self._begun = True
            await self._loop.arun(self._work.begin())

    async def __aenter__(self) -> Self:
        self._check_process()
        try:
            await self._begin()
        except BaseException:
            await self.close()
            raise
        return self


def talk(runtime: Runtime, given: Mapping[str, Any], limits: Mapping[str, object]) -> TalkSession:
    """A talk with these settings; see :meth:`grokcall.Connection.realtime`."""
    return TalkSession(talk_work(runtime, given, limits), (), runtime.loop)


def atalk(runtime: Runtime, given: Mapping[str, Any], limits: Mapping[str, object]) -> AsyncTalkSession:
    """The same for who awaits."""
    return AsyncTalkSession(talk_work(runtime, given, limits), (), runtime.loop)


def talk_work(runtime: Runtime, given: Mapping[str, Any], limits: Mapping[str, object]) -> TalkWork:
    """The session of a talk.

    Raises:
        InterfaceError: There is no such tool or limit.
        DataError: A setting cannot have its value.
    """
    runtime.check_open()
    budget = SpendingLimits.named(limits, "realtime").budget("talk", runtime.budget) or runtime.budget
    return TalkWork(runtime, talk_settings(runtime.toolbox, **given), budget)
