"""The pause that all calls of a model keep together after the service has refused one."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

LONGEST = 60.0
"""Seconds; the longest pause that the service did not ask for."""

FORGIVEN = 10.0
"""Seconds without a refusal after the end of a pause that make the next pause a short one again."""


class Backoff:
    """A pause that begins with a refusal, and gets longer when the service refuses again after it.

    Requests that were on their way when the pause began are refused for the same reason as the one that began it: they
    do not make it longer, unless the service asks for more. If one of those that left later than the refused one is
    answered, the service had not closed its doors: a pause that it did not ask for ends with that answer.

    Args:
        rng: Gives numbers from 0 up to 1, so that several programs do not come back at once.
    """

    __slots__ = ("_began", "_is_asked", "_rng", "_turn", "lone", "strikes", "until")

    def __init__(self, rng: Callable[[], float] = random.random) -> None:
        self.until: float = 0.0
        self.strikes: int = 0
        """Pauses in a row, each of which ended in a refusal."""
        self.lone: bool = False
        """Whether answers came beside the last pause, to requests that left later than the refused one."""
        self._began = -math.inf
        self._turn: int | None = None
        """The number of the request whose refusal began the pause; None where a limit was named, which is believed."""
        self._is_asked = False
        self._rng = rng

    def wait(self, now: float) -> float:
        """Seconds until the pause ends; 0 when there is none."""
        return self.until - now if now < self.until else 0.0

    def refused(self, sent: float, now: float, asked: float | None, needed: float, turn: int | None = None) -> bool:
        """Begins a pause or adds to it; whether this refusal has begun one.

        Args:
            sent: When the refused request was sent.
            now: The time.
            asked: Seconds that the service asks to wait, if it does.
            needed: Seconds that a pause has to last at least, for what is known of the limit.
            turn: The number of the refused request, where the refusal names no limit.
        """
        begins = sent > self._began
        if begins:
            if now > self.until + FORGIVEN:
                self.strikes = 0
            self._began = now
            self._turn, self._is_asked, self.lone = turn, False, False
            self.strikes += 1
        if asked:
            self.until = max(self.until, now + asked)
            self._is_asked = True
        elif begins:
            grown = min(LONGEST, needed * 2.0 ** min(self.strikes - 1, 6))
            self.until = max(self.until, now + grown * (1 + 0.2 * self._rng()))
        return begins

    @property
    def is_probing(self) -> bool:
        """Whether one request alone should find out if the pause has helped, because one pause did not."""
        return self.strikes > 1

    def answered(self, sent: float, now: float, turn: int = 0) -> None:
        """Takes note of an answer.

        It ends the probing when its request was sent after the pause had begun, and a pause that the service did not
        ask for when its request left between the refused one and the pause.

        Args:
            sent: When its request was sent.
            now: The time.
            turn: Its number.
        """
        if sent > self._began:
            self.strikes = min(self.strikes, 1)
        elif self._turn is not None and turn > self._turn:
            self.lone, self.strikes = True, 0
            if not self._is_asked:
                self.until = min(self.until, now)
