"""The rounds of an answer whose model calls tools of the client's: ask, run them, ask again with what they gave."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from grokcall_parser.suggestions import hint
from grokcall_procedures.client_tools import Toolbox, ToolOutput, ToolSteps, decode_outputs
from grokcall_procedures.definition import BoundCall
from grokcall_procedures.documents import document_of, encode_json
from grokcall_procedures.exchanges import Asking, Exchange, Exchanging, asked_once
from grokcall_procedures.outputs.replies import TOOL_OUTPUTS, items_of, whole_or_none
from grokcall_procedures.response_requests import ResponsesBody, ask
from grokcall_procedures.steps import Reply, Request, Step, ToolUse, Use, reply_of
from grokcall_procedures.tools.offered import client_tools, functions_among
from grokcall_procedures.tools.parameters import USUAL_ROUNDS

MOST_EQUAL_CALLS = 2
"""How often a model may call the same tool with the same arguments."""
FUNCTION = "function_call"

Document = dict[str, Any]


def asking(call: BoundCall, body: ResponsesBody) -> Asking:
    """What asks for an answer to ``body``: one request, or rounds where the call has tools of the client's."""
    toolbox = call.settings.toolbox
    own = client_tools(call.values, toolbox)
    if toolbox is None or not own:
        return asked_once(ask(call, body))
    return Rounds(call, body, toolbox, frozenset(each.name for each in own)).ask


def most_rounds(call: BoundCall) -> int | None:
    """The most rounds of a call with tools of the client's; None for a call without."""
    if not client_tools(call.values, call.settings.toolbox):
        return None
    return int(str(call.values.get("MaxRounds", USUAL_ROUNDS)))


def is_repeatable(call: BoundCall) -> bool:
    """Whether the same answer may be taken again in another run: all tools of the client's in it are pure."""
    return all(each.is_pure for each in client_tools(call.values, call.settings.toolbox))


class Rounds:
    """The rounds of one answer; asked once more, they go on from the last of them.

    Where the service keeps the answers of the call the next round goes on from the one before by its id, and otherwise
    all that was said is sent again, unchanged (section 3.2 of the API reference).

    Args:
        call: The call.
        body: The first question.
        toolbox: Knows the tools.
        own: The names of those that are offered and run here.
    """

    def __init__(self, call: BoundCall, body: ResponsesBody, toolbox: Toolbox, own: frozenset[str]) -> None:
        self._call = call
        self._body = body
        self._toolbox = toolbox
        self._offered = frozenset(functions_among(body.tools or ()))
        self._own = own
        self._left = most_rounds(call) or USUAL_ROUNDS
        self._is_stored = call.values.get("Store") is not False
        self._asked: Counter[tuple[str, str]] = Counter()
        self._earlier_tokens: int | None = call.earlier_tokens
        self._is_first = True

    def ask(self) -> Exchanging:
        """The replies of the rounds, up to one that calls no tool which is run here."""
        bodies: list[bytes] = []
        while True:
            body = yield from self._reply()
            document = document_of(body)
            items = [item for item in items_of(document) if item.get("type") == FUNCTION]
            uses = [use_of(item) for item in items]
            if not uses or any(use.tool in self._offered - self._own for use in uses) or is_cut(document):
                return Exchange((*bodies, body))
            why = self._end(uses)
            if why is not None:
                return Exchange((*bodies, body), why)
            outputs = yield from self._outputs(uses)
            given = [output_item(item, output) for item, output in zip(items, outputs, strict=True)]
            bodies.append(with_outputs(document, given, outputs))
            self._go_on(document, given)

    def _reply(self) -> Generator[Step, Reply | None, bytes]:
        request = replace(
            ask(self._call, self._body),
            lasting=True,
            further=not self._is_first,
            earlier_tokens=self._earlier_tokens,
        )
        self._is_first = False
        self._left -= 1
        return reply_of((yield request)).body

    def _end(self, uses: Sequence[ToolUse]) -> str | None:
        """Why no further round is to be asked for; None where one is."""
        if self._left <= 0:
            return "max_rounds"
        self._asked.update((use.tool, plain_arguments(use.arguments)) for use in uses)
        return "repeated_tool_call" if max(self._asked.values()) > MOST_EQUAL_CALLS else None

    def _outputs(self, uses: Sequence[ToolUse]) -> Generator[Step, Reply | None, list[ToolOutput]]:
        """What the tools give, in the order of the calls: those that are procedures one after the other.

        Only what this call offers is run, whatever else the toolbox knows.
        """
        offered = [use for use in uses if use.tool in self._own]
        steps: list[ToolSteps | None] = [self._toolbox.steps_of(use) for use in offered]
        at_once = tuple(use for use, own in zip(offered, steps, strict=True) if own is None)
        gave = iter(decode_outputs(reply_of((yield Use(at_once))).body) if at_once else ())
        each = iter(steps)
        outputs: list[ToolOutput] = []
        for use in uses:
            if use.tool not in self._own:
                outputs.append(ToolOutput("", not_offered(use.tool, self._own)))
                continue
            own = next(each)
            output = next(gave) if own is None else (yield from reserved_singly(own))
            outputs.append(output)
        return outputs

    def _go_on(self, document: Document, given: list[Document]) -> None:
        """Makes the next question."""
        body, usage = self._body, document.get("usage")
        self._earlier_tokens = whole_or_none(usage.get("total_tokens")) if isinstance(usage, dict) else None
        if body.tool_choice not in ("auto", "none"):
            body.tool_choice = None  # a tool that has to be called would be called without end
        identity = document.get("id")
        if self._is_stored and isinstance(identity, str) and identity:
            body.previous_response_id, body.instructions, body.input = identity, None, given
        else:
            said = body.input if isinstance(body.input, list) else [{"role": "user", "content": body.input}]
            body.input = [*said, *items_of(document), *given]


