"""How many requests of a model are under way at once: more while the service keeps up, fewer when it does not."""

from __future__ import annotations

import math

FIRST = 8
"""Requests that may be under way before the first reply has told what is allowed, or an eighth of the most."""

IMPATIENCE = 16.0
"""Requests a second that join them as long as no reply comes, so that a slow service is not asked one by one."""

OPENING = 1
"""By how much each answer at the beginning raises the number, or a 32nd of the most: it doubles in a round at least."""

SHORTEST_ROUND = 16
"""Replies after which it is judged whether the service keeps up, at least; else as many as are under way."""

TOLERATED = 0.6
"""The share of a round's replies that may fail: an overloaded service fails nearly all that is too much, and at once;
one that answers half of what it is asked does so as well when it is asked less."""

INFLATED = 3.0
"""How many times as long as usual answers take when the service is overloaded."""

NOT_SLOW = 0.25
"""Seconds below which no answer counts as slow: there it is the client's own processor that shows."""


def first_of(ceiling: int) -> int:
    """How many requests may be under way before anything is known."""
    return min(ceiling, max(FIRST, ceiling // 8))


class Concurrency:
    """The number of requests that may be under way.

    It begins low and opens quickly with the first answers. Afterwards each round of replies is judged. When many of
    them failed, the number shrinks with their share. When answers took several times as long as usual, a quarter less
    is tried: if they come sooner then, the service was overloaded and it stays at that; if not, the questions were
    harder, and that is the usual time from now on. Otherwise it grows by a twentieth.

    Args:
        ceiling: The largest number, from the user.
    """

    def __init__(self, ceiling: int) -> None:
        self.ceiling = ceiling
        self.limit: float = first_of(ceiling)
        self._opening = True
        self._step = max(OPENING, ceiling // 32)
        self._replied = False
        self._raised: float | None = None
        """When a place was added because no reply came."""
        self._usual: float | None = None
        self._tried: tuple[float, float] | None = None
        """The number and the time before a quarter less was tried."""
        self._suspected = False
        """Whether the last round was slow."""
        self._stale = 0
        """Replies still to come to what was sent before the last change; they tell nothing about it."""
        self._begin_round()

    def wait(self, under_way: int, now: float) -> float:
        """Seconds until a further request may be sent: 0 for now, infinity for when one has ended."""
        if under_way + 1 <= self.limit:
            return 0.0
        if self._replied or under_way >= self.ceiling:
            return math.inf
        if self._raised is None:
            self._raised = now
        wait = self._raised + 1 / IMPATIENCE - now
        if wait > 0:
            return wait
        self._raised = now
        self.limit = min(self.ceiling, under_way + 1)
        return 0.0

    def answered(self, seconds: float) -> None:
        """Takes note of an answer and how long it took."""
        self._replied = True
        if self._opening:
            self.limit = min(self.ceiling, self.limit + self._step)
        self._answers += 1
        self._time += math.log(max(seconds, 1e-6))
        self._count_reply()

    def failed(self) -> None:
        """Takes note of a failure that may come from overload."""
        self._replied = True
        self._failures += 1
        self._count_reply()

    def cut(self) -> None:
        """Shrinks at once, after a refusal that does not say what the limit is."""
        self._opening = False
        self._replied = True
        self._tried = None
        self.limit = max(1.0, self.limit * 0.7)
        self._begin_round()

    def _begin_round(self) -> None:
        self._answers = 0
        self._failures = 0
        self._time = 0.0
        """The sum of the logarithms: their mean does not jump when a few answers are very long."""
        self._length = max(SHORTEST_ROUND, int(self.limit))

    def _count_reply(self) -> None:
        if self._stale:
            self._stale -= 1
            self._begin_round()
            return
        if self._answers + self._failures < self._length:
            return
        failed = self._failures / self._length
        if failed > TOLERATED + 2 * math.sqrt(TOLERATED * (1 - TOLERATED) / self._length):
            self._shrink(1 - failed / 2)
        elif self._answers:
            self._judge(math.exp(self._time / self._answers))
        self._begin_round()

    def _shrink(self, factor: float) -> None:
        self._opening = False
        self._tried = None
        self.limit = max(1.0, self.limit * factor)

    def _judge(self, seconds: float) -> None:
        """What to do after a round whose answers took this long."""
        if self._usual is None or self._usual > seconds:
            self._usual = seconds
        is_slow = seconds > max(NOT_SLOW, INFLATED * self._usual) and self.limit > 1
        if self._tried is not None:
            self._judge_trial(seconds, *self._tried)
        elif is_slow and not self._suspected:
            # While the number was growing the times were as well: they are measured once more before anything is tried.
            self._opening, self._suspected = False, True
            self._stale = int(self.limit)
        elif is_slow:
            self._tried = (self.limit, seconds)
            self._stale = int(self.limit)
            self.limit = max(1.0, self.limit * 0.75)
        else:
            self._suspected = False
            if not self._opening:
                self.limit = min(self.ceiling, self.limit + max(1.0, self.limit / 20))

    def _judge_trial(self, seconds: float, number: float, before: float) -> None:
        """Keeps the smaller number if it made answers come sooner."""
        self._tried = None
        if seconds > 0.9 * before:
            self.limit = max(self.limit, number)
            self._usual = seconds
            self._suspected = False
