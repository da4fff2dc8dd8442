"""Answers of a declared shape as Python values: instances of the type that declared it, or dictionaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from grokcall.errors import AnswerMismatchError, ProgrammingError
from grokcall_procedures.schemas import Mismatch, OutputSchema, declared_schema
from grokcall_procedures.types import UnfitValue


def typed_answer(schema: OutputSchema, values: Mapping[str, object]) -> Any:
    """One answer as an instance of the type that its OutputSchema was, as a dictionary where that was none.

    Args:
        schema: The declared shape.
        values: The values by column.

    Returns:
        None where every column is NULL, as in the row of a call that failed.

    Raises:
        AnswerMismatchError: The type refuses the values; the message names the member.
    """
    chosen = {column.name: values.get(column.name) for column in schema.columns}
    if all(value is None for value in chosen.values()):
        return None
    try:
        return schema.answer(chosen)
    except Mismatch as error:
        name = "OutputSchema" if schema.type is None else schema.type.name
        raise AnswerMismatchError(f"the answer does not fit {name}: {error}", error.place) from None


def typed_answers(
    table: pa.Table, schema: OutputSchema | None, as_type: object = None, prefix: str = "", lists: str = ""
) -> list[Any]:
    """The answer of each row of a table.

    Args:
        table: The table.
        schema: The shape that was declared for it; None where it is not known.
        as_type: A dataclass, a pydantic model, an Arrow schema or a schema as text, for another than that.
        prefix: What stands before the names of its columns.
        lists: The column that has the rows of each call in a list, which are then lists here.

    Raises:
        ProgrammingError: No shape is known, or the table lacks one of its columns.
        AnswerMismatchError: The type refuses an answer; the message names the member.
    """
    schema = chosen_schema(schema, as_type)
    if lists and lists in table.column_names:
        found = python_column(table[lists])
        return [None if rows is None else [row_answer(schema, row, prefix) for row in rows] for rows in found]
    names = [prefix + column.name for column in schema.columns]
    lacking = next((name for name in names if name not in table.column_names), None)
    if lacking is not None:
        raise ProgrammingError(f"the result has no column {lacking!r}, which an answer is made of; select all of them")
    columns = [python_column(table[name]) for name in names]
    return [row_answer(schema, dict(zip(names, row, strict=True)), prefix) for row in zip(*columns, strict=True)]


def row_answer(schema: OutputSchema, row: Mapping[str, object], prefix: str) -> Any:
    """The answer in a row."""
    return typed_answer(schema, {column.name: row.get(prefix + column.name) for column in schema.columns})


def chosen_schema(schema: OutputSchema | None, as_type: object) -> OutputSchema:
    """The shape of the answers of a result.

    Raises:
        ProgrammingError: None is known, or what was given is none.
    """
    if as_type is not None:
        try:
            return declared_schema(as_type)
        except UnfitValue as error:
            raise ProgrammingError(f"the type of the answers {error}") from None
    if schema is None:
        raise ProgrammingError(
            "the result has no declared columns that are known here: give the CALL an OutputSchema, or name a "
            "dataclass, a pydantic model or an Arrow schema whose columns it has, as in answers(Ticket)"
        )
    return schema


def python_column(column: Any) -> Sequence[Any]:
    """The values of a column as Python values."""
    values: Sequence[Any] = column.to_pylist()
    return values
