"""Queries of several threads over one connection: side by side, each with its own limits, over one database."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

import grokcall
from scripted_service import Answer, Asked, Script, Service, answered

THREADS = 8
ASK = "SELECT r.Response_Result FROM (SELECT ? AS body) t, GenerateResponse(t.body) r"


def together(work: Callable[[int], object]) -> list[object]:
    """What each of several threads finds that begin at the same time."""
    ready = threading.Barrier(THREADS)

    def begin(number: int) -> object:
        ready.wait(300)
        return work(number)

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(begin, range(THREADS)))


def waiting_for(threads: int, service: Service) -> Script:
    """Answers nobody before so many have asked, up to 30 s."""

    everyone = asyncio.Event()

    async def script(asked: Asked) -> Answer:
        if len(service.asked) == threads:
            everyone.set()
        await asyncio.wait_for(everyone.wait(), 30)
        return answered(asked.text.upper())

    return script


@pytest.mark.parametrize("sql", [ASK, "CALL GenerateResponse(?)"])
def test_twenty_threads_wait_for_the_service_at_the_same_time(connecting, service: Service, sql):
    connection = connecting(concurrency=20)
    service.script = waiting_for(20, service)
    with ThreadPoolExecutor(20) as threads:
        found = list(threads.map(lambda number: connection.execute(sql, [f"q{number}"]).fetchone()[0], range(20)))
    assert found == [f"Q{number}" for number in range(20)]
    assert service.peak == 20


@pytest.fixture
def meeting(service: Service) -> Service:
    """A service that answers nobody before two have asked."""
    service.script = waiting_for(2, service)
    return service


def test_queries_run_side_by_side(connection, meeting: Service):
    found = together(lambda number: connection.execute(ASK, [f"q{number}"]).fetchone()[0])
    assert found == [f"Q{number}" for number in range(THREADS)]
    assert meeting.peak > 1


def test_tables_are_seen_by_all(connection, meeting: Service):
    connection.execute("CREATE TABLE t AS SELECT i AS id, 'q' || i AS body FROM range(8) r(i)")
    connection.execute("CREATE VIEW asked AS SELECT t.id, r.* FROM t, GenerateResponse(t.body) r")
    connection.execute("CREATE MACRO loud(x) AS upper(x)")
    sql = "SELECT loud(Response_Result) FROM asked WHERE id = ?"
    found = together(lambda number: connection.execute(sql, [number]).fetchone()[0])
    assert found == [f"Q{number}" for number in range(THREADS)]
    assert meeting.peak > 1


def test_each_statement_keeps_to_its_own_limits(connection, service: Service):
    service.script = lambda asked: answered(asked.text.upper(), delay=0.05)

    def ask(number: int) -> object:
        sql = "SELECT r.* FROM (VALUES (?), (?)) t(body), GenerateResponse(t.body) r"
        try:
            connection.execute(sql, [f"a{number}", f"b{number}"], max_calls=1 if number % 2 else 2)
        except grokcall.BudgetReachedError:
            return 1
        return 2

    assert together(ask) == [1 if number % 2 else 2 for number in range(THREADS)]
    assert len(service.asked) == THREADS // 2 * 3


def test_the_budget_and_the_answers_are_those_of_all(connecting, service: Service):
    connection = connecting(max_calls=3)

    def ask(number: int) -> bool:
        try:
            return connection.execute(ASK, [f"q{number}"]).rowcount == 1
        except grokcall.BudgetReachedError:
            return False

    assert sum(map(bool, together(ask))) == 3
    assert len(service.asked) == 3
    known = service.texts[0]
    assert together(lambda _: connection.execute(ASK, [known]).fetchone()[0]) == [known.upper()] * THREADS
    assert len(service.asked) == 3
    assert connection.database().summary.calls == 3


@pytest.mark.parametrize(
    ("before", "sql", "found"),
    [
        ("CREATE TEMP TABLE own AS SELECT 7 AS a", "SELECT a FROM own", 7),
        ("SET VARIABLE a = 7", "SELECT getvariable('a')", 7),
        ("CREATE TEMP MACRO seven() AS 7", "SELECT seven()", 7),
        ("BEGIN; CREATE TABLE own AS SELECT 7 AS a", "SELECT a FROM own", 7),
    ],
)
def test_what_one_connection_has_is_found_by_every_thread(connection, service: Service, before, sql, found):
    service.script = lambda asked: answered(asked.text.upper(), delay=0.05)
    connection.cursor().executescript(before)
    called = f"SELECT x.a, r.Response_Result FROM ({sql}) x(a), GenerateResponse(?) r"
    rows = together(lambda number: connection.execute(called, [f"q{number}"]).fetchone())
    assert rows == [(found, f"Q{number}") for number in range(THREADS)]


def test_writers_and_readers_at_the_same_time(connection):
    connection.execute("CREATE TABLE t (a INT)")

    def work(number: int) -> object:
        if number % 2:
            connection.execute("INSERT INTO t VALUES (?)", [number])
            return connection.execute("SELECT count(*) FROM t WHERE a = ?", [number]).fetchone()
        return connection.execute("SELECT count(*) >= 0 FROM t").fetchone()

    assert together(work) == [(1,) if number % 2 else (True,) for number in range(THREADS)]
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (THREADS // 2,)


def test_closing_ends_the_queries_of_all_threads(connection, service: Service):
    service.script = lambda asked: answered("late", delay=60.0)
    ended: list[str] = []

    def ask(number: int) -> None:
        try:
            connection.execute(ASK, [f"q{number}"])
        except grokcall.Error as error:
            ended.append(type(error).__name__)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    while len(service.asked) < 4:
        threading.Event().wait(0.01)
    connection.close()
    for thread in threads:
        thread.join(300)
    assert len(ended) == 4


def test_a_procedure_that_is_replaced_is_the_new_one_for_every_thread(connection, meeting: Service):
    for words in ("One", "Two"):
        connection.execute(f"CREATE OR REPLACE PROCEDURE Ask(q VARCHAR) AS CALL GenerateResponse(:q, '{words}')")
        sql = "SELECT r.Response_Result FROM (SELECT ? AS q) t, Ask(t.q) r"
        together(lambda number, sql=sql, words=words: connection.execute(sql, [f"{words}{number}"]).fetchone())
    assert len(meeting.asked) == 2 * THREADS
    assert ["Two" in str(asked.json) for asked in meeting.asked] == [False] * THREADS + [True] * THREADS
