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


def grants_nothing(message: str) -> bool:
    """Whether a sentence of the service names a limit of 0: the team may not use the model, however slowly.

    >>> grants_nothing("Your team's rate limit is — Requests per Second (actual/limit): 0/0.")
    True
    """
    found = _STATED.search(message)
    return found is not None and not found[4].strip("0,")


class AdvertisedLimit:
    """The limit a minute that headers announce, as far as it is to be believed.

    The service fills up all the time what was used, so a figure of what remains that equals the limit proves nothing,
    and the limit is believed. It is not when more was answered than the limit and what was filled up meanwhile. Nor
    when the figure stands still below the limit, although more was used than is filled up: some servers answer with
    headers that somebody wrote down once.

    Args:
        thing: What is limited.
    """

    __slots__ = ("_began", "_figure", "_later", "_limit_name", "_remaining_name", "_settled", "_text", "_used", "limit")

    ENOUGH = 5
    """Answers, beyond what was filled up meanwhile, after which a figure has to have changed."""

    def __init__(self, thing: Thing) -> None:
        self.limit: int = 0
        """What is allowed a minute; 0 where nothing believable is announced."""
        self._limit_name = f"x-ratelimit-limit-{thing}"
        self._remaining_name = f"x-ratelimit-remaining-{thing}"
        self._text: str | None = None
        self._settled = False
        self._begin(0.0)

    @property
    def ceiling(self) -> int:
        """The limit to keep; 0 for none, and as long as the figure of what remains may be one written down once."""
        return self.limit if self._settled else 0

    def confirm(self) -> None:
        """Ends the doubt: the service has refused a request for its number."""
        self._settled = True

    def heed(self, headers: Mapping[str, str], sent: float, now: float, units: float = 1.0) -> bool:
        """Reads the headers of a reply; whether :attr:`ceiling` has changed.

        Args:
            headers: Those of the reply.
            sent: When its request was sent.
            now: The time.
            units: What was used of the limit; 0 for a refusal, and where that is not known.
        """
        text = headers.get(self._limit_name)
        if text is None:
            return False
        before = self.ceiling
        if text != self._text:
            self._text, self.limit, self._settled = text, _count(text) or 0, False
            self._begin(now)
        if self.limit:
            self._use(units, sent, now)
            self._weigh(_count(headers.get(self._remaining_name, "")), units)
        return self.ceiling != before

    def _begin(self, now: float) -> None:
        self._began = now
        self._figure: int | None = None
        self._used = Level()
        """What was answered and is not filled up yet."""
        self._later = Level()
        """Of this, what was answered to requests that were sent after the first reply had come."""

    def _use(self, units: float, sent: float, now: float) -> None:
        pace = self.limit / WINDOW
        self._used.add(units, pace, now)
        self._later.add(units if sent > self._began else 0.0, pace, now)

    def _weigh(self, remaining: int | None, units: float) -> None:
        if self._used.height > self.limit:
            self.limit = 0
        elif self._settled:
            return
        elif remaining is None or remaining >= self.limit or self._figure not in (None, remaining):
            self._settled = True
        else:
            self._figure = remaining
            enough = self.ENOUGH * units
            is_missing = self._used.height >= enough and self.limit - remaining < self._used.height / 2
            if units and (is_missing or self._later.height >= enough):
                self.limit = 0


class Level:
    """How much of a limit is used up, where it is filled up evenly.

    >>> level = Level()
    >>> for now in (10.0, 11.0, 12.0):
    ...     level.add(3.0, pace=1.0, now=now)
    >>> level.height
    7.0
    """

    __slots__ = ("_since", "height")

    def __init__(self) -> None:
        self.height: float = 0.0
        self._since = 0.0

    def add(self, units: float, pace: float, now: float) -> None:
        """Adds a use.

        Args:
            units: How much is used.
            pace: What is filled up in a second.
            now: The time.
        """
        self.height = max(0.0, self.height - (now - self._since) * pace) + units
        self._since = now


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
