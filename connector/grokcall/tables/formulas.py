"""Texts that a spreadsheet would take for formulas when it opens a CSV file."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

FORMULA = r"^[\s\x00-\x1f]*[=+\-@＝＋－＠]|^[\t\r\n]"
"""What a spreadsheet takes for the beginning of a formula, also after blanks and in wide characters."""
NUMBER = r"^[+-]?(\d+([.,]\d+)*|[.,]\d+)([eE][+-]?\d+)?%?$"
MARK = "'"


def formulas_quoted(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch with a quote before each text that would be a formula; numbers stay as they are.

    >>> batch = pa.RecordBatch.from_pydict({"a": ["=1+1", "-5", "x = 1"]})
    >>> formulas_quoted(batch).column(0).to_pylist()
    ["'=1+1", '-5', 'x = 1']
    """
    columns = [text_quoted(column) if is_text(column.type) else column for column in batch.columns]
    return pa.RecordBatch.from_arrays(columns, schema=names_quoted(batch.schema))


def names_quoted(schema: pa.Schema) -> pa.Schema:
    """A schema with a quote before each name that would be a formula."""
    return pa.schema([field.with_name(name_quoted(field.name)) for field in schema])


def name_quoted(name: str) -> str:
    """A name with a quote before it where it would be a formula."""
    return f"{MARK}{name}" if re.search(FORMULA, name) and not re.search(NUMBER, name) else name


def is_text(of: pa.DataType) -> bool:
    """Whether a column holds text."""
    return pa.types.is_string(of) or pa.types.is_large_string(of)


def text_quoted(column: Any) -> Any:
    """A column of text."""
    risky = pc.and_not(pc.match_substring_regex(column, FORMULA), pc.match_substring_regex(column, NUMBER))
    mark, nothing = (pa.scalar(each, column.type) for each in (MARK, ""))
    return pc.if_else(risky, pc.binary_join_element_wise(mark, column, nothing), column)
