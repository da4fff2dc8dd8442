"""There is no whole answer, or no way to the service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from grokcall_parser.errors import DataError, OperationalError, ProgrammingError


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


class StreamCutError(TransportError):
    """An answer that came in pieces was cut off before its end; it may have been billed, and is not asked for again.

    Args:
        message: How far it came, and why it ended.
        partial: The answer so far: text, or the bytes of sound.
        response_id: By which the service knows the answer; None where it had not said it.
        is_stored: Whether the service keeps the answer, so that it may have the whole.
    """

    error_code = "stream_cut"
    retryable = False

    def __init__(
        self, message: str, *, partial: str | bytes = "", response_id: str | None = None, is_stored: bool = False
    ) -> None:
        super().__init__(message)
        self.partial = partial
        self.response_id = response_id
        self.is_stored = is_stored


class ReplyTooLargeError(TransportError, DataError):
    """The answer is longer than the limit that the request set."""

    error_code = "reply_too_large"
    retryable = False


class ChangeNotAllowedError(ProgrammingError):
    """A call would make, change or remove something at the service where that was not allowed; nothing was sent.

    Args:
        message: What it would do, and how to allow it.
        procedure: The name of the procedure.
    """

    error_code: ClassVar[str] = "change_not_allowed"
    retryable: bool = False
    systemic: bool = True

    def __init__(self, message: str, procedure: str = "") -> None:
        super().__init__(message)
        self.procedure: str = procedure


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


class MissingManagementKeyError(MissingKeyError):
    """There is no usable management key, and a procedure asks the management host; the API key is not taken for it."""

    error_code = "missing_management_key"


class MissingToolSecretError(MissingKeyError):
    """A tool names a secret, and the environment has none of that name, or none that can be sent."""

    error_code = "missing_tool_secret"
