"""Strings of a structured answer: by format, by pattern, by what the property's name hints at."""

import re
from typing import Any

from grokcall_sandbox.text.about import PEOPLE, About, keyword_of, named_thing
from grokcall_sandbox.text.classification import choose_category, listed_categories
from grokcall_sandbox.text.conversation import Answer
from grokcall_sandbox.text.dates import dates_in, spoken_date, times_in
from grokcall_sandbox.text.details import following_value, labelled_value, name_words
from grokcall_sandbox.text.patterns import matching_text
from grokcall_sandbox.text.schema import conforms
from grokcall_sandbox.text.summary import asks_for_summary, summarise, text_to_summarise, word_limit
from grokcall_sandbox.text.words import (
    STOPWORDS,
    listed,
    mood_of,
    related_stems,
    sentences_of,
    stem,
    stems_of,
    subject_of,
    words_of,
)

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
_LANGUAGES = {
    "de": ["der", "die", "das", "und", "ist", "nicht", "ein", "eine", "ich", "sie", "mit", "für", "auf"],
    "fr": ["le", "la", "les", "et", "est", "pas", "une", "des", "je", "vous", "pour", "dans", "que"],
    "es": ["el", "los", "las", "y", "es", "no", "una", "por", "que", "con", "para", "está"],
    "en": ["the", "and", "is", "not", "of", "to", "in", "it", "you", "for", "on", "that", "this"],
}
_DATED = frozenset(("date", "deadline", "birthday", "due", "dob", "born", "day", "when"))
_LOOSE_DATED = frozenset(("date", "day", "time", "on", "at"))
_LATER = frozenset(("end", "until", "to", "return", "checkout", "finish", "expiry", "expires"))
_ABOUT = listed(
    "text message body content description details detail issue problem complaint comment comments note notes "
    "remark request question input query"
)
_ANSWERS = listed("answer response reply result output explanation joke setup punchline advice solution suggestion")
_HEADLINE = 10
_SHORT = 30
"""So many words a text may have to be about its last telling one."""


def fill_string(schema: dict[str, Any], name: str, about: About, plain: Answer, variant: int) -> str:
    """A string that the schema allows, as telling as its name and description let it be.

    Args:
        schema: The string's schema.
        name: The property it is for.
        about: What the answer is about.
        plain: What the rules would answer without a schema.
        variant: 0 first; other numbers give other strings.
    """
    text = about.text
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
    if "pattern" in schema:
        return matching_text(schema["pattern"], text, shortest + variant, longest)
    kind = schema.get("format", "")
    if kind in _FORMATS:
        return _formatted(kind, name, text, variant, schema)
    hint = f"{name} {schema.get('description', '')}".lower()
    value = _hinted(name_words(name), hint, about, plain)
    if variant:
        words = list(dict.fromkeys(word for word in words_of(text) if word not in STOPWORDS))
        value = words[variant - 1] if variant <= len(words) else f"{value[: max(0, (longest or 80) - 4)]} {variant}"
    return _fit_length(value, shortest, longest, variant)


def _formatted(kind: str, name: str, text: str, variant: int, schema: dict[str, Any]) -> str:
    pattern, spare = _FORMATS[kind]
    told = re.findall(pattern, text)
    if kind == "date":
        moments = [moment.text for moment in dates_in(text)]
        told = [_date(name_words(name), text), *moments] if moments and not variant else moments
    elif kind == "time" and not told:
        told = [f"{time}Z" for time in times_in(text)]
    elif kind == "date-time" and not told and dates_in(text):
        told = [f"{_date(name_words(name), text)}T{(*times_in(text), '00:00:00')[0]}Z"]
    for found in told[variant:]:
        if conforms(found, schema, schema):
            return str(found)
    return spare.format(variant % 27 + 1)


