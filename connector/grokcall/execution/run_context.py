"""What the calls of a run share: its budget, its journal, and what it takes for granted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from grokcall.budget.budget import Budget
from grokcall.execution.answer_cache import AnswerStore
from grokcall.execution.consent import WHATEVER_ONE_CALL_MAY, Consent
from grokcall.execution.other_runs import OtherRuns
from grokcall.execution.prior_attempts import NO_TRIES, PriorAttempts
from grokcall.journal.journal import Journal
from grokcall.journal.run import JournalRun
from grokcall_procedures.estimates import Allowances
from grokcall_procedures.learned_tokens import LearnedTokens
from grokcall_procedures.prices import PRICES, Prices

BUDGET_ALLOWANCES = Allowances(refusal_fee_ticks=0)
"""What a budget takes for granted. The fee for a prompt that is refused for its content is left out: it is far above
the price of most calls, and reserved for each call in flight it would stop a small budget before its first call."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a run keeps books of.

    Args:
        dedupe: Whether equal calls share one request, also while it is under way.
        budget: What may be spent; None for no limit.
        run: The run of the journal that holds its outcomes; None for no journal.
        reuse: A journal whose other runs may answer as well.
        retry_failed: Whether calls that failed for good are sent again.
        allowances: What the budget takes for granted where the service states no limit.
        prices: What things cost.
        earlier: What earlier tries of the run took; all that is known of it is in the budget already.
        answers: Holds finished answers for equal calls to come, in several passes that can be stopped one by one; None
            for one pass, and as many as fit into little memory.
        consent: What the calls may leave behind at the service.
        other_runs: Tells of answers in the journal's other runs where they may not be taken; None for nothing to tell.
    """

    dedupe: bool = True
    budget: Budget | None = None
    run: JournalRun | None = None
    reuse: Journal | None = None
    retry_failed: bool = False
    allowances: Allowances = field(default_factory=lambda: fresh(BUDGET_ALLOWANCES))
    prices: Prices = PRICES
    earlier: PriorAttempts = NO_TRIES
    answers: AnswerStore | None = None
    other_runs: OtherRuns | None = None
    consent: Consent = WHATEVER_ONE_CALL_MAY


def fresh(allowances: Allowances) -> Allowances:
    """The same allowances, for a connection that has learned nothing yet."""
    return replace(allowances, learned=LearnedTokens())
