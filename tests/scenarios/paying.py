"""What the tests of money share: rows with answers that are known, and the command as a process of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

import grokcall
from grokcall.sandbox import SANDBOX_KEY, Sandbox
from installed import COMMAND

ASK = "CALL GenerateResponse(:body)"
TICKS_PER_USD = 10_000_000_000


def sums(count: int, distinct: int | None = None) -> list[dict[str, object]]:
    """Rows whose answers are known: sums, each different, or so many different ones in turn."""
    return [{"id": number, "body": question(number % (distinct or count))} for number in range(count)]


def question(number: int) -> str:
    """A sum to ask for."""
    return f"What is {number} + {3 * number}?"


def connected(sandbox: Sandbox, **options: object) -> grokcall.Connection:
    """A connection to a sandbox."""
    return grokcall.connect(api_key=SANDBOX_KEY, base_url=sandbox.base_url, **options)


def ticks_of(*tables: pa.Table) -> int:
    """The sum of the cost column, in ticks."""
    costs = [cost for table in tables for cost in table.column("Call_CostUsd").to_pylist() if cost is not None]
    return int(sum(costs) * TICKS_PER_USD)


def billed(entries: Iterable[dict[str, object]]) -> int:
    """The sum of a ledger, in ticks."""
    return sum(entry["ticks"] for entry in entries)


def times_billed(entries: Iterable[dict[str, object]]) -> dict[object, int]:
    """How often each request was billed."""
    times: dict[object, int] = {}
    for entry in entries:
        times[entry["request_hash"]] = times.get(entry["request_hash"], 0) + 1
    return times


@dataclass(frozen=True)
class Done:
    """How a run of the command ended."""

    code: int
    err: str


def source_file(folder: Path, rows: Iterable[dict[str, object]]) -> Path:
    """The rows as a CSV file."""
    path = folder / "in.csv"
    path.write_text("id,body\n" + "".join(f'{row["id"]},"{row["body"]}"\n' for row in rows))
    return path


def started(sandbox: Sandbox, *arguments: object) -> subprocess.Popen[str]:
    """The command, under way against a sandbox."""
    return subprocess.Popen(
        [COMMAND, *map(str, arguments), "--base-url", sandbox.base_url],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "XAI_API_KEY": SANDBOX_KEY},
    )


def ran(sandbox: Sandbox, *arguments: object) -> Done:
    """How the command ended."""
    with started(sandbox, *arguments) as process:
        try:
            _, err = process.communicate(timeout=400)
        finally:
            process.kill()
    return Done(process.returncode, err)
