"""The books of one lookup, from its first call to its last."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from os import PathLike

from grokcall.budget.budget import Budget
from grokcall.execution.consent import WHATEVER_ONE_CALL_MAY, Consent
from grokcall.execution.other_runs import OtherRuns
from grokcall.execution.prior_attempts import PriorAttempts, prior_attempts
from grokcall.execution.run_context import RunContext
from grokcall.journal.journal import Journal
from grokcall.journal.run import JournalRun, RunState
from grokcall_procedures import Procedure
from grokcall_procedures.estimates import Allowances
from grokcall_procedures.learned_tokens import LearnedTokens, TextCall
from grokcall_procedures.prices import PRICES, Prices
from grokcall_procedures.usage import reasoning_shown

TEACHING_ROWS = 2_000
"""The most answers of an earlier try from which allowances are learned."""


class RunSession:
    """The books of one lookup, from its first call to its last.

    Args:
        journal: The file of the journal; None for none.
        identity: Equal for the same command over the same input, so that it is continued.
        former: What an earlier version had for the identity.
        description: What ``grokcall runs`` shows of it.
        budget: What may be spent.
        dedupe, reuse, retry_failed, allowances, prices: As for :class:`RunContext`.
        consent: What the calls may leave behind.
        tell: Told of answers in other runs of the journal, which are not taken without ``reuse``.
    """

    def __init__(
        self,
        journal: str | PathLike[str] | None,
        identity: str,
        description: Mapping[str, object],
        budget: Budget | None,
        *,
        dedupe: bool,
        reuse: bool,
        retry_failed: bool,
        allowances: Allowances,
        prices: Prices = PRICES,
        former: str | None = None,
        tell: Callable[[str], None] | None = None,
        consent: Consent = WHATEVER_ONE_CALL_MAY,
    ) -> None:
        self.journal: Journal | None = Journal(journal) if journal is not None else None
        self.run: JournalRun | None = None
        if self.journal is not None:
            try:
                self.run = self.journal.begin(identity, description, former)
            except BaseException:
                self.journal.close()
                raise
        self.books: RunContext = RunContext(
            dedupe,
            budget,
            self.run,
            self.journal if reuse else None,
            retry_failed,
            allowances,
            prices,
            consent=consent,
        )
        if tell is not None and self.journal is not None and not reuse:
            self.books = replace(self.books, other_runs=OtherRuns(self.journal, tell))

    def bring_forward(self, procedure: Procedure, own: Budget | None) -> PriorAttempts:
        """Counts what earlier tries of the run took, in ``own``, the budget of the run itself, if it has one."""
        if self.run is None:
            return self.books.earlier
        earlier = prior_attempts(self.run)
        if own is not None:
            own.carry(ticks=earlier.ticks, tokens=earlier.tokens, calls=earlier.calls)
            self.books = replace(self.books, earlier=earlier)
        if self.run.continued and self.books.budget is not None and self.books.budget.limited:
            teach(self.run, procedure, self.books.allowances.learned)
        return earlier

    def close(self, state: RunState, summary: Mapping[str, object]) -> None:
        """Writes down how the run ended, and lets the journal go; harmless when repeated."""
        journal, self.journal = self.journal, None
        if journal is None:
            return
        try:
            if self.run is not None:
                self.run.finish(state, summary)
        finally:
            journal.close()


def teach(run: JournalRun, procedure: Procedure, learned: LearnedTokens) -> None:
    """Has the answers of earlier tries teach how long calls like them reason."""
    for call in itertools.islice(run.calls(), TEACHING_ROWS):
        rows = call.outcome.rows if call.outcome is not None else None
        shown = reasoning_shown(procedure, rows[0]) if rows else None
        if shown is not None:
            kind, usage = shown
            learned.learn(TextCall(kind, 0, plain=False, limit=0), usage)
