"""Strings of a structured answer: by format, by pattern, by what the property's name hints at."""

import re
from typing import Any

from grokcall.sandbox.text.classification import choose_category, listed_categories
from grokcall.sandbox.text.conversation import Answer, Conversation
from grokcall.sandbox.text.patterns import matching_text
from grokcall.sandbox.text.schema import conforms
from grokcall.sandbox.text.summary import asks_for_summary, summarise, text_to_summarise, word_limit
from grokcall.sandbox.text.words import STOPWORDS, mood_of, sentences_of, words_of

# Per format: what to look for in the text, and what to give when it has none ({} is a number that varies).
_FORMATS = {
    "date": (r"\b\d{4}-\d\d-\d\d\b", "2026-01-{:02d}"),
    "time": (r"\b\d\d:\d\d:\d\dZ", "12:00:{:02d}Z"),
    "date-time": (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)", "2026-01-{:02d}T12:00:00Z"),
    "email": (r"[\w.+-]+@[\w-]+\.[\w.-]*\w", "someone{}@example.com"),
    "uuid": (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "00000000-0000-4000-8000-0000000000{:02d}"),
    "ipv4": (r"\b\d{1,3}(?:\.\d{1,3}){3}\b", "192.0.2.{}"),
    "ipv6": (r"(?!)", "2001:db8::{}"),
    "uri": (r"\bhttps?://[^\s<>\"'{}|\\^`]+[\w/]", "https://example.com/{}"),
}
_BY_NAME = (
    (("email",), "email"),
    (("url", "link", "website"), "uri"),
    (("date",), "date"),
    (("uuid", "guid"), "uuid"),
)
_LANGUAGES = {
    "de": ["der", "die", "das", "und", "ist", "nicht", "ein", "eine", "ich", "sie", "mit", "für", "auf"],
    "fr": ["le", "la", "les", "et", "est", "pas", "une", "des", "je", "vous", "pour", "dans", "que"],
    "es": ["el", "los", "las", "y", "es", "no", "una", "por", "que", "con", "para", "está"],
    "en": ["the", "and", "is", "not", "of", "to", "in", "it", "you", "for", "on", "that", "this"],
}
_PROPER = r"[A-ZÀ-Þ][^\W\d_]+"
_NAME = re.compile(rf"\b{_PROPER}(?:[ -]{_PROPER})+|(?<![.!?]\s)(?<!^)\b{_PROPER}")


def fill_string(
    schema: dict[str, Any], name: str, conversation: Conversation, text: str, plain: Answer, variant: int
) -> str:
    """A string that the schema allows, as telling as its name and description let it be.

    Args:
        schema: The string's schema.
        name: The property it is for.
        conversation: What was said.
        text: What the answer is about.
        plain: What the rules would answer without a schema.
        variant: 0 first; other numbers give other strings.
    """
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
    if "pattern" in schema:
        return matching_text(schema["pattern"], text, shortest + variant, longest)
    kind = schema.get("format", "")
    if kind in _FORMATS:
        return _formatted(kind, text, variant, schema)
    hint = f"{name} {schema.get('description', '')}".lower()
    value = _hinted(name.lower(), hint, conversation, text, plain)
    if variant:
        words = list(dict.fromkeys(word for word in words_of(text) if word not in STOPWORDS))
        value = words[variant - 1] if variant <= len(words) else f"{value[: max(0, (longest or 80) - 4)]} {variant}"
    return _fit_length(value, shortest, longest, variant)


def _formatted(kind: str, text: str, variant: int, schema: dict[str, Any]) -> str:
    pattern, spare = _FORMATS[kind]
    for found in re.findall(pattern, text)[variant:]:
        if conforms(found, schema, schema):
            return str(found)
    return spare.format(variant % 27 + 1)


def _hinted(name: str, hint: str, conversation: Conversation, text: str, plain: Answer) -> str:
    for words, kind in _BY_NAME:
        if any(word in name for word in words):
            found = re.search(_FORMATS[kind][0], text)
            return found.group(0) if found else ""
    if any(word in name for word in ("reason", "explanation", "rationale", "justification", "why")):
        return plain.why
    if "summar" in hint or "tldr" in name or "abstract" in name:
        about = conversation.instructions + "\n" + conversation.question[:400]
        source = text_to_summarise(conversation) if asks_for_summary(conversation.question) else text
        return summarise(source, word_limit(about) or word_limit(hint))
    if any(word in name for word in ("category", "label", "class", "topic", "intent")):
        listed = listed_categories(hint) or listed_categories(conversation.instructions)
        listed = listed or listed_categories(conversation.question)
        return choose_category(text, listed).category if listed else _keyword(text)
    if "sentiment" in name or "mood" in name or "tone" in name:
        mood = mood_of(text)
        return "positive" if mood > 0 else "negative" if mood < 0 else "neutral"
    if "language" in name:
        return _language(text)
    if name in ("title", "subject", "headline"):
        return " ".join(text.split()[:8])
    if name.endswith("name") or name in ("person", "customer", "company", "city", "country", "author"):
        found = _NAME.search(text)
        return found.group(0) if found else _keyword(text)
    if any(word in name for word in ("keyword", "tag", "word")):
        return _keyword(text)
    if name in ("quote", "sentence", "excerpt"):
        return (sentences_of(text) or [""])[0]
    return plain.text


def _fit_length(value: str, shortest: int, longest: int | None, variant: int) -> str:
    if longest is not None and len(value) > longest:
        value = value[:longest]
        if variant:
            value = (value[: max(0, longest - len(str(variant)))] + str(variant))[:longest]
    if len(value) < shortest:
        value = ((value or "text ") * (shortest // max(1, len(value or "text ")) + 1))[:shortest]
    return value


def _keyword(text: str) -> str:
    words = [word for word in words_of(text) if word not in STOPWORDS]
    return max(words, key=len, default="none")


def _language(text: str) -> str:
    words = words_of(text[:4_000])
    return max(reversed(_LANGUAGES), key=lambda code: sum(word in _LANGUAGES[code] for word in words))
