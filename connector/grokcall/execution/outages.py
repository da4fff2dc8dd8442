"""Notices that a service is away or answers nothing, so that a pass ends soon instead of failing row by row."""

from __future__ import annotations

import asyncio
import re
import time
import weakref
from collections.abc import Callable
from typing import Any, NamedTuple, TypeGuard

from grokcall.core.outcome import CallStatus, Outcome
from grokcall.errors import (
    ConnectionCutError,
    InvalidRequestError,
    MalformedReplyError,
    NotFoundError,
    NotSentError,
    PermissionDeniedError,
    RateLimitedError,
    ReadTimeoutError,
    ServerFailureError,
    ServiceError,
    StreamCutError,
)

FEW = 8
"""Calls that have to fail before a service that has answered none is given up."""
STRIKES = 5
"""Failures one after the other, each of a request that was sent some time after the failure before it."""
GAP = 0.25
"""Seconds from the first failure to the next that counts; they double up to eightfold, like the waits of one row."""
LEAST_TIMEOUTS = 3
"""Calls that have to time out before a service that has answered none is given up, if no more may run at a time."""
NO_SUCH_THING = frozenset({404, 405, 410, 411, 415, 501})
"""Statuses that speak of the address and the kind of request more than of what is in it."""

NOTHING_NAMED = re.compile(
    r"(?:404:? )?(?:(?:the )?(?:page|route|path|url|endpoint|resource) )?(?:was )?not found\b\W*(?:\Z|, without)"
    r"|cannot (?:post|get) /",
    re.IGNORECASE,
)
"""What servers say that have nothing at an address; the API names what it does not find."""


class Try(NamedTuple):
    """The last try of a call that is under way."""

    began: float
    failed: bool


