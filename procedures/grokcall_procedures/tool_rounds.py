"""The rounds of an answer whose model calls tools of the client's: ask, run them, ask again with what they gave.

What differs from one interface to the other, how a round is asked for and where its reply has its calls, is told by
:class:`Turns`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from grokcall_parser.suggestions import hint
from grokcall_procedures.client_tools import Toolbox, ToolDeclaration, ToolOutput, ToolSteps, decode_outputs
from grokcall_procedures.definition import BoundCall
from grokcall_procedures.documents import document_of, encode_json
from grokcall_procedures.exchanges import Exchange, Exchanging
from grokcall_procedures.outputs.replies import TOOL_OUTPUTS
from grokcall_procedures.steps import Reply, Request, Step, ToolUse, Use, reply_of
from grokcall_procedures.tools.offered import client_tools, functions_among
from grokcall_procedures.tools.parameters import USUAL_ROUNDS

MOST_EQUAL_CALLS = 2
"""How often a model may call the same tool with the same arguments."""

Document = dict[str, Any]
Replying = Generator[Step, Reply | None, bytes]
"""Asks for one reply, and gives its body."""


@dataclass(frozen=True, slots=True)
class Called:
    """A call of a function in a reply.

    Args:
        call_id: By which what it gives is sent back.
        use: What is called.
    """

    call_id: object
    use: ToolUse


class Turns(Protocol):
    """The turns of one conversation with a model, in the form of one interface."""

    def reply(self, *, further: bool) -> Replying:
        """Asks for the next turn, with a request whose reply a journal keeps.

        Args:
            further: Whether one was asked for before, so that this one has to be reserved for by itself.
        """
        ...

    def called(self, document: Document) -> list[Called]:
        """The functions that a reply calls, in its order."""
        ...

    def is_over(self, document: Document) -> bool:
        """Whether nobody here can go on from a reply, whatever it calls; calls of one that was cut may be broken."""
        ...

    def go_on(self, document: Document, called: Sequence[Called], outputs: Sequence[ToolOutput]) -> list[Document]:
        """Makes the next question of a reply and what the tools gave that it called.

        Returns:
            What is sent back for each call.
        """
        ...


def own_tools(call: BoundCall) -> list[ToolDeclaration]:
    """The tools that a call runs here, round by round."""
    return client_tools(call.values, call.settings.toolbox) if call.procedure.runs_tools else []


def most_rounds(call: BoundCall) -> int | None:
    """The most rounds of a call with tools of the client's; None for a call without."""
    if not own_tools(call):
        return None
    return int(str(call.values.get("MaxRounds", USUAL_ROUNDS)))


def is_repeatable(call: BoundCall) -> bool:
    """Whether the same answer may be taken again in another run: all tools of the client's in it are pure."""
    return all(each.is_pure for each in own_tools(call))


class Rounds:
    """The rounds of one answer; asked once more, they go on from the last of them.

    Args:
        turns: How the model is asked.
        toolbox: Knows the tools.
        own: Those that are offered and run here.
        offered: The names of all functions that are offered.
        most: How often the model is asked at most.
    """

    def __init__(
        self, turns: Turns, toolbox: Toolbox, own: Iterable[ToolDeclaration], offered: Iterable[str], most: int
    ) -> None:
        self._turns = turns
        self._toolbox = toolbox
        self._own = frozenset(each.name for each in own)
        self._foreign = frozenset(offered) - self._own
        self._left = most
        self._asked: Counter[tuple[str, str]] = Counter()
        self._is_first = True

    @classmethod
    def of(
        cls, call: BoundCall, turns: Turns, offered: Callable[[Toolbox], Iterable[Mapping[str, object]]]
    ) -> Rounds | None:
        """The rounds of a call; None of one without tools of the client's, which asks once.

        Args:
            call: The call.
            turns: How the model is asked.
            offered: Gives the tools that it is offered, in the flat form.
        """
        toolbox, own = call.settings.toolbox, own_tools(call)
        if toolbox is None or not own:
            return None
        return cls(turns, toolbox, own, functions_among(offered(toolbox)), most_rounds(call) or USUAL_ROUNDS)

    def ask(self) -> Exchanging:
        """The replies of the rounds, up to one that calls no tool which is run here."""
        bodies: list[bytes] = []
        while True:
            body = yield from self._turns.reply(further=not self._is_first)
            self._is_first = False
            self._left -= 1
            document = document_of(body)
            called = self._turns.called(document)
            uses = [each.use for each in called]
            if not uses or any(use.tool in self._foreign for use in uses) or self._turns.is_over(document):
                return Exchange((*bodies, body))
            why = self._end(uses)
            if why is not None:
                return Exchange((*bodies, body), why)
            outputs = yield from self._outputs(uses)
            given = self._turns.go_on(document, called, outputs)
            bodies.append(with_outputs(document, given, outputs))

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


def not_offered(name: str, offered: frozenset[str]) -> str:
    """What a model is told that calls a tool which it was not offered."""
    there = sorted(offered)
    return f"there is no tool {name!r}; {hint(name, there, 'there are ' + ', '.join(there))}"


def use_of(function: Mapping[str, Any]) -> ToolUse:
    """The call of a tool, from the name and the arguments of a function."""
    arguments = function.get("arguments")
    if arguments is None:
        arguments = ""
    return ToolUse(
        str(function.get("name")), arguments if isinstance(arguments, str) else encode_json(arguments).decode()
    )


def plain_arguments(arguments: str) -> str:
    """Arguments in one spelling; what is no JSON as it is."""
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except (ValueError, RecursionError):
        return arguments


def later_choice(choice: object) -> object:
    """The tool choice of the rounds after the first: a tool that has to be called would be called without end."""
    return choice if choice in ("auto", "none") else None


def told_output(output: ToolOutput) -> object:
    """What a model is told of an output: what the tool gave, or why it gave nothing."""
    return output.output if output.error is None else encode_json({"error": output.error}).decode()


def with_outputs(document: Document, given: Sequence[Document], outputs: Sequence[ToolOutput]) -> bytes:
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
