"""A lookup under way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

from grokcall.core.daemon_threads import in_daemon_thread
from grokcall.errors import InterfaceError, JournalError, StoppedError
from grokcall.lookup.chunk_output import ChunkOutput
from grokcall.lookup.dry_run import DryRun
from grokcall.lookup.record import aside
from grokcall.lookup.results import Pair, leave_with, rest_of
from grokcall.lookup.work import LookupWork
from grokcall.scheduling.event_loop import PATIENCE, explained, patience_of
from grokcall.scheduling.row_scheduler import RowScheduler


class LookupStream(LookupWork):
    """A lookup under way: an iterator of pairs of record batches, output rows and failed rows, in input order.

    A context manager; leaving it early stops the lookup. Nothing more is sent then, and where there is a journal, or an
    exception leaves the block, the answers of calls in flight are waited for up to 30 s, because they may have been
    paid for. The exception gets the rows that had ended and were not given out yet in its attribute ``result``, a
    :class:`grokcall.LookupResult`. ``summary`` grows as rows come. :meth:`grokcall.Connection.lookup_stream` makes it.

    Args:
        plan: The lookup, checked against its input.
        source: Where the rows come from.
        runtime: Makes the calls.
    """

    def dry_run(self, count_tokens: int = 0) -> DryRun:
        """What the lookup would do and cost, told from the whole input, which is used up by it.

        Nothing is sent that costs money: nothing at all, but for what was asked for with ``count_tokens`` and with
        the option ``prices="service"``.

        Args:
            count_tokens: Of how many different calls, the first ones, the service is asked to count the tokens. The
                others are estimated with the bytes a token that were found.
        """
        self._refuse_in_child()
        return self._costs.dry_run(self._source, self._service(), count_tokens)

    @property
    def guarantee(self) -> str | None:
        """What the budget promises for calls like the lookup's, in a sentence; None without a budget."""
        return self._costs.guarantee((self.row_count or 0) if self.plan.options.batch else self._concurrency)

    @property
    def in_doubt(self) -> int:
        """How many calls of earlier tries were sent and not answered then, as far as the journal knows.

        They may have been billed, and twice where they were sent again.
        """
        return self._record.in_doubt if self.continued else 0

    @property
    def continued(self) -> bool:
        """Whether an earlier try was continued, as far as the journal knows."""
        return self._record.continued

    @property
    def at_service(self) -> int:
        """How many calls are in batches whose answers have not been taken, as far as the journal knows."""
        return self._record.at_service

    @property
    def is_begun(self) -> bool:
        """Whether a row has ended, or a call was sent, as far as the journal knows."""
        with suppress(JournalError):
            return bool(self.summary.rows or self.at_service or self._record.in_doubt)
        return True

    def discard_journal(self) -> bool:
        """Has a temporary journal go when the lookup is closed, unless it is needed; gives whether it goes.

        It is needed where a row has no answer, a call is in doubt or in a batch, or where it has other runs.
        """
        return self.temporary and self._record.discard(whole=self._complete and not self.summary.failed)

    def __iter__(self) -> Iterator[Pair]:
        self._refuse_in_child()
        while (held := self._held or self._next_output()) is not None:
            if (pair := next(held, None)) is not None:
                yield pair
            else:
                self._held = None

    def _next_output(self) -> ChunkOutput | None:
        self._refuse_in_child()
        try:
            self._runtime.loop.run(self.next_chunk())
        except StoppedError as stopped:
            raise self._reason or stopped from None
        return self._held

    def stop(self, reason: BaseException | None = None, patience: float = 0.0) -> None:
        """Ends the calls in flight. Iterating goes on with what has ended and then raises ``reason``.

        Args:
            reason: Why.
            patience: For how many seconds calls that have been sent may still be answered; an interrupt ends that.
        """
        self._reason = reason
        with explained() as waiting:
            if self.in_flight:
                waiting(patience)
            _, interrupt = self._runtime.loop.run_patiently(self._astop(patience), lambda _: self._astop())
        if interrupt is not None and not isinstance(reason, KeyboardInterrupt):
            raise interrupt

    def interrupt(self, reason: BaseException, patience: float = 0.0) -> None:
        """Like :meth:`stop`, without waiting for the end of anything: for the handler of a signal.

        Args:
            reason: Why.
            patience: For how many seconds calls that have been sent may still be answered, since they may have been
                paid for; then they are cancelled.
        """
        self._reason = reason
        self._runtime.loop.submit(self._astop(patience))

    def close(self) -> None:
        """Stops the lookup if it is not over, and closes its input and its journal."""
        self._leave(self._patience_of_close)

    @property
    def _patience_of_close(self) -> float:
        return PATIENCE if self.plan.options.journal is not None else 0.0

    def _leave(self, patience: float, error: BaseException | None = None) -> None:
        """Closes everything; an exception that leaves the block gets the rows that were not given out yet."""
        try:
            if self._window is not None and not self._over:
                with suppress(InterfaceError):  # a closed connection has stopped everything already
                    self.stop(error if isinstance(error, KeyboardInterrupt) else None, patience)
                if error is not None:
                    leave_with(error, self.plan, self.summary, rest_of(self))
        finally:
            self._end()

    async def apair(self) -> Pair | None:
        """The next pair, None at the end; awaited from any loop."""
        self._refuse_in_child()
        while True:
            if self._held is None and await self._runtime.loop.arun(self.next_chunk()) is None:
                return None
            held = self._held
            if held is not None and (pair := next(held, None)) is not None:
                return pair
            self._held = None

    async def astop(self, patience: float) -> None:
        """The asynchronous twin of :meth:`stop`; awaited from any loop, where a cancel ends the wait."""
        await self._runtime.loop.arun_patiently(self._astop(patience), lambda _: self._astop())

    async def aleave(self, error: BaseException | None = None) -> None:
        """The asynchronous twin of leaving the block; awaited from any loop."""
        is_left_early = self._window is not None and not self._over
        try:
            if is_left_early and (error is None or isinstance(error, GeneratorExit)):
                await self._astop_if_open(self._patience_of_close)
            elif is_left_early and error is not None:
                await self._astop_if_open(patience_of(error))
                leave_with(error, self.plan, self.summary, await arest_of(self))
        finally:
            await in_daemon_thread(self._end)

    async def _astop_if_open(self, patience: float) -> None:
        with suppress(InterfaceError):  # a closed connection has stopped everything already
            await self.astop(patience)

    def __del__(self) -> None:
        # Whoever drops a stream without leaving it wants no more of it, and must not go on paying.
        if getattr(self, "_over", True) or not isinstance(self._window, RowScheduler):
            return
        with suppress(InterfaceError, RuntimeError):  # a closed connection has stopped everything already
            self._runtime.loop.submit(self._dropped())

    async def _dropped(self) -> None:
        try:
            await self._astop(self._patience_of_close)
        finally:
            await asyncio.shield(aside(self._end))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, GeneratorExit):
            self.close()
        else:
            self._leave(patience_of(error), error)


async def arest_of(stream: LookupStream) -> list[Pair]:
    """The asynchronous twin of :func:`grokcall.lookup.results.rest_of`."""
    rest: list[Pair] = []
    with suppress(BaseException):
        while (pair := await stream.apair()) is not None:
            rest.append(pair)
    return rest
