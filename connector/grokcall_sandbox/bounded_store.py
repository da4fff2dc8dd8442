"""Bounded keeping of what requests leave behind: the least recently used thing goes first."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class BoundedStore(Generic[T]):
    """Things by id, at most `max_items` of them and `max_bytes` bytes in all.

    A thing that alone is larger than `max_bytes` is kept until the next one arrives.
    """

    def __init__(self, max_items: int, max_bytes: int) -> None:
        self._max_items = max_items
        self._max_bytes = max_bytes
        self._things: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._things)

    @property
    def bytes_kept(self) -> int:
        """The size of everything on the shelf."""
        return self._bytes

    def put(self, key: str, thing: T, size: int) -> None:
        """Keep `thing` of `size` bytes under `key`, dropping the oldest ones where room is short."""
        self.take(key)
        while self._things and (len(self._things) >= self._max_items or self._bytes + size > self._max_bytes):
            self._bytes -= self._things.popitem(last=False)[1][1]
        self._things[key] = (thing, size)
        self._bytes += size

    def get(self, key: str) -> T | None:
        """The thing under `key`, which counts as a use, or None."""
        kept = self._things.get(key)
        if kept is None:
            return None
        self._things.move_to_end(key)
        return kept[0]

    def take(self, key: str) -> T | None:
        """The thing under `key`, removed from the shelf, or None."""
        kept = self._things.pop(key, None)
        if kept is None:
            return None
        self._bytes -= kept[1]
        return kept[0]

    def clear(self) -> None:
        """Drop everything."""
        self._things.clear()
        self._bytes = 0

    def __iter__(self) -> Iterator[T]:
        return iter([thing for thing, _ in self._things.values()])
