"""What must hold of a call's tools before anything is sent."""

from __future__ import annotations

from collections import Counter

from grokcall_procedures.answers import OUTPUT_SCHEMA
from grokcall_procedures.client_tools import ToolDeclaration
from grokcall_procedures.definition import Values
from grokcall_procedures.documents import encode_json
from grokcall_procedures.models import is_multi_agent
from grokcall_procedures.settings import Settings
from grokcall_procedures.tools.lists import texts_in
from grokcall_procedures.tools.offered import (
    CHOICES,
    MANY,
    SETTINGS,
    SWITCHES,
    client_tools,
    extra_tools,
    functions_among,
    kind_of,
    tools_of,
)
from grokcall_procedures.tools.parameters import (
    MOST_COLLECTIONS,
    MOST_DOMAINS,
    MOST_HANDLES,
    TOOL_PARAMETERS,
)
from grokcall_procedures.types import UnfitValue

NAMES = frozenset(parameter.name for parameter in TOOL_PARAMETERS)
SURE_HANDLES = 10
"""Handles that every description of the service allows; some allow more."""
MOST_TOOLS = 350
OUTSIDE = {"web_search": "WebSearch", "x_search": "XSearch", "mcp": "McpServers"}
"""The tools that read what others have written, and what switches them on."""


def tools_fit(values: Values, settings: Settings) -> tuple[str, ...]:
    """Refuses tools that are wrong in themselves, or do not go with each other or with the model."""
    if NAMES.isdisjoint(values):
        return ()
    check_switches(values)
    warnings = [*check_domains(values), *check_handles(values)]
    if len(texts_in(values, "Collections")) > MOST_COLLECTIONS:
        raise UnfitValue(f"has at most {MOST_COLLECTIONS} ids", "Collections")
    if str(values.get("XSearchFrom", "")) > str(values.get("XSearchTo", "9999-12-31")):
        raise UnfitValue(f"is {values['XSearchTo']}, before XSearchFrom ({values['XSearchFrom']})", "XSearchTo")
    tools, extra = tools_of(values, settings.toolbox), extra_tools(values)
    own = client_tools(values, settings.toolbox)
    check_named_once(tools, extra)
    everything = [*tools, *extra]
    if len(everything) > MOST_TOOLS:
        raise UnfitValue(f"makes {len(everything)} tools with the others; at most {MOST_TOOLS} are taken", "Tools")
    model = str(values.get("Model"))
    if is_multi_agent(model) and functions_among(tools):
        raise UnfitValue(f"has a function, and {model} takes none; choose another model", "Tools")
    check_choice(values, everything)
    if "MaxRounds" in values and not own:
        raise UnfitValue("is for tools of yours, and Tools names none; leave it out", "MaxRounds")
    return (*warnings, *doubts(values, everything), *mixed(everything, own, settings))


def check_switches(values: Values) -> None:
    """Refuses a parameter of a tool that is not on."""
    for switch, names in SETTINGS.items():
        if values.get(switch):
            continue
        idle = next((name for name in names if name in values), None)
        if idle is not None:
            needed = "Collections" if switch == "Collections" else f"{switch} => TRUE"
            raise UnfitValue(f"is for a tool that is not on; add {needed}", idle)


def check_domains(values: Values) -> tuple[str, ...]:
    """Cuts addresses to their hosts, with a warning, and refuses too many domains."""
    warnings: list[str] = []
    for name in ("WebSearchDomains", "WebSearchExcludedDomains"):
        if name not in values:
            continue
        given = texts_in(values, name)
        hosts = list(dict.fromkeys(map(host_of, given)))
        if "" in hosts:
            raise UnfitValue("has an address without a domain in it; write for example 'python.org'", name)
        if len(hosts) > MOST_DOMAINS:
            raise UnfitValue(f"has {len(hosts)} domains; at most {MOST_DOMAINS} are taken", name)
        cut = [text for text in given if host_of(text) != text]
        if cut:
            warnings.append(f"{name} takes domains: of {', '.join(cut)} only {', '.join(map(host_of, cut))} is sent")
        values[name] = encode_json(hosts).decode()
    check_one_of(values, "WebSearchDomains", "WebSearchExcludedDomains")
    return tuple(warnings)


def host_of(text: str) -> str:
    """The domain in an address, or the domain itself.

    >>> host_of("https://docs.python.org/3/"), host_of("python.org")
    ('docs.python.org', 'python.org')
    """
    beyond = text.partition("://")[2] if "://" in text else text
    host = beyond.partition("/")[0].partition("?")[0].partition("#")[0].rpartition("@")[2]
    return host.partition(":")[0].strip()


