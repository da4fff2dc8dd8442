"""Refusals with 429: limits that are kept, storms without a limit, and credits that are spent."""

import time
from collections import deque
from dataclasses import replace
from random import Random

from grokcall_sandbox.errors import EXHAUSTED, TEAM_ID, ApiError, out_of_credits
from grokcall_sandbox.fault_effects import Quota
from grokcall_sandbox.faults.asking import asked_model
from grokcall_sandbox.faults.fault import Fault
from grokcall_sandbox.faults.options import Given
from grokcall_sandbox.replies import Reply
from grokcall_sandbox.request import SandboxRequest


class Window:
    """What was used in the last so many seconds, whenever they are asked about."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._uses: deque[tuple[float, int]] = deque()
        self._total = 0

    def used(self, now: float) -> int:
        """How much was used in the seconds before `now`."""
        while self._uses and self._uses[0][0] <= now - self._seconds:
            self._total -= self._uses.popleft()[1]
        return self._total

    def add(self, now: float, amount: int) -> None:
        """Note a use."""
        self._uses.append((now, amount))
        self._total += amount


class RateLimit(Fault):
    """So many requests a second and a minute and so many tokens a minute, for each model by itself.

    Refused requests use nothing. The tokens of a request count once it is answered: the one that crosses the limit
    still gets through, the next does not.

    Raises:
        ValueError: No limit was given.
    """

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._per_second = given.count("rps")
        self._per_minute = given.count("rpm")
        self._tokens = given.count("tpm")
        if not (self._per_second or self._per_minute or self._tokens):
            raise ValueError("the profile ratelimit needs at least one of its options rps, rpm and tpm")
        self._announced = given.flag("announce")
        self._headers = given.retry_after
        self._used: dict[str, tuple[Window, Window, Window]] = {}

    async def before_handling(self, call: SandboxRequest, _dice: Random, /) -> None:
        """Let the request through or refuse it."""
        if not self._announced:
            call.quota = None
        model = asked_model(call)
        if model is None:  # the endpoint refuses it anyway
            return
        second, minute, tokens = self._windows(model)
        now = time.monotonic()
        in_second, in_minute, spent = second.used(now), minute.used(now), tokens.used(now)
        problem = None
        if self._per_second and in_second >= self._per_second:
            problem = f"Requests per Second (actual/limit): {in_second + 1}/{self._per_second}"
        elif self._per_minute and in_minute >= self._per_minute:
            problem = f"Requests per Minute (actual/limit): {in_minute + 1}/{self._per_minute}"
        elif self._tokens and spent >= self._tokens:
            problem = f"Tokens per Minute (actual/limit): {spent}/{self._tokens}"
        if problem is None:
            second.add(now, 1)
            minute.add(now, 1)
        self._announce(call, minute.used(now), spent)
        if problem is not None:
            what = "tokens" if problem.startswith("Tokens") else "requests"
            raise _too_many(what, model, problem, self._headers)

    def after_handling(self, call: SandboxRequest, reply: Reply, /) -> None:
        """Count the tokens."""
        model = asked_model(call)
        if model is not None:
            _, minute, tokens = self._windows(model)
            now = time.monotonic()
            tokens.add(now, reply.tokens)
            self._announce(call, minute.used(now), tokens.used(now))

    def _windows(self, model: str) -> tuple[Window, Window, Window]:
        return self._used.setdefault(model, (Window(1.0), Window(60.0), Window(60.0)))

    def _announce(self, call: SandboxRequest, requests: int, tokens: int) -> None:
        if not self._announced:
            return
        quota = Quota()
        limit = self._per_minute or 60 * self._per_second
        if limit:
            quota = replace(quota, limit_requests=limit, remaining_requests=max(0, limit - requests))
        if self._tokens:
            quota = replace(quota, limit_tokens=self._tokens, remaining_tokens=max(0, self._tokens - tokens))
        call.quota = quota


class Storm(Fault):
    """Now and then a number of requests in a row is refused, whatever the limits are."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._every = given.count("every")
        self._length = given.count("length")
        if self._length >= self._every:
            raise ValueError(f"the option length of storm must be less than every, which is {self._every}")
        self._headers = given.retry_after

    def strikes(self, count: int, _dice: Random) -> bool:
        """True for the last requests of every so many."""
        return (count - 1) % self._every >= self._every - self._length

    async def before_handling(self, _call: SandboxRequest, _dice: Random, /) -> None:
        """Refuse the request."""
        message = "The service is at capacity at the moment. Please try again later."
        raise ApiError(429, message, EXHAUSTED, headers=self._headers)


class Credits(Fault):
    """The team's credits are used up at some time, and stay so until the sandbox is reset."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._calls = None if given.has("ticks") and not given.has("after") else given.count("after")
        self._ticks = given.number("ticks") if given.has("ticks") else None
        self._status = int(given.word("status"))

    async def before_handling(self, call: SandboxRequest, _dice: Random, /) -> None:
        """Refuse the request if what was billed so far has used up the credits."""
        ledger = call.state.ledger
        called = self._calls is not None and ledger.count >= self._calls
        if called or (self._ticks is not None and ledger.total_ticks >= self._ticks):
            raise out_of_credits(self._status)


def _too_many(what: str, model: str, problem: str, headers: tuple[tuple[bytes, bytes], ...]) -> ApiError:
    return ApiError(
        429,
        f"Too many {what} for team {TEAM_ID} and model {model}. Your team's rate limit is — {problem}. "
        "Please slow down, or ask for a higher limit.",
        EXHAUSTED,
        headers=headers,
    )
