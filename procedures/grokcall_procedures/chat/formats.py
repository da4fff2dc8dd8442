"""Values of parameters that are words or objects of the API: the form of an answer, and the choice of a tool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grokcall_procedures.documents import decode_json, encode_json
from grokcall_procedures.types import UnfitValue, described, to_json, to_string

JSON_SCHEMA = "json_schema"
USUAL_NAME = "answer"
"""The name of a schema that has none, for the interface asks for one."""
LIKE_A_SCHEMA = frozenset({"properties", "$defs", "$ref", "anyOf", "items", "enum"})
EXAMPLE = '{"type": "json_schema", "json_schema": {"name": "answer", "schema": {…}}}'


def word_or_object(value: object) -> str | dict[str, Any]:
    """A word as it is, or a JSON object.

    Raises:
        UnfitValue: It is empty, no JSON, or JSON of something else.
    """
    if isinstance(value, str | bytes | bytearray | memoryview):
        text = to_string(value).strip()
        if not text:
            raise UnfitValue("must not be empty; pass NULL to leave it out")
        if not text.startswith(("{", "[", '"')):
            return text
        value = text
    decoded = decode_json(to_json(value))
    if not isinstance(decoded, dict | str):
        raise UnfitValue(f"expected a word or a JSON object, got {described(decoded)}")
    return decoded


def read_response_format(value: object) -> str:
    """The form of an answer as JSON text: an object of the API, or the word that is its type.

    A schema may stand beside its type, as it does in the Responses interface.

    Raises:
        UnfitValue: It is no such thing, or a schema is missing.

    >>> read_response_format("json_object")
    '{"type":"json_object"}'
    >>> read_response_format({"type": "json_schema", "schema": {"type": "object"}})
    '{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"}}}'
    """
    wanted = word_or_object(value)
    form: dict[str, Any] = {"type": wanted} if isinstance(wanted, str) else wanted
    kind = form.get("type")
    if not LIKE_A_SCHEMA.isdisjoint(form) or kind in ("object", "array"):
        raise UnfitValue(f"is a JSON Schema alone; write {EXAMPLE}")
    if not isinstance(kind, str) or not kind:
        raise UnfitValue(f'has no "type", which is text, json_object or json_schema, as in {EXAMPLE}')
    if kind == JSON_SCHEMA:
        form = {"type": kind, "json_schema": named_schema(form)}
    return encode_json(form).decode()


def named_schema(form: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a form, with its name.

    Raises:
        UnfitValue: There is none.
    """
    inner = form.get("json_schema", {name: value for name, value in form.items() if name != "type"})
    if not isinstance(inner, dict) or not isinstance(inner.get("schema"), dict):
        raise UnfitValue(f"has no schema; write {EXAMPLE}")
    return {"name": USUAL_NAME, **inner}


def read_message_choice(value: object) -> str:
    """The choice of a tool in the messages interface as JSON text: a word, the name of a tool, or an object of the API.

    Raises:
        UnfitValue: It is no such thing.

    >>> read_message_choice("any"), read_message_choice({"type": "tool", "name": "f"})
    ('"any"', '{"type":"tool","name":"f"}')
    """
    choice = word_or_object(value)
    if isinstance(choice, dict) and (not isinstance(choice.get("type"), str) or not choice["type"]):
        raise UnfitValue('has no "type", as {"type": "tool", "name": "…"} has')
    return encode_json(choice).decode()


def read_stop_sequences(value: object) -> str:
    """Texts at which an answer stops, as JSON text of a list: a list, JSON text of one, or one text alone.

    Raises:
        UnfitValue: It is no such thing, or one of them is empty.

    >>> read_stop_sequences("END"), read_stop_sequences(["a", "b"])
    ('["END"]', '["a","b"]')
    """
    if isinstance(value, str | bytes | bytearray | memoryview):
        text = to_string(value)
        entries = decode_json(to_json(text)) if text.lstrip().startswith("[") else [text]
    else:
        entries = list(value) if isinstance(value, list | tuple) else []
    if not entries or not all(isinstance(entry, str) and entry for entry in entries):
        raise UnfitValue('expected a list of texts, none of them empty, such as ["END", "STOP"]')
    return encode_json(entries).decode()
