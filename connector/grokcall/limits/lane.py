"""The lane of one model: every request for it passes here, so that all of them together keep its limits."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from grokcall.errors import ConnectionCutError, NotSentError, RateLimitedError, ReadTimeoutError, ServerFailureError
from grokcall.limits.caps import Caps
from grokcall.limits.clock import WOBBLE, Clock, Window
from grokcall.limits.concurrency import Concurrency, first_of
from grokcall.limits.cooldown import Cooldown
from grokcall.limits.learning import Announcement, StatedLimit, stated_limit
from grokcall.limits.recent import Recent
from grokcall.limits.tokens import TokenEstimate, usage_of
from grokcall.redaction import get_logger
from grokcall.retries import LONGEST_RETRY_AFTER
from grokcall.transport import HttpReply

logger: logging.Logger = get_logger("grokcall.limits")

MINUTE = 60.0

A_SECOND, A_MOMENT = 1.0, 0.1
"""Seconds that a pause lasts at least, when the limit is not known and when it is."""

SOON = 2.0
"""Seconds after a pause in which a further refusal means that others draw on the same account."""

PROBE = 2.0
"""Seconds after which a request that was sent to find out if a pause has helped counts as let through: a refusal comes
at once, an answer may take minutes."""

LEAST_SHARE = 0.05
REGAINED = 0.05
"""Of what is left unused after refusals, how much is tried again with each second: the closer, the more carefully."""

OVERLOADS = (ServerFailureError, ReadTimeoutError, ConnectionCutError, NotSentError)
"""Failures that an overloaded service brings about."""


@dataclass(slots=True, eq=False)
class Passage:
    """One request on its way through a lane, from its turn to its reply."""

    lane: Lane
    body: bytes = field(repr=False)
    tokens: float = 0.0
    """What was reserved for it."""
    sent: float = 0.0


Waiting = tuple["asyncio.Future[None]", Passage]


class Lane:
    """Lets requests for one model go when its limits allow, in the order in which they came.

    Nothing is reserved for a request that waits: it takes its share at the moment when it goes, so one that is given up
    has nothing to give back, and a loop that stood still has nothing to catch up.

    Args:
        name: What the log calls it.
        caps: The user's own limits.
        now: The clock, in seconds; that of the event loop.
        rng: Gives numbers from 0 up to 1.
    """

    def __init__(
        self,
        name: str,
        caps: Caps,
        now: Callable[[], float] = time.monotonic,
        rng: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self.under_way: int = 0
        self._last_sent = 0.0
        self._caps = caps
        self._now = now
        self._concurrency = Concurrency(caps.concurrency)
        self._cooldown = Cooldown(rng)
        self._requests = Clock()
        self._window = Window()
        self._tokens = Clock()
        self._announced = Announcement("requests")
        self._announced_tokens = Announcement("tokens")
        self._stated: dict[tuple[str, int], int] = {}
        self._estimate = TokenEstimate()
        self._recent = Recent()
        self._share = 1.0
        """Of the limit, what is used of it: less after refusals, since others may draw on the same account."""
        self._share_since = 0.0
        self._waiting: deque[Waiting] = deque()
        self._alarm: asyncio.TimerHandle | None = None
        self._is_paced = False
        self._set_pace()

    @property
    def limit(self) -> float:
        """How many requests may be under way at once."""
        return self._concurrency.limit

    @property
    def requests_per_second(self) -> float | None:
        """The pace that is kept; None when there is no limit."""
        return 1 / self._requests.space if self._requests.space else None

    @property
    def tokens_per_minute(self) -> float | None:
        """The tokens a minute that are used at the most; None when there is no limit."""
        return MINUTE / self._tokens.space if self._tokens.space else None

    # A request's way -------------------------------------------------------------------------------------------------

    def passage(self, body: bytes) -> Passage:
        """What a request takes with it."""
        return Passage(self, body, self._estimate.of(body) if self._tokens.space else 0.0)

    def enter(self, passage: Passage) -> asyncio.Future[None] | None:
        """Lets the request go and gives None; or gives what ends when its turn has come."""
        now = self._now()
        if not self._waiting and self._wait(now) <= 0.0:
            self._let_go(passage, now)
            return None
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, passage))
        self._pump(now)
        return turn

    def give_up(self, passage: Passage, turn: asyncio.Future[None]) -> None:
        """Takes a request out that will not be sent; what it has taken, if its turn had come, is given back."""
        if turn.done() and not turn.cancelled():
            self.under_way -= 1
            self._requests.give_back(1.0)
            self._window.give_back()
            self._tokens.give_back(passage.tokens)
        turn.cancel()
        self._pump(self._now())

    def leave(self, passage: Passage, reply: HttpReply | None, error: BaseException | None) -> None:
        """Takes note of how a request has ended, whatever the way."""
        now = self._now()
        self.under_way -= 1
        if reply is not None:
            self._heed(reply, passage.sent, now)
        if isinstance(error, RateLimitedError):
            self._refused(passage, error, now)
        elif isinstance(error, OVERLOADS):
            self._concurrency.failed()
        elif reply is not None:
            self._concurrency.answered(now - passage.sent)
            self._cooldown.answered(passage.sent)
        if self._tokens.space:
            self._settle(passage, reply, error)
        if self._waiting:
            self._pump(now)

    def _wait(self, now: float) -> float:
        """Seconds until the next request may go; infinity for when one has ended."""
        pause = self._cooldown.wait(now)
        if self._cooldown.is_probing and self.under_way:
            pause = max(pause, self._last_sent + PROBE - now)
        if self._is_paced:
            pause = max(pause, self._requests.wait(now), self._window.wait(now), self._tokens.wait(now))
        return max(pause, self._concurrency.wait(self.under_way, now))

    def _let_go(self, passage: Passage, now: float, *, waited: bool = False) -> None:
        self.under_way += 1
        passage.sent = self._last_sent = now
        self._recent.add(now)
        if self._is_paced:
            self._requests.take(now, waited=waited)
            self._window.take(now)
            self._tokens.take(now, passage.tokens, waited=waited)

    def _pump(self, now: float) -> None:
        """Lets go whoever may, and sets the alarm for the next."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        while self._waiting:
            turn, passage = self._waiting[0]
            if not turn.done():
                wait = self._wait(now)
                if wait > 0.0:
                    if wait < math.inf:
                        self._alarm = turn.get_loop().call_later(wait, self._ring)
                    return
                self._let_go(passage, now, waited=True)
                turn.set_result(None)
            self._waiting.popleft()

    def _ring(self) -> None:
        self._alarm = None
        self._pump(self._now())

    # What replies teach ----------------------------------------------------------------------------------------------

    def _heed(self, reply: HttpReply, sent: float, now: float) -> None:
        changed = self._announced.heed(reply.headers, sent, now)
        changed |= self._announced_tokens.heed(reply.headers, sent, now)
        if changed or now - self._share_since > 1.0:
            if self._share < 1.0:
                self._share += (1.0 - self._share) * min(1.0, REGAINED * (now - self._share_since))
            self._share_since = now
            self._set_pace()

    def _refused(self, passage: Passage, error: RateLimitedError, now: float) -> None:
        stated = stated_limit(error.message)
        is_known = stated is not None and self._stated.get((stated.thing, stated.window)) == stated.limit
        asked = error.retry_after if error.retry_after and error.retry_after <= LONGEST_RETRY_AFTER else None
        soon = now < self._cooldown.until + SOON
        if not self._cooldown.refused(passage.sent, now, asked, self._needed(stated, is_known, now)):
            return
        if stated is None:
            self._concurrency.cut()
        elif is_known:
            self._share = max(LEAST_SHARE, self._share * (0.95 if soon else 0.985))
            self._requests.catch_up_less()
        else:
            self._stated[stated.thing, stated.window] = stated.limit
        if stated is not None and stated.thing == "requests":
            self._announced.confirm()
        self._set_pace()
        self._requests.hold(self._cooldown.until)
        pause = self._cooldown.wait(now)
        logger.info("%s: refused (%s); all requests pause for %.1f s", self.name, stated or error.message, pause)

    def _needed(self, stated: StatedLimit | None, is_known: bool, now: float) -> float:
        """Seconds that a pause has to last at least, for what the refusal says."""
        if stated is None:
            return A_SECOND
        if stated.window == 1 and (is_known or self._announced.limit == stated.limit * MINUTE):
            return A_MOMENT  # whoever keeps the limit was a little too fast
        too_many = 1 - 0.95 * stated.limit / max(stated.actual, stated.limit)
        return max(A_MOMENT, self._recent.wait_until_left(too_many, stated.window, now))

    def _settle(self, passage: Passage, reply: HttpReply | None, error: BaseException | None) -> None:
        """Puts what was really used in the place of what was reserved."""
        usage = usage_of(reply.body) if reply is not None and error is None else None
        if usage is not None:
            self._estimate.learn(passage.body, usage)
            self._tokens.give_back(passage.tokens - usage)
        elif isinstance(error, NotSentError | RateLimitedError):
            self._tokens.give_back(passage.tokens)

    def _set_pace(self) -> None:
        """Sets the clocks to the user's limits, the announced ones and those that refusals have named."""
        # As long as it is in doubt whether the service counts, several may go out at once: their replies will tell.
        rate = self._rate()
        doubtful = self._announced.in_doubt and rate == self._announced.limit / MINUTE
        at_once = first_of(self._caps.concurrency) if doubtful else 1
        rate *= self._share
        had_limit = self._requests.space > 0.0
        self._requests.space = (1 + WOBBLE) / rate
        self._requests.at_once = at_once - 1
        self._window.set(rate, 1.0, at_once)
        a_minute = (self._caps.tokens_per_minute, self._announced_tokens.limit, self._stated.get(("tokens", 60)))
        tokens = lowest(a_minute) * self._share
        self._tokens.space = MINUTE * (1 + WOBBLE) / tokens
        if rate < math.inf and not had_limit:
            self._window.recall(self._recent.moments(self._window.seconds, self._now()))
        self._is_paced = min(rate, tokens) < math.inf

    def _rate(self) -> float:
        """Requests a second, infinite for no limit. A limit a minute is kept by the second: the service does so too."""
        a_minute = (self._caps.requests_per_minute, self._announced.limit, self._stated.get(("requests", 60)))
        a_second = (self._caps.requests_per_second, self._stated.get(("requests", 1)))
        return min(lowest(a_second), lowest(a_minute) / MINUTE)


def lowest(limits: Iterable[float | None]) -> float:
    """The lowest of the limits that there are; infinite where there is none."""
    return min((limit for limit in limits if limit), default=math.inf)
