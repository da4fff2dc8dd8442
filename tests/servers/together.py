"""Answers that wait for each other, so that it does not go by the clock how many requests are under way at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from scripted_service import Answer, Asked, Script, Service


def together(service: Service, count: int, answer: Callable[[Asked], Answer]) -> Script:
    """A script that answers nothing before so many requests are under way; those beyond them show in the peak.

    Args:
        service: Whose requests they are.
        count: How many.
        answer: Gives the answer to one.
    """
    are_there = asyncio.Event()

    async def script(asked: Asked) -> Answer:
        if service.in_flight >= count:
            are_there.set()
        await are_there.wait()
        return answer(asked)

    return script
