"""A lookup that is killed and run again ends as if nothing had been, and pays again only for what was in flight."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from kill import killed_run
from surfaces import CONCURRENCY, SURFACES, struck
from tool_kill import killed_rounds


def test_a_killed_lookup_continues_without_paying_again(tmp_path):
    found = killed_run(tmp_path, rows=400, kills=4, seed=4)
    assert found.kills >= 3
    assert found.equal, "the output differs from that of an undisturbed run"
    assert found.billed == found.rows + found.twice
    assert found.twice <= found.in_doubt <= found.kills * found.concurrency
    assert found.unexplained == 0, "a request was billed again that was not in flight at a kill"
    assert found.unanswered == 0
    assert found.left == []


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
def test_whatever_is_struck_pays_again_only_for_what_was_in_flight_and_loses_no_row(tmp_path, surface):
    found = struck(surface, tmp_path, kills=2, seed=1)
    assert found.strikes >= 1
    assert (found.again, found.lost) == (0, 0)
    if surface.signal is signal.SIGKILL:
        assert found.billed <= surface.rows + found.strikes * CONCURRENCY


def test_a_killed_loop_of_tools_pays_for_no_round_twice_but_those_in_flight(tmp_path, monkeypatch):
    benchmarks = Path(__file__).parents[2] / "benchmarks"
    monkeypatch.setenv("PYTHONPATH", str(benchmarks))  # where the command finds the tool
    found = killed_rounds(tmp_path, rows=60, rounds=5, kills=4, seed=1)
    assert found.kills >= 2
    assert found.equal, "the answers differ from those of an undisturbed run"
    assert (found.unexplained, found.unanswered) == (0, 0)
    assert found.sound(60, 5)
