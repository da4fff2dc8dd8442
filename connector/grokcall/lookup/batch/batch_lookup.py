"""A lookup through batches: read everything, send what is not there yet, wait, take the answers, give rows in order."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa

from grokcall.client.api_client import ApiClient
from grokcall.client.batch_api import BatchService
from grokcall.core.outcome import CallStatus, Outcome
from grokcall.errors import BatchPendingError, Error, InternalError, NotFoundError
from grokcall.execution.answer_cache import repeated
from grokcall.execution.incomplete_answers import fallen_short
from grokcall.execution.recall import recalled
from grokcall.execution.run_context import RunContext
from grokcall.journal.batches import BatchRecord, Key
from grokcall.journal.fingerprints import fingerprint
from grokcall.journal.mutations import Change
from grokcall.journal.run import JournalRun
from grokcall.lookup.batch.collection import Taking
from grokcall.lookup.batch.earlier import EarlierBatches
from grokcall.lookup.batch.looks import BatchCounts, Looks
from grokcall.lookup.batch.requests import batch_request
from grokcall.lookup.batch.reservations import BatchFunds
from grokcall.lookup.batch.rows import BatchRows
from grokcall.lookup.batch.submission import Submission
from grokcall.lookup.plan import LookupPlan
from grokcall.scheduling.chunks import Chunk
from grokcall.scheduling.event_loop import BackgroundLoop
from grokcall_procedures import BoundCall
from grokcall_procedures.shortfalls import shortfall_finder


class BatchPass:
    """One pass over a table through batches.

    It has the methods of :class:`grokcall.scheduling.row_scheduler.RowScheduler`.

    It works on a loop of its own, for at nearly every step it waits for the journal, and reads files of rows; on the
    connection's, other calls would wait with it.

    Args:
        plan: The lookup's plan.
        chunks: The input.
        books: Its budget and how it dedupes.
        run: The run of the journal.
        api: Sends requests.
        loop: The connection's, on which it sends them.
        settle: Told of each row's outcome and number from 0, on that loop; gives the error that ends the pass, if any.
        report: Told how far the batches are, whenever that is known anew.
        row_count: Rows of the input, where that is known.

    Raises:
        InterfaceError: The input has more rows than one lookup takes.
    """

    def __init__(
        self,
        plan: LookupPlan,
        chunks: Iterator[Chunk[pa.RecordBatch]],
        books: RunContext,
        run: JournalRun,
        api: ApiClient,
        loop: BackgroundLoop,
        settle: Callable[[Outcome, int], BaseException | None],
        report: Callable[[BatchCounts], None],
        row_count: int | None = None,
    ) -> None:
        base_url = api.options.base_url
        self._chunks = chunks
        self._books = books
        self._run = run
        self._settle = settle
        self._wait = plan.options.wait
        self._shortfall = shortfall_finder(plan.binder.procedure) if plan.options.on_incomplete != "keep" else None
        pause = api.options.poll_interval
        self._procedure = plan.binder.procedure
        self._funds = BatchFunds(books)
        self._rows = BatchRows(plan, lambda call: fingerprint(call, base_url), dedupe=books.dedupe)
        self._rows.refuse_too_many(row_count or 0)
        service = BatchService(api, loop)
        self._submission = Submission(service, run, self._rows, self._recorded, pause)
        taking = Taking(service, run, self._rows, self._recorded, pause)
        self._looks = Looks(service, self._submission, taking, report, pause)
        self._earlier = EarlierBatches(service, run, self._rows, self._looks, taking)
        self._new: dict[Key, int] = {}
        self._waiting: set[Key] = set()
        self._late: set[Key] = set()
        self._fresh: dict[Key, int | None] = {}
        self._given: set[Key] = set()
        self._next = 0
        self._first_row = 0
        self._work: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None
        self._fatal: BaseException | None = None
        self._own_loop = BackgroundLoop("grokcall-batch")
        self._closing = weakref.finalize(self, self._own_loop.close)
        self._closing.atexit = False

    def start(self) -> None:
        """Starts the work."""
        self._own_loop.submit(self._begin())

    async def next_chunk(self) -> Chunk[pa.RecordBatch] | None:
        """The next chunk in order, None at the end.

        When the pass fails the rows whose outcome is known still come, then the failure is raised.
        """
        if self._fatal is not None:
            raise self._fatal
        chunk = await self._own_loop.arun(self._assembled())
        if chunk is not None:
            for at, outcome in enumerate(chunk.outcomes):
                if outcome is not None:
                    self._fatal = self._fatal or self._settle(outcome, chunk.first + at)
        return chunk

    async def stop(self, reason: BaseException) -> None:
        """Ends the work; batches go on at the service. :meth:`next_chunk` gives what is known and raises ``reason``."""
        await self._own_loop.arun(self._stopped(reason))

    def close(self) -> None:
        """Ends everything, from any thread; harmless when repeated."""
        self._closing()

    async def _begin(self) -> None:
        self._work = asyncio.get_running_loop().create_task(self._do())

    async def _assembled(self) -> Chunk[pa.RecordBatch] | None:
        assert self._work is not None
        await asyncio.wait([self._work])
        failure = self._failure
        if failure is not None and (isinstance(failure, BatchPendingError) or not self._rows.is_complete):
            raise failure
        if self._next == len(self._rows.slots):
            if failure is not None:
                raise failure
            return None
        slots, number = self._rows.slots[self._next], self._next
        self._next += 1
        chunk = Chunk(self._rows.batch(number), [()] * len(slots), self._first_row)
        self._first_row += len(slots)
        for at, slot in enumerate(slots):
            outcome = slot if isinstance(slot, Outcome) else self._outcome(slot)
            if outcome is not None:
                chunk.outcomes[at] = self._held_to_wholeness(outcome)
        return chunk

    async def _stopped(self, reason: BaseException) -> None:
        self._failure = self._failure or reason
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait([self._work])
            await self._rows.rest()

    async def _do(self) -> None:
        try:
            await self._work_through()
        except asyncio.CancelledError:
            if self._failure is None:
                raise
        except Exception as error:
            self._failure = self._failure or error
        finally:
            self._let_go()

    async def _work_through(self) -> None:
        for record in self._run.batches.open():
            (self._late if record.state == "late" else self._waiting).update(self._run.batches.untaken(record.number))
        await self._rows.read(self._chunks, self._meet)
        await self._look_back()
        self._funds.set_aside(self._new, sum(key not in self._rows.places for key in self._waiting))
        for record in self._concerning():
            if record.state != "filled":
                await self._complete(record)
        if self._new:
            await self._submission.submit(list(self._new), list(self._new.values()))
        await self._looks.await_answers(self._concerning(), wait=self._wait)

    async def _look_back(self) -> None:
        """Finds what earlier lookups have sent, and takes what has come late, before anything is sent again."""
        for record in await self._earlier.join(self._new):
            for key in self._run.batches.untaken(record.number):
                del self._new[key]
                if record.state != "late":
                    self._waiting.add(key)
        for record in self._run.batches.open():
            if record.state != "late":
                continue
            rest = await self._earlier.come_late(record)
            if rest is None:
                rest = [key for key in self._run.batches.untaken(record.number) if key in self._rows.places]
                self._waiting.update(rest)
            for key in rest:
                await self._meet_again(key)

    async def _meet_again(self, key: Key) -> None:
        """Decides what to do for a call that was passed over because it was in a batch of an earlier lookup."""
        try:
            self._meet(key, self._rows.call(key))
        except Error as error:
            await self._recorded(key, Outcome(CallStatus.ERROR, error=error, attempts=1), ())

    def _meet(self, key: Key, call: BoundCall) -> None:
        """Decides what to do for a call, at its first row."""
        if key in self._late:
            self._late.discard(key)  # it is met again once the batch has been looked at
            return
        self._funds.charge_earlier(key, call)
        if key not in self._waiting:
            if recalled(self._books, *key) is not None:
                return
            self._new[key] = batch_request(call, key).size
        self._funds.plan(key, call)

    def _concerning(self) -> list[BatchRecord]:
        """The batches that this lookup waits for."""
        return [record for record in self._run.batches.open() if record.state != "late" and self._concerns(record)]

    def _concerns(self, record: BatchRecord) -> bool:
        """Whether a batch has answers for this lookup; one that was left empty is concluded as well."""
        left = self._run.batches.untaken(record.number)
        return not left or any(key in self._rows.places for key in left)

    async def _complete(self, record: BatchRecord) -> None:
        try:
            await self._submission.complete(record)
        except NotFoundError:
            if record.batch_id is None:
                raise  # the interface itself is not there

    async def _recorded(self, key: Key, outcome: Outcome, along: Sequence[Change]) -> None:
        """Puts on record what became of a call, and settles what was reserved for it."""
        self._funds.price(outcome, self._procedure, lambda: self._rows.call(key))
        await self._run.record(*key, outcome, along)
        self._fresh[key] = outcome.cost_ticks
        self._funds.settle(key, outcome)

    def _let_go(self) -> None:
        if self._funds.has_open:
            filed = (self._run.batches.untaken(record.number) for record in self._run.batches.open())
            self._funds.let_go(self._waiting.union(*filed))

    def _outcome(self, key: Key) -> Outcome | None:
        """What became of a row's call: in full for the first of equal rows whose answer was taken just now."""
        if key not in self._fresh:
            return recalled(self._books, *key) if self._failure is not None else self._known(key)
        found = self._run.recall(*key) or self._run.recall_failed(*key)
        if found is None:
            raise InternalError("an answer that was put into the journal cannot be read back")
        if key in self._given:
            return repeated(found)
        self._given.add(key)
        status = CallStatus.OK if found.error is None else CallStatus.ERROR
        return Outcome(
            status, found.rows, found.error, found.warnings, 1, True, found.request_id, found.seconds, self._fresh[key]
        )

    def _held_to_wholeness(self, outcome: Outcome) -> Outcome:
        """The outcome, as an error where its answer falls short and that counts as one."""
        if self._shortfall is None or outcome.error is not None or not outcome.rows:
            return outcome
        reason = self._shortfall(outcome.rows[0])
        return outcome if reason is None else fallen_short(outcome, reason)

    def _known(self, key: Key) -> Outcome:
        """What an earlier try gave; there is something for each call, or the pass would have failed."""
        found = recalled(self._books, *key)
        if found is None:
            raise InternalError("a call of a batch lookup has neither an answer nor an error")
        return found
