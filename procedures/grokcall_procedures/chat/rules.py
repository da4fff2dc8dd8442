"""What must hold of a call of the older interfaces before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping

from grokcall_procedures.bodies import ADDITIONAL_FIELDS, extra_members
from grokcall_procedures.chat.tools import extra_functions, functions_of, message_tools
from grokcall_procedures.definition import Values
from grokcall_procedures.documents import decode_json
from grokcall_procedures.models import is_multi_agent
from grokcall_procedures.settings import Settings
from grokcall_procedures.tools.offered import client_tools, extra_tools, functions_among
from grokcall_procedures.tools.rules import check_choice, refuse_repeated
from grokcall_procedures.types import UnfitValue, described, to_string

MOST_TOOLS = 128
"""The most tools that one request offers in these interfaces."""
SENDABLE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
"""What a header can hold: printable signs of ASCII."""
MESSAGE_CHOICES = ("auto", "any", "none")
"""The words of ``ToolChoice`` in the messages interface."""
COMPLETION_MEMBERS: Mapping[str, str] = {
    "messages": "Messages",
    "max_completion_tokens": "MaxCompletionTokens",
    "max_tokens": "MaxCompletionTokens",
    "response_format": "ResponseFormat",
    "reasoning_effort": "ReasoningEffort",
    "seed": "Seed",
    "service_tier": "ServiceTier",
    "tool_choice": "ToolChoice",
    "deferred": "Deferred",
}
"""The members of a chat completion that a parameter sets, which AdditionalFields cannot set as well."""
MESSAGE_MEMBERS: Mapping[str, str] = {
    "messages": "Messages",
    "system": "System",
    "temperature": "Temperature",
    "top_p": "TopP",
    "top_k": "TopK",
    "stop_sequences": "StopSequences",
    "tool_choice": "ToolChoice",
}
"""The same of a message."""


def read_conversation_id(value: object) -> str:
    """The id of a conversation, which travels in a header.

    Raises:
        UnfitValue: A header cannot hold it.

    >>> read_conversation_id(" ticket-7 ")
    'ticket-7'
    """
    text = to_string(value).strip()
    if not SENDABLE.fullmatch(text):
        told = "is empty" if not text else f"is {described(text)}, and a header holds printable signs of ASCII only"
        raise UnfitValue(f"{told}; pass NULL, or an id such as 'ticket-7'")
    return text


def check_set_once(values: Values, members: Mapping[str, str]) -> None:
    """Refuses a member in AdditionalFields that a parameter sets."""
    both = next((name for name in extra_members(values) if members.get(name) in values), None)
    if both is not None:
        raise UnfitValue(
            f'sets "{both}", which {members[both]} sets as well; leave one of them out', ADDITIONAL_FIELDS.name
        )


def completion_fits(values: Values, settings: Settings) -> tuple[str, ...]:
    """Refuses what is given twice, and tools that the interface does not take or that do not go together."""
    check_set_once(values, COMPLETION_MEMBERS)
    functions, extra = functions_of(values, settings.toolbox), extra_functions(values)
    check_tools(values, [*functions, *extra], "Tools" if functions else ADDITIONAL_FIELDS.name)
    check_choice(values, [*functions, *extra])
    if "MaxRounds" in values and not client_tools(values, settings.toolbox):
        raise UnfitValue("is for tools of yours, and Tools names none; leave it out", "MaxRounds")
    return ()


def check_tools(values: Values, tools: list[dict[str, object]], parameter: str) -> None:
    """Refuses too many tools, two of one name, and any for a model that takes none."""
    if not tools:
        return
    if len(tools) > MOST_TOOLS:
        raise UnfitValue(f"makes {len(tools)} tools with the others; at most {MOST_TOOLS} are taken", parameter)
    refuse_repeated(functions_among(tools), "function", parameter)
    model = str(values.get("Model"))
    if is_multi_agent(model):
        raise UnfitValue(f"has a function, and {model} takes none; choose another model", parameter)


def message_fits(values: Values, settings: Settings) -> tuple[str, ...]:
    """Refuses what is given twice, and tools or a choice that the interface does not take."""
    check_set_once(values, MESSAGE_MEMBERS)
    tools = [*message_tools(values, settings.toolbox), *extra_tools(values)]
    names = [str(tool.get("name")) for tool in tools]
    refuse_repeated(names, "tool", "Tools" if "Tools" in values else ADDITIONAL_FIELDS.name)
    if "ToolChoice" in values:
        check_message_choice(decode_json(str(values["ToolChoice"])), names)
    return ()


def check_message_choice(choice: object, names: list[str]) -> None:
    """Refuses a choice of what is not there."""
    if not names:
        raise UnfitValue("is for tools, and the call offers none; give Tools, or pass NULL", "ToolChoice")
    named = choice.get("name") if isinstance(choice, dict) and choice.get("type") == "tool" else choice
    if isinstance(named, str) and named not in (*names, *MESSAGE_CHOICES * isinstance(choice, str)):
        there = ", ".join((*MESSAGE_CHOICES, *names))
        raise UnfitValue(f"is {named!r}, which is neither a word nor a tool; there are {there}", "ToolChoice")
