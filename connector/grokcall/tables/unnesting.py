"""A table of its own for what stands in the lists of a column: a row for each element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from grokcall.errors import ProgrammingError
from grokcall_parser.suggestions import hint

POSITION = "position"
VALUE = "value"


def unnested(table: pa.Table, column: str, keep: Sequence[str] = ()) -> pa.Table:
    """A row for each element of the lists in a column; lists that are empty or NULL have none.

    Args:
        table: The table.
        column: The name of the column; in any case, where that is not ambiguous.
        keep: The names of the columns that are repeated for each element.

    Returns:
        The kept columns, ``position`` (from 1), and the members of the structs; ``value`` where the lists hold no
        structs.

    Raises:
        ProgrammingError: There is no such column, it holds no lists, or two columns would have one name.

    >>> told = pa.table({"id": [7, 8], "tags": [["a", "b"], []]})
    >>> unnested(told, "tags", ["id"]).to_pylist()
    [{'id': 7, 'position': 1, 'value': 'a'}, {'id': 7, 'position': 2, 'value': 'b'}]
    """
    name = named(table.schema, column)
    kept = [named(table.schema, each) for each in keep]
    lists = plain_lists(table.column(name), name)
    elements: Any = pc.list_flatten(lists)
    lengths = pc.list_value_length(lists).fill_null(0).to_numpy(zero_copy_only=False)
    parents = np.repeat(np.arange(len(lengths)), lengths)
    positions = np.arange(len(parents)) - (np.cumsum(lengths) - lengths)[parents] + 1
    rows = table.select(kept).take(parents)
    columns = {each: rows.column(each) for each in kept}
    members = members_of(elements)
    twice = next((each for each in (POSITION, *members) if each in columns), None)
    if twice is not None:
        raise ProgrammingError(f"{name} has {twice!r} beside a kept column of that name; leave it out of what is kept")
    return pa.table({**columns, POSITION: pa.array(positions, pa.int32()), **members})


def named(schema: pa.Schema, name: str) -> str:
    """The name of a column as the table spells it."""
    if name in schema.names:
        return name
    found = [each for each in schema.names if each.lower() == name.lower()]
    if len(found) != 1:
        told = hint(name, schema.names, "a result field is there when `fields` names it")
        raise ProgrammingError(f"there is no column {name!r}; {told}")
    return found[0]


def plain_lists(column: pa.ChunkedArray[Any], name: str) -> Any:
    """A column as one array of lists.

    Raises:
        ProgrammingError: It holds none.
    """
    of = column.type
    if pa.types.is_fixed_size_list(of) or pa.types.is_list_view(of) or pa.types.is_large_list_view(of):
        column = column.cast(pa.list_(of.value_field))
    elif not pa.types.is_list(of) and not pa.types.is_large_list(of):
        raise ProgrammingError(f"the column {name!r} holds no lists but {of}")
    combined = column.combine_chunks()
    return combined if isinstance(combined, pa.Array) else pa.concat_arrays(combined.chunks)


def members_of(elements: Any) -> dict[str, Any]:
    """The columns that elements make: the members of structs, or the elements themselves."""
    if not pa.types.is_struct(elements.type):
        return {VALUE: elements}
    names = [field.name for field in elements.type]
    return dict(zip(names, elements.flatten(), strict=True))
