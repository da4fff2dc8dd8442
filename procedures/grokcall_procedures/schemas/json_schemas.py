"""Columns as a JSON Schema declares them: an object whose properties are the columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grokcall_procedures.schemas.moments import DateType, TimestampType, TimeType, UuidType
from grokcall_procedures.schemas.nested import ListType, Member, StructType
from grokcall_procedures.schemas.numbers import FloatType, integer
from grokcall_procedures.schemas.values import BooleanType, EnumType, JsonSchema, JsonType, TextType, ValueType
from grokcall_procedures.types import UnfitValue

DEEPEST = 24
"""Objects and arrays inside of each other, references counted."""
FORMATS: Mapping[str, ValueType] = {
    "date": DateType(),
    "time": TimeType(),
    "date-time": TimestampType(zoned=True),
    "uuid": UuidType(),
}
PLAIN: Mapping[str, ValueType] = {
    "boolean": BooleanType(),
    "integer": integer("BIGINT", 64),
    "number": FloatType(64),
    "string": TextType(),
}


def read_json_schema(root: JsonSchema) -> tuple[Member, ...]:
    """The columns of a JSON Schema of an object.

    What has no type of its own (several types, ``oneOf`` of objects, anything at all) becomes a column of JSON text.
    Keywords that say nothing about the type are sent as they are and not checked.

    Raises:
        UnfitValue: It is no schema of an object with properties, or a reference leads nowhere or in a circle.
    """
    reader = SchemaReader(root)
    schema, _ = reader.resolved(root, "#", 0)
    if schema.get("type", "object") != "object" or not isinstance(schema.get("properties"), dict):
        raise UnfitValue('the JSON Schema must be one of an object: {"type": "object", "properties": {…}}')
    if not schema["properties"]:
        raise UnfitValue("the JSON Schema has no properties; each of them becomes a column, so name at least one")
    return reader.members(schema, "#", 0)


class SchemaReader:
    """Reads the parts of one JSON Schema.

    Args:
        root: The whole schema, where references lead.
    """

    def __init__(self, root: JsonSchema) -> None:
        self._root = root

    def members(self, schema: JsonSchema, place: str, depth: int) -> tuple[Member, ...]:
        """The properties of an object."""
        required = schema.get("required", [])
        if not isinstance(required, list):
            raise UnfitValue(f"{place}/required of the JSON Schema must be a list of names")
        return tuple(
            self.member(name, part, f"{place}/properties/{name}", name in required, depth)
            for name, part in schema["properties"].items()
        )

    def member(self, name: str, part: object, place: str, required: bool, depth: int) -> Member:
        """One property."""
        schema, nullable = self.resolved(part, place, depth)
        kind = self.type(schema, place, depth)
        comment = schema.get("description", "")
        return Member(name, kind, nullable or not required, comment if isinstance(comment, str) else "", required)

    def type(self, schema: JsonSchema, place: str, depth: int) -> ValueType:
        """The type of a resolved schema."""
        if depth > DEEPEST:
            raise UnfitValue(f"{place} of the JSON Schema is nested more than {DEEPEST} deep; flatten it")
        kind = schema.get("type")
        values = schema.get("enum")
        if isinstance(values, list) and values and all(isinstance(value, str) for value in values):
            return EnumType(tuple(dict.fromkeys(values)), plain=True)
        if kind == "string":
            return FORMATS.get(str(schema.get("format")), PLAIN["string"])
        if isinstance(kind, str) and kind in PLAIN:
            return PLAIN[kind]
        if kind == "array" and isinstance(schema.get("items"), dict):
            items, nullable = self.resolved(schema["items"], f"{place}/items", depth + 1)
            if not nullable:
                return ListType(self.type(items, f"{place}/items", depth + 1))
        if kind == "object" and isinstance(schema.get("properties"), dict) and schema["properties"]:
            return StructType(self.members(schema, place, depth + 1))
        return JsonType(schema)

    def resolved(self, part: object, place: str, depth: int) -> tuple[JsonSchema, bool]:
        """A part without references and without ``null`` among its types, and whether null was among them.

        Raises:
            UnfitValue: It is no schema, or a reference leads nowhere or in a circle.
        """
        schema, nullable = self.schema_of(part, place), False
        for _ in range(DEEPEST - min(depth, DEEPEST) + 1):
            if "$ref" in schema:
                beside = {key: value for key, value in schema.items() if key != "$ref"}
                schema = {**self.target(schema["$ref"], place), **beside}
            elif (chosen := alternative(schema)) is not None:
                schema, nullable = self.schema_of(chosen, place), True
            elif isinstance(schema.get("allOf"), list) and len(schema["allOf"]) == 1:
                beside = {key: value for key, value in schema.items() if key != "allOf"}
                schema = {**self.schema_of(schema["allOf"][0], place), **beside}
            else:
                return schema, nullable
        raise UnfitValue(f"{place} of the JSON Schema refers to itself, or is nested more than {DEEPEST} deep")

    def schema_of(self, part: object, place: str) -> JsonSchema:
        """A part of the schema, which must be an object."""
        if not isinstance(part, dict):
            raise UnfitValue(f"{place} of the JSON Schema must be an object, not {type(part).__name__}")
        return part

    def target(self, reference: object, place: str) -> JsonSchema:
        """Where a reference leads."""
        found: Any = self._root
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise UnfitValue(f"{place}: the reference {reference!r} must stay inside the schema, as in #/$defs/name")
        for step in reference[1:].strip("/").split("/") if len(reference) > 1 else ():
            found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            raise UnfitValue(f"{place}: the reference {reference!r} of the JSON Schema leads nowhere")
        return found


def alternative(schema: JsonSchema) -> object | None:
    """What a nullable schema is when it is not null; None for a schema that is not of that kind."""
    kind = schema.get("type")
    if isinstance(kind, list) and "null" in kind and len(kind) > 1:
        others = [each for each in kind if each != "null"]
        values = schema.get("enum")
        chosen = {**schema, "type": others[0] if len(others) == 1 else others}
        if isinstance(values, list):
            chosen["enum"] = [value for value in values if value is not None]
        return chosen
    for keyword in ("anyOf", "oneOf"):
        branches = schema.get(keyword)
        if isinstance(branches, list) and {"type": "null"} in branches:
            others = [branch for branch in branches if branch != {"type": "null"}]
            beside = {key: value for key, value in schema.items() if key != keyword}
            if len(others) == 1 and isinstance(others[0], dict):
                return {**beside, **others[0]}
            return {**beside, keyword: others} if others else None
    return None
