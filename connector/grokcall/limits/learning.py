"""What replies tell about limits: the headers ``x-ratelimit-*`` and the sentence of a refusal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Thing = Literal["requests", "tokens"]

WINDOW = 60.0
"""Seconds for which headers announce a limit."""

_STATED = re.compile(
    r"\b(requests|tokens) per (second|minute)\s*\(actual/limit\):\s*(\d[\d,]{0,17})\s*/\s*(\d[\d,]{0,17})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class StatedLimit:
    """The limit that a refusal names.

    Args:
        thing: What is limited.
        window: The seconds over which it is counted: 1 or 60.
        actual: What the service had counted.
        limit: What it allows, at least 1.
    """

    thing: Thing
    window: int
    actual: int
    limit: int


def stated_limit(message: str) -> StatedLimit | None:
    """The limit that a sentence of the service names, if it names one.

    >>> stated_limit("Your team's rate limit is — Requests per Second (actual/limit): 3/2.")
    StatedLimit(thing='requests', window=1, actual=3, limit=2)
    """
    found = _STATED.search(message)
    if found is None:
        return None
    thing: Thing = "requests" if found[1].lower() == "requests" else "tokens"
    actual, limit = (int(figure.replace(",", "")) for figure in found.group(3, 4))
    return StatedLimit(thing, 1 if found[2].lower() == "second" else 60, actual, limit) if limit else None


class Announcement:
    """The limit a minute that headers announce, and whether the service counts towards it.

    Some servers answer with headers that somebody wrote down once. Where several requests were answered in a moment
    and the figure of what remains did not fall, the announcement is not taken for a limit.

    Args:
        thing: What is limited.
    """

    __slots__ = (
        "_answered",
        "_began",
        "_highest",
        "_lowest",
        "_name",
        "_refills",
        "_remaining",
        "_settled",
        "_text",
        "limit",
    )

    ENOUGH = 5
    """Answers within a minute after which the figure must have moved; what may have been filled up comes on top."""

    def __init__(self, thing: Thing) -> None:
        self.limit = 0
        """What is allowed a minute; 0 where nothing believable is announced."""
        self._name = f"x-ratelimit-limit-{thing}"
        self._remaining = f"x-ratelimit-remaining-{thing}"
        # What was used may be filled up little by little; of a few requests nothing shows then, of their tokens much.
        self._refills = thing == "requests"
        self._text: str | None = None
        self._settled = False
        self._begin(0.0)

    @property
    def in_doubt(self) -> bool:
        """Whether there is an announcement that nothing has proved or disproved yet."""
        return self.limit > 0 and not self._settled

    def heed(self, headers: Mapping[str, str], now: float) -> bool:
        """Reads the headers of a reply; whether :attr:`limit` has changed or its doubt has ended."""
        text = headers.get(self._name)
        if text is None:
            return False
        if text != self._text:
            return self._announced(text, now)
        return not self._settled and self._weighed(headers, now)

    def _announced(self, text: str, now: float) -> bool:
        self._text = text
        before, self.limit = self.limit, _count(text) or 0
        self._settled = self.limit == 0
        self._begin(now)
        return self.limit != before

    def _begin(self, now: float) -> None:
        self._began = now
        self._answered = 0
        self._highest: int | None = None
        self._lowest: int | None = None

    def _weighed(self, headers: Mapping[str, str], now: float) -> bool:
        """Whether this reply ends the doubt."""
        remaining = _count(headers.get(self._remaining, ""))
        if remaining is None:
            return False
        if now - self._began > WINDOW:
            self._begin(now)
        self._answered += 1
        self._lowest = remaining if self._lowest is None else min(self._lowest, remaining)
        self._highest = remaining if self._highest is None else max(self._highest, remaining)
        fall = self._answered - ((now - self._began) * self.limit / WINDOW if self._refills else 0)
        if fall < self.ENOUGH:
            return False
        self._settled = True
        if self._highest - self._lowest < fall / 2:
            self.limit = 0
        return True


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
