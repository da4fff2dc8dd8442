"""A limit is reached, and how its amounts are told."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, TypeAlias

from grokcall_parser.errors import OperationalError

Limit: TypeAlias = Literal["max_cost", "max_calls", "max_tokens", "max_duration"]


Amount: TypeAlias = Decimal | int | float
"""USD as a Decimal, calls and tokens as an int, seconds as a float."""


class BudgetReachedError(OperationalError):
    """A limit that was set for the cost, calls, tokens or time is reached; nothing was sent for this call.

    Args:
        reason: Which limit.
        cap: The limit: USD as a Decimal, calls, tokens, or seconds.
        spent: How much of it is used up.
        needed: The most that the next call can take.
        name: Whose limit it is, for example ``run``.
        earlier: How much of ``spent`` was used up by earlier tries of the same run; 0 where there were none.
    """

    error_code = "budget"
    retryable = False
    systemic = True

    def __init__(
        self, reason: Limit, cap: Amount, spent: Amount, needed: Amount, name: str = "run", earlier: Amount = 0
    ) -> None:
        self.reason: Limit = reason
        self.cap = cap
        self.spent = spent
        self.needed = needed
        self.name = name
        self.earlier = earlier
        before = f", {shown(reason, earlier)} of it in earlier tries" if earlier else ""
        wants = f" and the next call may take {shown(reason, needed)}" if reason in ("max_cost", "max_tokens") else ""
        super().__init__(
            f"the {name}'s {reason} of {shown(reason, cap)} is reached: {shown(reason, spent)} used{before}{wants}"
        )
        self.advice: str = f"raise {reason} for more"
        """What can be done; what is kept for going on is known to who made the calls."""

    def __str__(self) -> str:
        return f"{super().__str__()}; {self.advice}" if self.advice else super().__str__()

    def __reduce__(self) -> tuple[object, ...]:
        facts = (self.reason, self.cap, self.spent, self.needed, self.name, self.earlier)
        return type(self), facts, {"advice": self.advice}

    def as_dict(self) -> dict[str, object]:
        """The facts under their names, for logs and JSON; USD are text so that they stay exact.

        >>> BudgetReachedError("max_calls", 20, 20, 1, "lookup").as_dict()["spent"]
        20
        """
        amounts = {"cap": self.cap, "spent": self.spent, "earlier": self.earlier, "needed": self.needed}
        plain = {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in amounts.items()}
        return {"reason": self.reason, "of": self.name, **plain}


def shown(limit: Limit, amount: Amount) -> str:
    """An amount of what a limit counts, for people.

    >>> shown("max_cost", Decimal("0.0500000000")), shown("max_calls", 1200)
    ('0.05 USD', '1,200 calls')
    """
    if limit == "max_cost":
        exact = format(Decimal(amount).normalize(), "f")
        return f"{exact} USD"
    if limit == "max_duration":
        return f"{amount:g} s"
    return f"{amount:,} {limit.removeprefix('max_')}"
