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

    Some servers answer with headers that somebody wrote down once. Where more was answered than is said to be used, or
    the figure of what remains does not fall, the announcement is not taken for a limit.

    Args:
        thing: What is limited.
    """

    __slots__ = (
        "_answered",
        "_began",
        "_first",
        "_later",
        "_lowest",
        "_name",
        "_refills",
        "_remaining",
        "_settled",
        "_text",
        "limit",
    )

    ENOUGH = 5
    """Answers within a minute that decide; what may have been filled up meanwhile comes on top."""

    def __init__(self, thing: Thing) -> None:
        self.limit: int = 0
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

    def confirm(self) -> None:
        """Ends the doubt: the service has refused a request for its number."""
        self._settled = True

    def heed(self, headers: Mapping[str, str], sent: float, now: float) -> bool:
        """Reads the headers of a reply to a request; whether :attr:`limit` has changed or its doubt has ended."""
        text = headers.get(self._name)
        if text is None:
            return False
        if text != self._text:
            return self._announced(text, headers, now)
        return not self._settled and self._weighed(headers, sent, now)

    def _announced(self, text: str, headers: Mapping[str, str], now: float) -> bool:
        self._text = text
        before, self.limit = self.limit, _count(text) or 0
        self._settled = self.limit == 0
        self._begin(now)
        if not self._settled:
            self._weighed(headers, now, now)
        return self.limit != before

    def _begin(self, now: float) -> None:
        self._began = now
        self._answered = 0
        self._later = 0
        """Of these, those to requests that were sent after the first reply had come."""
        self._first: int | None = None
        self._lowest = 0

    def _weighed(self, headers: Mapping[str, str], sent: float, now: float) -> bool:
        """Whether this reply ends the doubt."""
        remaining = _count(headers.get(self._remaining, ""))
        if remaining is None:
            return False
        if now - self._began > WINDOW:
            self._begin(now)
        if self._first is None:
            self._first = self._lowest = remaining
        self._lowest = min(self._lowest, remaining)
        self._answered += 1
        self._later += sent > self._began
        refilled = (now - self._began) * self.limit / WINDOW if self._refills else 0.0
        is_counted = self._verdict(self._answered - refilled, self._later - refilled)
        if is_counted is None:
            return False
        self._settled = True
        if not is_counted:
            self.limit = 0
        return True

    def _verdict(self, answered: float, later: float) -> bool | None:
        """Whether the service counts, None as long as that is open, after so many answers."""
        assert self._first is not None
        if answered >= self.ENOUGH and self.limit - self._lowest < answered / 2:
            return False
        return self._first - self._lowest >= later / 2 if later >= self.ENOUGH else None


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
