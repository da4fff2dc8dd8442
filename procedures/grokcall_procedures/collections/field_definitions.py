"""The fields of a collection's documents, declared as objects or as columns in SQL; and the fields of one document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from grokcall_parser.suggestions import hint
from grokcall_procedures.documents import decode_json, encode_json
from grokcall_procedures.schemas.ddl import read_ddl
from grokcall_procedures.schemas.nested import Member
from grokcall_procedures.schemas.values import TextType
from grokcall_procedures.tools.lists import read_objects
from grokcall_procedures.types import UnfitValue, described, to_boolean, to_json, to_string

SWITCHES: Final = {"required": "required", "unique": "unique", "inject": "inject_into_chunk"}
"""What a field may be, by our name and the service's, which is taken as well."""
OPERATIONS: Final = {"add": "FIELD_DEFINITION_ADD", "delete": "FIELD_DEFINITION_DELETE"}
EXAMPLE = '\'author VARCHAR NOT NULL\' or [{"key": "author", "required": true}]'


def read_definitions(value: object) -> str:
    """Definitions of fields as the service has them, as JSON.

    Raises:
        UnfitValue: They are neither a list of objects nor columns of texts; the message names the place.

    >>> read_definitions("author VARCHAR NOT NULL, year VARCHAR COMMENT 'of the print'")
    '[{"key":"author","required":true},{"key":"year","description":"of the print"}]'
    >>> read_definitions([{"key": "sha256", "unique": True, "inject": False}])
    '[{"key":"sha256","unique":true,"inject_into_chunk":false}]'
    """
    return encode_json([definition for definition, _ in declared(value)]).decode()


def read_updates(value: object) -> str:
    """Changes of the definitions of fields as the service has them, as JSON: what says nothing else is added.

    Raises:
        UnfitValue: They are neither a list of objects nor columns of texts; the message names the place.

    >>> read_updates('[{"key": "author", "operation": "delete"}]')
    '[{"field_definition":{"key":"author"},"operation":"FIELD_DEFINITION_DELETE"}]'
    """
    updates = [
        {"field_definition": definition, "operation": operation or OPERATIONS["add"]}
        for definition, operation in declared(value, may_change=True)
    ]
    return encode_json(updates).decode()


def read_fields(value: object) -> str:
    """The fields of a document, an object of texts, as JSON; numbers and truth values become texts, NULL is left out.

    Raises:
        UnfitValue: It is no object, or has something in it that is no text.

    >>> read_fields({"year": 1984, "author": None})
    '{"year":"1984"}'
    """
    decoded = decode_json(to_json(value))
    if not isinstance(decoded, dict):
        raise UnfitValue('must be a JSON object, for example {"author": "Ada"}')
    wrong = next((name for name, each in decoded.items() if isinstance(each, dict | list)), None)
    if wrong is not None:
        raise UnfitValue(f"has {described(decoded[wrong])} in the field {wrong!r}, which takes a text")
    return encode_json({name: to_string(each) for name, each in decoded.items() if each is not None}).decode()


def declared(value: object, *, may_change: bool = False) -> list[tuple[dict[str, object], str]]:
    """Each definition, and what is to be done with it; empty for nothing else than to have it.

    Args:
        value: What was given.
        may_change: Whether objects may say what is to be done.
    """
    if isinstance(value, str) and value.strip()[:1] not in ("[", "{"):
        if not value.strip():
            raise UnfitValue(f"is empty; declare fields such as {EXAMPLE}")
        return [(definition_of(member), "") for member in read_ddl(value)]
    found = [
        definition_in(entry, number, may_change=may_change)
        for number, entry in enumerate(decode_json(read_objects(value)), 1)
    ]
    keys = [str(definition["key"]) for definition, _ in found]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise UnfitValue(f"declares the field {described(twice)} twice")
    return found


def definition_of(member: Member) -> dict[str, object]:
    """The definition of a field that is declared as a column."""
    if member.type != TextType():
        raise UnfitValue(f"declares {member.name} as {member.type}; the fields of documents are texts, declare VARCHAR")
    definition: dict[str, object] = {"key": member.name}
    if not member.nullable:
        definition["required"] = True
    if member.comment:
        definition["description"] = member.comment
    return definition


def definition_in(entry: Mapping[str, object], number: int, *, may_change: bool) -> tuple[dict[str, object], str]:
    """The definition in an object, and what is to be done with it."""
    key = entry.get("key")
    if not isinstance(key, str) or not key.strip():
        raise UnfitValue(f"has an entry {number} without a key; declare fields such as {EXAMPLE}")
    definition: dict[str, object] = {"key": key}
    operation = ""
    known = ("key", *SWITCHES, "description", *(("operation",) if may_change else ()))
    for name, value in entry.items():
        if value is None or name == "key":
            continue
        if name in SWITCHES or name in SWITCHES.values():
            definition[SWITCHES.get(name, name)] = truth(value, number, name)
        elif name == "description":
            definition[name] = to_string(value)
        elif name == "operation" and may_change:
            operation = operation_of(value, number)
        else:
            told = hint(name, known, f"known: {', '.join(known)}")
            raise UnfitValue(f"has {name!r} in entry {number}; {told}")
    return definition, operation


def truth(value: object, number: int, name: str) -> bool:
    """The value of a switch."""
    try:
        return to_boolean(value)
    except UnfitValue as error:
        raise UnfitValue(f"has an entry {number} whose {name!r} is wrong: {error}") from None


def operation_of(value: object, number: int) -> str:
    """What is to be done with a field, in the service's word."""
    word = to_string(value)
    if word in OPERATIONS.values():
        return word
    if word.lower() not in OPERATIONS:
        raise UnfitValue(f"has an entry {number} whose operation is {described(value)}; it is add or delete")
    return OPERATIONS[word.lower()]
