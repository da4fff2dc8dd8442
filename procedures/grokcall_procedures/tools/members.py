"""The members of a request that follow from the tools of a call, and from what goes with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from grokcall_procedures.definition import BoundCall, Values
from grokcall_procedures.tools.lists import texts_in
from grokcall_procedures.tools.offered import CHOICES
from grokcall_procedures.tools.parameters import PROMPT_CACHE_KEY, TOOL_OUTPUTS

ENCRYPTED_REASONING = "reasoning.encrypted_content"
KEY_BYTES = 16


def tool_choice(values: Values) -> object:
    """The ``tool_choice`` of a request: a word, or the function that has to be called."""
    choice = values.get("ToolChoice")
    return choice if choice is None or choice in CHOICES else {"type": "function", "name": choice}


def include(values: Values, tools: Sequence[object]) -> list[str] | None:
    """The ``include`` of a request; None for none.

    Nothing of an answer that is not stored can be gone on with but what the reply holds, its reasoning included.
    """
    wanted = dict.fromkeys(texts_in(values, "Include"))
    if values.get("Store") is False and (tools or "History" in values or TOOL_OUTPUTS in values):
        wanted[ENCRYPTED_REASONING] = None
    return list(wanted) or None


def prompt_cache_key(call: BoundCall) -> object:
    """The ``prompt_cache_key`` of a request; in a lookup calls with the same beginning have the same."""
    given = call.values.get(PROMPT_CACHE_KEY)
    if given is not None or not call.settings.shares_prompts or not takes_key(call):
        return given
    beginning = f"{call.values.get('Model')}\0{call.values.get('Instructions', '')}"
    return blake2b(beginning.encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES).hexdigest()


def takes_key(call: BoundCall) -> bool:
    """Whether a call's procedure has the parameter."""
    return PROMPT_CACHE_KEY.lower() in call.procedure.by_name


def tools_in(body: Mapping[str, object]) -> list[object]:
    """The tools in a request's body, whatever else stands there."""
    tools = body.get("tools")
    return list(tools) if isinstance(tools, list) else []
