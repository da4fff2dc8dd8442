"""What a budget can limit, and how limits are read."""

from __future__ import annotations

import math
from decimal import ROUND_FLOOR, Decimal, InvalidOperation

from grokcall.errors import InterfaceError
from grokcall_procedures.rates import TICKS_PER_USD


def ticks_of(cost: Decimal | float | str | None, name: str = "max_cost") -> int | None:
    """USD as ticks, rounded down; ``name`` is the option's, for messages.

    Raises:
        InterfaceError: It is negative or no number.
    """
    if cost is None:
        return None
    try:
        amount = Decimal(str(cost).strip())
    except InvalidOperation:
        raise InterfaceError(f"{name} must be an amount in USD such as 2.50, not {cost!r}") from None
    if not amount.is_finite() or amount < 0:
        raise InterfaceError(f"{name} must be 0 or more USD, not {cost!r}")
    return int((amount * TICKS_PER_USD).to_integral_value(ROUND_FLOOR))


def count_of(name: str, count: int | None) -> int | None:
    """A limit of calls or tokens, once it is seen to be one."""
    if count is None:
        return None
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise InterfaceError(f"{name} must be a whole number of 0 or more, not {count!r}")
    return count


def seconds_of(duration: float | None, name: str = "max_duration") -> float | None:
    """A limit of time, once it is seen to be one."""
    if duration is None:
        return None
    if isinstance(duration, bool) or not isinstance(duration, int | float) or not 0 <= duration < math.inf:
        raise InterfaceError(f"{name} must be 0 or more seconds, not {duration!r}")
    return float(duration)
