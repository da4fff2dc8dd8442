"""The sentences with which the API refuses, in one table: what each stands for, and what can be done.

A sentence counts where the service itself speaks: at the beginning of a message, whole, and with a status that goes
with it. Where it stands further on, in quotation marks or in the midst of another sentence, the service repeats what a
row has sent, and the refusal is that row's own.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeAlias

from grokcall.errors import (
    AuthenticationError,
    ContentRefusedError,
    CreditsExhaustedError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    ServerFailureError,
    ServiceError,
)

Subject: TypeAlias = Literal["", "model", "schema", "path", "body", "parameter", "pace"]


class Meaning(NamedTuple):
    """What a refusal amounts to."""

    error: type[ServiceError]
    retryable: bool | None = None
    """None for what is usual for the class; so ``systemic``."""
    systemic: bool | None = None
    remedy: str = ""
    """What the user can do, a sentence."""
    subject: Subject = ""
    """The part of the request that is refused, where rows can differ in it; ``pace`` for a limit that is named."""


KEY_REMEDY = "Check the key; keys are made at https://console.x.ai."
CREDITS_REMEDY = "Add credits or raise the spending limit at https://console.x.ai, then run again."
PACE_REMEDY = "Lower the option concurrency if this goes on."
MODELS_REMEDY = "CALL ListModels() shows the models that this key may use."
ADDRESS_REMEDY = "Check the option base_url; the address of the API ends in /v1."

CONTENT = Meaning(ContentRefusedError)
WRONG_KEY = Meaning(AuthenticationError, remedy=KEY_REMEDY)
NO_CREDITS = Meaning(CreditsExhaustedError, remedy=CREDITS_REMEDY)
PACE = Meaning(RateLimitedError, remedy=PACE_REMEDY, subject="pace")
NO_QUOTA = Meaning(
    PermissionDeniedError,
    remedy="The team has no quota for this model, so waiting does not help: ask for one at https://console.x.ai, or "
    "name another model.",
    subject="model",
)
NO_MODEL = Meaning(NotFoundError, systemic=True, remedy=MODELS_REMEDY, subject="model")
NO_ROUTE = Meaning(NotFoundError, systemic=True, remedy=ADDRESS_REMEDY, subject="path")
TOO_LONG = Meaning(InvalidRequestError, remedy="Shorten the text, or choose a model with a longer context.")
GRAMMAR = Meaning(
    InvalidRequestError,
    retryable=False,
    systemic=True,
    remedy="Make the schema smaller (fewer columns, less nesting, fewer choices), or offer fewer tools.",
    subject="schema",
)
SCHEMA = Meaning(
    InvalidRequestError,
    systemic=True,
    remedy="The service does not take this schema: change what it objects to.",
    subject="schema",
)
LIVE_SEARCH = Meaning(
    InvalidRequestError,
    systemic=True,
    remedy="Leave search_parameters and web_search_options out, and offer the tools web_search and x_search instead.",
    subject="body",
)
PARAMETER = Meaning(InvalidRequestError, subject="parameter")
UNAVAILABLE = Meaning(ServerFailureError, retryable=True)


class Sentence(NamedTuple):
    """A sentence of the service."""

    pattern: re.Pattern[str]
    meaning: Meaning
    statuses: frozenset[int]
    """Those it comes with; empty for any. 0 stands for an answer with an unknown code."""


# What may stand before a sentence, and what has to come after it: nothing, or the beginning of a new sentence.
_BEFORE = r"(?:(?:api )?error: ?|rpc error: code = \w+ desc = |invalid request content: (?=grammar|schema))*"
_AFTER = r"(?:[.!]?\s*\Z|[.!]\s+(?-i:[A-Z\[(]))"
_NAME = r"[`'\"]?[^\s`'\"]{1,200}?[`'\"]?"
"""The id of a model, a team or a masked key, perhaps in quotation marks."""


def _said(words: str, meaning: Meaning, *statuses: int, whole: bool = True) -> Sentence:
    pattern = re.compile(rf"\A{_BEFORE}(?:{words}){_AFTER if whole else ''}", re.IGNORECASE)
    return Sentence(pattern, meaning, frozenset((0, *statuses)) if statuses else frozenset())


# The first one that fits counts.
SENTENCES = (
    _said(
        r"(?:(?:the|this|your) )?(?:content|prompt|request|input|image|video) violates? (?:(?:our|the|xai's) )?"
        r"(?:usage guidelines|content polic\w+)"
        r"|(?:generated |input |the )?(?:image|video|audio|content|prompt)s? (?:was |were )?"
        r"rejected by content moderation"
        r"|failed check: safety_check_type_\w+",
        CONTENT,
        *(400, 403, 422),
    ),
    _said(rf"incorrect api key(?: provided)?(?:: {_NAME})?", WRONG_KEY, 400, 401, 403),
    _said(r"invalid api key(?: provided)?", WRONG_KEY, 400, 401, 403),
    _said(
        rf"your (?:team|account|organization)(?: {_NAME})? has (?:either )?(?:used all (?:of its )?available credits"
        r"|reached its monthly spending limit|run out of credits)(?: or reached its monthly spending limit)?"
        rf"|your (?:newly created )?team(?: {_NAME})? (?:doesn't|does not) have any credits(?: or licenses)?(?: yet)?"
        r"|you (?:have run|are|ran) out of credits(?: or need a grok subscription)?"
        r"|free usage(?: quota| limit)? (?:is |has been )?(?:exceeded|exhausted|reached|used up)"
        r"|you exceeded your current quota(?:, please check your plan and billing details)?",
        NO_CREDITS,
        *(400, 402, 403, 429),
    ),
    _said(
        r"too many (?:requests|tokens) (?:for|per) [^\"]{0,500}?\(actual/limit\):\s*[\d,]+\s*/\s*0(?![\d,.]*\d)",
        NO_QUOTA,
        *(403, 429),
        whole=False,
    ),
    _said(r"too many (?:requests|tokens) (?:for|per) ", PACE, 429, whole=False),
    _said(
        rf"model not found(?:: {_NAME})?"
        rf"|the model {_NAME} (?:does not exist|was not found|not found)"
        rf"(?: or (?:your team(?: {_NAME})? does not|you do not) have access to it)?",
        NO_MODEL,
        *(400, 403, 404),
    ),
    _said(r"no handler found on route|404 page not found", NO_ROUTE, 404, 405),
    _said(r"this model's maximum prompt length is \d", TOO_LONG, 400, 413, 422, whole=False),
    _said(r"grammar (?:is )?too complex", GRAMMAR),
    _said(r"schema validation failed(?=[:.]|\Z)", SCHEMA, 400, 422, whole=False),
    _said(r"live search is deprecated", LIVE_SEARCH, 400, 410, 422),
    _said(
        rf"(?:the |this )?model(?: {_NAME})? does not support (?:the )?(?:parameter {_NAME}|{_NAME} value {_NAME})"
        rf"|argument not supported(?: on this model)?: {_NAME}"
        r"|invalid reasoning effort",
        PARAMETER,
        *(400, 422),
    ),
    _said(
        r"(?:the )?service (?:is )?(?:currently |temporarily )?unavailable"
        r"|(?:the )?model is (?:currently )?at capacity",
        UNAVAILABLE,
        *(429, *range(500, 600)),
    ),
)


def meaning_said(status: int, message: str) -> Meaning | None:
    """What the sentence at the beginning of a message stands for; None for one that nobody knows.

    Args:
        status: The HTTP status, or the one that the code stands for; 0 for an unknown code.
        message: The message, on one line.

    >>> meaning_said(400, "Incorrect API key provided: xa***yz. You can obtain one.").error.__name__
    'AuthenticationError'
    >>> meaning_said(400, 'Invalid request content: "Incorrect API key provided." cannot be processed.')
    """
    for sentence in SENTENCES:
        if (not sentence.statuses or status in sentence.statuses) and sentence.pattern.match(message):
            return sentence.meaning
    return None
