"""A query over a whole table in DuckDB, against a lookup over the same rows and a function written by hand.

    python benchmarks/duckdb_query.py [--rows 10000] [--concurrency 256] [--median-ms 50] [--sigma 0]

Each way runs in a process of its own, in turn, over the same stub; the peer is what people write: an Arrow function
that puts aiohttp's requests of a vector into one gather, and gives one column where grokcall gives 34. Where every row
takes equally long (sigma 0) a vector loses little; with a tail (sigma 1) each vector waits for its slowest row.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from stub_server import stub

SOURCE = "CREATE TABLE tickets AS SELECT i AS id, 'Row ' || i AS body FROM range({rows}) r(i)"
QUERY = "SELECT t.id, t.body, r.* FROM tickets t, GenerateResponse(t.body) r"
HAND_WRITTEN = "SELECT id, body, ask(body) AS answer FROM tickets"
WAYS = ("lookup", "macro", "rewritten", "by hand")


def by_lookup(url: str, rows: int, concurrency: int) -> float:
    """Seconds of a lookup over the table."""
    import duckdb

    with duckdb.connect() as con, connected(url, concurrency) as connection:
        con.execute(SOURCE.format(rows=rows))
        connection.execute("CALL GenerateResponse('Hello')")
        started = time.perf_counter()
        table = con.sql("FROM tickets").to_arrow_table()
        result = connection.lookup("CALL GenerateResponse(:body)", table)
        taken = time.perf_counter() - started
    assert result.summary.ok == rows
    return taken


def by_macro(url: str, rows: int, concurrency: int) -> float:
    """Seconds of the query as DuckDB runs it."""
    import duckdb

    import grokcall.duckdb

    with duckdb.connect() as con, connected(url, concurrency) as connection:
        con.execute(SOURCE.format(rows=rows))
        grokcall.duckdb.register(con, connection)
        con.execute("CALL GenerateResponse('Hello')")
        started = time.perf_counter()
        table = con.sql(QUERY).to_arrow_table()
        taken = time.perf_counter() - started
    assert (table.num_rows, table.num_columns) == (rows, 36)
    return taken


def by_rewriting(url: str, rows: int, concurrency: int) -> float:
    """Seconds of the query with its calls made by a lookup."""
    import duckdb

    import grokcall.duckdb

    with duckdb.connect() as con, connected(url, concurrency) as connection:
        con.execute(SOURCE.format(rows=rows))
        registration = grokcall.duckdb.register(con, connection)
        registration.query("CALL GenerateResponse('Hello')")
        started = time.perf_counter()
        table = registration.query(QUERY)
        taken = time.perf_counter() - started
    assert (table.num_rows, table.num_columns) == (rows, 36)
    return taken


def by_hand(url: str, rows: int, concurrency: int) -> float:
    """Seconds of the query over a function written by hand."""
    import aiohttp
    import duckdb
    import pyarrow as pa

    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    async def opened() -> tuple[aiohttp.ClientSession, asyncio.Semaphore]:
        connector = aiohttp.TCPConnector(limit=concurrency)
        return aiohttp.ClientSession(connector=connector), asyncio.Semaphore(concurrency)

    session, places = asyncio.run_coroutine_threadsafe(opened(), loop).result()

    async def one(text: str) -> str:
        async with places:
            body = {"model": "grok-4.3", "input": text}
            async with session.post(f"{url}/responses", json=body, headers={"Authorization": "Bearer x"}) as reply:
                document = await reply.json()
        return document["output"][1]["content"][0]["text"]

    async def every(texts: list[str]) -> list[str]:
        return await asyncio.gather(*(one(text) for text in texts))

    def ask(texts):
        answers = asyncio.run_coroutine_threadsafe(every(texts.to_pylist()), loop).result()
        return pa.array(answers, pa.string())

    with duckdb.connect() as con:
        con.execute(SOURCE.format(rows=rows))
        con.create_function("ask", ask, ["VARCHAR"], "VARCHAR", type="arrow", side_effects=True)
        con.execute("SELECT ask('Hello')").fetchall()
        started = time.perf_counter()
        table = con.sql(HAND_WRITTEN).to_arrow_table()
        taken = time.perf_counter() - started
    asyncio.run_coroutine_threadsafe(session.close(), loop).result()
    assert table.num_rows == rows
    return taken


def connected(url: str, concurrency: int):
    """A connection to the stub."""
    import grokcall

    return grokcall.connect(base_url=url, api_key="xai-benchmark", concurrency=concurrency)


RUNS: dict[str, Callable[[str, int, int], float]] = {
    "lookup": by_lookup,
    "macro": by_macro,
    "rewritten": by_rewriting,
    "by hand": by_hand,
}


def measured(way: str, latencies: Path, rows: int, concurrency: int) -> float:
    """Seconds of one way in a process of its own, over a stub of its own."""
    with stub(latencies=latencies) as url:
        command = [sys.executable, __file__, "--one", way, "--url", url]
        command += ["--rows", str(rows), "--concurrency", str(concurrency)]
        run = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    return float(json.loads(run.stdout.splitlines()[-1]))


def main() -> None:
    """Reads the command line; runs one way, or all in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--concurrency", type=int, default=256)
    parser.add_argument("--median-ms", type=float, default=50)
    parser.add_argument("--sigma", type=float, default=0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(RUNS[options.one](options.url, options.rows, options.concurrency)))
        return
    print(
        f"{options.rows:,} rows, {options.concurrency} in flight, median {options.median_ms:g} ms, "
        f"sigma {options.sigma:g}"
    )
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    for repeat in range(options.repeats):
        dice = random.Random(repeat)
        drawn = (options.median_ms * dice.lognormvariate(0, options.sigma) for _ in range(options.rows))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "latencies.txt"
            file.write_text("\n".join(f"{milliseconds:.3f}" for milliseconds in (1, *drawn)))
            for way in WAYS:
                taken[way].append(measured(way, file, options.rows, options.concurrency))
    usual = statistics.median(taken["lookup"])
    for way, seconds in taken.items():
        middle = statistics.median(seconds)
        print(
            f"{way:>10}: {middle:6.2f} s ({min(seconds):.2f} to {max(seconds):.2f}), "
            f"{options.rows / middle:7,.0f} rows/s, {middle / usual:.2f} of a lookup",
            flush=True,
        )


if __name__ == "__main__":
    main()
