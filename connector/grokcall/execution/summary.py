"""The summary of a lookup: what was done, what it took, what it cost."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal

from grokcall.budget.usage import BudgetUsage
from grokcall.core.outcome import CallStatus, Outcome
from grokcall.core.redaction import redact
from grokcall.errors import BudgetReachedError, error_code
from grokcall_procedures import Procedure
from grokcall_procedures.learned_tokens import LearnedTokens
from grokcall_procedures.rates import usd
from grokcall_procedures.shortfalls import REFUSAL, shortfall_finder

TOKEN_FIELDS = ("Response_UsageInputTokens", "Response_UsageOutputTokens", "Response_UsageTotalTokens")


@dataclass(slots=True)
class Summary:
    """Running totals of a lookup. Rows that were not reached are in no count but ``rows`` of the input.

    ``cost_ticks`` sums what the replies said; ``unpriced`` counts the requests that were or may have been billed and
    whose price nobody told.
    """

    ok: int = 0
    """Rows with an answer that was asked for this time."""
    failed: int = 0
    """Rows whose call failed."""
    skipped: int = 0
    """Rows that made no call, because a required value is NULL."""
    cached: int = 0
    """Rows that took an answer that was there already."""
    calls: int = 0
    """Requests that were sent, tries again included; polls and downloads not."""
    input_tokens: int = 0
    """Tokens of the prompts, as the replies count them."""
    output_tokens: int = 0
    """Tokens of the answers, reasoning included."""
    total_tokens: int = 0
    """Tokens of prompts and answers."""
    cost_ticks: int = 0
    """What the replies said they cost, in ticks of 1e-10 USD."""
    unpriced: int = 0
    """Requests that were or may have been billed and whose price no reply told."""
    unpriced_ticks: int = 0
    """What the requests without a price count with in budgets: what was reserved for each."""
    budget: BudgetUsage | None = None
    """The limits that hold, and what is used of them; None where there are none."""
    learned: LearnedTokens | None = None
    """What replies have shown of the tokens that no limit bounds."""
    incomplete: int = 0
    """Rows whose answer was cut short, however they count."""
    refusals: int = 0
    """Rows whose answer is a refusal, however they count."""
    pieces: int = 0
    """Pieces of text and reasoning that have come, each of about a token, where somebody watches answers come."""
    earlier_ticks: int = 0
    """What earlier tries of the same run cost; not part of ``cost_ticks``."""
    stopped: BaseException | None = None
    """What ended the lookup early."""
    warnings: dict[str, int] = field(default_factory=dict)
    """Each warning and how many rows it concerns."""
    started: float = field(default_factory=time.monotonic)
    """When it began, on the clock of :func:`time.monotonic`, in seconds."""
    seconds: float = 0.0
    """Wall time from the start to the last row so far."""
    result_rows: int = 0
    """Rows that the answers have together: as many as rows with an answer, unless the procedure gives any number."""

    @property
    def rows(self) -> int:
        """Rows that were dealt with, whatever became of them."""
        return self.ok + self.failed + self.skipped + self.cached

    @property
    def cost_usd(self) -> Decimal:
        """What the replies said they cost, in USD, exact."""
        return usd(self.cost_ticks)

    @property
    def earlier_usd(self) -> Decimal:
        """What earlier tries of the same run cost, in USD, exact."""
        return usd(self.earlier_ticks)

    @property
    def unpriced_usd(self) -> Decimal:
        """What the requests without a price count with in budgets, in USD."""
        return usd(self.unpriced_ticks)

    @property
    def largest_reasoning_tokens(self) -> int:
        """The longest reasoning of one answer that the connection has seen, in tokens; 0 without a budget."""
        return 0 if self.learned is None else self.learned.largest_reasoning

    @property
    def unexpected_reasoning(self) -> tuple[str, ...]:
        """Models that reasoned although they should not have, each with the effort that was asked for."""
        found = () if self.learned is None else self.learned.unexpected
        return tuple(sorted(f"{kind.model} at effort {kind.effort}" for kind in found))

    @property
    def over_reserve(self) -> int:
        """Calls that took more than was reserved for them."""
        return 0 if self.budget is None else self.budget.over_calls

    @property
    def over_limit_usd(self) -> Decimal:
        """What was spent beyond the limit, in USD."""
        return usd(0 if self.budget is None else self.budget.over_ticks)

    @property
    def stop(self) -> dict[str, object] | None:
        """Why the lookup ended early, as facts: a ``reason`` and a ``message``; of a budget its figures as well.

        The reason is the limit that was reached (``max_cost``, ``max_calls``, ``max_tokens``, ``max_duration``), or
        the word of the error (``auth``, ``credits_exhausted``, ``cancelled``, …). None where it came to its end.
        """
        if self.stopped is None:
            return None
        message = redact(str(self.stopped))
        if isinstance(self.stopped, BudgetReachedError):
            return {**self.stopped.as_dict(), "message": message}
        return {"reason": error_code(self.stopped), "message": message}

    def __add__(self, other: Summary) -> Summary:
        """The totals of two lookups, one after the other; of limits and the end it has what the later one says."""
        both = replace(other, warnings=dict(self.warnings), started=min(self.started, other.started))
        for name in SUMS:
            setattr(both, name, getattr(self, name) + getattr(other, name))
        for warning, rows in other.warnings.items():
            both.warnings[warning] = both.warnings.get(warning, 0) + rows
        return both

    def as_dict(self) -> dict[str, object]:
        """The figures under their names, for logs and JSON; prices are text so that they stay exact."""
        names = ("rows", "ok", "failed", "skipped", "cached", "result_rows", "incomplete", "refusals", "calls")
        tokens = ("input_tokens", "output_tokens", "total_tokens", "unpriced")
        figures: dict[str, object] = {name: getattr(self, name) for name in (*names, *tokens)}
        prices = {
            name: f"{getattr(self, name):f}" for name in ("cost_usd", "unpriced_usd", "earlier_usd", "over_limit_usd")
        }
        limits = {
            "largest_reasoning_tokens": self.largest_reasoning_tokens,
            "unexpected_reasoning": list(self.unexpected_reasoning),
            "over_reserve": self.over_reserve,
        }
        return {**figures, **prices, **limits, "seconds": round(self.seconds, 3), "stop": self.stop}


SUMS = tuple(each.name for each in fields(Summary) if each.type in ("int", "float") and each.name != "started")
"""The figures that add up."""


class SummaryBuilder:
    """Adds outcomes to a summary; knows where a procedure's rows hold their token counts."""

    def __init__(self, procedure: Procedure) -> None:
        self.summary: Summary = Summary()
        names = [column.name for column in procedure.row_fields]
        self._tokens = tuple(names.index(name) for name in TOKEN_FIELDS) if TOKEN_FIELDS[0] in names else None
        self._shortfall = shortfall_finder(procedure)

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
        if outcome.error is None:
            summary.result_rows += len(outcome.rows or ())
        summary.calls += outcome.attempts
        if outcome.cost_ticks is not None:
            summary.cost_ticks += outcome.cost_ticks
        if outcome.unpriced > 0:
            summary.unpriced += outcome.unpriced
            summary.unpriced_ticks += outcome.unpriced_ticks
        for warning in outcome.warnings:
            summary.warnings[warning] = summary.warnings.get(warning, 0) + 1
        if outcome.rows and self._shortfall is not None:
            self._add_shortfall(self._shortfall(outcome.rows[0]))
        for each in (*outcome.earlier, outcome):
            if each.rows and each.attempts and self._tokens is not None:
                self._add_tokens(each.rows[0])
        summary.seconds = time.monotonic() - summary.started

    def _add_shortfall(self, reason: str | None) -> None:
        if reason == REFUSAL:
            self.summary.refusals += 1
        elif reason is not None:
            self.summary.incomplete += 1

    def _add_tokens(self, row: tuple[object, ...]) -> None:
        assert self._tokens is not None
        read, written, total = (row[index] for index in self._tokens)
        if isinstance(read, int):
            self.summary.input_tokens += read
        if isinstance(written, int):
            self.summary.output_tokens += written
        if isinstance(total, int):
            self.summary.total_tokens += total
