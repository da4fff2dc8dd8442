"""What was answered is paid for once: equal rows share a request, a journal keeps answers, failures are tried again."""

from __future__ import annotations

import pytest
from paying import ASK, connected, ran, source_file, sums, times_billed

from grokcall.journal import Journal
from grokcall.sandbox import Sandbox


@pytest.mark.parametrize("profile", [None, "latency:seconds=0.1"])
def test_equal_rows_share_one_request_also_while_it_is_under_way(profile):
    with Sandbox(profile=profile) as sandbox, connected(sandbox, concurrency=300) as connection:
        result = connection.lookup(ASK, sums(300, distinct=30), call_columns=True)
        assert set(times_billed(sandbox.ledger()).values()) == {1}
        assert len(sandbox.ledger()) == 30
    assert (result.summary.ok, result.summary.cached, result.summary.calls) == (30, 270, 30)
    assert result.rows.column("Response_Result").to_pylist() == [str(4 * (number % 30)) for number in range(300)]


def test_each_row_has_a_request_of_its_own_where_that_is_asked_for(tmp_path):
    with Sandbox() as sandbox, connected(sandbox) as connection:
        connection.lookup(ASK, sums(300, distinct=30), dedupe=False)
        assert len(sandbox.ledger()) == 300
        for _ in range(2):  # the second time the journal has an answer for each
            connection.lookup(ASK, sums(300, distinct=30), dedupe=False, journal=tmp_path / "run.journal")
            assert set(times_billed(sandbox.ledger()).values()) == {20}


def test_a_failure_is_no_answer_for_an_equal_row():
    profile = "server-errors:share=1,times=1"
    with Sandbox(profile=profile) as sandbox, connected(sandbox, max_attempts=1) as connection:
        result = connection.lookup(ASK, sums(3, distinct=1), concurrency=1)
    assert result.errors.column("id").to_pylist() == [0]
    assert (result.summary.ok, result.summary.cached) == (1, 1)


def test_a_rerun_sends_only_what_failed(tmp_path):
    journal = tmp_path / "run.journal"
    profile = "server-errors:share=0.5,times=20"
    with Sandbox(profile=profile) as sandbox, connected(sandbox, max_attempts=1) as connection:
        first = connection.lookup(ASK, sums(100), journal=journal)
        assert (first.summary.ok, first.summary.failed) == (80, 20)
        sent = sandbox.stats()["requests"]
        second = connection.lookup(ASK, sums(100), journal=journal)
        assert sandbox.stats()["requests"] - sent == 20
        assert len(sandbox.ledger()) == 100
    assert (second.summary.cached, second.summary.ok, second.summary.failed) == (80, 20, 0)
    assert second.rows.column("Response_Result").to_pylist() == [str(4 * number) for number in range(100)]


def test_what_failed_for_good_is_sent_again_only_when_asked_for(tmp_path):
    source, journal, output = source_file(tmp_path, sums(40)), tmp_path / "run.journal", tmp_path / "out.csv"
    command = ["lookup", source, ASK, "-o", output, "--journal", journal, "--fields", "Response_Result"]
    with Sandbox(profile="moderation:share=1,times=10") as sandbox:
        assert ran(sandbox, *command).code == 1
        assert sandbox.stats()["by_status"] == {"200": 30, "403": 10}
        assert ran(sandbox, *command).code == 1
        assert sandbox.stats()["requests"] == 40
        assert ran(sandbox, *command, "--retry-failed").code == 0
        assert sandbox.stats()["by_status"] == {"200": 40, "403": 10}
        assert set(times_billed(sandbox.ledger()).values()) == {1}
    assert len(output.read_text().splitlines()) == 41


def test_a_journal_that_another_process_holds_is_one_line_and_nothing_is_sent(tmp_path):
    source, journal = source_file(tmp_path, sums(5)), tmp_path / "run.journal"
    with Sandbox() as sandbox, Journal(journal):
        refused = ran(sandbox, "lookup", source, ASK, "-o", tmp_path / "out.csv", "--journal", journal)
        assert sandbox.stats()["requests"] == 0
    assert refused.code not in (0, 130)
    assert "Traceback" not in refused.err
    assert f"grokcall: the journal {journal}" in refused.err
    assert not (tmp_path / "out.csv").exists()
