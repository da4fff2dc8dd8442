"""What earlier tries of a run have used of its limits, as far as its journal knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from grokcall.budget_limits import Need
from grokcall.budgets import Budget
from grokcall.errors import (
    ConnectionCutError,
    ContentRefusedError,
    InternalError,
    MalformedReplyError,
    NotReadyError,
    ReadTimeoutError,
    ReplyTooLargeError,
    error_code,
)
from grokcall.journal import JournalRun
from grokcall.journal.records import RecordedCall
from grokcall_procedures import Procedure
from grokcall_procedures.estimates import Estimate
from grokcall_procedures.usage import tokens_used

MAY_BE_BILLED = (
    ConnectionCutError,
    ContentRefusedError,
    InternalError,
    MalformedReplyError,
    NotReadyError,
    ReadTimeoutError,
    ReplyTooLargeError,
)
"""Errors after which a call may have been billed although no reply said so."""
CODES = (
    *(getattr(kind, "error_code", "internal") for kind in MAY_BE_BILLED),
    "answer_mismatch",
    "incomplete",
    "refusal",
)
"""The words of these, and of the answers that have not the shape they were asked for."""
UNANSWERED = (ConnectionCutError, ReadTimeoutError, ReplyTooLargeError)
"""Those that leave it open what the last of several asks cost."""

CallKey: TypeAlias = tuple[bytes, int]
"""A call's fingerprint, and which of the equal calls it is."""


@dataclass(frozen=True, slots=True)
class EarlierTries:
    """What was used up before.

    Args:
        calls: Calls that were made, those in doubt included.
        ticks: What their replies said they cost.
        tokens: What they read and wrote; 0 unless it was asked for.
        unpriced: Calls of which nobody knows what they cost, and how often they were made. Each counts with its
            highest price once its row comes by again, for only then is it known what it asked for.
        uncounted: The same for tokens; empty unless they were asked for.
    """

    calls: int = 0
    ticks: int = 0
    tokens: int = 0
    unpriced: Counter[CallKey] = field(default_factory=Counter)
    uncounted: Counter[CallKey] = field(default_factory=Counter)


NO_TRIES = EarlierTries()


class Arrears:
    """Earlier tries of which nobody knows what they took; a budget is charged with each when its row comes by.

    Args:
        earlier: What is known of them.
        budget: The run's; None for none.
    """

    def __init__(self, earlier: EarlierTries, budget: Budget | None) -> None:
        self._budget = budget
        self._unpriced = earlier.unpriced.copy()
        self._uncounted = earlier.uncounted.copy()

    def charge(self, key: CallKey, estimated: Callable[[], Estimate]) -> None:
        """Counts the earlier tries of a call at the most that each can have taken."""
        if self._budget is None or not (key in self._unpriced or key in self._uncounted):
            return
        need = Need.of(estimated())
        priced, counted = self._unpriced.pop(key, 0), self._uncounted.pop(key, 0)
        self._budget.carry(ticks=priced * need.ticks, tokens=counted * need.tokens)


def earlier_tries(run: JournalRun, procedure: Procedure, *, tokens: bool) -> EarlierTries:
    """What earlier tries of a run took.

    Args:
        run: The run, just begun or continued.
        procedure: What it calls.
        tokens: Whether to add up tokens, for which every answer has to be read.
    """
    if not run.continued:
        return NO_TRIES
    asks_again = procedure.answer_schema is not None
    spent = run.spent(CODES, [kind.error_code for kind in UNANSWERED] if asks_again else ())
    doubtful = Counter((call.fingerprint, call.ordinal) for call in run.in_doubt())
    used, uncounted = tokens_of(run, procedure) if tokens else (0, Counter())
    return EarlierTries(
        calls=spent.calls + doubtful.total(),
        ticks=spent.ticks,
        tokens=used,
        unpriced=Counter(spent.unpriced) + doubtful,
        uncounted=uncounted + doubtful if tokens else uncounted,
    )


def tokens_of(run: JournalRun, procedure: Procedure) -> tuple[int, Counter[CallKey]]:
    """What the answers of a run read and wrote, and the calls that may have done so and do not say how much."""
    used = 0
    unsaid: Counter[CallKey] = Counter()
    for call in run.calls():
        rows = call.outcome.rows if call.outcome is not None else None
        told = tokens_used(procedure, rows[0]) if rows else None
        if told is not None:
            used += told
        elif took_some(call):
            unsaid[call.fingerprint, call.ordinal] += 1
    return used, unsaid


def took_some(call: RecordedCall) -> bool:
    """Whether a call was or may have been billed, so that it took tokens."""
    outcome = call.outcome
    if outcome is None or outcome.error is None:
        return True
    return outcome.saved_ticks is not None or error_code(outcome.error) in CODES
