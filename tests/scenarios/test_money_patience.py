"""What was sent may have been paid for: its answers are waited for and kept, wherever an interrupt strikes."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

import grokcall
import grokcall.duckdb
from grokcall.journal import Journal
from scripted_service import Answer, Asked, Service, answered, refused

Connecting = Callable[..., grokcall.Connection]
ASK = "CALL GenerateResponse(:body)"
COUNT = 400
QUERY = f"SELECT r.Response_Result FROM range({COUNT}) t(i), GenerateResponse('row ' || t.i) r"
ROWS = [{"body": f"row {number}"} for number in range(COUNT)]
IN_FLIGHT = 4


class Held:
    """Answers that come when they are let go."""

    def __init__(self) -> None:
        self.gone = threading.Event()

    async def __call__(self, asked: Asked) -> Answer:
        await asyncio.to_thread(self.gone.wait, 60)
        return answered(asked.text)


@contextmanager
def interrupted(service: Service, held: Held, times: int = 1, count: int = IN_FLIGHT) -> Iterator[None]:
    """Presses Ctrl-C when so many calls are in flight; the answers come once it was heard, after a second one never."""
    before = signal.getsignal(signal.SIGINT)
    assert callable(before)
    heard, over = threading.Semaphore(0), threading.Event()
    pressed = 0

    def hear(number: int, frame: Any) -> None:
        heard.release()
        if over.is_set():
            return
        if times == 1:
            held.gone.set()
        before(number, frame)

    def press() -> None:
        while len(service.asked) < count:
            heard.acquire(timeout=0.01)
        nonlocal pressed
        for _ in range(times):
            if not over.is_set():
                pressed += 1
                os.kill(os.getpid(), signal.SIGINT)
                heard.acquire(timeout=240)

    pressing = threading.Thread(target=press)
    signal.signal(signal.SIGINT, hear)
    pressing.start()
    try:
        with pytest.raises(KeyboardInterrupt) as caught:
            yield
    finally:
        over.set()  # what is pressed from now on would strike the test itself
        pressing.join()
        signal.signal(signal.SIGINT, before)
    assert pressed == times, f"{pressed} of {times} interrupts ended it"
    held.interrupt = caught.value  # type: ignore[attr-defined]


@pytest.fixture
def held(service: Service) -> Iterator[Held]:
    """The answers of the service, held back."""
    holding = Held()
    service.script = holding
    yield holding
    holding.gone.set()


def test_a_lookup_waits_for_what_was_sent_and_gives_it_with_the_interrupt(
    service: Service, connecting: Connecting, held: Held, tmp_path: Path
) -> None:
    connection = connecting(concurrency=IN_FLIGHT)
    with interrupted(service, held):
        connection.lookup(ASK, ROWS, journal=tmp_path / "j")
    sent = len(service.asked)
    assert IN_FLIGHT <= sent < COUNT
    assert sorted(held.interrupt.result.rows["body"].to_pylist()) == sorted(service.texts)  # type: ignore[attr-defined]
    with Journal(tmp_path / "j", read_only=True) as journal:
        assert (journal.run().ok, journal.in_doubt()) == (sent, [])
    assert connection.lookup(ASK, ROWS, journal=tmp_path / "j").summary.cached == sent
    assert len(service.asked) == len(ROWS)


def test_a_second_interrupt_of_a_lookup_leaves_at_once(service: Service, connecting: Connecting, held: Held) -> None:
    connection = connecting(concurrency=IN_FLIGHT)
    with interrupted(service, held, times=2):
        connection.lookup(ASK, ROWS)
    assert not held.gone.is_set()
    assert held.interrupt.result.rows.num_rows == 0  # type: ignore[attr-defined]


def test_executemany_keeps_the_rows_that_were_answered(service: Service, connecting: Connecting, held: Held) -> None:
    cursor = connecting(concurrency=IN_FLIGHT).cursor()
    with interrupted(service, held):
        cursor.executemany(ASK, ROWS)
    assert sorted(row[0] for row in cursor.fetchall()) == sorted(service.texts)
    assert IN_FLIGHT <= len(service.asked) < COUNT


def test_executemany_keeps_the_rows_of_the_sets_beside_one_that_fails(service: Service, connecting: Connecting) -> None:
    service.script = lambda asked: refused(400) if asked.text == "row 3" else answered(asked.text)
    cursor = connecting().cursor()
    with pytest.raises(grokcall.Error):
        cursor.executemany(ASK, ROWS)
    assert [row[0] for row in cursor.fetchall()] == [f"row {n}" for n in range(COUNT) if n != 3]


def test_a_single_call_that_was_sent_is_answered_before_the_interrupt(
    service: Service, connecting: Connecting, held: Held
) -> None:
    cursor = connecting().cursor()
    with interrupted(service, held, count=1):
        cursor.execute("CALL GenerateResponse('once')")
    assert cursor.fetchone()[0] == "once"  # type: ignore[index]
    assert held.interrupt.result["Response_Result"].to_pylist() == ["once"]  # type: ignore[attr-defined]


def test_a_second_interrupt_of_a_single_call_leaves_at_once_and_says_that_it_may_be_billed(
    service: Service, connecting: Connecting, held: Held
) -> None:
    connection = connecting()
    with interrupted(service, held, times=2, count=1):
        connection.execute("CALL GenerateResponse('once')")
    assert not held.gone.is_set()
    assert "may have been billed" in held.interrupt.__notes__[0]  # type: ignore[attr-defined]


@pytest.mark.parametrize("through", ["execute", "registration"])
def test_a_query_waits_for_what_was_sent_and_the_next_one_does_not_pay_for_it(
    service: Service, connecting: Connecting, held: Held, through: str
) -> None:
    connection = connecting(concurrency=IN_FLIGHT)
    before = signal.getsignal(signal.SIGINT)
    if through == "execute":
        connection.database()
        run: Callable[[], int] = lambda: connection.execute(QUERY).rowcount  # noqa: E731
    else:
        con = duckdb.connect()
        registration = grokcall.duckdb.register(con, connection)
        run = lambda: registration.query(QUERY).num_rows  # noqa: E731
    with interrupted(service, held):
        run()
    assert IN_FLIGHT <= len(service.asked) < COUNT
    assert run() == COUNT
    assert sorted(service.texts) == sorted(row["body"] for row in ROWS)
    if through == "registration":
        registration.close()
    connection.close()
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("through", ["execute", "registration"])
def test_a_second_interrupt_of_a_query_leaves_at_once(
    service: Service, connecting: Connecting, held: Held, through: str
) -> None:
    connection = connecting(concurrency=IN_FLIGHT)
    con = duckdb.connect()
    connection.database()  # its handler of the signal stands behind the test's, which is heard at once
    with grokcall.duckdb.register(con, connection) as registration, interrupted(service, held, times=2):
        if through == "execute":
            connection.execute(QUERY)
        else:
            registration.query(QUERY)
    assert not held.gone.is_set()


def test_leaving_a_stream_by_an_exception_keeps_what_was_not_given_out(
    service: Service, connecting: Connecting
) -> None:
    rows = [{"body": f"row {number}"} for number in range(2_000)]
    connection, given = connecting(concurrency=IN_FLIGHT), 0

    def leave() -> None:
        nonlocal given
        with connection.lookup_stream(ASK, rows) as stream:
            given = next(iter(stream))[0].num_rows
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine") as caught:
        leave()
    assert 0 < given < len(rows)
    assert given + caught.value.result.rows.num_rows == len(service.asked) < len(rows)  # type: ignore[attr-defined]


def test_leaving_a_stream_early_keeps_what_was_sent_in_its_journal(
    service: Service, connecting: Connecting, tmp_path: Path
) -> None:
    connection = connecting(concurrency=IN_FLIGHT)
    rows = [{"body": f"row {number}"} for number in range(2_000)]
    with connection.lookup_stream(ASK, rows, journal=tmp_path / "j") as stream:
        next(iter(stream))
    sent = len(service.asked)
    assert sent < len(rows)
    with Journal(tmp_path / "j", read_only=True) as journal:
        assert (journal.run().ok, journal.in_doubt()) == (sent, [])
    connection.lookup(ASK, rows, journal=tmp_path / "j")
    assert len(service.asked) == len(rows)


@pytest.mark.parametrize("by", ["cancel", "wait_for"])
def test_a_lookup_that_is_cancelled_waits_for_what_was_sent(
    service: Service, connecting: Connecting, held: Held, by: str
) -> None:
    connection = connecting(concurrency=IN_FLIGHT)

    async def run() -> BaseException | None:
        task = asyncio.ensure_future(connection.alookup(ASK, ROWS))
        waiting = asyncio.ensure_future(asyncio.wait_for(task, 0.5)) if by == "wait_for" else task
        while len(service.asked) < IN_FLIGHT:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
        if by == "cancel":
            task.cancel()
            await asyncio.sleep(0)
        else:
            while not task.cancelling():  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.01)
        held.gone.set()
        try:
            await waiting
        except asyncio.CancelledError as error:
            return error
        except TimeoutError as error:
            return error.__cause__
        return None

    error = asyncio.run(run())
    assert error.result.rows.num_rows == len(service.asked) < COUNT  # type: ignore[union-attr]


def test_a_second_cancel_leaves_at_once(service: Service, connecting: Connecting, held: Held) -> None:
    connection = connecting(concurrency=IN_FLIGHT)

    async def run() -> None:
        for work in (connection.alookup(ASK, ROWS), connection.acall("CALL GenerateResponse('once')")):
            before = len(service.asked)
            task = asyncio.ensure_future(work)
            while len(service.asked) == before:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.sleep(0.05)
            assert not task.done()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())
    assert not held.gone.is_set()


@pytest.mark.parametrize("journal", [None, "sums.journal"])
def test_the_error_of_a_budget_promises_what_is_so(
    service: Service, connecting: Connecting, tmp_path: Path, journal: str | None
) -> None:
    path = None if journal is None else tmp_path / journal
    with pytest.raises(grokcall.BudgetReachedError) as caught:
        connecting().lookup(ASK, ROWS, max_calls=5, journal=path)
    if journal is None:
        assert "nothing is kept for a second run" in str(caught.value)
        assert "continue" not in str(caught.value)
    else:
        told = "what was answered is in sums.journal: the same lookup with a higher max_calls goes on there"
        assert told in str(caught.value)
        assert connecting().lookup(ASK, ROWS, max_calls=COUNT, journal=path).summary.cached == 5
