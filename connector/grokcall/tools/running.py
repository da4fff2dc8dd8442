"""The running of tools: the calls of one round at once, each with its time."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence

from grokcall.client.receiving import Tell
from grokcall.core.call_events import CallEvents
from grokcall.core.redaction import redact
from grokcall.errors import ToolError
from grokcall.tools.outputs import output_of
from grokcall.tools.procedure_tools import arguments_of
from grokcall.tools.tool import ClientTool
from grokcall.tools.toolbox import Toolbox
from grokcall_parser.suggestions import hint
from grokcall_procedures import Piece, PieceKind, ToolUse
from grokcall_procedures.client_tools import ToolOutput, encode_outputs

LONGEST_ERROR = 2_000
"""Characters of an error that a model is told."""


class ToolRunner:
    """Runs the tools of a connection; for one loop.

    Args:
        toolbox: Knows them.
        events: Told of each that runs; None for nobody.
    """

    def __init__(self, toolbox: Toolbox, events: CallEvents | None = None) -> None:
        self._toolbox = toolbox
        self._events = events
        self._places = asyncio.Semaphore(toolbox.options.tool_threads)

    async def __call__(self, uses: Sequence[ToolUse], tell: Tell | None) -> bytes:
        """What tools give that are run at once.

        Args:
            uses: The calls.
            tell: Told of each output, in the order of their ends; None for nobody.

        Raises:
            ToolError: One failed, and the option ``on_tool_error`` is ``fail``.
        """
        outputs = await asyncio.gather(*(self._told(use, tell) for use in uses))
        failed = next((each for each in outputs if each.error is not None), None)
        if failed is not None and self._toolbox.options.on_tool_error == "fail":
            name = uses[outputs.index(failed)].tool
            raise ToolError(f"the tool {name} failed: {failed.error}", tool=name)
        return encode_outputs(list(outputs))

    async def _told(self, use: ToolUse, tell: Tell | None) -> ToolOutput:
        output = await self._watched(use)
        if tell is not None:
            told = {"name": use.tool, **({} if output.error is None else {"error": output.error})}
            text = output.output if isinstance(output.output, str) else json.dumps(output.output)
            tell(Piece(PieceKind.TOOL_OUTPUT, redact(text), detail=told))
        return output

    async def _watched(self, use: ToolUse) -> ToolOutput:
        if self._events is None:
            return await self._output(use)
        with self._events.using(use) as ended:
            output = await self._output(use)
            ended(output)
        return output

    async def _output(self, use: ToolUse) -> ToolOutput:
        began = time.perf_counter()
        try:
            tool = self._tool(use.tool)
            value = await self._run(tool, arguments_of(use))
            output = output_of(value, self._toolbox.options.tool_output_bytes)
        except Exception as error:
            words = redact(str(error) or type(error).__name__)[:LONGEST_ERROR]
            return ToolOutput("", words, time.perf_counter() - began)
        return ToolOutput(output, None, time.perf_counter() - began)

    async def _run(self, tool: ClientTool, arguments: dict[str, object]) -> object:
        own = getattr(tool, "timeout", None)
        seconds = self._toolbox.options.tool_timeout if own is None else float(own)
        async with self._places:
            try:
                async with asyncio.timeout(seconds) as limit:
                    return await tool.run(arguments)
            except TimeoutError:
                if not limit.expired():
                    raise
                raise TimeoutError(f"it took longer than {seconds:g} s") from None

    def _tool(self, name: str) -> ClientTool:
        tool = self._toolbox.tool(name)
        if tool is None:
            there = self._toolbox.names
            raise LookupError(f"there is no tool {name!r}; {hint(name, there, 'there are ' + ', '.join(there))}")
        return tool
