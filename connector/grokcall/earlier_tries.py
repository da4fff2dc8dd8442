"""What earlier tries of a run have used of its limits, as far as its journal knows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TypeAlias

from grokcall.errors import (
    ConnectionCutError,
    ContentRefusedError,
    MalformedReplyError,
    NotReadyError,
    ReadTimeoutError,
    ReplyTooLargeError,
)
from grokcall.journal import JournalRun
from grokcall_procedures import Procedure
from grokcall_procedures.usage import tokens_used

MAY_BE_BILLED = (
    ConnectionCutError,
    ContentRefusedError,
    MalformedReplyError,
    NotReadyError,
    ReadTimeoutError,
    ReplyTooLargeError,
)
"""Errors after which a call may have been billed although no reply said so."""
CODES = tuple(kind.error_code for kind in MAY_BE_BILLED)

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
    """

    calls: int = 0
    ticks: int = 0
    tokens: int = 0
    unpriced: Counter[CallKey] = field(default_factory=Counter)


NO_TRIES = EarlierTries()


def earlier_tries(run: JournalRun, procedure: Procedure, *, tokens: bool) -> EarlierTries:
    """What earlier tries of a run took.

    Args:
        run: The run, just begun or continued.
        procedure: What it calls.
        tokens: Whether to add up tokens, for which every answer has to be read.
    """
    if not run.continued:
        return NO_TRIES
    spent = run.spent(CODES)
    unpriced = Counter(spent.unpriced)
    doubtful = run.in_doubt()
    unpriced.update((call.fingerprint, call.ordinal) for call in doubtful)
    return EarlierTries(
        calls=spent.calls + len(doubtful),
        ticks=spent.ticks,
        tokens=tokens_of(run, procedure) if tokens else 0,
        unpriced=unpriced,
    )


def tokens_of(run: JournalRun, procedure: Procedure) -> int:
    """What the answers of a run read and wrote."""
    answers = (call.outcome.rows for call in run.calls() if call.outcome is not None)
    return sum(tokens_used(procedure, rows[0]) or 0 for rows in answers if rows)
