"""The tools that a call of the older interfaces offers, and the forms in which these take them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from grokcall_procedures.client_tools import Toolbox
from grokcall_procedures.definition import Values
from grokcall_procedures.tools.lists import flat_function
from grokcall_procedures.tools.offered import (
    CHOICES,
    SAME_KIND,
    SERVICE_TOOLS,
    SWITCHES,
    check_function,
    entries_of,
    extra_tools,
    no_such_tool,
)
from grokcall_procedures.types import UnfitValue

Tool = dict[str, object]

OF_SERVICE = frozenset({*SERVICE_TOOLS, *SWITCHES, *SAME_KIND})
"""The kinds of tools that the service runs, in its newer interface only."""


def functions_of(values: Values, toolbox: Toolbox | None) -> list[Tool]:
    """The entries of ``Tools`` for a chat completion, each in the flat form.

    Raises:
        UnfitValue: There is no tool of a name, or an object is no tool that this interface takes.
    """
    return [function_of(entry, number, toolbox) for number, entry in enumerate(entries_of(values), 1)]


def function_of(entry: object, number: int, toolbox: Toolbox | None) -> Tool:
    """One entry of ``Tools``: a name becomes the tool of the client, a function of the caller's stays what it is."""
    if isinstance(entry, str):
        return named_tool(entry, toolbox)
    assert isinstance(entry, dict)
    kind = entry.get("type")
    if not isinstance(kind, str) or not kind:
        raise UnfitValue(f'entry {number} has no "type", as {{"type": "function", …}} has', "Tools")
    if kind == "function":
        check_function(entry, number)
    elif kind in OF_SERVICE:
        raise not_run_here(kind)
    return entry


def named_tool(name: str, toolbox: Toolbox | None) -> Tool:
    """The tool of the client of a name.

    Raises:
        UnfitValue: There is none.
    """
    declared = toolbox.find(name) if toolbox is not None else None
    if declared is not None:
        return declared.function
    raise not_run_here(name) if name in OF_SERVICE else no_such_tool(name, toolbox)


def not_run_here(kind: str) -> UnfitValue:
    """The error for a tool of the service's own."""
    return UnfitValue(
        f"names {kind!r}, a tool that the service runs, which this interface does not have; GenerateResponse has it",
        "Tools",
    )


def extra_functions(values: Values) -> list[Tool]:
    """The tools in the further members of a body, in the flat form."""
    flat = (flat_function(tool) for tool in extra_tools(values))
    return [tool for tool in flat if isinstance(tool, dict)]


def nested(tools: Iterable[Mapping[str, object]]) -> list[Tool]:
    """Tools as chat completions take them.

    >>> nested([{"type": "function", "name": "f", "parameters": {}}])
    [{'type': 'function', 'function': {'name': 'f', 'parameters': {}}}]
    """
    return [
        {"type": "function", "function": {name: value for name, value in tool.items() if name != "type"}}
        if tool.get("type") == "function"
        else dict(tool)
        for tool in tools
    ]


def nested_choice(values: Values) -> object:
    """The ``tool_choice`` of a chat completion: a word, or the function that has to be called."""
    choice = values.get("ToolChoice")
    return choice if choice is None or choice in CHOICES else {"type": "function", "function": {"name": choice}}


def message_tools(values: Values, toolbox: Toolbox | None) -> list[Tool]:
    """The entries of ``Tools`` as the messages interface takes them.

    Raises:
        UnfitValue: There is no tool of a name, or an object is no tool.
    """
    return [message_tool(entry, number, toolbox) for number, entry in enumerate(entries_of(values), 1)]


def message_tool(entry: object, number: int, toolbox: Toolbox | None) -> Tool:
    """One entry of ``Tools``: a name and a function are put into the interface's form, others stay what they are."""
    tool = named_tool(entry, toolbox) if isinstance(entry, str) else entry
    assert isinstance(tool, dict)
    if tool.get("type") == "function":
        check_function(tool, number)
        described = {"description": tool["description"]} if tool.get("description") else {}
        return {"name": tool["name"], **described, "input_schema": tool["parameters"]}
    if not isinstance(tool.get("name"), str) or not tool["name"]:
        raise UnfitValue(f'entry {number} has no "name", as {{"name": …, "input_schema": {{…}}}} has', "Tools")
    if "type" not in tool and not isinstance(tool.get("input_schema"), dict):
        raise UnfitValue(
            f'has a tool {tool["name"]!r} without "input_schema"; for no arguments write '
            '{"type": "object", "properties": {}}',
            "Tools",
        )
    return dict(tool)
