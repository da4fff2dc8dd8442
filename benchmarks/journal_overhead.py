"""What a journal costs a lookup: CPU a row with one ÷ without.

    python benchmarks/journal_overhead.py [--rows 10000] [--repeats 5] [--folder .]

Every figure comes from a fresh process against a stub server in another process. The two take turns, so a noisy
machine hurts both alike: trust the ratio. No row equals another, so each makes a call. The CPU is that of all threads,
those that write the journal included.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from stub_server import stub

IN_FLIGHT = 64
PROMPT = "Which of these two readings of the contract is the sounder one, and why? " * 4
WITHOUT, WITH = "without", "with"


def cpu_seconds() -> float:
    """User and system time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(url: str, rows: int, journal: Path | None) -> dict[str, float]:
    """CPU and wall seconds of one lookup, from its first row until the journal is closed."""
    import pyarrow as pa

    import grokcall

    table = pa.table({"id": range(rows), "body": [f"Row {number}: {PROMPT}" for number in range(rows)]})
    with grokcall.connect(base_url=url, api_key="xai-benchmark", concurrency=IN_FLIGHT) as connection:
        warming = None if journal is None else journal.with_suffix(".warming")
        connection.lookup("CALL GenerateResponse(:body)", table.slice(0, IN_FLIGHT), journal=warming)
        cpu, wall = cpu_seconds(), time.perf_counter()
        result = connection.lookup("CALL GenerateResponse(:body)", table, journal=journal)
        figures = {"cpu": cpu_seconds() - cpu, "wall": time.perf_counter() - wall}
    assert result.summary.ok == rows
    return figures


def fresh(url: str, rows: int, kind: str, parent: str) -> dict[str, float]:
    """The figures of one lookup in a process of its own, with a journal of its own."""
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        command = [sys.executable, __file__, "--child", kind, "--url", url, "--rows", str(rows), "--folder", folder]
        found = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=600, check=True)
    return dict(json.loads(found.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", default=".", help="where the journals go: another disk, other waits")
    parser.add_argument("--child", choices=(WITHOUT, WITH), help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        journal = Path(given.folder) / "run.journal" if given.child == WITH else None
        print(json.dumps(measure(given.url, given.rows, journal)))
        return
    runs: dict[str, list[dict[str, float]]] = {WITHOUT: [], WITH: []}
    with stub() as url:
        for _ in range(given.repeats):
            for kind, found in runs.items():
                found.append(fresh(url, given.rows, kind, given.folder))
    print(f"{given.rows:,} rows, {IN_FLIGHT} in flight, median of {given.repeats}")
    print(f"{'journal':10}{'CPU µs/row':>12}{'rows/s':>10}")
    for kind, found in runs.items():
        cpu = statistics.median(run["cpu"] for run in found) / given.rows * 1e6
        pace = given.rows / statistics.median(run["wall"] for run in found)
        print(f"{kind:10}{cpu:12.1f}{pace:10,.0f}")
    ratios = [one["cpu"] / other["cpu"] for one, other in zip(runs[WITH], runs[WITHOUT], strict=True)]
    print(f"with ÷ without, CPU: {statistics.median(ratios):.2f} (at most 1.25)")
    print(f"single pairs: from {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    main()
