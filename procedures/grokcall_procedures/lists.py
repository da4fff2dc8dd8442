"""The types of columns that hold lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from grokcall_procedures.types import UnfitValue, to_double, to_string


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of values of one type, none of them NULL.

    Args:
        name: The type in SQL.
        element: The Arrow type of each value.
        read: Makes a value of one in a reply.
    """

    name: str
    element: pa.DataType
    read: Callable[[object], object]

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type."""
        return pa.list_(self.element)

    def values(self, value: object) -> list[object]:
        """The values of a list in a reply.

        Raises:
            UnfitValue: It is no list of such values.
        """
        if not isinstance(value, list):
            raise UnfitValue("is no list")
        return [self.read(each) for each in value]

    def __str__(self) -> str:
        return self.name


TEXTS = ListOf("VARCHAR[]", pa.string(), to_string)
FLOATS = ListOf("FLOAT[]", pa.float32(), to_double)
