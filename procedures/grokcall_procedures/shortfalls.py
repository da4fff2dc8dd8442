"""Answers that fall short: cut off before their end, or a refusal in the place of an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from grokcall_procedures.bodies import extra_members
from grokcall_procedures.chat.message import DEFAULT_MAX_TOKENS
from grokcall_procedures.definition import BoundCall, Procedure
from grokcall_procedures.documents import decode_json
from grokcall_procedures.readings import LIMITS
from grokcall_procedures.steps import Row

Finder: TypeAlias = Callable[[Row], str | None]
"""Gives the reason why the answer in a row falls short; None for a whole answer."""

CUT = "max_output_tokens"
"""The reason of an answer that a larger limit would mend."""
REFUSAL = "refusal"
LONGEST_ANSWER = 2**31 - 1
FINISH_REASONS = {"length": CUT, "content_filter": "content_filter"}
STOP_REASONS = {"max_tokens": CUT, "refusal": REFUSAL}
LIMIT_PARAMETERS = {"MaxOutputTokens": None, "MaxCompletionTokens": None, "MaxTokens": DEFAULT_MAX_TOKENS}
"""What limits an answer, and what a NULL stands for."""
LIMIT_MEMBERS = frozenset(member for members in LIMITS.values() for member in members)


def shortfall_finder(procedure: Procedure) -> Finder | None:
    """What finds answers of a procedure that fall short; None where answers cannot, or do not say so.

    The reasons are the API's: ``max_output_tokens``, ``max_prompt_tokens``, ``max_time_limit``, ``content_filter``;
    ``refusal`` where the model refused; ``unknown`` where none is given.

    >>> from grokcall_procedures import CATALOG
    >>> find = shortfall_finder(CATALOG["GenerateResponse"])
    >>> find((None, None, "id", "incomplete", None, "response", 0, 0, '{"reason": "max_output_tokens"}'))
    'max_output_tokens'
    """
    places = procedure.places
    if "Response_IncompleteDetails" in places:
        return response_finder(places["Response_Status"], places["Response_IncompleteDetails"])
    if "Completion_FinishReason" in places:
        ended = places.get("Completion_IncompleteDetails")
        return completion_finder(places["Completion_FinishReason"], places["Completion_Raw"], ended)
    if "Message_StopReason" in places:
        stopped = places["Message_StopReason"]
        return lambda row: STOP_REASONS.get(str(row[stopped]))
    return None


def response_finder(status: int, details: int) -> Finder:
    """Finds them in rows with the response fields."""

    def find(row: Row) -> str | None:
        if row[details] is None and row[status] != "incomplete":
            return None
        return reason_in(row[details])

    return find


def reason_in(details: object) -> str:
    """The reason in the JSON text of ``incomplete_details``."""
    try:
        told = decode_json(str(details))
    except ValueError:
        told = None
    reason = told.get("reason") if isinstance(told, dict) else told
    return reason if isinstance(reason, str) and reason else "unknown"


def completion_finder(finish: int, raw: int, ended: int | None) -> Finder:
    """Finds them in rows with the fields of a chat completion, whose refusals only the whole reply tells.

    Args:
        finish: Where its own reason stands.
        raw: Where the reply stands.
        ended: Where it stands why its rounds ended early; None where no rounds are.
    """

    def find(row: Row) -> str | None:
        if ended is not None and ended < len(row) and row[ended] is not None:
            return reason_in(row[ended])
        text = str(row[raw])
        if '"refusal"' in text and has_refusal(text):
            return REFUSAL
        return FINISH_REASONS.get(str(row[finish]))

    return find


def has_refusal(text: str) -> bool:
    """Whether the first choice of a chat completion is a refusal."""
    try:
        refusal = decode_json(text)["choices"][0]["message"]["refusal"]
    except (ValueError, KeyError, IndexError, TypeError):
        return False
    return isinstance(refusal, str) and refusal != ""


def with_larger_limit(call: BoundCall) -> BoundCall | None:
    """The call with twice its limit of the answer; None where it sets no limit that could be doubled.

    >>> from grokcall_parser import parse_call
    >>> from grokcall_procedures import CATALOG, Binder, Settings
    >>> text = "CALL GenerateResponse('hi', MaxOutputTokens => 50)"
    >>> call = Binder(parse_call(text), CATALOG["GenerateResponse"], Settings()).bind()
    >>> with_larger_limit(call).values["MaxOutputTokens"]
    100
    """
    if not LIMIT_MEMBERS.isdisjoint(extra_members(call.values)):
        return None  # what the caller laid over the body would win over the parameter
    for name, usual in LIMIT_PARAMETERS.items():
        if name.lower() in call.procedure.by_name:
            limit = call.values.get(name, usual)
            if isinstance(limit, int) and 2 * limit <= LONGEST_ANSWER:
                return replace(call, values={**call.values, name: 2 * limit})
    return None
