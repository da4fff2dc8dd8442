"""The values of columns as the JSON document that they were read from."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal

from grokcall_procedures.schemas.nested import ListType, Member, StructType
from grokcall_procedures.schemas.values import JsonType, ValueType


def document_of(members: Sequence[Member], values: Mapping[str, object]) -> str:
    """The values of columns as the JSON text of an object, without those that are NULL because they may be left out.

    >>> from grokcall_procedures.schemas.ddl import read_ddl
    >>> document_of(read_ddl("day DATE, due DATE"), {"day": datetime.date(2026, 3, 4), "due": None})
    '{"day": "2026-03-04", "due": null}'
    """
    return json.dumps(plain_object(members, values), ensure_ascii=False, default=text_of)


def plain_object(members: Sequence[Member], values: Mapping[str, object]) -> dict[str, object]:
    """The members of an object."""
    return {
        member.name: plain_value(member.type, values[member.name])
        for member in members
        if values[member.name] is not None or member.required
    }


def plain_value(kind: ValueType, value: object) -> object:
    """One value of a type."""
    if value is None:
        return None
    if isinstance(kind, JsonType):
        return json.loads(str(value))
    if isinstance(kind, StructType) and isinstance(value, Mapping):
        return plain_object(kind.members, value)
    if isinstance(kind, ListType) and isinstance(value, Sequence):
        return [plain_value(kind.element, each) for each in value]
    return value


def text_of(value: object) -> object:
    """A value that JSON has no form for: dates and times as RFC 3339 has them."""
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
