"""One connection for all that an engine's pool holds.

The limit of calls in flight, the budget, the database and what was learned of the service's limits belong to a
connection, and threads may share one. If each place in the pool had its own, an engine could spend its budget fifteen
times; if the connection ended with its last place, an engine without a pool would begin anew with each statement.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping
from typing import Any

from grokcall.core.forks import follow_forks
from grokcall.dbapi.connection import Connection, connect
from grokcall.dbapi.cursor import Cursor
from grokcall.duckdb.transactions import Transactions


class SharedConnection:
    """What a pool holds: a place at the connection of its engine, with transactions of its own.

    Args:
        connection: The connection.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._transactions = Transactions(alone=True)
        self._left = False

    def __repr__(self) -> str:
        return f"<a place at {self.connection!r}>"

    @property
    def closed(self) -> bool:
        """Whether this place, or the connection itself, was closed."""
        return self._left or self.connection.closed

    def cursor(self) -> Cursor:
        """A new cursor."""
        self.connection.check_open()
        return Cursor(self.connection, transactions=self._transactions)

    @property
    def autocommit(self) -> bool:
        """Whether each statement of DuckDB is kept at once, and runs where the connection's own statements do."""
        return not self._transactions.alone

    @autocommit.setter
    def autocommit(self, wanted: bool) -> None:
        if wanted == self.autocommit:
            return
        self._transactions.close()
        self._transactions = Transactions(alone=not wanted)

    def begin(self) -> None:
        """Has the next statement of DuckDB begin a transaction."""
        self._transactions.automatic = self._transactions.alone

    def commit(self) -> None:
        """Keeps what statements of DuckDB did in the open transaction; calls are not part of it."""
        self.connection.check_open()
        self._transactions.automatic = False
        self._transactions.commit()

    def rollback(self) -> None:
        """Undoes what statements of DuckDB did in the open transaction; calls cannot be undone."""
        self.connection.check_open()
        self._transactions.automatic = False
        self._transactions.rollback()

    def close(self) -> None:
        """Leaves the place; the connection is the engine's, and ends with it."""
        self._left = True
        self._transactions.close()


class Sharing:
    """Opens the connection of an engine when it is first needed, and closes it when the engine is gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened: list[tuple[Mapping[str, Any], Connection]] = []
        weakref.finalize(self, close_all, self._opened)
        follow_forks(self)

    def place(self, arguments: Mapping[str, Any]) -> SharedConnection:
        """A place at the connection that was opened with these arguments for :func:`grokcall.connect`.

        Other arguments, such as a listener to ``do_connect`` may give, have a connection of their own. One that was
        closed is followed by another with the same budget.
        """
        with self._lock:
            known = next((pair for pair in self._opened if pair[0] == arguments), None)
            if known is not None and not known[1].closed:
                return SharedConnection(known[1])
            connection = connect(**arguments)
            if known is not None:
                connection.budget = known[1].budget
                self._opened.remove(known)
            self._opened.append((dict(arguments), connection))
            return SharedConnection(connection)

    def leave_to_parent(self) -> None:
        """Makes the lock anew in the child of a fork."""
        self._lock = threading.Lock()


def close_all(opened: list[tuple[Mapping[str, Any], Connection]]) -> None:
    """Closes the connections of an engine that is gone."""
    for _, connection in opened:
        connection.close()
