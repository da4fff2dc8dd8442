"""What a lookup gave, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import pyarrow as pa

from grokcall.background import BackgroundLoop
from grokcall.errors import InterfaceError
from grokcall.lookup.stream import LookupStream, Pair
from grokcall.summaries import Summary


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
