"""Waits in which signals are heard.

A thread that waits for a lock is woken by a signal. One whose signal comes in the moment before it begins to wait is
not: Python's handler runs when the lock is free, which may be a minute later. ``_thread.interrupt_main``, which
notebooks and editors use for their stop buttons, never wakes it. So every wait for an answer is made in turns.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Collection
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")

TURN_SECONDS = 0.25
"""The longest time until a signal is heard."""


def result_of(future: Future[T]) -> T:
    """The result of a future, or its error raised, however long it takes.

    >>> future = Future()
    >>> future.set_result(1)
    >>> result_of(future)
    1
    """
    while not future.done():
        concurrent.futures.wait([future], TURN_SECONDS)
    return future.result()


def await_all(futures: Collection[Future[Any]]) -> None:
    """Waits until each of some futures has ended, in whichever way."""
    while concurrent.futures.wait(futures, TURN_SECONDS).not_done:
        pass
