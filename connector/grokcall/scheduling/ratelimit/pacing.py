"""What keeps uses of something limited apart: a clock that spaces them out, and a window that is never overfull."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

LATENESS = 0.25
"""Seconds by which a busy machine may be late and catch up, at first; what is older is dropped."""

LEAST_LATENESS = 0.05
"""The same where the service has refused what came in a bunch."""

WOBBLE = 0.025
"""By how much uses are spaced wider and windows kept longer than the limit asks, because requests arrive less evenly
than they leave."""


class Pacer:
    """Spaces uses out evenly: each moves the time of the next on.

    Nothing can be saved up by not asking. Only a use that had to wait and begins late makes the next ones come sooner,
    and a loop that stood still catches up no more than :attr:`lateness`.

    >>> pacer = Pacer()
    >>> pacer.space = 0.5
    >>> pacer.take(now=10.0)
    >>> round(pacer.wait(now=10.1), 3)
    0.4
    """

    __slots__ = ("_due", "lateness", "space")

    def __init__(self) -> None:
        self.space: float = 0.0
        """Seconds that one unit takes; 0 for no limit."""
        self.lateness: float = LATENESS
        """The most seconds that are caught up."""
        self._due = 0.0

    def wait(self, now: float) -> float:
        """Seconds until the next use may begin; 0 for now."""
        wait = self._due - now
        return wait if wait > 0.0 and self.space else 0.0

    def take(self, now: float, units: float = 1.0, *, waited: bool = False) -> None:
        """Notes a use that begins now.

        Args:
            now: The time.
            units: How much it uses.
            waited: Whether it had to wait for its turn.
        """
        earliest = now - self.lateness if waited else now
        self._due = (self._due if self._due > earliest else earliest) + units * self.space

    def hold(self, until: float) -> None:
        """Lets nothing be due before this time, so that nothing is caught up after a pause."""
        self._due = max(self._due, until)

    def catch_up_less(self) -> None:
        """Halves what is caught up, because the service has not put up with it."""
        self.lateness = max(LEAST_LATENESS, self.lateness / 2)

    def give_back(self, units: float) -> None:
        """Takes back units that were taken and not used; a negative number adds some that were used as well."""
        self._due -= units * self.space


class SlidingWindow:
    """Lets no stretch of time have more uses than a limit, however they were spaced.

    >>> window = SlidingWindow()
    >>> window.set(limit=1, seconds=1.0)
    >>> window.take(now=10.0)
    >>> round(window.wait(now=10.5), 3)
    0.525
    """

    __slots__ = ("_begun", "_most", "seconds")

    def __init__(self) -> None:
        self._begun: deque[float] = deque()
        self._most = 0
        self.seconds: float = 0.0
        """The length of a window."""

    def set(self, limit: float, seconds: float) -> None:
        """Sets the limit.

        Args:
            limit: Uses in any ``seconds``; infinite for no limit. A fraction is kept over a longer time.
            seconds: The length of the service's window.
        """
        self._most = math.ceil(limit) if limit < math.inf else 0
        self.seconds = self._most * seconds / limit * (1 + WOBBLE)

    def recall(self, moments: Iterable[float]) -> None:
        """Takes over what was used before there was a limit."""
        self._begun = deque(moments)

    def wait(self, now: float) -> float:
        """Seconds until the next use may begin; 0 for now."""
        begun = self._begun
        if len(begun) < self._most or not self._most:
            return 0.0
        while begun and begun[0] <= now - self.seconds:
            begun.popleft()
        return begun[-self._most] + self.seconds - now if len(begun) >= self._most else 0.0

    def take(self, now: float) -> None:
        """Notes a use that begins now."""
        if self._most:
            self._begun.append(now)

    def give_back(self) -> None:
        """Takes back the last use."""
        if self._begun:
            self._begun.pop()
