"""What the limits of a budget are worth for a kind of call, in words."""

from __future__ import annotations

from typing import Protocol

from grokcall.budget_limits import shown
from grokcall.outcomes import usd
from grokcall_procedures.estimates import Estimate


class Limited(Protocol):
    """What has a name and limits; a budget does."""

    name: str
    max_ticks: int | None
    max_calls: int | None
    max_tokens: int | None
    max_duration: float | None


def promise(limits: Limited, example: Estimate) -> str | None:
    """What holds for calls like ``example``, as a sentence; None where there is no limit."""
    firm = [f"make more than {shown('max_calls', limits.max_calls)}"] if limits.max_calls is not None else []
    loose: list[str] = []
    if limits.max_ticks is not None:
        words = f"cost more than {shown('max_cost', usd(limits.max_ticks))}"
        (loose if example.worst_ticks is None else firm).insert(0, words)
    if limits.max_tokens is not None:
        words = f"take more than {shown('max_tokens', limits.max_tokens)}"
        (loose if example.worst_tokens is None else firm).append(words)
    clauses = []
    if firm:
        given = f", as long as {' and '.join(example.assumptions)}" if example.assumptions else ""
        clauses.append(f"the {limits.name} will not {' or '.join(firm)}{given}")
    if loose:
        why = ", and ".join(example.reasons) or "nothing limits the tokens of the service's own tools"
        passed = f"the {limits.name} may {' or '.join(loose)} by what the calls in flight take"
        clauses.append(f"calls are not bounded, because {why}: {passed}")
    if limits.max_duration is not None:
        clauses.append(f"no call starts after {shown('max_duration', limits.max_duration)}")
    text = "; ".join(clauses)
    return f"{text[0].upper()}{text[1:]}." if text else None
