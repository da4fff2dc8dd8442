"""The start of a call: the moment at which its first request that costs money is about to go."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from grokcall.budget.budget import Budget, Reservation
from grokcall.core.outcome import Outcome
from grokcall.errors import Error
from grokcall.execution.prior_attempts import CallKey
from grokcall.journal.run import JournalRun
from grokcall_procedures import Kind, Request
from grokcall_procedures.documents import cost_in
from grokcall_procedures.estimates import Estimate, Reserve
from grokcall_procedures.learned_tokens import TokenUsage
from grokcall_procedures.usage import token_usage

Learn: TypeAlias = Callable[[TokenUsage], None]


@dataclass(frozen=True, slots=True)
class Funds:
    """What a call has to spend.

    Args:
        budget: The limits.
        reservation: What is reserved for it.
        one: The part for one request.
        learn: Told what each reply says of its tokens.
        price: Says what a further request of the call may take.
    """

    budget: Budget
    reservation: Reservation
    one: Reserve
    learn: Learn
    price: Callable[[Request], Estimate]


class SendGuard:
    """The start of one call, which a limit of time or a journal that cannot be written prevents.

    A call can wait long for its turn at the service. While it waits it has cost nothing: it ends when its time is
    over, and is put on record only when it goes.

    Args:
        run: The run of the journal; None for no journal.
        place: Where the journal has the call.

    Attributes:
        funds: What it may spend; None for no limit.
        begun: Whether something may have been sent that costs money.
        refusal: Why it must not be sent; None while nothing speaks against it.
        ticks: What replies said they cost.
        tokens: Tokens that replies said they took.
        uncounted: Replies that did not say.
    """

    __slots__ = ("_intended", "_limit", "_place", "_run", "begun", "funds", "refusal", "ticks", "tokens", "uncounted")

    def __init__(self, run: JournalRun | None, place: CallKey | None) -> None:
        self.funds: Funds | None = None
        self.begun: bool = False
        self.refusal: Error | None = None
        self.ticks: int = 0
        self.tokens: int = 0
        self.uncounted: int = 0
        self._run = run
        self._place = place
        self._limit: asyncio.Timeout | None = None
        self._intended = False

    def __call__(self) -> None:
        """Takes note that a request which costs money is about to go, unless it must not.

        Raises:
            BudgetReachedError: The time is over.
            JournalError: The call cannot be put on record.
        """
        if self._intended:
            return
        try:
            if self.funds is not None:
                self.funds.budget.check_time()
                self._intend(self.funds.reservation.latest)
            else:
                self._intend(None)
        except Error as error:
            self.refusal = error
            raise
        self.begun = self._intended = True
        if self._limit is not None:
            self._limit.reschedule(None)

    async def ask_further(self, request: Request) -> None:
        """Reserves for a further request of the call, once there is room for it beside what the earlier ones took.

        Raises:
            BudgetReachedError: There is no room and will be none, or the time is over.
        """
        if self.funds is not None:
            budget, reservation = self.funds.budget, self.funds.reservation
            budget.check_time()
            await budget.reserve_further(reservation, self.ticks, self.tokens, self.funds.price(request))
        self._intended = False  # it is put on record by itself

    def may_wait(self, seconds: float) -> bool:
        """Whether the time of the budget allows another try after so many seconds."""
        left = self.funds.budget.seconds_left if self.funds is not None else None
        return left is None or seconds < left

    def may_resend(self) -> bool:
        """Whether there is room for a request that may have been billed to be sent once more.

        Raises:
            JournalError: It cannot be put on record.
        """
        one = None if self.funds is None else self.funds.one
        if self.funds is not None and not self.funds.budget.extend(self.funds.reservation, self.funds.one):
            return False
        self._intend(one, again=True)
        return True

    def answered(self, request: Request, reply: bytes) -> None:
        """Takes note of the tokens that a reply says it took, for a budget."""
        if self.funds is None:
            return
        self.ticks += cost_in(reply) or 0
        if request.kind is not Kind.TEXT:
            return
        usage = token_usage(reply)
        if usage.read is None or usage.written is None:
            self.uncounted += 1
        else:
            self.tokens += usage.read + usage.written
        self.funds.learn(usage)

    def told_later(self, reply: bytes) -> None:
        """Takes note of what a look at something that was begun says it took.

        Fewer than none are uncounted where an earlier try of the call has begun it.
        """
        if self.funds is None:
            return
        self.ticks += cost_in(reply) or 0
        usage = token_usage(reply)
        if usage.read is not None and usage.written is not None:
            self.tokens += usage.read + usage.written
            self.uncounted -= 1
            self.funds.learn(usage)

    async def in_time(self, work: Awaitable[Outcome], budget: Budget) -> Outcome:
        """The outcome of the call, which begins before the time of ``budget`` is over or not at all.

        Raises:
            BudgetReachedError: The time was over before it began.
        """
        left = budget.seconds_left
        if left is None:
            return await work
        self._limit = asyncio.timeout(left)
        try:
            async with self._limit:
                return await work
        except TimeoutError:
            if not self._limit.expired():
                raise
            raise budget.overtime() from None

    def _intend(self, need: Reserve | None, *, again: bool = False) -> None:
        if self._run is not None and self._place is not None:
            self._run.intend(*self._place, need, again=again)
