"""Details that a text tells of something: labelled values, codes, addresses, phone numbers, currencies, products."""

import re
from functools import lru_cache

from grokcall_sandbox.text.dates import dates_in
from grokcall_sandbox.text.words import stem, words_of

_NAME_WORD = re.compile(r"[A-Z]?[a-zà-ÿ]+|[A-Z]+(?![a-z])|\d+")
_LABEL = re.compile(r"(?:^|[\n;,.])[ \t*•-]*(?P<label>[A-Za-z][A-Za-z _-]{0,30}?)\s*[:=]\s*(?P<value>[^\n;]{1,300})")
_CODE = r"#?(?=[\w/-]*\d)[A-Za-z0-9][\w/-]*"
_ALONE = re.compile(r"(?<![\w-])(?:[A-Z]{1,6}-\d[\w-]*|[A-Z]{2,6}\d{2,}[\w-]*|#\d+)")
_STREET = re.compile(
    r"\b\d{1,5}[A-Za-z]?(?: [A-ZÀ-Þ][\w.'’]*){1,4}? "
    r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Way|Court|Ct|Square|Sq|Place|Pl|Terrace|Quay)\b"
    r"|\b[A-ZÀ-Þ]\w*(?:straße|strasse|str\.|weg|platz|gasse|allee) \d{1,4}[a-z]?\b"
    r"|\b\d{1,4} (?:rue|avenue|boulevard|place|via)(?: [\w'’-]+){1,4}"
)
_POSTCODE = re.compile(
    r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b|\b\d{4} [A-Z]{2}\b|(?<![\d.,$€£#-])\b\d{5}(?:-\d{4})?\b(?![.,]\d)"
)
_STATE = re.compile(r", ([A-Z]{2})\b(?: \d{5})?")
_PHONE = re.compile(r"(?<![\w-])(?:\+\d|\(\d|0\d|\d{3}-\d)[\d ()./-]{5,}\d")
_CURRENCY = re.compile(
    r"\b(USD|EUR|GBP|CHF|JPY|CAD|AUD|SEK|NOK|DKK|PLN|CNY|INR)\b|[$€£¥]|\b(euro|dollar)s?\b", re.IGNORECASE
)
_SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "euro": "EUR", "dollar": "USD"}
_PRODUCT = re.compile(
    r"(?<![\w.,$€£#-])\d{1,5}\s*(?:x|×|pcs|pieces of|units of|boxes of|bottles of|packs of)?\s+"
    r"(?P<product>(?!(?:years?|days?|weeks?|months?|hours?|minutes?|percent|eur|usd|gbp|and|or|is|am|pm)\b)"
    r"(?!(?:at|for|from|in|on|to|by)\b)"
    r"[A-Za-zÀ-ÿ][\w'’-]*"
    r"(?: (?!(?:at|for|from|in|on|with|to|by|of|and|or|each|cost\w*|priced?|never|are|is|were|was)\b)"
    r"[A-Za-zÀ-ÿ][\w'’-]*){0,3})",
    re.IGNORECASE,
)
_JOB = re.compile(
    r"\b(?:works? as|working as|job is|is|am|as|a)\s+(?:an?|the)\s+(?:\d+[- ]year[- ]old )?(?P<job>[a-zA-Z][\w-]*"
    r"(?: (?!from|in|at|and|who|with|for|of|living|based)[a-z][\w-]*){0,2})"
)
_LIST = re.compile(r"(?P<first>[^\s,.;:]+(?: [^\s,.;:]+)?)(?P<rest>(?:, ?[^,.;:\n]{1,40}){1,20})")
_AND = re.compile(r"\s*(?:,\s*(?:and|or)\b|,|;|\band\b|\bor\b|&)\s*")
_FOLLOWING = (
    r"\b\W{0,3}(?:(?:is|are|was|were|to|the|a|an|some|of|by|on|with)\s+){0,2}(?P<value>[^\W_][^,.;:!?\n]{0,60})"
)
_END = re.compile(r"\s+(?:and|but|or|who|which|because|when|while|if|since|for|in|at|on|from|with)\b.*$")
_MAX_LENGTH = 8_000
_COLOURS = [
    "black",
    "white",
    "grey",
    "gray",
    "red",
    "orange",
    "yellow",
    "green",
    "turquoise",
    "blue",
    "purple",
    "pink",
    "brown",
    "silver",
    "gold",
]


@lru_cache(maxsize=1_024)
def name_words(name: str) -> list[str]:
    """The words of a property's name, in lower case: `dueDate` and `due_date` have the same two."""
    return [word.lower() for word in _NAME_WORD.findall(name)]


def labelled_value(words: list[str], text: str) -> str:
    """What stands behind a label with the words of a name, such as `Ship to: Rome`; empty without such a label."""
    wanted = {stem(word) for word in words}
    best, score = "", 0.0
    for match in _LABEL.finditer(text[:_MAX_LENGTH]):
        label = {stem(word) for word in words_of(match["label"].replace("_", " "))}
        common = len(label & wanted)
        share = common / max(len(label | wanted), 1)
        if common and share > max(score, 0.3):
            best, score = match["value"], share
    return _next_label(best).strip(" \t\"'“”").rstrip(".,")


def following_value(words: list[str], text: str) -> str:
    """What stands behind a word of the name in running text: `tea` of `likes tea` for `likes`; empty for nothing."""
    for word in sorted(words, key=len, reverse=True):
        if len(word) < 4:
            continue
        found = re.search(rf"\b{re.escape(word.rstrip('s'))}\w{{0,3}}{_FOLLOWING}", text[:_MAX_LENGTH], re.IGNORECASE)
        if found:
            return _END.sub("", found["value"]).strip()
    return ""


def code_in(words: list[str], text: str) -> str:
    """The code that a name such as `invoice_number` means: near a word of it, else the first that looks like one."""
    text = text[:_MAX_LENGTH]
    for word in words:
        if word in ("id", "number", "no", "code", "nr"):
            continue
        found = re.search(
            rf"\b{re.escape(word)}\s*(?:number|no\.?|nr\.?|id|code)?\s*[:#]?\s*({_CODE})", text, re.IGNORECASE
        )
        if found:
            return found.group(1).lstrip("#").rstrip(".,-/")
    alone = _ALONE.search(text)
    return alone.group(0).lstrip("#") if alone else ""


def street_in(text: str) -> str:
    """The first street with its number; empty without one."""
    return _first(_STREET, text)


def postcode_in(text: str) -> str:
    """The first postal code; empty without one."""
    return _first(_POSTCODE, text)


def state_in(text: str) -> str:
    """The first state in two letters; empty without one."""
    found = _STATE.search(text[:_MAX_LENGTH])
    return found.group(1) if found else ""


def phone_in(text: str) -> str:
    """The first phone number as it is written; empty without one."""
    return _first(_PHONE, text).strip()


def currency_in(text: str) -> str:
    """The code of the first currency; empty without one."""
    found = _first(_CURRENCY, text)
    return _SYMBOLS.get(found.lower().rstrip("s"), found.upper())


def colour_in(text: str) -> str:
    """The first colour; empty without one."""
    return next((word for word in words_of(text[:_MAX_LENGTH]) if word in _COLOURS), "")


def job_in(text: str) -> str:
    """What somebody is or works as; empty when it is not told."""
    found = _JOB.search(text[:_MAX_LENGTH])
    return found["job"] if found else ""


@lru_cache(maxsize=256)
def products_in(text: str) -> tuple[tuple[str, int], ...]:
    """What there is a number of, such as `chairs` in `3 chairs for 129.90 EUR`, with where the number starts."""
    text = text[:_MAX_LENGTH]
    dates = [(moment.start, moment.end) for moment in dates_in(text)]
    return tuple(
        (match["product"], match.start())
        for match in _PRODUCT.finditer(text)
        if not any(start <= match.start() < end for start, end in dates)
    )


def list_in(words: list[str], text: str) -> list[str]:
    """The things a text enumerates: those behind a label with the words of a name, else the first that it has."""
    text = text[:_MAX_LENGTH]
    labelled = labelled_value(words, text)
    if labelled:
        return _split(labelled)
    following = following_list(words, text)
    if len(following) > 1:
        return following
    found = _LIST.search(text)
    if found and re.search(r"\b(?:and|or)\b", found["rest"]):
        first = found["first"].split(" ")[-1]
        return _split(first + found["rest"])
    return []


def following_list(words: list[str], text: str) -> list[str]:
    """The things that stand behind a word of the name in running text: `likes tea and coffee` for `likes`."""
    for word in words:
        if len(word) < 4:
            continue
        start = re.search(
            rf"\b{re.escape(word.rstrip('s'))}\w{{0,3}}\b(?: (?:are|is|include|includes))?:? ", text, re.I
        )
        if start:
            return _split(re.split(r"[.;!?\n]", text[start.end() : start.end() + 200])[0])
    return []


def _split(text: str) -> list[str]:
    parts = [_END.sub("", part).strip(" .\"'“”-*•") for part in _AND.split(text)]
    return [re.sub(r"^(?:a|an|the|some) ", "", part) for part in dict.fromkeys(parts) if part and len(part) <= 60]


def _next_label(value: str) -> str:
    """The value without a further label on the same line."""
    return re.split(r"[,.]\s+[A-Za-z][A-Za-z _-]{0,30}?\s*[:=]\s", value)[0]


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text[:_MAX_LENGTH])
    return found.group(0) if found else ""
