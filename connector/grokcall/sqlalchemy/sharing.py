"""One connection for all that an engine's pool holds.

The limit of calls in flight, the budget and what was learned of the service's limits belong to a connection, and
threads may share one. If each place in the pool had its own, an engine could spend its budget fifteen times.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping
from typing import Any

import grokcall
from grokcall.connection import Connection
from grokcall.cursor import Cursor


class SharedConnection:
    """What a pool holds: a place at a connection that others sit at too, which ends with the last of them.

    Args:
        connection: The connection.
        places: All who sit at it.
        lock: Held while the places change.
    """

    def __init__(self, connection: Connection, places: weakref.WeakSet[SharedConnection], lock: threading.Lock) -> None:
        self.connection = connection
        self._places = places
        self._lock = lock
        places.add(self)

    def __repr__(self) -> str:
        return f"<a place at {self.connection!r}>"

    @property
    def closed(self) -> bool:
        """Whether this place, or the connection itself, was closed."""
        return self not in self._places or self.connection.closed

    def cursor(self) -> Cursor:
        """A new cursor."""
        return self.connection.cursor()

    def commit(self) -> None:
        """Does nothing."""
        self.connection.commit()

    def rollback(self) -> None:
        """Does nothing."""
        self.connection.rollback()

    def close(self) -> None:
        """Leaves the place; the last one closes the connection."""
        with self._lock:
            self._places.discard(self)
            last = not self._places
        if last:
            self.connection.close()


class Sharing:
    """Opens the connection for the first who asks, and gives the others a place at it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._arguments: Mapping[str, Any] = {}
        self._connection: Connection | None = None
        self._places: weakref.WeakSet[SharedConnection] = weakref.WeakSet()

    def place(self, arguments: Mapping[str, Any]) -> SharedConnection:
        """A place at the connection that was opened with these arguments for :func:`grokcall.connect`.

        Other arguments than the last time, such as a listener to ``do_connect`` may give, open another connection.
        """
        with self._lock:
            reusable = self._connection is not None and self._places and not self._connection.closed
            if not reusable or arguments != self._arguments:
                self._connection = grokcall.connect(**arguments)
                self._arguments = dict(arguments)
                self._places = weakref.WeakSet()
            assert self._connection is not None
            return SharedConnection(self._connection, self._places, self._lock)
