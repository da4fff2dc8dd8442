"""How many tokens a request will use, before it is sent, and how many it did use."""

from __future__ import annotations

import re

_TOTAL = re.compile(rb'"total_tokens"\s*:\s*(\d{1,12})')
_CEILING = re.compile(rb'"max_(?:(?:output|completion)_)?tokens"\s*:\s*(\d{1,12})')

BYTES_A_TOKEN = 3
FIRST_ANSWER = 1_000
"""Tokens that an answer is taken for before the first one came, unless the request has a limit of its own."""

_WEIGHT = 0.1
"""How much the newest answer counts in the average."""


class TokenEstimate:
    """Guesses from the length of a request, and from what the requests so far have used beyond theirs."""

    def __init__(self) -> None:
        self._beyond: float | None = None

    def of(self, body: bytes) -> float:
        """About how many tokens a request with this body will use, its answer included; at least 1."""
        beyond = self._beyond
        if beyond is None:
            ceiling = _last(_CEILING, body, b'tokens"')
            beyond = FIRST_ANSWER if ceiling is None else ceiling
        return max(1.0, len(body) / BYTES_A_TOKEN + beyond)

    def learn(self, body: bytes, total: int) -> None:
        """Takes note of the tokens that a request with this body has used, its answer included."""
        beyond = total - len(body) / BYTES_A_TOKEN
        self._beyond = beyond if self._beyond is None else self._beyond + _WEIGHT * (beyond - self._beyond)


def usage_of(reply: bytes) -> int | None:
    """All the tokens that an answer says were used; None when it says nothing.

    >>> usage_of(b'{"usage":{"input_tokens":10,"output_tokens":2,"total_tokens":12}}')
    12
    """
    return _last(_TOTAL, reply, b'"total_tokens"')


def _last(pattern: re.Pattern[bytes], text: bytes, near: bytes) -> int | None:
    # From the end, because that is where these members stand. In a text the quotation marks would be escaped.
    at = text.rfind(near)
    found = pattern.search(text, max(0, at - 32)) if at >= 0 else None
    return int(found[1]) if found else None
