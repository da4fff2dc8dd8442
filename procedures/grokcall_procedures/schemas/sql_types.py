"""The types of SQL by their names, as DuckDB's dialect reads them, and what to say of those that cannot be."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp
from sqlglot.errors import SqlglotError

from grokcall_procedures.schemas.moments import DateType, TimestampType, TimeType, UuidType
from grokcall_procedures.schemas.numbers import FloatType, integer
from grokcall_procedures.schemas.values import BooleanType, JsonType, ValueType

TYPES: Mapping[exp.DType, ValueType] = {
    exp.DType.BOOLEAN: BooleanType(),
    exp.DType.TINYINT: integer("TINYINT", 8),
    exp.DType.SMALLINT: integer("SMALLINT", 16),
    exp.DType.INT: integer("INTEGER", 32),
    exp.DType.BIGINT: integer("BIGINT", 64),
    exp.DType.UTINYINT: integer("UTINYINT", 8, signed=False),
    exp.DType.USMALLINT: integer("USMALLINT", 16, signed=False),
    exp.DType.UINT: integer("UINTEGER", 32, signed=False),
    exp.DType.UBIGINT: integer("UBIGINT", 64, signed=False),
    exp.DType.FLOAT: FloatType(32),
    exp.DType.DOUBLE: FloatType(64),
    exp.DType.DATE: DateType(),
    exp.DType.TIME: TimeType(),
    exp.DType.TIMESTAMPNTZ: TimestampType(zoned=False),
    exp.DType.TIMESTAMP: TimestampType(zoned=False),
    exp.DType.TIMESTAMPTZ: TimestampType(zoned=True),
    exp.DType.UUID: UuidType(),
    exp.DType.JSON: JsonType(),
}
TEXTS = frozenset({exp.DType.TEXT, exp.DType.VARCHAR, exp.DType.CHAR, exp.DType.NCHAR, exp.DType.NVARCHAR})
REMEDIES: Mapping[exp.DType, str] = {
    exp.DType.VARBINARY: "an answer is text and holds no bytes; declare VARCHAR",
    exp.DType.BINARY: "an answer is text and holds no bytes; declare VARCHAR",
    exp.DType.INT128: "Arrow has no such integer; declare DECIMAL(38,0)",
    exp.DType.UINT128: "Arrow has no such integer; declare DECIMAL(38,0)",
    exp.DType.INTERVAL: "declare a number of seconds or days instead, or VARCHAR",
    exp.DType.TIMETZ: "declare TIME, or TIMESTAMPTZ",
    exp.DType.BIT: "declare BOOLEAN[], or VARCHAR",
}
KNOWN = (
    *("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
    *("DECIMAL", "FLOAT", "DOUBLE", "VARCHAR", "TEXT", "DATE", "TIME", "TIMESTAMP", "TIMESTAMPTZ", "UUID", "JSON"),
    *("ENUM", "STRUCT", "MAP"),
)
LONGER_NAMES = (
    ("DOUBLE", "PRECISION"),
    ("CHARACTER", "VARYING"),
    ("TIMESTAMP", "WITH", "TIME", "ZONE"),
    ("TIMESTAMP", "WITHOUT", "TIME", "ZONE"),
    ("TIME", "WITHOUT", "TIME", "ZONE"),
    ("TIME", "WITH", "TIME", "ZONE"),
)


def named_type(name: str) -> exp.DType | None:
    """What DuckDB's dialect calls a type of this name; None when it knows none."""
    try:
        kind = exp.DataType.build(name, dialect="duckdb").this
    except (SqlglotError, ValueError):
        return None
    return kind if isinstance(kind, exp.DType) else None
