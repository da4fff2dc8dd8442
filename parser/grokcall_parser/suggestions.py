"""The name that somebody probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST_NAME = 100
MOST_TIES = 20
"""Candidates among which the first of the nearest is looked for."""


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like ``name``, or None when none is near; case and underscores do not count.

    Args:
        name: What was written. A name of more than 100 characters is near to nothing.
        candidates: What could have been meant; of two that are equally near, one with the same letters is
            taken, else the first.

    >>> nearest("max_tokens", ["MaxOutputTokens", "Model", "MaxTurns"])
    'MaxOutputTokens'
    >>> nearest("zebra", ["Model"]) is None
    True
    """
    if len(name) > LONGEST_NAME:
        return None
    spellings: dict[str, str] = {}
    for candidate in candidates:
        spellings.setdefault(folded(candidate), candidate)
    wanted, order = folded(name), list(spellings)
    matches = difflib.get_close_matches(wanted, spellings, n=MOST_TIES)
    matcher = difflib.SequenceMatcher(b=wanted)

    def nearness(match: str) -> tuple[float, bool, int]:
        matcher.set_seq1(match)
        return matcher.ratio(), sorted(match) == sorted(wanted), -order.index(match)

    return spellings[max(matches, key=nearness)] if matches else None


def folded(name: str) -> str:
    """``name`` without what people get wrong most: case and underscores."""
    return name.casefold().replace("_", "")


def hint(name: str, known: Iterable[str], otherwise: str | None = None, *, quoted: bool = False) -> str:
    """What a message says after a name that is unknown: the one that was meant, or what there is.

    Args:
        name: What was written.
        known: What could have been meant.
        otherwise: What is said where none is near; None for the list of what there is.
        quoted: Whether names stand in quotation marks, because they may hold anything.

    >>> hint("tmeout", ["timeout", "catalog"]), hint("x", ["timeout", "catalog"])
    ('did you mean timeout?', 'it has: timeout, catalog')
    >>> hint("x", ["a b"], quoted=True)
    "it has: 'a b'"
    """
    names = list(known)
    near = nearest(name, names)
    if near is not None:
        return f"did you mean {near!r}?" if quoted else f"did you mean {near}?"
    if otherwise is not None:
        return otherwise
    return f"it has: {', '.join(map(repr, names) if quoted else names) or 'none'}"
