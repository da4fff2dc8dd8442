"""Every error that a call can raise, with the facts of it as attributes.

    Error                                   PEP 249's tree, re-exported
    ├── InterfaceError
    ├── DatabaseError
    │   ├── DataError
    │   ├── OperationalError
    │   │   ├── MissingKeyError             no key in any of the places
    │   │   ├── StoppedError                whoever ran it stopped it
    │   │   ├── NotReadyError               a video was not ready in time; its id stays usable
    │   │   ├── RedirectedError             base_url sends calls on to another address
    │   │   └── TransportError              there is no whole answer
    │   │       ├── NotSentError            nothing can have been served
    │   │       ├── ConnectionCutError      the connection ended after it may have been served
    │   │       ├── ReadTimeoutError        the answer did not come in time
    │   │       └── ReplyTooLargeError      (also DataError) the answer is longer than allowed
    │   └── DataError
    │       ├── MalformedReplyError         the answer is not what the API promises
    │       │   └── AnswerMismatchError     the answer does not have the declared columns
    │       ├── IncompleteAnswerError       the answer was cut short, where only whole ones count
    │       ├── AnswerRefusedError          the model refused to answer, where only answers count
    │       └── MediaError                  a picture, sound or video could not be fetched
    └── ServiceError                        the API answered, and said no
        ├── AuthenticationError             (also OperationalError) the key is wrong
        ├── PermissionDeniedError           (also OperationalError) the key may not do this
        ├── CreditsExhaustedError           (also OperationalError) no credits, or the spending limit is reached
        ├── RateLimitedError                (also OperationalError) wait, then try again
        ├── ServerFailureError              (also OperationalError) the service failed or is overloaded
        ├── ContentRefusedError             (also DataError) the content policy refused prompt or answer
        ├── NotFoundError                   (also ProgrammingError) no such model, file, response or route
        └── InvalidRequestError             (also ProgrammingError) the request is wrong as it stands

Each has two parents where it helps: where it came from, and what PEP 249 calls it. ``error_code`` is a short word that
stays the same from release to release; ``retryable`` tells whether a later try can succeed with nothing changed;
``systemic`` whether every row would fail alike. All of them can be pickled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

from grokcall_parser.errors import (
    ArgumentsError,
    CallSyntaxError,
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    StatementError,
    UnknownNameError,
    Warning,  # noqa: A004 - PEP 249 fixes the name
)
from grokcall_procedures.steps import AnswerMismatchError, MalformedReplyError, NotReadyError

__all__ = [
    "AnswerMismatchError",
    "AnswerRefusedError",
    "ArgumentsError",
    "AuthenticationError",
    "CallSyntaxError",
    "ConnectionCutError",
    "ContentRefusedError",
    "CreditsExhaustedError",
    "DataError",
    "DatabaseError",
    "Error",
    "IncompleteAnswerError",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "InvalidRequestError",
    "MalformedReplyError",
    "MediaError",
    "MissingKeyError",
    "NotFoundError",
    "NotReadyError",
    "NotSentError",
    "NotSupportedError",
    "OperationalError",
    "PermissionDeniedError",
    "ProgrammingError",
    "RateLimitedError",
    "ReadTimeoutError",
    "RedirectedError",
    "ReplyTooLargeError",
    "ServerFailureError",
    "ServiceError",
    "StatementError",
    "StoppedError",
    "TransportError",
    "UnknownNameError",
    "Warning",
    "error_code",
    "is_retryable",
    "is_systemic",
    "request_id_of",
]


class ServiceError(Error):
    """The API answered, and said no.

    Args:
        message: The API's own sentence, without secrets, at most 2,000 characters.
        status: The HTTP status; 200 for an error that came inside an answer.
        code: The API's code, in whatever vintage it came.
        request_id: What the service calls this request, to quote in a support case.
        cost_ticks: What the refused request was billed, in ticks of 1e-10 USD.
        retry_after: Seconds that the service asks to wait.
        retryable: Whether a later try can succeed; None for what is usual for the class.
        systemic: Whether every row would fail alike; None for what is usual for the class.
        remedy: What the user can do, a sentence; part of the text of the error.
        subject: What is refused, where rows can differ in it: ``model``, ``schema``, ``path``, ``body``, ``parameter``;
            ``pace`` where a limit is named; empty for the rest.
    """

    error_code: ClassVar[str] = "service"
    retryable: bool = False
    systemic: bool = False

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str | None = None,
        request_id: str | None = None,
        cost_ticks: int | None = None,
        retry_after: float | None = None,
        retryable: bool | None = None,
        systemic: bool | None = None,
        remedy: str = "",
        subject: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.request_id = request_id
        self.cost_ticks = cost_ticks
        self.retry_after = retry_after
        self.remedy = remedy
        self.subject = subject
        if retryable is not None:
            self.retryable = retryable
        if systemic is not None:
            self.systemic = systemic

    def __str__(self) -> str:
        facts = [f"HTTP {self.status}"] if self.status else []
        facts += [f"code {self.code}"] if self.code else []
        facts += [f"request {self.request_id}"] if self.request_id else []
        parts = (self.message, f"({', '.join(facts)})" if facts else "", self.remedy)
        return " ".join(part for part in parts if part)


class AuthenticationError(ServiceError, OperationalError):
    """The key is wrong, expired or missing from the request."""

    error_code = "auth"
    systemic = True


class PermissionDeniedError(ServiceError, OperationalError):
    """The key is known and may not do this, or it or its team is blocked."""

    error_code = "permission"
    systemic = True


class CreditsExhaustedError(ServiceError, OperationalError):
    """There are no credits, or the monthly spending limit is reached; waiting does not help."""

    error_code = "credits_exhausted"
    systemic = True


class RateLimitedError(ServiceError, OperationalError):
    """Too many requests or tokens a second or a minute."""

    error_code = "rate_limited"
    retryable = True


class ServerFailureError(ServiceError, OperationalError):
    """The service, or something between it and us, failed or is overloaded."""

    error_code = "server"
    retryable = True


class ContentRefusedError(ServiceError, DataError):
    """The content policy refused the prompt or the answer; ``cost_ticks`` tells whether it was billed."""

    error_code = "content_policy"


class NotFoundError(ServiceError, ProgrammingError):
    """There is no such model, file, response, video or route."""

    error_code = "not_found"


class InvalidRequestError(ServiceError, ProgrammingError):
    """The service does not accept the request as it stands."""

    error_code = "invalid_request"


class TransportError(OperationalError):
    """There is no whole answer, so what became of the request is known only as far as the class tells."""

    error_code: ClassVar[str] = "transport"
    retryable: bool = True
    systemic: bool = False


class NotSentError(TransportError):
    """No byte of the request can have been served, so sending it again is always safe.

    Args:
        message: Why, without secrets.
        retryable: False where waiting cannot help, such as for a certificate that is not trusted.
        systemic: Whether every row would fail alike; None for ``not retryable``.
    """

    error_code = "not_sent"

    def __init__(self, message: str, *, retryable: bool = True, systemic: bool | None = None) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.systemic: bool = not retryable if systemic is None else systemic


class ConnectionCutError(TransportError):
    """The connection ended, or spoke no HTTP, after the request may have been served (and billed)."""

    error_code = "connection_cut"


class ReadTimeoutError(TransportError):
    """The answer did not come in time; the request may have been served (and billed)."""

    error_code = "read_timeout"


class ReplyTooLargeError(TransportError, DataError):
    """The answer is longer than the limit that the request set."""

    error_code = "reply_too_large"
    retryable = False


class RedirectedError(OperationalError):
    """The address of the service sends calls on to another one. That is not followed: the key would go there."""

    error_code: ClassVar[str] = "redirected"
    retryable: bool = False
    systemic: bool = True


class MissingKeyError(OperationalError):
    """There is no usable API key.

    Args:
        message: What is missing and how to give it; never any part of a key.
        looked_at: Each place that was looked at, in order, with what was found there.
    """

    error_code: ClassVar[str] = "missing_key"
    retryable: bool = False
    systemic: bool = True

    def __init__(self, message: str, *, looked_at: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.looked_at: tuple[str, ...] = tuple(looked_at)


class StoppedError(OperationalError):
    """A statement, a lookup or a query was stopped by whoever ran it.

    Args:
        message: What was stopped.
    """

    error_code: ClassVar[str] = "cancelled"

    def __init__(self, message: str = "the statement was cancelled") -> None:
        super().__init__(message)
        self.result: Any = None
        """What had been answered by then: of a CALL and ``executemany`` an Arrow table; None where there is nothing."""


class IncompleteAnswerError(DataError):
    """The answer was cut short, and the lookup's ``on_incomplete`` lets only whole ones count. It was billed.

    Args:
        reason: The API's word for why, for example ``max_output_tokens``.
        request_id: What the service calls the request.
        cost_ticks: What the answer was billed, all tries together, in ticks.
        stopped_by: What kept it from being asked for again with a larger limit; None where nothing did.
    """

    error_code: ClassVar[str] = "incomplete"
    retryable: bool = False

    def __init__(
        self,
        reason: str = "unknown",
        *,
        request_id: str | None = None,
        cost_ticks: int | None = None,
        stopped_by: OperationalError | None = None,
    ) -> None:
        remedy = ": a larger MaxOutputTokens gives it more room" if reason == "max_output_tokens" else ""
        super().__init__(f"the answer is incomplete ({reason}){remedy}")
        self.reason = reason
        self.request_id = request_id
        self.cost_ticks = cost_ticks
        self.stopped_by = stopped_by

    def __reduce__(self) -> tuple[object, ...]:
        facts = {"request_id": self.request_id, "cost_ticks": self.cost_ticks, "stopped_by": self.stopped_by}
        return type(self), (self.reason,), facts


class AnswerRefusedError(DataError):
    """The model refused to answer, and the lookup's ``on_incomplete`` lets only answers count. It was billed.

    Args:
        words: What the model said instead; its first 500 characters are kept.
        request_id: What the service calls the request.
        cost_ticks: What the refusal was billed, in ticks.
    """

    error_code: ClassVar[str] = "refusal"
    retryable: bool = False

    def __init__(self, words: str = "", *, request_id: str | None = None, cost_ticks: int | None = None) -> None:
        self.words: str = words[:500]
        super().__init__("the model refused to answer" + (f": {self.words}" if self.words else ""))
        self.request_id = request_id
        self.cost_ticks = cost_ticks

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.words,), {"request_id": self.request_id, "cost_ticks": self.cost_ticks}


class MediaError(DataError):
    """A picture, sound or video could not be fetched: the link has expired, leads elsewhere, or holds another thing."""

    error_code: ClassVar[str] = "media"
    retryable: bool = False

    def __init__(self, message: str, *, request_id: str | None = None) -> None:
        super().__init__(message)
        self.request_id = request_id


"""A video was not ready in time. It goes on being made (and billed) and can be asked for by ``request_id``."""

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