def check_handles(values: Values) -> tuple[str, ...]:
    """Takes the ``@`` from handles, and refuses too many."""
    warnings: list[str] = []
    for name in ("XSearchHandles", "XSearchExcludedHandles"):
        if name not in values:
            continue
        handles = list(dict.fromkeys(text.removeprefix("@").strip() for text in texts_in(values, name)))
        if "" in handles:
            raise UnfitValue("has an empty handle in it; leave it out", name)
        if len(handles) > MOST_HANDLES:
            raise UnfitValue(f"has {len(handles)} handles; at most {MOST_HANDLES} are taken", name)
        if len(handles) > SURE_HANDLES:
            warnings.append(f"{name} has more than {SURE_HANDLES} handles, which the service may refuse")
        values[name] = encode_json(handles).decode()
    check_one_of(values, "XSearchHandles", "XSearchExcludedHandles")
    return tuple(warnings)


def check_one_of(values: Values, allowed: str, excluded: str) -> None:
    """Refuses both of two lists."""
    if allowed in values and excluded in values:
        raise UnfitValue(f"cannot be given together with {allowed}; pass NULL for one of them", excluded)


def check_named_once(tools: list[dict[str, object]], extra: list[dict[str, object]]) -> None:
    """Refuses a tool that is offered twice."""
    kinds = Counter(kind for tool in tools if (kind := kind_of(tool)) not in MANY)
    twice = next((kind for kind, count in kinds.items() if count > 1), None)
    if twice is not None:
        instead = f"leave it out, for {SWITCHES[twice]} is there" if twice in SWITCHES else "leave one of them out"
        raise UnfitValue(f"names {twice} a second time; {instead}", "Tools")
    both = next((kind for tool in extra if (kind := kind_of(tool)) in kinds), None)
    if both is not None:
        named_by = f"{SWITCHES[both]} or Tools" if both in SWITCHES else "Tools"
        raise UnfitValue(f'has {both} in its "tools", which {named_by} names as well; keep one of them', "ExtraBody")
    refuse_repeated(functions_among([*tools, *extra]), "function", "Tools" if functions_among(tools) else "ExtraBody")
    labels = [str(tool.get("server_label")) for tool in [*tools, *extra] if tool.get("type") == "mcp"]
    refuse_repeated(labels, "label", "McpServers" if any(tool.get("type") == "mcp" for tool in tools) else "ExtraBody")


def refuse_repeated(names: list[str], what: str, parameter: str) -> None:
    """Refuses two of one name."""
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise UnfitValue(f"has the {what} {twice!r} twice; rename one", parameter)


def check_choice(values: Values, tools: list[dict[str, object]]) -> None:
    """Refuses a choice of what is not there; the service would take a mistyped word for ``auto``."""
    if "ToolChoice" not in values:
        return
    choice = str(values["ToolChoice"])
    if not tools:
        raise UnfitValue("is for tools, and the call offers none; switch one on, or pass NULL", "ToolChoice")
    names = functions_among(tools)
    if choice in CHOICES or choice in names:
        return
    there = ", ".join((*CHOICES, *names))
    if choice in {kind_of(tool) for tool in tools} | {str(tool.get("type")) for tool in tools}:
        raise UnfitValue(
            f"names {choice!r}, and the service's own tools cannot be forced; use 'required'", "ToolChoice"
        )
    raise UnfitValue(f"is {choice!r}, which is neither a word nor a function in Tools; there are {there}", "ToolChoice")


def mixed(tools: list[dict[str, object]], own: list[ToolDeclaration], settings: Settings) -> tuple[str, ...]:
    """Warns of, or refuses, tools that read the caller's data beside those that read what others have written.

    Raises:
        UnfitValue: The option ``tool_mixing`` refuses it.
    """
    local = [each.name for each in own if each.is_local]
    foreign = [OUTSIDE[kind] for each in tools if (kind := kind_of(each)) in OUTSIDE]
    if not local or not foreign or settings.tool_mixing == "allow":
        return ()
    told = (
        f"{local[0]} reads your data, and with {foreign[0]} the model reads what others have written, which may ask it "
        "to pass your data on"
    )
    if settings.tool_mixing == "refuse":
        raise UnfitValue(f"mixes tools: {told}; leave one of them out, or set the option tool_mixing", "Tools")
    return (f"{told} (option tool_mixing)",)


def doubts(values: Values, tools: list[dict[str, object]]) -> list[str]:
    """What may not work, as far as is known."""
    told = []
    if values.get("ToolChoice") == "required" and {kind_of(tool) for tool in tools} == {"x_search"}:
        told.append("ToolChoice 'required' is not known to work with XSearch alone")
    if OUTPUT_SCHEMA.name in values and any(kind_of(tool) == "code_interpreter" for tool in tools):
        told.append("the code interpreter is not known to work together with OutputSchema")
    return told
