"""What the limits of a budget are worth for a kind of call, in words."""

from __future__ import annotations

from typing import Protocol, TypeAlias

from grokcall.errors.budget import shown
from grokcall_procedures.estimates import Estimate
from grokcall_procedures.rates import usd

Promises: TypeAlias = dict[tuple[str, ...], list[str]]
"""What will not happen, by the conditions under which it will not."""
REMEDY = " ("
"""What stands between a reason and what would remove it."""


class Limited(Protocol):
    """What has a name and limits; a budget does."""

    name: str
    max_ticks: int | None
    max_calls: int | None
    max_tokens: int | None
    max_duration: float | None


def promise(limits: Limited, example: Estimate, in_flight: int = 1) -> str | None:
    """What holds for calls like ``example``, as one sentence or more; None where there is no limit.

    Args:
        limits: The limits.
        example: What one of the calls may take.
        in_flight: The most that run at once.
    """
    clauses = [firm(limits.name, words, given) for given, words in promises(limits, example).items()]
    if limits.max_duration is not None:
        clauses.append(f"no call starts after {shown('max_duration', limits.max_duration)}")
    sentences = [sentence("; ".join(clauses))] if clauses else []
    open_limits = unbounded(limits, example)
    if open_limits:
        sentences += loose(open_limits, example, in_flight)
    return " ".join(sentences) or None


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
        found.append(shown("max_cost", usd(limits.max_ticks)))
    if limits.max_tokens is not None and example.worst_tokens is None:
        found.append(shown("max_tokens", limits.max_tokens))
    return found


def loose(open_limits: list[str], example: Estimate, in_flight: int) -> list[str]:
    """What holds of limits that calls in flight may pass, and why they may."""
    reasons = [reason.partition(REMEDY)[0] for reason in example.reasons]
    why = ", and ".join(reasons) or "nothing limits the tokens that tools take"
    calls = "The call in flight" if in_flight == 1 else f"The calls then in flight (up to {in_flight:,})"
    reasoning = example.request_reserve.reasoning_tokens
    reserved = f"; {reasoning:,} tokens of reasoning are reserved for each, more once a reply takes more"
    return [
        f"No call starts once {' or '.join(open_limits)} are spent or reserved.",
        f"{calls} can pass that: {why}{reserved if reasoning else ''}.",
    ]


def resent(attempts: int) -> str:
    """What it means for the limits that requests are sent again when their answers are lost.

    Args:
        attempts: The most tries for one request.
    """
    return f"A request whose answer is lost is sent up to {attempts:,} times, and each time counts at its full reserve."


def firm(name: str, words: list[str], given: tuple[str, ...]) -> str:
    """A promise with its conditions."""
    return f"the {name} will not {' or '.join(words)}" + (f", as long as {' and '.join(given)}" if given else "")


def sentence(text: str) -> str:
    """Text with a capital letter and a full stop."""
    return f"{text[0].upper()}{text[1:]}."
