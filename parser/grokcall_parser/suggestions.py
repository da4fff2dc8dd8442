"""The name that somebody probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST_NAME = 100


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like ``name``, or None when none is near; case and underscores do not count.

    Args:
        name: What was written. A name of more than 100 characters is near to nothing.
        candidates: What could have been meant; of two that are equally near, the one that sorts last is taken.

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
    matches = difflib.get_close_matches(folded(name), spellings, n=1)
    return spellings[matches[0]] if matches else None


def folded(name: str) -> str:
    """``name`` without what people get wrong most: case and underscores."""
    return name.casefold().replace("_", "")
