"""How close a lookup comes to the shortest time when a few answers take very long.

    python benchmarks/tail.py [--rows 10000] [--concurrency 256] [--median-ms 100] [--sigma 1.0]

The answers' times are drawn from a lognormal distribution. The yardstick is the greedy schedule: whenever one of the
slots is free, the next row starts in it, with nothing in between.
"""

from __future__ import annotations

import argparse
import heapq
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from stub_server import stub


def greedy_seconds(latencies: Sequence[float], slots: int) -> float:
    """How long the latencies take in their order on so many slots."""
    free = [0.0] * slots
    for seconds in latencies:
        heapq.heapreplace(free, free[0] + seconds)
    return max(free)


def measure(latencies: Sequence[float], concurrency: int) -> float:
    """Seconds that a lookup of as many rows takes, after one call that has opened the connection."""
    import pyarrow as pa

    import grokcall

    table = pa.table({"body": [f"Row {number}" for number in range(len(latencies))]})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "latencies.txt"
        file.write_text("\n".join(f"{seconds * 1000:.3f}" for seconds in (0.001, *latencies)))
        with (
            stub(latencies=file) as url,
            grokcall.connect(base_url=url, api_key="xai-benchmark", concurrency=concurrency) as connection,
        ):
            connection.execute("CALL GenerateResponse('Hello')")
            started = time.perf_counter()
            result = connection.lookup("CALL GenerateResponse(:body)", table)
            taken = time.perf_counter() - started
    assert result.summary.ok == len(latencies)
    return taken


def main() -> None:
    """Reads the command line and prints the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--concurrency", type=int, default=256)
    parser.add_argument("--median-ms", type=float, default=100)
    parser.add_argument("--sigma", type=float, default=1.0)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    print(f"{options.rows:,} rows, {options.concurrency} in flight, lognormal, median {options.median_ms:g} ms")
    for repeat in range(options.repeats):
        dice = random.Random(repeat)
        latencies = [options.median_ms / 1000 * dice.lognormvariate(0, options.sigma) for _ in range(options.rows)]
        ideal, taken = greedy_seconds(latencies, options.concurrency), measure(latencies, options.concurrency)
        print(f"greedy {ideal:.2f} s, taken {taken:.2f} s, ratio {taken / ideal:.3f} (at most 1.05)", flush=True)


if __name__ == "__main__":
    main()
