"""How much of a server's limit a lookup reaches, and how many of its requests are refused.

    python benchmarks/limits.py [--quick] [--minute] [--together 4]

The server, a process of its own, enforces its limit in one of the three usual ways: so many in any stretch of time
(sliding, where what was refused counts as well), so many from one full second or minute to the next (fixed), or a
bucket that fills evenly and holds a tenth of a second's worth (bucket). It announces its limit in headers, or says
nothing until it refuses. The lookup is told nothing. What is learned by refusals alone costs a few of them once, so
those runs are longer; the figures of the first five seconds stand beside those of the whole run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Protocol

import stub_server
from stub_server import BODY, Stub

TOKENS = stub_server.REPLY["usage"]["total_tokens"]  # type: ignore[index]
START = 5.0
"""Seconds that count as the start of a run."""
REFUSAL = (
    "Too many {what} for team 00000000-0000-0000-0000-000000000000 and model grok-4.3. Your team's rate limit is — "
    "{what_title} per {span} (actual/limit): {actual}/{limit}."
)


@dataclass(frozen=True)
class Case:
    """A server's limit and how long a lookup meets it."""

    limit: int
    unit: str = "requests"
    span: int = 1
    """Seconds over which the limit is counted."""
    kind: str = "sliding"
    announced: bool = False
    seconds: float = 20.0
    concurrency: int = 64

    @property
    def pace(self) -> float:
        """Answers a second at the limit."""
        return self.limit / self.span / (TOKENS if self.unit == "tokens" else 1)

    def __str__(self) -> str:
        told = "announced" if self.announced else "not announced"
        return f"{self.limit:>9,} {self.unit:8} / {self.span:2} s  {self.kind:8}{told:14}"


class Meter(Protocol):
    """Counts what is used, and knows when the limit is reached."""

    def allows(self, now: float, *, counting: int) -> bool:
        """Whether there is room; ``counting`` is used up in any case, or as the kind of limit has it."""
        ...

    def add(self, now: float, amount: int) -> None:
        """Counts a use that was not known before."""
        ...

    def used(self, now: float) -> int:
        """What counts at the moment."""
        ...


class Sliding:
    """What was used in the last so many seconds, what was refused included."""

    def __init__(self, limit: int, span: float) -> None:
        self.limit, self.span = limit, span
        self.total = 0
        self.uses: deque[tuple[float, int]] = deque()

    def allows(self, now: float, *, counting: int) -> bool:
        """Whether there is room."""
        full = self.used(now) >= self.limit
        self.add(now, counting)
        return not full

    def add(self, now: float, amount: int) -> None:
        """Counts a use."""
        self.total += amount
        self.uses.append((now, amount))

    def used(self, now: float) -> int:
        """What counts at the moment."""
        while self.uses and self.uses[0][0] <= now - self.span:
            self.total -= self.uses.popleft()[1]
        return self.total


class Fixed:
    """What was used since the last full second or minute, what was refused included."""

    def __init__(self, limit: int, span: float) -> None:
        self.limit, self.span = limit, span
        self.total = 0
        self.began = 0.0

    def allows(self, now: float, *, counting: int) -> bool:
        """Whether there is room."""
        full = self.used(now) >= self.limit
        self.total += counting
        return not full

    def add(self, now: float, amount: int) -> None:
        """Counts a use."""
        self.used(now)
        self.total += amount

    def used(self, now: float) -> int:
        """What counts at the moment."""
        if now >= self.began + self.span:
            self.began, self.total = now - now % self.span, 0
        return self.total


class Bucket:
    """A bucket that fills evenly, full at first; what was refused takes nothing out of it."""

    def __init__(self, limit: int, span: float) -> None:
        self.limit, self.pace = limit, limit / span
        self.room = max(1.0, 0.1 * self.pace)
        self.level = self.room
        self.filled = math.inf

    def allows(self, now: float, *, counting: int) -> bool:
        """Whether there is something in it."""
        self.used(now)
        if self.level < max(1, counting):
            return False
        self.level -= counting
        return True

    def add(self, now: float, amount: int) -> None:
        """Takes something out, into the red if need be."""
        self.used(now)
        self.level -= amount

    def used(self, now: float) -> int:
        """What is said to be used: as much as is missing in the bucket."""
        self.level = min(self.room, self.level + max(0.0, now - self.filled) * self.pace)
        self.filled = now
        return int(self.room - self.level)


METERS = {"sliding": Sliding, "fixed": Fixed, "bucket": Bucket}


class LimitedStub(Stub):
    """A stub that keeps a limit, and takes about 50 ms for an answer."""

    case: Case
    meter: Meter
    minute: Sliding
    asked: list[tuple[float, bool]] = []  # noqa: RUF012 - one list for all connections: when, and whether let through
    dice = random.Random(1)

    def answer(self) -> None:
        """Lets a request through or refuses it."""
        cls, now = LimitedStub, time.monotonic()
        by_tokens = cls.case.unit == "tokens"
        allowed = cls.meter.allows(now, counting=0 if by_tokens else 1)
        cls.minute.add(now, 0 if by_tokens else 1)
        cls.asked.append((now, allowed))
        if allowed:
            self.loop.call_later(cls.dice.lognormvariate(-3, 0.3), self.reply)
        else:
            self.refuse(now)

    def refuse(self, now: float) -> None:
        """Says no at once."""
        case = self.case
        text = REFUSAL.format(
            what=case.unit,
            what_title=case.unit.capitalize(),
            span="Second" if case.span == 1 else "Minute",
            actual=max(case.limit, self.meter.used(now)),
            limit=case.limit,
        )
        self.write(b"429 Too Many Requests", json.dumps({"code": "resource-exhausted", "error": text}).encode())

    def reply(self) -> None:
        """Sends the answer, and counts its tokens, which nobody knew before."""
        now = time.monotonic()
        if self.case.unit == "tokens":
            self.meter.add(now, TOKENS)
            self.minute.add(now, TOKENS)
        self.write(b"200 OK", BODY)

    def write(self, status: bytes, body: bytes) -> None:
        """Sends a reply with the headers of the moment."""
        head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % (status, len(body))
        if self.case.announced:
            limit, unit = self.case.limit * 60 // self.case.span, self.case.unit.encode()
            left = max(0, limit - self.minute.used(time.monotonic()))
            head += b"x-ratelimit-limit-%b: %d\r\nx-ratelimit-remaining-%b: %d\r\n" % (unit, limit, unit, left)
        if not self.transport.is_closing():
            self.transport.write(head + b"\r\n" + body)  # type: ignore[attr-defined]


