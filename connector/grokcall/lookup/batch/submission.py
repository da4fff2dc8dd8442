"""Bringing calls to the service in batches, so that whatever happens on the way no call is there twice.

A batch stands in the journal with its name and its calls before it is made. One whose making or filling was broken off
is looked for by its name, asked which requests it has, and given those that are missing.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeAlias

from grokcall.client.batch_api import BatchRequest, BatchService
from grokcall.core.outcome import CallStatus, Outcome
from grokcall.errors import (
    ConnectionCutError,
    Error,
    InvalidRequestError,
    MalformedReplyError,
    NotFoundError,
    ReadTimeoutError,
    ServiceError,
    is_systemic,
)
from grokcall.journal.batches import BatchRecord, Key
from grokcall.journal.mutations import Change
from grokcall.journal.run import JournalRun
from grokcall.lookup.batch.filling import SETTLING, Filling, says_already_there
from grokcall.lookup.batch.requests import batch_request
from grokcall.lookup.batch.rows import BatchRows

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
        self._fillings: dict[int, Filling] = {}

    def is_settled(self, record: BatchRecord) -> bool:
        """Whether what the service tells of a batch can be expected to be whole."""
        return time.monotonic() >= self._filling(record).settled

    def is_new(self, record: BatchRecord) -> bool:
        """Whether something was added to a batch by this process, a moment ago."""
        filling = self._fillings.get(record.number)
        return filling is not None and bool(filling.added) and not self.is_settled(record)

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
            filling = self._fillings[record.number] = Filling(await self._made(record))
            await self._fill(record, filling, group)

    async def complete(self, record: BatchRecord) -> None:
        """Makes and fills a batch as far as that was not done.

        Calls that it lacks and that have no row any more are struck from it.
        """
        filling = self._filling(record)
        filling.batch_id = record.batch_id or await self._made(record, look=True)
        if (await self._service.retrieve(filling.batch_id)).is_over:
            return  # it takes no more; what it lacks is asked for in another one
        lacking = await filling.lacking(self._service, self._run.batches.untaken(record.number), self._pause)
        gone = [key for key in lacking if key not in self._rows.places]
        if gone:
            self._run.batches.drop(record.number, gone)
        await self._fill(record, filling, [key for key in lacking if key in self._rows.places])

    def _filling(self, record: BatchRecord) -> Filling:
        """What is known of a batch; of one of an earlier process, that it may have been filled a moment ago."""
        filling = self._fillings.get(record.number)
        if filling is None:
            filling = self._fillings[record.number] = Filling(str(record.batch_id))
            if record.state != "intended":
                filling.doubt()
        return filling

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

    async def _fill(self, record: BatchRecord, filling: Filling, keys: Sequence[Key]) -> None:
        self._splits = 0
        unfit: Refusals = []
        refused: Refusals = []
        for part in self._parts(keys, unfit):
            refused += await self._added(filling, part)
            await self._strike(record, unfit)
            if filling.is_over:
                return  # what it has answered is taken, and the rest asked for in another one
        await self._strike(record, unfit)
        if refused:
            lacking = set(await filling.lacking(self._service, [key for key, _ in refused], self._pause))
            await self._strike(record, [(key, error) for key, error in refused if key in lacking])
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

    async def _added(self, filling: Filling, part: list[BatchRequest], *, whole: bool = True) -> Refusals:
        """Adds requests; gives those that the service does not take, each with its reason.

        Args:
            filling: The batch.
            part: The requests.
            whole: Whether the batch is asked what it has of them when they are refused together.
        """
        attempt = 0
        unknown_until = time.monotonic() + SETTLING
        while part and not filling.is_over:
            attempt += 1
            try:
                await self._service.add(filling.batch_id, part)
                filling.took(part)
                break
            except NotFoundError as error:
                if is_systemic(error) or filling.added or time.monotonic() > unknown_until:
                    raise
                attempt -= 1
                await asyncio.sleep(self._pause)  # the service does not know its new batch yet
            except LOST:
                filling.doubt()
                part = await self._items_lacking(filling, part)
                if part and attempt == MOST_TRIES:
                    raise
            except ServiceError as error:
                if is_systemic(error) or not (isinstance(error, InvalidRequestError) or says_already_there(error)):
                    raise
                filling.is_over = (await self._service.retrieve(filling.batch_id)).is_over
                lacking = await self._items_lacking(filling, part) if whole and not filling.is_over else part
                if len(lacking) == len(part) and not filling.is_over:
                    return await self._halved(filling, part, error)
                part = lacking
        return []

    async def _halved(self, filling: Filling, part: list[BatchRequest], error: ServiceError) -> Refusals:
        """Adds requests of which the service refuses some, so that one that is wrong takes no other along.

        One that is refused because it is there already is there, whatever the list says.
        """
        there = says_already_there(error)
        if there:
            filling.doubt()  # they are there and not listed: for a while nothing more is made of that
        if len(part) == 1:
            return [] if there else [(part[0].key, error)]
        if self._splits == MOST_SPLITS:
            if there:
                return []  # those that are not are missed, and added, when the batch is looked at
            raise error
        self._splits += 1
        middle = len(part) // 2
        first = await self._added(filling, part[:middle], whole=False)
        return [*first, *await self._added(filling, part[middle:], whole=False)]

    async def _items_lacking(self, filling: Filling, part: list[BatchRequest]) -> list[BatchRequest]:
        """Those of some requests that a batch does not have."""
        lacking = set(await filling.lacking(self._service, [item.key for item in part], self._pause))
        return [item for item in part if item.key in lacking]

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
