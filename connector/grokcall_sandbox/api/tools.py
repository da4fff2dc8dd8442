"""Tools: what may be asked of them, and what calling them gives."""

import re
from typing import Any

import msgspec

from grokcall_sandbox.api.generation import MAX_TOOLS, fill_arguments
from grokcall_sandbox.catalogue import TextModel
from grokcall_sandbox.errors import invalid, undeserializable, unsupported_field
from grokcall_sandbox.text.conversation import Conversation
from grokcall_sandbox.text.schema import JsonSchema

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
    "x_search": ("allowed_x_handles", "excluded_x_handles", 20),
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
_NUMBERED = ("step", "round", "page", "number")
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
        "view_image",
        "view_x_video",
    ]
)


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


def call_functions(
    tools: list[Item], choice: Any, conversation: Conversation, parallel: bool = True
) -> list[tuple[str, str]]:
    """The functions to call, each with its arguments as JSON text; none as a rule.

    A function is called when the choice names it, when one is required, or when the question has its name in it: with
    several names several functions, unless `parallel` is False. A question with a name and "twice" or "5 times" in it
    has it called in so many rounds, with the number of the round as its argument `step`, `round`, `page` or `number`
    unless it says "the same".
    """
    functions = [tool for tool in tools if tool["type"] == "function"]
    if not functions or choice == "none":
        return []
    question = conversation.question
    named = [tool for tool in functions if _names(question, tool["name"])]
    done = conversation.outputs // max(len(named), 1)
    named = [tool for tool in named if done < _rounds(question, tool["name"])]
    if isinstance(choice, dict):
        named = [tool for tool in functions if tool["name"] == choice.get("name")][:1]
    elif choice == "required":
        named = named or functions[:1]
    if not parallel:
        named = named[:1]
    numbered = None if "the same" in question else done + 1
    return [(tool["name"], _arguments(conversation, _parameters(tool), numbered)) for tool in named]


def _names(question: str, name: str) -> bool:
    return name in question and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", question) is not None


def _rounds(question: str, name: str) -> int:
    """In how many rounds a question has a function called."""
    after = question[question.index(name) + len(name) :]
    found = re.search(r"\b(?:(\d{1,3}) times|(twice))\b", after)
    return 1 if found is None else 2 if found[2] else int(found[1])


def _arguments(conversation: Conversation, parameters: JsonSchema, number: int | None) -> str:
    """The arguments of a call, with the number of the round where there is a place for it."""
    filled = fill_arguments(conversation, parameters)
    properties = parameters.get("properties") or {}
    places = [name for name in _NUMBERED if (properties.get(name) or {}).get("type") == "integer"]
    if number is None or not places:
        return filled
    return msgspec.json.encode({**msgspec.json.decode(filled), **dict.fromkeys(places, number)}).decode()


def _parameters(tool: Item) -> JsonSchema:
    return tool.get("parameters") or {"type": "object"}


def echo_tools(tools: list[Item], strict: bool | None = False) -> list[Item]:
    """The tools as a response shows them; `strict` is what functions show that came without it."""
    return [{**tool, **_shown(tool, strict)} for tool in tools]


def _shown(tool: Item, strict: bool | None) -> Item:
    match tool["type"]:
        case "web_search":
            return {"search_context_size": "medium"}
        case "function":
            given = tool.get("strict")
            return {"strict": strict if given is None else given}
    return {}


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
