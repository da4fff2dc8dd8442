"""Random lookups with a limit of cost: what the sandbox billed, beside what the sentence before the first call said.

    python benchmarks/cap.py [--runs 300] [--seed 0]

The models reason without a bound, with a heavy tail and each in its own way; answers get lost and gateways give up; a
lookup has up to three tries with one journal, with and without sending again what may have been billed. Replies take
their time, so that calls overlap. The limit is anywhere from nothing to a little more than all calls cost.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import grokcall
from grokcall.errors import BudgetReachedError
from grokcall.sandbox import SANDBOX_KEY, Sandbox

PROFILE = "+".join(
    (
        "latency:low=0.002,high=0.02",
        "reasoning:tokens=300,sigma=1.5,most=60000,model=grok-4.3",
        "reasoning:tokens=2000,sigma=1.0,most=120000,model=grok-4.6",
        "reasoning:tokens=900,sigma=2.0,most=200000,model=grok-4.5",
        "cut-after:share=0.04",
        "gateway-timeout:share=0.04",
    )
)
MODELS = (
    "Model => 'grok-4.3'",
    "Model => 'grok-4.3', ReasoningEffort => 'none'",
    "Model => 'grok-4.6'",
    "Model => 'grok-4.5', ReasoningEffort => 'low'",
    "Model => 'grok-4.20-non-reasoning'",
)
TICKS_PER_USD = 10_000_000_000


@dataclass(slots=True)
class Capped:
    """One lookup with a limit and all its tries; prices in ticks of 1e-10 USD.

    Attributes:
        cap: The limit.
        sentence: What was said before the first call.
        in_flight: The most calls that run at once.
        answered: What the sandbox billed for each answer that came.
        lost: What it billed for each that was lost.
        told: What the summaries say was spent beyond the limit.
        stopped: Whether the limit ended it.
    """

    cap: int
    sentence: str
    in_flight: int
    answered: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    told: int = 0
    stopped: bool = False

    @property
    def bounded(self) -> bool:
        """Whether the sentence promises a highest price."""
        return "will not cost more" in self.sentence

    @property
    def excess(self) -> int:
        """What was billed beyond the limit."""
        return max(0, sum(self.answered) + sum(self.lost) - self.cap)

    @property
    def excusable(self) -> int:
        """The most that calls in flight, and those whose price nobody knows, can have taken beyond the limit."""
        return sum(sorted(self.answered)[-self.in_flight :]) + sum(self.lost)

    @property
    def broken(self) -> str | None:
        """What of the sentence or the summary is not true; None where all is."""
        if self.bounded and self.excess:
            return f"{self.excess} ticks beyond a bound of {self.cap}: {self.sentence}"
        if self.excess > self.excusable:
            return f"{self.excess} ticks beyond the limit, more than the calls in flight took"
        if sum(self.answered) > self.cap and self.told < sum(self.answered) - self.cap:
            return f"{self.excess} ticks beyond the limit, and the summary says {self.told}"
        return None


def capped_runs(runs: int, seed: int) -> Iterator[Capped]:
    """Random lookups, one after another, each through a connection that has learned nothing."""
    dice = random.Random(seed)
    with Sandbox(profile=PROFILE, seed=seed) as sandbox:
        for _ in range(runs):
            with tempfile.TemporaryDirectory() as folder:
                yield capped(sandbox, dice, Path(folder) / "run.journal")


def capped(sandbox: Sandbox, dice: random.Random, journal: Path) -> Capped:
    """One random lookup."""
    rows = [{"id": number, "body": body(number, dice)} for number in range(dice.randint(20, 120))]
    command = f"CALL GenerateResponse(:body, MaxOutputTokens => {dice.choice((1, 8, 40, 300))}, {dice.choice(MODELS)})"
    options = {"concurrency": dice.choice((1, 4, 16, 64)), "retry_billed": dice.random() < 0.3, "max_attempts": 3}
    worth = dice.choice((4_000_000, 30_000_000, 200_000_000)) * len(rows)
    run = Capped(dice.randint(0, worth), "", options["concurrency"])
    own = {"max_cost": Decimal(run.cap) / TICKS_PER_USD, "dedupe": dice.random() < 0.5, "journal": journal}
    for _ in range(dice.randint(1, 3)):
        try_once(sandbox, run, rows, command, options, own)
    for entry in sandbox.ledger():
        (run.answered if entry["answered"] else run.lost).append(entry["ticks"])
    sandbox.reset()
    return run


def try_once(sandbox: Sandbox, run: Capped, rows: list[object], command: str, options: object, own: object) -> None:
    """One try of a lookup, through a connection of its own."""
    with (
        grokcall.connect(api_key=SANDBOX_KEY, base_url=sandbox.base_url, **options) as connection,
        connection.lookup_stream(command, rows, **own) as stream,
    ):
        run.sentence = run.sentence or stream.guarantee or ""
        try:
            for _ in stream:
                pass
        except BudgetReachedError as reached:
            if reached.reason != "max_cost":
                raise
            run.stopped = True
        finally:
            run.told = max(run.told, int(stream.summary.over_limit_usd * TICKS_PER_USD))


def body(number: int, dice: random.Random) -> str:
    """A prompt that no other row has, short or long."""
    return f"What is {number} + {dice.randint(0, 10**6)}?" + " Think of all of it." * dice.randint(0, 60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    found = list(capped_runs(given.runs, given.seed))
    bounded = [run for run in found if run.bounded]
    loose = [run for run in found if not run.bounded]
    calls = sum(len(run.answered) + len(run.lost) for run in found)
    print(f"{len(found)} runs, {calls:,} billed calls, {sum(len(run.lost) for run in found):,} of them lost")
    print(f"with a highest price: {len(bounded)} runs, beyond it: {sum(run.excess > 0 for run in bounded)}")
    passed = [run for run in loose if run.excess]
    print(f"without one: {len(loose)} runs, beyond the limit: {len(passed)}")
    if passed:
        shares = sorted(run.excess / run.excusable for run in passed)
        median, most = shares[len(shares) // 2], shares[-1]
        print(f"excess, as a part of what calls in flight and lost took: {median:.2f} (median), {most:.2f} (most)")
    print(f"stopped by the limit: {sum(run.stopped for run in found)} runs")
    broken = [run.broken for run in found if run.broken is not None]
    print(f"sentences or summaries that are not true: {len(broken)}")
    for words in broken[:10]:
        print(f"  {words}")


if __name__ == "__main__":
    main()
