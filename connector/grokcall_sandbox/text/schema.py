"""JSON Schema as far as structured answers need it: what the service refuses, references, and a check of values."""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from uuid import UUID

import msgspec

from grokcall_sandbox.errors import invalid

JsonSchema = dict[str, Any]

MAX_DEPTH = 40
MAX_COUNT = 10_000
_UNSUPPORTED = ("minContains", "maxContains")
_LOOK_AROUND = re.compile(r"\(\?[=!<]|\\[1-9]|\\b|\\p")


@lru_cache(maxsize=256)
def read_schema(text: bytes) -> JsonSchema:
    """The schema in a JSON text, checked.

    Raises:
        ApiError: 400, the schema uses what structured answers do not support.
    """
    schema = msgspec.json.decode(text)
    if not isinstance(schema, dict):
        raise invalid("Invalid JSON schema: the schema must be an object.")
    _refuse_unsupported(schema, schema, "#", ())
    return schema


def resolve(schema: JsonSchema, root: JsonSchema) -> JsonSchema:
    """The schema with its reference followed and its `allOf` members merged in."""
    for _ in range(MAX_DEPTH):
        if "$ref" not in schema:
            break
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**_target(schema["$ref"], root), **beside}
    for member in schema.get("allOf", ()):
        schema = _merge({key: value for key, value in schema.items() if key != "allOf"}, resolve(member, root))
    return schema


def kind_of(schema: JsonSchema) -> str:
    """The JSON type a schema asks for; the first one that is not null where it allows several."""
    declared = schema.get("type")
    if isinstance(declared, list):
        return next((kind for kind in declared if kind != "null"), "null")
    if isinstance(declared, str):
        return declared
    for kind, keywords in _TELLING:
        if any(keyword in schema for keyword in keywords):
            return kind
    return "string"


def conforms(value: Any, schema: JsonSchema, root: JsonSchema) -> bool:
    """True for a value the schema allows, by the keywords that structured answers support."""
    if "$ref" in schema:
        beside = {key: part for key, part in schema.items() if key != "$ref"}
        return conforms(value, _target(schema["$ref"], root), root) and conforms(value, beside, root)
    return (
        _has_type(value, schema.get("type"))
        and ("const" not in schema or _same(value, schema["const"]))
        and ("enum" not in schema or any(_same(value, allowed) for allowed in schema["enum"]))
        and all(conforms(value, member, root) for member in schema.get("allOf", ()))
        and ("anyOf" not in schema or any(conforms(value, branch, root) for branch in schema["anyOf"]))
        and ("oneOf" not in schema or sum(conforms(value, branch, root) for branch in schema["oneOf"]) == 1)
        and _fits(value, schema, root)
    )


def _fits(value: Any, schema: JsonSchema, root: JsonSchema) -> bool:
    if isinstance(value, str):
        return (
            schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
            and ("pattern" not in schema or re.search(schema["pattern"], value) is not None)
            and _has_format(value, schema.get("format"))
        )
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, int | float):
        step = schema.get("multipleOf")
        return (
            schema.get("minimum", value) <= value <= schema.get("maximum", value)
            and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
            and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
            and (not step or (value / step) == int(value / step))
        )
    return _fits_list(value, schema, root) if isinstance(value, list) else _fits_object(value, schema, root)


def _fits_list(value: list[Any], schema: JsonSchema, root: JsonSchema) -> bool:
    first = schema.get("prefixItems", [])
    rest = schema.get("items")
    return (
        schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        and all(conforms(item, part, root) for item, part in zip(value, first, strict=False))
        and (rest is not False or len(value) <= len(first))
        and (not isinstance(rest, dict) or all(conforms(item, rest, root) for item in value[len(first) :]))
        and (not schema.get("uniqueItems") or not any(_same(a, b) for i, a in enumerate(value) for b in value[:i]))
        and ("contains" not in schema or any(conforms(item, schema["contains"], root) for item in value))
    )


def _fits_object(value: dict[str, Any], schema: JsonSchema, root: JsonSchema) -> bool:
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties", True)
    extra = [part for name, part in value.items() if name not in properties]
    return (
        all(name in value for name in schema.get("required", ()))
        and schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", len(value))
        and all(conforms(value[name], part, root) for name, part in properties.items() if name in value)
        and (others is not False or not extra)
        and (not isinstance(others, dict) or all(conforms(part, others, root) for part in extra))
    )


