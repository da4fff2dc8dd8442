"""Whole answers: what becomes of a row whose answer was cut short or is a refusal.

A journal keeps such an answer as what it is, an answer that was paid for; how a lookup treats it is decided each time
that it is read. So nothing is paid for again when the lookup is continued or its treatment changed.
"""

from __future__ import annotations

from grokcall.core.option_facts import OnIncomplete
from grokcall.core.outcome import CallStatus, Outcome
from grokcall.errors import AnswerRefusedError, BudgetReachedError, IncompleteAnswerError, error_code
from grokcall.scheduling.admission import Gate
from grokcall.scheduling.row_scheduler import Runner
from grokcall_procedures import BoundCall, Procedure
from grokcall_procedures.shortfalls import CUT, REFUSAL, Finder, shortfall_finder, with_larger_limit

MOST_RETRIES = 2
"""How often an answer is asked for again, each time with twice the limit."""


def held_to(treatment: OnIncomplete, procedure: Procedure, runner: Runner) -> Runner:
    """What runs calls and treats answers that fall short; ``runner`` itself where all of them are kept."""
    find = shortfall_finder(procedure)
    return (
        runner
        if treatment == "keep" or find is None
        else IncompleteAnswerPolicy(runner, find, retry=treatment == "retry")
    )


class IncompleteAnswerPolicy:
    """Runs calls; an answer that falls short is an error of its row.

    Args:
        runner: Runs a call, within the budget and on record.
        find: Finds answers that fall short.
        retry: Whether an answer that was cut off at its limit is asked for again, with twice the limit, up to
            :data:`MOST_RETRIES` times. Each try is a call of its own: it needs room in the budget and is billed.
    """

    def __init__(self, runner: Runner, find: Finder, *, retry: bool) -> None:
        self.gate: Gate = runner.gate
        self._runner = runner
        self._find = find
        self._retries = MOST_RETRIES if retry else 0

    async def run(self, call: BoundCall) -> Outcome:
        """What became of ``call``, with what all of its tries cost together.

        An error of an incomplete answer keeps its row, and names the budget that left no room for another try.
        """
        outcome = await self._runner.run(call)
        tries = 0
        while (reason := self._shortfall(outcome)) is not None:
            again = reason == CUT and tries < self._retries and outcome.unrecorded is None
            larger = with_larger_limit(call) if again else None
            if larger is None:
                return fallen_short(outcome, reason)
            try:
                answer = await self._runner.run(larger)
            except BudgetReachedError as reached:
                return fallen_short(outcome, reason, reached)
            outcome, call, tries = joined(outcome, answer), larger, tries + 1
        return outcome

    def _shortfall(self, outcome: Outcome) -> str | None:
        # An answer that had to be a document and is cut short is an error already, and has its row all the same.
        if not outcome.rows or not (outcome.error is None or error_code(outcome.error) == "incomplete"):
            return None
        return self._find(outcome.rows[0])


def joined(before: Outcome, after: Outcome) -> Outcome:
    """One outcome of two tries: the later answer, and what both took."""
    sent = CallStatus.OK if CallStatus.OK in (before.status, after.status) else CallStatus.CACHED
    costs = [each.cost_ticks for each in (before, after) if each.cost_ticks is not None]
    return Outcome(
        status=sent if after.error is None else CallStatus.ERROR,
        rows=after.rows or before.rows,
        error=after.error,
        warnings=tuple(dict.fromkeys((*before.warnings, *after.warnings))),
        attempts=before.attempts + after.attempts,
        billed=before.billed or after.billed,
        request_id=after.request_id or before.request_id,
        seconds=before.seconds + after.seconds,
        cost_ticks=sum(costs) if costs else None,
        earlier=(*before.earlier, before),
        unrecorded=after.unrecorded,
    )


def fallen_short(outcome: Outcome, reason: str, stopped_by: BudgetReachedError | None = None) -> Outcome:
    """The outcome as an error that keeps what was answered, and what it cost."""
    request_id, ticks = outcome.request_id, outcome.cost_ticks
    error: Exception
    if reason == REFUSAL:
        words = outcome.rows[0][0] if outcome.rows else None
        error = AnswerRefusedError(words if isinstance(words, str) else "", request_id=request_id, cost_ticks=ticks)
    else:
        error = IncompleteAnswerError(reason, request_id=request_id, cost_ticks=ticks, stopped_by=stopped_by)
    return Outcome(
        status=CallStatus.ERROR,
        rows=outcome.rows,
        error=error,
        warnings=outcome.warnings,
        attempts=outcome.attempts,
        billed=outcome.billed,
        request_id=request_id,
        seconds=outcome.seconds,
        cost_ticks=ticks,
        earlier=outcome.earlier,
        unrecorded=outcome.unrecorded,
    )
