"""What is in a DuckDB connection, and the functions of procedures that are put there."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import duckdb
import pyarrow as pa

from grokcall.duckdb.literals import Values
from grokcall.duckdb.macros import function_types, undecided_macro
from grokcall.duckdb.vector_function import VectorFunction
from grokcall.tables.formats import quoted_text
from grokcall_procedures import Procedure


def is_view(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether a name is that of a view, which may give other rows the second time."""
    found = con.execute("SELECT 1 FROM duckdb_views() WHERE lower(view_name) = lower(?) LIMIT 1", [name])
    return bool(found.fetchall())


def is_macro(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether there is a macro of this name; a rollback takes away what was made since its beginning."""
    found = con.execute("SELECT 1 FROM duckdb_functions() WHERE function_name = ? LIMIT 1", [name])
    return bool(found.fetchall())


def in_transaction(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether a transaction is open, which an error would end; without one each statement has its own number."""
    first, second = (con.execute("SELECT txid_current()").fetchall() for _ in range(2))
    return bool(first == second)


def unsteady_functions(con: duckdb.DuckDBPyConnection, names: Collection[str]) -> dict[str, bool]:
    """Of functions, by name in lower case, whether one may give another value each time; macros may."""
    if not names:
        return {}
    listed = ", ".join(map(quoted_text, sorted(names)))
    found = con.execute(
        "SELECT lower(function_name), bool_or(stability IS NOT DISTINCT FROM 'VOLATILE' OR "  # noqa: S608 - quoted
        "(NOT internal AND contains(function_type, 'macro'))) "
        f"FROM duckdb_functions() WHERE lower(function_name) IN ({listed}) GROUP BY 1"
    ).fetchall()
    return dict(found)


def can_replace(con: duckdb.DuckDBPyConnection, sql: str, other: str, values: Values) -> bool:
    """Whether DuckDB takes a query and the one in its place; what is wrong with it is told in its own words."""
    try:
        for text in (sql, other):
            con.execute(text if text.lstrip()[:7].upper() == "EXPLAIN" else f"EXPLAIN {text}", values).fetchall()
    except duckdb.Error:
        return False
    return True


def table_of(con: duckdb.DuckDBPyConnection, sql: str, values: Values = None) -> pa.Table:
    """What a query gives; a table without columns for a statement that gives nothing."""
    relation = con.sql(sql, params=values)
    table: pa.Table = pa.table({}) if relation is None else relation.to_arrow_table()
    return table


def define(con: Any, name: str, function: VectorFunction) -> None:
    """Makes the function of a procedure known to DuckDB."""
    result = con.struct_type(dict(zip(function.schema.names, duckdb_types(con, function.schema), strict=True)))
    con.create_function(
        name,
        function,
        function_types(function.procedure),
        con.list_type(result) if function.procedure.many else result,
        type="arrow",
        null_handling="special",
        side_effects=True,
    )


def leaves_columns_open(procedure: Procedure) -> bool:
    """Whether a procedure has no columns before a call says which."""
    return any(each.decides_columns and each.required for each in procedure.parameters)


def define_undecided(con: Any, procedures: Iterable[Procedure]) -> dict[str, Procedure]:
    """Makes a macro that only fails of each procedure whose columns a query has to decide; gives these by name."""
    found = {each.name.lower(): each for each in procedures if leaves_columns_open(each)}
    for procedure in found.values():
        con.execute(undecided_macro(procedure, duckdb_types(con, procedure.schema)))
    return found


def duckdb_types(con: duckdb.DuckDBPyConnection, schema: pa.Schema) -> list[Any]:
    """The types of DuckDB for the columns of a schema, as DuckDB itself reads them, nested ones included."""
    return list(con.from_arrow(schema.empty_table()).types)
