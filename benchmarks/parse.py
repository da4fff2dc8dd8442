"""Time of reading one statement and of binding a row, beside sqlglot's own parser on a SELECT of the same length.

    python benchmarks/parse.py

Each way is timed in turns with the others, so that a busy machine slows all of them alike; the ratio is what to watch.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

import sqlglot

from grokcall_parser import parse_call, parse_statement
from grokcall_parser.parsing import read_statement
from grokcall_procedures import CATALOG, Binder, Settings

CALL = "CALL GenerateResponse(:Message, :Instructions, Model => 'grok-4.3', Temperature => 0.2, Store => FALSE)"
SELECT = "SELECT body, subject, 'grok-4.3' AS model, 0.2 AS temperature, FALSE AS store FROM support.tickets_2026"

BASE = "SELECT by sqlglot.parse_one"

ROUNDS = 15
REPEATS = 100


def time_in_turns(ways: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """The median time of each way in microseconds; every round runs each of them once."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.perf_counter()
            for _ in range(REPEATS):
                way()
            times[name].append((time.perf_counter() - start) / REPEATS * 1e6)
    return {name: statistics.median(measured) for name, measured in times.items()}


def parsing_rows() -> list[tuple[str, float]]:
    """What is timed, and microseconds for one statement."""
    parse_statement(CALL)
    binder = Binder(parse_call(CALL), CATALOG["GenerateResponse"], Settings())
    row = ("The parcel never came, and nobody answers.", "Answer in one word.")
    medians = time_in_turns(
        {
            "CALL, first time": lambda: read_statement(CALL),
            "CALL, known text": lambda: parse_statement(CALL),
            BASE: lambda: sqlglot.parse_one(SELECT),
            "binding a row of two values": lambda: binder.bind_row(row),
            "its request, encoded": lambda: next(binder.bind_row(row).steps()),
        }
    )
    return list(medians.items())


def show(rows: list[tuple[str, float]]) -> None:
    """Prints a table; the ratio is to what sqlglot takes."""
    base = dict(rows)[BASE]
    print(f"{'':32}{'us':>10}{'ratio':>10}")
    for name, microseconds in rows:
        print(f"{name:32}{microseconds:>10.2f}{microseconds / base:>10.4f}")


if __name__ == "__main__":
    assert len(CALL) == len(SELECT), (len(CALL), len(SELECT))
    print(f"reading one statement of {len(CALL)} characters, sqlglot {sqlglot.__version__}")
    rows: list[tuple[str, float]] = parsing_rows()
    show(rows)
