"""The limits that the user has set."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caps:
    """The limits that the user has set, each of them for every model; None for what is to be learned.

    Args:
        concurrency: Requests under way at once, at the most.
        requests_per_second: Requests a second, above 0.
        requests_per_minute: Requests a minute, above 0.
        tokens_per_minute: Tokens a minute, of requests and answers, above 0.
        adapt: Whether to learn from replies and to vary the concurrency; a pause after a refusal is kept in any case.
    """

    concurrency: int
    requests_per_second: float | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    adapt: bool = True


def caps_of(options: object) -> Caps:
    """The limits among the options of a connection; what the options do not have is to be learned."""
    return Caps(
        concurrency=getattr(options, "concurrency", 64),
        requests_per_second=getattr(options, "requests_per_second", None),
        requests_per_minute=getattr(options, "requests_per_minute", None),
        tokens_per_minute=getattr(options, "tokens_per_minute", None),
        adapt=getattr(options, "adapt", True),
    )
