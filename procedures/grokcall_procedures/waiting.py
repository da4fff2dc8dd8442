"""Waiting for what the service works on: looks until it is done or takes too long."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import TypeVar

from grokcall_procedures.errors import NotReadyError
from grokcall_procedures.steps import Pause, Reply, Request, Step
from grokcall_procedures.text import reply_of

T = TypeVar("T")


def wait_for(
    look: Request,
    result: Callable[[Reply], T | None],
    *,
    every: float,
    longest: float,
    within: float | None,
    late: Callable[[float], NotReadyError],
    note: str | Callable[[], str],
    passes: Callable[[Exception, float], bool] = lambda _error, _waited: False,
) -> Generator[Step, Reply | None, T]:
    """What ``result`` makes of the first reply that is the end.

    Args:
        look: The request that looks.
        result: What a reply gives; None while work goes on.
        every: Seconds between the first looks; they become twice as many each time.
        longest: The most seconds between two looks.
        within: Seconds after which it is given up; None for no limit.
        late: Gives the error for that, told how many seconds have passed.
        note: What is waited for, or what tells it before each pause.
        passes: Whether a look that failed, after so many seconds, is followed by another all the same.

    Raises:
        NotReadyError: It takes longer.
    """
    began, paused, pause = time.monotonic(), 0.0, every
    while True:
        try:
            found = result(reply_of((yield look)))
        except Exception as error:
            if not passes(error, max(time.monotonic() - began, paused)):
                raise
            found = None
        if found is not None:
            return found
        waited = max(time.monotonic() - began, paused)
        if within is not None and waited >= within:
            raise late(waited)
        seconds = pause if within is None else min(pause, max(within - waited, 0.0))
        yield Pause(seconds, note if isinstance(note, str) else note())
        paused, pause = paused + seconds, min(2 * pause, longest)
