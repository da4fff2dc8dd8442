"""Processes that begin as copies of one that uses grokcall: nothing hangs there, and nothing is shared by accident."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

import grokcall
from scripted_service import KEY, Service, answered

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning"),
]

ASK = "CALL GenerateResponse(:Message)"
WRONG = 1


def in_child(work: Callable[[], object]) -> int:
    """How a child ends that does some work, 0 where that is true; a child that hangs is ended by a signal."""
    child = os.fork()
    if not child:
        signal.alarm(60)
        code = WRONG
        try:
            code = 0 if work() else WRONG
        finally:
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def asked(connection: grokcall.Connection, text: str) -> bool:
    return connection.execute(ASK, {"Message": text}).fetchone()[0] == text.upper()


def refused(work: Callable[[], object], words: str) -> bool:
    try:
        work()
    except grokcall.InterfaceError as error:
        return words in str(error)
    return False


def program(folder: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A program of its own, as workers that do not fork need it."""
    path = folder / "program.py"
    path.write_text(text)
    # Without asyncio's debug mode, which tells of whatever takes long on a busy machine.
    told = {"PYTHONASYNCIODEBUG": "", "PYTHONWARNINGS": "default,ignore:This process:DeprecationWarning"}
    environment = {**os.environ, **told, "XAI_API_KEY": KEY}
    command = [sys.executable, str(path), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
def test_a_connection_begins_anew_in_a_child_and_goes_on_in_its_parent(connecting, transport):
    connection = connecting(transport=transport)
    assert asked(connection, "before")
    assert in_child(lambda: asked(connection, "child")) == 0
    assert asked(connection, "after")


def test_a_child_can_have_children_of_its_own(connection):
    assert asked(connection, "one")
    assert in_child(lambda: asked(connection, "two") and in_child(lambda: asked(connection, "three")) == 0) == 0
    assert asked(connection, "four")


def test_a_child_that_closes_its_connection_leaves_the_parent_s_open(connection):
    assert asked(connection, "before")

    def closed() -> bool:
        connection.close()
        return connection.closed

    assert in_child(closed) == 0
    assert asked(connection, "after")


def test_a_fork_while_calls_run_in_other_threads(connecting, service: Service):
    service.script = lambda request: answered(request.text.upper(), delay=0.05)
    connection = connecting(max_calls=1000)
    rows = [{"Message": str(number)} for number in range(100)]
    found: list[grokcall.LookupResult] = []
    thread = threading.Thread(target=lambda: found.append(connection.lookup(ASK, rows, concurrency=4)))
    thread.start()
    while len(service.asked) < 8:
        time.sleep(0.005)
    codes = [in_child(lambda: asked(connection, "child")) for _ in range(3)]
    thread.join(300)
    assert codes == [0, 0, 0]
    assert found[0].summary.ok == 100


def test_what_was_spent_before_the_fork_counts_in_the_child(connecting):
    connection = connecting(max_calls=2)
    assert asked(connection, "one")

    def held() -> bool:
        assert asked(connection, "two")
        try:
            asked(connection, "three")
        except grokcall.BudgetReachedError:
            return True
        return False

    assert in_child(held) == 0


def test_queries_have_a_database_of_their_own_in_the_child(connection):
    connection.execute("CREATE TABLE t AS SELECT 'a' AS body")
    sql = "SELECT r.Response_Result FROM (SELECT 'b' AS body) t, GenerateResponse(t.body) r"
    assert connection.execute(sql).fetchall() == [("B",)]

    def fresh() -> bool:
        tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        return tables == [] and connection.execute(sql).fetchall() == [("B",)]

    assert in_child(fresh) == 0
    assert connection.execute("SELECT * FROM t").fetchall() == [("a",)]


def test_a_database_file_of_the_parent_is_not_opened_by_the_child(connecting, tmp_path):
    connection = connecting(database=tmp_path / "kept.duckdb")
    connection.execute("CREATE TABLE t AS SELECT 1 AS a")

    def told() -> bool:
        try:
            connection.execute("SELECT * FROM t")
        except grokcall.OperationalError as error:
            return "forked" in str(error)
        return False

    assert in_child(told) == 0
    assert connection.execute("SELECT * FROM t").fetchall() == [(1,)]


def test_cursors_and_streams_from_before_the_fork_are_refused_in_the_child(connection):
    cursor = connection.execute(ASK, {"Message": "hi"})
    rows = [{"Message": letter} for letter in "abc"]
    with connection.lookup_stream(ASK, rows) as stream:

        def both() -> bool:
            stream.close()
            return (
                refused(cursor.fetchone, "forked")
                and refused(lambda: cursor.execute(ASK, {"Message": "x"}), "forked")
                and refused(lambda: next(iter(stream)), "forked")
            )

        assert in_child(both) == 0
        assert pa.Table.from_batches([out for out, _ in stream])["Response_Result"].to_pylist() == ["A", "B", "C"]
    assert cursor.fetchone()[0] == "HI"


CHILD_THAT_EXITS = """
import os, sys, grokcall
connection = grokcall.connect(base_url=sys.argv[1], api_key=sys.argv[2])
connection.execute("CALL GenerateResponse('a')")
connection.execute("SELECT r.* FROM (SELECT 'b' AS x) t, GenerateResponse(t.x) r")
stream = connection.lookup_stream("CALL GenerateResponse(:m)", [{"m": "c"}, {"m": "d"}], journal=sys.argv[3])
pairs = iter(stream)
child = os.fork()
if not child:
    import signal
    signal.alarm(60)
    sys.exit(0)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
rows = sum(out.num_rows for out, _ in pairs)
stream.close()
print(status, rows, connection.execute("CALL GenerateResponse('e')").fetchone()[0])
connection.close()
"""


def test_a_child_that_leaves_through_the_interpreter_s_end_closes_nothing_of_its_parent(service, tmp_path):
    done = program(tmp_path, CHILD_THAT_EXITS, service.base_url, KEY, str(tmp_path / "j.journal"))
    assert done.stdout.split() == ["0", "2", "E"]
    # Packages built with nanobind list at the end what they still hold; that list is none of ours.
    said = [line for line in done.stderr.splitlines() if "nanobind" not in line and not line.startswith(" - ")]
    assert said == []


def test_an_httpx_client_of_the_parent_is_not_used_by_the_child(connecting):
    httpx = pytest.importorskip("httpx")
    client = httpx.AsyncClient()
    connection = connecting(transport=client)
    assert asked(connection, "before")
    assert in_child(lambda: refused(lambda: asked(connection, "child"), "forked")) == 0
    assert asked(connection, "after")
    connection.runtime.loop.run(client.aclose())


shared: grokcall.Connection | None = None


def asked_of_shared(text: str) -> bool:
    assert shared is not None
    return asked(shared, text)


def test_workers_of_a_pool_that_forks_share_what_the_parent_opened(connection):
    global shared
    shared = connection
    try:
        assert asked(connection, "before")
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
            assert all(pool.map(asked_of_shared, "abcdef", timeout=400))
        assert asked(connection, "after")
    finally:
        shared = None


WORKERS = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
import pyarrow as pa, grokcall

step = grokcall.Lookup("CALL GenerateResponse(:m)", fields=["Response_Result"], base_url=sys.argv[1])

if __name__ == "__main__":
    batches = [pa.RecordBatch.from_pydict({"m": [letter]}) for letter in "abc"]
    step(batches[0])
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(sys.argv[2])) as pool:
        print(*(batch["Response_Result"][0].as_py() for batch in pool.map(step, batches)))
    step.close()
"""


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_a_step_is_run_by_workers_however_they_begin(service, tmp_path, method):
    done = program(tmp_path, WORKERS, service.base_url, method)
    assert done.stdout.split() == ["A", "B", "C"], done.stderr
