"""Other forms of a query with the same result, which need fewer calls."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from grokcall.duckdb.literals import Values
from grokcall.duckdb.macros import scalar_name
from grokcall.duckdb.udf import can_replace, in_transaction, unsteady_functions
from grokcall.duckdb.vector_function import VectorFunction

Functions = Mapping[str, tuple[str, VectorFunction]]
"""The functions of procedures with their names in DuckDB, by the name of the macro in lower case."""


def limited(
    con: duckdb.DuckDBPyConnection, functions: Functions, sql: str, analyzed: str, values: Values
) -> str | None:
    """The query with its LIMIT before its calls; None where it has none, or one that cannot stand there."""
    if "limit" not in sql.lower():
        return None
    from grokcall.duckdb.limit_pushdown import limited_query  # it loads a parser of SQL, which few need

    single = {name: each.names for name, (_, each) in functions.items() if not each.procedure.many}
    found = limited_query(sql, analyzed, single)
    return found if found is not None and can_replace(con, sql, found, values) else None


def conditioned(con: duckdb.DuckDBPyConnection, functions: Functions, sql: str, values: Values) -> str | None:
    """The query with conditions before its calls that DuckDB looks at after them; None where there are none."""
    if "where" not in sql.lower():
        return None
    from grokcall.duckdb.condition_pushdown import conditions_in_tables, functions_in

    names = {name: each.names for name, (_, each) in functions.items()}
    unsteady = dict.fromkeys((scalar_name(each.procedure) for _, each in functions.values()), True)
    unsteady |= unsteady_functions(con, functions_in(sql))
    found = conditions_in_tables(sql, names, unsteady, asked=not in_transaction(con))
    return found if found is not None and can_replace(con, sql, found, values) else None
