"""What asks for an answer of the Responses interface, in as many rounds as its tools take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from grokcall_procedures.client_tools import ToolOutput
from grokcall_procedures.definition import BoundCall
from grokcall_procedures.exchanges import Asking, asked_once
from grokcall_procedures.outputs.replies import items_of, whole_or_none
from grokcall_procedures.response_requests import ResponsesBody, ask
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
from grokcall_procedures.tools.offered import extra_tools

FUNCTION = "function_call"


def asking(call: BoundCall, body: ResponsesBody) -> Asking:
    """What asks for an answer to ``body``: one request, or rounds where the call has tools of the client's."""
    offered = [*(body.tools or ()), *extra_tools(call.values)]
    rounds = Rounds.of(call, ResponseTurns(call, body), lambda _: offered)
    return asked_once(ask(call, body)) if rounds is None else rounds.ask


class ResponseTurns:
    """The turns of a conversation in the Responses interface.

    Where the service keeps the answers of the call the next turn goes on from the one before by its id, and otherwise
    all that was said is sent again, unchanged (section 3.2 of the API reference).

    Args:
        call: The call.
        body: The first question.
    """

    def __init__(self, call: BoundCall, body: ResponsesBody) -> None:
        self._call = call
        self._body = body
        self._is_stored = call.values.get("Store") is not False
        self._earlier_tokens: int | None = call.earlier_tokens

    def reply(self, *, further: bool) -> Replying:
        """Asks for the next turn."""
        request = replace(
            ask(self._call, self._body), lasting=True, further=further, earlier_tokens=self._earlier_tokens
        )
        return reply_of((yield request)).body

    def called(self, document: Document) -> list[Called]:
        """The functions that a reply calls."""
        items = [item for item in items_of(document) if item.get("type") == FUNCTION]
        return [Called(item.get("call_id"), use_of(item)) for item in items]

    def is_over(self, document: Document) -> bool:
        """Whether a reply ends before what it has to say does, so that its calls may be broken."""
        return document.get("status") not in (None, "completed")

    def go_on(self, document: Document, called: Sequence[Called], outputs: Sequence[ToolOutput]) -> list[Document]:
        """Makes the next question."""
        given: list[Document] = [
            {"type": "function_call_output", "call_id": each.call_id, "output": told_output(output)}
            for each, output in zip(called, outputs, strict=True)
        ]
        body, usage = self._body, document.get("usage")
        self._earlier_tokens = whole_or_none(usage.get("total_tokens")) if isinstance(usage, dict) else None
        body.tool_choice = later_choice(body.tool_choice)
        identity = document.get("id")
        if self._is_stored and isinstance(identity, str) and identity:
            body.previous_response_id, body.instructions, body.input = identity, None, given
        else:
            said = body.input if isinstance(body.input, list) else [{"role": "user", "content": body.input}]
            body.input = [*said, *items_of(document), *given]
        return given
