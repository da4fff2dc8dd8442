"""Why an answer does not have the shape that was declared for it."""

from __future__ import annotations

import json
from decimal import Decimal

LONGEST_SHOWN = 60


class Mismatch(ValueError):  # noqa: N818 - a private signal; the steps ask again, or turn it into an AnswerMismatchError
    """A part of an answer is not what was declared.

    Args:
        place: Where, as in ``address.lines[2]``.
        expected: What was declared.
        found: What came, see :func:`shown`.
    """

    def __init__(self, place: str, expected: str, found: str) -> None:
        self.place = place
        self.expected = expected
        self.found = found
        super().__init__(f"{place}: expected {expected}, found {found}")


class Refused(Mismatch):
    """A part of an answer has the declared type, and is refused by the Python type that it was to become.

    Args:
        place: Where.
        reason: Why.
    """

    def __init__(self, place: str, reason: str) -> None:
        ValueError.__init__(self, f"{place}: {reason}")
        self.place, self.expected, self.found = place, reason, ""

    def below(self, place: str) -> Refused:
        """The same of an object that stands somewhere in the answer."""
        return Refused(f"{place}.{self.place}", self.expected) if place else self


def wrong(place: str, expected: object, value: object) -> Mismatch:
    """The mismatch for a value that is something else than expected."""
    return Mismatch(place, str(expected), shown(value))


def shown(value: object) -> str:
    """A value of an answer, shortened, as a message shows it.

    >>> shown("high"), shown([1, 2]), shown(None)
    ('the text "high"', 'the list [1, 2]', 'null')
    """
    text = json.dumps(value, ensure_ascii=False, default=plain_number)
    text = text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
    if isinstance(value, str):
        return f"the text {text}"
    if isinstance(value, list):
        return f"the list {text}"
    return f"the object {text}" if isinstance(value, dict) else text


def plain_number(value: object) -> float | str:
    """A decimal for a message; its digits do not matter there."""
    return float(value) if isinstance(value, Decimal) else str(value)
