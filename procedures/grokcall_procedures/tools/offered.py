"""The tools that a call offers its model: those of its parameters, and the names that there are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from grokcall_parser.suggestions import hint
from grokcall_procedures.bodies import extra_members
from grokcall_procedures.client_tools import Toolbox, ToolDeclaration
from grokcall_procedures.definition import Values
from grokcall_procedures.tools.lists import objects_in, texts_in
from grokcall_procedures.tools.mcp_servers import check_headers, check_secret, mcp_tool
from grokcall_procedures.types import UnfitValue

SERVICE_TOOLS = (
    "web_search",
    "x_search",
    "code_interpreter",
    "code_execution",
    "image_generation",
    "view_image",
    "view_x_video",
)
"""The service's own tools that need nothing but their name."""
SWITCHES = {
    "web_search": "WebSearch",
    "x_search": "XSearch",
    "code_interpreter": "CodeInterpreter",
    "file_search": "Collections",
    "mcp": "McpServers",
}
"""The parameters that switch a tool on, by its kind."""
SAME_KIND = {"code_execution": "code_interpreter", "collections_search": "file_search"}
MANY = frozenset({"function", "custom", "mcp"})
"""Kinds of which there may be several."""
RESERVED = frozenset(
    {
        "web_search",
        "browse_page",
        "x_keyword_search",
        "x_semantic_search",
        "x_user_search",
        "x_thread_fetch",
        "collections_search",
        "file_search",
    }
)
"""Names that the service's own tools answer to; a function of such a name is answered with a server error."""
WEB_FILTERS = {"WebSearchDomains": "allowed_domains", "WebSearchExcludedDomains": "excluded_domains"}
WEB_SETTINGS = {
    "WebSearchImages": "enable_image_understanding",
    "WebSearchFindImages": "enable_image_search",
}
X_LISTS = {"XSearchHandles": "allowed_x_handles", "XSearchExcludedHandles": "excluded_x_handles"}
X_SETTINGS = {
    "XSearchFrom": "from_date",
    "XSearchTo": "to_date",
    "XSearchImages": "enable_image_understanding",
    "XSearchVideos": "enable_video_understanding",
}
SETTINGS = {
    "WebSearch": (*WEB_FILTERS, *WEB_SETTINGS),
    "XSearch": (*X_LISTS, *X_SETTINGS),
    "Collections": ("MaxSearchResults",),
}
"""The parameters of each tool, by its switch."""
CHOICES = ("auto", "none", "required")
"""The words of ``ToolChoice``."""
OFFERING = frozenset({"WebSearch", "XSearch", "CodeInterpreter", "Collections", "McpServers", "Tools"})


def tools_of(values: Values, toolbox: Toolbox | None = None) -> list[dict[str, object]]:
    """The tools of a call's parameters, in the order of these.

    Args:
        values: The call's values.
        toolbox: The tools of the client; None where there are none.

    Raises:
        UnfitValue: One of them is wrong in itself.

    >>> tools_of({"WebSearch": True, "WebSearchDomains": '["python.org"]'})
    [{'type': 'web_search', 'filters': {'allowed_domains': ['python.org']}}]
    """
    if OFFERING.isdisjoint(values):
        return []
    tools: list[dict[str, object]] = []
    if values.get("WebSearch"):
        filters = lists_of(values, WEB_FILTERS)
        tools.append(
            {"type": "web_search", **({"filters": filters} if filters else {}), **settings_of(values, WEB_SETTINGS)}
        )
    if values.get("XSearch"):
        tools.append({"type": "x_search", **lists_of(values, X_LISTS), **settings_of(values, X_SETTINGS)})
    if values.get("CodeInterpreter"):
        tools.append({"type": "code_interpreter"})
    if "Collections" in values:
        most = settings_of(values, {"MaxSearchResults": "max_num_results"})
        tools.append({"type": "file_search", "vector_store_ids": texts_in(values, "Collections"), **most})
    try:
        tools += [mcp_tool(server, number) for number, server in enumerate(objects_in(values, "McpServers"), 1)]
    except UnfitValue as error:
        raise UnfitValue(str(error), "McpServers") from None
    return tools + given_tools(values, toolbox)


def lists_of(values: Values, names: Mapping[str, str]) -> dict[str, object]:
    """The lists among some parameters, by their names in the API."""
    return {wire: texts_in(values, name) for name, wire in names.items() if name in values}


def settings_of(values: Values, names: Mapping[str, str]) -> dict[str, object]:
    """The plain values among some parameters, by their names in the API."""
    return {wire: values[name] for name, wire in names.items() if name in values}


