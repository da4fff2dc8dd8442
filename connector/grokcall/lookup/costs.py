"""What a lookup may spend, and what things cost for it."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from grokcall.budget.budget import Budget
from grokcall.client.metadata import counted_tokens, listed_prices
from grokcall.execution.runtime import Runtime
from grokcall.execution.summary import Summary
from grokcall.journal.fingerprints import fingerprint
from grokcall.lookup.batch.prices import batch_prices
from grokcall.lookup.conversations import ExpectedTurns
from grokcall.lookup.dry_run import DryRun, TokenSample, dry_run
from grokcall.lookup.plan import LookupPlan, example_call
from grokcall_procedures.estimates import Allowances, estimate
from grokcall_procedures.prices import PRICES, Prices


class LookupCosts:
    """What a lookup may spend, and what things cost for it.

    Args:
        plan: The lookup's plan.
        runtime: Whose budget it is within; asks the service for prices.

    Attributes:
        budget: The lookup's budget, or the connection's where it has none of its own; None for no limit.
        own_budget: Its own.
        allowances: What is assumed where the service states no limit.
    """

    def __init__(self, plan: LookupPlan, runtime: Runtime) -> None:
        self._plan = plan
        self._runtime = runtime
        spending = plan.options.spending
        self.budget: Budget | None = spending.budget("lookup", runtime.budget)
        self.own_budget: Budget | None = None if self.budget is runtime.budget else self.budget
        self.allowances: Allowances = spending.allowances(runtime.allowances)
        self._listed: Prices | None = None if plan.options.prices == "service" else PRICES

    def show_in(self, summary: Summary) -> None:
        """Has a summary tell of the budget, if there is a limit."""
        if self.budget is not None and self.budget.limited:
            summary.budget, summary.learned = self.budget, self.allowances.learned

    @property
    def prices(self) -> Prices:
        """The prices that count, those of batches for a lookup through them; asks the service where that is wanted."""
        listed = self._listed if self._listed is not None else self._runtime.loop.run(self.load_prices())
        return batch_prices(listed) if self._plan.options.batch else listed

    async def load_prices(self) -> Prices:
        """The prices of single calls, asked for on the connection's loop where the service is to tell them."""
        if self._listed is None:
            self._listed = await listed_prices(self._runtime.runner())
        return self._listed

    def guarantee(self, in_flight: int) -> str | None:
        """What the budget promises for calls like the lookup's, up to ``in_flight`` at once; None without a budget."""
        if self.budget is None or not self.budget.limited:
            return None
        example = example_call(self._plan.binder)
        if example is None:
            return None
        told = estimate(example, self.prices, self.allowances)
        return self.budget.guarantee(told, in_flight, self._runtime.runner().api.policy.billed_attempts)

    def dry_run(self, batches: Iterable[pa.RecordBatch], service: str, count_tokens: int) -> DryRun:
        """What the lookup would do and cost for some input.

        Args:
            batches: The input.
            service: What the journal calls the service.
            count_tokens: Of how many different calls the service is asked to count the tokens.
        """
        runner = self._runtime.runner()
        key = (lambda call: fingerprint(call, service)) if self._plan.options.shares_calls else None
        sample = TokenSample(count_tokens, lambda calls: self._runtime.loop.run(counted_tokens(runner, calls)))
        expected = self._plan if self._plan.options.conversation is None else ExpectedTurns(self._plan)
        return dry_run(expected, batches, self.prices, self.allowances, key, sample)
