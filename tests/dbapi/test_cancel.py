"""A statement is ended from another thread, and loses nothing that may have been paid for."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

import grokcall

ASK = "CALL GenerateResponse(:m)"
SETS = [{"m": f"m{number}"} for number in range(10)]
ENDLESS = "range(1000000000) a, range(1000) b WHERE a.range % 7 = b.range % 11"
LATERAL = "SELECT count(r.Response_Result) FROM (SELECT 'q' || range AS q FROM range(10)) t, GenerateResponse(t.q) r"


def taken_note(connection: Any) -> None:
    """Waits until the loop of a connection has dealt with what it was told before."""

    async def turns() -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    connection.runtime.loop.run(turns())


def stopped(error: BaseException | None) -> grokcall.StoppedError:
    """The error, which has to be that of a cancelled statement."""
    assert isinstance(error, grokcall.StoppedError)
    assert str(error) == "the statement was cancelled"
    assert error.error_code == "cancelled"
    assert isinstance(error, grokcall.OperationalError)
    return error


@pytest.mark.parametrize("name", ["cancel", "adbc_cancel"])
def test_the_answer_of_a_call_in_flight_is_waited_for_and_can_be_fetched(connect, held, running, name):
    cursor = connect().cursor()
    executing = running(lambda: cursor.execute(ASK, {"m": "hello"}))
    held.wait_for()
    getattr(cursor, name)()
    assert executing.is_alive
    held.let_go()
    error = stopped(executing.error())
    assert error.result["Response_Result"].to_pylist() == ["HELLO"]
    assert cursor.fetchone()[0] == "HELLO"
    assert cursor.execute(ASK, {"m": "next"}).fetchone()[0] == "NEXT"


def test_without_patience_nothing_is_waited_for(connect, held, running):
    cursor = connect().cursor()
    executing = running(lambda: cursor.execute(ASK, {"m": "hello"}))
    held.wait_for()
    cursor.cancel(patience=0)
    error = stopped(executing.error())
    assert error.result is None
    assert error.__notes__ == ["the call had been sent: it may have been billed, and its answer is lost"]
    with pytest.raises(grokcall.ProgrammingError, match="there is no result"):
        cursor.fetchone()


USES = {
    "execute": lambda cursor: cursor.execute(ASK, {"m": "hello"}),
    "executemany": lambda cursor: cursor.executemany(ASK, SETS),
    "executescript": lambda cursor: cursor.executescript("CALL GenerateResponse('a'); SELECT 1"),
    "callproc": lambda cursor: cursor.callproc("GenerateResponse", ["hello"]),
    "query": lambda cursor: cursor.execute(LATERAL),
    "scalar query": lambda cursor: cursor.execute("SELECT generate_response('q' || range) FROM range(3)"),
    "query of one row": lambda cursor: cursor.execute("SELECT r.Response_Result FROM GenerateResponse('a') r"),
    "INSERT": lambda cursor: cursor.execute("CREATE TABLE answers AS SELECT * FROM GenerateResponse('a')"),
}


@pytest.mark.parametrize("name", USES)
def test_a_second_cancel_ends_the_wait_of_the_first(connect, held, running, name):
    cursor = connect().cursor()
    executing = running(lambda: USES[name](cursor))
    held.wait_for()
    cursor.cancel()
    cursor.cancel(patience=0)
    answered = stopped(executing.error()).result
    assert answered is None or answered.num_rows == 0
    assert cursor.execute("SELECT 1").fetchall() == [(1,)]


def test_executemany_sends_nothing_more_and_keeps_what_was_in_flight(connect, service, held, running):
    connection = connect(concurrency=3)
    cursor = connection.cursor()
    executing = running(lambda: cursor.executemany(ASK, SETS))
    held.wait_for(3)
    cursor.cancel()
    taken_note(connection)
    held.let_go()
    error = stopped(executing.error())
    assert error.result["Response_Result"].to_pylist() == ["M0", "M1", "M2"]
    assert [row[0] for row in cursor.fetchall()] == ["M0", "M1", "M2"]
    assert len(service.asked) == 3


def test_a_script_ends_with_the_statement_that_runs_and_keeps_all_results(connect, service, held, running):
    cursor = connect().cursor()
    executing = running(lambda: cursor.executescript("SELECT 1; CALL GenerateResponse('a'); CALL ListModels()"))
    held.wait_for()
    cursor.cancel()
    held.let_go()
    stopped(executing.error())
    assert cursor.fetchall() == [(1,)]
    assert cursor.nextset() is True
    assert cursor.fetchone()[0] == "A"
    assert cursor.nextset() is None
    assert len(service.asked) == 1


def test_a_query_that_only_calculates_ends(connect, held, running):
    cursor = connect().cursor()
    executing = running(lambda: cursor.execute(f"SELECT count(*) FROM GenerateResponse('x') r, {ENDLESS}"))
    held.wait_for()
    held.let_go()
    cursor.cancel()
    assert stopped(executing.error()).result is None
    assert cursor.execute("SELECT 1").fetchall() == [(1,)]


def test_what_a_query_was_answered_is_there_for_the_next_one(connect, service, held, running):
    connection = connect(concurrency=3)
    cursor = connection.cursor()
    executing = running(lambda: cursor.execute(LATERAL))
    held.wait_for(3)
    cursor.cancel()
    taken_note(connection)
    assert executing.is_alive
    held.let_go()
    stopped(executing.error())
    assert len(service.asked) == 3
    assert connection.execute(LATERAL).fetchall() == [(10,)]
    assert len(service.asked) == 10


def test_a_query_without_patience_leaves_its_calls(connect, held, running):
    cursor = connect().cursor()
    executing = running(lambda: cursor.execute(LATERAL))
    held.wait_for()
    cursor.cancel(patience=0)
    stopped(executing.error())


def test_a_cancel_while_procedures_are_made_ready_leaves_them_to_the_next_query(connect, running):
    for delay in range(12):
        connection = connect()
        cursor = connection.cursor()
        executing = running(lambda cursor=cursor: cursor.execute(LATERAL))
        time.sleep(delay / 100)  # so that it strikes here and there; what follows holds wherever it does
        while executing.is_alive:
            cursor.cancel()
        error = executing.error()
        assert error is None or stopped(error)
        assert connection.execute(LATERAL).fetchall() == [(10,)]
        connection.close()


def test_a_cancel_of_which_the_calls_hear_late_does_not_end_the_next_query(connect, running):
    """A query without calls ends although the loop is busy; what it was told must not reach the next one's calls."""
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("SELECT generate_response('first')")  # which makes all ready that the others need
    busy, may_go_on = threading.Event(), threading.Event()

    async def keep_busy() -> None:
        busy.set()
        may_go_on.wait(300)

    kept = connection.runtime.loop.submit(keep_busy())
    assert busy.wait(300)
    executing = running(lambda: cursor.execute(f"SELECT count(*) FROM {ENDLESS}"))
    while executing.is_alive:
        cursor.cancel()
    stopped(executing.error())
    counts: list[Any] = []
    following = running(lambda: counts.extend(connection.execute(LATERAL).fetchall()))
    time.sleep(0.5)  # for long enough that its calls wait for the loop as well, if they can
    may_go_on.set()
    kept.result(300)
    assert following.error() is None
    assert counts == [(10,)]


