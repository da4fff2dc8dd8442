"""Structured answers: a value that validates against a JSON schema, filled from what was said."""

import re
from dataclasses import dataclass, field, replace
from typing import Any

from grokcall_sandbox.text.about import About
from grokcall_sandbox.text.classification import (
    Choice,
    choose_category,
    explain_choice,
    fitting_categories,
    text_to_classify,
)
from grokcall_sandbox.text.conversation import Answer, Conversation
from grokcall_sandbox.text.details import currency_in, name_words
from grokcall_sandbox.text.lists import listed_values
from grokcall_sandbox.text.rules import answer_conversation
from grokcall_sandbox.text.scalars import fill_boolean, fill_number
from grokcall_sandbox.text.schema import JsonSchema, conforms, kind_of, resolve
from grokcall_sandbox.text.segments import segments_of
from grokcall_sandbox.text.strings import fill_string
from grokcall_sandbox.text.words import mood_of, numbers_of, related_stems, stems_of

MAX_NODES = 20_000
MAX_ITEMS = 10
_URGENT = ("urgent", "critical", "highest", "high", "p1", "1")


@dataclass(slots=True)
class Filling:
    """What one structured answer, or a part of it, is made from, and what was used of it already."""

    about: About
    root: JsonSchema
    plain: Answer
    used: set[int] = field(default_factory=set)
    choice: Choice | None = None
    why: list[str] = field(default_factory=list)
    nodes: int = 0

    @property
    def text(self) -> str:
        """What the answer is about."""
        return self.about.text


def answer_structured(conversation: Conversation, schema: JsonSchema) -> tuple[Any, str]:
    """A value for `schema` from the conversation, and how it was found.

    Args:
        conversation: What was said.
        schema: A checked JSON schema, see `read_schema`.
    """
    text = text_to_classify(conversation.question) or conversation.instructions
    for document in conversation.documents:
        if document.data is not None and b"\0" not in document.data[:1024]:
            text = f"{text}\n{document.data[:20_000].decode('utf-8', 'replace')}"
    filling = Filling(About(conversation, text), schema, answer_conversation(conversation))
    value = _fill(schema, "", filling, 0)
    return value, " ".join(filling.why) or f"Filled the schema from the text. {filling.plain.why}"


