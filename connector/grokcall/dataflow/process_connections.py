"""The connections of a process: steps that are alike share one, with its sockets and what it has learned of limits."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeAlias

from grokcall.core.forks import follow_forks
from grokcall.dbapi.connection import Connection

IDLE_SECONDS = 60.0
"""How long a connection that nobody holds any more is kept for the next step."""
Key: TypeAlias = tuple[Hashable, ...]


@dataclass
class SharedConnection:
    """A connection with those who hold it.

    Args:
        connection: What they share.
        is_kept: Whether it stays until the process ends, because what was spent of its limits is to be remembered.
    """

    connection: Connection
    is_kept: bool
    holders: int = 0
    timer: threading.Timer | None = field(default=None, repr=False)

    def stop_timer(self) -> None:
        """Has it not be closed for being idle."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class ProcessConnections:
    """The connections of a process, each shared by the steps that are alike.

    Args:
        idle_seconds: How long one that nobody holds is kept.
    """

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._lock = threading.RLock()  # what holds a connection may be dropped in the midst of everything
        self._shared: dict[Key, SharedConnection] = {}
        self._is_ending = False
        follow_forks(self)

    def hold(self, key: Key, connect: Callable[[], Connection]) -> Connection:
        """The connection for a key, which stays open until it is let go as often as it was held.

        Args:
            key: What those who share it have in common.
            connect: Makes it.
        """
        with self._lock:
            shared = self._shared.get(key)
            if shared is None or shared.connection.closed:
                connection = connect()
                shared = self._shared[key] = SharedConnection(connection, connection.budget.limited)
            shared.stop_timer()
            shared.holders += 1
            return shared.connection

    def let_go(self, key: Key, connection: Connection, *, at_once: bool) -> None:
        """Gives a connection up, which the last of its holders closes.

        Args:
            key: What it was held by.
            connection: The connection.
            at_once: Whether the last closes it now; else it is kept for a while, for whoever comes next.
        """
        with self._lock:
            shared = self._shared.get(key)
            if shared is None or shared.connection is not connection:
                return
            shared.holders -= 1
            if shared.holders:
                return
            if at_once:
                del self._shared[key]
            elif not (shared.is_kept or self._is_ending):
                shared.timer = threading.Timer(self._idle_seconds, self._close_idle, (key, shared))
                shared.timer.daemon = True
                shared.timer.start()
        if at_once:
            connection.close()

    def end(self) -> None:
        """Sets no clock any more: the process ends, where no thread can be begun, and closes what is open by itself."""
        with self._lock:
            self._is_ending = True
            for shared in self._shared.values():
                shared.stop_timer()

    def leave_to_parent(self) -> None:
        """In the child of a fork the connections begin anew by themselves; the clocks of the parent stand still."""
        self._lock = threading.RLock()
        for shared in self._shared.values():
            shared.timer = None

    def _close_idle(self, key: Key, shared: SharedConnection) -> None:
        with self._lock:
            if shared.holders or self._shared.get(key) is not shared:
                return
            del self._shared[key]
        shared.connection.close()


CONNECTIONS = ProcessConnections()
"""Those of this process."""
atexit.register(CONNECTIONS.end)