def _hinted(words: list[str], hint: str, about: About, plain: Answer) -> str:
    told, text = set(words), about.text
    for name, kind in (("email", "email"), ("url", "uri"), ("link", "uri"), ("website", "uri"), ("uuid", "uuid")):
        if name in told:
            found = re.search(_FORMATS[kind][0], text)
            return found.group(0) if found else ""
    if told & _DATED or (len(words) > 1 and words[-1] in ("on", "at")):
        return _date(words, text)
    if "time" in told:
        return (*times_in(text), "")[0][:5]
    value = _judged(words, hint, about, plain)
    if value is not None:
        return value
    labelled = labelled_value(words, text)
    if labelled and not told & PEOPLE:
        return labelled
    return _told(words, about, plain)


def _judged(words: list[str], hint: str, about: About, plain: Answer) -> str | None:
    """What a reader would say about a text; None where the name asks for nothing of that kind."""
    told, text, conversation = set(words), about.text, about.conversation
    if told & {"reason", "reasoning", "explanation", "rationale", "justification", "why"}:
        return plain.why
    if "summar" in hint or told & {"tldr", "abstract"}:
        asked = conversation.instructions + "\n" + conversation.question[:400]
        source = text_to_summarise(conversation) if asks_for_summary(conversation.question) else text
        return summarise(source, word_limit(asked) or word_limit(hint))
    if told & {"category", "label", "class", "topic", "intent"}:
        listed = listed_categories(hint) or listed_categories(conversation.instructions)
        listed = listed or listed_categories(conversation.question)
        return choose_category(text, listed).category if listed else keyword_of(text)
    if told & {"sentiment", "mood", "tone"}:
        mood = mood_of(text)
        return "positive" if mood > 0 else "negative" if mood < 0 else "neutral"
    if told & {"priority", "urgency", "severity"} and not labelled_value(words, text):
        return "high" if related_stems("urgent") & stems_of(text) else "normal"
    if "language" in told:
        return _language(text)
    return None


def _told(words: list[str], about: About, plain: Answer) -> str:
    """What a text tells of the thing that a name means; what the rules answer where it tells nothing."""
    told, text = set(words), about.text
    if not plain.quoted or told & _ANSWERS:
        return named_thing(words, about) or plain.text
    if told & {"title", "headline"} or words == ["subject"]:
        return _headline((sentences_of(text) or [""])[0])
    if told & {"keyword", "keywords", "tag", "tags", "word"}:
        return keyword_of(text)
    if told & {"quote", "sentence", "excerpt"}:
        return (sentences_of(text) or [""])[0]
    if told & _ABOUT and not (about.parents and named_thing(words, about)):
        return " ".join(text.split())
    return named_thing(words, about) or following_value(words, text) or _subject(text) or plain.text


def _headline(sentence: str) -> str:
    words = sentence.split()[:_HEADLINE]
    while len(words) > 1 and (words[-1].lower() in STOPWORDS or words[-1].isdigit()):
        words.pop()
    return " ".join(words).rstrip(".,:;!?")


def _date(words: list[str], text: str) -> str:
    """The date that a name means: the one behind a word of it, else the first, or last where that is meant."""
    moments = dates_in(text)
    if not moments:
        return spoken_date(text)
    stems = {stem(word) for word in words if word not in _LOOSE_DATED}
    for moment in moments:
        if stems & {stem(word) for word in words_of(text[max(0, moment.start - 20) : moment.start])[-3:]}:
            return moment.text
    return moments[-1 if set(words) & _LATER else 0].text


def _subject(text: str) -> str:
    if len(text.split()) > _SHORT:
        return (sentences_of(text) or [""])[0]
    subject = subject_of(text)
    found = re.search(rf"\b{re.escape(subject)}\b", text, re.IGNORECASE) if subject else None
    return found.group(0) if found else ""


def _fit_length(value: str, shortest: int, longest: int | None, variant: int) -> str:
    if longest is not None and len(value) > longest:
        value = value[:longest]
        if variant:
            value = (value[: max(0, longest - len(str(variant)))] + str(variant))[:longest]
    if len(value) < shortest:
        value = ((value or "text ") * (shortest // max(1, len(value or "text ")) + 1))[:shortest]
    return value


def _language(text: str) -> str:
    words = words_of(text[:4_000])
    return max(reversed(_LANGUAGES), key=lambda code: sum(word in _LANGUAGES[code] for word in words))
