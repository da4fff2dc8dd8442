"""How much of a server's limit a lookup reaches, and how many of its requests are refused.

    python benchmarks/limits.py [--seconds 15] [--rps 100 400] [--minute]

The server, a process of its own, allows so many requests in any second, whether it has refused them or not, or so many
tokens in any minute. It announces its limits in headers, or says nothing until it refuses. The lookup is told nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import stub_server
from stub_server import BODY, Stub

TOKENS = stub_server.REPLY["usage"]["total_tokens"]  # type: ignore[index]
REFUSAL = (
    "Too many {what} for team 00000000-0000-0000-0000-000000000000 and model grok-4.3. Your team's rate limit is — "
    "{name} (actual/limit): {actual}/{limit}."
)


class Window:
    """What was used in the last so many seconds."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self.used = 0
        self.uses: deque[tuple[float, int]] = deque()

    def add(self, now: float, amount: int) -> None:
        """Counts a use."""
        self.used += amount
        self.uses.append((now, amount))

    def is_full(self, now: float) -> bool:
        """Whether nothing more is allowed."""
        while self.uses and self.uses[0][0] <= now - self.seconds:
            self.used -= self.uses.popleft()[1]
        return bool(self.limit) and self.used >= self.limit


class LimitedStub(Stub):
    """A stub that keeps limits, and takes about 50 ms for an answer."""

    second = Window(0, 1.0)
    minute = Window(0, 60.0)
    tokens = Window(0, 60.0)
    announce = False
    answered = 0
    refused = 0
    began = ended = 0.0
    dice = random.Random(1)

    def answer(self) -> None:
        """Lets a request through or refuses it."""
        cls, now = LimitedStub, time.monotonic()
        cls.began, cls.ended = cls.began or now, now
        second_full, tokens_full = cls.second.is_full(now), cls.tokens.is_full(now)
        cls.minute.is_full(now)
        cls.second.add(now, 1)
        cls.minute.add(now, 1)
        if second_full:
            self.refuse("requests", "Requests per Second", cls.second)
        elif tokens_full:
            self.refuse("tokens", "Tokens per Minute", cls.tokens)
        else:
            cls.answered += 1
            self.loop.call_later(cls.dice.lognormvariate(-3, 0.3), self.reply)

    def refuse(self, what: str, name: str, window: Window) -> None:
        """Says no at once."""
        LimitedStub.refused += 1
        text = REFUSAL.format(what=what, name=name, actual=window.used, limit=window.limit)
        body = json.dumps({"code": "resource-exhausted", "error": text}).encode()
        self.write(b"429 Too Many Requests", body)

    def reply(self) -> None:
        """Sends the answer."""
        LimitedStub.tokens.add(time.monotonic(), TOKENS)
        self.write(b"200 OK", BODY)

    def write(self, status: bytes, body: bytes) -> None:
        """Sends a reply with the headers of the moment."""
        headers = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % (status, len(body))
        if self.announce:
            limit = 60 * self.second.limit or 10_000_000
            headers += b"x-ratelimit-limit-requests: %d\r\n" % limit
            headers += b"x-ratelimit-remaining-requests: %d\r\n" % (limit - self.minute.used)
            if self.tokens.limit:
                headers += b"x-ratelimit-limit-tokens: %d\r\n" % self.tokens.limit
                headers += b"x-ratelimit-remaining-tokens: %d\r\n" % max(0, self.tokens.limit - self.tokens.used)
        if not self.transport.is_closing():
            self.transport.write(headers + b"\r\n" + body)  # type: ignore[attr-defined]


async def serve() -> None:
    """Serves until standard input closes, then prints what it has counted."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(LimitedStub, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    seconds = LimitedStub.ended - LimitedStub.began
    print(json.dumps({"answered": LimitedStub.answered, "refused": LimitedStub.refused, "seconds": seconds}))


@contextmanager
def limited(rps: int, tpm: int, announce: bool) -> Iterator[tuple[str, dict[str, float]]]:
    """The base URL of a server with limits, and its counts once the block has ended."""
    command = [sys.executable, __file__, "--serve", "--rps", str(rps), "--tpm", str(tpm)]
    command += ["--announce"] if announce else []
    counts: dict[str, float] = {}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1", counts
        finally:
            process.stdin.close()
            counts.update(json.loads(process.stdout.readline()))
            process.wait(timeout=10)


def measure(rps: int, tpm: int, announce: bool, seconds: float, concurrency: int) -> None:
    """One run; prints its two figures."""
    import grokcall

    pace = rps or tpm / 60 / TOKENS
    rows = [{"id": number, "body": f"Row {number}"} for number in range(round(pace * seconds))]
    with limited(rps, tpm, announce) as (url, counts):
        with grokcall.connect(base_url=url, api_key="xai-benchmark", concurrency=concurrency) as connection:
            result = connection.lookup("CALL GenerateResponse(:body)", rows)
        assert result.summary.ok == len(rows), result.errors
    reached = counts["answered"] / counts["seconds"] / pace
    refused = counts["refused"] / (counts["answered"] + counts["refused"])
    name = f"{rps} requests/s" if rps else f"{tpm:,} tokens/min"
    told = "announced" if announce else "not announced"
    print(f"{name:22}{told:>14}{counts['seconds']:8.1f} s{reached:10.1%}{refused:10.2%}", flush=True)


def main() -> None:
    """Reads the command line and runs what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--rps", type=int, nargs="*", default=[100, 400], help="limits to try, in requests a second")
    parser.add_argument("--tpm", type=int, nargs="*", default=[3_600_000], help="limits to try, in tokens a minute")
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--minute", action="store_true", help="also use up a minute's tokens unawares; 3 minutes")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--announce", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        LimitedStub.second = Window(options.rps[0], 1.0)
        LimitedStub.tokens = Window(options.tpm[0], 60.0)
        LimitedStub.announce = options.announce
        asyncio.run(serve())
        return
    print(f"{'limit':22}{'':14}{'took':>10}{'reached':>10}{'refused':>10}   (at least 95 %, under 1 %)")
    for rps in options.rps:
        for announce in (True, False):
            measure(rps, 0, announce, options.seconds, options.concurrency)
    for tpm in options.tpm:
        measure(0, tpm, True, options.seconds, options.concurrency)
    if options.minute:
        measure(0, 600_000, False, 180, options.concurrency)


if __name__ == "__main__":
    main()
