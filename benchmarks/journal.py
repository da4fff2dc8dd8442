"""What the journal costs: CPU a row for the fingerprint, for an intent with its record, and for a recall.

    python benchmarks/journal.py [--rows 20000] [--repeats 3] [--in-flight 64] [--latency 0.05]

Every figure comes from a fresh process and a fresh file. Each row writes its intent and its outcome (34 fields, about
2 kB), with so many rows in flight. In the first line the calls take no time, in the second some milliseconds: then the
journal works in small pieces, each of which costs more.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from grokcall.core.outcome import Outcome
from grokcall.journal import Journal, fingerprint
from grokcall_parser import parse_call
from grokcall_procedures import CATALOG, Binder, BoundCall, Settings

BASE_URL = "https://api.x.ai/v1"
PROMPT = "Which of these two readings of the contract is the sounder one, and why? " * 4
ANSWER = "The second one, because it gives every word of the clause something to do. " * 20


def cpu_seconds() -> float:
    """User and system time of this process so far, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def bound_calls(count: int) -> list[BoundCall]:
    """Calls with different prompts."""
    call = parse_call("CALL GenerateResponse(:Message)")
    binder = Binder(call, CATALOG["GenerateResponse"], Settings())
    return [binder.bind_row([f"Row {number}: {PROMPT}"]) for number in range(count)]


def outcome_of(number: int) -> Outcome:
    """What a text call gives: some fields filled, most of them NULL."""
    row: list[object] = [None] * len(CATALOG["GenerateResponse"].fields)
    row[:8] = [ANSWER, f"resp_{number:032x}", "completed", "grok-4.3", 1_764_000_000, 0.7, True, number]
    return Outcome(
        rows=[tuple(row)], attempts=1, billed=True, request_id=f"{number:032x}", seconds=1.25, cost_ticks=2_306_000
    )


def measure(rows: int, in_flight: int, latency: float, folder: str) -> dict[str, float]:
    """The figures of one run."""
    calls = bound_calls(rows)
    fingerprint(calls[0], BASE_URL)
    started = cpu_seconds()
    prints = [fingerprint(call, BASE_URL) for call in calls]
    figures = {"fingerprint": (cpu_seconds() - started) / rows * 1e6}
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = Path(place) / "run.journal"
        with Journal(path) as journal:
            run = journal.begin("benchmark", {"procedure": "GenerateResponse"})
            outcomes = [outcome_of(number) for number in range(rows)]

            async def work(*, journaled: bool) -> None:
                numbers = iter(range(rows))

                async def worker() -> None:
                    for number in numbers:
                        if journaled:
                            run.intend(prints[number], 0)
                        await asyncio.sleep(latency)
                        if journaled:
                            await run.record(prints[number], 0, outcomes[number])

                await asyncio.gather(*(worker() for _ in range(in_flight)))

            cpu = cpu_seconds()
            asyncio.run(work(journaled=False))
            without = cpu_seconds() - cpu
            cpu, clock = cpu_seconds(), time.perf_counter()
            asyncio.run(work(journaled=True))
            figures["rows_per_second"] = rows / (time.perf_counter() - clock)
            journal.runs()  # waits until the database has everything
            figures["write"] = (cpu_seconds() - cpu - without) / rows * 1e6
            cpu = cpu_seconds()
            missed = sum(run.recall(print_, 1) is None for print_ in prints)
            figures["miss"] = (cpu_seconds() - cpu) / rows * 1e6
            assert missed == rows
            run.finish("finished", {})
        with Journal(path) as journal:
            cpu = cpu_seconds()
            run = journal.begin("benchmark", {})
            figures["open"] = (cpu_seconds() - cpu) / rows * 1e6
            cpu = cpu_seconds()
            for number, print_ in enumerate(prints):
                outcome = run.recall(print_, 0)
                assert outcome is not None
                assert outcome.rows == outcomes[number].rows
            figures["hit"] = (cpu_seconds() - cpu) / rows * 1e6
        figures["bytes_per_row"] = sum(file.stat().st_size for file in Path(place).glob("run.journal*")) / rows
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds that a call takes in the second line")
    parser.add_argument("--folder", default=".", help="where the files go: another disk, other waits")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(measure(given.rows, given.in_flight, given.latency, given.folder)))
        return
    print(f"{given.rows:,} rows, median of {given.repeats}; µs of CPU a row beside what the loop takes anyway")
    print("in flight  latency  fingerprint  intend+record   rows/s  miss   hit  continue  bytes/row")
    for in_flight, latency in ((given.in_flight, 0.0), (given.in_flight, given.latency)):
        command = [sys.executable, __file__, "--child", "--rows", str(given.rows), "--folder", given.folder]
        command += ["--in-flight", str(in_flight), "--latency", str(latency)]
        found = [
            json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout)
            for _ in range(given.repeats)
        ]
        middle = {figure: median(each[figure] for each in found) for figure in found[0]}
        print(
            f"{in_flight:9}  {latency * 1000:4.0f} ms  {middle['fingerprint']:11.2f}  {middle['write']:13.1f}"
            f"  {middle['rows_per_second']:7,.0f}  {middle['miss']:4.1f}  {middle['hit']:4.1f}"
            f"  {middle['open']:8.2f}  {middle['bytes_per_row']:9,.0f}"
        )


if __name__ == "__main__":
    main()
