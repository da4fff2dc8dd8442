"""Limits over real sockets: what the service says is heeded by all lookups of a connection together."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress

import pytest

import grokcall
from enforcing_service import most_in
from scripted_service import Answer, answered, refused

BUSY = 2
"""So many more may arrive within a second than have left within one, when the machine is busy."""
A_FEW = 18
"""Refusals of 180 requests that a busy machine may bring together; without any pace there are 120."""

ASK = "CALL GenerateResponse(:Message)"


def numbered(count: int) -> list[dict[str, str]]:
    return [{"Message": str(number)} for number in range(count)]


class Enforcing:
    """A script that allows so many requests in any second."""

    def __init__(self, limit: int, *, announce: bool = False, refills: bool = False, **headers: str) -> None:
        self.limit = limit
        self.refills = refills
        self.announce = announce
        self.headers = headers
        self.recent: deque[float] = deque()
        self.total = 0
        self.refused: list[float] = []
        self.let_through: list[float] = []

    def __call__(self, asked) -> Answer:
        now = time.monotonic()
        while self.recent and self.recent[0] <= now - 1.0:
            self.recent.popleft()
        self.recent.append(now)
        self.total += 1
        if len(self.recent) > self.limit:
            self.refused.append(now)
            text = f"Your team's rate limit is — Requests per Second (actual/limit): {len(self.recent)}/{self.limit}."
            return refused(429, f"Too many requests for team 1. {text}", **self.headers)
        self.let_through.append(now)
        answer = answered(asked.text, delay=0.02)
        if self.announce:
            limit = 60 * self.limit
            remaining = limit if self.refills else limit - self.total
            announced = {"x-ratelimit-limit-requests": limit, "x-ratelimit-remaining-requests": remaining}
            headers = {**answer.headers, **{name: str(value) for name, value in announced.items()}}
            return Answer(answer.body, headers=headers, delay=answer.delay)
        return answer


@pytest.mark.parametrize("refills", [False, True])
def test_an_announced_limit_is_kept_without_a_refusal(connecting, service, refills):
    service.script = script = Enforcing(60, announce=True, refills=refills)
    connection = connecting(concurrency=32)
    result = connection.lookup(ASK, numbered(180))
    assert result.summary.ok == 180
    assert len(script.refused) <= A_FEW


def test_two_lookups_learn_a_limit_from_one_refusal(connecting, service):
    service.script = script = Enforcing(60)
    connection = connecting(concurrency=32)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(connection.lookup(ASK, numbered(120)).summary)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert [summary.ok for summary in found] == [120, 120]
    assert 1 <= len(script.refused) <= 40 + A_FEW
    # Whoever was under way when the first refusal came is refused with it; the limit is known from then on.
    later = [moment for moment in script.refused if moment > script.refused[0] + 0.3]
    assert len(later) <= A_FEW


def test_all_calls_of_a_model_pause_as_long_as_the_service_asks(connecting, service):
    service.script = script = Enforcing(20, retry_after="1")
    result = connecting(concurrency=16).lookup(ASK, numbered(40))
    assert result.summary.ok == 40
    begun = script.refused[0]
    assert not [asked for asked in service.asked if begun + 0.1 < asked.time < begun + 0.95]


def test_a_pause_of_one_model_holds_up_no_other(connecting, service):
    def script(asked):
        if asked.json["model"] == "busy" and len(service.asked) == 1:
            return refused(429, "Too many requests for team 1.", retry_after="5")
        return answered(asked.text)

    service.script = script
    connection = connecting(concurrency=4)
    waiting = threading.Thread(target=connection.lookup, args=(f"{ASK[:-1]}, Model => 'busy')", numbered(20)))
    waiting.start()
    while not service.asked:
        time.sleep(0.01)
    connection.lookup(f"{ASK[:-1]}, Model => 'free')", numbered(20))
    assert waiting.is_alive()
    waiting.join(300)
    assert service.texts.count("0") == 3


def test_leaving_a_lookup_that_waits_for_its_turn_leaves_no_trace(connecting, service):
    service.script = script = Enforcing(30, announce=True)
    connection = connecting(concurrency=8)
    with connection.lookup_stream(ASK, numbered(5000)):
        connection.lookup(ASK, numbered(10))
    asked = service.calm()
    assert asked < 200
    assert connection.lookup(ASK, numbered(10)).summary.ok == 10
    assert len(script.refused) <= 2


def test_reading_the_models_is_not_held_up_by_a_pause(connecting, service):
    def script(asked):
        if asked.path.endswith("/models"):
            return Answer(b'{"data":[{"id":"m"}]}')
        return refused(429, "Slow down.", retry_after="20")

    service.script = script
    connection = connecting(concurrency=2)
    stream = connection.lookup_stream(ASK, numbered(10))

    def read() -> None:
        with suppress(grokcall.Error):  # it is stopped in the end
            list(stream)

    reading = threading.Thread(target=read)
    reading.start()
    while not service.asked:
        time.sleep(0.01)
    assert connection.execute("CALL ListModels()").fetchone()[0] == "m"
    assert reading.is_alive()
    stream.close()
    reading.join(5)
    assert not reading.is_alive()


@pytest.mark.parametrize(
    ("options", "most"),
    [
        ({"requests_per_second": 20}, 20),
        ({"requests_per_minute": 1_200}, 20),
        ({"tokens_per_minute": 1_200 * 12}, 23),
    ],
)
def test_all_threads_and_lookups_keep_the_limit_of_the_connection_together(connecting, service, options, most):
    """The service counts; an answer uses 12 tokens, which are known only after the first ones."""
    service.script = lambda asked: answered(asked.text, delay=0.01)
    connection = connecting(concurrency=16, **options)
    connection.execute(ASK, {"Message": "first"})
    begun = len(service.asked)
    threads = [threading.Thread(target=connection.lookup, args=(ASK, numbered(20))) for _ in range(2)]
    threads.append(threading.Thread(target=connection.execute, args=(ASK, {"Message": "one call"})))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    moments = sorted(asked.time for asked in service.asked)[begun:]
    assert len(moments) == 41
    assert most_in(1.0, moments) <= most + BUSY
    assert moments[-1] - moments[0] < 3.5


def test_a_limit_from_the_environment_holds(connecting, service, monkeypatch):
    monkeypatch.setenv("GROKCALL_REQUESTS_PER_SECOND", "20")
    service.script = lambda asked: answered(asked.text)
    assert connecting().lookup(ASK, numbered(30)).summary.ok == 30
    assert most_in(1.0, sorted(asked.time for asked in service.asked)) <= 20 + BUSY


def seconds_for(connection, rows):
    """How long a lookup takes in which every row is answered in the end."""
    started = time.monotonic()
    assert connection.lookup(ASK, rows).summary.ok == len(rows)
    return time.monotonic() - started


def test_refusals_by_chance_do_not_hold_up_the_other_rows(connecting, service):
    """If each refusal paused the rows beside it, they would take at least twenty times as long as without any."""
    tried = set()

    def script(asked):
        is_first = asked.text not in tried
        tried.add(asked.text)
        return (
            refused(429, "At capacity.") if is_first and int(asked.text) % 10 < 3 else answered(asked.text, delay=0.05)
        )

    connection = connecting(concurrency=32)
    service.script = lambda asked: answered(asked.text, delay=0.05)
    usual = seconds_for(connection, numbered(1000))
    service.script = script
    assert seconds_for(connection, numbered(1000)) < 10 + 4 * usual
