"""A lookup that is killed again and again: is its output that of an undisturbed one, and was anything paid for twice?

    python benchmarks/kill.py [--rows 2000] [--kills 50] [--surface-kills 4] [--seed 0]

The command runs with a journal against the sandbox, which stays up and keeps the ledger. SIGKILL strikes after
a random number of requests, or after a random time if that is sooner, start-up included; then the same command is run
again. In the end each request that was billed more than once is looked for among the calls that the journal lists as in
doubt.

Every surface is struck as well, a few times each: the command without a word on a journal, lookups in Python, queries,
images by link, videos and batches are killed; ``executemany``, which has no journal, is interrupted.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from surfaces import SURFACES, struck

import grokcall
from grokcall.journal import InDoubt, Journal, fingerprint
from grokcall.sandbox import SANDBOX_KEY, Sandbox
from grokcall_parser import parse_call
from grokcall_procedures import Request

COMMAND = str(Path(sys.executable).with_name("grokcall"))
ASK = "CALL GenerateResponse(:body)"
PROFILE = "latency:low=0.005,high=0.03"
FIELDS = "Response_Result,Response_Model,Response_UsageTotalTokens,Response_UsageCostInUsdTicks"
"""Fields that depend on the request alone; ids and times differ from call to call."""
LONGEST = 120.0
"""Seconds that one process may take."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the kills did.

    Attributes:
        rows: Rows of the lookup.
        concurrency: The most calls in flight.
        kills: Processes that were killed at work.
        equal: Whether the output equals that of an undisturbed run byte for byte.
        billed: Requests that were billed.
        twice: Requests that were billed more than once, each counted as often as it was too much.
        in_doubt: Calls that the journal lists as in flight at a kill: they may have been billed in vain.
        unexplained: Requests that were billed more often than once and once for each time they were in doubt.
        unanswered: Calls in doubt that the journal does not list as answered later.
        left: Files beside input, output and journal in the end.
        seconds: How long it took.
    """

    rows: int
    concurrency: int
    kills: int
    equal: bool
    billed: int
    twice: int
    in_doubt: int
    unexplained: int
    unanswered: int
    left: Sequence[str]
    seconds: float


def killed_run(folder: Path, rows: int, kills: int, seed: int, concurrency: int = 16) -> Figures:
    """Runs a lookup that is killed so many times, unless it ends before, and one that is not."""
    dice = random.Random(seed)
    source, journal = folder / "in.csv", folder / "run.journal"
    asked = "".join(f'{number},"{question(number)}"\n' for number in range(rows))
    source.write_text("id,body\n" + asked)
    flags = ["--fields", FIELDS, "--concurrency", str(concurrency), "--quiet"]
    begun = time.perf_counter()
    with Sandbox(profile=PROFILE) as sandbox:
        command = [COMMAND, "lookup", str(source), ASK, "--base-url", sandbox.base_url]
        finish([*command, "-o", str(folder / "calm.csv"), *flags])
        assert sandbox.stats()["requests"] == rows
        sandbox.reset()
        command += ["-o", str(folder / "killed.csv"), "--journal", str(journal), *flags]
        struck = 0
        while struck < kills and killed(command, sandbox, dice, most_requests=rows // kills):
            struck += 1
        finish(command)
        ledger = sandbox.ledger()
        prints = fingerprints(rows, sandbox.base_url)
    times = Counter(str(entry["request_hash"]) for entry in ledger)
    doubts = in_doubt(journal)
    doubted = Counter(call.fingerprint for call in doubts)
    return Figures(
        rows,
        concurrency,
        struck,
        (folder / "killed.csv").read_bytes() == (folder / "calm.csv").read_bytes(),
        len(ledger),
        sum(count - 1 for count in times.values()),
        len(doubts),
        sum(max(0, count - 1 - doubted[prints[name]]) for name, count in times.items()),
        sum(not call.answered for call in doubts),
        sorted(path.name for path in folder.iterdir() if path.name not in KNOWN),
        time.perf_counter() - begun,
    )


def question(number: int) -> str:
    """What a row asks for."""
    return f"What is {number} + {7 * number}?"


def fingerprints(rows: int, base_url: str) -> dict[str, bytes]:
    """The journal's fingerprint of each row's call, by the hash of its request, by which the ledger knows it."""
    found = {}
    with grokcall.connect(base_url=base_url, api_key=SANDBOX_KEY) as connection:
        binder = connection.runtime.binder(parse_call(ASK), of_lookup=True)
        for number in range(rows):
            call = binder.bind_row([question(number)])
            request = next(call.steps())
            assert isinstance(request, Request)
            found[hashlib.sha256(request.body or b"").hexdigest()] = fingerprint(call, base_url)
    return found


KNOWN = {"in.csv", "calm.csv", "killed.csv", "run.journal", "run.journal.lock", "run.journal.media"}


def killed(command: Sequence[str], sandbox: Sandbox, dice: random.Random, most_requests: int) -> bool:
    """Whether a process was killed before it had come to its end."""
    sent = sandbox.stats()["requests"] + dice.randint(0, most_requests)
    by_time = dice.random() < 0.25
    with process(command) as running:
        deadline = time.monotonic() + (dice.random() * 1.5 if by_time else LONGEST)
        while running.poll() is None and time.monotonic() < deadline:
            if sandbox.stats()["requests"] >= sent:
                time.sleep(dice.random() * 0.02)
                break
            time.sleep(0.001)
        running.kill()
    if running.returncode not in (0, -9):
        raise SystemExit(f"the lookup ended with {running.returncode}")
    return running.returncode != 0


def finish(command: Sequence[str]) -> None:
    """Runs a command to its end."""
    with process(command) as running:
        if running.wait(LONGEST):
            raise SystemExit(f"the lookup ended with {running.returncode}")


def process(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """The command as a process of its own."""
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "XAI_API_KEY": SANDBOX_KEY})


def in_doubt(path: Path) -> list[InDoubt]:
    """The calls that the journal lists as in flight when a process was killed."""
    with Journal(path, read_only=True) as journal:
        (info,) = journal.runs()
        if info.state != "finished":
            raise SystemExit(f"the run is {info.state} in the journal")
        return journal.in_doubt()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--surface-kills", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = killed_run(Path(folder), given.rows, given.kills, given.seed)
    print(f"{found.rows:,} rows, {found.concurrency} in flight, {found.kills} kills, {found.seconds:.0f} s")
    print(f"output as that of an undisturbed run, byte for byte: {'yes' if found.equal else 'NO'}")
    most = found.kills * found.concurrency
    print(f"billed: {found.billed:,}; billed again: {found.twice} (at most {most}: those in flight at a kill)")
    print(f"listed in the journal as in flight at a kill: {found.in_doubt} (at least as many as billed again)")
    print(f"billed again without having been in flight at a kill, by request hash: {found.unexplained} (must be 0)")
    print(f"in doubt and not listed as answered later: {found.unanswered} (must be 0)")
    print(f"files left behind: {len(found.left)}")
    sound = found.equal and not found.unexplained and not found.unanswered and not found.left
    for surface in SURFACES:
        with tempfile.TemporaryDirectory() as folder:
            one = struck(surface, Path(folder), given.surface_kills, given.seed)
        print(
            f"{surface.name}: {surface.rows} rows, {one.strikes} times {surface.signal.name}; billed {one.billed}; "
            f"billed again though not in flight {one.again} (must be 0); rows lost {one.lost} (must be 0)"
        )
        sound = sound and not one.again and not one.lost
    print(f"verdict: {'sound' if sound else 'NOT SOUND'}")
    raise SystemExit(not sound)


if __name__ == "__main__":
    main()
