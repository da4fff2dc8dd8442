"""Bookkeeping: each distinct call once, within the budget, and on record before its row counts as done."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from typing import Protocol

from grokcall.admission import CallStoppedError, Gate
from grokcall.budgets import Budget, Reservation
from grokcall.earlier_tries import (
    MAY_BE_BILLED,
    NO_TRIES,
    UNANSWERED,
    Arrears,
    CallKey,
    EarlierTries,
    earlier_tries,
)
from grokcall.engine import Engine, Memory
from grokcall.errors import Error, is_retryable, is_systemic
from grokcall.journal import Journal, JournalRun, RunState, fingerprint
from grokcall.outcomes import CallStatus, Outcome
from grokcall.shared_calls import SharedCall
from grokcall.starts import Start
from grokcall.window import payload_of
from grokcall_procedures import BoundCall, Procedure
from grokcall_procedures.estimates import Allowances, Estimate, estimate
from grokcall_procedures.prices import PRICES, Prices
from grokcall_procedures.usage import tokens_used

ALLOWANCES = Allowances(refusal_fee_ticks=0)
"""What a budget takes for granted. The fee for a prompt that is refused for its content is left out: it is far above
the price of most calls, and set aside for each call in flight it would stop a small budget before its first call."""
REMEMBERED_BYTES = 16 * 1024 * 1024
"""How much of finished answers is held for equal rows to come, where no journal holds them; the oldest go first."""
SMALL_OUTCOME = 3000
"""About what an outcome takes beside its long values, in bytes."""
FILM_KINDS = frozenset({"video", "video_edit"})
"""The models of procedures that begin longer work."""


class AnswerStore(Protocol):
    """Holds finished answers by fingerprint, where no journal holds them."""

    def get(self, key: bytes) -> Outcome | None:
        """The answer for one more equal call."""
        ...

    def add(self, key: bytes, outcome: Outcome) -> None:
        """Holds an answer."""
        ...


@dataclass(frozen=True, slots=True)
class Books:
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
    allowances: Allowances = ALLOWANCES
    prices: Prices = PRICES
    earlier: EarlierTries = NO_TRIES
    answers: AnswerStore | None = None


class Bookkeeper:
    """Runs the calls of one lookup through an engine, and keeps its books.

    Calls must be handed in in the order of their rows: without ``dedupe`` equal calls are told apart by it.
    """

    def __init__(self, engine: Engine, base_url: str, books: Books) -> None:
        self.gate: Gate = engine.gate
        self._engine = engine
        self._base_url = base_url
        self._books = books
        self._budget = books.budget if books.budget is not None and books.budget.limited else None
        self._keeps_count = self._budget is not None or books.run is not None
        self._under_way: dict[bytes, SharedCall] = {}
        self._ordinals: Counter[bytes] = Counter()
        self._answers: AnswerStore = books.answers or Answers(REMEMBERED_BYTES)
        self._estimates: Callable[[BoundCall], Estimate] = lambda call: estimate(call, books.prices, books.allowances)
        self._arrears = Arrears(books.earlier, self._budget)

    def guarantee(self, call: BoundCall) -> str | None:
        """What the limits are worth for calls like this one, in a sentence; None where there is no limit."""
        return self._budget.guarantee(self._estimates(call)) if self._budget is not None else None

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
            self._arrears.charge((key, ordinal), lambda: self._estimates(call))
            return recalled(books, key, ordinal) or await self._paid(call, (key, ordinal))
        while (shared := self._under_way.get(key)) is not None and not shared.stopped:
            try:
                return repeated(await shared.outcome())
            except CallStoppedError:
                continue
        self._arrears.charge((key, 0), lambda: self._estimates(call))
        known = recalled(books, key, 0) or self._answers.get(key)
        if known is not None:
            return known
        shared = self._under_way[key] = SharedCall(self.gate)
        return await shared.made(self._made(call, key, shared))

    async def _made(self, call: BoundCall, key: bytes, shared: SharedCall) -> Outcome:
        """The outcome of a call, for every equal one that comes while it is under way."""
        try:
            outcome = await (self._paid(call, (key, 0)) if self._keeps_count else self._engine.run(call))
        finally:
            if self._under_way.get(key) is shared:  # or it was stopped, and begun anew meanwhile
                del self._under_way[key]
        if self._books.run is None and outcome.status is CallStatus.OK:
            self._answers.add(key, outcome)
        return outcome

    async def _paid(self, call: BoundCall, place: CallKey | None = None) -> Outcome:
        """The outcome of a call that was made within the budget.

        Where there is a journal it has the call, at its ``place``, before it is sent, and again before it counts.
        """
        run = self._books.run
        memory = memory_of(run, call, place) if run is not None and place is not None else None
        start = Start(self._budget, run, place)
        made = self._engine.run if self._budget is None else self._afforded
        outcome = await made(call, memory, start)
        if start.refusal is not None:
            raise start.refusal
        if run is not None and place is not None:
            try:
                await run.record(*place, outcome, plain=call.procedure.is_plain)
            except Error as error:
                outcome.unrecorded = error  # it was paid for, so its row gets it all the same
        return outcome

    async def _afforded(self, call: BoundCall, memory: Memory | None, start: Start) -> Outcome:
        """The outcome of a call for which there is room in the budget."""
        budget = self._budget
        assert budget is not None
        reservation = await budget.reserve(self._estimates(call))
        try:
            outcome = await start.in_time(self._engine.run(call, memory, start), budget)
        except BaseException:
            if start.begun:
                budget.settle(reservation, None)  # nobody knows how far it came, so all of it counts as spent
            else:
                budget.release(reservation)
            raise
        settle(budget, reservation, call, outcome)
        return outcome


def recalled(books: Books, key: bytes, ordinal: int) -> Outcome | None:
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
    # To look again for a film that was begun costs nothing, whatever the last look failed with.
    return failed if failed is not None and is_final(failed.error) and not run.memo(key, ordinal) else None


def memory_of(run: JournalRun, call: BoundCall, place: CallKey) -> Memory | None:
    """What the journal keeps of a call's starts; None for a call that is one request and its answer."""
    if call.procedure.model_kind not in FILM_KINDS:
        return None

    async def remember(step: int, reply: bytes) -> None:
        await run.remember(*place, step, reply)

    return Memory(run.memo(*place), remember)


