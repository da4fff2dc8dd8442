"""What a lookup gave, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa

from grokcall.budget.limits import BudgetReachedError
from grokcall.errors import InterfaceError
from grokcall.execution.summary import Summary
from grokcall.lookup.going_on import advice
from grokcall.scheduling.event_loop import BackgroundLoop, patience_of

if TYPE_CHECKING:
    from grokcall.lookup.stream import LookupStream

Pair: TypeAlias = tuple[pa.RecordBatch, pa.RecordBatch]
"""Output rows and failed rows."""


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


def gathered(stream: LookupStream) -> LookupResult:
    """Everything that a lookup gives, in memory.

    What ends it early carries the rows that had ended by then, which may have been paid for, in its attribute
    ``result``.
    """
    pairs: list[Pair] = []
    try:
        for pair in stream:
            pairs.append(pair)  # noqa: PERF402 - the pairs so far are needed when the stream fails
    except BaseException as error:
        if not stream.is_over:  # an interrupt of this thread
            stream.stop(error, patience_of(error))
            pairs += rest_of(stream)
        leave_with(error, stream, pairs)
        raise
    return result_of(stream, pairs)


async def agathered(stream: LookupStream, loop: BackgroundLoop) -> LookupResult:
    """The asynchronous twin of :func:`gathered`, awaited from any loop."""
    pairs: list[Pair] = []
    try:
        while (pair := await stream.apair()) is not None:
            pairs.append(pair)
    except BaseException as error:
        if not stream.is_over:  # a cancel of this task
            with suppress(InterfaceError):  # a closed connection has stopped everything already
                await stream.astop(patience_of(error))
            with suppress(BaseException):
                while (pair := await stream.apair()) is not None:
                    pairs.append(pair)
        leave_with(error, stream, pairs)
        raise
    finally:
        with suppress(InterfaceError):
            await loop.arun(stream.aclose())
    return result_of(stream, pairs)


def rest_of(stream: LookupStream) -> list[Pair]:
    """What has ended of a lookup that was stopped, and was not given out yet."""
    pairs: list[Pair] = []
    with suppress(BaseException):
        for pair in stream:
            pairs.append(pair)  # noqa: PERF402 - the end is an exception
    return pairs


def result_of(stream: LookupStream, pairs: Sequence[Pair]) -> LookupResult:
    """The batches of a lookup as two tables."""
    return LookupResult(
        pa.Table.from_batches([rows for rows, _ in pairs], schema=stream.schema),
        pa.Table.from_batches([failed for _, failed in pairs if failed.num_rows], schema=stream.error_schema),
        stream.summary,
    )


def leave_with(error: BaseException, stream: LookupStream, pairs: Sequence[Pair]) -> None:
    """Gives an exception the rows that had ended before it."""
    result, summary = result_of(stream, pairs), stream.summary
    error.result = result  # type: ignore[attr-defined]
    if ended := result.rows.num_rows:
        told = "1 row had ended; it is" if ended == 1 else f"{ended:,} rows had ended; they are"
        error.add_note(f"{told} in this exception's attribute result")
    if not isinstance(error, BudgetReachedError) and (told_of_next := advice(error, stream.plan.options, summary)):
        error.add_note(told_of_next)
