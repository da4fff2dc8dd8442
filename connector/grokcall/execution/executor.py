"""Bookkeeping: each distinct call once, within the budget, and on record before its row counts as done."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from grokcall.budget.budget import Budget
from grokcall.client.call_runner import CallRunner
from grokcall.client.resume_state import ResumeState
from grokcall.core.daemon_threads import Gathered
from grokcall.core.outcome import CallStatus, Outcome
from grokcall.errors import CallStoppedError, Error
from grokcall.execution.answer_cache import REMEMBERED_BYTES, AnswerCache, AnswerStore, repeated
from grokcall.execution.coalescing import SharedCall
from grokcall.execution.prior_attempts import CallKey, UnknownTries
from grokcall.execution.recall import is_on_record, memory_of, recalled
from grokcall.execution.run_context import RunContext
from grokcall.execution.send_guard import Funds, SendGuard
from grokcall.journal.fingerprints import fingerprint
from grokcall.scheduling.admission import Gate
from grokcall_procedures import BoundCall
from grokcall_procedures.effects import Effect
from grokcall_procedures.estimates import Estimate, Reserve, estimate, estimate_request
from grokcall_procedures.file_sources import is_source
from grokcall_procedures.learned_tokens import TextCall, TokenUsage
from grokcall_procedures.tool_rounds import is_repeatable
from grokcall_procedures.usage import tokens_used


class CallExecutor:
    """Runs the calls of one lookup, and keeps its books.

    Calls must be handed in in the order of their rows: without ``dedupe`` equal calls are told apart by it.
    """

    def __init__(self, runner: CallRunner, base_url: str, books: RunContext) -> None:
        self.gate: Gate = runner.gate
        self.on_row: Callable[[int], object] | None = None
        """Told of the number of each row, from 0, before its call; None where nobody asks."""
        self._runner = runner
        self._base_url = base_url
        self._books = books
        self._budget = books.budget if books.budget is not None and books.budget.limited else None
        self._own_books = replace(books, reuse=None, other_runs=None)  # what is made belongs to the run that made it
        self._keeps_count = self._budget is not None or books.run is not None
        self._under_way: dict[bytes, SharedCall] = {}
        self._ordinals: Counter[bytes] = Counter()
        self._answers: AnswerStore = books.answers or AnswerCache(REMEMBERED_BYTES)
        self._estimates: Callable[[BoundCall], Estimate] = lambda call: estimate(call, books.prices, books.allowances)
        self._unknown = UnknownTries(books.earlier, self._budget)
        self._reader = Gathered()
        self._looks: dict[CallKey, asyncio.Future[Outcome | None]] = {}

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
            ChangeNotAllowedError: It would leave behind what it may not.
            JournalError: It cannot be put on record, so it was not sent.
        """
        books = self._books
        books.consent.check(call)
        has_secret = call.procedure.has_secret
        if books.dedupe or books.run is not None:
            await self._read_files(call)
        if has_secret or (not books.dedupe and books.run is None):
            return await self._paid(call)
        if call.effect is Effect.READ:
            return await self._read(call)
        key = fingerprint(call, self._base_url)
        if not books.dedupe:
            ordinal = self._ordinals[key]
            self._ordinals[key] += 1
            self._unknown.charge((key, ordinal), lambda: self._estimates(call))
            return await self._recalled(call, (key, ordinal)) or await self._paid(call, (key, ordinal))
        known = await self._shared(key)
        if known is None:
            self._unknown.charge((key, 0), lambda: self._estimates(call))
            # An equal one may have begun while the journal was read.
            known = self._answers.get(key) or await self._recalled(call, (key, 0)) or await self._shared(key)
        if known is not None:
            return known
        shared = self._under_way[key] = SharedCall(self.gate.in_flight)
        return await shared.made(self._made(call, key, shared))

    async def _read_files(self, call: BoundCall) -> None:
        """Has the files that a call sends hashed in a thread: by their content it is told from others."""
        files = [value for value in call.values.values() if is_source(value)]
        if files:
            await asyncio.to_thread(lambda: [file.digest for file in files])

    async def _read(self, call: BoundCall) -> Outcome:
        """What became of a call that costs and changes nothing: no journal answers it, for things change meanwhile."""
        if not self._books.dedupe:
            return await self._paid(call)
        key = fingerprint(call, self._base_url)
        known = await self._shared(key) or (self._answers.get(key) if self._books.answers is None else None)
        if known is not None:
            return known
        shared = self._under_way[key] = SharedCall(self.gate.in_flight)
        return await shared.made(self._made(call, key, shared, is_kept=False))

    async def _shared(self, key: bytes) -> Outcome | None:
        """The outcome of an equal call that is under way; None when there is none."""
        while (shared := self._under_way.get(key)) is not None and not shared.stopped:
            try:
                return repeated(await shared.outcome())
            except CallStoppedError:
                continue
        return None

    async def _recalled(self, call: BoundCall, place: CallKey) -> Outcome | None:
        """What the journal knows of a call. It is read in a thread, once for equal calls: it may wait for a disk."""
        books = self._books if call.effect is Effect.ASK and is_repeatable(call) else self._own_books
        if not is_on_record(books, *place):
            return None
        look = self._looks.get(place)
        if look is None:
            look = self._looks[place] = self._reader.done(lambda: recalled(books, *place))
        try:
            return await asyncio.shield(look)
        finally:
            # By the first that goes on, which then makes the call: whoever comes later shares that.
            if look.done():
                self._looks.pop(place, None)

    async def _made(self, call: BoundCall, key: bytes, shared: SharedCall, *, is_kept: bool = True) -> Outcome:
        """The outcome of a call, for every equal one that comes while it is under way."""
        try:
            made = self._paid(call, (key, 0), is_kept=is_kept) if self._keeps_count else self._made_freely(call)
            outcome = await made
        finally:
            if self._under_way.get(key) is shared:  # or it was stopped, and begun anew meanwhile
                del self._under_way[key]
        is_held = self._books.run is None if is_kept else self._books.answers is None
        if is_held and outcome.status is CallStatus.OK:
            self._answers.add(key, outcome)
        return outcome

    async def _made_freely(self, call: BoundCall) -> Outcome:
        """The outcome of a call without a limit and without a journal."""
        outcome = await self._runner.run(call)
        self._price(outcome, call)
        return outcome

    async def _paid(self, call: BoundCall, place: CallKey | None = None, *, is_kept: bool = True) -> Outcome:
        """The outcome of a call that was made within the budget.

        Where there is a journal it has the call, at its ``place``, before it is sent, and again before it counts;
        of one that is not kept it has only replies that can be read once.
        """
        run = self._books.run
        start = SendGuard(run, place)
        memory = await self._memory(call, place) if place is not None else None
        if self._budget is None:
            outcome = await self._runner.run(call, memory, start)
            self._price(outcome, call)
        else:
            outcome = await self._afforded(call, memory, start, self._budget)
        if start.refusal is not None:
            raise start.refusal
        if run is not None and place is not None and is_kept:
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
        start.funds = Funds(
            budget,
            reservation,
            told.request_reserve,
            lambda usage: self._learn(told.text, usage),
            lambda request: estimate_request(request, self._books.prices, self._books.allowances),
        )
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

    async def _memory(self, call: BoundCall, place: CallKey) -> ResumeState | None:
        """What the journal keeps of a call's billed starts."""
        run = self._books.run
        began = run is not None and bool(run.memo(*place))
        failed = await self._reader.done(lambda: run.recall_failed(*place)) if run is not None and began else None
        return memory_of(self._books, call, place, failed, lambda: self._one(call))

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
