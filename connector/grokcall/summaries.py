"""The summary of a lookup: what was done, what it took, what it cost."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from decimal import Decimal

from grokcall.outcomes import CallStatus, Outcome, usd
from grokcall_procedures import Procedure

TOKEN_FIELDS = ("Response_UsageInputTokens", "Response_UsageOutputTokens", "Response_UsageTotalTokens")


@dataclass(slots=True)
class Summary:
    """Running totals of a lookup. Rows that were not reached are in no count but ``rows`` of the input.

    ``cost_ticks`` sums what the replies said; ``unpriced`` counts calls whose replies did not say what they cost.
    """

    ok: int = 0
    failed: int = 0
    skipped: int = 0
    cached: int = 0
    calls: int = 0
    """Requests that were sent, tries again included; polls and downloads not."""
    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    cost_ticks: int = 0
    unpriced: int = 0
    warnings: dict[str, int] = field(default_factory=dict)
    """Each warning and how many rows it concerns."""
    started: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    """Wall time from the start to the last row so far."""

    @property
    def rows(self) -> int:
        """Rows that were dealt with, whatever became of them."""
        return self.ok + self.failed + self.skipped + self.cached

    @property
    def cost_usd(self) -> Decimal:
        """What the replies said they cost, in USD, exact."""
        return usd(self.cost_ticks)

    def as_dict(self) -> dict[str, object]:
        """The figures under their names, for logs and JSON; the price is text so that it stays exact."""
        names = ("rows", "ok", "failed", "skipped", "cached", "calls")
        tokens = ("input_tokens", "output_tokens", "total_tokens", "unpriced")
        figures: dict[str, object] = {name: getattr(self, name) for name in (*names, *tokens)}
        return {**figures, "cost_usd": str(self.cost_usd), "seconds": round(self.seconds, 3)}


class Tally:
    """Adds outcomes to a summary; knows where a procedure's rows hold their token counts."""

    def __init__(self, procedure: Procedure) -> None:
        self.summary: Summary = Summary()
        names = [column.name for column in procedure.fields]
        self._tokens = tuple(names.index(name) for name in TOKEN_FIELDS) if TOKEN_FIELDS[0] in names else None

    def add(self, outcome: Outcome) -> None:
        """Counts one row's outcome."""
        summary = self.summary
        if outcome.status is CallStatus.OK:
            summary.ok += 1
        elif outcome.status is CallStatus.ERROR:
            summary.failed += 1
        elif outcome.status is CallStatus.SKIPPED:
            summary.skipped += 1
        else:
            summary.cached += 1
        summary.calls += outcome.attempts
        if outcome.cost_ticks is not None:
            summary.cost_ticks += outcome.cost_ticks
        elif outcome.status is CallStatus.OK:
            summary.unpriced += 1
        for warning in outcome.warnings:
            summary.warnings[warning] = summary.warnings.get(warning, 0) + 1
        if outcome.rows and self._tokens is not None and outcome.status is CallStatus.OK:
            self._add_tokens(outcome.rows[0])
        summary.seconds = time.monotonic() - summary.started

    def _add_tokens(self, row: tuple[object, ...]) -> None:
        assert self._tokens is not None
        read, written, total = (row[index] for index in self._tokens)
        if isinstance(read, int):
            self.summary.input_tokens += read
        if isinstance(written, int):
            self.summary.output_tokens += written
        if isinstance(total, int):
            self.summary.total_tokens += total
