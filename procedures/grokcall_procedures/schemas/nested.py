"""The types of an answer's values that hold others: lists, structs, maps; and columns, which are much like a struct."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from grokcall_procedures.schemas.mismatch import Mismatch, shown, wrong
from grokcall_procedures.schemas.values import JsonSchema, TextType, ValueType
from grokcall_procedures.types import well_formed

MISSING = object()
LONGEST_KEY = 40
"""Characters of a map's key in the place of a mismatch."""


@dataclass(frozen=True, slots=True)
class Member:
    """A named value: a column of the answer, or a field of a struct.

    Args:
        name: Its name.
        type: Its type.
        nullable: Whether NULL will do.
        comment: What it is, told to the model; may be empty.
        required: Whether an answer without it is a bad one; otherwise it is NULL then.
    """

    name: str
    type: ValueType
    nullable: bool = True
    comment: str = ""
    required: bool = True

    def json_schema(self) -> JsonSchema:
        """The schema of its value, which may be null unless NOT NULL was declared."""
        schema = self.type.json_schema()
        told = " ".join(filter(None, (self.comment, schema.pop("description", ""))))
        if self.nullable:
            schema = {"anyOf": [schema, {"type": "null"}]}
        return schema | ({"description": told} if told else {})

    def decode(self, value: object, place: str) -> object:
        """The value for Arrow.

        Raises:
            Mismatch: It is missing, null where it must not be, or of another type.
        """
        if value is MISSING and self.required:
            raise Mismatch(place, f"a value ({self.type})", "no member of that name")
        if value is None or value is MISSING:
            if not self.nullable and value is None:
                raise wrong(place, f"{self.type} NOT NULL", value)
            return None
        return self.type.decode(value, place)

    def __str__(self) -> str:
        return f"{identifier(self.name)} {self.type}{'' if self.nullable else ' NOT NULL'}"


def members_schema(members: Sequence[Member]) -> JsonSchema:
    """The schema of an object with exactly these members, which strict structured output asks for."""
    return {
        "type": "object",
        "properties": {member.name: member.json_schema() for member in members},
        "required": [member.name for member in members],
        "additionalProperties": False,
    }


def decoded_members(members: Sequence[Member], value: dict[str, object], place: str = "") -> dict[str, object]:
    """The values of an object's members; others that it has beside them are passed over."""
    before = f"{place}." if place else ""
    return {m.name: m.decode(value.get(m.name, MISSING), f"{before}{m.name}") for m in members}


@dataclass(frozen=True, slots=True)
class StructType:
    """STRUCT(a INTEGER, b VARCHAR)."""

    members: tuple[Member, ...]

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type."""
        return pa.struct([pa.field(member.name, member.type.arrow) for member in self.members])

    def json_schema(self) -> JsonSchema:
        """An object with exactly the members."""
        return members_schema(self.members)

    def decode(self, value: object, place: str) -> dict[str, object]:
        """An object with the members."""
        if not isinstance(value, dict):
            raise wrong(place, "an object (STRUCT)", value)
        return decoded_members(self.members, value, place)

    def __str__(self) -> str:
        return f"STRUCT({', '.join(map(str, self.members))})"


@dataclass(frozen=True, slots=True)
class ListType:
    """INTEGER[], or INTEGER[3] of fixed length; no element is NULL."""

    element: ValueType
    length: int | None = None

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type."""
        inner = self.element.arrow
        return pa.list_(inner) if self.length is None else pa.list_(inner, self.length)

    def json_schema(self) -> JsonSchema:
        """An array."""
        schema: JsonSchema = {"type": "array", "items": self.element.json_schema()}
        return schema if self.length is None else {**schema, "minItems": self.length, "maxItems": self.length}

    def decode(self, value: object, place: str) -> list[object]:
        """An array of the length, each element of its type."""
        if not isinstance(value, list):
            raise wrong(place, f"a list ({self})", value)
        if self.length is not None and len(value) != self.length:
            raise Mismatch(place, f"{self.length} elements ({self})", f"{len(value)}")
        for index, each in enumerate(value):
            if each is None:
                raise Mismatch(f"{place}[{index + 1}]", str(self.element), shown(None))
        return [self.element.decode(each, f"{place}[{index + 1}]") for index, each in enumerate(value)]

    def __str__(self) -> str:
        return f"{self.element}[{self.length or ''}]"


@dataclass(frozen=True, slots=True)
class MapType:
    """MAP(VARCHAR, INTEGER): texts as keys, no value NULL.

    Strict structured output has no objects with names of the model's choice, so a list of pairs is asked for.
    """

    value: ValueType

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type."""
        return pa.map_(pa.string(), self.value.arrow)

    def json_schema(self) -> JsonSchema:
        """An array of objects with ``key`` and ``value``."""
        pair = members_schema((Member("key", TextType(), False), Member("value", self.value, False)))
        return {"type": "array", "items": pair, "description": "Pairs of key and value; no key twice."}

    def decode(self, value: object, place: str) -> dict[str, object]:
        """The pairs; a plain object will do as well."""
        if isinstance(value, dict):
            value = [{"key": key, "value": each} for key, each in value.items()]
        if not isinstance(value, list):
            raise wrong(place, f"pairs of key and value ({self})", value)
        found: dict[str, object] = {}
        for index, pair in enumerate(value):
            key = pair.get("key") if isinstance(pair, dict) else None
            if not isinstance(pair, dict) or not isinstance(key, str) or pair.get("value") is None:
                raise wrong(f"{place}[{index + 1}]", "an object with key and value", pair)
            if key in found:
                raise Mismatch(place, "each key once", f"{shown(key)} twice")
            found[well_formed(key)] = self.value.decode(pair["value"], f"{place}['{key[:LONGEST_KEY]}']")
        return found

    def __str__(self) -> str:
        return f"MAP(VARCHAR, {self.value})"


def identifier(name: str) -> str:
    """A name as SQL writes it: in double quotes unless it is a plain word."""
    return name if name.isidentifier() and name.isascii() else '"' + name.replace('"', '""') + '"'
