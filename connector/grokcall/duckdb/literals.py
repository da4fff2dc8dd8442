"""The parameters of a query written into its text, for a query that is to be analyzed."""

from __future__ import annotations

from typing import TypeAlias

from grokcall.tables.formats import quoted_text
from grokcall_parser import StatementError, find_markers

Values: TypeAlias = dict[str, object] | list[object] | None
"""The values of a query's markers as DuckDB takes them."""

LARGEST_INTEGER, LARGEST_BIGINT = 1 << 31, 1 << 63


def spelled_out(sql: str, values: Values) -> str | None:
    """A filled query with its values written in, of the types that they have as parameters; None where one cannot be.

    It is for being analyzed: how much of it DuckDB would have to ask about, values and all.

    >>> spelled_out("SELECT $a, $b", {"a": 7, "b": "it's"})
    "SELECT CAST(7 AS INTEGER), 'it''s'"
    """
    if values is None:
        return sql
    try:
        markers = find_markers(sql)
    except StatementError:
        return None
    known: dict[str | int | None, object] = dict(values.items() if isinstance(values, dict) else enumerate(values))
    pieces: list[str] = []
    end = 0
    for marker in markers:
        written = literal(known.get(marker.index if marker.name is None else marker.name))
        if written is None:
            return None
        pieces += [sql[end : marker.span.start], written]
        end = marker.span.end
    return "".join([*pieces, sql[end:]]) if pieces else None


def literal(value: object) -> str | None:
    """A value as SQL writes it; None for one of a type that is rarely a parameter."""
    if isinstance(value, bool):
        return f"CAST({value} AS BOOLEAN)"
    if isinstance(value, int) and -LARGEST_BIGINT <= value < LARGEST_BIGINT:
        return f"CAST({value} AS {'INTEGER' if -LARGEST_INTEGER <= value < LARGEST_INTEGER else 'BIGINT'})"
    if isinstance(value, str):
        return quoted_text(value)  # it takes the type of what it is compared with, as the parameter does
    return None
