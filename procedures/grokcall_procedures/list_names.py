"""What a column is called that holds the rows of a call as a list."""

from __future__ import annotations

from collections.abc import Iterable

NAMELESS = "Results"
"""The name where the columns have no noun in common."""
HISSING = ("s", "x", "z", "ch", "sh")
"""Endings of nouns that take -es."""


def list_name(names: Iterable[str]) -> str:
    """The plural of the noun that stands before the underscore of each of these columns.

    >>> list_name(["Model_Id", "Model_Raw"]), list_name(["Match_Content"]), list_name(["Id", "Model_Raw"])
    ('Models', 'Matches', 'Results')
    """
    nouns = {noun if underscore else "" for noun, underscore, _ in (name.partition("_") for name in names)}
    noun = nouns.pop() if len(nouns) == 1 else ""
    return plural(noun) if noun else NAMELESS


def plural(noun: str) -> str:
    """A noun for several.

    >>> plural("Key"), plural("Entry"), plural("BatchResult")
    ('Keys', 'Entries', 'BatchResults')
    """
    if noun.endswith("y") and noun[-2:-1].lower() not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(HISSING) else f"{noun}s"
