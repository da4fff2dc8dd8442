"""Rows that go one after another while others go side by side: the turns of each conversation."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar

from grokcall.core.outcome import Outcome
from grokcall.scheduling.chunks import Values
from grokcall_procedures import BoundCall

P = TypeVar("P")


class Turns(Protocol):
    """Tells which rows go one after another."""

    def key(self, row: Values) -> Hashable:
        """What the rows have in common that wait for each other; None for a row that waits for none."""
        ...

    def ended(self, row: Values, called: BoundCall | Outcome, outcome: Outcome) -> None:
        """Takes note of a row's end, before the next one with its key is bound."""
        ...


class RowSequences(Generic[P]):
    """Has the rows of one key wait for each other, in their order; of each key one is under way at most.

    Args:
        turns: Tells the keys; None where all rows go side by side.
    """

    def __init__(self, turns: Turns | None) -> None:
        self._turns = turns
        self._waiting: dict[Hashable, deque[P]] = {}

    def begins(self, row: Values, place: P) -> bool:
        """Whether a row may begin now; otherwise :meth:`following` gives its place when its turn has come.

        Args:
            row: Its values.
            place: Where it stands.
        """
        key = None if self._turns is None else self._turns.key(row)
        if key is None:
            return True
        waiting = self._waiting.get(key)
        if waiting is None:
            self._waiting[key] = deque()
            return True
        waiting.append(place)
        return False

    def following(self, row: Values, called: BoundCall | Outcome, outcome: Outcome) -> P | None:
        """The place of the row whose turn it is once ``row`` has ended; None where none waits for it."""
        if self._turns is None:
            return None
        self._turns.ended(row, called, outcome)
        key = self._turns.key(row)
        waiting = self._waiting.get(key)
        if waiting:
            return waiting.popleft()
        self._waiting.pop(key, None)
        return None