async def serve(case: Case) -> None:
    """Serves until standard input closes, then prints what it has counted."""
    LimitedStub.case, LimitedStub.meter = case, METERS[case.kind](case.limit, case.span)
    LimitedStub.minute = Sliding(0, 60.0)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(LimitedStub, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    print(json.dumps(LimitedStub.asked))


@contextmanager
def limited(case: Case) -> Iterator[tuple[str, list[tuple[float, bool]]]]:
    """The base URL of a server with a limit, and what it was asked once the block has ended."""
    command = [sys.executable, __file__, "--serve", json.dumps(asdict(case))]
    asked: list[tuple[float, bool]] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1", asked
        finally:
            process.stdin.close()
            asked.extend(json.loads(process.stdout.readline()))
            process.wait(timeout=10)


def ask(case: Case, url: str) -> None:
    """The lookup; in a process of its own."""
    import grokcall

    rows = [{"id": number, "body": f"Row {number}"} for number in range(round(case.pace * case.seconds))]
    with grokcall.connect(base_url=url, api_key="xai-benchmark", concurrency=case.concurrency) as connection:
        result = connection.lookup("CALL GenerateResponse(:body)", rows)
    assert result.summary.ok == len(rows), result.errors


def measure(case: Case) -> bool:
    """One run; prints its figures and gives whether they are as wanted."""
    with limited(case) as (url, asked):
        command = [sys.executable, __file__, "--ask", json.dumps(asdict(case)), "--url", url]
        subprocess.run(command, check=True, timeout=case.seconds * 3 + 120)
    seconds = asked[-1][0] - asked[0][0]
    reached, refused = shares(case, asked, seconds)
    start = [each for each in asked if each[0] - asked[0][0] < START]
    at_start = "{:9.1%}{:8.2%}".format(*shares(case, start, START))
    good = reached >= 0.95 and refused < 0.01
    print(
        f"{case}{seconds:7.1f} s{reached:9.1%}{refused:8.2%}{at_start}   {'good' if good else 'NOT GOOD'}", flush=True
    )
    return good


def shares(case: Case, asked: list[tuple[float, bool]], seconds: float) -> tuple[float, float]:
    """How much of the limit was reached, and how many of the requests were refused."""
    answered = sum(allowed for _, allowed in asked)
    return answered / seconds / case.pace, 1 - answered / len(asked)


def cases(*, quick: bool, minute: bool) -> list[Case]:
    """What is measured."""
    if minute:
        # The first minute's worth goes out in seconds; then the rest of the minute has to be waited for.
        return [
            Case(6_000, "requests", 60, "sliding", announced=False, seconds=170),
            Case(3_600_000, "tokens", 60, "sliding", announced=False, seconds=170),
        ]
    announced, unannounced = (8.0, 12.0) if quick else (20.0, 40.0)
    made = [
        # How little a bucket holds is in no header: it is learned by refusals as well.
        Case(limit, kind=kind, announced=told, seconds=announced if told and kind != "bucket" else unannounced)
        for kind, limit in (("sliding", 100), ("fixed", 100), ("bucket", 100), ("sliding", 400))
        for told in (True, False)
    ]
    made.append(Case(20, announced=True, seconds=announced))
    made.append(Case(6_000, "requests", 60, "sliding", announced=True, seconds=announced))
    made.append(Case(3_600_000, "tokens", 60, "sliding", announced=True, seconds=announced))
    return made


def main() -> None:
    """Reads the command line and runs what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="short runs, for a look")
    parser.add_argument("--minute", action="store_true", help="use up a minute's worth unawares; 3 minutes")
    parser.add_argument("--together", type=int, default=2, help="runs at a time; the limit and not the machine is slow")
    parser.add_argument("--only", default="", help="a part of a line, to run only those")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--ask", help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(Case(**json.loads(options.serve))))
        return
    if options.ask:
        ask(Case(**json.loads(options.ask)), options.url)
        return
    chosen = [case for case in cases(quick=options.quick, minute=options.minute) if options.only in str(case)]
    print(f"{'':66}{'whole run':>15}{'first 5 s':>17}")
    print(f"{'limit':30}{'kind':8}{'':14}{'took':>9}{'reached':>9}{'refused':>8}{'reached':>9}{'refused':>8}")
    with ThreadPoolExecutor(options.together) as pool:
        good = sum(pool.map(measure, chosen))
    print(f"at least 95 % reached and under 1 % refused: {good} of {len(chosen)} runs (all wanted)")


if __name__ == "__main__":
    main()
