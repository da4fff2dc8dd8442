"""What may be spent: the limits of a statement, a lookup or a connection, and what its calls are estimated with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Self

from grokcall.budget.budget import Budget
from grokcall.budget.limits import count_of, seconds_of, ticks_of
from grokcall.errors import InterfaceError
from grokcall_parser.suggestions import hint
from grokcall_procedures.estimates import Allowances


@dataclass(frozen=True, slots=True)
class SpendingLimits:
    """Limits of money, calls, tokens and time.

    Args:
        max_cost: USD that may be spent, 0 or more, as text, Decimal or number; None for no limit, as for all of them.
        max_calls: Calls that may be made.
        max_tokens: Tokens that may be read and written together.
        max_duration: Seconds after which no call starts any more.
        assumed_output_tokens: Tokens of the longest text of an answer, where a call sets no MaxOutputTokens; not sent.
        assumed_reasoning_tokens: Tokens of the longest reasoning of one answer; not sent.
        assumed_tool_cost: The most USD that tools add to a call that uses them, over all of its turns.

    Raises:
        InterfaceError: A limit is negative or no number; the message names it.

    >>> SpendingLimits(max_cost="0.10", max_calls=20).max_calls
    20
    """

    max_cost: Decimal | float | str | None = None
    max_calls: int | None = None
    max_tokens: int | None = None
    max_duration: float | None = None
    assumed_output_tokens: int | None = None
    assumed_reasoning_tokens: int | None = None
    assumed_tool_cost: Decimal | float | str | None = None

    def __post_init__(self) -> None:
        ticks_of(self.max_cost)
        count_of("max_calls", self.max_calls)
        count_of("max_tokens", self.max_tokens)
        seconds_of(self.max_duration)
        ticks_of(self.assumed_tool_cost, "assumed_tool_cost")
        for name in ("assumed_output_tokens", "assumed_reasoning_tokens"):
            if count_of(name, getattr(self, name)) == 0:
                raise InterfaceError(f"{name} must be at least 1")

    @classmethod
    def named(cls, given: Mapping[str, object], whose: str) -> Self:
        """The limits among keyword arguments.

        Raises:
            InterfaceError: One of the names is none of a limit; ``whose`` says what took it.
        """
        known = [item.name for item in fields(cls)]
        stray = next((name for name in given if name not in known), None)
        if stray is not None:
            raise InterfaceError(f"{whose} has no limit {stray!r}; {hint(stray, known)}")
        return cls(**given)  # type: ignore[arg-type]  # each limit looks at its value itself

    @classmethod
    def among(cls, options: object) -> Self:
        """The limits among the attributes of an object with such options."""
        return cls(**{item.name: getattr(options, item.name) for item in fields(cls)})

    def budget(self, name: str, parent: Budget | None = None) -> Budget | None:
        """A fresh budget with these limits, below another; that other one where nothing is limited here."""
        limits = (self.max_cost, self.max_calls, self.max_tokens, self.max_duration)
        return parent if limits == (None, None, None, None) else Budget(*limits, name=name, parent=parent)

    def allowances(self, usual: Allowances) -> Allowances:
        """What is taken for granted: what is said here, else the usual."""
        changed = usual
        if self.assumed_output_tokens is not None:
            changed = replace(changed, assumed_output_tokens=self.assumed_output_tokens)
        if self.assumed_reasoning_tokens is not None:
            changed = replace(changed, assumed_reasoning_tokens=self.assumed_reasoning_tokens)
        if self.assumed_tool_cost is not None:
            changed = replace(changed, max_tool_ticks=ticks_of(self.assumed_tool_cost))
        return changed


UNLIMITED = SpendingLimits()
