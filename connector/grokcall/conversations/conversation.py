"""Conversations whose questions block the thread until they are answered."""

from __future__ import annotations

from typing import Any

from grokcall.conversations.answer import Answer
from grokcall.conversations.base_conversation import BaseConversation
from grokcall.core.outcome import Outcome
from grokcall.execution.call_stream import CallStream
from grokcall.execution.single_calls import SingleCall
from grokcall_procedures import BoundCall


class Conversation(BaseConversation):
    """A conversation: each question goes on from the answers before it.

    :meth:`grokcall.Connection.conversation` makes it. Where the service keeps the answers (30 days) a question names
    the last of them; with ``Store=False`` all that was said is sent again, reasoning included, which only the service
    can read. A question that fails is no turn: the conversation is as it was before. One turn is under way at a time.

    >>> talk = connection.conversation(Instructions="Answer in one word.")  # doctest: +SKIP
    >>> print(talk.ask("Which colour is a ripe banana?"), talk.ask("And an unripe one?"))  # doctest: +SKIP
    Yellow Green
    """

    def ask(self, message: str | None = None, **parameters: Any) -> Answer:
        """The answer to the next question.

        Args:
            message: The question; None where ToolOutputs are given.
            **parameters: Parameters of GenerateResponse for this question, beside those of the conversation.

        Raises:
            InterfaceError: A turn is under way, or there is no such parameter.
            NotFoundError: The service has lost the answer before; :meth:`replay` has the next question do without.
            BudgetReachedError: A limit leaves no room for it; nothing was sent.
            grokcall.Error: What the call failed with.
        """
        self._begin()
        try:
            call = self._question(message, parameters)
            return self._taken(call, self._made(call))
        finally:
            self._end()

    def stream(self, message: str | None = None, **parameters: Any) -> CallStream:
        """The answer to the next question in pieces; it is a turn once it has come to its end.

        Args:
            message: The question.
            **parameters: As for :meth:`ask`.

        >>> with talk.stream("Tell a story") as stream:  # doctest: +SKIP
        ...     for piece in stream:
        ...         print(piece, end="", flush=True)
        """
        call, over = self._opened(message, parameters)
        return CallStream(call, self._runtime.loop, over)

    def compact(self) -> Answer:
        """Puts what was said into fewer tokens, to go on from; gives the columns of CompactConversation.

        It is billed. The turns stay as they were; what the service keeps of them is not gone on with.

        Raises:
            ProgrammingError: Nothing that was said is known here.
            grokcall.Error: What the call failed with.
        """
        self._begin()
        try:
            call = self._compaction()
            return self._compacted(call, self._made(call))
        finally:
            self._end()

    def delete(self) -> int:
        """Removes the answers of the turns from the service; gives how many it had kept.

        The conversation can go on: all that was said is sent again then. A fork that goes on from the same answers has
        to be replayed.

        Raises:
            grokcall.Error: One could not be removed.
        """
        self._begin()
        try:
            return self._deleted([self._made(call) for call in self._stored()])
        finally:
            self._end()

    def _made(self, call: BoundCall) -> Outcome:
        return SingleCall(self._executor(), call).made(self._runtime.loop)
