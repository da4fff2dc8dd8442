"""What is in a DuckDB connection, and the functions of procedures that are put there."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa

from grokcall.duckdb.functions import VectorFunction
from grokcall.duckdb.macros import function_types
from grokcall.duckdb.written_values import Values


def is_view(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether a name is that of a view, which may give other rows the second time."""
    found = con.execute("SELECT 1 FROM duckdb_views() WHERE lower(view_name) = lower(?) LIMIT 1", [name])
    return bool(found.fetchall())


def is_macro(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether there is a macro of this name; a rollback takes away what was made since its beginning."""
    found = con.execute("SELECT 1 FROM duckdb_functions() WHERE function_name = ? LIMIT 1", [name])
    return bool(found.fetchall())


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


def duckdb_types(con: duckdb.DuckDBPyConnection, schema: pa.Schema) -> list[Any]:
    """The types of DuckDB for the columns of a schema, as DuckDB itself reads them, nested ones included."""
    return list(con.from_arrow(schema.empty_table()).types)
