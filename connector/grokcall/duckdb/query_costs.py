"""EXPLAIN COST of a query: it is run with calls that are priced and not made, whose results are NULL."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from grokcall.budget.cost_totals import Costs
from grokcall.duckdb.results import kinds_of
from grokcall.errors import ProgrammingError
from grokcall_procedures import BoundCall

ASKED = re.compile(r"\s*EXPLAIN\s+COST\b", re.IGNORECASE)
UNTOLD = "{:,} rows are not counted: what they would ask is NULL, or follows from an answer"


class QueryCosts:
    """What the calls of one query will cost; DuckDB's threads add to it.

    Args:
        costs: The sum.
    """

    def __init__(self, costs: Costs) -> None:
        self._costs = costs
        self._untold = 0
        self._lock = threading.Lock()

    def add(self, calls: Sequence[BoundCall | None]) -> None:
        """Adds calls; None is one that cannot be told before others are answered."""
        with self._lock:
            for call in calls:
                if call is None:
                    self._untold += 1
                else:
                    self._costs.add(call)

    def as_table(self) -> pa.Table:
        """The sum as the one row of EXPLAIN COST."""
        if self._untold:
            self._costs.notes[UNTOLD.format(self._untold)] = None
        return self._costs.as_table()


class Pricing:
    """Whether the calls of one DuckDB connection are priced now, instead of being made.

    Attributes:
        costs: What they are added to; None while they are made.
    """

    def __init__(self) -> None:
        self.costs: QueryCosts | None = None

    @contextmanager
    def into(self, costs: QueryCosts) -> Iterator[None]:
        """Prices the calls inside the block; for one block at a time."""
        self.costs = costs
        try:
            yield
        finally:
            self.costs = None


def priced_query(sql: str) -> str | None:
    """The query behind EXPLAIN COST, every word at its place; None for any other statement.

    >>> priced_query("EXPLAIN COST SELECT 1")
    '             SELECT 1'
    """
    asked = ASKED.match(sql)
    return None if asked is None else re.sub(r"\S", " ", asked[0]) + sql[asked.end() :]


def check_reads(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Raises unless a statement only reads, so that it can be run to be priced.

    Raises:
        duckdb.Error: It cannot be read.
        ProgrammingError: It writes.
    """
    if kinds_of(con, sql) != ["SELECT"]:
        raise ProgrammingError("EXPLAIN COST takes a CALL or a query that only reads; price the SELECT in it")
