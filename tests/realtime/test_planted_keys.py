"""A key is planted, and looked for in all that comes out of a session over a socket."""

from __future__ import annotations

import logging
import pickle
import traceback

import pytest
from aiohttp import web
from scripted_sockets import KEY, Talk

import grokcall


def shown(error: BaseException) -> str:
    frames = traceback.TracebackException.from_exception(error, capture_locals=True)
    return f"{error!r} {error} {error.__cause__!r} {error.__context__!r} {vars(error)} {''.join(frames.format())}"


async def repeats_it(talk: Talk) -> None:
    await talk.next()
    await talk.send(type="error", message=f"The key {KEY} is blocked.")
    await talk.until("never")


async def babbles_it(talk: Talk) -> None:
    await talk.next()
    await talk.socket.send_str(f"no JSON but {KEY}")
    await talk.until("never")


async def closes_with_it(talk: Talk) -> None:
    await talk.next()
    await talk.socket.close(code=1011, message=KEY.encode())


async def cuts(talk: Talk) -> None:
    await talk.next()
    talk.cut()


@pytest.mark.parametrize("script", [repeats_it, babbles_it, closes_with_it, cuts])
def test_no_error_of_a_session_shows_the_key(scripted, script, caplog):
    service, connection = scripted(script)
    with caplog.at_level(logging.DEBUG), pytest.raises(grokcall.Error) as caught:
        list(connection.speak("Hello"))
    assert service.talks[0].request.headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in shown(caught.value) + caplog.text
    assert KEY.encode() not in pickle.dumps(caught.value)


@pytest.mark.parametrize("status", [400, 401, 403, 503])
def test_no_refused_upgrade_shows_the_key(scripted, status, caplog):
    service, connection = scripted(repeats_it)
    service.refusal = web.Response(status=status, text=f"Bad key {KEY}", headers={"x-request-id": KEY})
    with caplog.at_level(logging.DEBUG), pytest.raises(grokcall.Error) as caught:
        list(connection.speak("Hello"))
    assert KEY not in shown(caught.value) + caplog.text


def test_no_way_to_the_service_shows_no_key(caplog):
    with (
        caplog.at_level(logging.DEBUG),
        grokcall.connect(api_key=KEY, base_url="http://127.0.0.1:9/v1", max_attempts=1) as connection,
        pytest.raises(grokcall.Error) as caught,
    ):
        list(connection.speak("Hello"))
    assert KEY not in shown(caught.value) + caplog.text


def test_a_key_that_was_refused_is_asked_for_once_more(scripted):
    async def script(talk: Talk) -> None:
        await talk.until("text.done")
        await talk.send(type="audio.done")

    keys = iter([f"{KEY}-old", f"{KEY}-new", f"{KEY}-newer"])
    service, connection = scripted(script, api_key=lambda: next(keys))
    service.refusal = web.Response(status=401, text='{"error":"expired"}')
    assert list(connection.speak("Hello")) == []
    assert service.talks[0].request.headers["Authorization"] == f"Bearer {KEY}-new"


@pytest.mark.parametrize("script", [repeats_it, babbles_it, closes_with_it, cuts])
def test_no_error_of_a_transcript_shows_the_key(scripted, script, caplog):
    async def listening(talk: Talk) -> None:
        await talk.send(type="transcript.created")
        await script(talk)

    _, connection = scripted(listening)
    with caplog.at_level(logging.DEBUG), pytest.raises(grokcall.Error) as caught:
        list(connection.transcribe_stream(bytes(6_400)))
    assert KEY not in shown(caught.value) + caplog.text


@pytest.mark.parametrize("script", [repeats_it, babbles_it, closes_with_it, cuts])
def test_nothing_of_a_talk_shows_the_key(scripted, script, caplog):
    async def begun(talk: Talk) -> None:
        await talk.send(type="session.created")
        await talk.next()
        await talk.send(type="session.updated")
        await talk.send(type="response.text.delta", delta=f"Your key is {KEY}.")
        await script(talk)

    _, connection = scripted(begun)
    events = []

    def talk(session: grokcall.realtime.TalkSession) -> None:
        session.say("Hello")
        for event in session:
            events.extend([event, event.raw])

    with caplog.at_level(logging.DEBUG), connection.realtime() as session, pytest.raises(grokcall.Error) as caught:
        talk(session)
    assert KEY not in f"{shown(caught.value)} {caplog.text} {events} {session.turns.to_pylist()} {session!r}"
