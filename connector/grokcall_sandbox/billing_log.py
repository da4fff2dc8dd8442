"""What the sandbox billed, in the order it did."""

from collections import deque
from dataclasses import dataclass
from threading import Lock

MAX_ENTRIES = 1_000_000


@dataclass(slots=True)
class Entry:
    """One billed request.

    Attributes:
        time: When, in Unix seconds.
        endpoint: The path, such as `/v1/responses`.
        model: The model id that is billed; empty for speech, which has none.
        body_hash: SHA-256 of the request body.
        ticks: The price; 10,000,000,000 ticks are one US dollar.
        request_id: The id the reply carries; for a request of a batch the one it has there.
        answered: True once the whole reply was handed to the client; false for good where that cannot have got it.
    """

    time: float
    endpoint: str
    model: str
    body_hash: bytes
    ticks: int
    request_id: str
    answered: bool = False

    def as_dict(self) -> dict[str, object]:
        """The entry as `GET /sandbox/ledger` shows it."""
        return {
            "time": self.time,
            "endpoint": self.endpoint,
            "model": self.model,
            "request_hash": self.body_hash.hex(),
            "ticks": self.ticks,
            "answered": self.answered,
            "request_id": self.request_id,
        }


class BillingLog:
    """The billed requests, oldest first; beyond `max_entries` the oldest are forgotten but stay in the total."""

    def __init__(self, max_entries: int = MAX_ENTRIES) -> None:
        self._entries: deque[Entry] = deque(maxlen=max_entries)
        self._total = 0
        self._count = 0
        self._lock = Lock()  # the program that embeds the sandbox reads from another thread

    def add(self, entry: Entry) -> Entry:
        """Note a billed request."""
        with self._lock:
            self._entries.append(entry)
            self._total += entry.ticks
            self._count += 1
        return entry

    def extend(self, entry: Entry, ticks: int) -> None:
        """Charge more for what was noted before, such as a socket that stays open."""
        with self._lock:
            entry.ticks += ticks
            self._total += ticks

    def entries(self) -> list[dict[str, object]]:
        """All entries as dictionaries, oldest first."""
        with self._lock:
            return [entry.as_dict() for entry in self._entries]

    @property
    def total_ticks(self) -> int:
        """The sum of everything billed since the last `clear`."""
        return self._total

    @property
    def count(self) -> int:
        """How many requests were billed since the last `clear`."""
        return self._count

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._total = self._count = 0
