"""Bringing calls to the service in batches, so that whatever happens on the way no call is there twice.

A batch stands in the journal with its name and its calls before it is made. One whose making or filling was broken off
is looked for by its name, asked which requests it has, and given those that are missing.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeAlias

from grokcall.batches.requests import BatchRequest, batch_request, request_id
from grokcall.batches.rows import BatchRows
from grokcall.batches.service import BatchService, BatchStatus
from grokcall.errors import (
    ConnectionCutError,
    Error,
    InvalidRequestError,
    MalformedReplyError,
    OperationalError,
    ReadTimeoutError,
    is_systemic,
)
from grokcall.journal import JournalRun
from grokcall.journal.batches import BatchRecord, Key
from grokcall.journal.changes import Change
from grokcall.outcomes import CallStatus, Outcome

BATCH_REQUESTS = 50_000
"""Requests of one batch; as many as the service takes in a batch that is made from a file."""
BATCH_BYTES = 200_000_000
"""Bytes of the requests of one batch, for the same reason."""
ADDED_REQUESTS = 1_000
"""Requests that are added at once."""
ADDED_BYTES = 24_000_000
"""Bytes that are added at once; the service takes 25 MB."""
SECONDS_BETWEEN = 0.5
"""Between the making of two batches; the service allows two a second."""
MOST_TRIES = 3
"""How often a batch is made, or some requests are added, when replies get lost."""
MOST_LOOKS = 5
"""How often a list that lags behind its count is read."""
MOST_SPLITS = 64
"""How often requests that the service refuses together are tried in halves, in one batch."""

Recording: TypeAlias = Callable[[Key, Outcome, Sequence[Change]], Awaitable[None]]
"""Puts on record what became of a call, and what else is to stand or fall with it."""

Refusals: TypeAlias = list[tuple[Key, Error]]
"""Calls that are not taken, each with its reason."""

LOST = (ConnectionCutError, ReadTimeoutError, MalformedReplyError)
"""Errors after which nobody knows whether something was done."""


class Submission:
    """Makes and fills the batches of one lookup.

    Args:
        service: The batch interface.
        run: The run of the journal.
        rows: Where the calls come from.
        record: Puts on record what became of a call.
        pause: Seconds to wait before a list is read again.
    """

    def __init__(
        self, service: BatchService, run: JournalRun, rows: BatchRows, record: Recording, pause: float
    ) -> None:
        self._service = service
        self._run = run
        self._rows = rows
        self._record = record
        self._pause = pause
        self._splits = 0

    async def submit(self, keys: Sequence[Key], sizes: Sequence[int]) -> None:
        """Sends calls in as few batches as will hold them.

        Raises:
            grokcall.Error: A batch could not be made or filled; what was done is in the journal.
        """
        for number, group in enumerate(groups(keys, sizes)):
            if number:
                await asyncio.sleep(SECONDS_BETWEEN)
            name = f"grokcall-{self._run.run_id}-{secrets.token_hex(6)}"
            record = self._run.batches.intend(name, group)
            await self._fill(record, await self._made(record), group)

    async def complete(self, record: BatchRecord) -> None:
        """Makes and fills a batch as far as that was not done.

        Calls that it lacks and that have no row any more are struck from it.
        """
        batch_id = record.batch_id or await self._made(record, look=True)
        if (await self._service.retrieve(batch_id)).is_cancelled:
            return  # it takes no more; what it lacks is asked for in another one
        present = await self._present(batch_id)
        lacking = [key for key in self._run.batches.untaken(record.number) if request_id(key) not in present]
        gone = [key for key in lacking if key not in self._rows.places]
        if gone:
            self._run.batches.drop(record.number, gone)
        await self._fill(record, batch_id, [key for key in lacking if key in self._rows.places])

    async def _made(self, record: BatchRecord, *, look: bool = False) -> str:
        """The id of a batch: of the one there is with its name, or of a new one."""
        status = await self._service.find(record.name) if look else None
        for attempt in range(1, MOST_TRIES + 1):
            if status is not None:
                break
            try:
                status = await self._service.create(record.name)
            except LOST:
                status = await self._service.find(record.name)
                if status is None and attempt == MOST_TRIES:
                    raise
        assert status is not None
        self._run.batches.made(record.number, status.batch_id)
        return status.batch_id

    async def _fill(self, record: BatchRecord, batch_id: str, keys: Sequence[Key]) -> None:
        self._splits = 0
        unfit: Refusals = []
        for part in self._parts(keys, unfit):
            unfit += await self._added(batch_id, part)
            await self._strike(record, unfit)
        await self._strike(record, unfit)
        self._run.batches.filled(record.number)

    def _parts(self, keys: Sequence[Key], unfit: Refusals) -> Iterator[list[BatchRequest]]:
        """The requests of calls, as many at a time as can be added at once; adds those that there are not to unfit."""
        part: list[BatchRequest] = []
        size = 0
        for key in keys:
            try:
                item = batch_request(self._rows.call(key), key)
            except Error as error:
                unfit.append((key, error))
                continue
            if part and (len(part) == ADDED_REQUESTS or size + item.size > ADDED_BYTES):
                yield part
                part, size = [], 0
            part.append(item)
            size += item.size
        if part:
            yield part

    async def _added(self, batch_id: str, part: list[BatchRequest]) -> Refusals:
        """Adds requests; gives those that the service does not take, each with its reason."""
        for attempt in range(1, MOST_TRIES + 1):
            try:
                await self._service.add(batch_id, part)
            except LOST:
                part = await self._lacking(batch_id, part)
                if part and attempt == MOST_TRIES:
                    raise
            except InvalidRequestError as error:
                lacking = await self._lacking(batch_id, part)
                if len(lacking) == len(part):
                    return await self._halved(batch_id, part, error)
                part = lacking
            else:
                return []
            if not part:
                return []
        raise OperationalError(f"requests could not be added to the batch {batch_id}; run the same command again")

    async def _halved(self, batch_id: str, part: list[BatchRequest], error: InvalidRequestError) -> Refusals:
        """Adds requests of which the service refuses some, so that one that is wrong takes no other along."""
        if is_systemic(error) or (len(part) > 1 and self._splits == MOST_SPLITS):
            raise error
        if len(part) == 1:
            return [(part[0].key, error)]
        self._splits += 1
        middle = len(part) // 2
        return [*await self._added(batch_id, part[:middle]), *await self._added(batch_id, part[middle:])]

    async def _lacking(self, batch_id: str, part: list[BatchRequest]) -> list[BatchRequest]:
        """Those of some requests that a batch does not have."""
        present = await self._present(batch_id)
        return [item for item in part if request_id(item.key) not in present]

    async def _present(self, batch_id: str) -> set[str]:
        """The ids of the requests that a batch has, once its list and its count agree.

        Raises:
            OperationalError: They do not, so that adding more could be adding twice.
        """
        for _ in range(MOST_LOOKS):
            status: BatchStatus = await self._service.retrieve(batch_id)
            present = await self._service.requests(batch_id)
            if len(present) >= status.requests:
                return present
            await asyncio.sleep(self._pause)
        raise OperationalError(
            f"the service counts {status.requests:,} requests in the batch {batch_id} and lists {len(present):,}; "
            "run the same command again later"
        )

    async def _strike(self, record: BatchRecord, unfit: Refusals) -> None:
        """Puts on record what is not taken, and why, which is none of the batch's from now on."""
        for key, error in unfit:
            await self._record(key, Outcome(CallStatus.ERROR, error=error, attempts=1), ())
        if unfit:
            self._run.batches.drop(record.number, [key for key, _ in unfit])
            unfit.clear()


def groups(keys: Sequence[Key], sizes: Sequence[int]) -> Iterator[Sequence[Key]]:
    """The calls of each batch.

    >>> [len(group) for group in groups([(b"", 0)] * 3, [150_000_000, 40_000_000, 40_000_000])]
    [2, 1]
    """
    start, size = 0, 0
    for at, each in enumerate(sizes):
        if at > start and (at - start == BATCH_REQUESTS or size + each > BATCH_BYTES):
            yield keys[start:at]
            start, size = at, 0
        size += each
    if start < len(keys):
        yield keys[start:]
