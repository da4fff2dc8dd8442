"""Words: splitting, stems, and small lists of those that tell a mood or a matter."""

import re
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+|\n+")
_NUMBER = re.compile(r"(?<![\w.])-?\d{1,15}(?:\.\d{1,9})?(?![\w]|\.\d)")


def listed(words: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(words.split())


STOPWORDS = listed(
    "a about above after again all also am an and any are as at be because been before being below between both "
    "but by can could did do does doing down during each few for from further had has have having he her here "
    "hers him his how i if in into is it its itself just me more most my no nor not now of off on once only or "
    "other our out over own same she should so some such than that the their them then there these they this "
    "those through to too under until up very was we were what when where which while who whom why will with "
    "would you your please i'm it's"
)

# Words that ask for something or say when, and are hardly ever what a request is about.
ASKING = listed(
    "add answer ask assume choose classify compare compute consider correct count create define describe detect "
    "determine discuss draw echo estimate evaluate exactly explain express extract fill find format generate get "
    "give guess help identify imagine know label let let's like list look make mean mention name need nothing "
    "output pick print provide rate read recommend repeat reply respond return rewrite say select sentence show "
    "single solve sort state suggest summarise summarize tell think today tomorrow tonight translate try use want "
    "what's who's word words write yesterday"
)

NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], start=1
    )
} | {"fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100}

POSITIVE = listed(
    "good great excellent love loved lovely happy amazing awesome perfect wonderful fantastic thanks thank best "
    "nice pleased delighted recommend superb brilliant friendly fast helpful satisfied enjoy enjoyed glad yes "
    "true"
)
NEGATIVE = listed(
    "bad terrible awful hate hated angry broken never late worst poor horrible disappointed disappointing refund "
    "useless damaged missing fail failed fails wrong rude slow unhappy complaint problem annoying lost cancel no "
    "not false defect defective crash crashes error"
)

# What people write when they mean a category, by the category's own words.
_MATTERS = (
    "complaint negative angry unhappy never broken terrible awful worst disappointed late damaged missing rude bad",
    "praise positive compliment great love excellent thanks wonderful perfect happy amazing awesome good best",
    "neutral okay average fine ordinary",
    "billing payment invoice charge charged card credit price bill paid pay money refund overcharged subscription fee",
    "shipping delivery parcel package courier arrive arrived deliver shipment tracking late order",
    "technical bug error crash login install broken software app update password website freeze outage",
    "account login password email profile username sign registration",
    "return refund exchange replacement warranty back money",
    "sales buy purchase quote pricing upgrade demo trial order discount",
    "question how what when where which why can could help",
    "urgent immediately asap emergency critical now down outage",
    "spam win prize lottery click free winner viagra",
    "sport sports football match team goal league player tennis game olympic",
    "politics election government president minister parliament vote policy",
    "business finance market stock shares bank company profit economy",
    "technology tech science computer software phone internet ai robot research",
    "health medical doctor patient hospital disease medicine drug",
    "travel flight hotel holiday trip airport booking",
    "food restaurant meal cook recipe dish taste",
    "product quality feature item defect size colour color",
    "feedback suggestion idea wish improve feature request",
    "cancellation cancel unsubscribe terminate leave",
)


def mentions(text: str, hints: tuple[str, ...]) -> bool:
    """True when one of the lower-case hints occurs in the text: a quick look before a slower one."""
    low = text.lower()
    return any(hint in low for hint in hints)


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, in order."""
    return _WORD.findall(text.lower())


def subject_of(text: str) -> str | None:
    """The last word that is likely to name a thing, in lower case: `sea` of `Tell me about the sea`."""
    telling = [
        word
        for word in words_of(text)
        if word not in STOPWORDS and word not in ASKING and not word.endswith("ly") and not word.isdigit()
    ]
    return telling[-1] if telling else None


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, in order; a line break ends one too."""
    return [sentence for part in _SENTENCE_END.split(text) if (sentence := part.strip())]


def numbers_of(text: str) -> list[float]:
    """The numbers a text shows, in order."""
    return [float(number) for number in _NUMBER.findall(text)]


def limit_words(text: str, limit: int) -> str:
    """The text, cut after `limit` words where it has more."""
    parts = text.split()
    return text if len(parts) <= limit else " ".join(parts[: max(limit, 1)]).rstrip(",;:–-") + "…"


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """A word without its commonest endings: `deliveries`, `delivery` and `delivered` meet."""
    for ending, instead in (("ies", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""), ("ly", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + instead
            break
    return word[:-1] if len(word) > 4 and word[-1] in "ye" else word


def stems_of(text: str) -> set[str]:
    """The stems of a text's telling words."""
    return {stem(word) for word in words_of(text) if word not in STOPWORDS}


@lru_cache(maxsize=4_096)
def related_stems(name: str) -> frozenset[str]:
    """The stems that speak for a category called `name`: its own words and those of the matters it names."""
    own = stems_of(name.replace("_", " "))
    related = set(own)
    for matter in _MATTER_STEMS:
        if own & matter[0]:
            related |= matter[1]
    return frozenset(related)


def mood_of(text: str) -> int:
    """Above zero for a friendly text, below for an unfriendly one, zero for neither."""
    return sum((word in POSITIVE) - (word in NEGATIVE) for word in words_of(text))


def _matter(line: str) -> tuple[frozenset[str], frozenset[str]]:
    listed = line.split()
    return frozenset(stem(word) for word in listed[:4]), frozenset(stem(word) for word in listed)


_MATTER_STEMS = tuple(_matter(line) for line in _MATTERS)
