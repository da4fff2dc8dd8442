"""What DuckDB does for a cursor: in the thread that waits for it, or in one of its own for a task that awaits it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from grokcall.core.daemon_threads import in_daemon_thread
from grokcall.duckdb.cancellation import Cancellation
from grokcall.scheduling.event_loop import patience_of

T = TypeVar("T")


class QueryWork(Generic[T]):
    """Something that DuckDB does, once.

    Args:
        run: Does it; given what may end it.
    """

    def __init__(self, run: Callable[[Cancellation], T]) -> None:
        self._run = run
        self._cancellation = Cancellation()

    def outcome(self) -> T:
        """What comes of it, done in this thread."""
        return self._run(self._cancellation)

    async def aoutcome(self) -> T:
        """The same, done in a thread of its own; awaited from any loop.

        A cancel has it stopped as an interrupt does: what was sent is waited for. A second one leaves at once.
        """
        running = in_daemon_thread(self.outcome)
        interrupt: BaseException | None = None
        while True:
            try:
                result = await asyncio.shield(running)
            except asyncio.CancelledError as error:
                patience = 0.0 if interrupt else patience_of(error)
                self.cancel(patience)
                if interrupt is not None:
                    running.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
                    raise interrupt from None
                interrupt = error
            except BaseException as error:
                raise interrupt or error from None
            else:
                if interrupt is not None:
                    raise interrupt
                return result

    def cancel(self, patience: float) -> None:
        """Has it stopped from another thread or task; calls that have been sent may take so many seconds."""
        self._cancellation.request(patience)
