"""What the limits of a budget are worth for a kind of call, in words."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from grokcall.budget_limits import shown
from grokcall.outcomes import usd
from grokcall_procedures.estimates import Estimate

Promises: TypeAlias = dict[tuple[str, ...], list[str]]
"""What will not happen, by the conditions under which it will not."""


class Limited(Protocol):
    """What has a name and limits; a budget does."""

    name: str
    max_ticks: int | None
    max_calls: int | None
    max_tokens: int | None
    max_duration: float | None


def promise(limits: Limited, example: Estimate) -> str | None:
    """What holds for calls like ``example``, as a sentence; None where there is no limit."""
    clauses = [firm(limits.name, words, given) for given, words in promises(limits, example).items()]
    loose = unbounded(limits, example)
    if loose:
        why = ", and ".join(example.reasons) or "nothing limits the tokens of the service's own tools"
        passed = f"the {limits.name} may {' or '.join(loose)} by what the calls in flight take"
        clauses.append(f"calls are not bounded, because {why}: {passed}")
    if limits.max_duration is not None:
        clauses.append(f"no call starts after {shown('max_duration', limits.max_duration)}")
    text = "; ".join(clauses)
    return f"{text[0].upper()}{text[1:]}." if text else None


def promises(limits: Limited, example: Estimate) -> Promises:
    """The limits that hold; how many calls are made depends on no condition."""
    found: Promises = {}
    if limits.max_ticks is not None and example.worst_ticks is not None:
        found.setdefault(example.assumptions, []).append(f"cost more than {shown('max_cost', usd(limits.max_ticks))}")
    if limits.max_calls is not None:
        found.setdefault((), []).append(f"make more than {shown('max_calls', limits.max_calls)}")
    if limits.max_tokens is not None and example.worst_tokens is not None:
        words = f"take more than {shown('max_tokens', limits.max_tokens)}"
        found.setdefault(example.token_assumptions, []).append(words)
    return found


def unbounded(limits: Limited, example: Estimate) -> list[str]:
    """The limits that calls in flight may pass."""
    found = []
    if limits.max_ticks is not None and example.worst_ticks is None:
        found.append(f"cost more than {shown('max_cost', usd(limits.max_ticks))}")
    if limits.max_tokens is not None and example.worst_tokens is None:
        found.append(f"take more than {shown('max_tokens', limits.max_tokens)}")
    return found


def firm(name: str, words: list[str], given: tuple[str, ...]) -> str:
    """A promise with its conditions."""
    return f"the {name} will not {' or '.join(words)}" + (f", as long as {' and '.join(given)}" if given else "")