def _fill(schema: JsonSchema, name: str, filling: Filling, variant: int) -> Any:
    filling.nodes += 1
    if filling.nodes > MAX_NODES:
        return None
    whole, schema = schema, resolve(schema, filling.root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return _pick(_allowed(schema, filling), name, filling, variant)
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            return _first_fitting(schema, keyword, whole, name, filling, variant)
    match kind_of(schema):
        case "object":
            return _fill_object(schema, name, filling, variant)
        case "array":
            return _fill_array(schema, name, filling)
        case "integer" | "number" as kind:
            share = filling.choice.confidence if filling.choice else 0.5
            return fill_number(schema, name, kind, filling.about, filling.plain, filling.used, share, variant)
        case "boolean":
            return fill_boolean(name, filling.text) == (variant % 2 == 0)
        case "null":
            return None
    plain = replace(filling.plain, why=filling.why[-1]) if filling.why else filling.plain
    return fill_string(schema, name, filling.about, plain, variant)


def _allowed(schema: JsonSchema, filling: Filling) -> list[Any]:
    beside = {key: value for key, value in schema.items() if key != "enum"}
    return [value for value in schema["enum"] if conforms(value, beside, filling.root)] or schema["enum"]


def _pick(values: list[Any], name: str, filling: Filling, variant: int) -> Any:
    names = [value for value in values if isinstance(value, str)]
    if variant:
        return values[variant % len(values)]
    if not names:
        numbers = numbers_of(filling.text)
        return next((value for value in values if _is_number(value) and value in numbers), values[0])
    if name.lower().endswith("sentiment") and mood_of(filling.text) != 0:
        wanted = "positive" if mood_of(filling.text) > 0 else "negative"
        if wanted in names:
            filling.why.append(f"Counted friendly and unfriendly words: {wanted}.")
            return wanted
    if set(name_words(name)) & {"priority", "urgency", "severity"} and related_stems("urgent") & stems_of(filling.text):
        urgent = [value for value in names if value.lower() in _URGENT]
        if urgent:
            filling.why.append("The text says that it is urgent.")
            return urgent[0]
    told = [value for value in names if _says(filling.text, value)]
    if len(told) == 1:
        filling.why.append(f"The text says {told[0]!r}.")
        return told[0]
    currency = currency_in(filling.text)
    if currency in names:
        return currency
    choice = choose_category(filling.text, names)
    filling.choice = filling.choice or choice
    filling.why.append(explain_choice(choice, len(names)))
    return choice.category


def _says(text: str, value: str) -> bool:
    """True for a value that the text has as words of its own and does not deny."""
    words = re.escape(value.replace("_", " ").lower())
    found = re.search(rf"(?<!\bnot )(?<!\bno )(?<![\w-]){words}(?![\w-])", text.lower().replace("_", " "))
    return bool(value) and found is not None


def _first_fitting(
    schema: JsonSchema, keyword: str, whole: JsonSchema, name: str, filling: Filling, variant: int
) -> Any:
    beside = {key: value for key, value in schema.items() if key != keyword}
    branches = [resolve(branch, filling.root) for branch in schema[keyword]]
    branches.sort(key=lambda branch: kind_of(branch) == "null")
    candidate: Any = None
    for attempt in range(variant, variant + 3):
        for branch in branches:
            joined = resolve({"allOf": [beside, branch]}, filling.root) if beside else branch
            candidate = _fill(joined, name, filling, attempt)
            if conforms(candidate, whole, filling.root):
                return candidate
    return candidate


def _fill_object(schema: JsonSchema, name: str, filling: Filling, variant: int) -> dict[str, Any]:
    outer = filling.about.parents
    filling.about.parents = name_words(name) or outer
    value = _fill_members(schema, filling, variant)
    filling.about.parents = outer
    return value


def _fill_members(schema: JsonSchema, filling: Filling, variant: int) -> dict[str, Any]:
    properties: JsonSchema = schema.get("properties", {})
    required = list(schema.get("required", ()))
    most = schema.get("maxProperties", len(properties) + len(required))
    names = [name for name in properties if name in required or len(required) < most]
    optional = [name for name in names if name not in required][: max(0, most - len(required))]
    others = schema.get("additionalProperties")
    rest = others if isinstance(others, dict) else {"type": "string"}
    value: dict[str, Any] = {}
    for name in names:
        if name in required or name in optional:
            part = _fill(properties[name], name, filling, variant)
            if name in required or conforms(part, properties[name], filling.root):
                value[name] = part
    for name in required:
        if name not in value:
            value[name] = _fill(rest, name, filling, variant)
    if others is not False:
        for number in range(len(value), schema.get("minProperties", 0)):
            value[f"field_{number + 1}"] = _fill(rest, f"field_{number + 1}", filling, variant)
    return value


def _fill_array(schema: JsonSchema, name: str, filling: Filling) -> list[Any]:
    first = schema.get("prefixItems", [])
    rest = schema.get("items", {} if not first else None)
    least = schema.get("minItems", 0)
    most = schema.get("maxItems", max(least, len(first), MAX_ITEMS))
    items = [_fill(part, name, filling, 0) for part in first[:most]]
    if "contains" in schema and len(items) < most:
        items.append(_fill(schema["contains"], name, filling, 0))
    if not isinstance(rest, dict):
        rest = {} if rest is None or rest is True else None
    if rest is None:
        return items
    wanted = _told_values(rest, name, filling) if not items else []
    items += [value for value in wanted if conforms(value, rest, filling.root)][: max(0, most - len(items))]
    variant = 0
    while len(items) < min(max(least, len(first), 1), most) and variant < 4 * least + 60:
        value = _fill(rest, name, filling, variant)
        if value not in items or (variant > 2 * least + 8 and not schema.get("uniqueItems")):
            items.append(value)
        variant += 1
    return items


def _told_values(schema: JsonSchema, name: str, filling: Filling) -> list[Any]:
    """The items that the text tells: categories that fit, things of the kind that the name means, or objects."""
    schema = resolve(schema, filling.root)
    names = [value for value in schema.get("enum", ()) if isinstance(value, str)]
    if len(names) > 1:
        filling.choice = filling.choice or choose_category(filling.text, names)
        filling.why.append(explain_choice(filling.choice, len(names)))
        return fitting_categories(filling.text, names)
    if kind_of(schema) == "object" and schema.get("properties"):
        return _told_objects(schema, name, filling)
    return listed_values(schema, name, filling.about)[:MAX_ITEMS] if "enum" not in schema else []


def _told_objects(schema: JsonSchema, name: str, filling: Filling) -> list[Any]:
    """An object for each piece of the text that speaks of such a thing."""
    parts = {key: resolve(part, filling.root) for key, part in schema["properties"].items()}
    kinds = {kind_of(part) for part in parts.values()}
    words = {word for key in parts for word in name_words(key)}
    formats = {part.get("format") for part in parts.values()}
    pieces = segments_of(
        filling.text,
        numbers=bool(kinds & {"integer", "number"}),
        names=bool(words & {"name", "person", "author", "speaker", "who"}),
        dates="date" in formats or "date" in words,
    )
    objects = []
    for piece in pieces[:MAX_ITEMS]:
        about = About(filling.about.conversation, piece)
        plain = replace(filling.plain, quoted=True)
        part = Filling(about, filling.root, plain, nodes=filling.nodes)
        objects.append(_fill(schema, name, part, 0))
        filling.nodes = part.nodes
    return objects


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
