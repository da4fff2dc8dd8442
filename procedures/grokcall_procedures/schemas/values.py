"""What every type of an answer's values is able to do, and the types of plain values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import msgspec
import pyarrow as pa

from grokcall_procedures.schemas.mismatch import Mismatch, wrong
from grokcall_procedures.types import well_formed

JsonSchema: TypeAlias = dict[str, Any]
_encode_json = msgspec.json.Encoder(decimal_format="number").encode


class ValueType(Protocol):
    """A type that a part of an answer can have. Its text is the type in SQL."""

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type."""
        ...

    def json_schema(self) -> JsonSchema:
        """The JSON Schema that makes the model answer with it."""
        ...

    def decode(self, value: object, place: str) -> object:
        """A decoded JSON value, never null, as the Python value for Arrow.

        Raises:
            Mismatch: It is something else.
        """
        ...


@dataclass(frozen=True, slots=True)
class BooleanType:
    """BOOLEAN."""

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type."""
        return pa.bool_()

    def json_schema(self) -> JsonSchema:
        """A boolean."""
        return {"type": "boolean"}

    def decode(self, value: object, place: str) -> bool:
        """``true`` or ``false``."""
        if isinstance(value, bool):
            return value
        raise wrong(place, self, value)

    def __str__(self) -> str:
        return "BOOLEAN"


@dataclass(frozen=True, slots=True)
class TextType:
    """VARCHAR, of any length or of at most so many characters."""

    longest: int | None = None

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type."""
        return pa.string()

    def json_schema(self) -> JsonSchema:
        """A string."""
        return {"type": "string"} | ({} if self.longest is None else {"maxLength": self.longest})

    def decode(self, value: object, place: str) -> str:
        """A text; halves of characters become U+FFFD."""
        if not isinstance(value, str):
            raise wrong(place, self, value)
        if self.longest is not None and len(value) > self.longest:
            raise Mismatch(place, str(self), f"a text of {len(value):,} characters")
        return well_formed(value)

    def __str__(self) -> str:
        return "VARCHAR" if self.longest is None else f"VARCHAR({self.longest})"


@dataclass(frozen=True, slots=True)
class EnumType:
    """ENUM('a', 'b'): one of some texts.

    Args:
        values: The texts.
        plain: Whether the column is text; otherwise a dictionary, as DuckDB exports an ENUM.
    """

    values: tuple[str, ...]
    plain: bool = False

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type."""
        if self.plain:
            return pa.string()
        return pa.dictionary(pa.uint8() if len(self.values) <= 256 else pa.uint16(), pa.string())

    def json_schema(self) -> JsonSchema:
        """One of the texts."""
        return {"type": "string", "enum": list(self.values)}

    def decode(self, value: object, place: str) -> str:
        """One of the texts, in its very spelling."""
        if isinstance(value, str) and value in self.values:
            return value
        raise wrong(place, self.told(), value)

    def told(self) -> str:
        """The texts, not too many of them, for a message."""
        first = ", ".join(map(quoted, self.values[:8]))
        return f"one of {first}" + (f" and {len(self.values) - 8} more" if len(self.values) > 8 else "")

    def __str__(self) -> str:
        return f"ENUM({', '.join(map(quoted, self.values))})"


@dataclass(frozen=True, slots=True)
class JsonType:
    """JSON: anything, kept as JSON text.

    Args:
        schema: The JSON Schema to send; None for one that describes any text holding JSON.
    """

    schema: JsonSchema | None = None

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type."""
        return pa.json_()

    def json_schema(self) -> JsonSchema:
        """A text that holds JSON: a schema of "anything" is not known to be served."""
        return {"type": "string", "description": "JSON, written as a string."} if self.schema is None else self.schema

    def decode(self, value: object, place: str) -> str:  # noqa: ARG002 - every value has a place, and every one will do
        """JSON text: what stands in a string that was to hold JSON, and otherwise the value as JSON."""
        if self.schema is None and isinstance(value, str) and is_json(value):
            return well_formed(value)
        return well_formed(_encode_json(sound(value)).decode())

    def __str__(self) -> str:
        return "JSON"


def is_json(text: str) -> bool:
    """Whether a text holds JSON."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def sound(value: object) -> object:
    """A JSON value without halves of characters, which cannot be encoded."""
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, list):
        return [sound(each) for each in value]
    if isinstance(value, dict):
        return {well_formed(name): sound(each) for name, each in value.items()}
    return value


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
