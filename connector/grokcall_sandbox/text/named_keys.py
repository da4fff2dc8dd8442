"""The keys that a prompt names for a JSON object it asks for, as a schema of that object."""

import json
import re
from typing import Any

from grokcall_sandbox.errors import ApiError
from grokcall_sandbox.text.details import name_words
from grokcall_sandbox.text.schema import JsonSchema, read_schema
from grokcall_sandbox.text.words import listed, sentences_of

_KEY = r"[A-Za-z_][\w-]{0,40}"
_QUOTED = rf"[\"'`“‘]({_KEY})[\"'`”’]"
_NOUN = r"(?:keys?|fields?|property|properties|attributes?|members?|columns?)"
_QUOTED_KEYS = (
    re.compile(rf"\b{_NOUN}\b[^\n.]{{0,40}}?(?P<keys>{_QUOTED}[^\n.;]*)", re.IGNORECASE),
    re.compile(rf"(?P<keys>{_QUOTED}(?:[^\n.;]*{_QUOTED})?)[^\n.;]{{0,20}}\b{_NOUN}\b", re.IGNORECASE),
    re.compile(rf"\bJSON\b[^\n.]{{0,60}}?(?P<keys>{_QUOTED}[^\n.;]*)", re.IGNORECASE),
)
_BARE_KEYS = (
    re.compile(rf"\b{_NOUN}\b(?: (?:are|named|called))?\s*:?\s*(?P<keys>{_KEY}[^\n.;]*)", re.IGNORECASE),
    re.compile(
        rf"\bJSON\b[^\n.;]{{0,30}}\b(?:with|containing|having)\b(?: the| an?)?\s+(?P<keys>{_KEY}[^\n.;]*)",
        re.IGNORECASE,
    ),
)
_BARE = re.compile(
    rf"^(?:and |or |an? |the |both )*(?P<key>{_KEY})\s*(?:\((?P<kind>[^)]*)\)|:\s*(?P<type>\w+))?\s*$", re.IGNORECASE
)
_BEHIND = re.compile(r"\s+(?:for|from|of|about|based|in)\b")
_SEPARATOR = re.compile(r"\s*(?:,(?![^(]*\))|\band\b|\n)\s*")
_PAIR = re.compile(rf"[\"']?(?P<key>{_KEY})[\"']?\s*:\s*(?P<value>\"[^\"]*\"|'[^']*'|\[[^\]]*\]?|[^,{{}}\n]*)")
_BRACES = re.compile(r"\{[^{}]{1,2000}\}")
_TYPES = {
    "string": "string",
    "str": "string",
    "text": "string",
    "int": "integer",
    "integer": "integer",
    "number": "number",
    "float": "number",
    "bool": "boolean",
    "boolean": "boolean",
    "true": "boolean",
    "false": "boolean",
    "list": "array",
    "array": "array",
}
_NUMBERS = listed(
    "age count quantity qty price amount total cost year score rating confidence number population days hours minutes "
    "weight height temperature percent percentage"
)
_LISTS = listed("tags keywords items names topics labels categories ingredients steps people emails list")
_NEVER = listed("json object result output only nothing format valid following these those that each one the")
_ABOUT_JSON = re.compile(rf"\bJSON\b|\b{_NOUN}\b", re.IGNORECASE)
_MOST_KEYS = 30


def named_schema(text: str) -> JsonSchema | None:
    """A schema with the keys that a text asks for in JSON; None when it names none.

    The text may have a JSON Schema in it, an example of the object, or a list of the keys in words.
    """
    for value in reversed(_objects(text)):
        if isinstance(value.get("properties"), dict):
            try:
                return read_schema(json.dumps(value).encode())
            except ApiError:
                continue
    for value in reversed(_objects(text)):
        if value:
            return _like(value)
    keys = _sketched(text) or _quoted(text) or _listed_bare(text)
    return _object(keys) if keys else None


def without_request(text: str) -> str:
    """The text without what it says of JSON and its keys, as far as anything is left then."""
    bare = _BRACES.sub(" ", text)
    left = []
    for sentence in sentences_of(bare):
        if not _ABOUT_JSON.search(sentence):
            left.append(sentence)
        elif ":" in sentence and not _ABOUT_JSON.search(rest := sentence.rpartition(":")[2]) and len(rest.split()) > 1:
            left.append(rest.strip())
    return "\n".join(left) or bare.strip() or text


def _objects(text: str) -> list[dict[str, Any]]:
    """The JSON objects in a text, outermost ones only."""
    found: list[dict[str, Any]] = []
    decoder, at = json.JSONDecoder(), 0
    while (at := text.find("{", at)) >= 0 and len(found) < _MOST_KEYS:
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at += 1
            continue
        found.append(value)
    return found


def _like(value: Any, name: str = "") -> JsonSchema:
    """The schema of values like an example."""
    match value:
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
        case str():
            return _typed(value, name)
        case list():
            return {"type": "array", "items": _like(value[0]) if value else {"type": "string"}}
        case dict():
            return _object({key: _like(part, key) for key, part in value.items()})
    return _guessed(name)


def _sketched(text: str) -> dict[str, JsonSchema]:
    """The keys of something like `{name: string, age: number}`, which is no JSON."""
    for braces in _BRACES.findall(text):
        pairs = {match["key"]: match["value"].strip(" \"'") for match in _PAIR.finditer(braces)}
        if pairs:
            return {key: _typed(value, key) for key, value in pairs.items()}
    return {}


def _quoted(text: str) -> dict[str, JsonSchema]:
    for pattern in _QUOTED_KEYS:
        found = pattern.search(text)
        if found:
            return {key: _guessed(key) for key in re.findall(_QUOTED, found["keys"])[:_MOST_KEYS]}
    return {}


def _listed_bare(text: str) -> dict[str, JsonSchema]:
    for pattern in _BARE_KEYS:
        found = pattern.search(text)
        told = _BEHIND.split(found["keys"])[0] if found else ""
        parts = [_BARE.match(part) for part in _SEPARATOR.split(told)]
        keys: dict[str, JsonSchema] = {}
        for part in parts:
            if part is None or part["key"].lower() in _NEVER:
                break
            keys[part["key"]] = _typed(part["kind"] or part["type"] or "", part["key"])
        if keys:
            return keys
    return {}


def _typed(words: str, name: str) -> JsonSchema:
    """The schema that a description such as `integer` or `list of strings` means, else what the name makes likely."""
    low = words.lower().strip(" <>[]")
    if words.strip().startswith("[") or low.startswith(("list", "array")):
        return {"type": "array", "items": {"type": "string"}}
    kind = next((_TYPES[word] for word in re.findall(r"[a-z]+", low)[:2] if word in _TYPES), None)
    if "|" in low and kind is None:
        return {"enum": [choice.strip(" \"'") for choice in words.split("|")]}
    return {"type": kind} if kind not in (None, "array") else _guessed(name)


def _guessed(name: str) -> JsonSchema:
    words = name_words(name)
    if words[:1] and words[0] in ("is", "has", "was", "can", "should"):
        return {"type": "boolean"}
    if words[-1:] and words[-1] in _NUMBERS:
        return {"type": "number"}
    if words[-1:] and (words[-1] in _LISTS or words[0] == "list"):
        return {"type": "array", "items": {"type": "string"}}
    return {"type": "string"}


def _object(keys: dict[str, JsonSchema]) -> JsonSchema:
    return {"type": "object", "properties": keys, "required": list(keys), "additionalProperties": False}
