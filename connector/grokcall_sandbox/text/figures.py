"""Numbers in a text with what they are of, and the one that a property's name asks for."""

import re
from collections.abc import Callable, Set
from dataclasses import dataclass
from functools import lru_cache

from grokcall_sandbox.text.dates import dates_in
from grokcall_sandbox.text.words import NUMBER_WORDS, listed, stem, words_of

_FIGURE = re.compile(
    r"(?<![\w./:#-])(?P<sign>-?)(?P<symbol>[$€£¥]?)\s?"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d{1,9})?|\d{1,15}(?:\.\d{1,9})?)(?!\d|[-/:.]\d|,\d{3})"
    r"(?P<unit>[-\s]?(?:%|°|[€£$¥]|[A-Za-zÀ-ÿ]{1,14})?(?:[- ]old)?)"
)
_SPELLED = re.compile(
    r"\b(?P<word>" + "|".join(word for word in NUMBER_WORDS if word != "one") + r")\b[ -]?(?P<unit>[A-Za-z]*)", re.I
)
_MONEY = listed("€ $ £ ¥ eur usd gbp chf jpy euro euros dollar dollars cents")
_TIMES = listed("second seconds minute minutes hour hours day days week weeks month months year years")
_UNITS = {
    "weight": "kg g kilo kilos kilograms grams lb lbs pounds tons",
    "height": "cm m meters metres ft feet inches",
    "length": "cm m km mm meters metres ft feet inches miles",
    "width": "cm m mm ft feet inches",
    "distance": "km m miles meters metres kilometers kilometres",
    "temperature": "° c f degrees celsius fahrenheit",
    "duration": " ".join(_TIMES),
    "speed": "kmh mph",
    "rating": "star stars",
}
_PRICED = listed(
    "price amount cost subtotal tax fee balance salary paid revenue budget discount shipping payment total sum "
    "rate value vat deposit refund"
)
_COUNTED = listed("quantity qty count units pieces number copies people persons guests")
_AGE_BEFORE = listed("age aged is am i'm turned turns was are")
_PERCENT = listed("percent percentage share rate discount tax vat growth")
_LOOSE = listed("a an the of in num no nr number count is per id value")
_NEVER_COUNTED = _MONEY | _TIMES | {"%", "°"}
_OUT_OF = re.compile(r"(?<![\d/])(\d{1,2}(?:\.\d)?)\s?(?:/|out of)\s?(?:5|10|100)\b(?!/)")
_SCALES = {"thousand": 1e3, "k": 1e3, "million": 1e6, "billion": 1e9}
_NEAR = 8
_MAX_LENGTH = 8_000


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a text: its value, its unit or the word behind it, and its place among the words."""

    value: float
    unit: str
    start: int
    place: int
    before: str
    money: bool


@lru_cache(maxsize=256)
def figures_in(text: str) -> tuple[Figure, ...]:
    """The numbers of a text, in order; parts of dates, times and codes are none."""
    text = text[:_MAX_LENGTH]
    dates = [(moment.start, moment.end) for moment in dates_in(text)]
    found = []
    for match in _FIGURE.finditer(text):
        if not any(start <= match.start("digits") < end for start, end in dates):
            value = float(match["digits"].replace(",", "")) * (-1 if match["sign"] else 1)
            found.append(_figure(text, match, value, bool(match["symbol"])))
    found += [_figure(text, match, NUMBER_WORDS[match["word"].lower()], False) for match in _SPELLED.finditer(text)]
    return tuple(sorted(found, key=lambda figure: figure.start))


def find_figure(words: list[str], text: str, used: Set[int]) -> Figure | None:
    """The number that a property means by its name; None when no number of the text is told to be that.

    Args:
        words: The words of the property's name, see `name_words`.
        text: Where to look.
        used: Where numbers start that another property took.
    """
    figures = list(figures_in(text))
    free = [figure for figure in figures if figure.start not in used]
    return _telling(words, text, free) or _telling(words, text, figures) or _nearest(set(words) - _LOOSE, text, free)


def _telling(words: list[str], text: str, free: list[Figure]) -> Figure | None:
    """The figure whose kind, unit or neighbour says that it is meant."""
    told = set(words) - _LOOSE
    if "age" in told:
        return next(filter(_is_age, free), None)
    for name, fits in _KINDS:
        if name & set(words) and (fitting := [figure for figure in free if fits(figure)]):
            near = _nearest(told - name if told - name else told, text, fitting)
            if near is None and told & {"total", "sum"}:
                return max(fitting, key=lambda figure: figure.value)
            return near or fitting[0]
    for dimension, units in _UNITS.items():
        if dimension in told:
            fitting = [figure for figure in free if figure.unit in units.split()]
            if fitting:
                return fitting[0]
    named = [figure for figure in free if any(_akin(figure.unit, word) for word in told)]
    return named[0] if named else None


def next_figure(text: str, used: Set[int]) -> Figure | None:
    """The first number that no property took; the first of all when each is taken, None when there is none."""
    figures = figures_in(text)
    return next((figure for figure in figures if figure.start not in used), figures[0] if figures else None)


def rating_in(text: str) -> float | None:
    """The number before `/5`, `/10` or `out of 5`; None without such a thing."""
    found = _OUT_OF.search(text[:_MAX_LENGTH])
    return float(found.group(1)) if found else None


def years_in(text: str) -> list[int]:
    """The years that a text names, in dates or by themselves."""
    return [int(year) for year in re.findall(r"(?<![\d.,])(?:1[5-9]|20|21)\d\d(?![\d,]|\.\d)", text[:_MAX_LENGTH])]


def _figure(text: str, match: re.Match[str], value: float, money: bool) -> Figure:
    before = words_of(text[max(0, match.start() - 30) : match.start()])
    unit = match["unit"].strip(" -\n\t").lower()
    value *= _SCALES.get(unit, 1)
    place = len(text[: match.start()].split())
    return Figure(value, unit, match.start(), place, before[-1] if before else "", money or unit in _MONEY)


def _is_age(figure: Figure) -> bool:
    if not 0 < figure.value < 130 or figure.money:
        return False
    if figure.unit.startswith("year") or figure.unit in ("old", "yo", "yrs"):
        return True
    return figure.before in _AGE_BEFORE and (not figure.unit or figure.unit in ("and", "or", "but"))


def _is_count(figure: Figure) -> bool:
    return not figure.money and figure.unit not in _NEVER_COUNTED and figure.value == int(figure.value)


_KINDS: tuple[tuple[frozenset[str], Callable[[Figure], bool]], ...] = (
    (frozenset(("percent", "percentage")), lambda figure: figure.unit == "%"),
    (_PRICED, lambda figure: figure.money),
    (_PERCENT, lambda figure: figure.unit == "%"),
    (_COUNTED, _is_count),
)


def _nearest(told: Set[str], text: str, figures: list[Figure]) -> Figure | None:
    """The figure with the fewest words between it and a word of the name; of two as near the one behind the word."""
    pieces = enumerate(text[:_MAX_LENGTH].split())
    places = [at for at, piece in pieces if any(_akin(said, word) for said in words_of(piece) for word in told)]
    if not places or not figures:
        return None

    def distance(figure: Figure) -> tuple[int, bool]:
        return min((abs(figure.place - at), figure.place < at) for at in places)

    nearest = min(figures, key=distance)
    return nearest if distance(nearest)[0] <= _NEAR else None


def _akin(said: str, asked: str) -> bool:
    """True for words of one stem, or of one beginning of four letters at least, such as `serves` and `servings`."""
    said, asked = stem(said), stem(asked)
    if said == asked:
        return bool(said)
    short, long = sorted((said, asked), key=len)
    return len(short) >= 4 and long.startswith(short) and len(long) - len(short) <= 3
