"""What can be asked of any exception: its word, whether a later try can help, whether every row would fail alike."""

from __future__ import annotations

import asyncio

from grokcall_parser.errors import (
    DataError,
    InterfaceError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    StatementError,
)

_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (StatementError, "statement"),
    (ProgrammingError, "program"),
    (NotSupportedError, "not_supported"),
    (DataError, "bad_value"),
    (OperationalError, "operational"),
    (InterfaceError, "interface"),
    (asyncio.CancelledError, "cancelled"),
    (KeyboardInterrupt, "cancelled"),
)


def error_code(exception: BaseException) -> str:
    """The word for an exception in the column ``Call_ErrorCode``; ``internal`` for one that is not ours.

    >>> error_code(DataError("Temperature must be from 0 to 2"))
    'bad_value'
    """
    word = getattr(exception, "error_code", None)
    if isinstance(word, str):
        return word
    return next((word for kind, word in _WORDS if isinstance(exception, kind)), "internal")


def is_retryable(exception: BaseException) -> bool:
    """Whether the same call can succeed later, with nothing changed. What it may cost is not considered."""
    return bool(getattr(exception, "retryable", False))


def is_systemic(exception: BaseException) -> bool:
    """Whether every other call would fail in the same way, so that a run had better stop at once."""
    return bool(getattr(exception, "systemic", False))


def request_id_of(exception: BaseException) -> str | None:
    """What the service calls the request that failed, where that is known."""
    request_id = getattr(exception, "request_id", None)
    return request_id if isinstance(request_id, str) else None
