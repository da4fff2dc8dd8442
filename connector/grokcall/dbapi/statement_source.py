"""What statements are run over: a connection, as cursors see it."""

from __future__ import annotations

from typing import Protocol

from grokcall.duckdb.database import Database
from grokcall.execution.runtime import Runtime


class StatementSource(Protocol):
    """What has a runtime for CALL and a database for queries, as a :class:`grokcall.Connection` has."""

    @property
    def runtime(self) -> Runtime:
        """What calls run on."""
        ...

    def database(self) -> Database:
        """The DuckDB in which queries run."""
        ...
