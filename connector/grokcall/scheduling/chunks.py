"""Parts of an input: some consecutive rows, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from grokcall.core.outcome import Outcome

C = TypeVar("C")
Values: TypeAlias = Sequence[object]
"""What the markers of a statement get for one row."""


@dataclass(slots=True)
class Chunk(Generic[C]):
    """Some consecutive rows of the input and what became of each."""

    context: C
    """Whatever the caller wants back with the outcomes, for instance the input batch."""
    rows: Sequence[Values]
    first: int = 0
    """The number of the first row in the whole input, from 0."""
    outcomes: list[Outcome | None] = field(default_factory=list)
    missing: int = 0
    payload: int = 0
    """About how many bytes its results hold."""

    def __post_init__(self) -> None:
        self.missing = len(self.rows)
        self.outcomes = [None] * self.missing
