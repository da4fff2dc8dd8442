"""What may be spent: the limits of a statement, a lookup or a connection, and what its calls are estimated with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Annotated, Any, Self

from grokcall.budget.budget import Budget
from grokcall.budget.limits import count_of, seconds_of, ticks_of
from grokcall.core.declarations import declarations, described
from grokcall.core.option_facts import (
    ASSUMED_OUTPUT_TOKENS,
    ASSUMED_REASONING_TOKENS,
    ASSUMED_TOOL_COST,
    MAX_CALLS,
    MAX_COST,
    MAX_DURATION,
    MAX_TOKENS,
)
from grokcall.errors import InterfaceError
from grokcall_parser.suggestions import hint
from grokcall_procedures.estimates import Allowances


@described
@dataclass(frozen=True, slots=True)
class SpendingLimits:
    """Limits of money, calls, tokens and time.

    Raises:
        InterfaceError: A limit is negative or no number; the message names it.

    >>> SpendingLimits(max_cost="0.10", max_calls=20).max_calls
    20
    """

    max_cost: Annotated[Decimal | float | str | None, MAX_COST] = None
    max_calls: Annotated[int | None, MAX_CALLS] = None
    max_tokens: Annotated[int | None, MAX_TOKENS] = None
    max_duration: Annotated[float | None, MAX_DURATION] = None
    assumed_output_tokens: Annotated[int | None, ASSUMED_OUTPUT_TOKENS] = None
    assumed_reasoning_tokens: Annotated[int | None, ASSUMED_REASONING_TOKENS] = None
    assumed_tool_cost: Annotated[Decimal | float | str | None, ASSUMED_TOOL_COST] = None

    def __post_init__(self) -> None:
        for name, known in declarations(SpendingLimits).items():
            value, least = getattr(self, name), known.about.least
            if Decimal in known.types:
                ticks_of(value, name)
            elif float in known.types:
                seconds_of(value, name)
            elif (count := count_of(name, value)) is not None and least is not None and count < least:
                raise InterfaceError(f"{name} must be at least {least}")

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
    def taken_from(cls, given: Mapping[str, Any], whose: str) -> tuple[Self, dict[str, Any]]:
        """The limits among keyword arguments, and the arguments that are none.

        Raises:
            InterfaceError: A limit cannot have its value; ``whose`` says what took it.
        """
        known = {item.name for item in fields(cls)}
        limits = {name: value for name, value in given.items() if name in known}
        return cls.named(limits, whose), {name: value for name, value in given.items() if name not in known}

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
