"""Refusals with 429: limits per model, storms, spent credits; and the counts that tell of them."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

import grokcall
from grokcall.sandbox import SANDBOX_KEY
from grokcall_sandbox.errors import TEAM_ID
from grokcall_sandbox.faults.limits import Window

LIMITS = "x-ratelimit-"


def test_a_window_forgets_what_is_older_than_it():
    window = Window(1.0)
    for now in (0.0, 0.25, 0.5):
        window.add(now, 2)
    assert [window.used(now) for now in (0.5, 0.99, 1.0, 1.3, 1.5)] == [6, 6, 4, 2, 0]


def test_requests_per_minute_are_refused_beyond_the_limit_and_counted(faulty):
    engine = faulty("ratelimit:rpm=3")
    replies = [engine.ask() for _ in range(5)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429, 429]
    assert [reply.headers[LIMITS + "remaining-requests"] for reply in replies] == ["2", "1", "0", "0", "0"]
    assert {reply.headers[LIMITS + "limit-requests"] for reply in replies} == {"3"}
    told = replies[-1].json()
    assert told["code"] == "resource-exhausted"
    assert told["error"].startswith(
        f"Too many requests for team {TEAM_ID} and model grok-4.3. "
        "Your team's rate limit is — Requests per Minute (actual/limit): 4/3. "
    )
    assert "retry-after" not in replies[-1].headers
    assert len(engine.sandbox.ledger()) == 3
    stats = engine.sandbox.stats()
    assert (stats["requests"], stats["refused"]) == (5, 2)
    assert stats["by_status"] == {"200": 3, "429": 2}


def test_requests_per_second_are_refused_until_the_second_is_over(faulty):
    engine = faulty("ratelimit:rps=4")
    started = time.monotonic()
    replies = [engine.ask() for _ in range(6)]
    if time.monotonic() - started >= 1.0:
        pytest.skip("the machine is too slow for six requests a second")
    assert [reply.status_code for reply in replies] == [200] * 4 + [429] * 2
    assert "Requests per Second (actual/limit): 5/4. " in replies[-1].json()["error"]
    assert [reply.headers[LIMITS + "limit-requests"] for reply in replies] == ["240"] * 6
    assert replies[-1].headers[LIMITS + "remaining-requests"] == "236"
    time.sleep(1.05)
    assert engine.ask().status_code == 200


def test_never_more_requests_get_through_in_a_second_than_the_limit_says(faulty):
    engine = faulty("ratelimit:rps=20")
    with ThreadPoolExecutor(4) as pool:
        sent = pool.map(lambda _: engine.statuses(60), range(4))
        statuses = [status for part in sent for status in part]
    times = [entry["time"] for entry in engine.sandbox.ledger()]
    assert len(times) == statuses.count(200)
    assert statuses.count(429) == 240 - len(times)
    assert all(late - early > 0.99 for early, late in zip(times, times[20:], strict=False))


def test_tokens_per_minute_are_counted_once_they_are_used(faulty):
    engine = faulty("ratelimit:tpm=500")
    used, replies = 0, []
    for _ in range(6):
        replies.append(engine.ask())
        if replies[-1].status_code == 200:
            used += replies[-1].json()["usage"]["total_tokens"]
            assert replies[-1].headers[LIMITS + "remaining-tokens"] == str(max(0, 500 - used))
    assert [reply.status_code for reply in replies] == [200] * 3 + [429] * 3
    assert {reply.headers[LIMITS + "limit-tokens"] for reply in replies} == {"500"}
    assert f"Too many tokens for team {TEAM_ID} and model grok-4.3. " in replies[-1].json()["error"]
    assert f"Tokens per Minute (actual/limit): {used}/500. " in replies[-1].json()["error"]


def test_each_model_has_limits_of_its_own_whatever_it_is_called(faulty):
    engine = faulty("ratelimit:rpm=2")
    names = ["grok-4.3", "grok-4.3-latest", "grok-4-0709", "grok-4.7", "nobody", "nobody", "nobody"]
    assert [engine.ask(model=name).status_code for name in names] == [200, 200, 429, 200, 400, 400, 400]
    spoken = [engine.http.post("/tts", json={"text": "a", "language": "en"}).status_code for _ in range(3)]
    assert spoken == [200, 200, 429]


def test_limits_can_be_kept_silently_and_with_a_time_to_wait(faulty):
    engine = faulty("ratelimit:rpm=1,announce=no,retry_after=7")
    first, second, unknown = engine.ask(), engine.ask(), engine.ask(model="nobody")
    assert (first.status_code, second.status_code) == (200, 429)
    assert not [name for reply in (first, second, unknown) for name in reply.headers if name.startswith(LIMITS)]
    assert ("retry-after" in first.headers, second.headers["retry-after"]) == (False, "7")


def test_a_media_reply_announces_requests_only(faulty):
    engine = faulty("ratelimit:rpm=5")
    made = engine.http.post("/images/generations", json={"model": "grok-imagine-image", "prompt": "a"})
    assert made.headers[LIMITS + "remaining-requests"] == "4"
    assert LIMITS + "limit-tokens" not in made.headers


def test_a_client_gets_all_its_rows_through_a_rate_limit(faulty):
    engine = faulty("ratelimit:rps=25")
    rows = [{"q": f"{number}+1?"} for number in range(30)]
    with grokcall.connect(api_key=SANDBOX_KEY, base_url=engine.sandbox.base_url, max_attempts=20) as connection:
        result = connection.lookup("CALL GenerateResponse(:q)", rows)
    assert (result.rows.num_rows, result.errors.num_rows) == (30, 0)
    assert len(engine.sandbox.ledger()) == 30


def test_a_storm_passes(faulty):
    engine = faulty("storm:every=5,length=2,retry_after=1")
    assert engine.statuses(10) == [200, 200, 200, 429, 429] * 2
    assert len(engine.sandbox.ledger()) == 6
    for _ in range(3):
        engine.ask()
    refused = engine.ask()
    assert refused.headers["retry-after"] == "1"
    assert "rate limit" not in refused.json()["error"]


@pytest.mark.parametrize("status", [429, 403])
def test_credits_are_spent_after_so_many_calls(faulty, status):
    engine = faulty(f"credits:after=2,status={status}")
    assert engine.statuses(4) == [200, 200, status, status]
    told = engine.ask().json()
    assert told["error"].startswith(f"Your team {TEAM_ID} has either used all available credits")
    assert told["code"] == {429: "resource-exhausted", 403: "permission-denied"}[status]
    assert engine.http.get("/models").status_code == 200
    assert len(engine.sandbox.ledger()) == 2


def test_credits_are_spent_after_so_many_ticks(faulty):
    price = faulty(None).ask().json()["usage"]["cost_in_usd_ticks"]
    engine = faulty(f"credits:ticks={2 * price + 1}")
    assert engine.statuses(5) == [200, 200, 200, 429, 429]
    assert faulty("credits").statuses(1) == [429]


def test_spent_credits_end_a_lookup(faulty):
    engine = faulty("credits:after=3")
    rows = [{"q": f"{number}+1?"} for number in range(20)]
    with (
        grokcall.connect(api_key=SANDBOX_KEY, base_url=engine.sandbox.base_url, concurrency=1) as connection,
        pytest.raises(grokcall.CreditsExhaustedError),
    ):
        connection.lookup("CALL GenerateResponse(:q)", rows)
    assert len(engine.sandbox.ledger()) == 3


def test_the_counts_tell_what_is_under_way(faulty):
    engine = faulty("latency:seconds=3")
    root = engine.sandbox.base_url.removesuffix("/v1")
    threads = [threading.Thread(target=engine.ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 240
    while (seen := httpx.get(f"{root}/sandbox/stats").json())["in_flight"] < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (seen["in_flight"], seen["requests"]) == (3, 0)
    for thread in threads:
        thread.join()
    assert engine.sandbox.stats() == {
        "requests": 3,
        "refused": 0,
        "in_flight": 0,
        "peak_in_flight": 3,
        "by_status": {"200": 3},
    }
    engine.sandbox.reset()
    assert engine.sandbox.stats() == {
        "requests": 0,
        "refused": 0,
        "in_flight": 0,
        "peak_in_flight": 0,
        "by_status": {},
    }
