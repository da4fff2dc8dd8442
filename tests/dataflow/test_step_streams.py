"""A step over many batches in one pass, what it counts, and the connection that steps of a process share."""

from __future__ import annotations

import gc
import multiprocessing
import pickle
import subprocess
import sys
import threading
from decimal import Decimal

import pyarrow as pa
import pytest
from together import together

import grokcall
from grokcall import Lookup
from grokcall.dataflow.process_connections import ProcessConnections
from scripted_service import KEY, echo

ASK = "CALL GenerateResponse(:body)"


@pytest.fixture(autouse=True)
def key_in_the_surroundings(monkeypatch, service):
    monkeypatch.setenv("XAI_API_KEY", KEY)
    monkeypatch.setenv("XAI_BASE_URL", service.base_url)


def batches(count: int, rows: int = 1) -> list[pa.RecordBatch]:
    return [
        pa.RecordBatch.from_pylist([{"body": f"b{number}r{row}"} for row in range(rows)]) for number in range(count)
    ]


def results(parts: list[pa.RecordBatch]) -> list[str]:
    return [value for part in parts for value in part["Response_Result"].to_pylist()]


def test_all_batches_are_one_pass_in_their_order(service):
    service.script = together(service, 8, echo)
    with Lookup(ASK, fields=["Response_Result"], concurrency=8) as step:
        parts = list(step.stream(batches(8)))
    assert results(parts) == [f"B{number}R0" for number in range(8)]
    assert all(part.schema == parts[0].schema for part in parts)


def test_tables_of_several_chunks_are_taken_as_well():
    table = pa.Table.from_batches(batches(3, rows=2))
    with Lookup(ASK, fields=["Response_Result"]) as step:
        assert len(results(list(step.stream([table, table.slice(0, 0), *batches(1)])))) == 7


def test_of_nothing_nothing_comes_and_nothing_is_connected_to(service, monkeypatch):
    monkeypatch.delenv("XAI_API_KEY")
    with Lookup(ASK) as step:
        assert list(step.stream([])) == []
        assert list(step.stream(batches(2, rows=0))) == []
    assert service.asked == []


def test_no_more_rows_than_told_are_read_before_they_are_given_out(service):
    read = 0

    def source():
        nonlocal read
        for batch in batches(200):
            read += 1
            yield batch

    with Lookup(ASK, fields=["Response_Result"], concurrency=2, read_ahead=8) as step:
        for number, part in enumerate(step.stream(source()), 1):
            assert part.num_rows == 1
            assert read <= number + 8 + 1  # one is in the hands of the reader
    assert read == 200


def test_what_is_no_batch_is_refused():
    with (
        Lookup(ASK) as step,
        pytest.raises(grokcall.InterfaceError, match="takes batches and tables of Arrow, not dict"),
    ):
        list(step.stream([{"body": ["x"]}]))


def test_batches_of_other_columns_are_refused():
    other = pa.RecordBatch.from_pylist([{"text": "x"}])
    with Lookup(ASK) as step, pytest.raises(grokcall.DataError):
        list(step.stream([*batches(1), other]))


def test_a_stream_that_is_left_sends_nothing_more(service):
    with Lookup(ASK, concurrency=1, read_ahead=2) as step:
        running = step.stream(batches(100))
        next(running)
        running.close()
        asked = len(service.asked)
        assert asked < 100
        assert step.summary.rows >= 1
    assert len(service.asked) == asked


def test_what_a_step_did_is_counted_over_all_its_batches_and_told_once():
    told: list[grokcall.Summary] = []
    step = Lookup(ASK, fields=["Response_Result"], on_summary=told.append)
    for batch in batches(3, rows=2):
        step(batch)
    list(step.stream([*batches(2), pa.RecordBatch.from_pylist([{"body": None}], schema=batches(1)[0].schema)]))
    assert (step.summary.ok + step.summary.cached, step.summary.failed) == (8, 1)
    assert step.summary.calls == step.summary.ok
    assert step.summary.cost_usd > Decimal(0)
    assert told == []
    step.close()
    step.close()
    assert [each.rows for each in told] == [9]
    step(batches(1)[0])
    assert step.summary.rows == 10
    step.close()
    assert [each.rows for each in told] == [9, 10]


