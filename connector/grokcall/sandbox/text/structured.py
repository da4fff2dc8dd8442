"""Structured answers: a value that validates against a JSON schema, filled from what was said."""

import math
from dataclasses import dataclass, field
from typing import Any

from grokcall.sandbox.text.classification import (
    Choice,
    choose_category,
    explain_choice,
    fitting_categories,
    text_to_classify,
)
from grokcall.sandbox.text.conversation import Answer, Conversation
from grokcall.sandbox.text.rules import answer_conversation
from grokcall.sandbox.text.schema import JsonSchema, conforms, kind_of, resolve
from grokcall.sandbox.text.strings import fill_string
from grokcall.sandbox.text.words import NEGATIVE, mood_of, numbers_of, stem, stems_of, words_of

MAX_NODES = 20_000
_SHARES = ("confidence", "probability", "score", "certainty", "likelihood")


@dataclass(slots=True)
class Filling:
    """What one structured answer is made from, and what was used of it already."""

    conversation: Conversation
    root: JsonSchema
    text: str
    plain: Answer
    numbers: list[float]
    choice: Choice | None = None
    why: list[str] = field(default_factory=list)
    nodes: int = 0


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
    filling = Filling(conversation, schema, text, answer_conversation(conversation), numbers_of(text[:20_000]))
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
            return _fill_object(schema, filling, variant)
        case "array":
            return _fill_array(schema, name, filling)
        case "integer":
            return int(_bounded(_number(schema, name, filling, variant), schema, whole_numbers=True))
        case "number":
            return _bounded(_number(schema, name, filling, variant), schema, whole_numbers=False)
        case "boolean":
            return _boolean(name, filling) if variant % 2 == 0 else not _boolean(name, filling)
        case "null":
            return None
    plain = Answer(filling.plain.text, filling.why[-1]) if filling.why else filling.plain
    return fill_string(schema, name, filling.conversation, filling.text, plain, variant)


def _allowed(schema: JsonSchema, filling: Filling) -> list[Any]:
    beside = {key: value for key, value in schema.items() if key != "enum"}
    return [value for value in schema["enum"] if conforms(value, beside, filling.root)] or schema["enum"]


def _pick(values: list[Any], name: str, filling: Filling, variant: int) -> Any:
    names = [value for value in values if isinstance(value, str)]
    if variant:
        return values[variant % len(values)]
    if not names:
        return next((value for value in values if _is_number(value) and value in filling.numbers), values[0])
    if name.lower().endswith("sentiment") and mood_of(filling.text) != 0:
        wanted = "positive" if mood_of(filling.text) > 0 else "negative"
        if wanted in names:
            filling.why.append(f"Counted friendly and unfriendly words: {wanted}.")
            return wanted
    choice = choose_category(filling.text, names)
    filling.choice = filling.choice or choice
    filling.why.append(explain_choice(choice, len(names)))
    return choice.category


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


def _fill_object(schema: JsonSchema, filling: Filling, variant: int) -> dict[str, Any]:
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
    most = schema.get("maxItems", max(least, len(first), 3))
    items = [_fill(part, name, filling, 0) for part in first[:most]]
    if "contains" in schema and len(items) < most:
        items.append(_fill(schema["contains"], name, filling, 0))
    if not isinstance(rest, dict):
        rest = {} if rest is None or rest is True else None
    if rest is None:
        return items
    wanted = _named_values(rest, filling) if not items else []
    items += [value for value in wanted if conforms(value, rest, filling.root)][: max(0, most - len(items))]
    variant = 0
    while len(items) < min(max(least, len(first), 1), most) and variant < 4 * least + 60:
        value = _fill(rest, name, filling, variant)
        if value not in items or (variant > 2 * least + 8 and not schema.get("uniqueItems")):
            items.append(value)
        variant += 1
    return items


def _named_values(schema: JsonSchema, filling: Filling) -> list[Any]:
    schema = resolve(schema, filling.root)
    names = [value for value in schema.get("enum", ()) if isinstance(value, str)]
    if len(names) > 1:
        filling.choice = filling.choice or choose_category(filling.text, names)
        filling.why.append(explain_choice(filling.choice, len(names)))
        return fitting_categories(filling.text, names)
    if kind_of(schema) in ("number", "integer") and "enum" not in schema:
        return (
            list(dict.fromkeys(filling.numbers))[:3]
            if kind_of(schema) == "number"
            else [int(number) for number in dict.fromkeys(filling.numbers) if number == int(number)][:3]
        )
    return []


def _number(schema: JsonSchema, name: str, filling: Filling, variant: int) -> float:
    low = name.lower()
    if any(word in low for word in _SHARES) and schema.get("maximum", 1) <= 100:
        share = filling.choice.confidence if filling.choice else 0.5
        return share * float(schema.get("maximum", 1))
    if "word" in low and ("count" in low or "number" in low):
        return len(words_of(filling.text))
    if "year" in low:
        return next((number for number in filling.numbers if 1000 <= number <= 2999), 2000) + variant
    near = _number_near(name, filling.text)
    if near is not None and variant == 0:
        return near
    sum_text = filling.plain.text.replace("-", "", 1).replace(".", "", 1)
    if sum_text.isdigit() and len(sum_text) < 16 and variant == 0:
        return float(filling.plain.text)
    return (filling.numbers[0] if filling.numbers else 0.0) + variant


def _number_near(name: str, text: str) -> float | None:
    """The number with the fewest words between it and a word of the property's name."""
    wanted = {stem(word) for word in words_of(name.replace("_", " "))}
    pieces = text[:4_000].split()
    named = [place for place, piece in enumerate(pieces) if wanted & stems_of(piece)]
    if not named:
        return None
    shown = [(place, number) for place, piece in enumerate(pieces) for number in numbers_of(piece)]
    return min(shown, key=lambda at: min(abs(at[0] - place) for place in named), default=(0, None))[1]


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


def _boolean(name: str, filling: Filling) -> bool:
    asked = {stem(word) for word in words_of(name.replace("_", " "))} - {"is", "ha", "are", "wa"}
    mood = mood_of(filling.text)
    if asked & {stem(word) for word in (*NEGATIVE, "negative", "complaint", "problem", "escalat")}:
        return mood < 0
    if asked & {stem(word) for word in ("positive", "happy", "satisfied", "praise", "recommend")}:
        return mood > 0
    return bool(asked & stems_of(filling.text)) or (mood > 0 and not asked)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
