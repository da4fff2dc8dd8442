"""The turns of a talk: who said what, and when."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from grokcall.core.arrow_arrays import STRING

SECONDS: pa.DataType = pa.float64()
TURNS = pa.schema([("role", STRING), ("text", STRING), ("start_s", SECONDS), ("end_s", SECONDS)])


@dataclass(slots=True)
class SpokenTurn:
    """One turn.

    Args:
        role: ``user`` or ``assistant``.
        text: What was said.
        start: When it began, in seconds from the beginning of the talk.
        end: When it ended; None of one that goes on.
    """

    role: str
    text: str
    start: float
    end: float | None = None


class SpokenTurns:
    """The turns of one talk, in the order of their beginnings."""

    def __init__(self) -> None:
        self._turns: list[SpokenTurn] = []
        self._answer: SpokenTurn | None = None
        self._speech: tuple[float | None, float | None] = (None, None)

    def said(self, text: str, now: float) -> None:
        """Takes in what the user has written."""
        self._turns.append(SpokenTurn("user", text, now, now))

    def speech(self, *, start: float | None = None, end: float | None = None) -> None:
        """Takes in when the user began and ceased to speak."""
        began, ended = self._speech
        self._speech = (began if start is None else start, ended if end is None else end)

    def heard(self, text: str, now: float) -> None:
        """Takes in what the user has said, which may be told after the answer has begun."""
        began, ended = self._speech
        self._speech = (None, None)
        turn = SpokenTurn("user", text, now if began is None else began, now if ended is None else ended)
        place = next((place for place, each in enumerate(self._turns) if each.start > turn.start), len(self._turns))
        self._turns.insert(place, turn)

    def answered(self, text: str, now: float) -> None:
        """Takes in words of an answer."""
        if self._answer is None:
            self._answer = SpokenTurn("assistant", "", now)
            self._turns.append(self._answer)
        self._answer.text += text

    def ended(self, now: float) -> None:
        """Takes in that the answer is over."""
        if self._answer is not None:
            self._answer.end = now
            self._answer = None

    @property
    def text(self) -> str:
        """All that was said, a line a turn."""
        return "\n".join(f"{turn.role}: {turn.text}" for turn in self._turns)

    def table(self) -> pa.Table:
        """The turns as a table."""
        rows = [(each.role, each.text, each.start, each.end) for each in self._turns]
        return pa.Table.from_pylist([dict(zip(TURNS.names, row, strict=True)) for row in rows], schema=TURNS)
