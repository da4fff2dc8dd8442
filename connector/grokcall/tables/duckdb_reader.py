"""The DuckDB that reads files and answers SELECTs: private, few threads, no network, no extensions."""

from __future__ import annotations

import tempfile
from typing import Any

import duckdb
import pyarrow as pa

from grokcall.tables.errors import mapped_errors
from grokcall.tables.formats import quoted_name
from grokcall_parser.errors import ProgrammingError

INTEGERS = frozenset(["tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger", "ubigint"])
MOMENTS = frozenset(["timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns", "timestamp with time zone"])
PLAIN = INTEGERS | MOMENTS | {"boolean", "float", "double", "decimal", "varchar", "blob", "date", "time"}


CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}
"""Nothing is fetched from the network, and no variable of the program is taken for a table."""
SETTINGS = "SET TimeZone = 'UTC'; SET enable_progress_bar = false; SET enable_progress_bar_print = false"
"""Times are in UTC, and no bar is drawn on standard output, SET or not."""


def private_connection(threads: int = 1) -> Any:
    """A DuckDB in memory that sees files and nothing else: no Python variables, no downloads.

    One thread is what keeps memory flat: a scan then runs no further ahead than its reader asks for.
    """
    connection = duckdb.connect(
        config={
            **CLOSED,
            "preserve_insertion_order": True,
            "temp_directory": tempfile.gettempdir(),
            "threads": threads,
        }
    )
    connection.execute(SETTINGS)
    return connection


def record_batches(relation: Any, batch_rows: int) -> pa.RecordBatchReader:
    """The rows of a relation as a stream, in types that Arrow's clients know."""
    plain = plain_relation(relation)
    # DuckDB 1.4 has the older name only; from 2.0 on the older one warns.
    read = getattr(plain, "to_arrow_reader", None) or plain.fetch_record_batch
    reader: pa.RecordBatchReader = read(batch_rows)
    return reader


def plain_relation(relation: Any) -> Any:
    """``relation`` with the columns cast whose types exist in DuckDB only, or would come as something surprising."""
    casts = [plain_sql_type(of) for of in relation.types]
    if not any(casts):
        return relation
    columns = [
        f"CAST({quoted_name(name)} AS {cast}) AS {quoted_name(name)}" if cast else quoted_name(name)
        for name, cast in zip(relation.columns, casts, strict=True)
    ]
    return relation.project(", ".join(columns))


def plain_sql_type(of: Any) -> str | None:
    """The type to cast ``of`` to; None when it is plain already."""
    kind = of.id
    if kind in PLAIN:
        return None
    if kind in ("hugeint", "uhugeint"):
        return "DECIMAL(38, 0)"
    if kind in ("list", "array"):
        element = of.children[0][1]
        inside = plain_sql_type(element)
        return None if inside is None and kind == "list" else f"{inside or element}[]"
    if kind in ("struct", "map"):
        children = [(name, child, plain_sql_type(child)) for name, child in of.children]
        if not any(cast for _, _, cast in children):
            return None
        if kind == "map":
            return f"MAP({', '.join(cast or str(child) for _, child, cast in children)})"
        return f"STRUCT({', '.join(f'{quoted_name(name)} {cast or child}' for name, child, cast in children)})"
    return "VARCHAR"


def checked_query(sql: str) -> None:
    """Raises unless ``sql`` is one statement that only reads.

    Raises:
        ProgrammingError: It does not parse, or is not one SELECT.
    """
    with mapped_errors("the SELECT"):
        statements = duckdb.extract_statements(sql)
    if len(statements) != 1 or statements[0].type.name.upper() not in ("SELECT", "SELECT_STATEMENT"):
        raise ProgrammingError("expected one SELECT, FROM or WITH statement that reads a table")
