"""The tables that a model may read, by every name that DuckDB finds them under."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from grokcall.errors import ProgrammingError
from grokcall_parser.errors import CallSyntaxError
from grokcall_parser.suggestions import hint
from grokcall_parser.tokens import is_name, read_tokens

Place: TypeAlias = tuple[str, str, str]
"""Catalog, schema and name of a table, in lower case."""

TABLES = """
SELECT database_name, schema_name, table_name FROM duckdb_tables()
UNION ALL SELECT database_name, schema_name, view_name FROM duckdb_views()
"""
MACROS = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE NOT internal"
HERE = "SELECT current_database(), current_schema()"
SYSTEM = frozenset({"pg_catalog", "information_schema"})


@dataclass(frozen=True)
class TableNames:
    """The tables that may be read, among all that there are.

    Args:
        allowed: Those that may be read.
        others: All others, the system's and temporary ones included.
        macros: The names of macros, in lower case: one may have the name of a function of DuckDB's.
        catalog: The catalog of a name without one, in lower case.
        schema: The schema of a name without one, in lower case.
        listed: The names as they were given, for messages.
    """

    allowed: frozenset[Place]
    others: frozenset[Place]
    macros: frozenset[str]
    catalog: str
    schema: str
    listed: str

    @classmethod
    def read(cls, cursor: Any, tables: Sequence[str]) -> TableNames:
        """What a database has of some tables.

        Args:
            cursor: A connection of DuckDB.
            tables: ``name``, ``schema.name`` or ``catalog.schema.name``, quoted where SQL needs it.

        Raises:
            ProgrammingError: A name is none, or there is no such table.
        """
        catalog, schema = (str(each).lower() for each in cursor.execute(HERE).fetchone())
        everything = frozenset(place_of(row) for row in cursor.execute(TABLES).fetchall())
        macros = frozenset(str(name).lower() for (name,) in cursor.execute(MACROS).fetchall())
        names = cls(frozenset(), everything, macros, catalog, schema, ", ".join(tables))
        allowed = frozenset(names.found(table) for table in tables)
        return cls(allowed, everything - allowed, macros, catalog, schema, names.listed)

    def found(self, table: str) -> Place:
        """The one table of a name.

        Raises:
            ProgrammingError: There is none, there are two, or it is one of the system's.
        """
        meant = self.meant(parts_of(table)) & (self.others | self.allowed)
        if any(place[0] == "system" or place[1] in SYSTEM for place in meant):
            raise ProgrammingError(f"{table} is a table of DuckDB's own, which no model may read")
        if len(meant) != 1:
            own = [name for catalog, _, name in sorted(self.others) if catalog == self.catalog]
            told = "it is the name of several; write catalog.schema.name" if meant else hint(table, own, "look it up")
            raise ProgrammingError(f"there is no one table {table!r} in the database {self.catalog!r}; {told}")
        (place,) = meant
        return place

    def meant(self, path: Sequence[str]) -> frozenset[Place]:
        """Every place that a name may stand for."""
        lowered = [each.lower() for each in path]
        name = lowered[-1]
        if len(lowered) == 1:
            return frozenset(
                place
                for place in (*self.others, *self.allowed)
                if place[2] == name and (place[:2] == (self.catalog, self.schema) or is_everywhere(place))
            )
        if len(lowered) == 2:
            schemas = {(catalog, lowered[0], name) for catalog in (self.catalog, "temp", "system")}
            return frozenset({*schemas, (lowered[0], "main", name)})
        return frozenset({(lowered[0], lowered[1], name)}) if len(lowered) == 3 else frozenset()

    def may_read(self, path: Sequence[str]) -> bool:
        """Whether a name stands for tables that may be read, and can stand for no other."""
        meant = self.meant(path)
        return bool(meant & self.allowed) and not meant & self.others

    def is_taken(self, name: str) -> bool:
        """Whether a name alone stands for a table that may not be read."""
        return bool(self.meant([name]) & self.others)


def is_everywhere(place: Place) -> bool:
    """Whether DuckDB finds a table by its name alone, whatever the catalog and the schema are."""
    return place[0] in {"temp", "system"} and place[1] != "information_schema"


def place_of(row: Iterable[object]) -> Place:
    """A row of the list of tables as a place."""
    catalog, schema, name = (str(each).lower() for each in row)
    return catalog, schema, name


def parts_of(table: str) -> list[str]:
    """The parts of a name as SQL writes it.

    >>> parts_of('sales."Last Year"')
    ['sales', 'Last Year']
    """
    try:
        tokens = read_tokens(table)
    except CallSyntaxError:
        tokens = []
    parts = [token.text for token in tokens[::2] if is_name(token, table)]
    dots = [token.text for token in tokens[1::2]]
    if not 1 <= len(parts) <= 3 or len(parts) != len(tokens[::2]) or dots != ["."] * (len(parts) - 1):
        raise ProgrammingError(f"{table!r} is no name of a table; write name, schema.name or catalog.schema.name")
    return parts
