"""What asks for a chat completion: at once or for later, in as many rounds as its tools take."""

from __future__ import annotations

from collections.abc import Sequence

from grokcall_procedures.chat.completion_messages import answer_of, calls_in, choice_of, said_again, tool_message
from grokcall_procedures.chat.completion_requests import CompletionBody, ask
from grokcall_procedures.chat.conversations import with_more
from grokcall_procedures.chat.later import begun_and_fetched
from grokcall_procedures.chat.tools import extra_functions, functions_of
from grokcall_procedures.client_tools import ToolOutput
from grokcall_procedures.definition import BoundCall
from grokcall_procedures.exchanges import Exchange, Exchanging
from grokcall_procedures.steps import reply_of
from grokcall_procedures.tool_rounds import (
    Called,
    Document,
    Replying,
    Rounds,
    later_choice,
    told_output,
    use_of,
)

CUT = frozenset({"length", "content_filter"})
"""The reasons of an answer that ends before what it has to say does."""


def answered(call: BoundCall, body: CompletionBody) -> Exchanging:
    """Asks for an answer to ``body``: once, or in rounds where the call has tools of the client's."""
    rounds = Rounds.of(
        call,
        CompletionTurns(call, body),
        lambda toolbox: [*functions_of(call.values, toolbox), *extra_functions(call.values)],
    )
    if rounds is None:
        reply = yield from asked(call, body, lasting=False, further=False)
        return Exchange((reply,))
    return (yield from rounds.ask())


def asked(call: BoundCall, body: CompletionBody, *, lasting: bool, further: bool) -> Replying:
    """Asks once, and waits for the answer where it is made for later."""
    request = ask(call, body, lasting=lasting, further=further)
    if call.is_deferred:
        return (yield from begun_and_fetched(request, call.settings))
    return reply_of((yield request)).body


class CompletionTurns:
    """The turns of a conversation in chat completions, each of which sends all that was said before.

    Args:
        call: The call.
        body: The first question.
    """

    def __init__(self, call: BoundCall, body: CompletionBody) -> None:
        self._call = call
        self._body = body
        self._number = 0

    def reply(self, *, further: bool) -> Replying:
        """Asks for the next turn."""
        self._number += 1
        return asked(self._call, self._body, lasting=True, further=further)

    def called(self, document: Document) -> list[Called]:
        """The functions that a reply calls."""
        message = said_again(answer_of(document), self._number)
        functions = [call for call in calls_in(message) if isinstance(call.get("function"), dict)]
        return [Called(call["id"], use_of(call["function"])) for call in functions]

    def is_over(self, document: Document) -> bool:
        """Whether a reply was cut, or calls something that is no function."""
        reason = (choice_of(document) or {}).get("finish_reason")
        return reason in CUT or len(self.called(document)) < len(calls_in(answer_of(document)))

    def go_on(self, document: Document, called: Sequence[Called], outputs: Sequence[ToolOutput]) -> list[Document]:
        """Makes the next question."""
        given = [tool_message(each.call_id, told_output(output)) for each, output in zip(called, outputs, strict=True)]
        body = self._body
        body.messages = with_more(body.messages, [said_again(answer_of(document), self._number), *given])
        body.tool_choice = later_choice(body.tool_choice)
        return given
