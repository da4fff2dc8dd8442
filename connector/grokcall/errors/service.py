"""The API answered, and said no: what each refusal means."""

from __future__ import annotations

from typing import ClassVar

from grokcall_parser.errors import DataError, Error, OperationalError, ProgrammingError


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
