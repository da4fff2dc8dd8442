"""One event loop in one thread, so that synchronous callers can use the asynchronous engine."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias, TypeVar

from grokcall.core.forks import abandon, follow_forks
from grokcall.core.heard_waits import result_of
from grokcall.core.redaction import get_logger
from grokcall.errors import InterfaceError

logger: logging.Logger = get_logger("grokcall.scheduling.event_loop")

T = TypeVar("T")
Work = Coroutine[Any, Any, T]
Stop: TypeAlias = Callable[[float], Work[None]]
"""Has some work come to its end, within so many seconds."""

PATIENCE = 30.0
"""Seconds that answers of calls in flight are waited for after an interrupt: they may have been paid for."""
SILENT_SECONDS = 0.5
"""How long that wait may be before it is explained."""

CLOSED = "the connection is closed"
MOST_ROUNDS = 10
"""Rounds of cancelling at the end: a task that ends may leave another one behind."""


class BackgroundLoop:
    """An event loop that runs in a thread of its own from the first use until :meth:`close`.

    Any number of threads may use it at the same time. In the child of a fork it begins anew, with a thread of its own.

    Args:
        name: What its thread is called.
    """

    def __init__(self, name: str = "grokcall") -> None:
        self._name = name
        self._lock = threading.RLock()  # a signal's handler may submit in the midst of a submit
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._last: Callable[[], Work[None]] | None = None
        self._closed = False
        follow_forks(self)

    def submit(self, work: Work[T]) -> concurrent.futures.Future[T]:
        """Starts ``work`` on the loop.

        Raises:
            InterfaceError: The loop is closed.
        """
        try:
            # Under the lock, so that no work comes after the loop was told to stop: it would never end.
            with self._lock:
                return asyncio.run_coroutine_threadsafe(work, self._running())
        except BaseException:
            work.close()
            raise

    def run(self, work: Work[T]) -> T:
        """The result of ``work``. An interrupt of the waiting thread cancels it.

        Raises:
            InterfaceError: The loop was closed before the work was done.
        """
        future = self._submit_from_outside(work)
        try:
            return result_of(future)
        except concurrent.futures.CancelledError:
            raise InterfaceError(CLOSED) from None  # nobody but close() cancels what runs here
        except BaseException:
            future.cancel()
            raise

    async def arun(self, work: Work[T]) -> T:
        """The result of ``work``, awaited from any loop.

        Raises:
            InterfaceError: The loop was closed before the work was done.
        """
        try:
            return await asyncio.wrap_future(self.submit(work))
        except asyncio.CancelledError:
            waiting = asyncio.current_task()
            if self._closed and waiting is not None and not waiting.cancelling():
                raise InterfaceError(CLOSED) from None
            raise

    def run_patiently(self, work: Work[T], stop: Stop) -> tuple[T, BaseException | None]:
        """The result of ``work``, and the interrupt that struck the waiting thread meanwhile, if one did.

        An interrupt does not cancel the work but has it stopped: within :func:`patience_of` the interrupt, and at
        once when a second one comes.

        Raises:
            InterfaceError: The loop was closed before the work was done.
        """
        future = self._submit_from_outside(work)
        interrupt: BaseException | None = None
        patience: float | None = None
        with explained() as waiting:
            while True:
                try:
                    if patience is not None:  # here, where the next interrupt is caught as well
                        seconds, patience = waiting(patience), None
                        self.submit_if_open(stop(seconds))
                    return result_of(future), interrupt
                except BaseException as error:
                    if future.cancelled():
                        raise InterfaceError(CLOSED) from None
                    if future.done() and future.exception() is error:
                        raise interrupt or error from None
                    patience = 0.0 if interrupt else patience_of(error)
                    interrupt = interrupt or error

    async def arun_patiently(self, work: Work[T], stop: Stop) -> tuple[T, BaseException | None]:
        """The same, awaited from any loop; there a cancel is what an interrupt is for a thread."""
        future = self.submit(work)
        interrupt: BaseException | None = None
        while True:
            try:
                return await asyncio.shield(asyncio.wrap_future(future)), interrupt
            except asyncio.CancelledError as error:
                if future.cancelled():
                    raise InterfaceError(CLOSED) from None
                patience = 0.0 if interrupt else patience_of(error)
                interrupt = interrupt or error
                self.submit_if_open(stop(patience))
            except BaseException as error:
                raise interrupt or error from None

    def submit_if_open(self, work: Work[None]) -> None:
        """Starts work on the loop, unless it is closed, which has stopped everything already."""
        with suppress(InterfaceError):
            self.submit(work)

    def close(self, last: Callable[[], Work[None]] | None = None) -> None:
        """Cancels what runs, does ``last`` and ends the thread; harmless when repeated.

        Where nothing has ever run there is nothing to end, and ``last`` is not done either.
        """
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop, self._last, self._closed = None, last, True
            if loop is None or thread is None:
                return
            loop.call_soon_threadsafe(loop.stop)
        if not is_current(thread):
            thread.join()

    def leave_to_parent(self) -> None:
        """Begins anew in the child of a fork; to close the loop there would take the parent's from its selector."""
        abandon(self._loop, self._thread)
        self._lock = threading.RLock()
        self._loop = self._thread = self._last = None

    def _submit_from_outside(self, work: Work[T]) -> concurrent.futures.Future[T]:
        if self._thread is not None and is_current(self._thread):
            work.close()
            raise InterfaceError("a synchronous method was called on the connection's own loop; use its async twin")
        return self.submit(work)

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._closed:
            raise InterfaceError(CLOSED)
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(
                target=self._run_until_stopped, args=(self._loop,), name=self._name, daemon=True
            )
            self._thread.start()
        return self._loop

    def _run_until_stopped(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            while self._left_by_an_exit(loop):
                pass
            cancel_all(loop)
            if self._last is not None:
                loop.run_until_complete(self._last())
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()

    def _left_by_an_exit(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Runs the loop; whether it ended because a function of the user's raised an exit, and not by :meth:`close`.

        asyncio ends its loop then. The exit belongs to the one who waits for that work; all others go on.
        """
        try:
            loop.run_forever()
        except (SystemExit, KeyboardInterrupt):
            with self._lock:
                if self._closed:  # the request to stop may have been lost with the exit
                    loop.call_soon(loop.stop)
            return True
        return False


def is_current(thread: threading.Thread) -> bool:
    """Whether this is that thread, asked without leaving a trace of a thread that Python did not start.

    DuckDB calls from such threads, and Python would keep what ``current_thread`` makes for each of them.
    """
    return threading.get_ident() == thread.ident


def cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    """Cancels every task of a loop and waits for their ends."""
    for _ in range(MOST_ROUNDS):
        tasks = asyncio.all_tasks(loop)
        if not tasks:
            return
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))


def patience_of(interrupt: BaseException) -> float:
    """Seconds that answers may still take after an interrupt: those of its attribute ``patience``, if it has one.

    One that strikes while another is dealt with is a second one, which has none.
    """
    if isinstance(interrupt.__context__, KeyboardInterrupt | asyncio.CancelledError):
        return 0.0
    return float(getattr(interrupt, "patience", PATIENCE))


@contextmanager
def explained() -> Iterator[Callable[[float], float]]:
    """Gives what is to be told, once, for how many seconds answers are waited for; a wait that is long is explained."""
    timers: list[threading.Timer] = []

    def waiting(patience: float) -> float:
        if patience > 0:
            told = "waiting up to %g s for answers that may have been paid for; interrupt again to leave at once"
            timers.append(threading.Timer(SILENT_SECONDS, logger.warning, [told, patience]))
            timers[-1].daemon = True
            timers[-1].start()
        return patience

    try:
        yield waiting
    finally:
        for timer in timers:
            timer.cancel()
