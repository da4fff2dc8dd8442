"""The steps of a call: requests to send, waits to keep, and the replies that come back.

A procedure describes its run as a generator. It yields what should happen next and is sent the reply; it never does
input or output itself, so the same steps serve the network, ``EXPLAIN`` and tests.

    def respond(call: BoundCall) -> Steps:
        reply = yield Request("POST", "/responses", body=encode(call), kind=Kind.TEXT, billed=True)
        return [row_of(reply.body)]
"""

from __future__ import annotations

import enum
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from grokcall_parser.errors import DatabaseError, DataError, OperationalError


class Kind(enum.StrEnum):
    """What a request is for; it decides how long a reply may take."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    POLL = "poll"
    UPLOAD = "upload"
    DOWNLOAD = "download"
    METADATA = "metadata"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, complete but for the host and the key."""

    method: str
    path: str
    """Below the base URL (``/responses``); for a download an absolute URL."""
    body: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"
    kind: Kind = Kind.TEXT
    billed: bool = False
    """Whether an answer costs money: such a request is never sent twice unless the first surely was not served."""
    headers: tuple[tuple[str, str], ...] = ()
    """Further headers; never the key."""
    max_bytes: int | None = None
    """The largest reply to accept; None for the transport's own limit."""
    timeout: float | None = None
    """Seconds to wait for the reply; None for the connection's limit for the kind."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait this many seconds before the next step."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply with a status below 400."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes = field(repr=False)


Row: TypeAlias = tuple[object, ...]
Step: TypeAlias = Request | Pause
Steps: TypeAlias = Generator[Step, Reply | None, list[Row]]
"""Yields steps; is sent a Reply after a Request and None after a Pause; returns the result rows.

An error reply (status 400 or above) is thrown into the generator at the ``yield`` as the connector's error, so that
``try … finally`` can clean up, for instance delete an uploaded file.
"""


class FailedReplyError(DatabaseError):
    """The API answered with a success status and said in the body that the work failed.

    The connector turns it into the service error that fits ``code`` and ``message``.
    """

    def __init__(self, code: str | None, message: str, *, cost_ticks: int | None = None) -> None:
        self.code = code
        self.message = message
        self.cost_ticks = cost_ticks
        super().__init__(message)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.code, self.message), {"cost_ticks": self.cost_ticks}


class MalformedReplyError(DataError):
    """The API said yes, and its answer is not what it promises: no JSON, another type, a member missing.

    Args:
        message: What came.
        request_id: What the service calls the request.
        row: The result as far as it could be read, with the answer's own text, which was paid for.
    """

    error_code = "malformed_reply"
    retryable = False

    def __init__(self, message: str, *, request_id: str | None = None, row: Row | None = None) -> None:
        super().__init__(message)
        self.request_id = request_id
        self.row = row


class NotReadyError(OperationalError):
    """A video was not ready in time; ``request_id`` fetches it later without paying again."""

    error_code = "video_timeout"
    retryable = False

    def __init__(self, message: str, request_id: str) -> None:
        self.request_id = request_id
        super().__init__(message)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.request_id)


class AnswerMismatchError(MalformedReplyError):
    """There is no answer with the declared columns, however often it was asked for.

    Args:
        message: What was expected, and what came.
        column: The place in the answer, such as ``tags[2]``; None where there is no single one.
        error_code: ``answer_mismatch`` for answers that do not fit; ``incomplete`` for one that was cut short and
            ``refusal`` for one in which the model refused, neither of which is asked for again.
        request_id: What the service calls the request.
        row: The result without the declared columns.
    """

    def __init__(
        self,
        message: str,
        column: str | None = None,
        error_code: str = "answer_mismatch",
        *,
        request_id: str | None = None,
        row: Row | None = None,
    ) -> None:
        super().__init__(message, request_id=request_id, row=row)
        self.column = column
        self.error_code = error_code


def reply_of(reply: Reply | None) -> Reply:
    """The reply to a request; a driver that sends none back is at fault."""
    if reply is None:
        raise TypeError("a request needs its reply sent back into the steps")
    return reply
