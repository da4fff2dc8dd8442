"""The schema of an answer that is a list: what is asked of the model, and how the rows are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from grokcall_procedures.answer_texts import read_answer
from grokcall_procedures.schemas.mismatch import wrong
from grokcall_procedures.schemas.output import SCHEMA_NAME, OutputSchema
from grokcall_procedures.schemas.values import JsonSchema

ROWS = "rows"
"""The member that the rows stand in: an answer of a declared shape is an object."""
TASK = "One entry for each thing that is asked for, in the order of the text; empty where there is none."
"""What the model is told of the rows. Raise ``PROMPT_VERSION`` of what asks with it when it changes."""
ROW_PLACE = f"#/properties/{ROWS}/items"
SHARED = ("$defs", "definitions")
"""Where a schema keeps what it refers to; it moves to the head of the whole."""
PLAIN_VALUES = frozenset({"const", "enum", "default", "examples"})
"""Keywords that hold values and no schemas."""


@dataclass(frozen=True)
class RowsSchema:
    """The declared shape of the rows of an answer.

    Args:
        row: The shape of each.
    """

    row: OutputSchema

    def text_format(self, most: int | None = None) -> dict[str, object]:
        """The member ``text`` of a request.

        Args:
            most: The most rows that are wanted; None for all.
        """
        schema = {"type": "json_schema", "name": SCHEMA_NAME, "strict": True, "schema": rows_schema(self.row, most)}
        return {"format": schema}

    def decode(self, answer: str) -> list[tuple[object, ...]]:
        """The rows in an answer's text; a list alone is taken as well, from a model that heeds no schema.

        Raises:
            Mismatch: It is no JSON, or not of the declared shape; the place begins with that of the row.

        >>> from grokcall_procedures.schemas import read_output_schema
        >>> RowsSchema(read_output_schema("item VARCHAR, qty INTEGER")).decode('{"rows": [{"item": "tea", "qty": 2}]}')
        [('tea', 2)]
        """
        try:
            value = read_answer(answer, Decimal)
        except (ValueError, RecursionError):
            raise wrong("the answer", "JSON", answer) from None
        rows = value.get(ROWS) if isinstance(value, dict) else value
        if not isinstance(rows, list):
            raise wrong("the answer", 'an object with a list "rows"', value)
        return [self._decoded(row, f"{ROWS}[{number}]") for number, row in enumerate(rows)]

    def _decoded(self, row: object, place: str) -> tuple[object, ...]:
        if not isinstance(row, dict):
            raise wrong(place, "a JSON object", row)
        return tuple(self.row.decoded(row, place).values())


def rows_schema(row: OutputSchema, most: int | None = None) -> JsonSchema:
    """The JSON Schema of an object with a list of rows, with what the schema of a row refers to at its head."""
    items = {name: moved(part) for name, part in row.json_schema.items() if name not in SHARED}
    shared = {name: moved(row.json_schema[name]) for name in SHARED if name in row.json_schema}
    limit = "" if most is None else f" At most {most} of them."
    rows = {"type": "array", "description": f"{TASK}{limit}", "items": items}
    return {
        "type": "object",
        "properties": {ROWS: rows},
        "required": [ROWS],
        "additionalProperties": False,
        **shared,
    }


def moved(part: object) -> object:
    """A part of a row's schema with its references as they are below the list."""
    if isinstance(part, list):
        return [moved(each) for each in part]
    if not isinstance(part, Mapping):
        return part
    return {
        name: value if name in PLAIN_VALUES else moved_reference(value) if name == "$ref" else moved(value)
        for name, value in part.items()
    }


def moved_reference(reference: object) -> object:
    """A reference within a row's schema; those to shared parts, and to other documents, stay what they are.

    >>> moved_reference("#/properties/a"), moved_reference("#/$defs/b")
    ('#/properties/rows/items/properties/a', '#/$defs/b')
    """
    if not isinstance(reference, str) or not reference.startswith("#"):
        return moved(reference)
    if reference.startswith(tuple(f"#/{name}/" for name in SHARED)):
        return reference
    return ROW_PLACE + reference[1:]
