"""Taking the answers of a batch: each into the journal with the word that it was taken, whatever order they come in."""

from __future__ import annotations

import asyncio
import time

from grokcall.batches.answers import outcome_of
from grokcall.batches.faults import UnansweredError
from grokcall.batches.requests import key_of
from grokcall.batches.rows import BatchRows
from grokcall.batches.service import BatchService, BatchStatus
from grokcall.batches.submission import MOST_LOOKS, Recording
from grokcall.errors import Error, NotFoundError
from grokcall.journal import JournalRun
from grokcall.journal.batches import BatchRecord, Key, taken_from
from grokcall.outcomes import CallStatus, Outcome


class Taking:
    """Takes the answers of batches that have come to their ends.

    Args:
        service: The batch interface.
        run: The run of the journal.
        rows: Where the calls come from, which know how to read their answers.
        record: Puts on record what became of a call.
        pause: Seconds to wait before results are read again.
    """

    def __init__(
        self, service: BatchService, run: JournalRun, rows: BatchRows, record: Recording, pause: float
    ) -> None:
        self._pause = pause
        self._service = service
        self._run = run
        self._rows = rows
        self._record = record

    async def take(self, record: BatchRecord, status: BatchStatus | None) -> None:
        """Puts on record what became of each call of a batch that has a row in this lookup.

        Calls without a row stay as they are, and the batch open, for a lookup that has the row again; unless the batch
        is gone.

        Args:
            record: The batch.
            status: How it ended; None when the service knows it no more.

        Raises:
            grokcall.Error: The results could not be read; those that were are kept.
        """
        left = set(self._run.batches.untaken(record.number))
        if status is not None:
            try:
                await self._take_all(record, status, left)
            except NotFoundError:
                status = None
        for key in tuple(left):
            if key in self._rows.places or status is None:
                await self._put(record, key, unanswered(record, status))
                left.discard(key)
        if not left:
            self._run.batches.end(record.number)

    async def _take_all(self, record: BatchRecord, status: BatchStatus, left: set[Key]) -> None:
        """Takes every result; the list is read again while it lags behind a batch that says it is done."""
        for look in range(MOST_LOOKS):
            if look:
                await asyncio.sleep(self._pause)
            await self._take_results(record, status, left)
            if status.is_cancelled or status.expired or left.isdisjoint(self._rows.places):
                return

    async def _take_results(self, record: BatchRecord, status: BatchStatus, left: set[Key]) -> None:
        async for result in self._service.results(status.batch_id):
            key = key_of(result.get("batch_request_id"))
            if key is None or key not in left or key not in self._rows.places:
                continue
            try:
                outcome = outcome_of(self._rows.call(key), result, status.batch_id)
            except Error as error:
                outcome = Outcome(CallStatus.ERROR, error=error, attempts=1)
            await self._put(record, key, outcome)
            left.discard(key)

    async def _put(self, record: BatchRecord, key: Key, outcome: Outcome) -> None:
        outcome.seconds = max(0.0, time.time() - record.at)
        await self._record(key, outcome, (taken_from(record.number, key),))


def unanswered(record: BatchRecord, status: BatchStatus | None) -> Outcome:
    """The outcome of a call to which its batch gave no answer."""
    name = record.batch_id or record.name
    if status is None:
        told = f"the service knows the batch {name} no more: its results are gone, though they may have been billed"
    elif status.is_cancelled:
        told = f"the batch {name} was cancelled before it came to this request, which was not billed"
    elif status.expired:
        told = f"the batch {name} expired before it came to this request, which was not billed"
    else:
        told = f"the batch {name} is done and has no result for this request, though it may have been billed"
    billable = status is None or not (status.is_cancelled or status.expired)
    error = UnansweredError(f"{told}; the same lookup asks again, in a new batch", billable=billable)
    return Outcome(CallStatus.ERROR, error=error, attempts=1)
