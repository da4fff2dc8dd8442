"""Finished answers, held in memory for equal calls to come."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

from grokcall.core.outcome import CallStatus, Outcome, payload_of

REMEMBERED_BYTES = 16 * 1024 * 1024
"""How much of finished answers is held for equal rows to come, where no journal holds them; the oldest go first."""
SMALL_OUTCOME = 3000
"""About what an outcome takes beside its long values, in bytes."""


class AnswerStore(Protocol):
    """Holds finished answers by fingerprint, where no journal holds them."""

    def get(self, key: bytes) -> Outcome | None:
        """The answer for one more equal call."""
        ...

    def add(self, key: bytes, outcome: Outcome) -> None:
        """Holds an answer."""
        ...


class AnswerCache:
    """Finished answers by fingerprint, as many as fit; the ones that were asked for longest ago go first."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._held = 0
        self._answers: OrderedDict[bytes, tuple[Outcome, int]] = OrderedDict()

    def get(self, key: bytes) -> Outcome | None:
        """The answer for one more equal call."""
        found = self._answers.get(key)
        if found is None:
            return None
        self._answers.move_to_end(key)
        return repeated(found[0])

    def add(self, key: bytes, outcome: Outcome) -> None:
        """Holds an answer."""
        size = size_of(outcome)
        if size > self._capacity:
            return
        self._answers[key] = outcome, size
        self._held += size
        while self._held > self._capacity:
            _, (_, dropped) = self._answers.popitem(last=False)
            self._held -= dropped


def repeated(outcome: Outcome) -> Outcome:
    """The outcome of a call that shares the request of an equal one: it sent nothing and cost nothing."""
    status = CallStatus.CACHED if outcome.error is None else outcome.status
    return Outcome(status, outcome.rows, outcome.error, outcome.warnings, request_id=outcome.request_id)


def size_of(outcome: Outcome) -> int:
    """About how many bytes an outcome takes."""
    return SMALL_OUTCOME + payload_of(outcome)
