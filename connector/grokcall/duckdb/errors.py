"""DuckDB's errors as those of PEP 249, with their place in the text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import duckdb

from grokcall.core.redaction import redact
from grokcall.duckdb.literals import Values
from grokcall.duckdb.typed_calls import TypedQuery
from grokcall.duckdb.wrong_calls import told_of_call
from grokcall.errors import (
    DataError,
    Error,
    IntegrityError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    StatementError,
)
from grokcall.tables import errors as faults
from grokcall_parser import Span
from grokcall_procedures import Procedure

WRONG_TEXT = (duckdb.ParserException, duckdb.SyntaxException, duckdb.BinderException, duckdb.CatalogException)
KINDS: tuple[tuple[type[BaseException], type[Error]], ...] = (
    (duckdb.InvalidInputException, DataError),
    (duckdb.InvalidTypeException, DataError),
    (duckdb.TypeMismatchException, DataError),
    (duckdb.PermissionException, OperationalError),
    (duckdb.DataError, DataError),
    (duckdb.IntegrityError, IntegrityError),
    (duckdb.NotSupportedError, NotSupportedError),
    (duckdb.ProgrammingError, ProgrammingError),
    (duckdb.InternalError, InternalError),
)
"""The first that fits counts; anything else is an OperationalError, as are files that cannot be read."""
NO_FILE = "No files found that match"
UNKNOWN_VALUE = "Unable to transform python value"
POINTER = re.compile(r"\n\nLINE (?P<line>\d+): (?P<shown>[^\n]*)\n(?P<blanks> *)(?P<carets>\^+)\n?")


def told_of_query(
    con: Any, query: TypedQuery, values: Values, error: Exception, procedures: Mapping[str, Procedure]
) -> Error:
    """An error of DuckDB about a query, which it points into where DuckDB does.

    Args:
        con: The connection to DuckDB.
        query: The query.
        values: Its values.
        error: The error.
        procedures: The procedures that a query may call, by name in lower case.
    """
    message = query.told(redact(POINTER.sub("", str(error))).rstrip())
    is_shown = redact(query.given) == query.given
    of_call = told_of_call(query.given, message, procedures)
    if of_call is not None:
        return of_call if is_shown or not isinstance(of_call, StatementError) else StatementError(of_call.reason)
    if not isinstance(error, WRONG_TEXT):
        return fault_of("the query", error)
    if not is_shown:
        return StatementError(message)
    return StatementError(message, query.given, place(query.text, error) or place_in_plan(con, query.text, values))


def place_in_plan(con: Any, sql: str, values: Values) -> Span | None:
    """Where DuckDB points when it is asked for the plan of a query; it does not point each time."""
    explained = f"EXPLAIN\n{sql}"
    try:
        con.execute(explained, values).fetchall()
    except WRONG_TEXT as error:
        found = place(explained, error)
        before = len(explained) - len(sql)
        return Span(found.start - before, found.end - before) if found and found.start >= before else None
    except duckdb.Error:
        return None
    return None


def fault_of(place: str, error: Exception) -> Error:
    """An error of DuckDB that is not about the text."""
    text = redact(str(error))
    if "CSV Error" in text or "sniffing file" in text or "JSON" in text:
        return faults.fault(place, error)
    if UNKNOWN_VALUE in text:
        return DataError(f"{place}: {text.partition(': ')[2]}; pass text, a number, bytes, a date, a list or a dict")
    if NO_FILE in text:
        return ProgrammingError(f"{place}: {text}")
    return next((ours for theirs, ours in KINDS if isinstance(error, theirs)), OperationalError)(f"{place}: {text}")


def place(sql: str, error: Exception) -> Span | None:
    """Where in the text DuckDB points; None where it does not, or that cannot be told.

    Of a long line DuckDB shows a piece, with dots for what it leaves out.
    """
    pointer = POINTER.search(str(error))
    lines = sql.split("\n")
    if pointer is None or int(pointer["line"]) > len(lines):
        return None
    number, shown = int(pointer["line"]), pointer["shown"]
    head = len(f"LINE {number}: ") + (3 if shown.startswith("...") else 0)
    start = lines[number - 1].find(shown.removeprefix("...").removesuffix("..."))
    column = start + len(pointer["blanks"]) - head
    if start < 0 or column < 0:
        return None
    start = sum(len(line) + 1 for line in lines[: number - 1]) + column
    return Span(start, start + len(pointer["carets"]))
