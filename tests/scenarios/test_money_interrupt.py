"""A lookup that is told to stop says how to continue, and what it had paid for is not paid for again."""

from __future__ import annotations

import signal
import time

import pytest
from paying import ASK, ran, source_file, started, sums, times_billed

from grokcall.sandbox import Sandbox

CONCURRENCY = 8


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_lookup_continues_where_it_was(tmp_path, number):
    source, journal, output = source_file(tmp_path, sums(300)), tmp_path / "run.journal", tmp_path / "out.csv"
    command = ["lookup", source, ASK, "-o", output, "--journal", journal, "--fields", "Response_Result"]
    command += ["--concurrency", CONCURRENCY]
    with Sandbox(profile="latency:low=0.02,high=0.05") as sandbox:
        with started(sandbox, *command) as process:
            deadline = time.monotonic() + 240
            while sandbox.stats()["requests"] < 40 and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.002)
            process.send_signal(number)
            try:
                _, err = process.communicate(timeout=240)
            finally:
                process.kill()
        assert process.returncode == 130
        assert "Traceback" not in err
        assert "grokcall: interrupted\n" in err
        assert "run the same command again to continue" in err
        assert not output.exists()
        assert 40 <= len(sandbox.ledger()) < 300

        assert ran(sandbox, *command).code == 0
        times = times_billed(sandbox.ledger())
    assert len(times) == 300
    assert sum(times.values()) - 300 <= CONCURRENCY, "more was paid for again than what was in flight"
    assert output.read_text().splitlines()[1:] == [f"{row['id']},{row['body']},{4 * row['id']}" for row in sums(300)]
