"""A lookup: one call for each row of a table, its result beside the row."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from os import PathLike
from types import TracebackType
from typing import Literal, Self, TypeAlias, get_args

import pyarrow as pa

from grokcall.background import BackgroundLoop
from grokcall.bookkeeping import ALLOWANCES, Bookkeeper, OpenBooks
from grokcall.budgets import Budget, BudgetReachedError
from grokcall.columns import CALL_SCHEMA, ResultColumns, call_arrays
from grokcall.costs import DryRun, dry_run
from grokcall.engine import Engine
from grokcall.errors import Error, InterfaceError, ProgrammingError
from grokcall.journal import RunState, fingerprint
from grokcall.mapping import MappingLike, RowReader, row_reader
from grokcall.outcomes import CallStatus, Outcome
from grokcall.summaries import Summary, Tally
from grokcall.tables import Source
from grokcall.verdicts import Verdicts
from grokcall.window import Chunk, Values, Window, WindowLimits
from grokcall_procedures import Binder, BoundCall, ParameterType
from grokcall_procedures.estimates import Allowances, estimate

OnError: TypeAlias = Literal["redirect", "ignore", "fail"]
OnNullInput: TypeAlias = Literal["error", "skip"]
Pair: TypeAlias = tuple[pa.RecordBatch, pa.RecordBatch]
"""Output rows and failed rows."""

BATCH_ROWS = 256
"""Rows a chunk: few enough that finished rows leave soon, many enough that Arrow's cost a column does not show."""
MEDIA_BATCH_ROWS = 8
"""The same where pictures, sound or films go in or out."""
READ_AHEAD_ROWS = 8192
"""Rows that may be under way or waiting for an earlier one, at least."""


@dataclass(frozen=True, slots=True)
class LookupOptions:
    """How a lookup treats its rows.

    Args:
        on_error: ``redirect`` puts failed rows into ``errors``; ``ignore`` keeps them in ``rows`` with NULL in the
            result fields; ``fail`` ends the lookup at the first.
        on_null_input: ``error`` makes a NULL for a required parameter an error of its row; ``skip`` makes no call
            for such a row and leaves its result fields NULL.
        fields: The result fields to add, by name; None for all.
        prefix: Put before the name of each result field.
        call_columns: Whether ``Call_*`` columns are added to ``rows``; None adds them where ``on_error`` is ignore.
        concurrency: Calls in flight at the most; None for the connection's limit.
        dedupe: Whether equal calls share one request. Turn it off where each row should have a sample of its own.
        journal: A file that keeps every finished call, so that the same lookup continues after whatever stopped it.
        reuse: Whether answers of other runs in the journal will do as well.
        retry_failed: Whether rows that failed for good in an earlier try are sent again.
        max_cost: USD that the lookup may cost, as text, Decimal or number.
        max_calls: Calls that it may make.
        max_tokens: Tokens that it may read and write together.
        max_duration: Seconds after which no call starts any more.
        assumed_output_tokens: The longest answer to reckon with where a call sets no MaxOutputTokens.
    """

    on_error: OnError = "redirect"
    on_null_input: OnNullInput = "error"
    fields: Sequence[str] | None = None
    prefix: str = ""
    call_columns: bool | None = None
    concurrency: int | None = None
    dedupe: bool = True
    journal: str | PathLike[str] | None = None
    reuse: bool = False
    retry_failed: bool = False
    max_cost: Decimal | float | str | None = None
    max_calls: int | None = None
    max_tokens: int | None = None
    max_duration: float | None = None
    assumed_output_tokens: int | None = None

    def __post_init__(self) -> None:
        for name, choices in (("on_error", get_args(OnError)), ("on_null_input", get_args(OnNullInput))):
            if getattr(self, name) not in choices:
                raise InterfaceError(f"{name} must be one of {', '.join(choices)}, not {getattr(self, name)!r}")
        if isinstance(self.fields, str):
            raise InterfaceError(f"fields must be a list of names, not the text {self.fields!r}")
        if self.concurrency is not None and self.concurrency < 1:
            raise InterfaceError(f"concurrency must be at least 1, not {self.concurrency}")
        if self.journal is None and (self.reuse or self.retry_failed):
            raise InterfaceError("reuse and retry_failed go by a journal; name its file with journal")

    @property
    def adds_call_columns(self) -> bool:
        """Whether ``rows`` gets the ``Call_*`` columns."""
        return self.on_error == "ignore" if self.call_columns is None else self.call_columns


