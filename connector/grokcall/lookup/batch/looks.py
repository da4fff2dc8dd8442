"""Looking at batches until they are done, and the answers of all are taken."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grokcall.client.batch_api import LONGEST_PAUSE, BatchService
from grokcall.client.batch_status import BatchStatus
from grokcall.errors import BatchPendingError, Error, MalformedReplyError, NotFoundError, is_retryable, is_systemic
from grokcall.journal.batches import BatchRecord
from grokcall.lookup.batch.collection import Taking
from grokcall.lookup.batch.submission import Submission

SHARE = 20
"""Looks are as far apart as this part of what was waited: answers are taken little later than they come."""
MOST_REFILLS = 10
"""How often a batch that is done and lacks requests is looked through for those that got lost."""
MOST_MISSED = 10
"""How many looks in a row may go wrong."""
LONGEST_LIFE = 32 * 86_400.0
"""Seconds for which a batch is waited for that does not say how long it is kept; the service keeps them for 30 days."""

Look = tuple[BatchRecord, BatchStatus | None]
"""A batch and how far it is; None when the service knows it no more."""


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """How far the batches of a lookup are.

    Args:
        batches: How many there are whose answers are not taken.
        pending: Requests that are not done.
        done: Requests that were answered.
        failed: Requests that failed or were cancelled.
    """

    batches: int = 0
    pending: int = 0
    done: int = 0
    failed: int = 0


class Looks:
    """Looks at the batches of one lookup.

    Args:
        service: The batch interface.
        submission: Adds what a batch lacks.
        taking: Takes answers.
        report: Told how far the batches are, whenever that is known anew.
        pause: Seconds between the first looks; later ones are further apart, up to a minute.
    """

    def __init__(
        self,
        service: BatchService,
        submission: Submission,
        taking: Taking,
        report: Callable[[BatchCounts], None],
        pause: float,
    ) -> None:
        self._service = service
        self._submission = submission
        self._taking = taking
        self._report = report
        self._pause = pause
        self._refills: dict[int, int] = {}
        self._missed: dict[int, int] = {}

    async def await_answers(self, records: Sequence[BatchRecord], *, wait: bool) -> None:
        """Looks at batches until the answers of all are taken.

        Args:
            records: The batches.
            wait: Whether to look more than once.

        Raises:
            BatchPendingError: Some are not done, and nobody wants to wait.
        """
        begun = time.monotonic()
        while True:
            looks = [(record, await (self.look if wait else self.heard)(record)) for record in records]
            self._report(counted(looks))
            looks = [look for look in looks if not await self._concluded(*look)]
            if not looks:
                return
            if not wait:
                counts = counted(looks)
                names = [str(record.batch_id) for record, _ in looks]
                raise BatchPendingError(names, counts.pending, counts.done + counts.failed)
            records = [record for record, _ in looks]
            await asyncio.sleep(max(self._pause, min((time.monotonic() - begun) / SHARE, LONGEST_PAUSE)))

    async def look(self, record: BatchRecord) -> BatchStatus | None:
        """How far a batch is; None when the service says twice in a row that it knows it no more.

        A look that goes wrong tells nothing, and ends nothing until several in a row have.
        """
        try:
            status = await self._service.retrieve(str(record.batch_id))
        except Error as error:
            missed = self._missed[record.number] = self._missed.get(record.number, 0) + 1
            if isinstance(error, NotFoundError):
                if missed > 1 and not self._submission.is_new(record):
                    return None
            elif missed >= MOST_MISSED or not tells_nothing(error):
                raise
            return BatchStatus(str(record.batch_id), record.name, is_heard=False)
        self._missed.pop(record.number, None)
        return status

    async def heard(self, record: BatchRecord) -> BatchStatus | None:
        """How far a batch is, once a look has told it; None when the service knows it no more."""
        status = await self.look(record)
        while status is not None and not status.is_heard:
            await asyncio.sleep(self._pause)
            status = await self.look(record)
        return status

    async def _concluded(self, record: BatchRecord, status: BatchStatus | None) -> bool:
        """Whether a batch is over; then its answers have been taken."""
        if status is not None and not status.is_heard:
            return False
        is_kept = status is not None and (status.expires is not None or time.time() - record.at < LONGEST_LIFE)
        if status is not None and is_kept and not status.is_over:
            unfinished = status.unfinished(record.calls)
            if unfinished is None:
                return await self._taking.is_answered(record, status)
            if unfinished or not await self._is_whole(record, status):
                return False
        await self._taking.take(record, status)
        return True

    async def _is_whole(self, record: BatchRecord, status: BatchStatus) -> bool:
        """Whether a batch has all of its requests; those that got lost are added."""
        if status.requests is None or status.requests >= record.calls:
            return True
        if not self._submission.is_settled(record):
            return False
        refills = self._refills.get(record.number, 0)
        if refills >= MOST_REFILLS:
            return True
        self._refills[record.number] = refills + 1
        await self._submission.complete(record)
        return False


def tells_nothing(error: Error) -> bool:
    """Whether an error of a look says nothing of the batch, and may be gone at the next."""
    return isinstance(error, MalformedReplyError) or (is_retryable(error) and not is_systemic(error))


def counted(looks: Sequence[Look]) -> BatchCounts:
    """The sum of what batches say of themselves."""
    there = [(record, status) for record, status in looks if status is not None]
    return BatchCounts(
        len(looks),
        sum(status.waiting(record.calls, record.taken) for record, status in there),
        sum(status.succeeded for _, status in there),
        sum(status.failed + status.cancelled for _, status in there),
    )
