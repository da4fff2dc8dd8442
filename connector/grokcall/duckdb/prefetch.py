"""Reading ahead of DuckDB, where a query is known to need the calls of all rows.

DuckDB hands over 2,048 rows, and hands over no more before the slowest of them has its answer. When the arguments of
all rows are known beforehand, their calls run as those of a lookup do, in one sliding window, and the function that
DuckDB calls finds their outcomes there or on their way. They begin when DuckDB asks for the first of them: a query that
fails before, or that needs none after all, pays for none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from grokcall.core.outcome import Outcome
from grokcall.duckdb.call_session import INTERRUPTED, Bind, CallSession, Settle
from grokcall.errors import InterfaceError, StoppedError
from grokcall.scheduling.chunks import Chunk, Values
from grokcall.scheduling.event_loop import PATIENCE
from grokcall.scheduling.row_scheduler import RowScheduler, Verdict
from grokcall_procedures import Procedure

CHUNK_ROWS = 256


class ReadAhead:
    """The calls of all rows of one query; a context manager that stops what is left of them at its end.

    Args:
        session: Runs the calls.
        procedure: What is called.
        rows: The arguments; equal ones are one call.
        bind, settle, verdicts: As for :meth:`CallSession.run`.
    """

    def __init__(
        self,
        session: CallSession,
        procedure: Procedure,
        rows: Sequence[Values],
        bind: Bind,
        settle: Settle,
        verdicts: Verdict,
    ) -> None:
        self._session = session
        self._procedure = procedure
        self._rows: list[Values] = list(dict.fromkeys(map(tuple, rows)))
        self._known = frozenset(self._rows)
        self._bind = bind
        self._settle = settle
        self._verdicts = verdicts
        self._done: dict[Values, Outcome] = {}
        self._taken: set[Values] = set()
        self._awaited: dict[Values, asyncio.Future[Outcome]] = {}
        self._failure: BaseException | None = None
        self._window: RowScheduler[None] | None = None
        self._task: asyncio.Task[None] | None = None

    def covers(self, rows: Sequence[Values]) -> bool:
        """Whether these rows are among those whose calls are begun together."""
        return self._known.issuperset(rows)

    def outcomes(self, rows: Sequence[Values]) -> list[Outcome] | None:
        """What became of some rows, once it is known of each; None where one of them was given out before.

        Raises:
            grokcall.Error: What ended the calls early.
        """
        self._session.open_books()
        return self._session.surrounded(lambda: self._session.runtime.loop.run(self._gathered(rows)))

    async def _gathered(self, rows: Sequence[Values]) -> list[Outcome] | None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        wanted = dict.fromkeys(rows)
        if not self._taken.isdisjoint(wanted):
            return None
        waiting: list[asyncio.Future[Outcome]] = []
        for row in wanted:
            if row in self._done:
                continue
            if self._failure is not None:
                raise self._failure
            waiting.append(self._awaited.setdefault(row, asyncio.get_running_loop().create_future()))
        if waiting:
            await asyncio.wait(waiting)
        if self._failure is not None and any(future.cancelled() for future in waiting):
            raise self._failure
        if not self._taken.isdisjoint(wanted):
            return None
        self._taken.update(wanted)
        found = {row: self._done.pop(row) for row in wanted}
        return [found[row] for row in rows]

    async def _run(self) -> None:
        """Makes the calls, from the first row to the last."""
        try:
            window = self._window = self._session.window(
                self._procedure, self._bind, self._chunks(), self._settled, self._verdicts
            )
            with self._session.running(window):
                while await window.next_chunk() is not None:
                    pass
        except asyncio.CancelledError:
            if self._window is not None:
                await self._window.stop(StoppedError(INTERRUPTED))
            self._fail(StoppedError(INTERRUPTED))
            raise
        except Exception as error:
            self._fail(error)

    def _chunks(self) -> Iterator[Chunk[None]]:
        return (Chunk(None, self._rows[at : at + CHUNK_ROWS]) for at in range(0, len(self._rows), CHUNK_ROWS))

    def _settled(self, outcome: Outcome, row: int) -> BaseException | None:
        error = self._settle(outcome, row)
        if error is None:
            values = self._rows[row]
            self._done[values] = outcome
            future = self._awaited.pop(values, None)
            if future is not None:
                future.set_result(outcome)
        return error

    def _fail(self, error: BaseException) -> None:
        self._failure = error
        for future in self._awaited.values():
            future.cancel()
        self._awaited.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What was sent may have been paid for, and the next query finds its answers.
        with suppress(InterfaceError):  # a closed connection has stopped everything already
            _, interrupt = self._session.runtime.loop.run_patiently(self._end(PATIENCE), self._end)
            if interrupt is not None and error is None:
                raise interrupt

    async def _end(self, patience: float) -> None:
        if self._window is not None:
            await self._window.stop(StoppedError(INTERRUPTED), patience)
        if self._task is not None:
            self._task.cancel()
