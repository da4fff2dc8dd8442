"""How many tokens an answer took, whichever interface it came through."""

from __future__ import annotations

import msgspec

from grokcall_procedures.definition import Procedure
from grokcall_procedures.learned_tokens import TextClass, TokenUsage, effort_in_force
from grokcall_procedures.prices import PRICES
from grokcall_procedures.steps import Row

COUNTS = (
    ("Response_UsageTotalTokens",),
    ("Completion_UsageTotalTokens",),
    ("Message_UsageInputTokens", "Message_UsageOutputTokens"),
)
"""The fields that tell it together, for each interface."""


def tokens_used(procedure: Procedure, row: Row) -> int | None:
    """Tokens that a procedure's answer read and wrote; None where it does not say.

    >>> from grokcall_procedures import CATALOG
    >>> procedure = CATALOG["CreateMessage"]
    >>> tokens_used(procedure, tuple(range(len(procedure.fields))))
    17
    """
    for names in COUNTS:
        indexes = [procedure.places.get(name, -1) for name in names]
        if min(indexes) >= 0:
            counts = [value for index in indexes if isinstance(value := row[index], int)]
            return sum(counts) if len(counts) == len(names) else None
    return None


class _Counts(msgspec.Struct):
    input_tokens: object = None
    prompt_tokens: object = None
    output_tokens: object = None
    completion_tokens: object = None
    total_tokens: object = None
    output_tokens_details: object = None
    completion_tokens_details: object = None


class _Counted(msgspec.Struct):
    usage: _Counts | None = None


_decode = msgspec.json.Decoder(_Counted).decode


def token_usage(body: bytes) -> TokenUsage:
    """What the reply to a text request says of its tokens; nothing where it cannot be read.

    >>> token_usage(b'{"usage":{"input_tokens":9,"output_tokens":5,"output_tokens_details":{"reasoning_tokens":4}}}')
    TokenUsage(read=9, written=5, reasoning=4)
    """
    try:
        usage = _decode(body).usage
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return TokenUsage()
    if usage is None:
        return TokenUsage()
    read = _count(usage.input_tokens, usage.prompt_tokens)
    details = usage.output_tokens_details or usage.completion_tokens_details
    reasoning = _count(details.get("reasoning_tokens")) if isinstance(details, dict) else None
    written = _count(usage.output_tokens)
    if written is None and (written := _count(usage.completion_tokens)) is not None:
        total = _count(usage.total_tokens)
        # A completion counts reasoning beside what it wrote; the total has both.
        written = total - read if total is not None and read is not None else written + (reasoning or 0)
    return TokenUsage(read, written, reasoning)


def _count(*values: object) -> int | None:
    return next((each for each in values if isinstance(each, int) and not isinstance(each, bool) and each >= 0), None)


def reasoning_shown(procedure: Procedure, row: Row) -> tuple[TextClass, TokenUsage] | None:
    """What a finished answer shows of its reasoning, from its columns; None where they do not tell it."""
    places = procedure.places
    if "Response_UsageOutputTokensDetailsReasoningTokens" in places:
        tokens = row[places["Response_UsageOutputTokensDetailsReasoningTokens"]]
        model, effort = row[places["Response_Model"]], row[places["Response_ReasoningEffort"]]
    elif "Completion_UsageReasoningTokens" in places:
        tokens, model, effort = (
            row[places["Completion_UsageReasoningTokens"]],
            row[places["Completion_Model"]],
            None,
        )
    else:
        return None
    if not isinstance(tokens, int) or not isinstance(model, str):
        return None
    name = PRICES.text_id(model)
    return TextClass(name, effort_in_force(name, effort if isinstance(effort, str) else None)), TokenUsage(
        reasoning=tokens
    )
