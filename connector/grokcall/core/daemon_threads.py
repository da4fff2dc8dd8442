"""Work in threads that keep neither a loop nor the process from ending."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

T = TypeVar("T")


def in_daemon_thread(work: Callable[[], T]) -> asyncio.Future[T]:
    """What ``work`` gives, done in a thread that keeps neither the loop nor the process from ending."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(cast("T", result))

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except BaseException as error:
            failure = error
        with suppress(RuntimeError):  # the loop has ended: nobody waits any more
            loop.call_soon_threadsafe(settle, result, failure)

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

    def _settle(self, futures: list[asyncio.Future[Any]], results: list[tuple[Any, Exception | None]]) -> None:
        for future, (result, error) in zip(futures, results, strict=True):
            if future.done():
                continue
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)
        if self._waiting:
            self._begin()
        else:
            self._is_at_work = False


def ended(work: Callable[[], T]) -> tuple[T | None, Exception | None]:
    """What ``work`` gives, or the error that it ends with."""
    try:
        return work(), None
    except Exception as error:
        return None, error
