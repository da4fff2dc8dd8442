"""Lists of a structured answer: the texts and numbers that a property in the plural means."""

import re
from typing import Any

from grokcall_sandbox.text.about import About, keywords_of, named_things
from grokcall_sandbox.text.dates import dates_in
from grokcall_sandbox.text.details import list_in, name_words
from grokcall_sandbox.text.figures import figures_in
from grokcall_sandbox.text.schema import JsonSchema, kind_of
from grokcall_sandbox.text.words import numbers_of, sentences_of

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
_URL = re.compile(r"\bhttps?://[^\s<>\"'{}|\\^`]+[\w/]")
_KEYWORDS = 3


def listed_values(schema: JsonSchema, name: str, about: About) -> list[Any]:
    """The items of a list that the text tells; none where the name and the text give no hint.

    Args:
        schema: That of one item, resolved.
        name: The property that the list is for.
        about: Where to look.
    """
    match kind_of(schema):
        case "number":
            return list(dict.fromkeys(_numbers(about.text)))
        case "integer":
            return [int(number) for number in dict.fromkeys(_numbers(about.text)) if number == int(number)]
        case "string" if "pattern" not in schema:
            return list(dict.fromkeys(_texts(schema.get("format", ""), name_words(name), about)))
    return []


def _numbers(text: str) -> list[float]:
    return [figure.value for figure in figures_in(text)] or numbers_of(text[:20_000])


def _texts(form: str, words: list[str], about: About) -> list[str]:
    told, text = set(words), about.text
    if form == "email" or told & {"email", "emails"}:
        return _EMAIL.findall(text)
    if form == "uri" or told & {"url", "urls", "links", "websites"}:
        return _URL.findall(text)
    if form == "date" or told & {"date", "dates"}:
        return [moment.text for moment in dates_in(text)]
    if form:
        return []
    if told & {"sentences", "quotes"}:
        return sentences_of(text)
    listed = list_in(words, text) if told & {"tags", "keywords", "topics", "labels"} else []
    if told & {"tags", "keywords", "topics", "labels", "tag", "keyword"}:
        return listed or keywords_of(text, _KEYWORDS)
    return named_things(words, about) or list_in(words, text)
