"""How many requests came, were answered how, and were under way at a time."""

from collections import Counter
from threading import Lock


class Traffic:
    """Counts of the requests to the API's endpoints."""

    def __init__(self) -> None:
        self._outcomes: Counter[str] = Counter()
        self._in_flight = 0
        self._peak = 0
        self._lock = Lock()  # the program that embeds the sandbox reads from another thread

    def enter(self) -> None:
        """Count a request that came."""
        with self._lock:
            self._in_flight += 1
            self._peak = max(self._peak, self._in_flight)

    def leave(self, outcome: str) -> None:
        """Count a request that is over, with its status or `cut`."""
        with self._lock:
            self._in_flight -= 1
            self._outcomes[outcome] += 1

    def as_dict(self) -> dict[str, object]:
        """The counts as `GET /sandbox/stats` shows them; only `in_flight` and the peak count those under way."""
        with self._lock:
            outcomes = dict(sorted(self._outcomes.items()))
            return {
                "requests": sum(outcomes.values()),
                "refused": outcomes.get("429", 0),
                "in_flight": self._in_flight,
                "peak_in_flight": self._peak,
                "by_status": outcomes,
            }

    def clear(self) -> None:
        """Start from zero, with the requests under way."""
        with self._lock:
            self._outcomes.clear()
            self._peak = self._in_flight


class Passage:
    """One request on its way through; leaves once, however often it is told to."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._over = False
        traffic.enter()

    def leave(self, outcome: str) -> None:
        """Note the end."""
        if not self._over:
            self._over = True
            self._traffic.leave(outcome)