def given_tools(values: Values, toolbox: Toolbox | None) -> list[dict[str, object]]:
    """The entries of ``Tools``: a name becomes the tool of the client or the service, an object stays what it is.

    Raises:
        UnfitValue: There is no tool of a name, or an object is no tool.
    """
    return [given_tool(entry, number, toolbox) for number, entry in enumerate(entries_of(values), 1)]


def entries_of(values: Values) -> list[object]:
    """The entries of ``Tools``."""
    return list(json.loads(str(values["Tools"]))) if "Tools" in values else []


def client_tools(values: Values, toolbox: Toolbox | None) -> list[ToolDeclaration]:
    """The tools among the entries of ``Tools`` that are run here."""
    if toolbox is None or "Tools" not in values:
        return []
    found: list[ToolDeclaration] = []
    for entry in entries_of(values):
        name = entry
        if isinstance(entry, dict):  # a function that is written out, of which only a tool of that name can run
            name = entry.get("name") if entry.get("type") == "function" and entry.get("name") in toolbox.names else None
        declaration = toolbox.find(name) if isinstance(name, str) else None
        found += [] if declaration is None else [declaration]
    return found


TO_MAKE_ONE = (
    "a tool of yours is made with CREATE TOOL or connection.tool, and one that you run yourself is an object: "
    '{"type": "function", "name": …, "parameters": {…}}'
)


def given_tool(entry: object, number: int, toolbox: Toolbox | None) -> dict[str, object]:
    """One entry of ``Tools`` as a tool of the API."""
    if isinstance(entry, str):
        declared = toolbox.find(entry) if toolbox is not None else None
        if declared is not None:
            return declared.function
        if entry in SERVICE_TOOLS:
            return {"type": entry}
        if entry in SWITCHES or entry in SAME_KIND:
            switch = SWITCHES[SAME_KIND.get(entry, entry)]
            raise UnfitValue(f"names {entry!r}, which needs more than its name: use {switch}", "Tools")
        raise no_such_tool(entry, toolbox, SERVICE_TOOLS)
    assert isinstance(entry, dict)
    if not isinstance(entry.get("type"), str) or not entry["type"]:
        raise UnfitValue(f'entry {number} has no "type", as {{"type": "function", …}} has', "Tools")
    if entry["type"] == "function":
        check_function(entry, number)
    if entry["type"] == "mcp":
        check_written_out(entry, number)
    return entry


def no_such_tool(name: str, toolbox: Toolbox | None, service: tuple[str, ...] = ()) -> UnfitValue:
    """The error for a name that no tool has.

    Args:
        name: The name.
        toolbox: The tools of the client.
        service: The names that the service knows by themselves, where it runs tools.
    """
    own = () if toolbox is None else toolbox.names
    there = [f"there are {', '.join(own)}"] * bool(own) + [f"the service has {', '.join(service)}"] * bool(service)
    told = hint(name, (*own, *service), "; ".join([*(there or ["there is none"]), TO_MAKE_ONE]))
    return UnfitValue(
        f"names {name!r}, and there is no such tool; {told}",
        "Tools",
    )


def check_written_out(server: Mapping[str, object], number: int) -> None:
    """Refuses an MCP server with a secret that is written out."""
    try:
        if server.get("authorization") is not None:
            check_secret(server["authorization"], f"entry {number}: 'authorization'")
        check_headers(server.get("headers") or {}, f"entry {number}")
    except UnfitValue as error:
        raise UnfitValue(str(error), "Tools") from None


def check_function(function: Mapping[str, object], number: int) -> None:
    """Refuses a function that the service would refuse."""
    name = function.get("name")
    if not isinstance(name, str) or not name:
        raise UnfitValue(f'entry {number} is a function without a "name"', "Tools")
    if name in RESERVED:
        raise UnfitValue(f"has a function {name!r}, a name that the service's own tools answer to; rename it", "Tools")
    if not isinstance(function.get("parameters"), dict):
        raise UnfitValue(
            f'has a function {name!r} without "parameters"; for none write {{"type": "object", "properties": {{}}}}',
            "Tools",
        )


def extra_tools(values: Values) -> list[dict[str, object]]:
    """The tools in the extra members of a body, as far as they are some."""
    tools = extra_members(values).get("tools")
    return [tool for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []


def kind_of(tool: Mapping[str, object]) -> str:
    """The kind of a tool, under one name where the API has two."""
    kind = str(tool.get("type"))
    return SAME_KIND.get(kind, kind)


def functions_among(tools: Iterable[Mapping[str, object]]) -> list[str]:
    """The names of the functions among some tools."""
    return [str(tool.get("name")) for tool in tools if tool.get("type") == "function"]
