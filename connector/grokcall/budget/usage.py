"""Accounts: the limits of one budget, and how much of each is used up or reserved."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from decimal import Decimal

from grokcall.budget.limits import count_of, seconds_of, ticks_of
from grokcall.errors import BudgetReachedError
from grokcall.errors.budget import Amount, Limit, shown
from grokcall_procedures.bounds import Reserve
from grokcall_procedures.rates import usd


class BudgetUsage:
    """The limits of one budget and what is used of them; it only counts, and knows of no other account.

    Args:
        max_cost: USD that may be spent, 0 or more; None for no limit. Rounded down to 1e-10 USD.
        max_calls: Calls that may be made.
        max_tokens: Tokens that may be read and written together.
        max_duration: Seconds, counted from the first reservation, after which no call starts any more.
        name: Whose account it is, for messages.
        clock: Gives seconds; tests hand in one that they set.

    Raises:
        InterfaceError: A limit is negative or no number.
    """

    def __init__(
        self,
        max_cost: Decimal | float | str | None = None,
        max_calls: int | None = None,
        max_tokens: int | None = None,
        max_duration: float | None = None,
        name: str = "run",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.max_ticks: int | None = ticks_of(max_cost)
        self.max_calls: int | None = count_of("max_calls", max_calls)
        self.max_tokens: int | None = count_of("max_tokens", max_tokens)
        self.max_duration: float | None = seconds_of(max_duration)
        self.spent_ticks: int = 0
        self.reserved_ticks: int = 0
        self.tokens: int = 0
        """Tokens that were read and written."""
        self.reserved_tokens: int = 0
        self.calls: int = 0
        """Calls that were admitted and not released, those in flight included."""
        self.in_flight: int = 0
        self.earlier_ticks: int = 0
        """What of the spent ticks earlier tries of the same run spent; so ``earlier_calls`` and ``earlier_tokens``."""
        self.earlier_calls: int = 0
        self.earlier_tokens: int = 0
        self.over_calls: int = 0
        """Calls that took more than was reserved for them."""
        self.stopped: BudgetReachedError | None = None
        """The first error for a limit of this very budget; None while none was reached."""
        self._clock = clock
        self._started: float | None = None

    @property
    def has_limit(self) -> bool:
        """Whether any limit is set here."""
        limits = (self.max_ticks, self.max_calls, self.max_tokens, self.max_duration)
        return any(limit is not None for limit in limits)

    @property
    def remaining_ticks(self) -> int | None:
        """Ticks that are neither spent nor reserved, in this budget alone; None without a limit."""
        return None if self.max_ticks is None else max(0, self.max_ticks - self.spent_ticks - self.reserved_ticks)

    @property
    def remaining_usd(self) -> Decimal | None:
        """The same in USD."""
        return None if self.remaining_ticks is None else usd(self.remaining_ticks)

    @property
    def remaining_calls(self) -> int | None:
        """Calls that may still be made; None without a limit."""
        return None if self.max_calls is None else max(0, self.max_calls - self.calls)

    @property
    def remaining_tokens(self) -> int | None:
        """Tokens that are neither used nor reserved; None without a limit."""
        return None if self.max_tokens is None else max(0, self.max_tokens - self.tokens - self.reserved_tokens)

    @property
    def remaining_seconds(self) -> float | None:
        """Seconds in which calls may still start; None without a limit."""
        return None if self.max_duration is None else max(0.0, self.max_duration - self.elapsed)

    @property
    def elapsed(self) -> float:
        """Seconds since the first reservation."""
        return 0.0 if self._started is None else self._clock() - self._started

    @property
    def spent_usd(self) -> Decimal:
        """What was spent, in USD, exact."""
        return usd(self.spent_ticks)

    @property
    def over_ticks(self) -> int:
        """Ticks that were spent beyond the limit; 0 without one."""
        return 0 if self.max_ticks is None else max(0, self.spent_ticks - self.max_ticks)

    @property
    def over_tokens(self) -> int:
        """Tokens that were used beyond the limit; 0 without one."""
        return 0 if self.max_tokens is None else max(0, self.tokens - self.max_tokens)

    @property
    def excess(self) -> str | None:
        """What was taken beyond the limits, in a sentence; None where they were kept."""
        over = []
        if self.over_ticks and self.max_ticks is not None:
            limit = shown("max_cost", usd(self.max_ticks))
            over.append(f"{shown('max_cost', usd(self.over_ticks))} beyond the limit of {limit}")
        if self.over_tokens and self.max_tokens is not None:
            over.append(f"{shown('max_tokens', self.over_tokens)} beyond the limit of {self.max_tokens:,}")
        if not over:
            return None
        calls = "1 call" if self.over_calls == 1 else f"{self.over_calls:,} calls"
        why = f": {calls} took more than was reserved" if self.over_calls else ""
        return f"the {self.name} took {' and '.join(over)}{why}"

    def start(self) -> None:
        """Starts the time, once."""
        if self._started is None:
            self._started = self._clock()

    def refusal(self, need: Reserve) -> BudgetReachedError | None:
        """The error for a call that does not fit even if those in flight cost nothing."""
        ticks, tokens = need.least_ticks, need.least_tokens
        if self.max_ticks is not None and ticks > 0 and ticks > self.max_ticks - self.spent_ticks:
            earlier = usd(self.earlier_ticks)
            return self._error("max_cost", usd(self.max_ticks), self.spent_usd, usd(ticks), earlier)
        if self.max_tokens is not None and tokens > 0 and tokens > self.max_tokens - self.tokens:
            return self._error("max_tokens", self.max_tokens, self.tokens, tokens, self.earlier_tokens)
        if self.max_calls is not None and self.calls >= self.max_calls:
            return self._error("max_calls", self.max_calls, self.calls, 1, self.earlier_calls)
        if self.max_duration is not None and self.elapsed >= self.max_duration:
            return self.too_late()
        return None

    def shortage(self, taken: Reserve, need: Reserve) -> BudgetReachedError:
        """The error for a further request of a call in flight for which there is no room.

        Args:
            taken: What the call's earlier requests took; what was reserved for them is not counted.
            need: What the further one may take.
        """
        if self.max_ticks is not None and self.spent_ticks + taken.ticks + need.ticks > self.max_ticks:
            spent = usd(self.spent_ticks + taken.ticks)
            return self._error("max_cost", usd(self.max_ticks), spent, usd(need.ticks), usd(self.earlier_ticks))
        used = self.tokens + taken.tokens
        return self._error("max_tokens", self.max_tokens or 0, used, need.tokens, self.earlier_tokens)

    def too_late(self) -> BudgetReachedError:
        """The error for a call that comes when the time is over."""
        return self._error("max_duration", self.max_duration or 0.0, self.elapsed, 0.0)

    def _error(
        self, reason: Limit, cap: Amount, spent: Amount, needed: Amount, earlier: Amount = 0
    ) -> BudgetReachedError:
        return BudgetReachedError(reason, cap, spent, needed, self.name, earlier)

    def bring_forward(self, ticks: int, tokens: int, calls: int) -> None:
        """Takes note of what an earlier try of the same run used up."""
        self.spent_ticks += ticks
        self.earlier_ticks += ticks
        self.tokens += tokens
        self.earlier_tokens += tokens
        self.calls += calls
        self.earlier_calls += calls

    def refusal_of(self, needs: Sequence[Reserve]) -> BudgetReachedError | None:
        """The error for calls that are sent together, when they do not fit beside those in flight, all of them."""
        ticks = sum(need.ticks for need in needs) + self.reserved_ticks
        tokens = sum(need.tokens for need in needs) + self.reserved_tokens
        if self.max_calls is not None and self.calls + len(needs) > self.max_calls:
            return self._error("max_calls", self.max_calls, self.calls, len(needs), self.earlier_calls)
        return self.refusal(Reserve(ticks, tokens, ticks, tokens))

    def has_room(self, need: Reserve) -> bool:
        """Whether a call fits beside those that are in flight; what a call does not need is no obstacle.

        A call that is alone needs room for what is sure of it; the rest of what is reserved for it is a guess.
        """
        alone = not self.in_flight
        more_ticks, more_tokens = (need.least_ticks, need.least_tokens) if alone else (need.ticks, need.tokens)
        return self.fits(more_ticks, more_tokens)

    def fits(self, more_ticks: int, more_tokens: int) -> bool:
        """Whether so much more can be reserved."""
        ticks, tokens = self.spent_ticks + self.reserved_ticks, self.tokens + self.reserved_tokens
        return (self.max_ticks is None or not more_ticks or ticks + more_ticks <= self.max_ticks) and (
            self.max_tokens is None or not more_tokens or tokens + more_tokens <= self.max_tokens
        )

    def set_aside(self, need: Reserve) -> None:
        """Takes note of a call that starts."""
        self.add_aside(need.ticks, need.tokens)
        self.calls += 1
        self.in_flight += 1

    def add_aside(self, ticks: int, tokens: int) -> None:
        """Sets more aside for a call that has started."""
        self.reserved_ticks += ticks
        self.reserved_tokens += tokens

    def spend_reserved(self) -> None:
        """Counts all that is reserved as spent."""
        self.spent_ticks += self.reserved_ticks
        self.tokens += self.reserved_tokens
        self.reserved_ticks = self.reserved_tokens = self.in_flight = 0

    def give_back(self, need: Reserve) -> None:
        """Takes note that what was reserved for a call is no longer."""
        self.add_aside(-need.ticks, -need.tokens)
        self.in_flight -= 1
