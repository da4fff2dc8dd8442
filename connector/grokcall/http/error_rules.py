"""What the codes and sentences of the API stand for.

Codes that stand for one thing only count most, then the sentence with which the message begins, then the status; the
API answers a wrong key with 400 and a lack of credits with 403 or 429. Other codes count where there is no status.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from grokcall.errors import (
    AuthenticationError,
    CreditsExhaustedError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    ServerFailureError,
)
from grokcall.http.sentences import (
    CONTENT,
    CREDITS_REMEDY,
    KEY_REMEDY,
    NO_CREDITS,
    NO_MODEL,
    NO_ROUTE,
    PACE,
    PACE_REMEDY,
    TOO_LONG,
    WRONG_KEY,
    Meaning,
    meaning_said,
)


def meaning_of(status: int, code: str | None, message: str, *, is_page: bool = False) -> Meaning:
    """What a refusal stands for.

    Args:
        status: The HTTP status; below 400 for a refusal inside an answer.
        code: The API's code in any vintage: ``not-found``, ``Some requested entity was not found``, ``404``.
        message: The API's sentence.
        is_page: Whether it is the title of a page, which comes from something on the way and not from the API.

    >>> meaning_of(400, "invalid-argument", "Incorrect API key provided.").error.__name__
    'AuthenticationError'
    """
    word = _plain(code)
    status = status if status >= 400 else _status_of(word)
    found = next((meaning for pattern, meaning in _CODES if pattern.fullmatch(word)), None)
    found = found or meaning_said(status, message)
    if found is None and word == "rate-limit-exceeded":
        return PACE
    if found is None and is_page:
        found = _MEANING_OF_PAGE.get(status)
    return found or _meaning_of_status(status)


_CODES = (
    (re.compile(r"(?:\w+:)?content-moderated|(?:.*:)?safety-check-type-[\w-]+"), CONTENT),
    (re.compile(r"unauthenticated(?::.*)?|(?:\w+:)?bad-credentials|invalid-api-key"), WRONG_KEY),
    (re.compile(r"(?:\w+:)?free-usage-exhausted|insufficient-quota"), NO_CREDITS),
    (re.compile(r"model-not-found"), NO_MODEL),
    (re.compile(r"context-length-exceeded"), TOO_LONG),
)
"""Codes that stand for one thing, whatever the status and the sentence are."""

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
    "unimplemented": 405,
    "internal": 500,
    "unavailable": 503,
    "deadline-exceeded": 504,
    "gone": 410,
    # its sentences of 2025
    "client specified an invalid argument": 400,
    "the system is not in a state required for the operation's execution": 400,
    "operation was attempted past the valid range": 400,
    "some entity that we attempted to create already exists": 400,
    "the request does not have valid authentication credentials": 401,
    "the caller does not have permission to execute the specified operation": 403,
    "some requested entity was not found": 404,
    "operation is not implemented or not supported": 405,
    "the operation was aborted": 409,
    "some resource has been exhausted": 429,
    "internal error": 500,
    "the service is currently unavailable": 503,
    "deadline expired before operation could complete": 504,
    # the words inside streams, responses and videos
    "invalid-request-error": 400,
    "permission-error": 403,
    "rate-limit-exceeded": 429,
    "server-error": 500,
    "internal-error": 500,
    "service-unavailable": 503,
    "overloaded": 503,
    "timeout": 504,
    # those of the messages interface
    "api-error": 500,
    "authentication-error": 401,
    "not-found-error": 404,
    "overloaded-error": 503,
    "rate-limit-error": 429,
    "timeout-error": 504,
}
"""The HTTP status that a code stands for when it comes without one."""

_STATUS_OF_STREAM: Mapping[str, int] = {
    "insufficient-quota": 429,
    "invalid-api-key": 401,
    "model-not-found": 404,
    "context-length-exceeded": 400,
}
"""The same for codes that stand for one thing whatever their status is."""

_MEANING_OF_STATUS: Mapping[int, Meaning] = {
    # A failure inside an answer, with an unknown code: it may have been billed, and nothing says that waiting mends it.
    0: Meaning(ServerFailureError, retryable=False),
    401: Meaning(AuthenticationError, remedy=KEY_REMEDY),
    402: Meaning(CreditsExhaustedError, remedy=CREDITS_REMEDY),
    403: Meaning(
        PermissionDeniedError,
        remedy="Check at https://console.x.ai that the key is active and may use this endpoint and model.",
    ),
    404: Meaning(NotFoundError),
    407: Meaning(PermissionDeniedError, remedy="The proxy on the way asks for a user and a password."),
    408: Meaning(ServerFailureError),
    409: Meaning(ServerFailureError),
    429: Meaning(RateLimitedError, remedy=PACE_REMEDY),
}

_MEANING_OF_PAGE: Mapping[int, Meaning] = {
    403: Meaning(
        PermissionDeniedError,
        systemic=False,
        remedy="Something before the API refused this: a firewall may have taken offence at the text or this network.",
    ),
    404: NO_ROUTE,
    405: NO_ROUTE,
}
"""What a page stands for that a firewall, a proxy or another server sends."""


def status_of_code(code: str | None) -> int:
    """The HTTP status that a code stands for where it comes without one; 0 for an unknown one.

    >>> status_of_code("rate_limit_exceeded"), status_of_code("insufficient_quota"), status_of_code("odd")
    (429, 429, 0)
    """
    word = _plain(code)
    return _STATUS_OF_STREAM.get(word) or _status_of(word)


def _meaning_of_status(status: int) -> Meaning:
    return _MEANING_OF_STATUS.get(status) or Meaning(ServerFailureError if status >= 500 else InvalidRequestError)


def _plain(code: str | None) -> str:
    """A code in small letters; words that are joined, in whatever way, are joined by hyphens."""
    word = (code or "").strip()
    if " " in word:
        return word.lower().rstrip(".")
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", "-", word).lower()


def _status_of(word: str) -> int:
    """The HTTP status that a code stands for; 0 for an unknown one."""
    if re.fullmatch(r"[45]\d\d", word):
        return int(word)
    return _STATUS_OF_CODE.get(word, 0)
