"""Ending one statement of DuckDB from another thread, before it runs or while it does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from grokcall.errors import StoppedError

REPEAT_SECONDS = 0.05
"""DuckDB forgets an interrupt that comes between two of its statements, and we run several for one of the user's, so
that it is told anew until all of them have ended."""
GLANCE = 0.1
"""Seconds between two looks whether a statement that waits for another one is to end."""


class Interrupted(Protocol):
    """Where a statement runs."""

    def interrupt(self, patience: float) -> None:
        """Ends the statement that runs; calls that have been sent may still be answered for so many seconds."""
        ...

    def interrupt_duckdb(self) -> None:
        """Tells DuckDB alone."""
        ...


class Cancellation:
    """Ends one statement; any number of threads may ask for it, before it runs, while it does, and afterwards."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal's handler may ask in the midst of everything
        self._place: Interrupted | None = None
        self._ended = threading.Event()
        self._asked = False

    def request(self, patience: float) -> None:
        """Asks for the end; does not wait for it.

        Args:
            patience: For how many seconds calls that have been sent may still be answered.
        """
        with self._lock:
            first, self._asked = not self._asked, True
            if self._place is None:
                return
            self._place.interrupt(patience)
        if first:
            threading.Thread(target=self._repeat, name="grokcall-cancel", daemon=True).start()

    def check(self) -> None:
        """Raises StoppedError once the end was asked for."""
        if self._asked:
            raise StoppedError

    def wait_for(self, lock: threading.RLock) -> None:
        """Takes a lock, unless the end is asked for meanwhile.

        Raises:
            StoppedError: It was.
        """
        self.check()
        while not lock.acquire(timeout=GLANCE):
            self.check()

    @contextmanager
    def over(self, place: Interrupted) -> Iterator[None]:
        """For the block in which the statement runs.

        Raises:
            StoppedError: The end was asked for.
        """
        with self._lock:
            self.check()
            self._place = place
        try:
            yield
        except StoppedError:
            self.check()  # in the words of whoever asked
            raise
        finally:
            with self._lock:
                self._place = None
            self._ended.set()

    def _repeat(self) -> None:
        while not self._ended.wait(REPEAT_SECONDS):
            with self._lock:
                if self._place is not None:
                    self._place.interrupt_duckdb()