def not_offered(name: str, offered: frozenset[str]) -> str:
    """What a model is told that calls a tool which it was not offered."""
    there = sorted(offered)
    return f"there is no tool {name!r}; {hint(name, there, 'there are ' + ', '.join(there))}"


def use_of(item: Mapping[str, Any]) -> ToolUse:
    """The call of a tool that an item of a reply asks for."""
    arguments = item.get("arguments")
    return ToolUse(str(item.get("name")), arguments if isinstance(arguments, str) else encode_json(arguments).decode())


def is_cut(document: Document) -> bool:
    """Whether a reply ends before what it has to say does, so that its calls may be broken."""
    return document.get("status") not in (None, "completed")


def plain_arguments(arguments: str) -> str:
    """Arguments in one spelling; what is no JSON as it is."""
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except (ValueError, RecursionError):
        return arguments


def output_item(item: Mapping[str, Any], output: ToolOutput) -> Document:
    """What a tool gave, as an item of the next question."""
    given = output.output if output.error is None else encode_json({"error": output.error}).decode()
    return {"type": "function_call_output", "call_id": item.get("call_id"), "output": given}


def with_outputs(document: Document, given: list[Document], outputs: Sequence[ToolOutput]) -> bytes:
    """A reply with what the tools that it called gave, for the columns that tell of all rounds."""
    told = [
        {**item, "error": output.error, "seconds": output.seconds} for item, output in zip(given, outputs, strict=True)
    ]
    return encode_json({**document, TOOL_OUTPUTS: told})


def reserved_singly(steps: ToolSteps) -> ToolSteps:
    """The same steps, of which each request that is billed is reserved for when it comes."""
    try:
        step = next(steps)
        while True:
            try:
                asked = replace(step, further=True, lasting=True) if isinstance(step, Request) and step.billed else step
                reply = yield asked
            except Exception as error:
                step = steps.throw(error)
            else:
                step = steps.send(reply)
    except StopIteration as finished:
        output: ToolOutput = finished.value
        return output
    finally:
        steps.close()