@dataclass(frozen=True, slots=True)
class LookupResult:
    """What a lookup gave.

    Args:
        rows: The input's columns and the result fields, in input order.
        errors: The input's columns and ``Call_*`` of the rows that failed (``on_error="redirect"``).
        summary: Counts, tokens, USD, seconds.
    """

    rows: pa.Table
    errors: pa.Table
    summary: Summary


class LookupFailedError(Error):
    """A row ended the lookup. ``row`` is its number from 1; the cause is the row's own error."""

    def __init__(self, row: int, cause: Exception) -> None:
        self.row = row
        self.cause = cause
        super().__init__(f"row {row}: {cause}")

    def __reduce__(self) -> tuple[type[LookupFailedError], tuple[int, Exception]]:
        return type(self), (self.row, self.cause)


class LookupStoppedError(InterfaceError):
    """The lookup was stopped by whoever ran it."""

    def __init__(self) -> None:
        super().__init__("the lookup was stopped")


def moves_media(binder: Binder) -> bool:
    """Whether rows carry pictures, sound or films, going in or coming out."""
    kinds = [column.type for column in binder.procedure.fields]
    kinds += [binding.parameter.type for binding in binder.bindings]
    return ParameterType.BINARY in kinds


def chunk_rows(binder: Binder) -> int:
    """How many rows to read at once: few where rows carry media."""
    return MEDIA_BATCH_ROWS if moves_media(binder) else BATCH_ROWS


