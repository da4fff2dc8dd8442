"""What the codes and sentences of the API stand for.

The API has changed its codes twice and uses one code for several things, so its sentences count most, then the status,
and a code only where there is no status.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

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


class Meaning(NamedTuple):
    """What a refusal amounts to."""

    error: type[ServiceError]
    retryable: bool | None = None
    """None for what is usual for the class; so ``systemic``."""
    systemic: bool | None = None
    remedy: str = ""
    """What the user can do, a sentence."""


def meaning_of(status: int, code: str | None, message: str) -> Meaning:
    """What a refusal stands for.

    Args:
        status: The HTTP status; below 400 for a refusal inside an answer.
        code: The API's code in any vintage: ``not-found``, ``Some requested entity was not found``, ``404``.
        message: The API's sentence.

    >>> meaning_of(400, "invalid-argument", "Incorrect API key provided.").error.__name__
    'AuthenticationError'
    """
    text = f"{code or ''}\n{message}"
    found = next((meaning for pattern, meaning in _SENTENCES if pattern.search(text)), None)
    return found or _meaning_of_status(status if status >= 400 else _status_of(code))


def _sentence(
    pattern: str, error: type[ServiceError], *, systemic: bool | None = None, remedy: str = ""
) -> tuple[re.Pattern[str], Meaning]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL), Meaning(error, systemic=systemic, remedy=remedy)


_KEY_REMEDY = "Check the key; keys are made at https://console.x.ai."
_CREDITS_REMEDY = "Add credits or raise the spending limit at https://console.x.ai, then run again."
_PACE_REMEDY = "Lower the option concurrency if this goes on."
_MODELS_REMEDY = "CALL ListModels() shows the models that this key may use."

# Looked for in "code<newline>message", first hit wins.
_SENTENCES = (
    _sentence(
        r"violates? usage guidelines|rejected by content moderation|SAFETY_CHECK_TYPE|content-moderated",
        ContentRefusedError,
    ),
    _sentence(
        r"incorrect api key|bad-credentials|invalid_api_key|\Aunauthenticated\b",
        AuthenticationError,
        remedy=_KEY_REMEDY,
    ),
    _sentence(
        r"used all available credits|monthly spending limit|out of credits|have any credits or licenses"
        r"|insufficient_quota|free-usage-exhausted",
        CreditsExhaustedError,
        remedy=_CREDITS_REMEDY,
    ),
    _sentence(r"too many (?:requests|tokens) for|\Arate_limit_exceeded", RateLimitedError, remedy=_PACE_REMEDY),
    _sentence(
        r"model_not_found|\bmodel not found|\bmodel \S{1,200} (?:does not exist|was not found|not found)",
        NotFoundError,
        systemic=True,
        remedy=_MODELS_REMEDY,
    ),
    _sentence(
        r"no handler found on route",
        NotFoundError,
        systemic=True,
        remedy="Check the option base_url; the address of the API ends in /v1.",
    ),
    _sentence(
        r"maximum prompt length|context_length_exceeded",
        InvalidRequestError,
        remedy="Shorten the text, or choose a model with a longer context.",
    ),
)

_STATUS_OF_CODE: Mapping[str, int] = {
    # gRPC's words, as the API writes them since 2026
    "invalid-argument": 400,
    "failed-precondition": 400,
    "out-of-range": 400,
    "unauthenticated": 401,
    "permission-denied": 403,
    "not-found": 404,
    "aborted": 409,
    "already-exists": 400,
    "resource-exhausted": 429,
    "internal": 500,
    "unavailable": 503,
    "deadline-exceeded": 504,
    # its sentences of 2025
    "client specified an invalid argument": 400,
    "the caller does not have permission to execute the specified operation": 403,
    "some requested entity was not found": 404,
    # the words inside streams, responses and videos
    "invalid_request_error": 400,
    "context_length_exceeded": 400,
    "invalid_api_key": 401,
    "permission_error": 403,
    "model_not_found": 404,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "server_error": 500,
    "internal_error": 500,
    "overloaded": 503,
    "timeout": 504,
}
"""The HTTP status that a code stands for when it comes without one."""

_MEANING_OF_STATUS: Mapping[int, Meaning] = {
    # A failure inside an answer, with an unknown code: it may have been billed, and nothing says that waiting mends it.
    0: Meaning(ServerFailureError, retryable=False),
    401: Meaning(AuthenticationError, remedy=_KEY_REMEDY),
    402: Meaning(CreditsExhaustedError, remedy=_CREDITS_REMEDY),
    403: Meaning(
        PermissionDeniedError,
        remedy="Check at https://console.x.ai that the key is active and may use this endpoint and model.",
    ),
    404: Meaning(NotFoundError),
    408: Meaning(ServerFailureError),
    409: Meaning(ServerFailureError),
    410: Meaning(NotFoundError),
    429: Meaning(RateLimitedError, remedy=_PACE_REMEDY),
}


def _meaning_of_status(status: int) -> Meaning:
    return _MEANING_OF_STATUS.get(status) or Meaning(ServerFailureError if status >= 500 else InvalidRequestError)


def _status_of(code: str | None) -> int:
    """The HTTP status that ``code`` stands for; 0 for an unknown one."""
    word = (code or "").strip().lower()
    if re.fullmatch(r"[45]\d\d", word):
        return int(word)
    return _STATUS_OF_CODE.get(word, 0)
