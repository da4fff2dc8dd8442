"""Taking the answers of a batch: each into the journal with the word that it was taken, whatever order they come in."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator

from grokcall.client.batch_api import BatchService, key_of
from grokcall.client.batch_status import BatchStatus, Document
from grokcall.core.outcome import CallStatus, Outcome
from grokcall.core.redaction import get_logger
from grokcall.errors import Error, InvalidRequestError, NotFoundError, is_systemic
from grokcall.journal.batches import BatchRecord, Key, taken_from
from grokcall.journal.run import JournalRun
from grokcall.lookup.batch.answers import outcome_of
from grokcall.lookup.batch.endings import is_final, unanswered
from grokcall.lookup.batch.filling import MOST_LOOKS
from grokcall.lookup.batch.rows import BatchRows
from grokcall.lookup.batch.submission import Recording

logger: logging.Logger = get_logger("grokcall.lookup.batch")


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
        self._failed: set[Key] = set()
        """Calls whose result is an error; results that come twice may have the answer the other time."""

    async def take(self, record: BatchRecord, status: BatchStatus | None) -> None:
        """Puts on record what became of each call of a batch that has a row in this lookup.

        Calls without a row stay as they are, and the batch open, for a lookup that has the row again; unless the batch
        is gone. A batch that gave too little stays open as well: the next lookup looks there first.

        Args:
            record: The batch.
            status: How it ended; None when the service knows it no more.

        Raises:
            grokcall.Error: The results could not be read; those that were are kept.
        """
        left = set(self._run.batches.untaken(record.number))
        if status is not None:
            await self.gather(record, status.batch_id, left)
        rest = [key for key in left if key in self._rows.places or status is None]
        if rest and status is not None and status.reason:
            logger.warning("the service ended the batch %s: %s", status.batch_id, status.reason)
        may_come = status is not None and not (status.is_past or is_final(status))
        for key in rest:
            await self._put(record, key, unanswered(record, status), is_taken=not may_come)
        if rest and may_come:
            self._run.batches.late(record.number)
        elif not left.difference(rest):
            self._run.batches.end(record.number)

    async def is_answered(self, record: BatchRecord, status: BatchStatus) -> bool:
        """Takes what there is of a batch that does not tell how far it is; whether that was all."""
        left = set(self._run.batches.untaken(record.number))
        await self.read(record, status.batch_id, left)
        if not left:
            self._run.batches.end(record.number)
        return left.isdisjoint(self._rows.places)

    async def gather(self, record: BatchRecord, batch_id: str, left: set[Key]) -> None:
        """Takes every result there is; the list is read again until it grows no more.

        Args:
            record: The batch.
            batch_id: What the service calls it.
            left: The calls that have no outcome from it yet; those that get one leave the set.
        """
        looks = 0
        while looks < MOST_LOOKS and not left.isdisjoint(self._rows.places):
            if looks:
                await asyncio.sleep(self._pause)
            before = len(left)
            await self.read(record, batch_id, left)
            looks = 1 if len(left) < before else looks + 1

    async def read(self, record: BatchRecord, batch_id: str, left: set[Key]) -> None:
        """Takes the results that a batch has now; the calls that get one leave ``left``.

        A list that is not there, or is refused from its beginning, is one without results.
        """
        async for result in self._results(batch_id):
            key = key_of(result.get("batch_request_id"))
            if key is None or key not in self._rows.places or not (key in left or key in self._failed):
                continue
            try:
                outcome = outcome_of(self._rows.call(key), result, batch_id)
            except Error as error:
                outcome = Outcome(CallStatus.ERROR, error=error, attempts=1)
            if key not in left:
                if outcome.error is not None:
                    continue
                outcome.attempts = 0  # its request was counted with the other result
            await self._put(record, key, outcome)
            left.discard(key)
            if outcome.error is None:
                self._failed.discard(key)
            else:
                self._failed.add(key)

    async def _results(self, batch_id: str) -> AsyncIterator[Document]:
        begun = False
        try:
            async for result in self._service.results(batch_id):
                begun = True
                yield result
        except (NotFoundError, InvalidRequestError) as error:
            if begun or is_systemic(error):
                raise

    async def _put(self, record: BatchRecord, key: Key, outcome: Outcome, *, is_taken: bool = True) -> None:
        if is_taken and record.state == "late":
            counted = self._run.recall_failed(*key)
            if counted is not None and counted.saved_attempts:
                outcome.attempts = 0  # its request was counted when it had no answer
        outcome.seconds = max(0.0, time.time() - record.at)
        await self._record(key, outcome, (taken_from(record.number, key),) if is_taken else ())
