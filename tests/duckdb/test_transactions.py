"""Transactions of DuckDB: what they keep, what they undo, and what is no part of them."""

from __future__ import annotations

import asyncio
import threading

import pytest

import grokcall
from scripted_service import Answer, Asked, Service, answered

COUNT = "SELECT count(*) FROM t"
ASK = "INSERT INTO t SELECT 7, r.Response_Result FROM (SELECT ? AS body) q, GenerateResponse(q.body) r"


@pytest.fixture
def table(connection) -> grokcall.Connection:
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, body VARCHAR)")
    return connection


def count(connection) -> int:
    return connection.execute(COUNT).fetchone()[0]


@pytest.mark.parametrize(
    "begin", ["BEGIN", "begin transaction", "START TRANSACTION", "/* all or nothing */ BEGIN WORK"]
)
@pytest.mark.parametrize(
    ("end", "left"),
    [
        (lambda connection: connection.commit(), 1),
        (lambda connection: connection.rollback(), 0),
        (lambda connection: connection.execute("COMMIT"), 1),
        (lambda connection: connection.execute("-- kept\nEND"), 1),
        (lambda connection: connection.execute("ROLLBACK"), 0),
        (lambda connection: connection.execute("abort"), 0),
    ],
)
def test_a_transaction_that_was_begun_is_kept_or_undone_as_a_whole(table, begin, end, left):
    table.execute(begin)
    table.execute("INSERT INTO t VALUES (1, 'x')")
    assert count(table) == 1
    end(table)
    table.commit()
    table.rollback()  # no transaction is open any more
    assert count(table) == left


def test_without_a_transaction_each_statement_is_kept(table):
    assert table.autocommit
    table.execute("INSERT INTO t VALUES (1, 'x')")
    table.rollback()
    assert count(table) == 1


@pytest.mark.parametrize(("end", "left"), [("commit", 2), ("rollback", 1)])
def test_without_autocommit_the_first_statement_begins_one(table, end, left):
    table.execute("INSERT INTO t VALUES (1, 'x')")
    table.autocommit = False
    table.cursor().execute("INSERT INTO t VALUES (2, 'y')")
    table.cursor().execute("CREATE TABLE other (a INTEGER)")
    getattr(table, end)()
    assert count(table) == left
    table.rollback()
    table.autocommit = True
    assert table.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (left,)


def test_autocommit_anew_keeps_what_was_done(table):
    table.autocommit = False
    table.execute("INSERT INTO t VALUES (1, 'x')")
    table.autocommit = True
    table.rollback()
    assert count(table) == 1


@pytest.mark.parametrize("wrong", ["SELECT nothing FROM t", "INSERT INTO t VALUES (1, 'again')", "SELECT 1 / 'x'"])
def test_after_an_error_a_transaction_is_undone_and_the_next_one_works(table, wrong):
    table.autocommit = False
    table.execute("INSERT INTO t VALUES (1, 'x')")
    with pytest.raises(grokcall.Error):
        table.execute(wrong)
    with pytest.raises(grokcall.OperationalError, match="ROLLBACK"):
        table.execute(COUNT)
    table.rollback()
    assert count(table) == 0
    table.execute("INSERT INTO t VALUES (1, 'x')")
    table.commit()
    assert count(table) == 1


def test_calls_are_not_undone_and_their_answers_are_known(table, service: Service):
    table.autocommit = False
    table.execute(ASK, ["hi"])
    table.execute("CALL GenerateResponse('beside')")
    table.rollback()
    assert count(table) == 0
    table.execute(ASK, ["hi"])
    table.commit()
    assert table.execute("SELECT body FROM t").fetchall() == [("HI",)]
    assert sorted(service.texts) == ["beside", "hi"]


def test_procedures_stand_in_queries_whatever_was_undone(connection, service: Service):
    connection.execute("BEGIN")
    connection.execute("CREATE PROCEDURE Shout(q VARCHAR) AS CALL GenerateResponse(:q)")
    sql = "SELECT r.Response_Result FROM (SELECT ? AS q) t, Shout(t.q) r"
    assert connection.execute(sql, ["a"]).fetchone() == ("A",)
    connection.rollback()
    assert connection.execute(sql, ["b"]).fetchone() == ("B",)
    connection.execute("BEGIN")
    typed = "SELECT r.a FROM (SELECT 'c' AS q) t, GenerateResponse(t.q, OutputSchema := 'a VARCHAR') r"
    service.script = lambda asked: answered('{"a": "see"}')
    assert connection.execute(typed).fetchone() == ("see",)
    connection.execute("ROLLBACK")
    assert connection.execute(typed).fetchone() == ("see",)


def test_what_was_not_committed_is_gone_with_the_connection(service, tmp_path):
    options = {"api_key": "x", "base_url": service.base_url, "database": str(tmp_path / "kept.duckdb")}
    for keep in (False, True):
        with grokcall.connect(**options) as connection:
            connection.autocommit = False
            connection.execute("CREATE TABLE t AS SELECT 1 AS id")
            if keep:
                connection.commit()
    with grokcall.connect(**options) as connection:
        assert count(connection) == 1


def test_a_commit_waits_for_the_statement_that_is_under_way(table, service: Service):
    asked, answer = threading.Event(), threading.Event()

    async def script(_: Asked) -> Answer:
        asked.set()
        await asyncio.to_thread(answer.wait, 30)
        return answered("late")

    service.script = script
    table.autocommit = False
    thread = threading.Thread(target=table.execute, args=(ASK, ["slow"]))
    thread.start()
    assert asked.wait(300)
    ended = threading.Thread(target=table.commit)
    ended.start()
    answer.set()
    thread.join(300)
    ended.join(300)
    table.rollback()
    assert count(table) == 1