def _refuse_unsupported(schema: Any, root: JsonSchema, place: str, followed: tuple[str, ...]) -> None:
    if len(followed) > MAX_DEPTH or place.count("/") > 2 * MAX_DEPTH:
        raise invalid(f"Invalid JSON schema: {place} is nested too deeply.")
    if not isinstance(schema, dict):
        raise invalid(f"Invalid JSON schema: {place} must be an object, not {msgspec.json.encode(schema).decode()}.")
    for keyword in ("enum", "anyOf", "oneOf"):
        if keyword in schema and not (isinstance(schema[keyword], list) and schema[keyword]):
            raise invalid(f"Invalid JSON schema: {place}/{keyword} must be a list that is not empty.")
    _refuse_mistyped(schema, place)
    for keyword in _UNSUPPORTED:
        if keyword in schema:
            raise invalid(f"Invalid JSON schema: {place} uses the unsupported keyword {keyword}.")
    if isinstance(schema.get("items"), list):
        raise invalid(f"Invalid JSON schema: {place}/items must not be a list; use prefixItems.")
    if "pattern" in schema:
        _refuse_pattern(schema["pattern"], place)
    reference = schema.get("$ref")
    if reference is not None:
        if reference in followed:
            raise invalid(f"Invalid JSON schema: {place} refers to itself by {reference}.")
        _refuse_unsupported(_target(reference, root), root, str(reference), (*followed, reference))
    for name, part in _parts(schema):
        _refuse_unsupported(part, root, f"{place}/{name}", followed)


def _refuse_mistyped(schema: JsonSchema, place: str) -> None:
    for keyword, value in schema.items():
        wanted = _KEYWORDS.get(keyword)
        if wanted is not None and not wanted[1](value):
            raise invalid(f"Invalid JSON schema: {place}/{keyword} must be {wanted[0]}.")


def _parts(schema: JsonSchema) -> list[tuple[str, Any]]:
    parts: list[tuple[str, Any]] = []
    properties = schema.get("properties", {})
    if not isinstance(properties, dict):
        raise invalid("Invalid JSON schema: properties must be an object.")
    parts += [(f"properties/{name}", part) for name, part in properties.items()]
    for keyword in ("anyOf", "oneOf", "allOf", "prefixItems"):
        parts += [(f"{keyword}/{number}", part) for number, part in enumerate(schema.get(keyword, ()))]
    parts += [(key, schema[key]) for key in ("items", "contains") if not isinstance(schema.get(key, True), bool)]
    return parts


def _refuse_pattern(pattern: Any, place: str) -> None:
    try:
        re.compile(pattern)
    except (re.error, TypeError) as problem:
        raise invalid(f"Invalid JSON schema: {place}/pattern is no regular expression: {problem}.") from problem
    if _LOOK_AROUND.search(pattern):
        raise invalid(f"Invalid JSON schema: {place}/pattern uses look-around, a back-reference, \\b or \\p.")


def _target(reference: Any, root: JsonSchema) -> JsonSchema:
    found: Any = root
    if not isinstance(reference, str) or not reference.startswith("#"):
        raise invalid(f"Invalid JSON schema: the reference {reference!r} does not stay inside the schema.")
    for step in reference[1:].strip("/").split("/") if len(reference) > 1 else ():
        found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        raise invalid(f"Invalid JSON schema: the reference {reference!r} leads nowhere.")
    return found


def _merge(left: JsonSchema, right: JsonSchema) -> JsonSchema:
    merged = {**left, **right}
    if "properties" in left and "properties" in right:
        merged["properties"] = {**left["properties"], **right["properties"]}
    if "required" in left and "required" in right:
        merged["required"] = list(dict.fromkeys([*left["required"], *right["required"]]))
    for keyword, stricter in (("minimum", max), ("maximum", min), ("minLength", max), ("maxLength", min)):
        if keyword in left and keyword in right:
            merged[keyword] = stricter(left[keyword], right[keyword])
    return merged


def _has_type(value: Any, declared: Any) -> bool:
    kinds = declared if isinstance(declared, list) else [declared]
    return declared is None or any(_TYPES[kind](value) for kind in kinds if kind in _TYPES)


def _same(left: Any, right: Any) -> bool:
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _has_format(value: str, name: str | None) -> bool:
    reader = _FORMATS.get(name or "")
    try:
        return reader is None or bool(reader(value))
    except ValueError:
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": _is_number,
    "integer": lambda value: _is_number(value) and value == int(value),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def _is_count(value: Any) -> bool:
    return _TYPES["integer"](value) and 0 <= value <= MAX_COUNT


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _are_types(value: Any) -> bool:
    return isinstance(value, str | list) and all(
        kind in _TYPES for kind in ([value] if isinstance(value, str) else value)
    )


_COUNT = (f"a whole number of at most {MAX_COUNT}", _is_count)
_NUMBER = ("a number", _is_number)
_KEYWORDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "type": ("one of the JSON types or a list of them", _are_types),
    "required": ("a list of names", _are_names),
    "multipleOf": ("a number above zero", lambda value: _is_number(value) and value > 0),
    "format": ("a text", _TYPES["string"]),
    "description": ("a text", _TYPES["string"]),
    **dict.fromkeys(("allOf", "prefixItems"), ("a list", _is_list)),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _COUNT),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _NUMBER),
}
_FORMATS: dict[str, Any] = {
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "date-time": datetime.fromisoformat,
    "uuid": UUID,
    "ipv4": IPv4Address,
    "ipv6": lambda value: IPv6Address(value) is not None,
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+").fullmatch,
    "uri": re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:\S+").fullmatch,
}
_TELLING = (
    ("object", ("properties", "required", "additionalProperties", "minProperties")),
    ("array", ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains")),
    ("number", ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")),
)
