"""What a lookup costs beside the bare HTTP client: CPU a row, pace, and memory.

    python benchmarks/overhead.py [--rows 10000] [--repeats 3] [--quick]

Every figure comes from a fresh process against a stub server in another process. The contestants take turns, so a
noisy machine hurts all alike: trust the ratios. `lookup` gives 34 typed columns; `aiohttp` and `openai` only read and
parse the reply.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from math import ceil
from pathlib import Path

from stub_server import stub

IN_FLIGHT = 64
PROMPT = "Which of these two readings of the contract is the sounder one, and why? " * 4


def cpu_seconds() -> float:
    """User and system time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def run_lookup(url: str, rows: int) -> dict[str, float]:
    """The library: Arrow in, 34 columns out."""
    import pyarrow as pa

    import grokcall

    table = pa.table({"id": range(rows), "body": [f"Row {number}: {PROMPT}" for number in range(rows)]})
    with grokcall.connect(base_url=url, api_key="xai-benchmark", concurrency=IN_FLIGHT) as connection:
        connection.lookup("CALL GenerateResponse(:body)", table.slice(0, IN_FLIGHT))

        def work() -> None:
            result = connection.lookup("CALL GenerateResponse(:body)", table)
            assert result.summary.ok == rows
            assert result.rows.num_columns == 36

        return measured(work)


def run_aiohttp(url: str, rows: int) -> dict[str, float]:
    """A bare aiohttp client in a loop of workers."""
    import aiohttp
    import msgspec

    async def work(count: int) -> None:
        encode, decode = msgspec.json.encode, msgspec.json.Decoder().decode
        headers = {"Authorization": "Bearer xai-benchmark", "Content-Type": "application/json"}
        numbers = iter(range(count))
        connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:

            async def worker() -> None:
                for number in numbers:
                    body = encode({"model": "grok-4.3", "input": f"Row {number}: {PROMPT}"})
                    async with session.post(url + "/responses", data=body, headers=headers) as reply:
                        assert reply.status == 200
                        decode(await reply.read())

            await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))

    asyncio.run(work(IN_FLIGHT))
    return measured(lambda: asyncio.run(work(rows)))


def run_openai(url: str, rows: int) -> dict[str, float]:
    """The official openai client, as people write it: a semaphore and a gather."""
    from openai import AsyncOpenAI

    async def work(count: int) -> None:
        async with AsyncOpenAI(base_url=url, api_key="xai-benchmark", max_retries=0) as client:
            places = asyncio.Semaphore(IN_FLIGHT)

            async def ask(number: int) -> str:
                async with places:
                    reply = await client.responses.create(model="grok-4.3", input=f"Row {number}: {PROMPT}")
                    return reply.output_text

            answers = await asyncio.gather(*(ask(number) for number in range(count)))
            assert len(answers) == count

    asyncio.run(work(IN_FLIGHT))
    return measured(lambda: asyncio.run(work(rows)))


