"""Transactions of DuckDB: where the statements of a connection run, and when one begins and ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from grokcall.duckdb.cancellation import Cancellation
from grokcall.duckdb.place import Place
from grokcall.duckdb.places import Places, held


class Transactions:
    """The transactions of one user of a database, one after the other. Calls are not undone by any of them.

    Without ``automatic`` a transaction is what stands between the statements BEGIN and COMMIT or ROLLBACK.

    Args:
        alone: Whether the statements run on a DuckDB connection of their own, so that others neither take part in the
            transactions nor wait for them.

    Attributes:
        automatic: Whether the next statement begins a transaction when none is open.
    """

    def __init__(self, *, alone: bool = False) -> None:
        self.alone = alone
        self.automatic: bool = False
        self._place: Place | None = None
        """Where the last statement may have begun one."""

    @contextmanager
    def place(self, places: Places, sql: str, cancellation: Cancellation | None = None) -> Iterator[Place]:
        """The place for a statement, for the block in which it runs; a cancellation ends it.

        Raises:
            StoppedError: It was cancelled.
        """
        if self.alone:
            if self._place is None or self._place not in places:  # the database may be another since a fork
                self._place = places.own()
        else:
            self._place = places.first
        if not (self.alone or self.automatic):
            with places.free(sql, cancellation) as place:
                yield place
            return
        with held(self._place, cancellation) as place:
            yield place

    def commit(self) -> None:
        """Keeps what was done since the transaction began; nothing happens when none is open.

        Raises:
            grokcall.Error: DuckDB cannot; everything is as it was before the transaction.
        """
        self._end("COMMIT")

    def rollback(self) -> None:
        """Undoes what was done since the transaction began; nothing happens when none is open."""
        self._end("ROLLBACK")

    def close(self) -> None:
        """Lets the DuckDB connection go, and with it what was not committed; harmless when repeated."""
        place, self._place = self._place, None
        if self.alone and place is not None:
            place.close()

    def _end(self, word: str) -> None:
        if self._place is not None:
            self._place.end(word)