def settle(budget: Budget, reservation: Reservation, call: BoundCall, outcome: Outcome) -> None:
    """Puts what a call cost in the place of what was set aside for it."""
    if outcome.cost_ticks is None and outcome.error is not None and not isinstance(outcome.error, MAY_BE_BILLED):
        budget.release(reservation)
        return
    tokens = tokens_used(call.procedure, outcome.rows[0]) if outcome.rows else None
    # Of a call that asks again, earlier asks have told their prices and the last one may have been billed as well.
    is_open = call.procedure.answer_schema is not None and isinstance(outcome.error, UNANSWERED)
    budget.settle(reservation, None if is_open else outcome.cost_ticks, tokens)


class Answers:
    """Finished answers by fingerprint, as many as fit; the ones that were asked for longest ago go first."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._held = 0
        self._answers: OrderedDict[bytes, tuple[Outcome, int]] = OrderedDict()

    def get(self, key: bytes) -> Outcome | None:
        """The answer for one more equal call."""
        found = self._answers.get(key)
        if found is None:
            return None
        self._answers.move_to_end(key)
        return repeated(found[0])

    def add(self, key: bytes, outcome: Outcome) -> None:
        """Holds an answer."""
        size = size_of(outcome)
        if size > self._capacity:
            return
        self._answers[key] = outcome, size
        self._held += size
        while self._held > self._capacity:
            _, (_, dropped) = self._answers.popitem(last=False)
            self._held -= dropped


def is_final(error: Exception | None) -> bool:
    """Whether the same call would fail in the same way: neither time nor another key or account can mend it."""
    return error is not None and not is_retryable(error) and not is_systemic(error)


def repeated(outcome: Outcome) -> Outcome:
    """The outcome of a call that shares the request of an equal one: it sent nothing and cost nothing."""
    status = CallStatus.CACHED if outcome.error is None else outcome.status
    return Outcome(status, outcome.rows, outcome.error, outcome.warnings, request_id=outcome.request_id)


def size_of(outcome: Outcome) -> int:
    """About how many bytes an outcome takes."""
    return SMALL_OUTCOME + payload_of(outcome)


class OpenBooks:
    """The books of one lookup, from its first call to its last.

    Args:
        journal: The file of the journal; None for none.
        identity: Equal for the same command over the same input, so that it is continued.
        description: What ``grokcall runs`` shows of it.
        budget: What may be spent.
        dedupe, reuse, retry_failed, allowances, prices: As for :class:`Books`.
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
    ) -> None:
        self.journal: Journal | None = Journal(journal) if journal is not None else None
        self.run: JournalRun | None = None
        if self.journal is not None:
            try:
                self.run = self.journal.begin(identity, description)
            except BaseException:
                self.journal.close()
                raise
        self.books: Books = Books(
            dedupe, budget, self.run, self.journal if reuse else None, retry_failed, allowances, prices
        )

    def bring_forward(self, procedure: Procedure, own: Budget | None) -> EarlierTries:
        """Counts what earlier tries of the run took, in ``own``, the budget of the run itself, if it has one."""
        if self.run is None:
            return self.books.earlier
        tokens = own is not None and own.max_tokens is not None
        earlier = earlier_tries(self.run, procedure, tokens=tokens)
        if own is not None:
            own.carry(ticks=earlier.ticks, tokens=earlier.tokens, calls=earlier.calls)
            self.books = replace(self.books, earlier=earlier)
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
