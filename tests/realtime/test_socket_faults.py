"""Each way in which a socket can go wrong, for speech, transcripts and talks, and what the connector makes of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal

import pytest
from talking import turn

import grokcall
from grokcall.errors import error_code
from grokcall.sandbox import SANDBOX_KEY, Sandbox

KINDS = ("speech", "transcription", "talks")
ENOUGH = 60.0
"""Seconds after which a session that has not ended is taken for one that hangs."""
Connect = Callable[..., tuple[grokcall.Connection, Sandbox]]


@pytest.fixture
def at_fault() -> Iterator[Connect]:
    with ExitStack() as stack:

        def connect(profile: str, **options: object) -> tuple[grokcall.Connection, Sandbox]:
            sandbox = stack.enter_context(Sandbox(profile=profile))
            given = {"api_key": SANDBOX_KEY, "base_url": sandbox.base_url, "max_attempts": 1, **options}
            return stack.enter_context(grokcall.connect(**given)), sandbox

        yield connect


@pytest.fixture(scope="module")
def recording(running_sandbox: Sandbox) -> bytes:
    """Three utterances of pcm at 16000."""
    text = "Good morning to you. How are you today? It rains."
    with grokcall.connect(api_key=SANDBOX_KEY, base_url=running_sandbox.base_url) as connection:
        said = connection.execute(f"CALL GenerateAudio('{text}', 'en', NULL, 'pcm', '16000')").fetchone()[0]
    return (said + bytes(64_000)) * 3


class Session:
    """A session of any kind that is driven to its end: what came, what it cost, and what it failed with."""

    def __init__(self, connection: grokcall.Connection, kind: str, recording: bytes) -> None:
        self.came = 0
        self.kept: object = None
        self.cost = Decimal(0)
        self.error: BaseException | None = None
        self._connection = connection
        self._recording = recording
        self._thread = threading.Thread(target=self._run, args=(getattr(self, f"_{kind}"),), daemon=True)
        self._thread.start()
        self._thread.join(ENOUGH)
        assert not self._thread.is_alive(), "it hangs"

    def _run(self, drive: Callable[[], None]) -> None:
        try:
            drive()
        except BaseException as error:
            self.error = error

    def _speech(self) -> None:
        sound = self._connection.speak(
            ["Good morning to you. ", "How are you? ", "It rains. ", "Well. "] * 2, Codec="pcm"
        )
        try:
            for _ in sound:
                self.came += 1
        finally:
            self.kept, self.cost = sound.sound, sound.cost_usd

    def _transcription(self) -> None:
        frames = [self._recording[start : start + 32_000] for start in range(0, len(self._recording), 32_000)]
        words = self._connection.transcribe_stream(frames)
        try:
            for _ in words:
                self.came += 1
        finally:
            self.kept, self.cost = words.text, words.cost_usd

    def _talks(self) -> None:
        session = self._connection.realtime()
        try:
            with session:
                session.say("Say good morning to everybody in this room")
                for event in session:
                    self.came += 1
                    if event.kind == "turn_done":
                        break
        finally:
            self.kept, self.cost = session.turns.to_pylist(), session.cost_usd


def check_books(connection: grokcall.Connection, sandbox: Sandbox, session: Session) -> None:
    """What was spent is counted, at least as much as was billed, and nothing stays reserved."""
    billed = Decimal(sum(entry["ticks"] for entry in sandbox.ledger())).scaleb(-10)
    assert session.cost == connection.budget.spent_usd >= billed - Decimal("1e-9")
    assert connection.budget.in_flight == connection.budget.reserved_ticks == 0


def partial_of(error: BaseException | None) -> object:
    assert isinstance(error, grokcall.StreamCutError)
    assert error_code(error) == "stream_cut"
    return error.partial


@pytest.mark.parametrize("how", ["reset", "close"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_socket_that_is_cut_keeps_what_had_come(at_fault, recording, kind, how):
    events = {"speech": 2, "transcription": 4, "talks": 12}[kind]
    connection, sandbox = at_fault(f"socket-cut:events={events},how={how}")
    session = Session(connection, kind, recording)
    assert "the connection was cut" in str(session.error)
    partial = partial_of(session.error)
    if kind == "talks":
        assert partial.startswith("user: Say good morning to everybody in this room\nassistant: ")
        assert [each["role"] for each in session.kept] == ["user", "assistant"]
    else:
        assert partial == session.kept
        assert session.came == {"speech": 2, "transcription": 1}[kind]
    check_books(connection, sandbox, session)


@pytest.mark.parametrize("kind", KINDS)
def test_a_socket_that_is_cut_before_its_first_event_costs_no_more_than_was_sent(at_fault, recording, kind):
    connection, sandbox = at_fault("socket-cut:events=0")
    session = Session(connection, kind, recording)
    assert not partial_of(session.error)
    assert session.came == 0
    assert kind == "speech" or session.cost == 0
    check_books(connection, sandbox, session)


@pytest.mark.parametrize(("code", "events"), [(1011, 4), (1013, 5), (4000, 4)])
@pytest.mark.parametrize("kind", KINDS)
def test_a_socket_that_the_service_closes_early_says_its_code(at_fault, recording, kind, code, events):
    connection, sandbox = at_fault(f"socket-close:events={events - 2 * (kind == 'speech')},code={code}")
    session = Session(connection, kind, recording)
    partial_of(session.error)
    assert f"closed by the service with {code}" in str(session.error)
    check_books(connection, sandbox, session)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("server_error", grokcall.errors.ServerFailureError),
        ("rate_limit_exceeded", grokcall.RateLimitedError),
        ("insufficient_quota", grokcall.CreditsExhaustedError),
        ("invalid_request_error", grokcall.InvalidRequestError),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_an_event_that_tells_of_an_error_is_raised_as_that_error(at_fault, recording, kind, code, error):
    connection, sandbox = at_fault(f"socket-error:events={1 if kind == 'speech' else 4},code={code}")
    session = Session(connection, kind, recording)
    assert isinstance(session.error, error)
    assert "failed on purpose" in str(session.error)
    if kind == "speech":
        assert session.kept
    check_books(connection, sandbox, session)


@pytest.mark.parametrize("kind", KINDS)
def test_a_short_silence_changes_nothing(at_fault, recording, kind):
    connection, sandbox = at_fault("socket-silence:events=4,seconds=0.3", idle_timeout=30)
    session = Session(connection, kind, recording)
    assert session.error is None
    assert session.came > 2
    check_books(connection, sandbox, session)


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_silence_is_given_up_after_the_idle_timeout(at_fault, recording, kind):
    events = {"speech": 1, "transcription": 3, "talks": 8}[kind]
    connection, sandbox = at_fault(f"socket-silence:events={events},seconds=30", idle_timeout=0.5)
    session = Session(connection, kind, recording)
    assert isinstance(session.error, grokcall.ReadTimeoutError)
    assert "idle_timeout" in str(session.error)
    assert session.kept
    check_books(connection, sandbox, session)


@pytest.mark.parametrize("kind", KINDS)
def test_a_refused_socket_is_tried_again_where_that_may_help_and_costs_nothing(at_fault, recording, kind):
    connection, sandbox = at_fault("socket-refusal:times=2,status=503", max_attempts=3)
    session = Session(connection, kind, recording)
    assert session.error is None
    assert sandbox.stats()["by_status"]["503"] == 2
    check_books(connection, sandbox, session)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, grokcall.PermissionDeniedError),
        (404, grokcall.NotFoundError),
        (429, grokcall.RateLimitedError),
        (500, grokcall.errors.ServerFailureError),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_socket_that_stays_refused_is_the_error_of_its_status(at_fault, recording, kind, status, error):
    connection, sandbox = at_fault(f"socket-refusal:status={status}")
    session = Session(connection, kind, recording)
    assert isinstance(session.error, error)
    assert session.error.status == status
    assert session.cost == connection.budget.spent_usd == 0
    assert sandbox.ledger() == []
    check_books(connection, sandbox, session)


def test_a_refusal_says_when_to_come_again(at_fault, recording):
    connection, _ = at_fault("socket-refusal:status=429,retry_after=7")
    session = Session(connection, "talks", recording)
    assert isinstance(session.error, grokcall.RateLimitedError)
    assert session.error.retry_after == 7


def test_a_fault_strikes_the_sockets_that_it_is_on_and_no_call(at_fault, recording):
    connection, _ = at_fault("socket-cut:on=speech,events=0+socket-refusal:on=talks,status=500")
    assert connection.execute("CALL GenerateAudio('Good morning', 'en')").fetchone()[0]
    assert isinstance(Session(connection, "speech", recording).error, grokcall.StreamCutError)
    assert isinstance(Session(connection, "talks", recording).error, grokcall.errors.ServerFailureError)
    assert Session(connection, "transcription", recording).error is None


def test_faults_of_calls_leave_sockets_alone(at_fault, recording):
    connection, _ = at_fault("server-errors:share=1,on=all")
    assert Session(connection, "speech", recording).error is None


def test_who_leaves_in_the_midst_of_a_silence_does_not_wait_for_its_end(at_fault):
    connection, _ = at_fault("socket-silence:events=4,seconds=600")
    began = time.monotonic()
    with connection.realtime() as session:
        session.say("Good morning")
    assert time.monotonic() - began < ENOUGH
    assert connection.budget.in_flight == 0


def test_a_talk_that_is_silent_because_nobody_asks_goes_on(at_fault):
    connection, _ = at_fault("socket-cut:on=speech", idle_timeout=0.2)
    with connection.realtime(turn_detection=None) as session:
        session.say("What is 6 * 7?")
        turn(session)
        waiting = threading.Timer(0.7, session.say, ("What is 2 * 4?",))
        waiting.start()
        assert "8" in "".join(event.text for event in turn(session) if event.kind == "text")
        waiting.join()
