"""The limiter of one model: every request for it passes here, so that all of them together keep its limits."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from grokcall.core.redaction import get_logger
from grokcall.errors import (
    ConnectionCutError,
    NotSentError,
    RateLimitedError,
    ReadTimeoutError,
    ServerFailureError,
    ServiceError,
)
from grokcall.http.retry import LONGEST_RETRY_AFTER
from grokcall.http.transport import HttpResponse
from grokcall.scheduling.ratelimit.adaptive_concurrency import Concurrency
from grokcall.scheduling.ratelimit.advertised import grants_nothing, stated_limit
from grokcall.scheduling.ratelimit.backoff import Backoff
from grokcall.scheduling.ratelimit.configured import Caps
from grokcall.scheduling.ratelimit.pace import A_MOMENT, MINUTE, Pace
from grokcall.scheduling.ratelimit.recent_requests import Recent, Step
from grokcall.scheduling.ratelimit.suspicion import Suspicion
from grokcall.scheduling.ratelimit.token_estimate import TokenEstimate, usage_of

logger: logging.Logger = get_logger("grokcall.scheduling.ratelimit")

A_SECOND = 1.0
"""Seconds that a pause lasts at least after a refusal that names no limit, as long as nothing is known of it."""

SOON = 2.0
"""Seconds after a pause in which a further refusal means that others draw on the same account."""

PROBE = 2.0
"""Seconds after which a request that was sent to find out if a pause has helped counts as let through: a refusal comes
at once, an answer may take minutes."""

OVERLOADS = (ServerFailureError, ReadTimeoutError, ConnectionCutError, NotSentError)
"""Failures that an overloaded service brings about."""


@dataclass(slots=True, eq=False)
class Permit:
    """One request on its way through a limiter, from its turn to its reply."""

    limiter: ModelLimiter
    body: bytes = field(repr=False)
    tokens: float = 0.0
    """What was reserved for it."""
    sent: float = 0.0
    turn: int = 0
    """How many requests of the limiter had left before it."""
    step: Step | None = None
    """Where its end is to be noted."""


Waiting = tuple["asyncio.Future[None]", Permit]


class ModelLimiter:
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
        self._turns = 0
        self._now = now
        self._concurrency = Concurrency(caps.concurrency)
        self._cooldown = Backoff(rng)
        self._recent = Recent()
        self._suspicion = Suspicion(self._recent)
        self._pace = Pace(caps, self._recent, self._suspicion)
        self._estimate = TokenEstimate()
        self._waiting: deque[Waiting] = deque()
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def limit(self) -> float:
        """How many requests may be under way at once."""
        return self._concurrency.limit

    @property
    def requests_per_second(self) -> float | None:
        """The pace that is kept; None when there is no limit."""
        return 1 / self._pace.requests.space if self._pace.requests.space else None

    @property
    def tokens_per_minute(self) -> float | None:
        """The most tokens a minute that are used; None when there is no limit."""
        return MINUTE / self._pace.tokens.space if self._pace.tokens.space else None

    # A request's way -------------------------------------------------------------------------------------------------

    def permit(self, body: bytes) -> Permit:
        """What a request takes with it."""
        return Permit(self, body, self._estimate.of(body) if self._pace.tokens.space else 0.0)

    def enter(self, permit: Permit) -> asyncio.Future[None] | None:
        """Lets the request go and gives None; or gives what ends when its turn has come."""
        now = self._now()
        if not self._waiting and self._wait(now) <= 0.0:
            self._let_go(permit, now)
            return None
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, permit))
        self._pump(now)
        return turn

    def give_up(self, permit: Permit, turn: asyncio.Future[None]) -> None:
        """Takes a request out that will not be sent; what it has taken, if its turn had come, is given back."""
        if turn.done() and not turn.cancelled():
            self.under_way -= 1
            self._pace.give_back(permit.tokens)
            if permit.step is not None:
                permit.step.sent -= 1
        turn.cancel()
        self._pump(self._now())

    def leave(self, permit: Permit, reply: HttpResponse | None, error: BaseException | None) -> None:
        """Takes note of how a request has ended, whatever the way."""
        now = self._now()
        self.under_way -= 1
        usage = usage_of(reply.body) if reply is not None and error is None and self._pace.counts_tokens else None
        if not (isinstance(error, ServiceError) and grants_nothing(error.message)):
            if reply is not None:
                self._pace.heed(reply.headers, permit.sent, now, answers=error is None, tokens=usage or 0)
            if isinstance(error, RateLimitedError):
                self._refused(permit, error, now)
            elif isinstance(error, OVERLOADS):
                self._concurrency.failed()
            elif reply is not None:
                self._answered(permit, now)
        if self._pace.tokens.space:
            self._settle(permit, usage, error)
        if self._waiting:
            self._pump(now)

    def _wait(self, now: float) -> float:
        """Seconds until the next request may go; infinity for when one has ended."""
        pause = self._cooldown.wait(now)
        if pause <= 0.0 and self._suspicion.is_pending:
            self._begin_trial(now)
        if self._cooldown.is_probing and self.under_way:
            pause = max(pause, self._last_sent + PROBE - now)
        return max(pause, self._pace.wait(now), self._concurrency.wait(self.under_way, now))

    def _let_go(self, permit: Permit, now: float, *, waited: bool = False) -> None:
        self.under_way += 1
        permit.sent = self._last_sent = now
        self._turns += 1
        permit.turn, permit.step = self._turns, self._recent.add(now)
        self._pace.take(now, permit.tokens, waited=waited)

    def _pump(self, now: float) -> None:
        """Lets go whoever may, and sets the alarm for the next."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        while self._waiting:
            turn, permit = self._waiting[0]
            if not turn.done():
                wait = self._wait(now)
                if wait > 0.0:
                    if wait < math.inf:
                        self._alarm = turn.get_loop().call_later(wait, self._ring)
                    return
                self._let_go(permit, now, waited=True)
                turn.set_result(None)
            self._waiting.popleft()

    def _ring(self) -> None:
        self._alarm = None
        self._pump(self._now())

    # What replies teach ----------------------------------------------------------------------------------------------

    def _answered(self, permit: Permit, now: float) -> None:
        assert permit.step is not None
        permit.step.answered += 1
        self._concurrency.answered(now - permit.sent)
        self._cooldown.answered(permit.sent, now, permit.turn)
        if self._suspicion.note(permit.turn, permit.sent, now, refused=False):
            self._pace.set(now)

    def _refused(self, permit: Permit, error: RateLimitedError, now: float) -> None:
        asked = error.retry_after if error.retry_after and error.retry_after <= LONGEST_RETRY_AFTER else None
        stated = self._pace.credible(stated_limit(error.message), now)
        if stated is None:
            self._refused_without_limit(permit, asked, now)
            return
        soon = now < self._cooldown.until + SOON
        if self._cooldown.refused(permit.sent, now, asked, self._pace.pause(stated, now)):
            self._pace.heed_refusal(stated, soon=soon, now=now)
            self._pace.requests.hold(self._cooldown.until)
            self._tell(str(stated), now)

    def _refused_without_limit(self, permit: Permit, asked: float | None, now: float) -> None:
        assert permit.step is not None
        permit.step.refused += 1
        if self._suspicion.note(permit.turn, permit.sent, now, refused=True):
            self._pace.set(now)
        if self._suspicion.explains(now, lone=self._cooldown.lone):
            return
        needed = A_SECOND if self._suspicion.may_be_slow else A_MOMENT
        if self._cooldown.refused(permit.sent, now, asked, needed, permit.turn):
            self._suspicion.suspect(now)
            self._tell("without a limit", now)

    def _begin_trial(self, now: float) -> None:
        """Goes on after a pause that began with a refusal without a limit."""
        self._suspicion.begin(self._turns + 1, now, lone=self._cooldown.lone)
        if not self._cooldown.lone:
            self._concurrency.cut()
        self._pace.set(now)
        self._pace.requests.hold(now)

    def _tell(self, refusal: str, now: float) -> None:
        logger.info("%s: refused (%s); all requests pause for %.1f s", self.name, refusal, self._cooldown.wait(now))

    def _settle(self, permit: Permit, usage: int | None, error: BaseException | None) -> None:
        """Puts what was really used in the place of what was reserved."""
        if usage is not None:
            self._estimate.learn(permit.body, usage)
            self._pace.tokens.give_back(permit.tokens - usage)
        elif isinstance(error, NotSentError | RateLimitedError):
            self._pace.tokens.give_back(permit.tokens)
