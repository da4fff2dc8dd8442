"""What waits has cost nothing, and what was answered is not lost: calls that wait for a turn, or share an answer."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import grokcall
from grokcall.execution.answer_cache import AnswerCache
from grokcall.execution.executor import CallExecutor
from grokcall.execution.run_context import RunContext
from grokcall.journal import Journal, JournalError
from grokcall.journal.write_ahead import ROOM
from grokcall.scheduling.chunks import Chunk
from grokcall.scheduling.row_scheduler import RowLimits, RowScheduler
from grokcall_parser import parse_call
from scripted_service import COST_TICKS, Answer, Service, answered, refused

Connecting = Callable[..., grokcall.Connection]
ASK = "CALL GenerateResponse(:body, MaxOutputTokens => 100)"
PRICE = Decimal(COST_TICKS).scaleb(-10)


def rows(count: int) -> list[dict[str, str]]:
    return [{"body": f"row {number}"} for number in range(count)]


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No file of this process can grow beyond so many bytes, as on a disk that is full."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("dedupe", [True, False])
def test_an_answer_that_the_journal_cannot_take_is_given_and_not_asked_for_again(
    service: Service, connecting: Connecting, tmp_path: Path, dedupe: bool
) -> None:
    path = tmp_path / "j"
    Journal(path).close()
    service.script = lambda _: answered("x" * ROOM, delay=0.1)
    equal = [{"body": "same"}] * 8
    with files_up_to(ROOM), pytest.raises(JournalError, match="no space left") as caught:
        connecting(concurrency=8 if dedupe else 1).lookup(ASK, equal, journal=path, dedupe=dedupe, call_columns=True)
    assert len(service.asked) == 1
    result = caught.value.result  # type: ignore[attr-defined]
    assert result.rows.num_rows == (8 if dedupe else 1)
    assert result.summary.cost_usd == PRICE


def test_no_request_is_sent_again_after_the_time_is_over(service: Service, connecting: Connecting) -> None:
    service.script = lambda _: refused(429, "Slow down.", retry_after="20")
    begun = time.monotonic()
    result = connecting(concurrency=2).lookup(ASK, rows(2), max_duration=2, on_error="redirect")
    assert time.monotonic() - begun < 60
    assert result.errors["Call_ErrorCode"].to_pylist() == ["rate_limited"] * 2
    assert len(service.asked) == 2


def test_calls_that_waited_for_their_turn_are_neither_in_doubt_nor_paid_for(
    service: Service, connecting: Connecting, tmp_path: Path
) -> None:
    connection = connecting(concurrency=8, requests_per_second=2, max_cost=1)
    with connection.lookup_stream(ASK, rows(50), journal=tmp_path / "j", max_cost="0.5") as stream:
        threading.Timer(0.8, stream.stop, [KeyboardInterrupt()]).start()
        with pytest.raises(KeyboardInterrupt):
            list(stream)
    asked = service.calm()
    assert 0 < asked < 8
    assert connection.budget.calls == asked
    assert connection.budget.spent_usd == asked * PRICE
    assert (connection.budget.reserved_ticks, connection.budget.in_flight) == (0, 0)
    with Journal(tmp_path / "j", read_only=True) as journal:
        assert journal.in_doubt() == []


def test_the_time_limit_ends_calls_that_wait_for_their_turn(service: Service, connecting: Connecting) -> None:
    started = time.monotonic()
    with pytest.raises(grokcall.BudgetReachedError) as caught:
        connecting(concurrency=8, requests_per_second=2).lookup(ASK, rows(60), max_duration=1.2)
    assert caught.value.reason == "max_duration"
    assert time.monotonic() - started < 30
    assert len(service.asked) <= 4
    assert caught.value.result.summary.ok == len(service.asked)  # type: ignore[attr-defined]


def test_a_call_that_began_in_time_is_awaited(service: Service, connecting: Connecting) -> None:
    service.script = lambda _: answered("late", delay=0.6)
    result = connecting().lookup(ASK, rows(1), max_duration=0.3)
    assert result.rows["Response_Result"].to_pylist() == ["late"]


class StopError(Exception):
    """Why a pass is stopped."""


def equal_calls(connection: grokcall.Connection, stopped: list[bool], after: float) -> list[Any]:
    """What becomes of equal calls of one bookkeeper, each of a pass of its own, some of which are stopped."""

    async def run() -> list[Any]:
        books = CallExecutor(
            connection.runtime.runner(), connection.options.base_url, RunContext(answers=AnswerCache(1 << 20))
        )
        call = connection.runtime.binder(parse_call("CALL GenerateResponse('hi')")).bind()

        def started() -> RowScheduler[None]:
            chunks: Iterator[Chunk[None]] = iter([Chunk(None, [()])])
            window = RowScheduler(books, lambda _: call, chunks, RowLimits(1, 10), lambda *_: None)
            window.start()
            return window

        async def outcome(window: RowScheduler[None]) -> Any:
            chunk = await window.next_chunk()
            await window.next_chunk()
            return chunk.outcomes[0] if chunk is not None else None

        windows = []
        for _ in stopped:
            windows.append(started())
            await asyncio.sleep(0.05)  # so that the first one makes the call
        await asyncio.sleep(after)
        await asyncio.gather(*(each.stop(StopError()) for each, ends in zip(windows, stopped, strict=True) if ends))
        return await asyncio.gather(*map(outcome, [*windows, started()]), return_exceptions=True)

    return connection.runtime.loop.run(run())


def test_a_shared_call_goes_on_for_those_who_still_wait_and_is_not_paid_for_twice(
    service: Service, connection: grokcall.Connection
) -> None:
    service.script = lambda _: answered("once", delay=0.4)
    first, second, third, later = equal_calls(connection, [True, False, True], 0.1)
    assert isinstance(first, StopError)
    assert isinstance(third, StopError)
    assert second.rows[0][0] == later.rows[0][0] == "once"
    assert len(service.asked) == 1


def test_a_shared_call_ends_with_the_last_who_waits_and_a_later_one_is_made_anew(
    service: Service, connection: grokcall.Connection
) -> None:
    def script(_: object) -> Answer:
        return answered("again", delay=5 if len(service.asked) == 1 else 0)

    service.script = script
    first, second, later = equal_calls(connection, [True, True], 0.2)
    assert isinstance(first, StopError)
    assert isinstance(second, StopError)
    assert later.rows[0][0] == "again"
    assert len(service.asked) == 2