class Outage:
    """What is known of the service from the calls of a pass.

    As long as nothing was answered, few calls decide: once :data:`FEW` have failed no other begins, but for one now and
    then that tries the service, and after :data:`STRIKES` failures in turn it is given up. A burst that is over sooner
    ends nothing. Once something was answered, a long row of failed calls is needed.

    Args:
        concurrency: The most calls in flight: so many can fail together when the service goes away for a moment.
        model_varies: Whether rows name models of their own, of which one can fail while the others work.
        of_the_row: Whether a refusal can come from what a row alone has sent.
    """

    def __init__(self, concurrency: int, *, model_varies: bool, of_the_row: Callable[[ServiceError], bool]) -> None:
        self.patience: int = max(FEW, concurrency)
        self._few = 2 * self.patience if model_varies else FEW
        self._few_timeouts = self._few if model_varies else min(FEW, max(LEAST_TIMEOUTS, concurrency))
        self._of_the_row = of_the_row
        self._reached = False
        self._answered = False
        self._tries: weakref.WeakKeyDictionary[asyncio.Task[Any], Try] = weakref.WeakKeyDictionary()
        self._forget()

    def _forget(self) -> None:
        self._in_a_row = 0
        """Rows that have failed since the last answer; of those that share a call each."""
        self._ended = 0
        """Calls that have failed since then."""
        self._strikes = 0
        self._quiet_until = self._no_probe_until = 0.0
        self._words: str | None = None
        """What the first refusal since then said, of those that count when all say the same."""

    def may_begin(self) -> bool:
        """Whether a request of the current task's call may be sent."""
        if self._answered or self._failed_calls() < self._few or asyncio.current_task() in self._tries:
            return True
        now = time.monotonic()
        if now < max(self._quiet_until, self._no_probe_until):
            return False
        self._no_probe_until = now + self._gap
        return True

    def tried(self, error: BaseException | None, began: float) -> Exception | None:
        """Takes note of a try of the current task's call; gives the error that ends the pass, if any.

        Args:
            error: Why there is no answer; None for one.
            began: When it was sent, on the monotonic clock.
        """
        task = asyncio.current_task()
        assert task is not None
        if not is_failure(error):
            self._tries[task] = Try(began, failed=False)
            return None
        self._tries[task] = Try(began, failed=True)
        self._reached |= not isinstance(error, NotSentError)
        self._strike(began)
        return self._given_up(error) if not self._answered else None

    def verdict(self, outcome: Outcome) -> Exception | None:
        """The error that ends the pass: at once if nothing was ever reached, else after a run of failures.

        A service that fails gets twice the patience of one that is away, and one that cuts its answers off four times
        as much: such failures come in bursts.
        """
        task, error = asyncio.current_task(), outcome.error
        last = self._tries.pop(task, None) if task is not None else None
        if is_failure(error):
            self._in_a_row += 1
            self._ended += outcome.attempts > 0
            return self._judged(error)
        if error is None and outcome.status is not CallStatus.OK:
            return None
        if not self._says_nothing(error):
            if not isinstance(error, RateLimitedError) and (outcome.attempts or error is None):
                self._reached = self._answered = True
                self._forget()
            return None
        if self._answered or not outcome.attempts or error is None:
            return None
        self._reached = True
        self._ended += 1
        self._strike(last.began if last is not None else time.monotonic())
        return self._given_up(error)

    def _judged(self, error: Exception) -> Exception | None:
        """The verdict on a row that failed with the service."""
        if isinstance(error, NotSentError):
            ends = not self._reached or self._in_a_row >= self.patience
        elif isinstance(error, ServerFailureError):
            self._reached = True
            ends = self._in_a_row >= 2 * self.patience
        else:
            self._reached = True
            cut = isinstance(error, ConnectionCutError | ReadTimeoutError | StreamCutError)
            ends = cut and self._in_a_row >= 4 * self.patience and self._strikes >= STRIKES
        if ends:
            self._forget()
            return error
        return self._given_up(error) if not self._answered else None

    def _given_up(self, error: Exception) -> Exception | None:
        """The error, if it is one too many from a service that has answered nothing."""
        calls = self._failed_calls()
        if isinstance(error, NotSentError) and not self._reached:
            ends = self._strikes >= STRIKES
        elif isinstance(error, ReadTimeoutError) and calls >= self._few_timeouts:
            ends = True
        else:
            ends = calls >= self._few and self._strikes >= STRIKES
        if not ends:
            return None
        error.add_note("No call was answered, so no other is sent.")
        self._forget()
        return error

    def _says_nothing(self, error: Exception | None) -> bool:
        """Whether an outcome is no answer of the API, though a reply came: the same for each call so far."""
        if type(error) is MalformedReplyError:
            return True
        if not isinstance(error, ServiceError) or self._of_the_row(error) or not is_about_all(error):
            return False
        self._words = self._words or error.message
        return error.message == self._words

    def _strike(self, began: float) -> None:
        if began >= self._quiet_until:
            self._strikes += 1
            self._quiet_until = time.monotonic() + self._gap

    @property
    def _gap(self) -> float:
        return GAP * 2.0 ** min(max(0, self._strikes - 1), 3)

    def _failed_calls(self) -> int:
        return self._ended + sum(each.failed for each in self._tries.values())


def is_failure(error: BaseException | None) -> TypeGuard[Exception]:
    """Whether the service has failed, or kept a rate of which nobody knows what it is, so that waiting may not help."""
    if isinstance(error, RateLimitedError):
        return error.subject != "pace"
    return isinstance(error, NotSentError | ServerFailureError | ConnectionCutError | ReadTimeoutError | StreamCutError)


def is_about_all(error: ServiceError) -> bool:
    """Whether a refusal, though it may be that of a row, can be that of every row if they all say the same."""
    if isinstance(error, InvalidRequestError):
        return error.subject == "parameter" or error.status in NO_SUCH_THING
    if isinstance(error, NotFoundError):
        return NOTHING_NAMED.match(error.message) is not None
    return isinstance(error, PermissionDeniedError) and not error.systemic
