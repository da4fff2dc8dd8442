"""The types of columns that are nested or hold bytes in a list."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A type by its name in SQL.

    Args:
        text: The name.
        arrow: The Arrow type.
    """

    text: str
    arrow: pa.DataType

    def __str__(self) -> str:
        return self.text


SCALARS = {"VARCHAR": pa.string(), "INTEGER": pa.int32(), "DOUBLE": pa.float64()}


def structs(**members: str) -> ColumnType:
    """The type of a list of structs, from the types of their members by the names of SQL.

    >>> str(structs(url="VARCHAR", at="INTEGER"))
    'STRUCT(url VARCHAR, at INTEGER)[]'
    """
    text = ", ".join(f"{name} {kind}" for name, kind in members.items())
    fields = [pa.field(name, SCALARS[kind]) for name, kind in members.items()]
    return ColumnType(f"STRUCT({text})[]", pa.list_(pa.struct(fields)))


PICTURES = ColumnType("BLOB[]", pa.list_(pa.large_binary()))
