"""The calls of tools in a call's replies, those of the service and those that wait for the client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grokcall_procedures.outputs.replies import (
    Document,
    call_id_of,
    items_of,
    list_of,
    outputs_of,
    rounds_of,
    text_or_none,
)

ToolCall = dict[str, Any]
ENDING = "_call"
KINDS = {"code_execution": "code_interpreter", "collections_search": "file_search"}
"""Kinds under which the service has the same tool."""
OF_CLIENT = frozenset({"function", "shell"})
"""Kinds that the client has to run."""
CUSTOM = "custom_tool"
X_TOOLS = ("x_", "view_x_")
"""How the names of tools begin that X search calls under the kind of a custom tool."""
ARGUMENTS = ("arguments", "input", "code", "action", "queries", "prompt")
"""Where a call tells what was asked of the tool, in the order in which they are looked for."""
OUTPUTS = ("output", "outputs", "results")
KNOWN = frozenset({*ARGUMENTS, *OUTPUTS, "id", "call_id", "type", "status", "name", "server_label", "error", "result"})
PENDING = "pending"
SENT_BACK = frozenset({"type", "call_id", "output"})


def tool_calls(raw: str | None, earlier: str | None) -> list[ToolCall] | None:
    """Every call of a tool, round by round in the replies' order; None where there is no reply.

    A function that the caller has to run has the status ``pending`` for as long as there is no output for it.

    Args:
        raw: The last reply.
        earlier: Those before it.
    """
    replies = rounds_of(raw, earlier)
    answered: dict[Any, Document] = {
        item.get("call_id"): item
        for reply in replies
        for item in (*items_of(reply), *outputs_of(reply))
        if str(item.get("type")).endswith("_call_output")
    }
    calls = [
        tool_call(item, number, answered)
        for number, reply in enumerate(replies, 1)
        for item in items_of(reply)
        if str(item.get("type")).endswith(ENDING)
    ]
    return calls if replies else None


def tool_call(item: Document, number: int, answered: Mapping[Any, Document]) -> ToolCall:
    """One call."""
    kind, call_id = kind_of(item), call_id_of(item)
    action = item.get("action")
    gave = answered.get(call_id, {}) if kind in OF_CLIENT else {}
    pending = kind in OF_CLIENT and call_id not in answered
    failed = "failed" if gave.get("error") is not None else None
    return {
        "id": call_id,
        "round": number,
        "kind": kind,
        "name": text_or_none(item.get("name")) or (action.get("type") if isinstance(action, dict) else None),
        "server": text_or_none(item.get("server_label")),
        "arguments": text_or_none(arguments_of(item)),
        "status": PENDING if pending else failed or text_or_none(item.get("status")),
        "output": None if failed else text_or_none(output_of(gave or item)),
        "error": text_or_none(gave.get("error") or item.get("error")),
        "seconds": gave.get("seconds"),
    }


def output_of(item: Document) -> object:
    """What a call gave, under any of its names."""
    return next((item[name] for name in OUTPUTS if item.get(name) is not None), None)


def kind_of(item: Document) -> str:
    """The kind of a call: its type without the ending, X search where that is meant."""
    kind = str(item["type"]).removesuffix(ENDING)
    if kind == CUSTOM and str(item.get("name")).startswith(X_TOOLS):
        return "x_search"
    return KINDS.get(kind, kind)


def arguments_of(item: Document) -> object:
    """What was asked of the tool; of a call of an unknown shape all that is not known of it."""
    found = next((item[name] for name in ARGUMENTS if item.get(name) not in (None, "")), None)
    if isinstance(found, dict):
        return {name: value for name, value in found.items() if name != "sources"}
    if found is None:
        return {name: value for name, value in item.items() if name not in KNOWN} or None
    return found


def tool_usage(raw: str | None, earlier: str | None) -> str | None:
    """How often each kind of tool was used in all rounds, as JSON; None where no reply tells it."""
    total: dict[str, Any] = {}
    for reply in rounds_of(raw, earlier):
        usage = reply.get("usage")
        details = usage.get("server_side_tool_usage_details") if isinstance(usage, dict) else None
        for name, count in details.items() if isinstance(details, dict) else ():
            is_number = isinstance(count, int | float) and not isinstance(count, bool)
            before = total.get(name)
            total[name] = before + count if is_number and isinstance(before, int | float) else count
    return text_or_none(total or None)


def output(raw: str | None, earlier: str | None) -> str | None:
    """The items of all rounds in their order, as a JSON list; None where there is no reply."""
    replies = rounds_of(raw, earlier)
    if not replies:
        return None
    return text_or_none([item for reply in replies for item in (*list_of(reply.get("output")), *given_back(reply))])


def given_back(reply: Document) -> list[Document]:
    """What the tools of the client gave that a reply called, as it was sent back."""
    return [{name: value for name, value in each.items() if name in SENT_BACK} for each in outputs_of(reply)]
