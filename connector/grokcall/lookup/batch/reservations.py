"""The budget of a batch lookup: everything is reserved before anything is sent, and settled answer by answer."""

from __future__ import annotations

from collections.abc import Callable, Collection

from grokcall.budget.budget import Reservation
from grokcall.core.outcome import Outcome
from grokcall.errors import BudgetReachedError, UnansweredError
from grokcall.execution.prior_attempts import UnknownTries
from grokcall.execution.run_context import RunContext
from grokcall.http.retry import may_have_been_billed
from grokcall.journal.batches import Key
from grokcall_procedures import BoundCall, Procedure
from grokcall_procedures.estimates import Estimate, estimate
from grokcall_procedures.usage import tokens_used


class BatchFunds:
    """What is reserved for the calls of one batch lookup; does nothing where no limit is set.

    Args:
        books: The lookup's budget, and what its calls are estimated with.
    """

    def __init__(self, books: RunContext) -> None:
        self._books = books
        self._budget = books.budget if books.budget is not None and books.budget.limited else None
        self._unknown = UnknownTries(books.earlier, self._budget)
        self._estimates: dict[Key, Estimate] = {}
        self._reserved: dict[Key, Reservation] = {}

    def charge_earlier(self, key: Key, call: BoundCall) -> None:
        """Counts earlier tries of a call of which nobody knows what they took."""
        self._unknown.charge(key, lambda: self._estimate(call))

    def plan(self, key: Key, call: BoundCall) -> None:
        """Takes note of a call that is to be sent, or is at the service."""
        if self._budget is not None:
            self._estimates[key] = self._estimate(call)

    def set_aside(self, new: Collection[Key], elsewhere: int) -> None:
        """Reserves what everything may take before anything is sent: a batch goes whole or not at all.

        Args:
            new: The calls that are not at the service yet.
            elsewhere: How many calls of the run are at the service and have no row in this lookup.

        Raises:
            BudgetReachedError: There is no room for them.
        """
        if self._budget is None:
            return
        sent = [key for key in self._estimates if key not in new]
        told = [self._estimates[key] for key in new]
        if elsewhere and self._estimates:
            likely = max((each.reserve for each in self._estimates.values()), key=lambda each: each.ticks)
            self._budget.carry(ticks=elsewhere * likely.ticks, tokens=elsewhere * likely.tokens, calls=elsewhere)
        self._reserved.update(
            zip(sent, self._budget.reserve_together([self._estimates[key] for key in sent], sent=True), strict=True)
        )
        try:
            self._reserved.update(zip(new, self._budget.reserve_together(told), strict=True))
        except BudgetReachedError as error:
            error.add_note(
                f"the {len(told):,} calls are sent in batches, whole or not at all, so all of them have to fit; "
                "nothing was sent"
            )
            raise

    def price(self, outcome: Outcome, procedure: Procedure, call: Callable[[], BoundCall]) -> None:
        """Says what an answer took that named no price: what was reserved for it, if it may have been billed.

        Args:
            outcome: What became of the call.
            procedure: What it called.
            call: Gives the call.
        """
        if outcome.attempts == 0 and outcome.error is None:
            self._price_late(outcome, procedure, call)
            return
        error = outcome.error
        billable = (
            error.billable if isinstance(error, UnansweredError) else error is None or may_have_been_billed(error)
        )
        told = tokens_used(procedure, outcome.rows[0]) if outcome.rows else None
        if outcome.cost_ticks is None and billable:
            one = self._estimate(call()).request_reserve
            outcome.unpriced, outcome.unpriced_ticks = 1, one.ticks
            told = one.tokens if told is None else told
        outcome.tokens = told

    def _price_late(self, outcome: Outcome, procedure: Procedure, call: Callable[[], BoundCall]) -> None:
        """Says what an answer took whose request was counted before, when there was none: its price comes instead."""
        told = tokens_used(procedure, outcome.rows[0]) if outcome.rows else None
        one = self._estimate(call()).request_reserve
        if outcome.cost_ticks is not None:
            outcome.unpriced, outcome.unpriced_ticks = -1, -one.ticks
        outcome.tokens = 0 if told is None else max(told - one.tokens, 0)

    def settle(self, key: Key, outcome: Outcome) -> None:
        """Puts what a call cost in the place of what was reserved for it."""
        reservation = self._reserved.pop(key, None)
        if reservation is None or self._budget is None:
            return
        if outcome.error is not None and outcome.cost_ticks is None and not outcome.unpriced:
            self._budget.release(reservation)
            return
        self._budget.settle(reservation, (outcome.cost_ticks or 0) + outcome.unpriced_ticks, outcome.tokens)

    @property
    def has_open(self) -> bool:
        """Whether something is still reserved."""
        return bool(self._reserved)

    def let_go(self, sent: Collection[Key]) -> None:
        """Settles what is still reserved: in full for what may be at the service."""
        if self._budget is None:
            return
        for key, reservation in self._reserved.items():
            if key in sent:
                self._budget.settle(reservation, None)
            else:
                self._budget.release(reservation)
        self._reserved.clear()

    def _estimate(self, call: BoundCall) -> Estimate:
        return estimate(call, self._books.prices, self._books.allowances)
