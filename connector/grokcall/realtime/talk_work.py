"""A talk with a model over a socket, on its connection's loop."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from grokcall.budget.budget import Budget
from grokcall.client.service_sockets import Document, ServiceSocket
from grokcall.errors import ConnectionCutError, ServiceError, StreamCutError
from grokcall.execution.runtime import Runtime
from grokcall.http.websocket import SocketEnding
from grokcall.realtime import talk_events as kinds
from grokcall.realtime.given_sound import SoundFormat
from grokcall.realtime.socket_work import End, SocketWork, stopped
from grokcall.realtime.sound_documents import sound_in
from grokcall.realtime.talk_costs import AHEAD, TalkCosts
from grokcall.realtime.talk_events import TalkEvent, TalkEventKind
from grokcall.realtime.talk_settings import TalkSettings
from grokcall.realtime.talk_tools import ANSWER, TalkTools, call_in
from grokcall.realtime.talk_turns import SpokenTurns
from grokcall_procedures import ToolUse

LONGEST = 7_200.0
"""Seconds of the longest talk."""
REGULAR_ENDS = (1000, 1001)
OVERTIME = "the service ends a talk after 120 minutes"


@dataclass(frozen=True, slots=True)
class Sending:
    """What is sent together.

    Args:
        documents: The events.
        seconds: Seconds of sound in them.
        text: What the user has written in them; None for nothing.
    """

    documents: tuple[Mapping[str, Any], ...]
    seconds: float = 0.0
    text: str | None = None


class TalkWork(SocketWork[Sending, TalkEvent]):
    """The session of a talk.

    Args:
        runtime: What it runs on.
        settings: What it is set to.
        budget: What may be spent.
        clock: Gives seconds; None for the clock of the loop.
    """

    def __init__(
        self, runtime: Runtime, settings: TalkSettings, budget: Budget, clock: Callable[[], float] | None = None
    ) -> None:
        super().__init__(runtime, "/realtime", {"model": settings.model}, budget)
        self._settings = settings
        self.sound: SoundFormat = settings.sound
        """What sound holds."""
        self._costs = TalkCosts(self.meter, settings.model, clock)
        self._tools = TalkTools(runtime, budget, settings.tools)
        self._helpers: set[asyncio.Task[None]] = set()
        self._calls: dict[str, ToolUse] = {}
        self._numbers = itertools.count(1)
        self._pong_id = ""
        self._is_muted = False
        self.is_answering: bool = False
        """Whether the model answers just now."""
        self.turns: SpokenTurns = SpokenTurns()
        """Who said what."""

    @property
    def spent(self) -> int:
        """Ticks that it has cost so far, with the procedures that the model has called."""
        return super().spent + self._tools.spent

    async def begin(self) -> None:
        """Opens the socket and has the talk set to what was asked for.

        Raises:
            BudgetReachedError: A limit leaves no room for it.
            grokcall.Error: The socket cannot be opened, or the service does not take the settings.
        """
        try:
            await self._costs.reserve()
            await self._opened()
        except BaseException:
            await self.end()
            raise
        self._help(self._count_on())

    async def feed(self, given: Sending) -> bool:
        """Sends something; gives whether the talk goes on. What fails ends the talk, and is raised here as well."""
        try:
            return await super().feed(given)
        except Exception as error:
            self._fail(error)
            raise

    async def fail(self, error: BaseException) -> None:
        """Ends the talk with an error, after what has come."""
        self._fail(error)

    async def interrupt(self) -> bool:
        """Has the model cease to speak, and drops sound that was not taken; gives whether the talk goes on."""
        kept = [self._news.get_nowait() for _ in range(self._news.qsize())]
        for each in kept:
            if isinstance(each, End) or each.kind is not TalkEventKind.AUDIO:
                self._news.put_nowait(each)
        if not self.is_answering or self._socket is None:
            return not self._ended
        self._is_muted = True
        return await self.feed(Sending(({"type": "response.cancel", "event_id": self._optional(self._socket)},)))

    async def end(self) -> None:
        """Closes the socket and settles the budget; harmless when repeated."""
        if self._ended:
            return
        helpers = [task for task in self._helpers if task is not asyncio.current_task()]
        await super().end()
        for task in helpers:
            await stopped(task)

    async def _sent(self, given: Sending) -> None:
        if self._costs.now >= LONGEST:
            raise self._cut(OVERTIME)
        await self._costs.count(given.seconds, given.text is not None)
        socket = await self._opened()
        if given.text is not None:
            self.turns.said(given.text, self._costs.now)
        for document in given.documents:
            await socket.send(document)
        if ANSWER in given.documents:
            self._await_more()

    async def _closed_off(self, socket: ServiceSocket) -> None:
        """Nothing: a talk has no end but that it is left."""

    async def _greeted(self, socket: ServiceSocket) -> None:
        await self._until(socket, "session.created")
        await socket.send({"type": "session.update", "session": self._settings.session})
        self._settings.check_taken(await self._until(socket, "session.updated"))
        self._costs.begin()

    async def _until(self, socket: ServiceSocket, kind: str) -> Document:
        while True:
            document = await socket.receive()
            if isinstance(document, SocketEnding):
                raise self._cut(document.words)
            if document.get("type") == kind:
                return document
            if document.get("type") == "ping":
                await self._pong(socket, document)

    async def _taken(self, document: Document) -> bool:
        kind = document.get("type")
        if kind == kinds.SOUND:
            await self._take_sound(document)
        elif kind in kinds.SPOKEN_WORDS:
            text = str(document.get("delta") or "")
            self.turns.answered(text, self._costs.now)
            await self._tell(TalkEventKind.TEXT, document, text)
        elif kind == kinds.HEARD:
            await self._take_heard(document)
        elif kind in (kinds.ARGUMENTS, kinds.ITEM):
            await self._take_call(document)
        elif kind == kinds.BEGUN:
            self.is_answering = True
            self._await_more()
        elif kind == kinds.DONE:
            await self._take_done(document)
        elif kind in (kinds.SPEECH_BEGAN, kinds.SPEECH_ENDED):
            self._take_speech(document)
        elif kind == "ping" and self._socket is not None:
            await self._pong(self._socket, document)
        return False

    async def _take_heard(self, document: Document) -> None:
        text = str(document.get("transcript") or "").strip()
        if text:  # there may be nothing in what was taken for speech
            self.turns.heard(text, self._costs.now)
            await self._tell(TalkEventKind.HEARD, document, text)

    async def _take_sound(self, document: Document) -> None:
        sound = sound_in(document)
        self._costs.seconds += self.sound.seconds(len(sound))  # it has come, and is paid for in any case
        await self._costs.count()
        self.turns.answered("", self._costs.now)
        if not self._is_muted:
            await self._news.put(TalkEvent(TalkEventKind.AUDIO, data=sound, raw=document))

    async def _take_call(self, document: Document) -> None:
        found = call_in(document)
        if found is not None and found[0] not in self._calls:
            call, use = found
            self._calls[call] = use
            await self._tell(TalkEventKind.TOOL_CALL, document, use.arguments, use.tool)

    async def _take_done(self, document: Document) -> None:
        self.is_answering = self._is_muted = False
        self._awaited_since = None
        self.turns.ended(self._costs.now)
        calls, self._calls = self._calls, {}
        response = document.get("response")
        if calls and (not isinstance(response, dict) or response.get("status") != "cancelled"):
            self._help(self._use_tools(calls))
        else:
            await self._tell(TalkEventKind.TURN_DONE, document)

    def _take_speech(self, document: Document) -> None:
        # By the clock: the service counts milliseconds of the sound that it was sent, which may have had gaps.
        if document.get("type") == kinds.SPEECH_BEGAN:
            self.turns.speech(start=self._costs.now)
        else:
            self.turns.speech(end=self._costs.now)

    async def _use_tools(self, calls: Mapping[str, ToolUse]) -> None:
        """Runs the tools that the model called in one answer, and has it go on with what they gave."""
        await self.feed(Sending(await self._tools.outputs(calls)))

    async def _pong(self, socket: ServiceSocket, document: Document) -> None:
        # The reference has the service's ping, and no answer to it: one that is refused is not given again.
        if self._pong_id not in socket.refused:
            self._pong_id = self._optional(socket)
            with suppress(ConnectionCutError):  # what has closed the socket comes next
                await socket.send({"type": "pong", "event_id": self._pong_id, "timestamp": document.get("timestamp")})

    def _optional(self, socket: ServiceSocket) -> str:
        """The id of an event that the service may refuse without ending the talk."""
        identity = f"grokcall_{next(self._numbers)}"
        socket.optional.add(identity)
        return identity

    async def _tell(self, kind: TalkEventKind, raw: Document, text: str = "", name: str = "") -> None:
        await self._news.put(TalkEvent(kind, text, name=name, raw=raw))

    async def _before_failing(self, error: Exception) -> None:
        if isinstance(error, ServiceError) and self._socket is not None:
            await self._tell(TalkEventKind.ERROR, self._socket.last_error, str(error))

    def _settle(self) -> None:
        self._costs.spend_due()
        super()._settle()

    def _is_regular(self, ending: SocketEnding) -> bool:
        return ending.code in REGULAR_ENDS

    def _cut(self, why: str) -> StreamCutError:
        return StreamCutError(
            f"the talk was cut off after {self._costs.now:.0f} s: {why}; what was sent may have been billed, and what "
            "was said is in the attribute partial",
            partial=self.turns.text,
        )

    async def _count_on(self) -> None:
        while True:
            await asyncio.sleep(AHEAD)
            await self._costs.count()
            if self._costs.now >= LONGEST:
                raise self._cut(OVERTIME)

    async def _put_last(self, error: BaseException) -> None:
        await stopped(self._receiver)
        await self._news.put(End(error))

    def _help(self, work: Coroutine[Any, Any, None]) -> None:
        """Does something beside the talk, which ends with it if it fails."""
        task = asyncio.create_task(work)
        self._helpers.add(task)
        task.add_done_callback(self._helped)

    def _helped(self, task: asyncio.Task[None]) -> None:
        self._helpers.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if not self._ended and self._failure is None:
            self._failure = error
            self._help(self._put_last(error))
