"""Tools that a model calls in a talk."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from grokcall.budget.budget import Budget
from grokcall.budget.inner_budget import InnerBudget
from grokcall.client.service_sockets import Document
from grokcall.errors import Error
from grokcall.execution.runtime import Runtime
from grokcall.tools.procedure_tools import CalledProcedure
from grokcall.tools.running import ToolRunner
from grokcall_procedures import ToolUse, UnfitValue
from grokcall_procedures.client_tools import ToolDeclaration, ToolOutput, decode_outputs
from grokcall_procedures.tool_rounds import not_offered

ANSWER: Mapping[str, Any] = {"type": "response.create"}


def call_in(document: Document) -> tuple[str, ToolUse] | None:
    """The id of a call of a tool and what the model wrote; None where the document tells of none.

    It stands in the document itself, or in its item, and some services leave the name out of the first.
    """
    item = document.get("item", document)
    if not isinstance(item, dict) or (item is not document and item.get("type") != "function_call"):
        return None
    name, call = item.get("name"), item.get("call_id")
    if not isinstance(name, str) or not isinstance(call, str):
        return None
    return call, ToolUse(name, str(item.get("arguments") or ""))


class TalkTools:
    """The tools of one talk; for one loop.

    Args:
        runtime: What the talk runs on.
        budget: What the talk may spend.
        offered: The tools that its model may call; no other is run.
    """

    def __init__(self, runtime: Runtime, budget: Budget, offered: Iterable[ToolDeclaration]) -> None:
        self._runtime = runtime
        self._budget = InnerBudget(budget)
        self._offered = frozenset(each.name for each in offered)
        self._functions = ToolRunner(runtime.toolbox)

    @property
    def spent(self) -> int:
        """Ticks that procedures have cost which the model called."""
        return self._budget.spent_ticks

    async def outputs(self, calls: Mapping[str, ToolUse]) -> tuple[Mapping[str, Any], ...]:
        """What tools give that are run at once, as the documents that have the model go on with it.

        Args:
            calls: What the model wrote, by the ids of the calls.

        Raises:
            ToolError: One failed, and the option ``on_tool_error`` is ``fail``.
            BudgetReachedError: A limit leaves no room for the call of a procedure.
            grokcall.Error: What every other call would fail with as well.
        """
        # All of them come to their end, whatever one fails with: a procedure may have been paid for.
        ended = await asyncio.gather(*(self._output(use) for use in calls.values()), return_exceptions=True)
        outputs: list[ToolOutput] = []
        for each in ended:
            if isinstance(each, BaseException):
                raise each
            outputs.append(each)
        return (*(told(call, output) for call, output in zip(calls, outputs, strict=True)), ANSWER)

    async def _output(self, use: ToolUse) -> ToolOutput:
        if use.tool not in self._offered:
            return ToolOutput("", not_offered(use.tool, self._offered))
        try:
            called = self._runtime.toolbox.called(use)
        except UnfitValue as error:  # the procedure was made anew meanwhile
            return ToolOutput("", str(error))
        if called is not None:
            return await self._called(called)
        (output,) = decode_outputs(await self._functions([use], None))
        return output

    async def _called(self, procedure: CalledProcedure) -> ToolOutput:
        """What the call of a procedure gives, which is made as any other and counts in the talk's budget."""
        began = time.perf_counter()
        try:
            call = procedure.call()
            outcome = await self._runtime.executor(budget=self._budget).run(call)
        except (ValueError, RecursionError, Error) as error:
            return procedure.failed(error, time.perf_counter() - began)
        if outcome.error is not None:
            return procedure.failed(outcome.error, outcome.seconds)
        return procedure.gave(call, outcome.rows or [], outcome.seconds)


def told(call: str, output: ToolOutput) -> Mapping[str, Any]:
    """The document that tells the model what a tool gave."""
    given = output.output if output.error is None else f"The tool failed: {output.error}"
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    item = {"type": "function_call_output", "call_id": call, "output": text}
    return {"type": "conversation.item.create", "item": item}
