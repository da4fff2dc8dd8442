"""What faults tell the rest of the sandbox about a call."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """What the rate-limit headers say, a minute at a time.

    The sandbox has no limits of its own; the defaults only give clients the headers that they look for. All of each
    limit remains, as it nearly always does: the service gives back what was used all the time.
    """

    limit_requests: int = 1_000_000
    remaining_requests: int = 1_000_000
    limit_tokens: int = 10_000_000_000
    remaining_tokens: int = 10_000_000_000


@dataclass(frozen=True, slots=True)
class FaultEffects:
    """What a fault wants of the answer.

    Attributes:
        refuse: True for an answer that is a refusal.
        keep: The part of the answer's tokens after which it breaks off; None for a whole answer.
        misfit: How a structured answer misses its schema, by a number; None for one that fits.
        reasoning: The tokens that reasoning takes; None for a few, by the effort.
    """

    refuse: bool = False
    keep: float | None = None
    misfit: int | None = None
    reasoning: int | None = None
