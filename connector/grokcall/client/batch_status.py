"""How far a batch is, read from whatever the service tells of it.

Counts that are not told say nothing, counts that are told as texts are numbers, and what is missing of them is computed
from the others. A batch that somebody or the service has ended is over whatever its counts say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from grokcall.errors import MalformedReplyError
from grokcall.http.service_errors import clean

Document = dict[str, Any]

COMPLETE = frozenset({"completed", "complete", "done", "ended", "finished", "succeeded", "success"})
CANCELLED = re.compile(r"cancelled|canceled")
FAILED = re.compile(r"fail|error|reject|abort")
EXPIRED = re.compile(r"expired")
REASONS = (
    "cancel_by_xai_message",
    "cancel_reason",
    "error",
    "errors",
    "error_message",
    "failure_reason",
    "status_message",
)
"""Members in which a batch says why it was ended."""


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """How far a batch is.

    Args:
        batch_id: What the service calls it.
        name: What whoever made it calls it.
        requests: Requests that it has; None where that is not told.
        pending: Requests that are not done; None where that is not told.
        succeeded, failed, cancelled: What became of the others.
        done: Requests that are done, in whatever way; None where nothing tells of any.
        word: The service's word for how far it is, in small letters.
        is_cancelled: Whether somebody cancelled it, or the service.
        is_refused: Whether it was the service, for a reason.
        reason: The service's words on its end.
        expires: The last day on which it is there; None where that is not told.
        is_heard: Whether the service told anything at all.
    """

    batch_id: str
    name: str
    requests: int | None = None
    pending: int | None = None
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    done: int | None = None
    word: str = ""
    is_cancelled: bool = False
    is_refused: bool = False
    reason: str = ""
    expires: date | None = None
    is_heard: bool = True

    @property
    def is_past(self) -> bool:
        """Whether its last day is over; a day more is waited for, for clocks that differ."""
        return self.expires is not None and (datetime.now(UTC).date() - self.expires).days > 1

    @property
    def is_over(self) -> bool:
        """Whether it does nothing more, whatever its counts are."""
        return self.is_cancelled or self.is_past or self.is_failed or self.is_expired

    @property
    def is_failed(self) -> bool:
        """Whether it failed as a whole."""
        return FAILED.search(self.word) is not None

    @property
    def is_expired(self) -> bool:
        """Whether its time was over before it was done."""
        return self.is_past or EXPIRED.search(self.word) is not None

    def unfinished(self, calls: int) -> int | None:
        """Requests that are not done; None where nobody can tell.

        Args:
            calls: Requests that it is to have.
        """
        if self.word in COMPLETE:
            return 0
        if self.pending is not None:
            return self.pending
        if self.requests is None and self.done is None:
            return None
        return max((calls if self.requests is None else self.requests) - (self.done or 0), 0)

    def waiting(self, calls: int, taken: int) -> int:
        """About how many requests are not done, for people to read."""
        unfinished = self.unfinished(calls)
        if unfinished is None:
            return calls - taken
        return unfinished + max(calls - self.requests, 0) if self.requests is not None else unfinished


def status_of(document: Document) -> BatchStatus:
    """A batch object.

    Raises:
        MalformedReplyError: It has no id.
    """
    batch_id = document.get("batch_id") or document.get("id")
    if not isinstance(batch_id, str):
        raise MalformedReplyError("the service's reply about a batch names no batch_id")
    state = document.get("state")
    counts: Document = state if isinstance(state, dict) else {}
    told = {name: number for name, value in counts.items() if (number := count(value)) is not None}
    over = {name: told[name] for name in told.keys() - {"num_requests", "num_pending"} if name.startswith("num_")}
    word = word_of(document.get("status") or (state if isinstance(state, str) else counts.get("status")))
    by_service = document.get("cancel_by_xai_message")
    return BatchStatus(
        batch_id,
        str(document.get("name")),
        told.get("num_requests"),
        told.get("num_pending"),
        told.get("num_success", 0),
        told.get("num_error", 0),
        told.get("num_cancelled", 0),
        sum(over.values()) if over else None,
        word,
        is_cancelled=bool(document.get("cancel_time") or by_service or CANCELLED.search(word)),
        is_refused=bool(by_service),
        reason=clean(". ".join(text for name in REASONS for text in texts_in(document.get(name)))),
        expires=day_of(document.get("expire_time")),
    )


def word_of(value: object) -> str:
    """A status as a word in small letters.

    >>> word_of("BATCH_STATUS_FAILED"), word_of("Cancelled"), word_of(None)
    ('failed', 'cancelled', '')
    """
    word = value.strip().lower() if isinstance(value, str) else ""
    return re.sub(r"\A.*(?:status|state)_", "", word)


def count(value: object) -> int | None:
    """A count, also one in a text; None for anything else.

    >>> count("12"), count(3.0), count(True), count(-1)
    (12, 3, None, None)
    """
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def texts_in(value: object) -> Iterator[str]:
    """The texts in a member: itself, those of a list, or the messages of objects."""
    if isinstance(value, str) and value.strip():
        yield value.strip().rstrip(".")
    elif isinstance(value, list):
        for each in value:
            yield from texts_in(each)
    elif isinstance(value, Mapping):
        inner = value.get("message") or value.get("data") or value.get("error") or value.get("code")
        yield from texts_in(inner)


def day_of(value: object) -> date | None:
    """The day of a bare date or a time; None when it is neither."""
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
