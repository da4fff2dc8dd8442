"""Arrays taken apart down to what is no list, struct or map, and put together again with other types inside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

Leaf = Callable[[Any, Any], Any]
"""Makes an array of a type without types inside of another such array."""


def converted(array: Any, to: Any, leaf: Leaf) -> Any:
    """``array`` with the nested type ``to``, whose leaves are made by ``leaf``.

    Args:
        array: Of any type; dictionaries and run-end encoded arrays are given out as their values.
        to: Of the same shape as the array's type: lists where it has lists, as many fields in structs.
        leaf: Makes what has no types inside, as structs without members; it gets the array and its type to be.
    """
    of = array.type
    if of.equals(to):
        return array
    if pa.types.is_dictionary(of):
        return converted(array.dictionary, to, leaf).take(array.indices)
    if pa.types.is_run_end_encoded(of):
        return converted(array.values, to, leaf).take(run_indices(array))
    if isinstance(of, pa.BaseExtensionType) or not pa.types.is_nested(to) or not of.num_fields:
        return leaf(array, to)
    if pa.types.is_struct(to):
        children = [converted(array.field(index), to.field(index).type, leaf) for index in range(to.num_fields)]
        return struct_array(children, to, array)
    if pa.types.is_map(to):
        inside = to.field(0).type
        keys, items = (converted(each, inside.field(index).type, leaf) for index, each in enumerate(map_entries(array)))
        maps: Any = pa.MapArray
        return maps.from_arrays(list_offsets(array, pa.int32()), keys, items, to)
    lists: Any = pa.LargeListArray if pa.types.is_large_list(to) else pa.ListArray
    offsets = list_offsets(array, pa.int64() if pa.types.is_large_list(to) else pa.int32())
    return lists.from_arrays(offsets, converted(array.flatten(), to.field(0).type, leaf), to)


def map_entries(array: Any) -> tuple[Any, Any]:
    """The keys and the values of all maps of an array."""
    if not len(array):
        return array.keys.slice(0, 0), array.items.slice(0, 0)
    first, end = array.offsets[0].as_py(), array.offsets[-1].as_py()
    return array.keys.slice(first, end - first), array.items.slice(first, end - first)


def struct_array(children: Sequence[Any], to: Any, like: Any) -> Any:
    """Structs of these children, NULL where ``like`` is."""
    if not children:
        return like.cast(to)
    return pa.StructArray.from_arrays(list(children), fields=list(to), mask=like.is_null())


def list_offsets(array: Any, width: Any) -> Any:
    """Where the lists of an array begin in what ``flatten`` gives, NULL for those that are NULL; and the end."""
    if pa.types.is_map(array.type):
        lengths = pc.subtract(array.offsets[1:], array.offsets[:-1])
    else:
        lengths = pc.list_value_length(array).fill_null(0)
    ends = pc.cumulative_sum(lengths.cast(width))
    begins = pc.subtract(ends, lengths.cast(width))
    begins = pc.if_else(array.is_valid(), begins, pa.scalar(None, width))
    total = ends[-1].as_py() if len(ends) else 0
    return pa.concat_arrays([begins, pa.array([total], width)])


def run_indices(array: Any) -> Any:
    """For each place of a run-end encoded array the index of its value."""
    count = len(array.values)
    runs = pa.RunEndEncodedArray.from_arrays(array.run_ends, pa.array(range(count), pa.int32()))
    return pc.call_function("run_end_decode", [runs.slice(array.offset, len(array))])