def test_executemany_of_a_query_ends_with_the_set_that_runs(connect, service, held, running):
    connection = connect()
    connection.execute("CREATE TABLE t (a VARCHAR)")
    cursor = connection.cursor()
    insert = "INSERT INTO t SELECT r.Response_Result FROM GenerateResponse(:m) r"
    executing = running(lambda: cursor.executemany(insert, SETS))
    held.wait_for()
    cursor.cancel()
    held.let_go()
    stopped(executing.error())
    assert connection.execute("SELECT count(*) FROM t").fetchall() == [(0,)]
    assert len(service.asked) == 1


def test_a_statement_that_waits_for_another_one_ends_while_that_goes_on(connect, held, running):
    connection = connect()
    connection.execute("CREATE TABLE t (a VARCHAR)")
    insert = "INSERT INTO t SELECT r.Response_Result FROM GenerateResponse(:m) r"
    first, second = connection.cursor(), connection.cursor()
    writing = running(lambda: first.execute(insert, {"m": "first"}))
    held.wait_for()
    waiting = running(lambda: second.execute(insert, {"m": "second"}))
    while waiting.is_alive:  # from whenever on it is under way
        second.cancel()
    stopped(waiting.error())
    assert writing.is_alive
    held.let_go()
    assert writing.error() is None
    assert connection.execute("FROM t").fetchall() == [("FIRST",)]


def test_the_statements_of_other_cursors_go_on(connect, service, held, running):
    connection = connect()
    cursors = [connection.cursor() for _ in range(4)]
    statements = [("CALL GenerateResponse('a')", None), (LATERAL, None), (ASK, {"m": "b"}), (LATERAL, None)]
    executing = []
    for cursor, (text, values) in zip(cursors, statements, strict=True):
        executing.append(running(lambda cursor=cursor, text=text, values=values: cursor.execute(text, values)))
        if text != LATERAL or len(executing) == 2:
            held.wait_for(10 if text == LATERAL else 1)
    cursors[0].cancel()
    cursors[1].cancel()
    held.let_go()
    assert [type(each.error()) for each in executing] == [
        grokcall.StoppedError,
        grokcall.StoppedError,
        type(None),
        type(None),
    ]
    assert cursors[2].fetchone()[0] == "B"
    assert cursors[3].fetchall() == [(10,)]


def test_cancelling_is_harmless_when_nothing_runs(connect):
    connection = connect()
    cursor = connection.cursor()
    cursor.cancel()
    assert cursor.execute(ASK, {"m": "a"}).fetchone()[0] == "A"
    cursor.cancel()
    cursor.cancel(patience=0)
    assert cursor.execute("SELECT 1").fetchall() == [(1,)]
    cursor.cancel()
    assert cursor.executescript("SELECT 1; SELECT 2").fetchall() == [(1,)]
    connection.close()
    cursor.cancel()
    cursor.close()
    cursor.cancel()


def test_a_statement_can_be_cancelled_once_its_connection_was_closed(connect, held, running):
    connection = connect()
    cursor = connection.cursor()
    executing = running(lambda: cursor.execute(ASK, {"m": "a"}))
    held.wait_for()
    connection.close()
    cursor.cancel()
    assert isinstance(executing.error(), grokcall.InterfaceError | grokcall.StoppedError)


def test_a_call_that_waits_for_its_turn_is_not_sent(connect, service, held, running):
    connection = connect(concurrency=1)
    first, second = connection.cursor(), connection.cursor()
    running(lambda: first.execute(ASK, {"m": "first"}))
    held.wait_for()
    waiting = running(lambda: second.execute(ASK, {"m": "second"}))
    while waiting.is_alive:
        second.cancel()
    assert stopped(waiting.error()).result is None
    held.let_go()
    assert service.texts == ["first"]
