"""The tasks whose calls are under way, and what it would mean to cancel one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any, TypeAlias

Task: TypeAlias = asyncio.Task[Any]


class InFlight:
    """The tasks whose calls are under way; to be used on their loop.

    A task is *sent* from the first request that may be billed to its answer: to cancel it then loses what may have been
    paid for. It is *shared* while other tasks wait for the same answer. A shared task whose own pass was stopped is
    *left*: it goes on for those others, and ends when nobody waits any more.
    """

    __slots__ = ("_left", "_sent", "_shared")

    def __init__(self) -> None:
        self._sent: set[Task | None] = set()
        self._shared: set[Task | None] = set()
        self._left: set[Task | None] = set()

    def mark_sent(self) -> None:
        """Says that the call of the current task may be billed from now on."""
        self._sent.add(asyncio.current_task())

    def mark_answered(self) -> None:
        """Says that nothing of the current task's call is waiting for an answer."""
        self._sent.discard(asyncio.current_task())

    def sent_among(self, tasks: Collection[Task]) -> set[Task]:
        """Those of some tasks whose calls may have been billed and have no answer yet."""
        return {task for task in tasks if task in self._sent}

    def is_sent(self, task: Task | None) -> bool:
        """Whether the call of a task may have been billed and has no answer yet."""
        return task in self._sent

    def share(self, task: Task | None) -> None:
        """Says that another task waits for the answer as well."""
        self._shared.add(task)

    def shared_among(self, tasks: Collection[Task]) -> set[Task]:
        """Those of some tasks that others wait for."""
        return {task for task in tasks if task in self._shared}

    def unshare(self, task: Task | None) -> bool:
        """Says that nobody else waits any more; gives whether the task's own pass has left it, so that it is to end."""
        self._shared.discard(task)
        return self.take_back(task)

    def leave(self, tasks: Collection[Task]) -> set[Task]:
        """Leaves those of some tasks that others wait for, which go on; gives them."""
        shared = self.shared_among(tasks)
        self._left |= shared
        return shared

    def take_back(self, task: Task | None) -> bool:
        """Says that a task is left no longer; gives whether it was."""
        if task is None or task not in self._left:
            return False
        self._left.discard(task)
        return True
