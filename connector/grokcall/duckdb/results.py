"""What a statement of DuckDB gives: rows, a count of rows that it changed, or nothing."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from grokcall.core.statement_result import StatementResult
from grokcall.duckdb.literals import Values
from grokcall.errors import ProgrammingError
from grokcall.tables.duckdb_reader import plain_relation
from grokcall.tables.large_columns import narrowed

NOTHING = StatementResult(None)
QUERY_RESULT, CHANGED_ROWS = "QUERY_RESULT", "CHANGED_ROWS"


def fetched(con: Any, sql: str, values: Values) -> StatementResult:
    """What one statement gives, run to its end, in types that Arrow's clients know.

    Raises:
        duckdb.Error: What it fails with.
    """
    expected = expected_of(statement_of(con, sql))
    relation = con.sql(sql, params=values)
    if relation is None:
        return NOTHING
    if QUERY_RESULT not in expected:
        relation.fetchall()
        return NOTHING
    if CHANGED_ROWS in expected and is_count(relation) and "returning" not in sql.lower():
        counts = relation.fetchall()
        return StatementResult(None, counts[0][0]) if counts else NOTHING
    table = narrowed(plain_relation(relation).to_arrow_table())
    return StatementResult(table, table.num_rows)


def statement_of(con: Any, sql: str) -> Any:
    """What DuckDB reads in a text; of a PIVOT, which it makes several statements of, the last.

    Raises:
        duckdb.Error: The text is wrong.
        ProgrammingError: There is no statement in it.
    """
    statements = con.extract_statements(sql)
    if not statements:
        raise ProgrammingError("there is no statement in this text")
    return statements[-1]


def kinds_of(con: Any, sql: str) -> list[str]:
    """The kinds of the statements in a text, as DuckDB names them.

    Raises:
        duckdb.Error: The text is wrong.
    """
    return [each.type.name for each in con.extract_statements(sql)]


def expected_of(statement: Any) -> set[str]:
    """What a statement may give, as DuckDB names it."""
    return {kind.name for kind in statement.expected_result_type}


def may_give_rows(con: Any, sql: str) -> bool:
    """Whether a statement can give rows; DuckDB tells for sure only when it is run.

    Raises:
        duckdb.Error: The text is wrong.
    """
    statement = statement_of(con, sql)
    expected = expected_of(statement)
    if CHANGED_ROWS not in expected or statement.type.name == "MULTI":
        return QUERY_RESULT in expected
    return "return" in sql.lower()


def is_count(relation: Any) -> bool:
    """Whether the one value is a number of rows."""
    return relation.columns == ["Count"] and [of.id for of in relation.types] == ["bigint"]


def row_schema(con: Any, sql: str, values: Values) -> pa.Schema:
    """The columns that a query would give; it is not run.

    Raises:
        ProgrammingError: The statement is none that only reads.
    """
    if statement_of(con, sql).type.name != "SELECT":
        raise ProgrammingError("only a query that reads has columns that are known before it is run")
    return narrowed(plain_relation(con.sql(sql, params=values).limit(0)).to_arrow_table()).schema
