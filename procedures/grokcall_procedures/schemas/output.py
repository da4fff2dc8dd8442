"""The schema of an answer: what is asked of the model, the columns that come of it, and how its answer is read."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from grokcall_procedures.answer_texts import read_answer
from grokcall_procedures.schemas.answer_types import AnswerType, answer_type
from grokcall_procedures.schemas.ddl import read_ddl
from grokcall_procedures.schemas.json_schemas import read_json_schema
from grokcall_procedures.schemas.mismatch import Mismatch, Refused, wrong
from grokcall_procedures.schemas.nested import Member, decoded_members, members_schema
from grokcall_procedures.schemas.values import JsonSchema
from grokcall_procedures.types import UnfitValue, described, well_formed

LONGEST_SCHEMA = 1 << 16
"""Characters of a schema."""
MOST_COLUMNS = 200
SCHEMA_NAME = "answer"


@dataclass(frozen=True)
class OutputSchema:
    """The declared shape of an answer.

    Args:
        text: The declaration, as it was written.
        columns: The columns in order.
        json_schema: What is sent to the service.
        type: The Python type that it was declared by; None for text.
    """

    text: str
    columns: tuple[Member, ...]
    json_schema: JsonSchema
    type: AnswerType | None = field(default=None, compare=False)

    def text_format(self) -> dict[str, object]:
        """The member ``text`` of a request."""
        schema = {"type": "json_schema", "name": SCHEMA_NAME, "strict": True, "schema": self.json_schema}
        return {"format": schema}

    def decode(self, answer: str) -> tuple[object, ...]:
        """The values of the columns from an answer's text, in a fence or without.

        Raises:
            Mismatch: It is no JSON, not of the declared shape, or refused by the Python type that declared it.

        >>> read_output_schema("priority INTEGER, tags VARCHAR[]").decode('{"priority": 2, "tags": ["new"]}')
        (2, ['new'])
        """
        try:
            value = read_answer(answer, Decimal)
        except (ValueError, RecursionError):
            raise wrong("the answer", "JSON", answer) from None
        if not isinstance(value, dict):
            raise wrong("the answer", "a JSON object", value)
        return tuple(self.decoded(value).values())

    def decoded(self, value: dict[str, object], place: str = "") -> dict[str, object]:
        """The values of the columns from a JSON object.

        Args:
            value: The object.
            place: Where it stands in the answer, for messages.

        Raises:
            Mismatch: It is not of the declared shape, or refused by the Python type that declared it.
        """
        values = decoded_members(self.columns, value, place)
        try:
            self.answer(values)
        except Refused as error:
            raise error.below(place) from None
        return values

    def answer(self, values: Mapping[str, object]) -> object:
        """The values of the columns as an instance of the Python type that declared them, else as a dict.

        Args:
            values: The values by column.

        Raises:
            Mismatch: The type refuses them.
        """
        return dict(values) if self.type is None else self.type.build(values)

    def __str__(self) -> str:
        return ", ".join(map(str, self.columns))


def schema_text(value: object) -> str:
    """An OutputSchema as text: SQL, JSON of a mapping, or what a Python type declares.

    Raises:
        UnfitValue: It is no schema.
    """
    declared = answer_type(value)
    if declared is not None:
        value = declared.text
    if isinstance(value, Mapping):
        try:
            value = json.dumps(value, ensure_ascii=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise UnfitValue(f"cannot be written as JSON ({error})") from None
    if not isinstance(value, str):
        told = "columns such as 'priority INTEGER', a JSON Schema, a dataclass, a pydantic model or an Arrow schema"
        raise UnfitValue(f"expected {told}, got {described(value)}")
    text = well_formed(value).strip()
    read_output_schema(text)
    return text


def declared_schema(value: object) -> OutputSchema:
    """The schema of an answer from what was given for it: text, a mapping, or a Python type, which it keeps.

    Raises:
        UnfitValue: It is no schema.
    """
    return replace(read_output_schema(schema_text(value)), type=answer_type(value))


@functools.lru_cache(maxsize=256)
def read_output_schema(text: str) -> OutputSchema:
    """The schema of an answer from SQL or from a JSON Schema, which begins with ``{``.

    Raises:
        UnfitValue: It is neither; the message says what is wrong and where.

    >>> str(read_output_schema("priority int, tags text[]"))
    'priority INTEGER, tags VARCHAR[]'
    """
    if not text:
        raise UnfitValue("is empty; write columns such as 'priority INTEGER, team VARCHAR', or a JSON Schema")
    if len(text) > LONGEST_SCHEMA:
        raise UnfitValue(f"has {len(text):,} characters; a schema has at most {LONGEST_SCHEMA:,}")
    if text.startswith("{"):
        sent = parsed(text)
        columns = read_json_schema(sent)
    else:
        columns = read_ddl(text)
        sent = members_schema(columns)
    if len(columns) > MOST_COLUMNS:
        raise UnfitValue(f"declares {len(columns):,} columns; at most {MOST_COLUMNS} are allowed")
    folded = [column.name.lower() for column in columns]
    twice = next((column.name for column in columns if folded.count(column.name.lower()) > 1), None)
    if twice is not None:
        raise UnfitValue(f"declares the column {twice} twice; case does not tell names apart")
    return OutputSchema(text, columns, sent)


def parsed(text: str) -> JsonSchema:
    """The JSON Schema in a text."""
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnfitValue(f"begins with '{{' and is no valid JSON Schema ({error})") from None
    assert isinstance(schema, dict)
    return schema


__all__ = ["Mismatch", "OutputSchema", "declared_schema", "read_output_schema", "schema_text"]
