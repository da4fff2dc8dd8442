"""The pieces of a text that speak of one thing each: lines of an invoice, people, events."""

import re

from grokcall_sandbox.text.dates import dates_in
from grokcall_sandbox.text.details import products_in
from grokcall_sandbox.text.names import names_in
from grokcall_sandbox.text.words import sentences_of

_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,3}[.)])\s+(?P<item>.+)$", re.MULTILINE)
_END = re.compile(r"(?<!\d)[.;!?](?:\s|$)|(?<=\d)[.;!?](?:\s+[A-Z]|\s*$)|\n")
_LOOSE_ENDS = re.compile(r"[\s,;]*(?:\b(?:and|plus|with)\b)?[\s,;]*$")


def segments_of(text: str, numbers: bool, names: bool, dates: bool) -> list[str]:
    """The pieces of a text, in order; none when it speaks of one thing or of none.

    Args:
        text: What to cut: at bullets, at things with a number before them, at people, or at sentences.
        numbers: True when each piece should tell a number of things.
        names: True when each piece should tell of somebody.
        dates: True when each piece should tell a date.
    """
    bullets = [match["item"].strip() for match in _BULLET.finditer(text)]
    if len(bullets) > 1:
        return bullets
    products = [start for _, start in products_in(text)] if numbers else []
    people = [name.start for name in names_in(text) if name.kind == "person"] if names else []
    if people and (len(people) > len(products) or not products):
        return _cut(text, people)
    if products:
        return _cut(text, products)
    if dates:
        return [sentence for sentence in sentences_of(text) if dates_in(sentence)]
    return []


def _cut(text: str, starts: list[int]) -> list[str]:
    pieces = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    return [_LOOSE_ENDS.sub("", _END.split(piece, maxsplit=1)[0]) for piece in pieces]
