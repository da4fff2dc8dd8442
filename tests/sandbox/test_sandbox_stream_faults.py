"""Each way in which a stream can go wrong, and what the connector makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

import grokcall
from grokcall.sandbox import SANDBOX_KEY, Sandbox

ASK = "CALL GenerateResponse('Say good morning', Model => 'grok-4.3', Store => false)"
ALL = (
    (ASK, "Response_Result"),
    ("CALL CreateChatCompletion('grok-4.3', 'Say good morning')", "Completion_Content"),
    ("CALL CreateMessage('Say good morning', 'grok-4.3')", "Message_Content"),
)
Connect = Callable[..., tuple[grokcall.Connection, Sandbox]]


@pytest.fixture
def at_fault() -> Iterator[Connect]:
    with ExitStack() as stack:

        def connect(profile: str, **options: object) -> tuple[grokcall.Connection, Sandbox]:
            sandbox = stack.enter_context(Sandbox(profile=profile))
            given = {"api_key": SANDBOX_KEY, "base_url": sandbox.base_url, **options}
            return stack.enter_context(grokcall.connect(**given)), sandbox

        yield connect


@pytest.mark.parametrize("how", ["reset", "close"])
@pytest.mark.parametrize(("call", "_column"), ALL)
def test_a_stream_that_is_cut_is_billed_and_is_no_answer(at_fault, how, call, _column):
    connection, sandbox = at_fault(f"stream-cut:events=3,how={how}")
    stream = connection.stream(call)
    with pytest.raises(grokcall.StreamCutError):
        list(stream)
    assert stream.usage.unpriced == 1
    assert len(sandbox.ledger()) == 1


def test_a_stored_answer_whose_stream_was_cut_is_fetched(at_fault):
    connection, sandbox = at_fault("stream-cut:events=4")
    stream = connection.stream("CALL GenerateResponse('Say good morning')")
    list(stream)
    assert stream.text == stream.result["Response_Result"] == "good morning"
    assert stream.usage.unpriced == 0
    (entry,) = sandbox.ledger()
    assert round(stream.usage.cost_usd * 10**10) == entry["ticks"]


def test_a_failure_is_asked_again_before_the_first_piece_only(at_fault):
    connection, sandbox = at_fault("stream-error:events=1,code=overloaded,times=1")
    stream = connection.stream(ASK)
    list(stream)
    assert stream.text == "good morning"
    connection, sandbox = at_fault("stream-error:events=12,code=overloaded,times=1")
    with pytest.raises(grokcall.ServerFailureError):
        list(connection.stream(ASK))
    assert len(sandbox.ledger()) == 1


def test_silence_ends_an_answer_when_it_is_too_long(at_fault):
    connection, _ = at_fault("stream-silence:events=4,seconds=0.5", idle_timeout=20)
    assert connection.stream(ASK).close() is None
    stream = connection.stream(ASK)
    list(stream)
    assert stream.text == "good morning"
    connection, _ = at_fault("stream-silence:events=4,seconds=30", idle_timeout=0.5)
    with pytest.raises(grokcall.StreamCutError, match="No byte came"):
        list(connection.stream(ASK))


@pytest.mark.parametrize("profile", ["stream-lines", "stream-lines:ends=cr", "stream-lines:ends=crlf,split=5"])
@pytest.mark.parametrize(("call", "column"), ALL)
def test_other_line_ends_and_split_frames_change_nothing(at_fault, profile, call, column):
    connection, _ = at_fault(profile)
    stream = connection.stream(call)
    list(stream)
    assert stream.result[column] == stream.text == "good morning"


@pytest.mark.parametrize(("call", "_column"), ALL)
def test_a_stream_without_its_last_event_is_no_answer(at_fault, call, _column):
    connection, _ = at_fault("stream-unended")
    with pytest.raises(grokcall.StreamCutError, match="without its last event"):
        list(connection.stream(call))


def test_replies_that_come_whole_are_left_as_they_are(at_fault):
    connection, _ = at_fault("stream-cut+stream-unended+stream-error")
    assert connection.execute(ASK).fetchone()[0] == "good morning"
