"""What earlier lookups have in batches: answers that came late, and the same calls in batches of other runs.

A call that is at the service, or has its answer there, is not paid for again.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection

from grokcall.client.batch_api import BatchService
from grokcall.core.redaction import get_logger
from grokcall.errors import NotFoundError, PermissionDeniedError
from grokcall.journal.batches import BatchRecord, Key
from grokcall.journal.run import JournalRun
from grokcall.lookup.batch.collection import Taking
from grokcall.lookup.batch.looks import Looks
from grokcall.lookup.batch.rows import BatchRows

logger: logging.Logger = get_logger("grokcall.lookup.batch")


class EarlierBatches:
    """Looks for calls in the batches of earlier lookups.

    Args:
        service: The batch interface.
        run: The run of the journal.
        rows: Where the calls come from.
        looks: Looks at batches.
        taking: Takes answers.
    """

    def __init__(self, service: BatchService, run: JournalRun, rows: BatchRows, looks: Looks, taking: Taking) -> None:
        self._service = service
        self._run = run
        self._rows = rows
        self._looks = looks
        self._taking = taking

    async def join(self, new: Collection[Key]) -> list[BatchRecord]:
        """Finds calls in batches that lookups of other inputs, or in other words, have sent; these are not sent again.

        Args:
            new: The calls that would be sent.

        Returns:
            The batches, as they stand in this run's records now.
        """
        left = set(new)
        joined: list[BatchRecord] = []
        for other in self._run.batches.elsewhere() if left else ():
            calls = [key for key in self._run.batches.calls(other.number) if key in left]
            batch_id = await self._id_of(other) if calls else None
            if batch_id is None:
                continue
            logger.warning(
                "%d calls of this lookup are in the batch %s, which another lookup with the same journal has sent; "
                "they are not sent again",
                len(calls),
                batch_id,
            )
            joined.append(self._run.batches.join(other, batch_id, f"{other.name}+{secrets.token_hex(4)}", calls))
            left.difference_update(calls)
        return joined

    async def _id_of(self, other: BatchRecord) -> str | None:
        """What the service calls a batch of another run; None when it is not there, or belongs to another team."""
        try:
            if other.batch_id is None:
                found = await self._service.find(other.name)
                return None if found is None else found.batch_id
            await self._service.retrieve(other.batch_id)
        except (NotFoundError, PermissionDeniedError):
            return None
        return other.batch_id

    async def come_late(self, record: BatchRecord) -> list[Key] | None:
        """Takes what has come since a batch was done without all of its answers.

        Returns:
            The calls of this lookup of which nothing more is expected; None when the batch is at work again.
        """
        left = set(self._run.batches.untaken(record.number))
        if left.isdisjoint(self._rows.places):
            return []
        status = await self._looks.heard(record)
        if status is not None and not status.is_over and status.unfinished(record.calls) != 0:
            self._run.batches.filled(record.number)
            return None
        if status is not None:
            await self._taking.gather(record, status.batch_id, left)
        rest = [key for key in self._rows.places if key in left]
        self._run.batches.release(record.number, rest)
        if not left.difference(rest):
            self._run.batches.end(record.number)
        return rest
