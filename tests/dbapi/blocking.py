"""Connections and cursors that are awaited, behind the methods of those that block: one test runs over both."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from typing import Any

import grokcall


class Blocking:
    """An asynchronous connection or cursor whose coroutines are awaited, each in an event loop of its own."""

    def __init__(self, target: grokcall.AsyncConnection | grokcall.AsyncCursor) -> None:
        vars(self)["target"] = target

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.target, name)
        if not inspect.ismethod(value):
            return value
        return lambda *positional, **named: self._settled(value(*positional, **named))

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self.target, name, value)

    def _settled(self, given: Any) -> Any:
        if inspect.iscoroutine(given):
            given = asyncio.run(given)
        if given is self.target:
            return self
        return Blocking(given) if isinstance(given, grokcall.AsyncConnection | grokcall.AsyncCursor) else given

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        async def rows() -> list[tuple[object, ...]]:
            return [row async for row in self.target]

        return iter(asyncio.run(rows()))

    def __enter__(self) -> Any:
        return self._settled(self.target.__aenter__())

    def __exit__(self, *error: Any) -> None:
        self._settled(self.target.__aexit__(*error))

    def __repr__(self) -> str:
        return repr(self.target)


def blocking_connect(**options: Any) -> Any:
    """The connection of :func:`grokcall.aconnect`, as one that blocks."""
    return Blocking(grokcall.aconnect(**options))
