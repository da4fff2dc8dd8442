"""When a request is sent again, and how long to wait before.

One policy, asked once after each failure; nothing below it retries. It only computes; how to wait is up to the caller.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from grokcall.errors import (
    ConnectionCutError,
    ContentRefusedError,
    NotSentError,
    RateLimitedError,
    ReadTimeoutError,
    ServiceError,
    is_retryable,
)
from grokcall_procedures.steps import Kind, Request

LONGEST_RETRY_AFTER = 300.0
"""Seconds; a service that asks to wait longer than this gets no further try."""

_HARMLESS_METHODS = frozenset({"GET", "HEAD", "DELETE"})
_GAVE_UP_WAITING = frozenset({408, 504, 524})


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Up to ``max_attempts`` tries, with growing waits at random so that many callers do not come back at once.

    * Nothing was sent, or the service answers 408, 409, 429 (but for spent credits) or 500 and above: tried again.
    * The connection was cut or timed out after the request may have been served: tried again only when the request is
      not billed and harmless to repeat (GET, HEAD, DELETE, an upload).
    * What is billed is not asked for again after 408, 504 and 524 either: they say that nobody waited any longer, not
      that nothing was done. With ``retry_billed`` both are tried again, and each try is paid for.
    * What must be sent once is tried again only when it was not sent, or the service was too busy to look at it (429).
    * ``Retry-After`` is heeded to the second, up to 300 s; a longer one ends the tries.

    Args:
        max_attempts: How often a request is sent at most.
        retry_billed: Whether a request that may have been billed is sent again when its answer is lost.
        base: The upper limit of the first wait, in seconds; it doubles with each try.
        cap: The upper limit of any wait that the service did not ask for, in seconds.
        rng: Gives numbers from 0 up to 1; a test hands in one it knows.
    """

    max_attempts: int = 5
    retry_billed: bool = False
    base: float = 0.5
    cap: float = 30.0
    rng: Callable[[], float] = random.random

    @property
    def billed_attempts(self) -> int:
        """How often a request is sent that may have been billed each time."""
        return self.max_attempts if self.retry_billed else 1

    def wait_before_retry(self, error: Exception, request: Request, attempt: int) -> float | None:
        """Seconds to wait before ``request`` is sent again, or None to give up.

        Args:
            error: How the last try ended.
            request: What was sent.
            attempt: The number of the last try, from 1.

        >>> policy = RetryPolicy(rng=lambda: 1.0)
        >>> request, error = Request("GET", "/models"), NotSentError("refused")
        >>> [policy.wait_before_retry(error, request, attempt) for attempt in (1, 2, 5)]
        [0.5, 1.0, None]
        """
        if attempt >= self.max_attempts or not self._may_repeat(error, request):
            return None
        asked = error.retry_after if isinstance(error, ServiceError) else None
        if asked:
            return asked if asked <= LONGEST_RETRY_AFTER else None
        # The exponent is limited because 2.0 ** 1024 is an error, while the cap is reached long before.
        return float(self.rng() * min(self.cap, self.base * 2.0 ** min(attempt - 1, 64)))

    def _may_repeat(self, error: Exception, request: Request) -> bool:
        """Whether another try could help, and would neither cost nor change anything that nobody asked for."""
        if request.once and not isinstance(error, NotSentError | RateLimitedError):
            return False
        if request.billed and may_have_been_billed(error):
            return self.retry_billed and is_retryable(error)
        if isinstance(error, ConnectionCutError | ReadTimeoutError):
            harmless = request.method in _HARMLESS_METHODS or request.kind is Kind.UPLOAD
            return harmless and is_retryable(error)
        return is_retryable(error)


def may_have_been_billed(error: Exception) -> bool:
    """Whether a request that ended with this error may have been served, and billed if it is of that kind.

    Only what surely was not sent, or was refused by the service itself, was not. A gateway that gave up waiting says
    nothing of the service behind it, and a prompt that was refused for its content may have its fee.
    """
    if isinstance(error, ServiceError):
        unexplained = error.status < 400 and not is_retryable(error)
        return error.status in _GAVE_UP_WAITING or isinstance(error, ContentRefusedError) or unexplained
    return not isinstance(error, NotSentError)