class LookupPlan:
    """A lookup that has been checked against its input: nothing has been sent yet.

    Raises:
        ProgrammingError: The mapping or the fields do not fit, or a result column is already in the input.
    """

    def __init__(self, binder: Binder, schema: pa.Schema, mapping: MappingLike, options: LookupOptions) -> None:
        procedure = binder.procedure
        if procedure.many:
            raise ProgrammingError(f"{procedure.name} gives any number of rows; a lookup needs one for each input row")
        self.binder = binder
        self.mapping = mapping
        self.options = options
        self.input_schema = schema
        self.reader: RowReader = row_reader(binder, mapping, schema)
        self.result: ResultColumns = ResultColumns(procedure, options.fields, options.prefix)
        added = list(self.result.schema)
        if options.adds_call_columns:
            added += list(CALL_SCHEMA)
        for field in added:
            if field.name in schema.names:
                raise ProgrammingError(taken(field.name))
        self.schema: pa.Schema = pa.schema([*schema, *added])
        self.error_schema: pa.Schema = pa.schema(
            [*(field for field in schema if field.name not in CALL_SCHEMA.names), *CALL_SCHEMA]
        )

    def bind(self, row: Values) -> BoundCall | Outcome:
        """The call for a row, or the outcome of a row that is skipped."""
        if self.options.on_null_input == "skip" and any(
            row[binding.slot] is None for binding in self.binder.bindings if binding.parameter.required
        ):
            return Outcome(CallStatus.SKIPPED)
        return self.binder.bind_row(self.reader.with_files(row))

    def chunks(self, batches: Iterator[pa.RecordBatch]) -> Iterator[Chunk[pa.RecordBatch]]:
        """The input as chunks for a window, short ones where rows carry media."""
        size = chunk_rows(self.binder)
        for batch in batches:
            for start in range(0, batch.num_rows, size):
                piece = batch.slice(start, size)
                yield Chunk(piece, self.reader.rows(piece))

    def assemble(self, chunk: Chunk[pa.RecordBatch]) -> tuple[pa.RecordBatch, pa.RecordBatch]:
        """The output rows and the error rows of a chunk; rows that were not reached are in neither."""
        keeps_failed = self.options.on_error == "ignore"
        kept = [
            index
            for index, outcome in enumerate(chunk.outcomes)
            if outcome is not None and (keeps_failed or outcome.error is None)
        ]
        failed = (
            []
            if keeps_failed
            else [index for index, outcome in enumerate(chunk.outcomes) if outcome is not None and outcome.error]
        )
        return self._rows(chunk, kept), self._errors(chunk, failed)

    def fatal(self, outcome: Outcome, row: int) -> Exception | None:
        """The error that ends the lookup because of this row alone: any, with ``on_error="fail"``."""
        if outcome.error is None or self.options.on_error != "fail":
            return None
        return LookupFailedError(row + 1, outcome.error)

    def _rows(self, chunk: Chunk[pa.RecordBatch], indexes: list[int]) -> pa.RecordBatch:
        outcomes = [outcome for index in indexes if (outcome := chunk.outcomes[index]) is not None]
        batch = chunk.context
        if len(indexes) != batch.num_rows:
            batch = batch.take(pa.array(indexes, pa.int32()))
        arrays = self.result.arrays([outcome.rows[0] if outcome.rows else None for outcome in outcomes])
        if self.options.adds_call_columns:
            arrays += call_arrays(outcomes)
        return pa.RecordBatch.from_arrays([*batch.columns, *arrays], schema=self.schema)

    def _errors(self, chunk: Chunk[pa.RecordBatch], indexes: list[int]) -> pa.RecordBatch:
        outcomes = [outcome for index in indexes if (outcome := chunk.outcomes[index]) is not None]
        batch = chunk.context.take(pa.array(indexes, pa.int32()))
        kept = [batch.column(index) for index, name in enumerate(batch.schema.names) if name not in CALL_SCHEMA.names]
        return pa.RecordBatch.from_arrays([*kept, *call_arrays(outcomes)], schema=self.error_schema)


def taken(name: str) -> str:
    """What is said when a column to add is in the input already."""
    if name in CALL_SCHEMA.names:
        return f"the input already has a column {name!r}; leave it out of the input, or do without the Call_* columns"
    return f"the input already has a column {name!r}; choose a prefix for the result fields"


