"""Structured answers made wrong: of another type, with a member missing, or no JSON at all."""

from typing import Any

import msgspec

NO_JSON = "Sure! Here is the answer you asked for."


def spoiled(value: Any, number: int) -> str:
    """The JSON of `value` with a fault in it.

    Args:
        value: A value that fits its schema.
        number: Decides which fault, and where.
    """
    if not isinstance(value, dict) or not value or number % 5 == 0:
        return NO_JSON
    name = list(value)[number // 5 % len(value)]
    if number % 5 == 1:
        value = {other: part for other, part in value.items() if other != name}
    else:
        value = {**value, name: other_type(value[name])}
    return msgspec.json.encode(value).decode()


def other_type(value: Any) -> Any:
    """A value of a type that neither `value` has nor, as a rule, its schema allows."""
    if isinstance(value, dict):
        return "an object, in words"
    if isinstance(value, str | list):
        return {"wrong": True}
    return ["not", "one", "value"]
