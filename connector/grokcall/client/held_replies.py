"""Replies that hold for as long as a connection: each is asked for once, whoever needs it first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from grokcall_procedures import Host, Reply, Request

Place = tuple[Host, str]


class HeldReplies:
    """The replies of one connection; all of its calls share them, on one loop."""

    def __init__(self) -> None:
        self._replies: dict[Place, Reply] = {}
        self._looks: dict[Place, asyncio.Lock] = {}

    async def reply(self, request: Request, ask: Callable[[], Awaitable[Reply]]) -> Reply:
        """The reply to a request, asked for where none is held; a failure is not held."""
        place = request.host, request.path
        async with self._looks.setdefault(place, asyncio.Lock()):
            if place not in self._replies:
                self._replies[place] = await ask()
            return self._replies[place]