def test_a_step_that_did_nothing_has_nothing_to_tell():
    told: list[grokcall.Summary] = []
    with Lookup(ASK, on_summary=told.append):
        pass
    assert told == []


def test_steps_with_the_same_options_share_a_connection(service):
    first, second = (Lookup(ASK, fields=["Response_Result"], concurrency=3) for _ in range(2))
    copy = pickle.loads(pickle.dumps(first))
    other = Lookup(ASK, fields=["Response_Result"], timeout=7)
    for step in (first, second, copy, other):
        step(batches(1)[0])
    assert first._connection is second._connection is copy._connection
    assert other._connection is not first._connection
    shared = first._connection
    first.close()
    second.close()
    assert not shared.closed
    copy.close()
    assert shared.closed
    other.close()


def test_a_step_goes_on_after_it_was_closed():
    step = Lookup(ASK, fields=["Response_Result"])
    for _ in range(2):
        assert results([step(batches(1)[0])]) == ["B0R0"]
        step.close()


def test_limits_are_shared_by_the_copies_of_a_step_and_by_no_other(service):
    step = Lookup(ASK, dedupe=False, max_calls=3)
    packed = pickle.dumps(step)
    row = batches(1)[0]
    for _ in range(3):  # copies that are dropped one after the other, as tasks of an engine do
        pickle.loads(packed)(row)
        gc.collect()
    with pytest.raises(grokcall.BudgetReachedError):
        pickle.loads(packed)(row)
    other = Lookup(ASK, dedupe=False, max_calls=3)
    other(row)
    other.close()
    assert len(service.asked) == 4
    with step:
        step._connected()


def test_a_connection_that_nobody_holds_is_closed_after_a_while(service):
    connections = ProcessConnections(idle_seconds=0.05)
    made = connections.hold(("k",), grokcall.connect)
    assert connections.hold(("k",), grokcall.connect) is made
    connections.let_go(("k",), made, at_once=False)
    connections.let_go(("k",), made, at_once=False)
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join(300)
    assert made.closed
    again = connections.hold(("k",), grokcall.connect)
    assert again is not made
    connections.let_go(("k",), again, at_once=True)
    assert again.closed


def test_one_that_is_taken_up_again_in_time_stays_open():
    connections = ProcessConnections(idle_seconds=3600)
    made = connections.hold(("k",), grokcall.connect)
    connections.let_go(("k",), made, at_once=False)
    assert connections.hold(("k",), grokcall.connect) is made
    assert not made.closed
    connections.let_go(("k",), made, at_once=True)


def forked(step: Lookup, told: multiprocessing.SimpleQueue) -> None:
    told.put(results([step(batches(1)[0])]))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_step_that_has_run_goes_on_in_the_child_of_a_fork():
    with Lookup(ASK, fields=["Response_Result"]) as step:
        assert results([step(batches(1)[0])]) == ["B0R0"]
        context = multiprocessing.get_context("fork")
        told = context.SimpleQueue()
        child = context.Process(target=forked, args=(step, told))
        child.start()
        child.join(120)
        assert child.exitcode == 0
        assert told.get() == ["B0R0"]
        assert results([step(batches(2)[1])]) == ["B1R0"]


LEFT_OPEN = """
import sys, grokcall, pyarrow as pa
step = grokcall.Lookup("CALL GenerateResponse(:body)", fields=["Response_Result"])
print(step(pa.table({"body": ["hi"]}))["Response_Result"].to_pylist())
if sys.argv[1] == "dropped":
    del step
"""


@pytest.mark.parametrize("end", ["dropped", "held"])
def test_a_process_ends_that_has_not_closed_its_step(end):
    done = subprocess.run([sys.executable, "-c", LEFT_OPEN, end], capture_output=True, text=True, timeout=400)
    assert (done.returncode, done.stdout, done.stderr) == (0, "['HI']\n", "")
