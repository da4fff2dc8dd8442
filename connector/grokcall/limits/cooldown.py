"""The pause that all calls of a model keep together after the service has refused one."""

from __future__ import annotations

import random
from collections.abc import Callable

LONGEST = 60.0
"""Seconds; the longest pause that the service did not ask for."""

FORGIVEN = 10.0
"""Seconds without a refusal after the end of a pause that make the next pause a short one again."""


class Cooldown:
    """A pause that begins with a refusal, and gets longer when the service refuses again after it.

    Requests that were on their way when the pause began are refused for the same reason as the one that began it: they
    do not make it longer, unless the service asks for more.

    Args:
        rng: Gives numbers from 0 up to 1, so that several programs do not come back at once.
    """

    __slots__ = ("_began", "_rng", "strikes", "until")

    def __init__(self, rng: Callable[[], float] = random.random) -> None:
        self.until: float = 0.0
        self.strikes: int = 0
        """Pauses in a row, each of which ended in a refusal."""
        self._began = 0.0
        self._rng = rng

    def wait(self, now: float) -> float:
        """Seconds until the pause ends; 0 when there is none."""
        return self.until - now if now < self.until else 0.0

    def refused(self, sent: float, now: float, asked: float | None, needed: float) -> bool:
        """Begins a pause or adds to it; whether this refusal has begun one.

        Args:
            sent: When the refused request was sent.
            now: The time.
            asked: Seconds that the service asks to wait, if it does.
            needed: Seconds that a pause has to last at least, for what is known of the limit.
        """
        begins = self.strikes == 0 or sent > self._began
        if begins:
            if now > self.until + FORGIVEN:
                self.strikes = 0
            self._began = now
            self.strikes += 1
        if asked:
            self.until = max(self.until, now + asked)
        elif begins:
            grown = min(LONGEST, needed * 2.0 ** min(self.strikes - 1, 6))
            self.until = max(self.until, now + grown * (1 + 0.2 * self._rng()))
        return begins

    @property
    def is_probing(self) -> bool:
        """Whether one request alone should find out if the pause has helped, because one pause did not."""
        return self.strikes > 1

    def answered(self, sent: float) -> None:
        """Takes note of an answer: it ends the probing when its request was sent after the pause."""
        if self.strikes > 1 and sent > self._began:
            self.strikes = 1
