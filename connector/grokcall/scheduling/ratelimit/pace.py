"""How fast requests of a model may go: the lowest of the limits that the user, the service or its refusals have set."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from grokcall.scheduling.ratelimit.advertised import AdvertisedLimit, StatedLimit
from grokcall.scheduling.ratelimit.configured import Caps
from grokcall.scheduling.ratelimit.pacing import WOBBLE, Pacer, SlidingWindow
from grokcall.scheduling.ratelimit.recent_requests import Recent
from grokcall.scheduling.ratelimit.suspicion import Suspicion

MINUTE = 60.0

A_MOMENT = 0.1
"""Seconds that a pause lasts at least, when the limit is known."""

LEAST_SHARE = 0.05
REGAINED = 0.05
"""Of what is left unused after refusals, how much is tried again with each second: the closer, the more carefully."""


class Pace:
    """Spaces requests and tokens out so that every limit is kept.

    Args:
        caps: The user's own limits.
        recent: What was sent in the last minute.
        suspicion: The pace that refusals without a limit have led to.
    """

    def __init__(self, caps: Caps, recent: Recent, suspicion: Suspicion) -> None:
        self.requests: Pacer = Pacer()
        self.tokens: Pacer = Pacer()
        self.counts_tokens: bool = False
        """Whether the tokens of answers matter."""
        self._window = SlidingWindow()
        self._caps = caps
        self._recent = recent
        self._suspicion = suspicion
        self._announced = AdvertisedLimit("requests")
        self._announced_tokens = AdvertisedLimit("tokens")
        self._stated: dict[tuple[str, int], int] = {}
        self._share = 1.0
        """Of the limit, what is used of it: less after refusals, since others may draw on the same account."""
        self._share_since = 0.0
        self._is_limited = False
        self.set(0.0)

    def wait(self, now: float) -> float:
        """Seconds until the next request may go; 0 for now."""
        if not self._is_limited:
            return 0.0
        return max(self.requests.wait(now), self._window.wait(now), self.tokens.wait(now))

    def take(self, now: float, tokens: float, *, waited: bool) -> None:
        """Notes a request that goes now, and the tokens reserved for it."""
        if self._is_limited:
            self.requests.take(now, waited=waited)
            self._window.take(now)
            self.tokens.take(now, tokens, waited=waited)

    def give_back(self, tokens: float) -> None:
        """Takes back the last request, which was not sent."""
        self.requests.give_back(1.0)
        self._window.give_back()
        self.tokens.give_back(tokens)

    def heed(self, headers: Mapping[str, str], sent: float, now: float, *, answers: int, tokens: int) -> None:
        """Reads what a reply announces.

        Args:
            headers: Those of the reply.
            sent: When its request was sent.
            now: The time.
            answers: 1 for an answer, 0 for a refusal.
            tokens: What it says was used.
        """
        changed = self._announced.heed(headers, sent, now, answers)
        changed |= self._announced_tokens.heed(headers, sent, now, tokens)
        since = now - self._share_since
        if changed or since > 1.0:
            if self._share < 1.0:
                self._share += (1.0 - self._share) * min(1.0, REGAINED * since)
            self._suspicion.grow(since, now)
            self._share_since = now
            self.set(now)

    def heed_refusal(self, stated: StatedLimit, *, soon: bool, now: float) -> None:
        """Keeps the limit that a refusal has named; less of it where it was kept already.

        Args:
            stated: The limit.
            soon: Whether the service has refused shortly before as well.
            now: The time.
        """
        if self._knows(stated):
            self._share = max(LEAST_SHARE, self._share * (0.95 if soon else 0.985))
            self.requests.catch_up_less()
        else:
            self._stated[stated.thing, stated.window] = stated.limit
        (self._announced if stated.thing == "requests" else self._announced_tokens).confirm()
        self.set(now)

    def credible(self, stated: StatedLimit | None, now: float) -> StatedLimit | None:
        """The limit that a refusal names, unless the service has answered more than twice as much.

        One window can end with the limit and the next begin with it, but there is no more to be had.
        """
        if stated is None or stated.thing == "tokens":
            return stated
        if self._recent.most_answered(stated.window) <= 2 * stated.limit:
            return stated
        if self._stated.pop((stated.thing, stated.window), None) is not None:
            self.set(now)
        return None

    def pause(self, stated: StatedLimit, now: float) -> float:
        """Seconds that a pause has to last at least, for what the refusal says."""
        if stated.window == 1 and (self._knows(stated) or self._announced.limit == stated.limit * MINUTE):
            return A_MOMENT  # whoever keeps the limit was a little too fast
        too_many = 1 - 0.95 * stated.limit / max(stated.actual, stated.limit)
        return max(A_MOMENT, self._recent.wait_until_left(too_many, stated.window, now))

    def set(self, now: float) -> None:
        """Sets the clocks to the limits as they are now."""
        rate = min(self._rate() * self._share, self._suspicion.pace)
        had_limit = self.requests.space > 0.0
        self.requests.space = (1 + WOBBLE) / rate
        self._window.set(rate, 1.0)
        a_minute = (self._caps.tokens_per_minute, self._announced_tokens.ceiling, self._stated.get(("tokens", 60)))
        tokens = lowest(a_minute) * self._share
        self.tokens.space = MINUTE * (1 + WOBBLE) / tokens
        if rate < math.inf and not had_limit:
            self._window.recall(self._recent.moments(self._window.seconds, now))
        self._is_limited = min(rate, tokens) < math.inf
        self.counts_tokens = self._announced_tokens.limit > 0 or tokens < math.inf

    def _knows(self, stated: StatedLimit) -> bool:
        return self._stated.get((stated.thing, stated.window)) == stated.limit

    def _rate(self) -> float:
        """Requests a second, infinite for no limit. A limit a minute is kept by the second: the service does so too."""
        a_minute = (self._caps.requests_per_minute, self._announced.ceiling, self._stated.get(("requests", 60)))
        a_second = (self._caps.requests_per_second, self._stated.get(("requests", 1)))
        return min(lowest(a_second), lowest(a_minute) / MINUTE)


def lowest(limits: Iterable[float | None]) -> float:
    """The lowest of the limits that there are; infinite where there is none."""
    return min((limit for limit in limits if limit), default=math.inf)
