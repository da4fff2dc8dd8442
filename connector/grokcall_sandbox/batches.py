"""Batches of requests: what they hold, and in which state each request is."""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import uuid4

from grokcall_sandbox.billing_log import Entry
from grokcall_sandbox.errors import KEY_ID

State = Literal["pending", "succeeded", "failed", "cancelled"]
_LIFE = timedelta(days=30)


@dataclass(slots=True)
class BatchItem:
    """One request of a batch.

    Attributes:
        id: What the caller calls it; unique in its batch.
        kind: How the API calls the endpoint, such as `chat_get_completion`.
        body: The body for that endpoint, JSON.
        host: The host that the caller knows this server by, for links to media.
        model: The model asked for; empty when none is named.
        created: When it was added.
        due: When it is to be done, on the monotonic clock.
        state: How far it is.
        finished: When it was done or cancelled.
        result: What `GET …/results` shows for it, JSON.
        entry: What was billed for it.
    """

    id: str
    kind: str
    body: bytes
    host: bytes
    model: str
    created: datetime
    due: float
    state: State = "pending"
    finished: datetime | None = None
    result: bytes = b""
    entry: Entry | None = None


@dataclass(slots=True)
class Batch:
    """A batch, which stays open to further requests unless it was made from a file or cancelled."""

    name: str
    file_id: str | None = None
    id: str = field(default_factory=lambda: f"batch_{uuid4()}")
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    cancelled: datetime | None = None
    items: dict[str, BatchItem] = field(default_factory=dict)
    counts: Counter[State] = field(default_factory=Counter)
    size: int = 0
    worker: "asyncio.Task[None] | None" = None
    hurried: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when nothing of it is to wait for its time any more."""

    @property
    def sealed(self) -> bool:
        """True when it takes no more requests."""
        return self.file_id is not None or self.cancelled is not None

    def add(self, items: list[BatchItem]) -> None:
        """Take requests, whose ids must be new."""
        for item in items:
            self.items[item.id] = item
            self.size += len(item.body)
        self.counts["pending"] += len(items)

    def pending(self) -> list[BatchItem]:
        """The requests that are not done, in the order in which they were added."""
        return [item for item in self.items.values() if item.state == "pending"]

    async def wait_for(self, item: BatchItem) -> None:
        """Wait until a request is due, or the batch is in a hurry."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + max(0.0, item.due - time.monotonic())):
                await self.hurried.wait()

    def finish(self, item: BatchItem, state: State, result: bytes = b"") -> None:
        """Note that a pending request ended."""
        item.state = state
        item.result = result
        item.finished = datetime.now(UTC)
        self.size += len(result)
        self.counts["pending"] -= 1
        self.counts[state] += 1

    def cancel(self) -> None:
        """Cancel what is pending; what is done stays done."""
        self.cancelled = self.cancelled or datetime.now(UTC)
        if self.worker is not None:
            self.worker.cancel()
        for item in self.pending():
            self.finish(item, "cancelled")

    def as_dict(self) -> dict[str, object]:
        """The batch object of the API."""
        shown: dict[str, object] = {
            "batch_id": self.id,
            "name": self.name,
            "create_time": self.created.date().isoformat(),
            "expire_time": (self.created + _LIFE).date().isoformat(),
            "create_api_key_id": KEY_ID,
            "cancel_time": self.cancelled.date().isoformat() if self.cancelled else None,
            "cancel_by_xai_message": None,
            "state": {
                "num_requests": len(self.items),
                "num_pending": self.counts["pending"],
                "num_success": self.counts["succeeded"],
                "num_error": self.counts["failed"],
                "num_cancelled": self.counts["cancelled"],
            },
        }
        return shown if self.file_id is None else {**shown, "input_file_id": self.file_id}


def due_times(count: int, seconds: float) -> list[float]:
    """When each of `count` requests added now is due: spread evenly, the last one after `seconds`."""
    now = time.monotonic()
    return [now + seconds * (number + 1) / count for number in range(count)]
