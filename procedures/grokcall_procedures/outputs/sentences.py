"""The sentences of an answer, and which of them cite an address."""

from __future__ import annotations

import re
from collections.abc import Iterator

MARK = re.compile(r"\[\[\d+\]\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)")
"""How an answer cites in its text: ``[[1]](https://…)``."""
FILLER = "\0"
"""Stands for each character of a mark while sentences are told apart, for addresses have points in them."""
MARKS = rf"(?:[ \t]*{FILLER}++)*"
END = re.compile(rf"""(?<![.!?…])[.!?…]++["'”’)\]*_]*+{MARKS}(?=\s|$)|[。！？]+[”’」』）]*{MARKS}|\n+""")
NO_END = re.compile(r"(?:^|\n)[ \t]*\d{1,3}\.$|\b(?:e\.g|i\.e|etc|cf|vs|approx|No|Dr|Mr|Mrs|Ms|St|Prof)\.$")
"""What has a point at its end and goes on: the number of an entry in a list, and some short forms."""
LONGEST_SHORT_FORM = 10
"""Characters before a point, and blanks after it, that are looked at."""
LIST_BULLETS = re.compile(r"^(?:[-*•]|\d{1,3}[.)])[ \t]+")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where each sentence of a text begins and ends; a mark after the point belongs to what stands before it.

    >>> text = "It is out. [[1]](https://a.example/) See v. 2.0."
    >>> [text[start:end] for start, end in sentences(text)]
    ['It is out. [[1]](https://a.example/)', 'See v. 2.0.']
    """
    masked = MARK.sub(lambda mark: FILLER * len(mark[0]), text)
    start = 0
    for end in END.finditer(masked):
        if goes_on(masked, end):
            continue
        yield from stripped(text, start, end.end())
        start = end.end()
    yield from stripped(text, start, len(text))


def goes_on(text: str, end: re.Match[str]) -> bool:
    """Whether what looks like the end of a sentence is none: a short form, or a small letter or figure follows."""
    if not end[0].startswith(".") or FILLER in end[0]:
        return False
    before = text[max(0, end.start() - LONGEST_SHORT_FORM) : end.start() + 1]
    after = text[end.end() : end.end() + LONGEST_SHORT_FORM].lstrip(" \t")[:1]
    return after.islower() or NO_END.search(before) is not None or (after.isdigit() and is_letter(before))


def is_letter(before: str) -> bool:
    """Whether what ends in a point is a single letter, as in ``v. 2``."""
    word = before[:-1].rpartition(" ")[2]
    return len(word) == 1 and word.isalpha()


def stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A part of a text without the blanks around it; nothing where there is nothing else."""
    part = text[start:end]
    if part.strip():
        yield start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())


def sentences_at(text: str, places: list[int]) -> str | None:
    """The sentences in which some places lie, each once and without marks; None where there is none.

    >>> sentences_at("- Yes [[1]](https://a.example/). No.", [7])
    'Yes.'
    """
    found = [text[start:end] for start, end in sentences(text) if any(start <= place < end for place in places)]
    told = [plain for each in dict.fromkeys(found) if (plain := without_marks(each))]
    return " ".join(told) or None


def without_marks(sentence: str) -> str:
    """A sentence as one would read it: no marks, and no bullet of a list before it."""
    plain = re.sub(r"[ \t]+", " ", MARK.sub("", LIST_BULLETS.sub("", sentence)))
    return re.sub(r" +(?=[.,;:!?](?:\s|$))", "", plain).strip()
