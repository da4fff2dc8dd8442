"""How many requests went out at each moment of the last minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import repeat

STEP = 0.1
"""Seconds whose requests are counted together."""

LONGEST = 60.0
"""Seconds that are remembered."""


class Recent:
    """Tells how long the service will go on counting what was sent.

    A window that was used up in its first moments stays used up until those have left it. To ask again before is to be
    refused again.
    """

    __slots__ = ("_steps",)

    def __init__(self) -> None:
        self._steps: deque[list[float]] = deque(maxlen=int(LONGEST / STEP) + 2)

    def add(self, now: float) -> None:
        """Notes a request."""
        steps = self._steps
        if steps and now < steps[-1][0] + STEP:
            steps[-1][1] += 1
        else:
            steps.append([now, 1])

    def moments(self, window: float, now: float) -> Iterator[float]:
        """When the requests of the last ``window`` seconds were sent, none of them too early."""
        for began, number in self._steps:
            if began + STEP > now - window:
                yield from repeat(min(now, began + STEP), int(number))

    def wait_until_left(self, share: float, window: float, now: float) -> float:
        """Seconds until this share of the requests in a window has left it.

        Args:
            share: From 0 to 1.
            window: The window's length in seconds, up to 60.
            now: The time, at which the window ends.

        >>> recent = Recent()
        >>> for moment in (10.0, 10.2, 10.4):
        ...     recent.add(moment)
        >>> round(recent.wait_until_left(0.5, 1.0, now=10.5), 3)
        0.8
        """
        counted = [(began + STEP, number) for began, number in self._steps if began + STEP > now - window]
        staying = share * sum(number for _, number in counted)
        for ended, number in counted:
            staying -= number
            if staying <= 0:
                return max(0.0, ended + window - now)
        return 0.0
