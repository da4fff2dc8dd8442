"""Tools: what may be asked of them, and what calling them gives."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import msgspec

from grokcall.sandbox.api.generation import MAX_TOOLS, fill_arguments
from grokcall.sandbox.catalogue import TextModel
from grokcall.sandbox.errors import invalid, undeserializable, unsupported_field
from grokcall.sandbox.text.arithmetic import answer_sum
from grokcall.sandbox.text.conversation import Conversation
from grokcall.sandbox.text.schema import JsonSchema

Item = dict[str, Any]

_REJECTED_FIELDS = {
    "web_search": ("external_web_access", "search_context_size"),
    "code_interpreter": ("container",),
    "code_execution": ("container",),
    "file_search": ("filters", "ranking_options"),
    "mcp": ("require_approval", "connector_id"),
}
# Per tool the two lists that exclude each other, and how long each may be.
_LISTS = {
    "web_search": ("allowed_domains", "excluded_domains", 5),
    "x_search": ("allowed_x_handles", "excluded_x_handles", 10),
}
_LIST_FIELDS = (
    "allowed_domains",
    "excluded_domains",
    "allowed_x_handles",
    "excluded_x_handles",
    "vector_store_ids",
)
_REQUIRED = {
    "function": ("name", "parameters"),
    "file_search": ("vector_store_ids",),
    "mcp": ("server_url", "server_label"),
}
_ALIASES = {"collections_search": "file_search"}
_TYPES = frozenset(
    [
        "function",
        "web_search",
        "x_search",
        "code_interpreter",
        "code_execution",
        "file_search",
        "mcp",
        "image_generation",
        "shell",
    ]
)

_CLIENT_TOOLS = ("function", "shell")


@dataclass(slots=True)
class ToolRun:
    """What tools did in one answer: output items, calls by kind, and addresses to cite."""

    items: list[Item] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    citations: list[str] = field(default_factory=list)


def check_tools(model: TextModel, tools: list[Item], choice: Any) -> None:
    """Refuse tools, or a choice among them, that the service refuses.

    Raises:
        ApiError: 422 for a tool of no known type, else 400.
    """
    if len(tools) > MAX_TOOLS:
        raise invalid(f"Too many tools: {len(tools)} given, at most {MAX_TOOLS} allowed.")
    for number, tool in enumerate(tools):
        _check_tool(tool, number)
    if model.agents and any(tool["type"] == "function" for tool in tools):
        raise invalid("Client-side tools are not supported by multi-agent models.")
    if choice is None or choice == "auto":
        return
    if not tools:
        raise invalid("tool_choice is only allowed when tools are specified.")
    if isinstance(choice, dict):
        names = [tool.get("name") for tool in tools if tool["type"] == "function"]
        if choice.get("type") != "function" or choice.get("name") not in names:
            raise invalid("tool_choice must name one of the function tools; server-side tools cannot be forced.")
    elif choice not in ("none", "required"):
        raise undeserializable(f"tool_choice: unknown variant `{choice}`, expected one of `none`, `auto`, `required`")


def offers_server_tools(tools: list[Item]) -> bool:
    """True when any of the tools is one that the service runs."""
    return any(tool["type"] not in _CLIENT_TOOLS for tool in tools)


def call_function(tools: list[Item], choice: Any, conversation: Conversation) -> tuple[str, str] | None:
    """The function to call and its arguments as JSON text, or None.

    A function is called when the choice names it, when one is required, or when the question has its name in it.
    """
    functions = [tool for tool in tools if tool["type"] == "function"]
    if not functions or choice == "none":
        return None
    question = conversation.question
    named = [tool for tool in functions if tool["name"] in question and not conversation.tool_output]
    if isinstance(choice, dict):
        named = [tool for tool in functions if tool["name"] == choice.get("name")]
    elif choice == "required":
        named = named or functions
    if not named:
        return None
    parameters: JsonSchema = named[0].get("parameters") or {"type": "object"}
    return named[0]["name"], fill_arguments(conversation, parameters)


def run_server_tools(tools: list[Item], choice: Any, conversation: Conversation) -> ToolRun:
    """The calls of server-side tools: each that fits the question once, and one search per set of attached files."""
    run = ToolRun()
    if conversation.documents:
        run.counts["document_search_calls"] = 1
    if choice == "none":
        return run
    for tool in tools:
        match _ALIASES.get(tool["type"], tool["type"]):
            case "web_search":
                _search_web(tool, conversation, run)
            case "x_search":
                _search_posts(conversation, run)
            case "code_interpreter" | "code_execution":
                _run_code(conversation, run)
            case "file_search":
                _search_files(conversation, run)
    return run


def echo_tools(tools: list[Item]) -> list[Item]:
    """The tools as a response shows them."""
    return [{**tool, "search_context_size": "medium"} if tool["type"] == "web_search" else tool for tool in tools]


def _check_tool(tool: Item, number: int) -> None:
    kind = tool.get("type")
    if isinstance(kind, str):
        kind = _ALIASES.get(kind, kind)
    if not isinstance(kind, str) or kind not in _TYPES:
        raise undeserializable(f"tools[{number}]: unknown tool type `{kind}`")
    for name in _REQUIRED.get(kind, ()):
        if tool.get(name) is None:
            raise undeserializable(f"tools[{number}]: missing field `{name}`")
    for name in _REJECTED_FIELDS.get(kind, ()):
        if name in tool:
            raise unsupported_field(name)
    for name in _LIST_FIELDS:
        if not isinstance(tool.get(name), list | None):
            raise undeserializable(f"tools[{number}]: invalid type for `{name}`, expected a sequence")
    for name, wanted in (("name", str), ("parameters", dict), ("filters", dict)):
        if not isinstance(tool.get(name), wanted | None):
            raise undeserializable(f"tools[{number}]: invalid type for `{name}`")
    if kind == "file_search" and len(tool["vector_store_ids"]) > 10:
        raise invalid("At most 10 vector_store_ids are allowed.")
    if kind in _LISTS:
        allowed, excluded, most = _LISTS[kind]
        filters = {**tool, **(tool.get("filters") or {})}
        if filters.get(allowed) and filters.get(excluded):
            raise invalid(f"{allowed} and {excluded} cannot be used together.")
        for name in (allowed, excluded):
            if len(filters.get(name) or ()) > most:
                raise invalid(f"At most {most} {name} are allowed.")


def _search_web(tool: Item, conversation: Conversation, run: ToolRun) -> None:
    filters = {**tool, **(tool.get("filters") or {})}
    addresses = [f"https://{domain}/" for domain in filters.get("allowed_domains") or ["example.com"]]
    sources = [{"type": "url", "url": address} for address in addresses]
    action = {"type": "search", "query": conversation.question[:200], "sources": sources}
    run.items.append({"type": "web_search_call", "id": f"ws_{_call_id()}", "status": "completed", "action": action})
    run.counts["web_search_calls"] = run.counts.get("web_search_calls", 0) + 1
    run.citations += addresses


def _search_posts(conversation: Conversation, run: ToolRun) -> None:
    asked = msgspec.json.encode({"query": conversation.question[:200], "limit": 10}).decode()
    call = _call_id()
    run.items.append(
        {
            "type": "x_search_call",
            "id": f"xs_{call}",
            "call_id": call,
            "name": "x_keyword_search",
            "arguments": asked,
            "status": "completed",
        }
    )
    run.counts["x_search_calls"] = run.counts.get("x_search_calls", 0) + 1


def _run_code(conversation: Conversation, run: ToolRun) -> None:
    worked_out = answer_sum(conversation)
    if worked_out is None:
        return
    logs = [{"type": "logs", "logs": worked_out.text}]
    code = f"print({worked_out.why.removeprefix('Worked out ').removesuffix(' exactly.')})"
    run.items.append(
        {
            "type": "code_interpreter_call",
            "id": f"ci_{_call_id()}",
            "status": "completed",
            "code": code,
            "outputs": logs,
        }
    )
    run.counts["code_interpreter_calls"] = run.counts.get("code_interpreter_calls", 0) + 1


def _search_files(conversation: Conversation, run: ToolRun) -> None:
    run.items.append(
        {
            "type": "file_search_call",
            "id": f"fs_{_call_id()}",
            "status": "completed",
            "queries": [conversation.question[:200]],
            "results": [],
        }
    )
    run.counts["file_search_calls"] = run.counts.get("file_search_calls", 0) + 1


def _call_id() -> str:
    return f"call-{uuid4()}-0"
