"""Bookkeeping: each distinct call once, within the budget, and on record before its row counts as done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from grokcall.budget.budget import Budget
from grokcall.client.call_runner import CallRunner
from grokcall.client.resume_state import ResumeState
from grokcall.core.outcome import CallStatus, Outcome
from grokcall.errors import CallStoppedError, Error, MediaError, RecordedError, is_retryable, is_systemic
from grokcall.execution.answer_cache import REMEMBERED_BYTES, AnswerCache, AnswerStore, repeated
from grokcall.execution.coalescing import SharedCall
from grokcall.execution.prior_attempts import NO_TRIES, CallKey, PriorAttempts, UnknownTries
from grokcall.execution.send_guard import Funds, SendGuard
from grokcall.journal.fingerprint import fingerprint
from grokcall.journal.journal import Journal
from grokcall.journal.run import JournalRun
from grokcall.scheduling.admission import Gate
from grokcall_procedures import BoundCall
from grokcall_procedures.estimates import Allowances, Estimate, Reserve, estimate
from grokcall_procedures.learned_tokens import LearnedTokens, TextCall, TokenUsage
from grokcall_procedures.prices import PRICES, Prices
from grokcall_procedures.usage import tokens_used

BUDGET_ALLOWANCES = Allowances(refusal_fee_ticks=0)
"""What a budget takes for granted. The fee for a prompt that is refused for its content is left out: it is far above
the price of most calls, and reserved for each call in flight it would stop a small budget before its first call."""
VIDEO_KINDS = frozenset({"video", "video_edit"})
"""The models of procedures whose result has a new link whenever it is looked for."""


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


class CallExecutor:
    """Runs the calls of one lookup, and keeps its books.

    Calls must be handed in in the order of their rows: without ``dedupe`` equal calls are told apart by it.
    """

    def __init__(self, runner: CallRunner, base_url: str, books: RunContext) -> None:
        self.gate: Gate = runner.gate
        self._runner = runner
        self._base_url = base_url
        self._books = books
        self._budget = books.budget if books.budget is not None and books.budget.limited else None
        self._keeps_count = self._budget is not None or books.run is not None
        self._under_way: dict[bytes, SharedCall] = {}
        self._ordinals: Counter[bytes] = Counter()
        self._answers: AnswerStore = books.answers or AnswerCache(REMEMBERED_BYTES)
        self._estimates: Callable[[BoundCall], Estimate] = lambda call: estimate(call, books.prices, books.allowances)
        self._unknown = UnknownTries(books.earlier, self._budget)

    def guarantee(self, call: BoundCall) -> str | None:
        """What the limits are worth for calls like this one, in a sentence; None where there is no limit."""
        if self._budget is None:
            return None
        resends = self._runner.api.policy.billed_attempts
        return self._budget.guarantee(self._estimates(call), self.gate.concurrency, resends)

    async def run(self, call: BoundCall) -> Outcome:
        """What became of ``call``; as ``cached`` where an equal one or the journal had the answer.

        Raises:
            BudgetReachedError: There is no room for it in the budget.
            JournalError: It cannot be put on record, so it was not sent.
        """
        books = self._books
        if not books.dedupe and books.run is None:
            return await self._paid(call)
        key = fingerprint(call, self._base_url)
        if not books.dedupe:
            ordinal = self._ordinals[key]
            self._ordinals[key] += 1
            self._unknown.charge((key, ordinal), lambda: self._estimates(call))
            return recalled(books, key, ordinal) or await self._paid(call, (key, ordinal))
        while (shared := self._under_way.get(key)) is not None and not shared.stopped:
            try:
                return repeated(await shared.outcome())
            except CallStoppedError:
                continue
        self._unknown.charge((key, 0), lambda: self._estimates(call))
        known = recalled(books, key, 0) or self._answers.get(key)
        if known is not None:
            return known
        shared = self._under_way[key] = SharedCall(self.gate.in_flight)
        return await shared.made(self._made(call, key, shared))

    async def _made(self, call: BoundCall, key: bytes, shared: SharedCall) -> Outcome:
        """The outcome of a call, for every equal one that comes while it is under way."""
        try:
            outcome = await (self._paid(call, (key, 0)) if self._keeps_count else self._made_freely(call))
        finally:
            if self._under_way.get(key) is shared:  # or it was stopped, and begun anew meanwhile
                del self._under_way[key]
        if self._books.run is None and outcome.status is CallStatus.OK:
            self._answers.add(key, outcome)
        return outcome

    async def _made_freely(self, call: BoundCall) -> Outcome:
        """The outcome of a call without a limit and without a journal."""
        outcome = await self._runner.run(call)
        self._price(outcome, call)
        return outcome

    async def _paid(self, call: BoundCall, place: CallKey | None = None) -> Outcome:
        """The outcome of a call that was made within the budget.

        Where there is a journal it has the call, at its ``place``, before it is sent, and again before it counts.
        """
        run = self._books.run
        start = SendGuard(run, place)
        memory = memory_of(self._books, call, place, lambda: self._one(call)) if place is not None else None
        if self._budget is None:
            outcome = await self._runner.run(call, memory, start)
            self._price(outcome, call)
        else:
            outcome = await self._afforded(call, memory, start, self._budget)
        if start.refusal is not None:
            raise start.refusal
        if run is not None and place is not None:
            if outcome.tokens is None and outcome.rows:
                outcome.tokens = tokens_used(call.procedure, outcome.rows[0])
            try:
                await run.record(*place, outcome, plain=call.procedure.is_plain)
            except Error as error:
                outcome.unrecorded = error  # it was paid for, so its row gets it all the same
        return outcome

    async def _afforded(self, call: BoundCall, memory: ResumeState | None, start: SendGuard, budget: Budget) -> Outcome:
        """The outcome of a call for which there is room in the budget."""
        told = self._estimates(call)
        reservation = await budget.reserve(told, None if told.text is None else lambda: self._estimates(call))
        start.funds = Funds(budget, reservation, told.request_reserve, lambda usage: self._learn(told.text, usage))
        try:
            outcome = await start.in_time(self._runner.run(call, memory, start), budget)
        except BaseException:
            if start.begun:
                budget.settle(reservation, None)  # nobody knows how far it came, so all of it counts as spent
            else:
                budget.release(reservation)
            raise
        self._settle(call, outcome, start, start.funds)
        return outcome

    def _learn(self, call: TextCall | None, usage: TokenUsage) -> None:
        """Takes in what a reply says of its tokens; what is reserved for calls in flight rises with it."""
        if call is not None and self._budget is not None and self._books.allowances.learned.learn(call, usage):
            self._budget.top_up()

    def _settle(self, call: BoundCall, outcome: Outcome, start: SendGuard, funds: Funds) -> None:
        """Puts what a call cost in the place of what was reserved for it."""
        untold = outcome.unpriced or outcome.lost or start.uncounted
        one = self._one(call) if untold else funds.one  # more may have been learned meanwhile
        outcome.unpriced_ticks = outcome.unpriced * one.ticks
        outcome.tokens = start.tokens + (outcome.lost + start.uncounted) * one.tokens
        if outcome.error is not None and outcome.cost_ticks is None and not outcome.unpriced:
            funds.budget.release(funds.reservation)
            return
        ticks = (outcome.cost_ticks or 0) + outcome.unpriced_ticks
        funds.budget.settle(funds.reservation, ticks, outcome.tokens)

    def _price(self, outcome: Outcome, call: BoundCall) -> None:
        """Says what requests without a price count with, where no budget has said it."""
        if not outcome.unpriced:
            return
        one = self._one(call)
        outcome.unpriced_ticks = outcome.unpriced * one.ticks
        told = tokens_used(call.procedure, outcome.rows[0]) if outcome.rows else None
        outcome.tokens = (told or 0) + outcome.lost * one.tokens

    def _one(self, call: BoundCall) -> Reserve:
        """What is reserved for one request of a call."""
        return self._estimates(call).request_reserve


def recalled(books: RunContext, key: bytes, ordinal: int) -> Outcome | None:
    """What the journal knows of a call: its answer, or a failure that another try would not mend."""
    run = books.run
    if run is None:
        return None
    is_known = run.knows(key, ordinal)
    found = run.recall(key, ordinal) if is_known else None
    if found is None and books.reuse is not None:
        found = books.reuse.recall_any(key)
    if found is not None or not is_known or books.retry_failed:
        return found
    failed = run.recall_failed(key, ordinal)
    # To look again for a video that was begun costs nothing, whatever the last look failed with.
    return failed if failed is not None and is_final(failed.error) and not run.memo(key, ordinal) else None


def memory_of(books: RunContext, call: BoundCall, place: CallKey, need: Callable[[], Reserve]) -> ResumeState | None:
    """What the journal keeps of a call's billed starts, so that what was paid for is fetched again, not begun again.

    Args:
        books: The lookup's.
        call: The call.
        place: Where the journal has it.
        need: Gives what a start counts with as long as its price is not on record.
    """
    run = books.run
    if run is None:
        return None

    async def remember(step: int, reply: bytes) -> None:
        await run.remember(*place, step, reply, need())

    replies = run.memo(*place)
    failed = run.recall_failed(*place) if replies else None
    if books.retry_failed and failed is not None and is_lost(call, failed):
        replies = []
    return ResumeState(replies, remember, is_priced=failed is not None and failed.saved_ticks is not None)


def is_lost(call: BoundCall, outcome: Outcome) -> bool:
    """Whether what a call began can be had no more; for a video the service gives a new link."""
    return isinstance(outcome.error, RecordedError) and (
        outcome.error.error_code == MediaError.error_code and call.procedure.model_kind not in VIDEO_KINDS
    )


def fresh(allowances: Allowances) -> Allowances:
    """The same allowances, for a connection that has learned nothing yet."""
    return replace(allowances, learned=LearnedTokens())


def is_final(error: Exception | None) -> bool:
    """Whether the same call would fail in the same way: neither time nor another key or account can mend it."""
    return error is not None and not is_retryable(error) and not is_systemic(error)
