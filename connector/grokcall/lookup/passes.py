"""The pass of a lookup over its rows: calls one by one, or through batches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import pyarrow as pa

from grokcall.client.receiving import Tell, receiving
from grokcall.core.daemon_threads import in_daemon_thread
from grokcall.core.outcome import Outcome
from grokcall.errors import InterfaceError
from grokcall.execution.circuit_breaker import CircuitBreaker
from grokcall.execution.incomplete_answers import held_to
from grokcall.execution.runtime import Runtime
from grokcall.lookup.batch.batch_lookup import BatchPass
from grokcall.lookup.batch.looks import BatchCounts
from grokcall.lookup.conversations import Conversations
from grokcall.lookup.plan import MEDIA_BATCH_ROWS, LookupPlan, is_large
from grokcall.lookup.record import LookupRecord
from grokcall.scheduling.chunks import Values
from grokcall.scheduling.row_scheduler import RowLimits, RowScheduler
from grokcall.tables.source import Source
from grokcall_procedures import BoundCall

READ_AHEAD_ROWS = 8192
"""Rows that may be under way or waiting for an earlier one, at least."""

Bound: TypeAlias = BoundCall | Outcome
Pass: TypeAlias = RowScheduler[pa.RecordBatch] | BatchPass


@dataclass(frozen=True, slots=True)
class Watchers:
    """Who is told of what becomes of the rows of a pass.

    Args:
        settle: Told of each outcome and its row's number from 0; gives the error that ends the pass, if any.
        breaker: Ends the pass for errors that every row would meet.
        report: Told how far batches are.
        waits: Told what a call waits for.
        pieces: Told of the pieces of answers, where these come in pieces; None for nobody.
    """

    settle: Callable[[Outcome, int], BaseException | None]
    breaker: CircuitBreaker
    report: Callable[[BatchCounts], None]
    waits: Callable[[str], None]
    pieces: Tell | None = None


def open_pass(
    plan: LookupPlan, source: Source, runtime: Runtime, record: LookupRecord, service: str, watchers: Watchers
) -> Pass:
    """The pass of a lookup, which is not started yet.

    Raises:
        InterfaceError: It would send by itself what is in a batch already.
    """
    concurrency = plan.options.concurrency or runtime.options.concurrency
    session, chunks = record.session, plan.chunks(iter(source))
    runner = runtime.runner().narrowed(concurrency).telling(watchers.waits)
    how = receiving(plan.options.receive) or runner.api.receiving
    runner = runner.received(replace(how, tell=watchers.pieces if how.streamed else None))
    if session.run is not None and plan.options.batch:
        told = watchers.settle, watchers.report, source.row_count
        return BatchPass(plan, chunks, session.books, session.run, runner.api, runtime.loop, *told)
    if session.run is not None and record.left_at_service:
        raise InterfaceError(
            f"{record.left_at_service:,} calls of this lookup are at the service in a batch, and would be paid for "
            "again; take their answers with batch (--batch) first"
        )
    limits = RowLimits(concurrency, max(READ_AHEAD_ROWS, 16 * concurrency))
    if is_large(plan.binder):
        limits = RowLimits(concurrency, 4 * concurrency + MEDIA_BATCH_ROWS)
    if plan.options.read_ahead is not None:
        limits = RowLimits(concurrency, plan.options.read_ahead - plan.chunk_rows + 1)  # a chunk is read whole
    executor = runtime.executing(runner, service, session.books)
    whole = held_to(plan.options.on_incomplete, plan.binder.procedure, executor)
    turns = None if plan.turns is None else Conversations(plan)
    bind = plan.bind if turns is None else turns.bind
    called = bound_aside(bind) if any(plan.reader.files) else bind
    return RowScheduler(whole, called, chunks, limits, watchers.settle, watchers.breaker, turns, executor.on_row)


def bound_aside(
    bind: Callable[[Values], BoundCall | Outcome],
) -> Callable[[Values], asyncio.Future[BoundCall | Outcome]]:
    """Binds rows in threads, since their files have to be read."""
    return lambda row: in_daemon_thread(lambda: bind(row))