def run_file(url: str, rows: int) -> dict[str, float]:
    """A lookup from a CSV file to a Parquet file, for its peak memory."""
    import grokcall
    from grokcall.tables import open_writer

    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.csv", Path(folder) / "out.parquet"
        with source.open("w") as file:
            file.write("id,body\n")
            for number in range(rows):
                file.write(f'{number},"Row {number}: {PROMPT}"\n')

        def work() -> None:
            with (
                grokcall.connect(base_url=url, api_key="xai-benchmark", concurrency=IN_FLIGHT) as connection,
                connection.lookup_stream("CALL GenerateResponse(:body)", str(source)) as stream,
                open_writer(str(target), stream.schema) as writer,
            ):
                for batch, _ in stream:
                    writer.write(batch)
            assert writer.rows == rows

        figures = measured(work)
    return {**figures, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def measured(work: Callable[[], None]) -> dict[str, float]:
    """CPU and wall seconds of ``work``."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    work()
    return {"cpu": cpu_seconds() - cpu, "wall": time.perf_counter() - wall}


CONTESTANTS = {"lookup": run_lookup, "aiohttp": run_aiohttp, "openai": run_openai, "file": run_file}


def fresh(contestant: str, url: str, rows: int) -> dict[str, float]:
    """The figures of one run in a process of its own."""
    command = [sys.executable, __file__, "--child", contestant, "--url", url, "--rows", str(rows)]
    found = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=900, check=True)
    return dict(json.loads(found.stdout.splitlines()[-1]))


def median(figures: Iterable[float]) -> float:
    """The middle figure."""
    return statistics.median(list(figures))


def compare_overhead(rows: int, repeats: int) -> None:
    """CPU a row without latency, beside aiohttp and openai."""
    names = ("lookup", "aiohttp", "openai")
    counts = {"lookup": rows, "aiohttp": rows, "openai": max(IN_FLIGHT, rows // 5)}
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    with stub() as url:
        for _ in range(repeats):
            for name in names:
                runs[name].append(fresh(name, url, counts[name]))
    cpu = {name: median(run["cpu"] / counts[name] * 1e6 for run in runs[name]) for name in names}
    pace = {name: median(counts[name] / run["wall"] for run in runs[name]) for name in names}
    print(f"\nNo latency, {IN_FLIGHT} in flight, {rows:,} rows, median of {repeats}")
    print(f"{'':10}{'CPU µs/row':>12}{'rows/s':>10}")
    for name in names:
        print(f"{name:10}{cpu[name]:12.1f}{pace[name]:10,.0f}")
    print(f"lookup ÷ aiohttp, CPU: {cpu['lookup'] / cpu['aiohttp']:.2f} (at most 2)")
    print(f"lookup ÷ openai,  CPU: {cpu['lookup'] / cpu['openai']:.3f} (at most 0.2)")


def compare_pace(rows: int, repeats: int) -> None:
    """The share of the ideal pace with latency, and with a tail of slow replies."""
    print(f"\n{IN_FLIGHT} in flight, {rows:,} rows, 50 ms; median of {repeats}")
    print(f"{'':28}{'ideal s':>9}{'lookup':>9}{'aiohttp':>9}   lookup's share of the ideal")
    for label, slow_every in (("every reply 50 ms", 0), ("2 % of the replies 500 ms", 50)):
        ideal = ideal_seconds(rows, slow_every)
        walls: dict[str, list[float]] = {"lookup": [], "aiohttp": []}
        with stub(50, 500, slow_every) as url:
            for _ in range(repeats):
                for name, seconds in walls.items():
                    seconds.append(fresh(name, url, rows)["wall"])
        ours, bare = median(walls["lookup"]), median(walls["aiohttp"])
        print(f"{label:28}{ideal:9.2f}{ours:9.2f}{bare:9.2f}   {ideal / ours:.3f} (at least 0.9)")


def ideal_seconds(rows: int, slow_every: int) -> float:
    """Latency × ⌈rows ÷ in flight⌉, or with slow replies the time that all of them take spread evenly."""
    if not slow_every:
        return 0.050 * ceil(rows / IN_FLIGHT)
    slow = rows // slow_every
    return (slow * 0.5 + (rows - slow) * 0.05) / IN_FLIGHT


def compare_memory(small: int, large: int) -> None:
    """Peak resident size of a CSV → Parquet run, small and large."""
    with stub() as url:
        figures = {rows: fresh("file", url, rows) for rows in (small, large)}
    print("\nCSV to Parquet, 34 columns, peak resident size")
    for rows, figure in figures.items():
        print(f"{rows:>9,} rows {figure['peak_mb']:8.0f} MB  {rows / figure['wall']:8,.0f} rows/s")
    print(f"ratio: {figures[large]['peak_mb'] / figures[small]['peak_mb']:.2f} (at most 1.3)")


def main() -> None:
    """Reads the command line and runs the comparisons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="fewer rows, for a look")
    parser.add_argument("--child", choices=sorted(CONTESTANTS), help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(CONTESTANTS[options.child](options.url, options.rows)))
        return
    rows, repeats = (2_000, 1) if options.quick else (options.rows, options.repeats)
    compare_overhead(rows, repeats)
    compare_pace(12_800 if not options.quick else 1_280, repeats)
    compare_memory(10_000 if not options.quick else 2_000, 100_000 if not options.quick else 10_000)


if __name__ == "__main__":
    main()
