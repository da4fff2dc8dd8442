"""A DuckDB with some tables, registered with a connection to the service that obeys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import duckdb
import pytest

import grokcall
import grokcall.duckdb
from grokcall.duckdb import Registration

TABLES = """
CREATE TABLE tickets AS SELECT i AS id, 'm' || i AS body, 'k' || (i % 2) AS channel FROM range(5) r(i);
CREATE TABLE people AS SELECT i AS id, 'p' || i AS name FROM range(3) r(i);
CREATE TABLE many AS SELECT i AS id, 'b' || i AS body FROM range(2500) r(i);
CREATE TABLE answers (id BIGINT, answer VARCHAR);
CREATE TABLE drafts AS SELECT i AS id, 'm' || i AS body, NULL::VARCHAR AS answer FROM range(4) r(i);
"""


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB in memory, with tables."""
    with duckdb.connect() as opened:
        opened.execute(TABLES)
        yield opened


@pytest.fixture
def registered(con: duckdb.DuckDBPyConnection, connection: grokcall.Connection) -> Iterator[Registration]:
    """The DuckDB's registration with a connection to the service."""
    with grokcall.duckdb.register(con, connection) as registration:
        yield registration


Registering = Callable[..., Registration]


@pytest.fixture
def registering(con: duckdb.DuckDBPyConnection, connection: grokcall.Connection) -> Iterator[Registering]:
    """Registers the DuckDB with any options."""
    with ExitStack() as stack:

        def register(connection: grokcall.Connection = connection, **options: Any) -> Registration:
            return stack.enter_context(grokcall.duckdb.register(con, connection, **options))

        yield register
