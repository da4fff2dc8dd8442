"""The limits that the user has set."""

from __future__ import annotations

from dataclasses import dataclass

from grokcall.config.options import Options


@dataclass(frozen=True, slots=True)
class Caps:
    """The limits that the user has set, each of them for every model; None for what is to be learned.

    Args:
        concurrency: The most requests under way at once.
        requests_per_second: Requests a second, above 0.
        requests_per_minute: Requests a minute, above 0.
        tokens_per_minute: Tokens a minute, of requests and answers, above 0.
    """

    concurrency: int
    requests_per_second: float | None = None
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None


def caps_of(options: Options) -> Caps:
    """The limits among the options of a connection; those that are not set are to be learned."""
    return Caps(
        concurrency=options.concurrency,
        requests_per_second=options.requests_per_second,
        requests_per_minute=options.requests_per_minute,
        tokens_per_minute=options.tokens_per_minute,
    )
