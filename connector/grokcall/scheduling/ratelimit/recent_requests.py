"""What went out in the last minute, by the moment, and how much of it was refused."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat

STEP = 0.1
"""Seconds whose requests are counted together."""

LONGEST = 60.0
"""Seconds that are remembered."""


@dataclass(slots=True, eq=False)
class Step:
    """The requests that were sent within :data:`STEP`."""

    began: float
    sent: int = 0
    refused: int = 0
    answered: int = 0


class Recent:
    """Tells how long the service will go on counting what was sent, and how much of it it has accepted.

    A window that was used up in its first moments stays used up until those have left it. To ask again before is to be
    refused again.
    """

    __slots__ = ("_is_over", "_steps")

    def __init__(self) -> None:
        self._steps: deque[Step] = deque(maxlen=int(LONGEST / STEP) + 2)
        self._is_over = True

    def add(self, now: float) -> Step:
        """Notes a request; gives where its end is to be noted."""
        steps = self._steps
        if self._is_over or now >= steps[-1].began + STEP:
            steps.append(Step(now))
            self._is_over = False
        steps[-1].sent += 1
        return steps[-1]

    def begin_step(self) -> None:
        """Has the next request counted apart from those before it."""
        self._is_over = True

    def moments(self, window: float, now: float) -> Iterator[float]:
        """When the requests of the last ``window`` seconds were sent, none of them too early."""
        for step in self._within(window, now):
            yield from repeat(min(now, step.began + STEP), step.sent)

    def tally(self, since: float, until: float) -> tuple[int, int]:
        """How many requests were sent in the steps that began in this time, and how many of them were refused."""
        steps = [step for step in self._within(until - since, until) if since <= step.began <= until]
        return sum(step.sent for step in steps), sum(step.refused for step in steps)

    def most_answered(self, window: float) -> int:
        """The most requests of any ``window`` seconds that were answered."""
        most = answered = 0
        inside: deque[Step] = deque()
        for step in self._steps:
            inside.append(step)
            answered += step.answered
            while inside[0].began <= step.began - window:
                answered -= inside.popleft().answered
            most = max(most, answered)
        return most

    def wait_until_left(self, share: float, window: float, now: float) -> float:
        """Seconds until this share of the requests in a window has left it.

        Args:
            share: From 0 to 1.
            window: The window's length in seconds, up to 60.
            now: The time, at which the window ends.

        >>> recent = Recent()
        >>> for moment in (10.0, 10.2, 10.4):
        ...     _ = recent.add(moment)
        >>> round(recent.wait_until_left(0.5, 1.0, now=10.5), 3)
        0.8
        """
        counted = list(self._within(window, now))
        staying = share * sum(step.sent for step in counted)
        for step in counted:
            staying -= step.sent
            if staying <= 0:
                return max(0.0, step.began + STEP + window - now)
        return 0.0

    def _within(self, window: float, now: float) -> Iterable[Step]:
        """The steps that ended in the last ``window`` seconds, the oldest first."""
        oldest = now - window - STEP
        found: list[Step] = []
        for step in reversed(self._steps):
            if step.began <= oldest:
                break
            found.append(step)
        return reversed(found)
