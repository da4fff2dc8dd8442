"""Streams of lookups that nobody closes: dropped ones make no more calls, and nothing waits for them."""

from __future__ import annotations

import gc

import pytest

from scripted_service import Service, answered

ASK = "CALL GenerateResponse(:m)"


@pytest.mark.parametrize("has_journal", [False, True])
def test_a_dropped_stream_makes_no_more_calls(connecting, service: Service, tmp_path, has_journal):
    service.script = lambda asked: answered(asked.text, delay=0.01)
    connection = connecting(concurrency=2)
    journal = tmp_path / "answers.journal" if has_journal else None
    rows = [{"m": str(number)} for number in range(3000)]
    for _ in connection.lookup_stream(ASK, rows, journal=journal):
        break
    gc.collect()
    asked = service.calm(0.5)
    assert asked < 3000
    assert connection.execute(ASK, {"m": "next"}).fetchone()[0] == "next"
    assert len(service.asked) == asked + 1
    if has_journal:  # it was let go as well
        assert connection.lookup(ASK, rows[:asked], journal=journal).rows.num_rows == asked


def test_a_stream_that_is_held_goes_on(connection, service: Service):
    stream = connection.lookup_stream(ASK, [{"m": str(number)} for number in range(600)])
    first = next(iter(stream))[0].num_rows
    gc.collect()
    assert first + sum(output.num_rows for output, _ in stream) == 600


def test_a_connection_closes_while_a_stream_is_left_open(connecting, service: Service):
    service.script = lambda asked: answered(asked.text, delay=60.0 if int(asked.text) > 400 else 0.0)
    connection = connecting(concurrency=4)
    stream = connection.lookup_stream(ASK, [{"m": str(number)} for number in range(600)])
    next(iter(stream))
    connection.close()
    assert connection.closed
