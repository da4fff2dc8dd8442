"""A service in virtual time that keeps limits the way the real one does, and the clients that ask it."""

from __future__ import annotations

import asyncio
import bisect
import json
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from virtual_time import now

from grokcall.http.retry import RetryPolicy
from grokcall.http.service_errors import error_of
from grokcall.http.transport import HttpResponse
from grokcall.scheduling.admission import Gate
from grokcall.scheduling.ratelimit.configured import Caps
from grokcall.scheduling.ratelimit.limiter import Limiter, model_of
from grokcall_parser import parse_call
from grokcall_procedures import CATALOG, Binder, Kind, Request, Settings

TOKENS = 600


def request(model: str = "grok-4.3", kind: Kind = Kind.TEXT, text: str = "Hello" * 60) -> Request:
    body = json.dumps({"model": model, "input": text}, separators=(",", ":")).encode()
    return Request("POST", "/responses", body=body, kind=kind, billed=True)


@dataclass
class Service:
    """Allows ``per_second`` requests in any second and ``per_minute`` in any minute, refused ones included."""

    per_second: int = 0
    per_minute: int = 0
    tokens_per_minute: int = 0
    latency: float = 0.05
    announce: bool = False
    states: bool = True
    retry_after: float | None = None
    counts_refused: bool = True
    most_at_once: int = 0
    """Above this many it fails with 503."""
    chance: float = 0.0
    """The share of first tries that are refused whatever the load is, without a limit in the refusal."""
    chance_retry_after: float | None = None
    chance_status: int = 429
    works_on: int = 10_000
    """So many at a time; the others wait."""
    arrived: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    """For their number; those that are refused by chance are not among them."""
    spent: list[float] = field(default_factory=list)
    under_way: int = 0
    counted: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(1)
        self.workers = asyncio.Semaphore(self.works_on)

    def used(self, window: float) -> int:
        return len(self.counted) - bisect.bisect_right(self.counted, now() - window)

    def tokens(self) -> int:
        return TOKENS * (len(self.spent) - bisect.bisect_right(self.spent, now() - 60))

    async def answer(self, attempt: int = 1) -> HttpResponse:
        """The reply to a request that arrives now."""
        self.arrived.append(now())
        if attempt == 1 and self.dice.random() < self.chance:
            await asyncio.sleep(0.002)
            told = {} if self.chance_retry_after is None else {"retry-after": str(self.chance_retry_after)}
            return HttpResponse(self.chance_status, told, b'{"error":"At capacity."}')
        problem = self.problem()
        if problem is None or self.counts_refused:
            self.counted.append(now())
        if problem is not None:
            self.refused.append(now())
            await asyncio.sleep(0.002)
            return self.refusal(problem)
        self.under_way += 1
        try:
            if self.most_at_once and self.under_way > self.most_at_once:
                await asyncio.sleep(0.01)
                return HttpResponse(503, {}, b'{"error":"Busy."}')
            async with self.workers:
                await asyncio.sleep(self.latency * self.dice.uniform(0.7, 1.3))
        finally:
            self.under_way -= 1
        self.spent.append(now())
        return HttpResponse(200, self.headers(), b'{"output":[],"usage":{"total_tokens":%d}}' % TOKENS)

    def problem(self) -> str | None:
        if self.per_second and self.used(1.0) >= self.per_second:
            return f"Requests per Second (actual/limit): {self.used(1.0) + 1}/{self.per_second}"
        if self.per_minute and self.used(60.0) >= self.per_minute:
            return f"Requests per Minute (actual/limit): {self.used(60.0) + 1}/{self.per_minute}"
        if self.tokens_per_minute and self.tokens() >= self.tokens_per_minute:
            return f"Tokens per Minute (actual/limit): {self.tokens()}/{self.tokens_per_minute}"
        return None

    def refusal(self, problem: str) -> HttpResponse:
        text = f"Too many requests for team 1. Your team's rate limit is — {problem}." if self.states else "Slow down."
        headers = self.headers() | ({} if self.retry_after is None else {"retry-after": str(self.retry_after)})
        return HttpResponse(429, headers, json.dumps({"code": "resource-exhausted", "error": text}).encode())

    def headers(self) -> dict[str, str]:
        if not self.announce:
            return {}
        made = {}
        if limit := self.per_minute or 60 * self.per_second:
            made["x-ratelimit-limit-requests"] = str(limit)
            made["x-ratelimit-remaining-requests"] = str(max(0, limit - self.used(60.0)))
        if self.tokens_per_minute:
            made["x-ratelimit-limit-tokens"] = str(self.tokens_per_minute)
            made["x-ratelimit-remaining-tokens"] = str(max(0, self.tokens_per_minute - self.tokens()))
        return made


CALL = Binder(parse_call("CALL GenerateResponse('hello')"), CATALOG["GenerateResponse"], Settings()).bind(None)


@dataclass
class Client:
    """What the client does with a call, in short: admit, pace, send, observe, and again after a failure."""

    service: Service
    gate: Gate
    answered: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    policy: RetryPolicy | None = None
    """How long to wait before a further try; None for not at all."""

    async def ask(self, asked: Request, tries: int = 5) -> None:
        async with self.gate.admitted():
            for attempt in range(1, tries + 1):
                error = await self.once(asked, attempt)
                if error is None:
                    self.answered[model_of(asked.body)] += 1
                    return
                if self.policy is not None:
                    wait = self.policy.wait_before_retry(error, asked, attempt)
                    async with self.gate.stepped_aside():
                        await asyncio.sleep(wait or 0.0)
            self.failed += 1

    async def once(self, asked: Request, attempt: int = 1) -> Exception | None:
        permit = await self.gate.pace(asked)
        reply: HttpResponse | None = None
        error: Exception | None = None
        ended: BaseException | None = None
        try:
            reply = await self.service.answer(attempt)
            ended = error = error_of(reply)
        except BaseException as raised:
            ended = raised
            raise
        finally:
            self.gate.observe(permit, reply, ended)
        return error

    async def ask_all(self, requests: Iterable[Request]) -> None:
        await asyncio.gather(*(self.ask(each) for each in requests))


def client(service: Service, concurrency: int = 64, **caps: Any) -> Client:
    """A client that keeps the time of the running loop."""
    limiter = Limiter(Caps(concurrency, **caps), asyncio.get_running_loop().time)
    return Client(service, Gate(concurrency, limiter=limiter))


def most_in(window: float, moments: list[float]) -> int:
    """The most of these moments that any window has in it."""
    most = start = 0
    for end, moment in enumerate(moments):
        while moments[start] <= moment - window:
            start += 1
        most = max(most, end - start + 1)
    return most
