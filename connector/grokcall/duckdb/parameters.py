"""The parameters of a query: their markers as DuckDB writes them, and a value for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from grokcall.duckdb.literals import Values
from grokcall.errors import ArgumentsError, ProgrammingError, UnknownNameError
from grokcall_parser import Marker, find_markers
from grokcall_parser.suggestions import hint
from grokcall_procedures.types import well_formed

Parameters: TypeAlias = Mapping[str, object] | Sequence[object] | None


def filled(sql: str, parameters: Parameters, *, missing_is_null: bool = False) -> tuple[str, Values]:
    """A query with markers that DuckDB knows, all at the same places, and the values for them.

    Args:
        sql: The query; markers are ``:Name``, ``$Name`` or ``?``, matched without regard to case.
        parameters: A mapping for names, a sequence for question marks.
        missing_is_null: Whether a marker without a value is NULL instead of an error.

    Raises:
        ArgumentsError: A marker has no value, or there are too many or too few for the question marks.
        UnknownNameError: A name is that of no marker.
        ProgrammingError: The parameters are of the wrong kind.

    >>> filled("SELECT :a::INT + $A, ':b'", {"A": 20})
    ("SELECT $a::INT + $a, ':b'", {'a': 20})
    """
    if isinstance(parameters, str | bytes):
        raise ProgrammingError("parameters are a mapping for named markers or a sequence for question marks")
    sql, parameters = well_formed(sql), whole_characters(parameters)
    markers = find_markers(sql)
    if not markers:
        return sql, unmarked(parameters)
    if markers[0].name is None:
        return sql, in_order(sql, markers, parameters, missing_is_null=missing_is_null)
    return by_name(sql, markers, parameters, missing_is_null=missing_is_null)


def whole_characters(parameters: Parameters) -> Parameters:
    """The parameters with U+FFFD for half characters, which DuckDB cannot take; a call has them replaced as well."""
    if isinstance(parameters, Mapping):
        return {name: whole_text(value) for name, value in parameters.items()}
    return None if parameters is None else [whole_text(value) for value in parameters]


def whole_text(value: object) -> object:
    """A text without half characters; anything else as it is."""
    return well_formed(value) if isinstance(value, str) else value


def unmarked(parameters: Parameters) -> Values:
    """The values for a text without markers of ours; ``$1`` is one of DuckDB's own."""
    if not parameters:
        return None
    if isinstance(parameters, Mapping):
        raise UnknownNameError(f"the query has no marker {next(iter(parameters))!r}: it has none at all")
    return list(parameters)


def in_order(sql: str, markers: Sequence[Marker], parameters: Parameters, *, missing_is_null: bool) -> list[object]:
    """The values for question marks."""
    if isinstance(parameters, Mapping) and parameters:
        raise ProgrammingError("the query has question marks: pass a sequence, or name the markers (:Name)")
    given = list(parameters or ())
    if missing_is_null and len(given) < len(markers):
        return given + [None] * (len(markers) - len(given))
    if len(given) != len(markers):
        marks = "1 question mark" if len(markers) == 1 else f"{len(markers)} question marks"
        got = "1 value" if len(given) == 1 else f"{len(given)} values"
        span = markers[len(given)].span if len(given) < len(markers) else markers[-1].span
        raise ArgumentsError(f"the query has {marks}, got {got}", sql, span)
    return given


def by_name(
    sql: str, markers: Sequence[Marker], parameters: Parameters, *, missing_is_null: bool
) -> tuple[str, dict[str, object]]:
    """The text with one spelling of each name, and the values by it."""
    if parameters is not None and not isinstance(parameters, Mapping):
        if parameters:
            raise ProgrammingError("the query has named markers: pass a mapping, or write question marks")
        parameters = None
    given = {str(name).lstrip(":$@").lower(): value for name, value in (parameters or {}).items()}
    spellings: dict[str, str] = {}
    values: dict[str, object] = {}
    pieces: list[str] = []
    end = 0
    for marker in markers:
        name = str(marker.name)
        if name.lower() not in given and not missing_is_null:
            told = hint(name, map(str, parameters or ()), f"pass {{{name!r}: …}} (NULL is None)")
            raise ArgumentsError(f"no value for :{name}; {told}", sql, marker.span)
        spelling = spellings.setdefault(name.lower(), name)
        values[spelling] = given.get(name.lower())
        pieces += [sql[end : marker.span.start], "$", spelling]
        end = marker.span.end
    stray = next((name for name in given if name not in spellings), None)
    if stray is not None:
        raise UnknownNameError(f"the query has no marker {stray!r}; {hint(stray, spellings.values())}")
    return "".join([*pieces, sql[end:]]), values
