"""A lookup run to its end, its rows gathered in memory."""

from __future__ import annotations

from contextlib import suppress

from grokcall.errors import InterfaceError
from grokcall.lookup.results import LookupResult, Pair, leave_with, rest_of, result_of
from grokcall.lookup.stream import LookupStream, arest_of
from grokcall.scheduling.event_loop import patience_of


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
        leave_with(error, stream.plan, stream.summary, pairs)
        raise
    return result_of(stream.plan, stream.summary, pairs)


async def agathered(stream: LookupStream) -> LookupResult:
    """The asynchronous twin of :func:`gathered`, awaited from any loop; closes the stream as well."""
    pairs: list[Pair] = []
    try:
        while (pair := await stream.apair()) is not None:
            pairs.append(pair)
    except BaseException as error:
        if not stream.is_over:  # a cancel of this task
            with suppress(InterfaceError):  # a closed connection has stopped everything already
                await stream.astop(patience_of(error))
            pairs += await arest_of(stream)
        leave_with(error, stream.plan, stream.summary, pairs)
        raise
    finally:
        await stream.aleave()
    return result_of(stream.plan, stream.summary, pairs)
