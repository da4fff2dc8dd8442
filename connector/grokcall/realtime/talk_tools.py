"""Tools that a model calls in a talk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from grokcall.client.service_sockets import Document
from grokcall.tools.running import ToolRunner
from grokcall.tools.toolbox import Toolbox
from grokcall_procedures import ToolUse
from grokcall_procedures.client_tools import decode_outputs

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


async def tool_outputs(toolbox: Toolbox, calls: Mapping[str, ToolUse]) -> tuple[Mapping[str, Any], ...]:
    """What tools give that are run at once, as the documents that have the model go on with it.

    Args:
        toolbox: Knows the tools.
        calls: What the model wrote, by the ids of the calls.

    Raises:
        ToolError: One failed, and the option ``on_tool_error`` is ``fail``.
    """
    outputs = decode_outputs(await ToolRunner(toolbox)(list(calls.values()), None))
    documents: list[Mapping[str, Any]] = []
    for call, given in zip(calls, outputs, strict=True):
        told = given.output if given.error is None else f"The tool failed: {given.error}"
        text = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
        item = {"type": "function_call_output", "call_id": call, "output": text}
        documents.append({"type": "conversation.item.create", "item": item})
    return (*documents, ANSWER)
