"""The rows of a batch lookup: on the disk while their answers are awaited, in memory only which call each makes."""

from __future__ import annotations

import asyncio
import mmap
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pyarrow as pa

from grokcall.core.outcome import CallStatus, Outcome
from grokcall.errors import DataError, Error, InterfaceError
from grokcall.journal.batches import Key
from grokcall.lookup.plan import LookupPlan
from grokcall.scheduling.chunks import Chunk, Values
from grokcall_procedures import BoundCall

MOST_ROWS = 1_000_000
"""Rows of one batch lookup; beyond as many requests the service slows a team down."""

Slot: TypeAlias = Key | Outcome
"""What stands for a row: the call that it makes, or the outcome of a row that makes none."""


class BatchRows:
    """The input of a batch lookup, read to its end before anything is sent.

    About 300 bytes a row are held in memory; the rows themselves are in a file without a name, which is gone with the
    process.

    Args:
        plan: The lookup's plan.
        fingerprint: Gives equal calls equal bytes.
        dedupe: Whether equal calls are one; otherwise they are told apart by their order.
        most: Rows that are taken.
    """

    def __init__(
        self, plan: LookupPlan, fingerprint: Callable[[BoundCall], bytes], *, dedupe: bool, most: int = MOST_ROWS
    ) -> None:
        self.slots: list[list[Slot]] = []
        """The rows by chunk."""
        self.places: dict[Key, tuple[int, int]] = {}
        """Where each call has its first row: the chunk, and the row in it."""
        self._plan = plan
        self._fingerprint = fingerprint
        self._dedupe = dedupe
        self._most = most
        self._ordinals: Counter[bytes] = Counter()
        self._reader: pa.RecordBatchFileReader | None = None
        self._last: tuple[int, pa.RecordBatch] | None = None
        self._reading: asyncio.Future[Chunk[pa.RecordBatch] | None] | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every row has been read."""
        return self._reader is not None

    async def read(self, chunks: Iterator[Chunk[pa.RecordBatch]], first: Callable[[Key, BoundCall], None]) -> None:
        """Reads every row.

        Args:
            chunks: The input.
            first: Told of each call at its first row; an error that it raises is the row's.

        Raises:
            InterfaceError: There are too many rows.
        """
        rows = 0
        with tempfile.TemporaryFile(prefix="grokcall-") as file:
            with pa.ipc.new_file(file, self._plan.input_schema) as writer:
                while (chunk := await self._next(chunks)) is not None:
                    rows += len(chunk.rows)
                    self.refuse_too_many(rows)
                    writer.write_batch(chunk.context)
                    number = len(self.slots)
                    self.slots.append([self._slot(row, number, at, first) for at, row in enumerate(chunk.rows)])
            file.flush()
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._reader = pa.ipc.open_file(pa.py_buffer(mapped))

    def refuse_too_many(self, rows: int) -> None:
        """Refuses an input with more rows than one lookup takes.

        Raises:
            InterfaceError: It has.
        """
        if rows > self._most:
            raise InterfaceError(f"a batch lookup takes at most {self._most:,} rows; split the input. Nothing was sent")

    async def rest(self) -> None:
        """Waits until nobody reads from the input, which may be closed then."""
        if self._reading is not None:
            await asyncio.wait([self._reading])

    async def _next(self, chunks: Iterator[Chunk[pa.RecordBatch]]) -> Chunk[pa.RecordBatch] | None:
        self._reading = asyncio.ensure_future(asyncio.to_thread(next, chunks, None))
        return await asyncio.shield(self._reading)

    def batch(self, chunk: int) -> pa.RecordBatch:
        """The rows of a chunk."""
        if self._last is None or self._last[0] != chunk:
            assert self._reader is not None
            self._last = chunk, self._reader.get_batch(chunk)
        return self._last[1]

    def call(self, key: Key) -> BoundCall:
        """A call, bound once more from its first row.

        Raises:
            grokcall.Error: Its values changed since they were read, as those of a file can.
        """
        chunk, row = self.places[key]
        call = self._plan.bind(self._plan.reader.rows(self.batch(chunk).slice(row, 1))[0])
        if isinstance(call, Outcome) or self._fingerprint(call) != key[0]:
            raise DataError("a file that the row names was changed while the batch was made")
        return call

    def _slot(self, row: Values, chunk: int, at: int, first: Callable[[Key, BoundCall], None]) -> Slot:
        try:
            call = self._plan.bind(row)
            if isinstance(call, Outcome):
                return call
            key = self._key(self._fingerprint(call))
            if key not in self.places:
                first(key, call)
                self.places[key] = chunk, at
        except Error as error:
            return Outcome(CallStatus.ERROR, error=error)
        return key

    def _key(self, print_: bytes) -> Key:
        if self._dedupe:
            return print_, 0
        self._ordinals[print_] += 1
        return print_, self._ordinals[print_] - 1
