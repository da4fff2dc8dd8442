"""A lookup that is killed and run again ends as if nothing had been, and pays again only for what was in flight."""

from __future__ import annotations

from kill import killed_run


def test_a_killed_lookup_continues_without_paying_again(tmp_path):
    found = killed_run(tmp_path, rows=400, kills=4, seed=4)
    assert found.kills >= 3
    assert found.equal, "the output differs from that of an undisturbed run"
    assert found.billed == found.rows + found.twice
    assert found.twice <= found.in_doubt <= found.kills * found.concurrency
    assert found.unexplained == 0, "a request was billed again that was not in flight at a kill"
    assert found.unanswered == 0
    assert found.left == []
