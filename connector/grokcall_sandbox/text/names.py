"""Names in a text: of people, of places, of companies, told apart by the words around them."""

import re
from dataclasses import dataclass
from functools import lru_cache

from grokcall_sandbox.text.words import ASKING, STOPWORDS, listed

_CAPITAL = r"[A-ZÀ-Þ][\w'’-]*[^\W_]|[A-ZÀ-Þ]\."
_PROPER = re.compile(rf"(?<![\w-])(?:{_CAPITAL})(?:(?: |-| & | (?:de|van|von|der|la|di) )(?:{_CAPITAL}))*")
_TITLES = frozenset(("mr", "mrs", "ms", "dr", "prof", "sir", "madam", "dear"))
# Capitalized words that are no names: they begin sentences, label values, or are days, months and currencies.
_COMMON = (
    STOPWORDS
    | ASKING
    | listed(
        "address amount are bill billed birthday buyer city company cost country customer date delivered delivery "
        "details due email employee extract from greetings hello hey hi invoice item items job location mail message "
        "meeting name note number order ordered paid payment people person phone please price priority product "
        "quantity reference regards seller sender sent shipping ship since sold status street subject subtotal sum "
        "support tax terrible thanks thank ticket title today tomorrow total unit urgent user vendor wonderful yes "
        "yesterday zip monday tuesday wednesday thursday friday saturday sunday january february march april may june "
        "july august september october november december usd eur gbp chf jpy inc json id pdf url vat"
    )
)
_BEFORE_PLACE = frozenset(("in", "at", "to", "near", "from", "of", "city", "town", "visit", "visiting", "around"))
_COMPANY = re.compile(
    r"\b(?:Inc|Corp|Corporation|Ltd|Limited|LLC|GmbH|AG|SE|PLC|Company|Co|Group|Bank|University|Labs|Industries|Sons"
    r"|Systems|Solutions|Holdings|Partners|Studios?|Airlines|Foundation|Institute)\b"
)
_COUNTRIES = (
    "Argentina|Australia|Austria|Belgium|Brazil|Canada|Chile|China|Colombia|Croatia|Denmark|Egypt|"
    "England|Estonia|Finland|France|Germany|Greece|Hungary|Iceland|India|Indonesia|Ireland|Israel|"
    "Italy|Japan|Kenya|Latvia|Lithuania|Luxembourg|Mexico|Morocco|Netherlands|New Zealand|Nigeria|"
    "Norway|Peru|Poland|Portugal|Romania|Scotland|Serbia|Singapore|Slovakia|Slovenia|South Africa|"
    "South Korea|Spain|Sweden|Switzerland|Thailand|Turkey|UK|USA|Ukraine|United Kingdom|"
    "United States|Vietnam|Wales|Deutschland|Österreich|Schweiz"
)
_IN_STATE = re.compile(rf", (?:[A-Z]{{2}}\b|{_COUNTRIES})")
_POSTED = re.compile(r"\b\d{4,5} $")
_NUMBERED = re.compile(r"(?<![\w,-])\d{1,5}\s*(?:x|×|pcs|units of|boxes of)?\s+$", re.IGNORECASE)
_PLACE_HEADS = listed(
    "new san los las saint st santa el rio cape hong kuala tel buenos são north south east west port fort den"
)
_MAX_LENGTH = 8_000


@dataclass(frozen=True, slots=True)
class Name:
    """A name as the text writes it, where it starts, and its kind: `person`, `place`, `country`, `company`, `thing`."""

    text: str
    start: int
    kind: str


@lru_cache(maxsize=256)
def names_in(text: str) -> tuple[Name, ...]:
    """The names of a text, in order, each once."""
    names: dict[str, Name] = {}
    for match in _PROPER.finditer(text[:_MAX_LENGTH]):
        for part, start in _parts(match.group(0), match.start()):
            names.setdefault(part, Name(part, start, _kind(part, text[:start], text[start + len(part) :])))
    return tuple(names.values())


def names_of(kind: str, text: str) -> list[str]:
    """The names of one kind in a text, in order."""
    return [name.text for name in names_in(text) if name.kind == kind]


def _parts(found: str, start: int) -> list[tuple[str, int]]:
    """What is left of capitalized words without the common ones among them, with where it starts."""
    parts: list[tuple[str, int]] = []
    current: list[str] = []
    at = place = start
    for word in found.split(" "):
        if word.rstrip(".'’").lower() in _COMMON | _TITLES or (word.isupper() and len(word) > 5):
            if current:
                parts.append((" ".join(current), at))
            current = []
        else:
            at = place if not current else at
            current.append(word)
        place += len(word) + 1
    if current:
        parts.append((" ".join(current), at))
    return [
        (part.removesuffix("'s").removesuffix("’s"), where)
        for part, where in parts
        if part[:1].isupper() and not any(map(str.isdigit, part))
    ]


def _kind(name: str, before: str, after: str) -> str:
    words = re.findall(r"[\w'’]+", before[-40:].lower())
    previous = words[-1] if words else ""
    same_sentence = not re.search(r"[.!?:]\s*$", before)
    if after.startswith(" by "):  # a participle, such as Directed
        return "thing"
    if name in _COUNTRIES.split("|"):
        return "country"
    if _COMPANY.search(name) or (previous == "at" and re.search(r"\bwork\w*\b[^.]*$", before[-60:], re.IGNORECASE)):
        return "company"
    if _NUMBERED.search(before[-20:]) and not _POSTED.search(before[-8:]):
        return "thing"
    if _IN_STATE.match(after) or _POSTED.search(before[-8:]):
        return "place"
    several = " " in name and name.split(" ")[0].lower() not in _PLACE_HEADS
    if same_sentence and previous in _BEFORE_PLACE and not (several and previous in ("from", "to", "of")):
        return "place"
    return "person"
