"""What a journal costs a lookup: CPU a row with one ÷ without.

    python benchmarks/journal_overhead.py [--rows 10000] [--rounds 4] [--repeats 5] [--folder .]

In each of some fresh processes the two take turns, first the one first and then the other, against a stub server in
another process: a machine whose pace changes from second to second hurts both alike. Trust the ratio. No row equals
another, so each makes a call. The CPU is that of all threads, those that write the journal included, from the lookup's
first row until its journal is closed.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from stub_server import stub

IN_FLIGHT = 64
WARMING = 500
PROMPT = "Which of these two readings of the contract is the sounder one, and why? " * 4
MOST = 1.25


def cpu_seconds() -> float:
    """User and system time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(url: str, rows: int, rounds: int, folder: Path) -> list[tuple[float, float]]:
    """CPU microseconds a row without and with a journal, once a round."""
    import pyarrow as pa

    import grokcall

    table = pa.table({"id": range(rows), "body": [f"Row {number}: {PROMPT}" for number in range(rows)]})
    with grokcall.connect(base_url=url, api_key="xai-benchmark", concurrency=IN_FLIGHT) as connection:

        def cost(table: pa.Table, journal: Path | None) -> float:
            before = cpu_seconds()
            result = connection.lookup("CALL GenerateResponse(:body)", table, journal=journal)
            spent = cpu_seconds() - before
            assert result.summary.ok == table.num_rows
            return spent / table.num_rows * 1e6

        for journal in (None, folder / "warming.journal"):
            cost(table.slice(0, WARMING), journal)
        found = []
        for number in range(rounds):
            turns = [None, folder / f"{number}.journal"]
            if number % 2:
                without, with_one = (cost(table, journal) for journal in turns)
            else:
                with_one, without = (cost(table, journal) for journal in reversed(turns))
            found.append((without, with_one))
    return found


def fresh(url: str, rows: int, rounds: int, parent: str) -> list[tuple[float, float]]:
    """The figures of one process."""
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        command = [sys.executable, __file__, "--url", url, "--rows", str(rows), "--rounds", str(rounds)]
        command += ["--folder", folder]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=600, check=True)
    return [tuple(pair) for pair in json.loads(done.stdout.splitlines()[-1])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", default=".", help="where the journals go: another disk, other waits")
    parser.add_argument("--url", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.url:
        print(json.dumps(measure(given.url, given.rows, given.rounds, Path(given.folder))))
        return
    with stub() as url:
        found = [fresh(url, given.rows, given.rounds, given.folder) for _ in range(given.repeats)]
    pairs = [pair for process in found for pair in process]
    print(f"{given.rows:,} rows, {IN_FLIGHT} in flight, {given.repeats} processes of {given.rounds} rounds")
    for kind, costs in zip(("without", "with"), zip(*pairs, strict=True), strict=True):
        print(f"{kind:8} {statistics.median(costs):6.1f} µs of CPU a row, at least {min(costs):.1f}")
    ratios = [with_one / without for without, with_one in pairs]
    whole = sum(with_one for _, with_one in pairs) / sum(without for without, _ in pairs)
    print(f"with ÷ without: {statistics.median(ratios):.2f} in the median round, {whole:.2f} in all (at most {MOST})")
    each = (statistics.median(with_one / without for without, with_one in process) for process in found)
    print("by process:", ", ".join(f"{ratio:.2f}" for ratio in sorted(each)))


if __name__ == "__main__":
    main()
