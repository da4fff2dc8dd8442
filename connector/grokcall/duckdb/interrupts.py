"""Ctrl-C while DuckDB runs a query.

DuckDB notices an interrupt, and then waits until its threads come back from our function, which know nothing of it and
would go on to make, and pay for, the calls of whole vectors. So the handler of the signal is told to stop them first.
"""

from __future__ import annotations

import signal
import threading
import weakref
from types import FrameType
from typing import Protocol


class Interruptible(Protocol):
    """Something under way that an interrupt ends."""

    def interrupt(self) -> None:
        """Stops what runs; must be quick."""
        ...


_watched: weakref.WeakSet[Interruptible] = weakref.WeakSet()


def watch(work: Interruptible) -> None:
    """Stops ``work`` at the next interrupt, before whatever else an interrupt does.

    Where Python does not handle the signal, or the call comes from another thread than the main one, which alone may
    set handlers, nothing changes.
    """
    _watched.add(work)
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(previous):
        return
    if getattr(previous, "stops_grokcall", False):
        return

    def handle(number: int, frame: FrameType | None) -> None:
        for each in tuple(_watched):
            each.interrupt()
        previous(number, frame)

    handle.stops_grokcall = True  # type: ignore[attr-defined]
    signal.signal(signal.SIGINT, handle)
