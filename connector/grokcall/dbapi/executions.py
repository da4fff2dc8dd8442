"""What a cursor has under way, and its end."""

from __future__ import annotations

import threading
from typing import Any

from grokcall.core.work import Work
from grokcall.errors import StoppedError


class Execution:
    """One use of a cursor, of which there may be several pieces of work: one after the other, until it is cancelled."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal's handler may cancel in the midst of everything
        self._work: Work[Any] | None = None
        self._cancelled = False

    def begin(self, work: Work[Any]) -> None:
        """Says what runs next.

        Raises:
            StoppedError: The execution was cancelled.
        """
        with self._lock:
            if self._cancelled:
                raise StoppedError
            self._work = work

    def cancel(self, patience: float) -> None:
        """Ends what runs and keeps anything else from being begun; calls in flight may take so many seconds."""
        with self._lock:
            self._cancelled = True
            if self._work is not None:
                self._work.cancel(patience)
