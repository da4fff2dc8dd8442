"""How many requests went out in each second of the last minute."""

from __future__ import annotations

from collections import deque

MINUTE = 60.0


class Recent:
    """Tells how long the service will go on counting what was sent.

    A window of a minute that was used up in its first seconds stays used up until those seconds have left it. To ask
    again before is to be refused again.
    """

    __slots__ = ("_seconds",)

    def __init__(self) -> None:
        self._seconds: deque[list[float]] = deque(maxlen=int(MINUTE) + 2)  # each its last moment, its requests

    def add(self, now: float) -> None:
        """Notes a request."""
        seconds = self._seconds
        if seconds and now - seconds[-1][2] < 1.0:
            seconds[-1][0] = now
            seconds[-1][1] += 1
        else:
            seconds.append([now, 1, now])

    def wait_until_left(self, share: float, now: float) -> float:
        """Seconds until this share of the last minute's requests is more than a minute old.

        Args:
            share: From 0 to 1.
            now: The time.
        """
        counted = [(last, number) for last, number, _ in self._seconds if last > now - MINUTE]
        still = share * sum(number for _, number in counted)
        for last, number in counted:
            still -= number
            if still <= 0:
                return max(0.0, last + MINUTE - now)
        return 0.0
