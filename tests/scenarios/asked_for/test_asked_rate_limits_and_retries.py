"""Rate limits and failures that pass are waited out in one place, and no row that was paid for is thrown away."""

from __future__ import annotations

import signal
import time

import pytest
from commanding import ASK, numbered, start, sums, tickets

import grokcall
from grokcall.sandbox import SANDBOX_KEY, Sandbox
from scripted_service import Answer, answered, refused


def refusing(which, answer):
    """Gives this answer to the requests of these numbers, from 1, and capitals to the others."""
    seen = []

    def script(asked):
        seen.append(asked)
        return answer if len(seen) in which else answered(asked.text.upper())

    return script


def test_a_refusal_at_row_150_throws_none_of_the_149_paid_rows_away(service, connecting):
    service.script = refusing({150}, refused(429, "Slow down.", retry_after="1"))
    bodies = [f"ticket {number}" for number in range(200)]
    result = connecting(concurrency=4).lookup(ASK, numbered(bodies))
    assert result.rows["Response_Result"].to_pylist() == [body.upper() for body in bodies]
    assert len(service.texts) == 201, "only the refused request was sent again"
    (repeated,) = {text for text in service.texts if service.texts.count(text) == 2}
    first, second = (asked.time for asked in service.asked if asked.text == repeated)
    assert second - first >= 1, "Retry-After was not waited out"


def test_a_long_wait_can_be_cancelled(service, tmp_path):
    service.script = lambda asked: refused(429, "Slow down.", retry_after="250")
    source = tickets(tmp_path, ["one", "two"])
    with start(service, "lookup", source, ASK, "-o", tmp_path / "answers.csv") as process:
        deadline = time.monotonic() + 240
        while not service.asked and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)
        told = time.monotonic()
        process.send_signal(signal.SIGINT)
        try:
            _, err = process.communicate(timeout=240)
        finally:
            process.kill()
    assert time.monotonic() - told < 25
    assert (process.returncode, "Traceback" in err) == (130, False)


def test_a_single_call_that_is_refused_for_its_rate_is_tried_again_without_asking(service, connection):
    service.script = refusing({1, 2}, refused(429, "Slow down."))
    assert connection.execute("CALL GenerateResponse('hello')").fetchone()[0] == "HELLO"
    assert len(service.asked) == 3


def test_after_one_refusal_everybody_waits_and_nobody_burns_tries(service, connecting):
    service.script = refusing({10}, refused(429, "Slow down.", retry_after="1"))
    result = connecting(concurrency=8).lookup(ASK, numbered(f"ticket {n}" for n in range(60)), call_columns=True)
    attempts = result.rows["Call_Attempts"].to_pylist()
    assert (len(attempts), sum(attempts)) == (60, 61)
    times = [asked.time for asked in service.asked]
    refused_at = times[9]
    in_the_pause = [at for at in times[10:] if refused_at + 0.3 < at < refused_at + 1]
    assert in_the_pause == [], "somebody went on sending while the service had asked to wait"


def test_a_thousand_rows_pass_under_a_limit_that_the_service_keeps(tmp_path):
    source = str(tickets(tmp_path, sums(1000)))
    with (
        Sandbox(profile="ratelimit:rps=500") as sandbox,
        grokcall.connect(api_key=SANDBOX_KEY, base_url=sandbox.base_url) as connection,
    ):
        result = connection.lookup(ASK, source, fields=["Response_Result"])
        statuses = sandbox.stats()["by_status"]
        assert len(sandbox.ledger()) == 1000
    assert result.rows["Response_Result"].to_pylist() == [str(2 * number) for number in range(1000)]
    assert statuses.get("429", 0) < 100, "the limit was run into again and again"


def test_a_pace_of_one_s_own_is_kept(service, connecting):
    bodies = [f"ticket {number}" for number in range(50)]
    assert connecting(requests_per_second=25).lookup(ASK, numbered(bodies)).summary.ok == 50
    times = sorted(asked.time for asked in service.asked)
    assert all(later - first > 0.7 for first, later in zip(times, times[26:], strict=False))


@pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
def test_tries_do_not_multiply_from_layer_to_layer(service, connecting, transport):
    service.script = lambda asked: refused(503, "Overloaded.")
    result = connecting(max_attempts=3, transport=transport).lookup(ASK, numbered(["one"]))
    assert len(service.asked) == 3
    assert result.errors["Call_Attempts"].to_pylist() == [3]


def test_what_the_model_may_have_begun_to_write_is_not_asked_for_again(service, connection):
    service.script = refusing({1}, Answer(cut=True))
    result = connection.lookup(ASK, numbered(["one"]))
    assert len(service.asked) == 1
    (failed,) = result.errors.to_pylist()
    assert (failed["Call_ErrorCode"], failed["Call_Retryable"]) == ("connection_cut", True)


def test_only_the_failed_rows_are_sent_again_when_the_same_lookup_is_run_again(service, connecting, tmp_path):
    bodies = [f"ticket {number}" for number in range(30)]
    connection, journal = connecting(max_attempts=1), tmp_path / "run.journal"
    service.script = refusing(range(11, 16), refused(503, "Overloaded."))
    first = connection.lookup(ASK, numbered(bodies), journal=journal)
    assert (first.rows.num_rows, first.errors.num_rows) == (25, 5)
    service.asked.clear()
    second = connection.lookup(ASK, numbered(bodies), journal=journal)
    assert sorted(service.texts) == sorted(first.errors["body"].to_pylist())
    assert second.rows["Response_Result"].to_pylist() == [body.upper() for body in bodies]
