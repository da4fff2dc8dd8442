"""What is said of a call to which its batch gave no answer, and whether another batch would give one."""

from __future__ import annotations

import re

from grokcall.client.batch_status import BatchStatus
from grokcall.core.outcome import CallStatus, Outcome
from grokcall.errors import (
    AuthenticationError,
    CreditsExhaustedError,
    RateLimitedError,
    ServerFailureError,
    UnansweredError,
)
from grokcall.http.service_errors import service_error
from grokcall.journal.batches import BatchRecord

PASSES = re.compile(
    r"try(?:ing)? again|later|temporar|unavailable|overload|capacity|internal (?:server )?error|time(?:d)? ?out"
    r"|maintenance|too many",
    re.IGNORECASE,
)
"""What the service says of troubles that pass."""
MENDED = (AuthenticationError, CreditsExhaustedError, RateLimitedError, ServerFailureError)
"""Refusals that time, credits or another key can mend."""


def is_final(status: BatchStatus) -> bool:
    """Whether the service has refused a batch for a reason that another one would meet as well."""
    if not status.reason or not (status.is_refused or status.is_failed):
        return False
    return PASSES.search(status.reason) is None and not isinstance(
        service_error(None, status.reason, status=400), MENDED
    )


def unanswered(record: BatchRecord, status: BatchStatus | None) -> Outcome:
    """The outcome of a call to which its batch gave no answer.

    Args:
        record: The batch.
        status: How it ended; None when the service knows it no more.
    """
    name = record.batch_id or record.name
    told, billable = ending(name, status)
    final = status is not None and is_final(status)
    if final:
        remedy = "it is sent again only when failed rows are (retry_failed, --retry-failed)"
    elif status is None or status.is_past:
        remedy = "the same lookup asks again, in a new batch"
    else:
        remedy = "the same lookup looks there once more, and asks again, in a new batch"
    error = UnansweredError(f"{told}; {remedy}", billable=billable, retryable=not final)
    # What was not billed is no try: an answer that comes late all the same is the first.
    return Outcome(CallStatus.ERROR, error=error, attempts=int(billable))


def ending(name: str, status: BatchStatus | None) -> tuple[str, bool]:
    """How a batch ended, in words, and whether a request without an answer may have been billed."""
    if status is None:
        return (
            f"the service knows the batch {name} no more: its results are gone, though they may have been billed",
            True,
        )
    because = f" ({status.reason})" if status.reason else ""
    if status.is_refused:
        return f"the service cancelled the batch {name}{because}, so this request was not billed", False
    if status.is_cancelled:
        return f"the batch {name} was cancelled before it came to this request, which was not billed{because}", False
    if status.is_expired:
        return f"the batch {name} expired before it came to this request, which was not billed{because}", False
    if status.is_over:
        return f"the batch {name} failed before it came to this request{because}, which may have been billed", True
    return f"the batch {name} is done and has no result for this request, though it may have been billed", True
