"""The schema of an answer: what is asked of the model, the columns that come of it, and how its answer is read."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from grokcall_procedures.answer_texts import read_answer
from grokcall_procedures.schemas.ddl import read_ddl
from grokcall_procedures.schemas.json_schemas import read_json_schema
from grokcall_procedures.schemas.mismatch import Mismatch, wrong
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
    """

    text: str
    columns: tuple[Member, ...]
    json_schema: JsonSchema

    def text_format(self) -> dict[str, object]:
        """The member ``text`` of a request."""
        schema = {"type": "json_schema", "name": SCHEMA_NAME, "strict": True, "schema": self.json_schema}
        return {"format": schema}

    def decode(self, answer: str) -> tuple[object, ...]:
        """The values of the columns from an answer's text, in a fence or without.

        Raises:
            Mismatch: It is no JSON, or not of the declared shape.

        >>> read_output_schema("priority INTEGER, tags VARCHAR[]").decode('{"priority": 2, "tags": ["new"]}')
        (2, ['new'])
        """
        try:
            value = read_answer(answer, Decimal)
        except (ValueError, RecursionError):
            raise wrong("the answer", "JSON", answer) from None
        if not isinstance(value, dict):
            raise wrong("the answer", "a JSON object", value)
        return tuple(decoded_members(self.columns, value).values())

    def __str__(self) -> str:
        return ", ".join(map(str, self.columns))


def schema_text(value: object) -> str:
    """An OutputSchema as text: SQL, or JSON of a mapping.

    Raises:
        UnfitValue: It is neither SQL nor a JSON Schema.
    """
    if isinstance(value, Mapping):
        try:
            value = json.dumps(value, ensure_ascii=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise UnfitValue(f"cannot be written as JSON ({error})") from None
    if not isinstance(value, str):
        raise UnfitValue(f"expected columns such as 'priority INTEGER', or a JSON Schema, got {described(value)}")
    text = well_formed(value).strip()
    read_output_schema(text)
    return text


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


__all__ = ["Mismatch", "OutputSchema", "read_output_schema", "schema_text"]
