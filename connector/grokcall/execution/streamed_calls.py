"""One call whose answer comes in pieces, on its connection's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from grokcall.client.receiving import BEGUN, Tell
from grokcall.core.outcome import Outcome
from grokcall.execution.executor import CallExecutor
from grokcall_procedures import BoundCall, Piece, PieceKind, Row

COUNTS: tuple[tuple[str, ...], ...] = (
    ("Response_UsageInputTokens", "Completion_UsagePromptTokens", "Message_UsageInputTokens"),
    ("Response_UsageOutputTokens", "Completion_UsageCompletionTokens", "Message_UsageOutputTokens"),
    ("Response_UsageOutputTokensDetailsReasoningTokens", "Completion_UsageReasoningTokens"),
)
"""The columns that tell what a call read, wrote and reasoned, for each interface."""


@dataclass(frozen=True, slots=True)
class StreamUsage:
    """What a call took whose answer came in pieces.

    Args:
        input_tokens: Tokens read; None where that was not told.
        output_tokens: Tokens written, those of reasoning among them where the interface counts so.
        reasoning_tokens: Tokens of reasoning.
        cost_usd: What the replies said that they cost, in USD.
        unpriced: Requests that were or may have been billed and whose price no reply told, as for one that was cut.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: Decimal | None = None
    unpriced: int = 0


class StreamedCall:
    """One call, and the pieces of its answer; all but what it holds is used on the loop.

    Args:
        call: What is called.
        executor: Makes what runs it, which tells of each piece.
    """

    def __init__(self, call: BoundCall, executor: Callable[[Tell], CallExecutor]) -> None:
        self.call = call
        self.texts: list[str] = []
        """The text of the answer so far."""
        self.sound: list[bytes] = []
        """The bytes of the answer so far."""
        self.outcome: Outcome | None = None
        """What became of it; None before its end."""
        self._executor = executor(self._take)
        self._new: list[Piece] = []
        self._news = asyncio.Event()
        self._task: asyncio.Task[Outcome] | None = None

    @property
    def is_begun(self) -> bool:
        """Whether the call was begun."""
        return self._task is not None

    async def more(self) -> list[Piece]:
        """The next pieces; none at the end. The call begins with the first of them.

        Raises:
            grokcall.Error: What the call failed with.
        """
        if self._task is None:
            self._task = asyncio.create_task(self._executor.run(self.call))
            self._task.add_done_callback(lambda _: self._news.set())
        while not self._new and not self._task.done():
            self._news.clear()
            await self._news.wait()
        pieces, self._new = self._new, []
        if not pieces:
            self.outcome = self._task.result()
            if self.outcome.error is not None:
                raise self.outcome.error
        return pieces

    async def end(self) -> None:
        """Ends the call; what has been sent is cut off."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])

    @property
    def row(self) -> dict[str, object] | None:
        """The row, by column; None before the end, and where there is none."""
        rows = self.outcome.rows if self.outcome is not None and self.outcome.error is None else None
        if not rows:
            return None
        names = [column.name for column in self.call.procedure.fields]
        return dict(zip(names, rows[0], strict=False))

    @property
    def usage(self) -> StreamUsage | None:
        """What it took; None before the end."""
        outcome = self.outcome
        if outcome is None:
            return None
        row = outcome.rows[0] if outcome.rows else ()
        read, written, reasoning = (self._count(names, row) for names in COUNTS)
        return StreamUsage(read, written, reasoning, outcome.cost_usd, max(0, outcome.unpriced))

    def _count(self, names: tuple[str, ...], row: Row) -> int | None:
        places = self.call.procedure.places
        value = next((row[places[name]] for name in names if name in places), None) if row else None
        return value if isinstance(value, int) else None

    def _take(self, piece: Piece) -> None:
        if piece is BEGUN:  # asked anew: what came before is not a part of this answer
            self.texts.clear()
            self.sound.clear()
        elif piece.kind is PieceKind.TEXT:
            self.texts.append(piece.text)
        elif piece.kind in (PieceKind.AUDIO, PieceKind.DATA):
            self.sound.append(piece.data)
        self._new.append(piece)
        self._news.set()