class LookupStream:
    """A lookup under way: an iterator of pairs of record batches, output rows and failed rows, in input order.

    A context manager; leaving it early stops the lookup. ``summary`` grows as rows come.
    """

    def __init__(
        self,
        plan: LookupPlan,
        source: Source,
        engine: Callable[[], Engine],
        loop: BackgroundLoop,
        concurrency: int,
        budget: Budget | None = None,
    ) -> None:
        self.plan = plan
        self.schema: pa.Schema = plan.schema
        self.error_schema: pa.Schema = plan.error_schema
        self.row_count: int | None = source.row_count
        self.on_outcome: Callable[[Outcome], None] | None = None
        """Told of each outcome as it ends, on the connection's loop; must be quick."""
        self._source = source
        self._engine = engine
        self._loop = loop
        self._tally = Tally(plan.binder.procedure)
        self._concurrency = plan.options.concurrency or concurrency
        self._verdicts = Verdicts(plan.binder, self._concurrency)
        self._window: Window[pa.RecordBatch] | None = None
        self._budget = budget_of(plan.options, budget)
        self._books: OpenBooks | None = None
        self._reason: BaseException | None = None
        # What has left the window and was not yet given out: an interrupt may strike between the two.
        self._held: Chunk[pa.RecordBatch] | None = None
        self._stopped = False
        self._over = False
        self._complete = False
        self._failure: BaseException | None = None

    def dry_run(self) -> DryRun:
        """What the lookup would do and cost, told from the whole input, which is used up by it; sends nothing."""
        base_url = self._engine().options.base_url
        key = (lambda call: fingerprint(call, base_url)) if self.plan.options.dedupe else None
        return dry_run(self.plan, self._source, allowances=self._allowances(), key=key)

    @property
    def in_doubt(self) -> int:
        """How many calls were sent and never answered, as far as the journal knows: they may have been billed."""
        run = self._books.run if self._books is not None else None
        return len(run.in_doubt()) if run is not None and run.continued else 0

    @property
    def guarantee(self) -> str | None:
        """What the budget promises for calls like the lookup's, in a sentence; None without a budget."""
        if self._budget is None or not self._budget.limited:
            return None
        example = example_call(self.plan.binder)
        return None if example is None else self._budget.guarantee(estimate(example, allowances=self._allowances()))

    @property
    def summary(self) -> Summary:
        """The totals so far."""
        return self._tally.summary

    def __iter__(self) -> Iterator[Pair]:
        while (chunk := self._held or self._chunk()) is not None:
            pair = self.plan.assemble(chunk)
            self._held = None
            yield pair

    def _chunk(self) -> Chunk[pa.RecordBatch] | None:
        try:
            return self._loop.run(self.next_chunk())
        except LookupStoppedError:
            raise self._reason or LookupStoppedError() from None

    async def next_chunk(self) -> Chunk[pa.RecordBatch] | None:
        """The next chunk with its outcomes; runs on the connection's loop."""
        if self._over:
            return None
        try:
            if self._stopped and self._window is None:
                raise LookupStoppedError
            chunk = await self._started().next_chunk()
        except asyncio.CancelledError:
            raise  # the caller was interrupted; what has ended can still be had after stop()
        except BaseException as error:
            self._over = True
            self._failure = error
            raise
        self._over = self._complete = chunk is None
        self._held = chunk
        return chunk

    def stop(self, reason: BaseException | None = None) -> None:
        """Cancels the calls in flight. Iterating goes on with what has ended and then raises ``reason``."""
        self._reason = reason
        self._loop.run(self._astop())

    def interrupt(self, reason: BaseException) -> None:
        """Like :meth:`stop`, without waiting for the calls in flight to end: for the handler of a signal."""
        self._reason = reason
        self._loop.submit(self._astop())

    def close(self) -> None:
        """Stops the lookup if it is not over, and closes its input and its journal."""
        if self._window is not None and not self._over:
            with suppress(InterfaceError):  # a closed connection has stopped everything already
                self._loop.run(self._astop())
        self._end()

    async def aclose(self) -> None:
        """The asynchronous twin of :meth:`close`; runs on the connection's loop."""
        await self._astop()
        self._end()

    def _end(self) -> None:
        self._over = True
        self._source.close()
        if self._books is not None:
            self._books.close(self._state(), self.summary.as_dict())

    def _state(self) -> RunState:
        """How the run ended, in the journal's words."""
        if isinstance(self._reason, KeyboardInterrupt):
            return "interrupted"
        if isinstance(self._failure, BudgetReachedError):
            return "budget"
        if self._failure is not None:
            return "failed"
        return "finished" if self._complete else "stopped"

    async def _astop(self) -> None:
        self._stopped = True
        if self._window is not None and not self._over:
            # The reason stays on the caller's side: an interrupt raised inside the loop would end the loop as well.
            await self._window.stop(LookupStoppedError())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _started(self) -> Window[pa.RecordBatch]:
        if self._window is None:
            limits = WindowLimits(self._concurrency, max(READ_AHEAD_ROWS, 16 * self._concurrency))
            if moves_media(self.plan.binder):
                limits = WindowLimits(self._concurrency, 4 * self._concurrency + MEDIA_BATCH_ROWS)
            chunks = self.plan.chunks(iter(self._source))
            engine = self._engine().narrowed(self._concurrency)
            self._books = self._opened_books()
            runner = Bookkeeper(engine, engine.options.base_url, self._books.books)
            self._window = Window(runner, self.plan.bind, chunks, limits, self._settled)
            self._window.start()
        return self._window

    def _opened_books(self) -> OpenBooks:
        options, call = self.plan.options, self.plan.binder.call
        base_url = self._engine().options.base_url
        return OpenBooks(
            options.journal,
            identity_of(call.text, repr(self.plan.mapping), self._source.name, base_url),
            {"command": call.text, "procedure": self.plan.binder.procedure.name, "input": self._source.name},
            self._budget,
            dedupe=options.dedupe,
            reuse=options.reuse,
            retry_failed=options.retry_failed,
            allowances=self._allowances(),
        )

    def _allowances(self) -> Allowances:
        return replace(ALLOWANCES, assumed_output_tokens=self.plan.options.assumed_output_tokens)

    def _settled(self, outcome: Outcome, row: int) -> BaseException | None:
        self._tally.add(outcome)
        if self.on_outcome is not None:
            self.on_outcome(outcome)
        return self._verdicts.of(outcome) or self.plan.fatal(outcome, row)


