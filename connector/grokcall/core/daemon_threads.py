"""Work in threads that keep neither a loop nor the process from ending."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from typing import Any, TypeVar, cast

T = TypeVar("T")


def in_daemon_thread(work: Callable[[], T]) -> asyncio.Future[T]:
    """What ``work`` gives, done in a thread that keeps neither the loop nor the process from ending.

    It sees the context variables of the caller, as with :func:`asyncio.to_thread`.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    surroundings = copy_context()

    def run() -> None:
        result = surroundings.run(ended, work)
        with suppress(RuntimeError):  # the loop has ended: nobody waits any more
            loop.call_soon_threadsafe(settle, future, *result)

    threading.Thread(target=run, name="grokcall-reader", daemon=True).start()
    return future


class Gathered:
    """Small pieces of work, done in a thread: all that have come by then in one, which costs less than one for each.

    For one loop. An error of a piece is that of its future; one whose future is cancelled may be done all the same.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[Callable[[], Any], asyncio.Future[Any]]] = []
        self._is_at_work = False

    def done(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """What ``work`` gives, once it is done."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.append((work, future))
        if not self._is_at_work:
            self._is_at_work = True
            loop.call_soon(self._begin)  # others may come in this round of the loop
        return future

    def _begin(self) -> None:
        pieces, self._waiting = self._waiting, []
        futures = [future for _, future in pieces]
        try:
            gathered = in_daemon_thread(lambda: [ended(work) for work, _ in pieces])
        except RuntimeError as error:  # the system starts no more threads
            self._settle(futures, [(None, error)] * len(futures))
        else:
            gathered.add_done_callback(lambda all_ended: self._settle(futures, all_ended.result()))

    def _settle(self, futures: list[asyncio.Future[Any]], results: list[tuple[Any, BaseException | None]]) -> None:
        for future, result in zip(futures, results, strict=True):
            settle(future, *result)
        if self._waiting:
            self._begin()
        else:
            self._is_at_work = False


def ended(work: Callable[[], T]) -> tuple[T | None, BaseException | None]:
    """What ``work`` gives, or the error that it ends with."""
    try:
        return work(), None
    except BaseException as error:
        return None, error


def settle(future: asyncio.Future[T], result: T | None, error: BaseException | None) -> None:
    """Gives a future its result or its error, unless it was cancelled."""
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(cast("T", result))
