"""Free SQL of the model's: two tools, one that tells of some tables and one that runs a SELECT over them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from grokcall.errors import ProgrammingError
from grokcall.tools.table_names import TableNames
from grokcall.tools.tool_database import ToolDatabase
from grokcall_procedures.client_tools import ToolDeclaration
from grokcall_procedures.own_tools import check_name
from grokcall_procedures.tools.function_arguments import ToolParameter, arguments_schema, fitted_arguments
from grokcall_procedures.types import ParameterType

DESCRIBE_TABLES = "describe_tables"
QUERY = "query"
COLUMNS = """
SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns()
WHERE lower(database_name) = ? AND lower(schema_name) = ? AND lower(table_name) = ? ORDER BY column_index
"""
SIZE = """
SELECT estimated_size, comment FROM duckdb_tables()
WHERE lower(database_name) = ? AND lower(schema_name) = ? AND lower(table_name) = ?
"""
TABLE = ToolParameter("table", ParameterType.STRING, "The name of one table; left out for all of them.", required=False)
SQL = ToolParameter("sql", ParameterType.STRING, "One SELECT statement in the SQL of DuckDB.")


class SqlTool:
    """One of the two tools.

    Args:
        name: The name by which the model calls it.
        doc: What it does, for the model.
        parameter: Its one parameter.
        tables: The tables that may be read.
        database: Where they are.
    """

    def __init__(
        self, name: str, doc: str, parameter: ToolParameter, tables: Sequence[str], database: ToolDatabase
    ) -> None:
        check_name(name)
        self.name = name
        self.doc = doc
        self.parameters: tuple[ToolParameter, ...] = (parameter,)
        self.tables: tuple[str, ...] = tuple(tables)
        self.database = database

    @property
    def declaration(self) -> ToolDeclaration:
        """What the model is told; its version has the tables and the size and the time of the database's file."""
        of = hashlib.sha256("\n".join(self.tables).encode()).hexdigest()[:16]
        return ToolDeclaration(
            name=self.name,
            description=self.doc,
            parameters=arguments_schema(self.parameters),
            version=f"{of}:{self.database.version}",
            is_local=True,
        )


class TableDescriptions(SqlTool):
    """Tells of the tables: names, columns, types, comments, and how many rows there are about."""

    async def run(self, arguments: Mapping[str, object]) -> object:
        """An object for each table.

        Args:
            arguments: ``table``, or none for all.

        Raises:
            DataError: An argument is unknown or does not fit.
            ProgrammingError: There is no such table among them.
            OperationalError: The database cannot be opened.
        """
        asked = fitted_arguments(self.name, arguments, self.parameters)["table"]
        chosen = [each for each in self.tables if not asked or each.lower() == str(asked).lower()]
        if not chosen:
            raise ProgrammingError(f"there is no table {str(asked)[:64]!r}; the tables are: {', '.join(self.tables)}")

        def described(connection: Any) -> object:
            names = TableNames.read(connection, self.tables)
            return [self._described(connection, each, names) for each in chosen]

        return await self.database.work(described)

    @staticmethod
    def _described(connection: Any, table: str, names: TableNames) -> dict[str, object]:
        place = list(names.found(table))
        columns = connection.execute(COLUMNS, place).fetchall()
        size = connection.execute(SIZE, place).fetchone()
        told: dict[str, object] = {"table": table}
        if size is not None:
            told["rows_about"] = size[0]
            if size[1]:
                told["comment"] = size[1]
        told["columns"] = [
            {"name": name, "type": kind, **({} if nullable else {"required": True}), **noted(comment)}
            for name, kind, nullable, comment in columns
        ]
        return told


class FreeQuery(SqlTool):
    """Runs a SELECT of the model's behind both walls."""

    async def run(self, arguments: Mapping[str, object]) -> object:
        """The rows as records; an object of ``rows`` and ``note`` where there are more than the model gets.

        Args:
            arguments: ``sql``.

        Raises:
            DataError: An argument is unknown, missing or does not fit.
            ProgrammingError: The query is refused, or DuckDB finds it wrong.
            OperationalError: It takes too long or too much memory, or the database cannot be opened.
        """
        sql = str(fitted_arguments(self.name, arguments, self.parameters)["sql"])
        return (await self.database.run(sql, tables=self.tables)).told


def sql_tools(
    tables: Sequence[str],
    database: ToolDatabase,
    *,
    describe_name: str = DESCRIBE_TABLES,
    query_name: str = QUERY,
) -> tuple[TableDescriptions, FreeQuery]:
    """The two tools for free SQL over some tables.

    Args:
        tables: The tables and views that the model may read: ``name``, ``schema.name`` or ``catalog.schema.name``. A
            view gives whatever it reads, other tables included.
        database: Where they are.
        describe_name: The name of the one that tells of the tables.
        query_name: The name of the one that runs a SELECT.

    Raises:
        ProgrammingError: There are no tables, or a name is none.

    >>> import asyncio, duckdb
    >>> kept = duckdb.connect()
    >>> _ = kept.execute("CREATE TABLE sales AS SELECT 'north' AS region, 7 AS amount")
    >>> describe, query = sql_tools(["sales"], ToolDatabase(cursor=kept.cursor))
    >>> asyncio.run(query.run({"sql": "SELECT sum(amount) AS total FROM sales"}))
    [{'total': 7}]
    """
    if isinstance(tables, str) or not tables:
        raise ProgrammingError("tables is a list of the tables that the model may read, at least one: ['sales']")
    shown = ", ".join(tables)
    telling = f"Tells of the tables that {query_name} can read, with their columns and types: {shown}."
    asking = (
        f"Runs one SELECT in the SQL of DuckDB over these tables and gives the rows: {shown}. At most "
        f"{database.most_rows:,} rows come back, so aggregate in the query. Call {describe_name} first."
    )
    return (
        TableDescriptions(describe_name, telling, TABLE, tables, database),
        FreeQuery(query_name, asking, SQL, tables, database),
    )


def noted(comment: object) -> dict[str, object]:
    """A column's comment, if it has one."""
    return {"comment": str(comment)} if comment else {}
