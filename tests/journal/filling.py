"""Runs in another process that can be killed at any moment, and says on its standard output what it has been told."""

from __future__ import annotations

import asyncio
import random
import sys

from grokcall.core.outcome import Outcome
from grokcall.journal import Journal

IN_FLIGHT = 8


def fingerprint_of(number: int) -> bytes:
    return number.to_bytes(8, "big") * 2


def outcome_of(number: int) -> Outcome:
    dice = random.Random(number)
    media = dice.randbytes(2000) if number % 7 == 0 else None
    rows = [(f"answer {number}", number, media, None)]
    return Outcome(rows=rows, attempts=1, billed=True, request_id=f"r{number}", cost_ticks=number)


def say(word: str, number: int) -> None:
    sys.stdout.write(f"{word} {number}\n")
    sys.stdout.flush()


async def fill(journal: Journal, rows: int) -> None:
    """Makes each call that has no outcome yet; says when it is sent and when it is recorded."""
    run = journal.begin("filling", {"procedure": "none"})
    numbers = iter(range(rows))

    async def worker() -> None:
        for number in numbers:
            name = fingerprint_of(number)
            if run.recall(name, 0) is not None:
                continue
            run.intend(name, 0)
            say("sent", number)
            await asyncio.sleep(random.random() * 0.004)
            await run.record(name, 0, outcome_of(number))
            say("recorded", number)

    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    run.finish("finished", {"rows": rows})


if __name__ == "__main__":
    with Journal(sys.argv[1]) as opened:
        say("ready", 0)
        asyncio.run(fill(opened, int(sys.argv[2])))
    say("closed", 0)