def budget_of(options: LookupOptions, parent: Budget | None) -> Budget | None:
    """The budget of a lookup under that of its connection; None where neither has a limit."""
    limits = (options.max_cost, options.max_calls, options.max_tokens, options.max_duration)
    return parent if limits == (None, None, None, None) else Budget(*limits, name="lookup", parent=parent)


def identity_of(*parts: str) -> str:
    """One text for what makes two lookups the same, so that the second continues the first."""
    return "\x1f".join(parts)


def example_call(binder: Binder) -> BoundCall | None:
    """A call like those of the rows, with short texts in the place of what the rows bring; None if there is none."""
    try:
        return binder.bind_row(["1" for _ in range(binder.marker_count)])
    except Error:
        return None


def gathered(stream: LookupStream) -> LookupResult:
    """Everything that a lookup gives, in memory.

    What ends it early carries the rows that had ended by then, which may have been paid for, in its attribute
    ``result``.
    """
    pairs: list[Pair] = []
    try:
        for pair in stream:
            pairs.append(pair)  # noqa: PERF402 - the pairs so far are needed when the stream fails
    except Exception as error:
        leave_with(error, stream, pairs)
        raise
    except BaseException as error:
        stream.stop(error)
        with suppress(BaseException):
            for pair in stream:
                pairs.append(pair)  # noqa: PERF402
        leave_with(error, stream, pairs)
        raise
    return result_of(stream, pairs)


async def agathered(stream: LookupStream, loop: BackgroundLoop) -> LookupResult:
    """The asynchronous twin of :func:`gathered`, awaited from any loop."""
    pairs: list[Pair] = []
    try:
        while (chunk := await loop.arun(stream.next_chunk())) is not None:
            pairs.append(stream.plan.assemble(chunk))
    except Exception as error:
        leave_with(error, stream, pairs)
        raise
    finally:
        with suppress(InterfaceError):  # a closed connection has stopped everything already
            await loop.arun(stream.aclose())
    return result_of(stream, pairs)


def result_of(stream: LookupStream, pairs: Sequence[Pair]) -> LookupResult:
    """The batches of a lookup as two tables."""
    return LookupResult(
        pa.Table.from_batches([rows for rows, _ in pairs], schema=stream.schema),
        pa.Table.from_batches([failed for _, failed in pairs if failed.num_rows], schema=stream.error_schema),
        stream.summary,
    )


def leave_with(error: BaseException, stream: LookupStream, pairs: Sequence[Pair]) -> None:
    """Gives an exception the rows that had ended before it."""
    result = result_of(stream, pairs)
    error.result = result  # type: ignore[attr-defined]
    if ended := result.rows.num_rows:
        told = "1 row had ended; it is" if ended == 1 else f"{ended:,} rows had ended; they are"
        error.add_note(f"{told} in this exception's attribute result")
