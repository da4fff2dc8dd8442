"""Numbers and truths of a structured answer, found by the name of their property and kept to their schema."""

import math
import re

from grokcall_sandbox.text.about import About
from grokcall_sandbox.text.conversation import Answer
from grokcall_sandbox.text.details import code_in, labelled_value, name_words, postcode_in
from grokcall_sandbox.text.figures import find_figure, next_figure, rating_in, years_in
from grokcall_sandbox.text.schema import JsonSchema
from grokcall_sandbox.text.words import listed, mood_of, related_stems, stem, stems_of, words_of

_SHARES = frozenset(("confidence", "probability", "score", "certainty", "likelihood"))
_RATED = frozenset(("rating", "stars", "score", "grade"))
_CODES = frozenset(("id", "number", "no", "code", "reference"))
_ASIDE = listed("is has have had was are can should does did do needs wants in on of be")
_COMPLAINING = ("negative", "complaint", "problem", "escalate", "angry", "unhappy", "dissatisfied", "upset")
_PRAISING = ("positive", "happy", "satisfied", "praise", "recommend")
_RELATED = ("urgent", "urgency", "emergency", "spam")
_SAID = {"yes": True, "true": True, "y": True, "no": False, "false": False, "n": False, "none": False}
_DENIAL = re.compile(r"(?:\bnot?\b|\bnever\b|n['’]t\b|\bwithout\b|\bnone\b|\bout of\b|\bneither\b)[\w\s]{0,16}$", re.I)


def fill_number(
    schema: JsonSchema,
    name: str,
    kind: str,
    about: About,
    plain: Answer,
    used: set[int],
    share: float,
    variant: int,
) -> float:
    """A number that a schema allows.

    Args:
        schema: The number's schema.
        name: The property it is for.
        kind: `integer` or `number`.
        about: Where to look.
        plain: What the rules would answer without a schema; a number of theirs is taken.
        used: Where the numbers start that other properties took; the one that is taken here is added.
        share: What a confidence is, from 0 to 1.
        variant: 0 first; other numbers give other numbers.
    """
    value = _number(schema, name_words(name), about.text, plain, used, share, variant)
    bounded = _bounded(value, schema, whole_numbers=kind == "integer")
    return int(bounded) if kind == "integer" or bounded == int(bounded) else bounded


def fill_boolean(name: str, text: str) -> bool:
    """True when the text says, and does not deny, what the name of a property asks."""
    words = [word for word in name_words(name) if word not in _ASIDE]
    labelled = words_of(labelled_value(words, text))[:1]
    if labelled and labelled[0] in _SAID:
        return _SAID[labelled[0]]
    asked = {stem(word) for word in words}
    mood = mood_of(text)
    if asked & {stem(word) for word in _COMPLAINING}:
        return mood < 0
    if asked & {stem(word) for word in _PRAISING}:
        return mood > 0
    for match in re.finditer(r"[^\W_]+(?:['’][^\W_]+)?", text[:8_000]):
        word = match.group(0).lower()
        if stem(word) in asked:
            return _DENIAL.search(text[: match.start()]) is None
        if word.startswith("un") and stem(word[2:]) in asked:
            return False
    related = {each for word in words if word in _RELATED for each in related_stems(word)} - asked
    return bool(related & stems_of(text)) or (mood > 0 and not asked)


def _number(
    schema: JsonSchema, words: list[str], text: str, plain: Answer, used: set[int], share: float, variant: int
) -> float:
    told = set(words)
    if told & _RATED and (rating := rating_in(text)) is not None and not variant:
        return rating
    if told & _SHARES and schema.get("maximum", 1) <= 100:
        return share * float(schema.get("maximum", 1))
    if told & {"word", "words"} and told & {"count", "number"}:
        return len(words_of(text))
    if "year" in told:
        years = years_in(text) or [2000]
        return years[-1 if told & {"end", "until", "to", "last"} else 0] + variant
    if variant == 0:
        return _told_number(words, text, plain, used)
    first = next_figure(text, set())
    return (first.value if first else 0.0) + variant


def _told_number(words: list[str], text: str, plain: Answer, used: set[int]) -> float:
    told = set(words)
    code = postcode_in(text) if told & {"zip", "postal", "postcode"} else ""
    code = code or (code_in(words, text) if told & _CODES else "")
    if code.isdigit() and len(code) < 16:
        return float(code)
    figure = find_figure(words, text, used)
    worked_out = plain.text.replace("-", "", 1).replace(".", "", 1)
    if figure is None and worked_out.isdigit() and len(worked_out) < 16:
        return float(plain.text)
    figure = figure or next_figure(text, used)
    if figure is None:
        return 0.0
    used.add(figure.start)
    return figure.value


def _bounded(value: float, schema: JsonSchema, whole_numbers: bool) -> float:
    step = schema.get("multipleOf") or (1 if whole_numbers else None)
    if step is not None and whole_numbers and step != int(step):
        step = 1
    low = schema.get("minimum", -math.inf)
    high = schema.get("maximum", math.inf)
    nudge = step or _nudge(schema)
    if "exclusiveMinimum" in schema:
        low = max(low, schema["exclusiveMinimum"] + nudge)
    if "exclusiveMaximum" in schema:
        high = min(high, schema["exclusiveMaximum"] - nudge)
    value = min(max(value, low), high)
    if step:
        value = math.floor(value / step) * step
        value = value if value >= low else value + step
    return round(value, 10) if isinstance(value, float) and not float(value).is_integer() else value


def _nudge(schema: JsonSchema) -> float:
    low, high = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    low = schema.get("minimum", low) if low is None else low
    high = schema.get("maximum", high) if high is None else high
    return (high - low) / 4 if low is not None and high is not None and high > low else 1
