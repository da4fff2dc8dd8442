"""Conversations for programs that await."""

from __future__ import annotations

from typing import Any

from grokcall.conversations.answer import Answer
from grokcall.conversations.base_conversation import BaseConversation
from grokcall.core.outcome import Outcome
from grokcall.execution.call_stream import AsyncCallStream
from grokcall.execution.single_calls import SingleCall
from grokcall_procedures import BoundCall


class AsyncConversation(BaseConversation):
    """The twin of :class:`grokcall.Conversation` for programs that await, in any event loop.

    :meth:`grokcall.AsyncConnection.conversation` makes it.

    >>> talk = connection.conversation(Instructions="Answer in one word.")  # doctest: +SKIP
    >>> print(await talk.ask("Which colour is a ripe banana?"))  # doctest: +SKIP
    Yellow
    """

    async def ask(self, message: str | None = None, **parameters: Any) -> Answer:
        """The answer to the next question; see :meth:`grokcall.Conversation.ask`."""
        self._begin()
        try:
            call = self._question(message, parameters)
            return self._taken(call, await self._made(call))
        finally:
            self._end()

    def stream(self, message: str | None = None, **parameters: Any) -> AsyncCallStream:
        """The answer to the next question in pieces; it is a turn once it has come to its end."""
        call, over = self._opened(message, parameters)
        return AsyncCallStream(call, self._runtime.loop, over)

    async def compact(self) -> Answer:
        """Puts what was said into fewer tokens, to go on from; see :meth:`grokcall.Conversation.compact`."""
        self._begin()
        try:
            call = self._compaction()
            return self._compacted(call, await self._made(call))
        finally:
            self._end()

    async def delete(self) -> int:
        """Removes the answers of the turns from the service; see :meth:`grokcall.Conversation.delete`."""
        self._begin()
        try:
            return self._deleted([await self._made(call) for call in self._stored()])
        finally:
            self._end()

    async def _made(self, call: BoundCall) -> Outcome:
        return await SingleCall(self._executor(), call).amade(self._runtime.loop)
