"""Ctrl-C while DuckDB runs a query.

DuckDB notices an interrupt, and then waits until its threads come back from our function, which know nothing of it and
would go on to make, and pay for, the calls of whole vectors. So the handler of the signal has them stop first, and
waits for the answers of calls in flight, which may have been paid for. The wait is its own: in the one of DuckDB no
second signal would be heard.
"""

from __future__ import annotations

import signal
import threading
import weakref
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

import duckdb

from grokcall.scheduling.event_loop import PATIENCE, explained

TOLD = ("Query interrupted", "INTERRUPT Error", "UDF: KeyboardInterrupt", "source failed: KeyboardInterrupt")
"""What DuckDB makes of Python's KeyboardInterrupt, which it does not let through."""


class Interruptible(Protocol):
    """Something under way that an interrupt ends."""

    @property
    def is_stopping(self) -> bool:
        """Whether something of it has been told to stop and has not ended yet."""
        ...

    def interrupt(self, patience: float = 0.0) -> None:
        """Has what runs stop within so many seconds; must be quick."""
        ...

    def await_end(self) -> None:
        """Waits until what was told to stop has ended."""
        ...


_watched: weakref.WeakSet[Interruptible] = weakref.WeakSet()
_waiting: list[bool] = []
"""Not empty while a handler waits."""


def stopped(works: Collection[Interruptible], patience: float) -> bool:
    """Stops what runs and waits for its end; for the handlers of signals.

    Called a second time, by the handler of another signal while it waits, it stops everything at once.

    Returns:
        Whether it is the first call, whose handler goes on with what the signal is for.
    """
    if _waiting:
        for each in works:
            each.interrupt()
        return False
    _waiting.append(True)
    try:
        for each in works:
            each.interrupt(patience)
        with explained() as waiting:
            if any(each.is_stopping for each in works):
                waiting(patience)
            for each in works:
                each.await_end()
    finally:
        _waiting.clear()
    return True


def watch(work: Interruptible) -> None:
    """Stops ``work`` at the next interrupt, before whatever else an interrupt does.

    Where Python does not handle the signal, or the call comes from another thread than the main one, which alone may
    set handlers, nothing changes.
    """
    _watched.add(work)
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(previous):
        return
    if hasattr(previous, "put_back"):
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if stopped(tuple(_watched), PATIENCE):
            previous(number, frame)

    handle.put_back = previous  # type: ignore[attr-defined]
    signal.signal(signal.SIGINT, handle)


def unwatch(work: Interruptible | None = None) -> None:
    """Watches ``work`` no more; puts the handler back that was there before when nothing is left to be watched."""
    if work is not None:
        _watched.discard(work)
    previous = getattr(signal.getsignal(signal.SIGINT), "put_back", None)
    if previous is not None and not _watched and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, previous)


def is_interrupt(error: Exception) -> bool:
    """Whether an error of DuckDB stands for a KeyboardInterrupt."""
    return any(words in str(error) for words in TOLD)


@contextmanager
def heard() -> Iterator[None]:
    """Gives an interrupt that strikes DuckDB inside the block its own name back.

    Raises:
        KeyboardInterrupt: DuckDB was interrupted.
    """
    try:
        yield
    except (duckdb.Error, RuntimeError) as error:
        if is_interrupt(error):
            raise KeyboardInterrupt from None
        raise
