"""What SQLAlchemy asks about tables, answered by the DuckDB of the connection; nothing is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text, types
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import NoSuchTableError

TYPES: Mapping[str, type[types.TypeEngine[Any]]] = {
    "BIGINT": types.BIGINT,
    "BLOB": types.BLOB,
    "BOOLEAN": types.BOOLEAN,
    "DATE": types.DATE,
    "DOUBLE": types.DOUBLE,
    "FLOAT": types.FLOAT,
    "HUGEINT": types.NUMERIC,
    "INTEGER": types.INTEGER,
    "INTERVAL": types.Interval,
    "JSON": types.JSON,
    "SMALLINT": types.SMALLINT,
    "TIME": types.TIME,
    "TIMESTAMP": types.TIMESTAMP,
    "TINYINT": types.SMALLINT,
    "UBIGINT": types.NUMERIC,
    "UINTEGER": types.BIGINT,
    "USMALLINT": types.INTEGER,
    "UTINYINT": types.SMALLINT,
    "UUID": types.UUID,
    "VARCHAR": types.VARCHAR,
}
"""SQLAlchemy's types for those of DuckDB; a list, a struct or a map has none."""
DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
HERE = "database_name = current_database() AND NOT internal AND schema_name = coalesce(:schema, current_schema())"


class TableReflection(DefaultDialect):
    """The half of the dialect that tells of tables and views, their columns, keys and indexes."""

    def _get_default_schema_name(self, connection: Any) -> str:
        return str(connection.execute(text("SELECT current_schema()")).scalar())

    def has_table(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> bool:
        """Whether there is a table or a view of this name, in any case."""
        return self._relation(connection, table_name, schema) is not None

    def has_sequence(self, connection: Any, sequence_name: str, schema: str | None = None, **_: Any) -> bool:
        """Whether there is a sequence of this name, in any case."""
        return sequence_name.lower() in map(str.lower, self.get_sequence_names(connection, schema))

    def has_schema(self, connection: Any, schema_name: str, **_: Any) -> bool:
        """Whether there is a schema of this name."""
        return schema_name in self.get_schema_names(connection)

    def get_schema_names(self, connection: Any, **_: Any) -> list[str]:
        """The schemas of the database."""
        asked = "SELECT schema_name FROM duckdb_schemas() WHERE database_name = current_database() ORDER BY 1"
        hidden = ("information_schema", "pg_catalog")
        return [name for name in connection.execute(text(asked)).scalars() if name not in hidden]

    def get_table_names(self, connection: Any, schema: str | None = None, **_: Any) -> list[str]:
        """The tables, without those that are temporary."""
        return self._names(connection, f"table_name FROM duckdb_tables() WHERE {HERE}", schema)

    def get_view_names(self, connection: Any, schema: str | None = None, **_: Any) -> list[str]:
        """The views, without those that are temporary."""
        return self._names(connection, f"view_name FROM duckdb_views() WHERE {HERE}", schema)

    def get_sequence_names(self, connection: Any, schema: str | None = None, **_: Any) -> list[str]:
        """The sequences."""
        asked = HERE.replace("NOT internal AND ", "")
        return self._names(connection, f"sequence_name FROM duckdb_sequences() WHERE {asked}", schema)

    def get_temp_table_names(self, connection: Any, *_: Any, **__: Any) -> list[str]:
        """The temporary tables."""
        return self._names(connection, "table_name FROM duckdb_tables() WHERE temporary AND NOT internal")

    def get_temp_view_names(self, connection: Any, *_: Any, **__: Any) -> list[str]:
        """The temporary views."""
        return self._names(connection, "view_name FROM duckdb_views() WHERE temporary AND NOT internal")

    def get_materialized_view_names(self, *_: Any, **__: Any) -> list[str]:
        """An empty list: DuckDB has none."""
        return []

    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        """The columns of a table or a view, with their types."""
        rows = self._of_table(
            connection,
            "column_name, data_type, is_nullable, column_default FROM duckdb_columns()",
            table_name,
            schema,
            "column_index",
        )
        return [
            {"name": name, "type": type_of(kind), "nullable": bool(nullable), "default": default}
            for name, kind, nullable, default in rows
        ]

    def get_pk_constraint(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        """The primary key; no columns where there is none."""
        rows = self._constraints(connection, table_name, schema, "PRIMARY KEY")
        return {"constrained_columns": list(rows[0][1]) if rows else [], "name": rows[0][0] if rows else None}

    def get_unique_constraints(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        """The columns that are unique."""
        rows = self._constraints(connection, table_name, schema, "UNIQUE")
        return [{"name": row[0], "column_names": list(row[1])} for row in rows]

    def get_check_constraints(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        """The conditions that rows have to fulfil."""
        rows = self._constraints(connection, table_name, schema, "CHECK")
        return [{"name": row[0], "sqltext": row[4]} for row in rows]

    def get_foreign_keys(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        """The columns that refer to other tables."""
        rows = self._constraints(connection, table_name, schema, "FOREIGN KEY")
        return [
            {
                "name": row[0],
                "constrained_columns": list(row[1]),
                "referred_schema": schema,
                "referred_table": row[2],
                "referred_columns": list(row[3]),
            }
            for row in rows
        ]

    def get_indexes(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        """The indexes that were made with CREATE INDEX."""
        rows = self._of_table(
            connection, "index_name, is_unique, expressions FROM duckdb_indexes()", table_name, schema, "index_name"
        )
        return [
            {
                "name": name,
                "unique": bool(unique),
                "column_names": [each.strip(" '\"") for each in listed[1:-1].split(",")],
            }
            for name, unique, listed in rows
        ]

    def get_table_comment(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        """What COMMENT ON TABLE says."""
        rows = self._of_table(connection, "comment FROM duckdb_tables()", table_name, schema, "table_name")
        return {"text": rows[0][0] if rows else None}

    def get_table_options(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        """An empty dict."""
        self._found(connection, table_name, schema)
        return {}

    def get_view_definition(self, connection: Any, view_name: str, schema: str | None = None, **_: Any) -> str:
        """The statement that made a view."""
        asked = f"SELECT sql FROM duckdb_views() WHERE lower(view_name) = lower(:name) AND {HERE}"  # noqa: S608 - fixed
        found = connection.execute(text(asked), {"name": view_name, "schema": schema}).scalar()
        if found is None:
            raise NoSuchTableError(view_name)
        return str(found)

    def _names(self, connection: Any, asked: str, schema: str | None = None) -> list[str]:
        given = {"schema": schema} if ":schema" in asked else {}
        return list(connection.execute(text(f"SELECT {asked} ORDER BY 1"), given).scalars())

    def _relation(self, connection: Any, name: str, schema: str | None) -> tuple[str, str, str] | None:
        """The database, the schema and the name of a table or a view; temporary ones come first, as in a query."""
        asked = (
            "SELECT database_name, schema_name, name FROM ("  # noqa: S608 - fixed
            "SELECT database_name, schema_name, table_name AS name, temporary, internal FROM duckdb_tables() UNION ALL "
            "SELECT database_name, schema_name, view_name, temporary, internal FROM duckdb_views()) "
            f"WHERE lower(name) = lower(:name) AND ({HERE} OR (:schema IS NULL AND temporary AND NOT internal)) "
            "ORDER BY temporary DESC LIMIT 1"
        )
        row = connection.execute(text(asked), {"name": name, "schema": schema}).first()
        return None if row is None else (row[0], row[1], row[2])

    def _found(self, connection: Any, name: str, schema: str | None) -> tuple[str, str, str]:
        """The same.

        Raises:
            sqlalchemy.exc.NoSuchTableError: There is none.
        """
        found = self._relation(connection, name, schema)
        if found is None:
            raise NoSuchTableError(name)
        return found

    def _of_table(self, connection: Any, asked: str, name: str, schema: str | None, order: str) -> list[Any]:
        database, schema, name = self._found(connection, name, schema)
        where = "database_name = :database AND schema_name = :schema AND table_name = :name"
        given = {"database": database, "schema": schema, "name": name}
        return list(connection.execute(text(f"SELECT {asked} WHERE {where} ORDER BY {order}"), given))

    def _constraints(self, connection: Any, name: str, schema: str | None, kind: str) -> list[Any]:
        asked = (
            "constraint_name, constraint_column_names, referenced_table, referenced_column_names, expression, "
            "constraint_type FROM duckdb_constraints()"
        )
        return [row for row in self._of_table(connection, asked, name, schema, "constraint_index") if row[5] == kind]


def type_of(kind: str) -> types.TypeEngine[Any]:
    """SQLAlchemy's type for one of DuckDB."""
    decimal = DECIMAL.fullmatch(kind)
    if decimal:
        return types.DECIMAL(int(decimal[1]), int(decimal[2]))
    if kind == "TIMESTAMP WITH TIME ZONE":
        return types.TIMESTAMP(timezone=True)
    if kind.startswith("TIMESTAMP"):
        return types.TIMESTAMP()
    return TYPES.get(kind, types.NullType)()
