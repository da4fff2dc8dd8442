"""Random lookups with a limit of cost: what the embedded engine billed, beside the limit.

    python benchmarks/cap.py [--runs 200] [--seed 0]

Calls are bounded by MaxOutputTokens, 64 are in flight, replies take their time so that calls overlap, and the limit is
anywhere from nothing to a little more than all calls cost, which a run without a limit has told.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import grokcall
from grokcall.bookkeeping import ALLOWANCES
from grokcall.budgets import BudgetReachedError
from grokcall.sandbox import SANDBOX_KEY, Sandbox
from grokcall_parser import parse_call
from grokcall_procedures.estimates import estimate

PROFILE = "latency:low=0.005,high=0.025"
IN_FLIGHT = 64
TICKS_PER_USD = 10_000_000_000


@dataclass(frozen=True, slots=True)
class Capped:
    """One lookup with a limit; prices in ticks of 1e-10 USD.

    Attributes:
        rows: Rows of the input.
        calls: Calls that were billed.
        cap: The limit.
        spent: What the engine billed.
        worst: The highest price of the dearest call.
        stopped: Whether the limit ended it.
        peak: Calls that were in flight together.
    """

    rows: int
    calls: int
    cap: int
    spent: int
    worst: int
    stopped: bool
    peak: int

    @property
    def exceeded(self) -> bool:
        """Whether more was billed than allowed."""
        return self.spent > self.cap

    @property
    def too_early(self) -> bool:
        """Whether it stopped although any call would still have fitted, or did not reach all rows without a stop."""
        return self.cap - self.spent >= self.worst if self.stopped else self.calls != self.rows


def capped_runs(runs: int, seed: int) -> Iterator[Capped]:
    """Random lookups, one after another."""
    dice = random.Random(seed)
    with (
        Sandbox(profile=PROFILE) as sandbox,
        grokcall.connect(api_key=SANDBOX_KEY, base_url=sandbox.base_url, concurrency=IN_FLIGHT) as connection,
    ):
        for _ in range(runs):
            yield capped(sandbox, connection, dice)


def capped(sandbox: Sandbox, connection: grokcall.Connection, dice: random.Random) -> Capped:
    """One random lookup."""
    rows = [{"id": number, "body": body(number, dice)} for number in range(dice.randint(70, 300))]
    command = f"CALL GenerateResponse(:body, MaxOutputTokens => {dice.choice((1, 8, 40, 300))})"
    binder = connection.binder(parse_call(command))
    worsts = [estimate(binder.bind_row([row["body"]]), allowances=ALLOWANCES).worst_ticks or 0 for row in rows]
    connection.lookup(command, rows)
    cap = dice.randint(0, int(1.1 * sum(entry["ticks"] for entry in sandbox.ledger())))
    sandbox.reset()
    try:
        connection.lookup(command, rows, max_cost=Decimal(cap) / TICKS_PER_USD, dedupe=dice.random() < 0.5)
        stopped = False
    except BudgetReachedError as reached:
        if reached.reason != "max_cost":
            raise
        stopped = True
    entries, stats = sandbox.ledger(), sandbox.stats()
    sandbox.reset()
    spent = sum(entry["ticks"] for entry in entries)
    return Capped(len(rows), len(entries), cap, spent, max(worsts), stopped, stats["peak_in_flight"])


def body(number: int, dice: random.Random) -> str:
    """A prompt that no other row has, short or long."""
    return f"What is {number} + {dice.randint(0, 10**6)}?" + " Think of all of it." * dice.randint(0, 60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    found = list(capped_runs(given.runs, given.seed))
    stopped = [run for run in found if run.stopped]
    print(
        f"{len(found)} runs, {sum(run.calls for run in found):,} calls, up to {max(run.peak for run in found)} at once"
    )
    print(f"billed more than the limit: {sum(run.exceeded for run in found)} runs")
    print(f"stopped by the limit: {len(stopped)} runs; all rows done: {len(found) - len(stopped)} runs")
    print(f"stopped with room for any call: {sum(run.too_early for run in found)} runs")
    left = [(run.cap - run.spent) / run.worst for run in stopped]
    print(f"left, in highest prices of the dearest call: {sum(left) / len(left):.2f} on average, {max(left):.2f} most")


if __name__ == "__main__":
    main()
