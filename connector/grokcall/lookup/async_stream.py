"""A lookup under way, for programs that await."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

import pyarrow as pa

from grokcall.core.daemon_threads import in_daemon_thread
from grokcall.errors import InterfaceError
from grokcall.execution.summary import Summary
from grokcall.journal.run import RunState
from grokcall.lookup.dry_run import DryRun
from grokcall.lookup.results import Pair
from grokcall.lookup.stream import LookupStream


class AsyncLookupStream:
    """A lookup under way: an asynchronous iterator of (output batch, error batch), in input order.

    The command, the rows and the options are looked at when the block is entered or the first pair is awaited, in
    another thread, because files may have to be read; what is wrong with them is raised there.

    An asynchronous context manager; leaving it early stops the lookup as it does a :class:`grokcall.LookupStream`. It
    closes by itself at its end. A cancel is treated as an interrupt is there: nothing more is sent, the answers of
    calls in flight are waited for up to 30 s, a second cancel leaves at once, and the rows that had ended and were not
    given out yet are in the attribute ``result`` of the CancelledError. The lookup is over then.

    Args:
        opening: Opens the stream.

    >>> async with connection.lookup_stream("CALL GenerateResponse(:body)", "tickets.csv") as stream:  # doctest: +SKIP
    ...     async for rows, errors in stream:
    ...         print(rows.num_rows, errors.num_rows)
    """

    def __init__(self, opening: Callable[[], LookupStream]) -> None:
        self._opening = opening
        self._stream: LookupStream | None = None
        self._closed = False

    @property
    def schema(self) -> pa.Schema:
        """The columns of output batches."""
        return self._opened.schema

    @property
    def error_schema(self) -> pa.Schema:
        """The columns of error batches."""
        return self._opened.error_schema

    @property
    def row_count(self) -> int | None:
        """How many rows the input has; None where that is not known beforehand."""
        return self._opened.row_count

    @property
    def summary(self) -> Summary:
        """The totals so far."""
        return self._opened.summary

    @property
    def state(self) -> RunState:
        """How the lookup ended, once it has, as for :class:`grokcall.LookupStream`."""
        return self._opened.state

    @property
    def guarantee(self) -> str | None:
        """What the budget promises for calls like the lookup's, in a sentence; None without a budget."""
        return self._opened.guarantee

    async def dry_run(self, count_tokens: int = 0) -> DryRun:
        """What the lookup would do and cost; see :meth:`grokcall.LookupStream.dry_run`."""
        stream = await self._begun()
        return await in_daemon_thread(lambda: stream.dry_run(count_tokens))

    async def stop(self, patience: float = 0.0) -> None:
        """Ends the calls in flight. Iterating goes on with what has ended and then raises StoppedError.

        Args:
            patience: For how many seconds calls that have been sent may still be answered; a cancel ends that.
        """
        await (await self._begun()).astop(patience)

    async def close(self) -> None:
        """Stops the lookup if it is not over, and closes its input and its journal; harmless when repeated."""
        await self._leave(None)

    async def __aenter__(self) -> Self:
        await self._begun()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._leave(error)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Pair:
        if self._closed:
            raise StopAsyncIteration
        stream = await self._begun()
        try:
            pair = await stream.apair()
        except BaseException as error:
            await self._leave(error)
            raise
        if pair is None:
            await self._leave(None)
            raise StopAsyncIteration
        return pair

    async def _leave(self, error: BaseException | None) -> None:
        self._closed = True
        if self._stream is not None:
            await self._stream.aleave(error)

    async def _begun(self) -> LookupStream:
        if self._stream is None:
            if self._closed:
                raise InterfaceError("the lookup is closed")
            self._stream = await opened_aside(self._opening)
        return self._stream

    @property
    def _opened(self) -> LookupStream:
        if self._stream is None:
            raise InterfaceError("the lookup has not begun: enter its block, or await its first pair, before")
        return self._stream


async def opened_aside(opening: Callable[[], LookupStream]) -> LookupStream:
    """A stream that is opened in another thread, because files may have to be read."""
    opened = in_daemon_thread(opening)
    try:
        return await asyncio.shield(opened)
    except asyncio.CancelledError:
        opened.add_done_callback(close_late)
        raise


def close_late(opening: asyncio.Future[LookupStream]) -> None:
    """Closes a stream for which nobody waits any more."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
