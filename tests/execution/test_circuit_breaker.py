"""Runs that cannot succeed end after a few calls, with one message; those that can are not ended by a bad moment."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable

import pytest

import grokcall
from scripted_service import Answer, Asked, answered, refused

ASK = "CALL GenerateResponse(:q)"
ROWS = 400
FEW = 100
"""Calls that may be made before a run is given up; those that fail at once are no more than a few dozen."""

PACE = "Too many requests for team x and model grok-4.3. Your team's rate limit is — Requests per Second"
HOPELESS: dict[str, tuple[Answer, type[grokcall.Error]]] = {
    "answers are lost": (Answer(cut=True), grokcall.ConnectionCutError),
    "failures": (refused(503, "Overloaded."), grokcall.ServerFailureError),
    "failures in plain text": (Answer(b"error code: 520", 520), grokcall.ServerFailureError),
    "failures with a wait": (refused(503, "Overloaded.", retry_after="1"), grokcall.ServerFailureError),
    "a rate that nobody knows": (refused(429, "Go away."), grokcall.RateLimitedError),
    "a quota of nothing": (refused(429, f"{PACE} (actual/limit): 0/0."), grokcall.PermissionDeniedError),
    "a free quota used up": (
        refused(429, "Free usage quota exceeded. Purchase credits"),
        grokcall.CreditsExhaustedError,
    ),
    "pages": (Answer(b"<!doctype html><html><title>Welcome</title></html>"), grokcall.MalformedReplyError),
    "pages that are not there": (Answer(b"<html><title>404</title></html>", 404), grokcall.NotFoundError),
    "another service": (Answer(b'{"detail":"Not Found"}', 404), grokcall.NotFoundError),
    "a firewall": (Answer(b"<html><title>Blocked</title></html>", 403), grokcall.PermissionDeniedError),
    "a schema too large": (refused(503, "Grammar is too complex.", "unavailable"), grokcall.InvalidRequestError),
    "a schema refused": (
        refused(400, "Invalid request content: Schema validation failed: [standard_violation] /properties/a"),
        grokcall.InvalidRequestError,
    ),
    "a parameter refused": (
        refused(400, "This model does not support `reasoning_effort` value `none`."),
        grokcall.InvalidRequestError,
    ),
    "the word of 2025 in a success": (
        Answer(json.dumps({"code": "The service is currently unavailable", "error": "Later."}).encode()),
        grokcall.ServerFailureError,
    ),
}


def numbered(count: int, **more: str) -> list[dict[str, str]]:
    return [{"q": f"row {number}", **more} for number in range(count)]


def ended(connection: grokcall.Connection, ask: str = ASK, rows: list[dict[str, str]] | None = None):
    """How a lookup of many rows ends early, and how many rows it had reached."""
    stream = connection.lookup_stream(ask, rows or numbered(ROWS))
    with stream, pytest.raises(grokcall.Error) as error:
        for _ in stream:
            pass
    return error.value, stream.summary.rows


@pytest.mark.parametrize("kind", HOPELESS)
def test_a_run_that_cannot_succeed_ends_after_a_few_calls(connecting, service, kind):
    answer, error = HOPELESS[kind]
    service.script = lambda asked: answer
    found, reached = ended(connecting())
    assert type(found) is error
    assert reached <= len(service.asked) <= FEW


def test_calls_that_are_never_answered_are_not_waited_for_one_after_the_other(connecting, service):
    service.script = lambda asked: answered("too late", delay=60)
    found, reached = ended(connecting(timeout=0.5))
    assert isinstance(found, grokcall.ReadTimeoutError)
    assert reached <= len(service.asked) <= 64, "only what was in flight when the first few had waited in vain"


@pytest.mark.parametrize("concurrency", [1, 2])
def test_a_few_calls_that_are_never_answered_are_enough_where_few_run_at_a_time(connecting, service, concurrency):
    service.script = lambda asked: answered("too late", delay=60)
    found, _ = ended(connecting(timeout=0.2, concurrency=concurrency))
    assert isinstance(found, grokcall.ReadTimeoutError)
    assert len(service.asked) <= 5


@pytest.mark.parametrize("rows", [70, 2000])
def test_where_packets_are_dropped_the_tries_of_one_row_are_enough(connecting, rows):
    with socket.socket() as deaf:  # takes connections, and TLS never comes about
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(2000)
        address = f"https://127.0.0.1:{deaf.getsockname()[1]}/v1"
        found, reached = ended(connecting(base_url=address, connect_timeout=0.2), rows=numbered(rows))
    assert isinstance(found, grokcall.NotSentError)
    assert reached <= 64


def test_rows_that_were_not_reached_are_in_no_result(connecting, service):
    service.script = lambda asked: refused(503, "Overloaded.")
    with pytest.raises(grokcall.ServerFailureError) as error:
        connecting().lookup(ASK, numbered(ROWS))
    result = error.value.result
    assert result.rows.num_rows == 0
    assert 8 <= result.errors.num_rows <= FEW
    assert set(result.errors["Call_ErrorCode"].to_pylist()) == {"server"}
    assert sum(result.errors["Call_Attempts"].to_pylist()) == len(service.asked)


def test_executemany_ends_as_soon(connecting, service):
    service.script = lambda asked: Answer(cut=True)
    with connecting().cursor() as cursor, pytest.raises(grokcall.ConnectionCutError):
        cursor.executemany(ASK, numbered(ROWS))
    assert len(service.asked) <= FEW


# The other way -------------------------------------------------------------------------------------------------------


def after(count: int, failure: Answer, first: int = 0) -> Callable[[Asked], Answer]:
    """Answers, but for so many requests in a row from a certain one on."""
    told = [0]

    def script(asked: Asked) -> Answer:
        told[0] += 1
        return failure if first < told[0] <= first + count else answered(asked.text.upper())

    return script


@pytest.mark.parametrize("concurrency", [4, 64])
@pytest.mark.parametrize("failure", ["answers are lost", "failures", "pages", "a firewall", "another service"])
def test_a_bad_beginning_costs_only_the_rows_it_struck(connecting, service, failure, concurrency):
    service.script = after(10, HOPELESS[failure][0])
    result = connecting(max_attempts=1, concurrency=concurrency).lookup(ASK, numbered(ROWS))
    assert (result.rows.num_rows, result.errors.num_rows) == (ROWS - 10, 10)


@pytest.mark.parametrize("failure", ["answers are lost", "pages", "a firewall", "another service"])
def test_a_bad_moment_in_the_midst_costs_only_the_rows_it_struck(connecting, service, failure):
    service.script = after(60, HOPELESS[failure][0], first=100)
    result = connecting(max_attempts=1, concurrency=4).lookup(ASK, numbered(ROWS))
    assert (result.rows.num_rows, result.errors.num_rows) == (ROWS - 60, 60)


def test_failures_that_are_waited_out_cost_no_row(connecting, service):
    service.script = after(30, refused(503, "Overloaded."))
    assert connecting().lookup(ASK, numbered(ROWS)).summary.ok == ROWS


def test_a_slow_answer_behind_failures_is_waited_for(connecting, service):
    def script(asked):
        return answered("fine", delay=1.5) if asked.text in {"row 1", "row 2"} or len(service.asked) > 20 else cut

    cut = Answer(cut=True)
    service.script = script
    result = connecting().lookup(ASK, numbered(60))
    assert result.rows.num_rows + result.errors.num_rows == 60
    assert result.errors.num_rows <= 20


# Whose fault it is ---------------------------------------------------------------------------------------------------

SENTENCES = [
    "Incorrect API key provided.",
    "Your team x has either used all available credits or reached its monthly spending limit.",
    "Free usage quota exceeded. Purchase credits",
    "Model not found: grok-9",
    "No handler found on route.",
    "Grammar is too complex.",
    "Invalid request content: Schema validation failed: [standard_violation] /properties/a",
    "Live search is deprecated.",
    f"{PACE} (actual/limit): 0/0.",
]


def test_a_refusal_that_quotes_a_row_concerns_that_row_alone(connecting, service, tmp_path):
    def script(asked):
        quoted = asked.text.removeprefix("What does it mean: ")
        return (
            refused(400, f'Invalid request content: "{quoted}" cannot be processed.') if quoted in SENTENCES else fine
        )

    fine = answered("fine")
    service.script = script
    rows = [*numbered(20), *({"q": f"What does it mean: {words}"} for words in SENTENCES), *numbered(20)]
    journal = tmp_path / "rows.journal"
    for _ in range(2):
        result = connecting(concurrency=2).lookup(ASK, rows, journal=journal)
        assert (result.rows.num_rows, result.errors.num_rows) == (40, len(SENTENCES))
        assert set(result.errors["Call_ErrorCode"].to_pylist()) == {"invalid_request"}
    assert len(service.asked) == 20 + len(SENTENCES), "neither the answers nor the refusals were asked for again"


def test_a_model_without_quota_pauses_no_other(connecting, service):
    def script(asked):
        none = refused(429, f"{PACE} (actual/limit): 0/0.")
        return none if asked.json["model"] == "grok-none" else answered("fine")

    service.script = script
    rows = [{"q": f"row {n}", "model": "grok-none" if n % 2 else "grok-4.3"} for n in range(12)]
    result = connecting(concurrency=1).lookup("CALL GenerateResponse(:q, Model => :model)", rows)
    assert (result.rows.num_rows, result.errors.num_rows) == (6, 6)
    assert set(result.errors["Call_Attempts"].to_pylist()) == {1}
    assert len(service.asked) == 12


@pytest.mark.parametrize(
    ("ask", "refusal"),
    [
        ("CALL ClassifyText(:q, :own)", refused(503, "Grammar is too complex.")),
        ("CALL ClassifyText(:q, :own)", HOPELESS["a schema refused"][0]),
        ("CALL GenerateResponse(:q, Model => :own)", refused(400, "Model not found: x")),
        ("CALL Mine(:q, :own)", refused(400, "Model not found: x")),
        ("CALL RawRequest('/responses', Body => :body)", refused(400, "Model not found: x")),
        ("CALL RawRequest('/responses', Body => :body)", refused(503, "Grammar is too complex.")),
        ("CALL RawRequest('/responses', Body => :body)", refused(410, "Live search is deprecated.")),
        ("CALL RawRequest(:path, Body => :body)", refused(404, "No handler found on route.")),
    ],
)
def test_what_each_row_brings_itself_is_its_own_fault(connecting, service, ask, refusal):
    service.script = lambda asked: refusal if "row 3" in asked.text else answered('{"label":"a","category":"a"}')
    connection = connecting(concurrency=1)
    connection.execute("CREATE PROCEDURE Mine(Q VARCHAR, M VARCHAR) AS CALL GenerateResponse(:Q, Model => :M)")
    rows = [
        {"q": f"row {n}", "own": "a,b", "path": "/responses", "body": json.dumps({"model": "m", "input": f"row {n}"})}
        for n in range(6)
    ]
    stream = connection.lookup_stream(ask, rows, allow_changes=True)
    with stream:
        for _ in stream:
            pass
    assert stream.summary.rows == 6
    assert len(service.asked) == 6
