"""CreateRealtimeToken: what is sent, what is made of the reply, and a token of the sandbox."""

from __future__ import annotations

import datetime

import pytest
from stepping import bind, run

import grokcall
from grokcall_procedures import BadValueError, FailedReplyError, MalformedReplyError

MADE = {"value": "xai-realtime-client-secret-1234", "expires_at": 1_800_000_000}


def test_a_token_is_asked_for_once_with_its_life_and_no_session():
    done = run("CALL CreateRealtimeToken(300)", [MADE])

    (request,) = done.requests
    assert (request.method, request.path, request.once) == ("POST", "/realtime/client_secrets", True)
    assert done.body() == {"expires_after": {"seconds": 300}}
    assert done.rows == [(MADE["value"], datetime.datetime(2027, 1, 15, 8, tzinfo=datetime.UTC))]


def test_it_is_good_for_ten_minutes_unless_another_time_is_given():
    assert run("CALL CreateRealtimeToken()", [MADE]).body() == {"expires_after": {"seconds": 600}}


def test_a_session_is_sent_where_a_model_is_named():
    done = run("CALL CreateRealtimeToken(Model => 'grok-voice-latest')", [MADE])
    assert done.body()["session"] == {"model": "grok-voice-latest"}
    done = run("CALL CreateRealtimeToken(Model => 'grok-voice-latest', ReasoningEffort => 'high')", [MADE])
    assert done.body()["session"] == {"model": "grok-voice-latest", "reasoning": {"effort": "high"}}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [("0", "must be 1 to 3600"), ("3601", "must be 1 to 3600"), ("ReasoningEffort => 'high'", "needs Model")],
)
def test_what_the_service_would_refuse_is_refused_before(arguments, words):
    with pytest.raises(BadValueError, match=words):
        bind(f"CALL CreateRealtimeToken({arguments})")


@pytest.mark.parametrize("answer", [{}, {"value": ""}, {"value": 5}, b"xai-realtime-client-secret-1234"])
def test_a_reply_without_a_token_is_an_error_that_shows_nothing_of_it(answer):
    error = run("CALL CreateRealtimeToken()", [answer]).error
    assert isinstance(error, MalformedReplyError)
    assert "call CreateRealtimeToken again" in str(error)
    assert "secret-1234" not in str(error)


def test_a_failure_stated_with_success_is_an_error_of_the_call():
    assert isinstance(run("CALL CreateRealtimeToken()", [{"error": "no"}]).error, FailedReplyError)


def test_the_sandbox_gives_tokens_that_differ_and_end(on_sandbox: grokcall.Connection):
    first, second = (on_sandbox.execute("CALL CreateRealtimeToken(60)").fetchone() for _ in range(2))
    assert first[0].startswith("xai-realtime-client-secret-")
    assert first[0] != second[0]
    assert first[1] - datetime.datetime.now(datetime.UTC) < datetime.timedelta(seconds=61)
