"""Columns that hold secrets: masked wherever they are shown, written or kept, save in the rows of a cursor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from grokcall_procedures.definition import SECRET_COLUMN

MASK = "***"
"""What stands in the place of a secret."""


def is_secret(field: pa.Field[Any]) -> bool:
    """Whether a column was declared to hold secrets; the mark goes with it into tables that are made of it."""
    return SECRET_COLUMN.items() <= (field.metadata or {}).items()


def masked_values(values: Iterable[object]) -> list[object]:
    """Values with a mask in the place of each that is not NULL."""
    return [None if value is None else MASK for value in values]


def masked(table: pa.Table) -> pa.Table:
    """A table without the secrets in it."""
    for index, field in enumerate(table.schema):
        if is_secret(field):
            table = table.set_column(index, field, pa.array(masked_values(table.column(index)), field.type))
    return table
