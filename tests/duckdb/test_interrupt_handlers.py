"""SIGINT in a program that has a handler of its own, and while a query is made ready."""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FrameType
from typing import Any

import duckdb
import pytest

import grokcall
from scripted_service import KEY, Service, refused

ROWS = [{"body": "a"}, {"body": "b"}]
CALL = "CALL GenerateResponse(:body)"
QUERY = "SELECT r.Response_Result FROM (SELECT 'a' AS body) t, GenerateResponse(t.body) r"


def query_of(connection: grokcall.Connection) -> object:
    with duckdb.connect() as con, grokcall.duckdb.register(con, connection) as registration:
        return registration.query(QUERY)


USES: dict[str, Callable[[grokcall.Connection], object]] = {
    "lookup": lambda connection: connection.lookup(CALL, ROWS, on_error="fail"),
    "execute a call": lambda connection: connection.execute(CALL, {"body": "a"}),
    "executemany": lambda connection: connection.cursor().executemany(CALL, ROWS),
    "execute a query": lambda connection: connection.execute(QUERY),
    "schema": lambda connection: connection.cursor().adbc_execute_schema(QUERY),
    "a wrong query": lambda connection: connection.execute("SELECT nothing FROM nowhere"),
    "query": query_of,
    "database": lambda connection: connection.database(),
}


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """The signals that the handler of the program has heard."""
    numbers: list[int] = []
    gc.collect()  # what tests before have left open is watched until then

    def handle(number: int, _: FrameType | None) -> None:
        numbers.append(number)

    before = signal.signal(signal.SIGINT, handle)
    yield numbers
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("use", USES)
def test_a_program_s_own_handler_stands_again_and_is_called_meanwhile(
    service: Service, heard: list[int], use: str, fails: bool
):
    mine = signal.getsignal(signal.SIGINT)
    if fails:
        service.script = lambda asked: refused(400, "Bad text.")
    with grokcall.connect(api_key=KEY, base_url=service.base_url) as connection:
        with suppress(grokcall.Error, duckdb.Error):
            USES[use](connection)
        signal.raise_signal(signal.SIGINT)
        assert heard == [signal.SIGINT]
    assert signal.getsignal(signal.SIGINT) is mine


def test_a_handler_that_is_set_meanwhile_stays(service: Service, heard: list[int]):
    def other(_number: int, _frame: FrameType | None) -> None: ...

    with grokcall.connect(api_key=KEY, base_url=service.base_url) as connection:
        connection.execute(QUERY)
        signal.signal(signal.SIGINT, other)
    assert signal.getsignal(signal.SIGINT) is other


@pytest.mark.parametrize("ignoring", [signal.SIG_IGN, signal.SIG_DFL])
def test_what_is_no_handler_of_python_stays(service: Service, heard: list[int], ignoring: Any):
    signal.signal(signal.SIGINT, ignoring)
    with grokcall.connect(api_key=KEY, base_url=service.base_url) as connection:
        connection.execute(QUERY)
        assert signal.getsignal(signal.SIGINT) is ignoring
    assert signal.getsignal(signal.SIGINT) is ignoring


PROGRAM = """
import os, signal, sys, threading, time
import grokcall

sql = "SELECT count(*) FROM (SELECT 'a' AS body) t, GenerateResponse(t.body) r WHERE false"

def connect():
    return grokcall.connect(api_key="x", base_url=sys.argv[1])

durations = []
for _ in range(2):  # the first brings in modules
    with connect() as connection:
        begun = time.monotonic()
        connection.execute(sql).fetchone()
        durations.append(time.monotonic() - begun)

ends = []
for part in (0.01, 0.03, 0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95):
    with connect() as connection:
        timer = threading.Timer(part * durations[1], os.kill, (os.getpid(), signal.SIGINT))
        try:
            timer.start()
            connection.execute(sql).fetchone()
            timer.join()
            ends.append("answered")
        except BaseException as error:
            ends.append(type(error).__name__)
        try:
            timer.join()
            again = connection.execute(sql).fetchone()
        except KeyboardInterrupt:  # the signal came late
            again = connection.execute(sql).fetchone()
        assert again == (0,), again
print(*ends)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill with SIGINT")
def test_an_interrupt_while_a_query_is_made_ready_is_one_and_leaves_the_connection_usable(service: Service):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, service.base_url], capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) <= {"KeyboardInterrupt", "answered"}
    assert "KeyboardInterrupt" in done.stdout
    assert len(done.stdout.split()) == 9
