"""connection.realtime: talks with a model over a socket."""

from __future__ import annotations

import asyncio
import base64
import os
import threading
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from scripted_sockets import KEY, Talk
from talking import begun, text_of, turn

import grokcall
from grokcall.budget.budget import Budget
from grokcall.realtime import TalkSession
from grokcall.realtime.talk_settings import talk_settings
from grokcall.realtime.talk_work import Sending, TalkWork
from grokcall.sandbox import SANDBOX_KEY, Sandbox

SECOND = 48_000
"""Bytes of a second of pcm at 24000."""


@pytest.fixture
def speech(on_sandbox: grokcall.Connection, sandbox: Sandbox) -> bytes:
    """Two words and a second of silence."""
    said = on_sandbox.execute("CALL GenerateAudio('Good morning', 'en', NULL, 'pcm', '24000')").fetchone()[0]
    sandbox.reset()
    return said + bytes(SECOND)


def test_what_is_written_is_answered_in_words_and_sound(on_sandbox, sandbox):
    with on_sandbox.realtime(instructions="Be short.") as session:
        session.say("What is 6 * 7?")
        events = turn(session)
    assert [event.kind for event in events] == ["text", "audio", "turn_done"]
    assert text_of(events) == str(events[0]) == "42"
    assert len(events[1].data) % 2 == 0
    assert len(events[1].data) > 0
    assert events[1].raw["type"] == "response.output_audio.delta"
    (entry,) = sandbox.ledger()
    assert (entry["endpoint"], entry["model"]) == ("/v1/realtime", "grok-voice-latest")


def test_a_talk_is_paid_by_its_seconds_and_its_texts(on_sandbox, sandbox):
    with on_sandbox.realtime() as session:
        before = on_sandbox.budget.spent_usd
        session.audio(bytes(60 * SECOND))
        session.say("What is 6 * 7?")
        turn(session)
    billed = Decimal(sandbox.ledger()[0]["ticks"]).scaleb(-10)
    assert billed >= Decimal("0.084")
    assert billed - Decimal("1e-9") <= session.cost_usd == on_sandbox.budget.spent_usd - before
    assert on_sandbox.budget.in_flight == on_sandbox.budget.reserved_ticks == 0


def test_what_is_said_is_heard_and_answered_by_itself(on_sandbox, speech):
    with on_sandbox.realtime() as session:
        for start in range(0, len(speech), 4_800):
            session.audio(speech[start : start + 4_800])
        events = turn(session)
    assert [event.text for event in events if event.kind == "heard"] == ["one two"]
    assert "one two" in text_of(events)
    assert session.turns.column_names == ["role", "text", "start_s", "end_s"]
    turns = session.turns.to_pylist()
    assert [(each["role"], each["text"]) for each in turns] == [("user", "one two"), ("assistant", text_of(events))]
    assert turns[0]["start_s"] <= turns[0]["end_s"] <= turns[1]["end_s"]


def test_without_detection_a_turn_is_over_when_it_is_said_so(on_sandbox, speech):
    with on_sandbox.realtime(turn_detection=None) as session:
        session.audio(speech)
        session.commit()
        events = turn(session)
    assert [event.text for event in events if event.kind == "heard"] == ["one two"]


def test_the_settings_are_sent_once_with_create_response(scripted):
    service, connection = scripted(begun)

    @connection.tool
    def stock(article: str) -> int:
        """How many there are."""
        return 7

    chosen = {"threshold": 0.5, "silence_duration_ms": 300}
    told = {"instructions": "Hi.", "voice": "ara", "tools": ["stock"]}
    with connection.realtime(model="grok-voice-3.0", turn_detection=chosen, sample_rate=8000, **told):
        pass
    with connection.realtime(model=None, turn_detection=None, encoding="mulaw", sample_rate=8000):
        pass
    first, second = service.talks
    assert (first.query, second.query) == ({"model": "grok-voice-3.0"}, {})
    told = first.got[0]["session"]
    assert told["turn_detection"] == {**chosen, "type": "server_vad", "create_response": True}
    assert (told["instructions"], told["voice"], told["tools"][0]["name"]) == ("Hi.", "ara", "stock")
    assert told["audio"]["input"] == told["audio"]["output"] == {"format": {"type": "audio/pcm", "rate": 8000}}
    assert second.got[0]["session"] == {
        "turn_detection": None,
        "audio": {side: {"format": {"type": "audio/pcmu", "rate": 8000}} for side in ("input", "output")},
    }


def test_another_format_than_was_asked_for_is_an_error(scripted):
    other = {"format": {"type": "audio/pcm", "rate": 16000}}
    told = {"type": "session.updated", "session": {"audio": {"input": other, "output": other}}}
    _, connection = scripted(lambda talk: begun(talk, updated=told))
    with pytest.raises(grokcall.MalformedReplyError, match=r"16000.*24000"), connection.realtime():
        pass
    assert connection.budget.in_flight == 0


def test_a_ping_is_answered_and_a_service_that_takes_no_answer_gets_none_any_more(scripted):
    async def script(talk: Talk) -> None:
        await begun(talk)
        await talk.send(type="ping", timestamp=7)
        await talk.until("pong")
        await talk.send(type="error", error={"message": "unknown event", "event_id": talk.got[-1]["event_id"]})
        await talk.send(type="ping", timestamp=8)
        await talk.send(type="response.text.delta", delta="hello")
        await talk.send(type="response.done", response={})
        await talk.until("never")

    service, connection = scripted(script)
    with connection.realtime() as session:
        assert text_of(turn(session)) == "hello"
    assert [(each["type"], each.get("timestamp")) for each in service.talks[0].got[1:]] == [("pong", 7)]


def test_an_error_is_an_event_and_raised(scripted):
    async def script(talk: Talk) -> None:
        await begun(talk)
        await talk.send(type="error", error={"message": f"no voice for {KEY}", "code": "invalid-argument"})
        await talk.until("never")

    _, connection = scripted(script)
    events = []
    with pytest.raises(grokcall.InvalidRequestError, match="no voice") as caught, connection.realtime() as session:
        events.extend(iter(session))
    assert [event.kind for event in events] == ["error"]
    assert KEY not in f"{caught.value} {events[0]} {events[0].raw}"


def test_a_talk_that_is_cut_keeps_what_was_said(scripted):
    async def script(talk: Talk) -> None:
        await begun(talk)
        await talk.until("response.create")
        await talk.send(type="response.created")
        await talk.send(type="response.output_audio_transcript.delta", delta="Well, ")
        talk.cut()

    _, connection = scripted(script)
    with connection.realtime() as talk:
        talk.say("Hello?")
        with pytest.raises(grokcall.StreamCutError, match="the connection was cut") as caught:
            list(talk)
    assert caught.value.partial == "user: Hello?\nassistant: Well, "
    with pytest.raises(grokcall.InterfaceError, match="the talk is over"):
        talk.say("Hello?")
    assert connection.budget.in_flight == 0


def test_a_talk_that_the_service_ends_is_over(scripted):
    _, connection = scripted(begun)
    with connection.realtime() as session:
        assert list(session) == []


def test_a_service_that_never_begins_is_told_of(scripted):
    async def script(talk: Talk) -> None:
        await talk.socket.close(code=1011, message=b"full")

    _, connection = scripted(script)
    with pytest.raises(grokcall.StreamCutError, match="1011"), connection.realtime():
        pass
    assert connection.budget.spent_ticks == connection.budget.in_flight == 0


def test_who_interrupts_hears_no_more_of_the_answer(scripted):
    sound = base64.b64encode(bytes(4_800)).decode()

    async def script(talk: Talk) -> None:
        await begun(talk)
        await talk.until("response.create")
        await talk.send(type="response.created")
        await talk.send(type="response.text.delta", delta="Well")
        for _ in range(20):
            await talk.send(type="response.output_audio.delta", delta=sound)
        await talk.until("response.cancel")
        await talk.send(type="error", error={"message": "no active response", "event_id": talk.got[-1]["event_id"]})
        await talk.send(type="response.output_audio.delta", delta=sound)
        await talk.send(type="response.done", response={"status": "cancelled"})
        await talk.until("never")

    service, connection = scripted(script)
    with connection.realtime() as session:
        session.interrupt()
        session.say("Tell a story")
        assert next(session).text == "Well"
        session.interrupt()
        events = turn(session)
    assert [event.kind for event in events] == ["turn_done"]
    assert [each["type"] for each in service.talks[0].got].count("response.cancel") == 1


def test_one_thread_sends_while_another_listens(on_sandbox, speech):
    with on_sandbox.realtime() as session:
        thread = threading.Thread(target=lambda: [session.audio(speech), session.say("Say hello")])
        thread.start()
        heard = [turn(session), turn(session)]
        thread.join(300)
    assert {"one two"} <= {event.text for events in heard for event in events}


def test_the_twin_is_awaited(sandbox):
    async def main() -> list[str]:
        async with (
            grokcall.aconnect(api_key=SANDBOX_KEY, base_url=sandbox.base_url) as connection,
            connection.realtime(turn_detection=None) as session,
        ):
            await session.audio(bytes(SECOND))
            await session.interrupt()
            await session.say("What is 6 * 7?")
            kinds = []
            async for event in session:
                kinds.append(str(event.kind))
                if event.kind == "turn_done":
                    break
            told = [*kinds, *session.turns["role"].to_pylist()]
            await session.commit()
            return told

    assert asyncio.run(main()) == ["text", "audio", "turn_done", "user", "assistant"]


def test_a_limit_ends_a_talk(on_sandbox, sandbox):
    with on_sandbox.realtime(max_cost="0.05") as session:
        with pytest.raises(grokcall.BudgetReachedError, match="max_cost"):
            session.audio(bytes(60 * SECOND))
        with pytest.raises(grokcall.BudgetReachedError, match="max_cost"):
            list(session)
    assert sandbox.ledger() == []
    assert session.cost_usd < Decimal("0.05")
    assert on_sandbox.budget.in_flight == on_sandbox.budget.reserved_ticks == 0


def test_a_talk_for_which_there_is_no_room_is_not_begun(scripted):
    service, connection = scripted(begun)
    with pytest.raises(grokcall.BudgetReachedError), connection.realtime(max_cost="0.01"):
        pass
    assert service.upgrades == 0


def test_time_counts_where_it_is_more_than_what_was_said_and_ends_a_talk(on_sandbox):
    seconds = [0.0]
    settings = talk_settings(on_sandbox.runtime.toolbox, "grok-voice-latest", None, None, (), None, "pcm", 24_000)
    budget = Budget()
    work = TalkWork(on_sandbox.runtime, settings, budget, lambda: seconds[0])
    on_sandbox.loop.run(work.begin())
    for minute, cost in ((1, "0.08"), (2, "0.16")):
        seconds[0] = 60.0 * minute
        on_sandbox.loop.run(work.feed(Sending(({"type": "input_audio_buffer.clear"},))))
        assert Decimal(work.spent).scaleb(-10) == Decimal(cost)
    seconds[0] = 7_200.0
    with pytest.raises(grokcall.StreamCutError, match="120 minutes"):
        on_sandbox.loop.run(work.feed(Sending(())))
    on_sandbox.loop.run(work.end())
    assert budget.spent_usd == Decimal("9.6")
    assert budget.in_flight == 0


@pytest.mark.parametrize("model", ["grok-voice-latest", "grok-voice-think-fast-1.0"])
def test_what_the_list_of_prices_says_of_a_talk_is_what_it_counts(on_sandbox, model):
    listed = on_sandbox.execute("SELECT Price_Unit, Price_Usd FROM ListPrices($model)", {"model": model}).fetchall()
    prices = dict(listed)
    seconds = [0.0]
    settings = talk_settings(on_sandbox.runtime.toolbox, model, None, None, (), None, "pcm", 24_000)
    work = TalkWork(on_sandbox.runtime, settings, Budget(), lambda: seconds[0])
    on_sandbox.loop.run(work.begin())
    seconds[0] = 60.0
    on_sandbox.loop.run(work.feed(Sending((), text="hello")))
    assert Decimal(work.spent).scaleb(-10) == prices["minute"] + prices["text"]
    on_sandbox.loop.run(work.end())


def test_a_cheaper_model_costs_less(on_sandbox, sandbox):
    with on_sandbox.realtime(model="grok-voice-think-fast-1.0") as session:
        session.audio(bytes(60 * SECOND))
        session.say("Say hello")
        turn(session)
    assert Decimal("0.05") < Decimal(sandbox.ledger()[0]["ticks"]).scaleb(-10) < Decimal("0.08")
    assert session.cost_usd >= Decimal(sandbox.ledger()[0]["ticks"]).scaleb(-10) - Decimal("1e-9")


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"encoding": "opus"}, grokcall.DataError, "encoding is pcm, mulaw, alaw, not 'opus'"),
        ({"sample_rate": 12_000}, grokcall.DataError, "sample_rate of pcm is 8000, .*not 12000"),
        ({"encoding": "mulaw"}, grokcall.DataError, "sample_rate of mulaw is 8000, not 24000"),
        ({"turn_detection": "vad"}, grokcall.DataError, "knows no 'vad'; .*server_vad"),
        ({"turn_detection": {"threshold": 2}}, grokcall.DataError, "threshold of turn_detection is from 0 to 1, not 2"),
        ({"turn_detection": {"thresh": 1}}, grokcall.DataError, "knows no 'thresh'; .*threshold"),
        ({"voice": 7}, grokcall.DataError, "voice is a text, not 7"),
        ({"tools": "stock"}, grokcall.InterfaceError, "tools is a list of names"),
        ({"tools": ["stock"]}, grokcall.InterfaceError, "there is no tool 'stock'; .*connection.tool"),
        ({"tools": ["DeleteFile"]}, grokcall.InterfaceError, "names DeleteFile, which removes .*tools_may_change"),
        ({"tools": ["ListApiKeys"]}, grokcall.InterfaceError, "names ListApiKeys, which asks the management host"),
        ({"tools": ["CreateApiKey"]}, grokcall.InterfaceError, "names CreateApiKey, which shows a secret"),
        ({"tools": ["TranscribeAudio"]}, grokcall.InterfaceError, "needs Content: a model cannot give it"),
        ({"max_price": 1}, grokcall.InterfaceError, "realtime has no limit 'max_price'"),
    ],
)
def test_what_a_talk_cannot_be_set_to_is_refused_by_name(on_sandbox, given, error, words):
    with pytest.raises(error, match=words):
        on_sandbox.realtime(**given)


@pytest.mark.parametrize(
    ("send", "words"),
    [
        (lambda session: session.audio(b"abc"), "no whole samples"),
        (lambda session: session.audio("abc"), "bytes of sound, not str"),
        (lambda session: session.audio(b"RIFF\0\0\0\0WAVEfmt "), "this is a file"),
        (lambda session: session.say(" "), "say takes a text"),
    ],
)
def test_what_cannot_be_sent_is_refused_and_the_talk_goes_on(on_sandbox, send, words):
    with on_sandbox.realtime() as session:
        with pytest.raises(grokcall.DataError, match=words):
            send(session)
        session.say("What is 6 * 7?")
        assert text_of(turn(session)) == "42"


def test_an_unknown_model_and_a_wrong_key_are_told_at_the_door(on_sandbox, connecting, sandbox):
    with pytest.raises(grokcall.Error, match="Model not found"), on_sandbox.realtime(model="grok-9"):
        pass
    connection = connecting(api_key="xai-wrong", base_url=sandbox.base_url)
    with pytest.raises(grokcall.AuthenticationError), connection.realtime():
        pass


def test_a_token_opens_a_talk_of_the_sandbox_and_nothing_else_does(on_sandbox, sandbox):
    token = on_sandbox.execute("CALL CreateRealtimeToken(60)").fetchone()[0]

    async def opened(path: str, secret: str) -> int | str:
        async with aiohttp.ClientSession() as client:
            protocol = f"xai-client-secret.{secret}"
            try:
                async with client.ws_connect(f"{sandbox.base_url}{path}", protocols=[protocol]) as socket:
                    assert socket.protocol == protocol
                    return (await socket.receive_json())["type"]
            except aiohttp.WSServerHandshakeError as refusal:
                return refusal.status

    assert asyncio.run(opened("/realtime", token)) == "session.created"
    assert asyncio.run(opened("/realtime", "xai-realtime-client-secret-guessed")) == 401
    assert asyncio.run(opened("/tts?language=en", token)) == 401


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_talk_goes_on_in_the_process_that_began_it(on_sandbox):
    def refused(work: Any) -> bool:
        try:
            work()
        except grokcall.InterfaceError as error:
            return "forked" in str(error)
        return False

    with on_sandbox.realtime() as session:
        child = os.fork()
        if not child:
            code = 1
            try:
                works = [lambda: session.say("hi"), session.interrupt, lambda: next(session)]
                code = 0 if all(refused(work) for work in works) else 2
            finally:
                session.close()
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        session.say("What is 6 * 7?")
        assert text_of(turn(session)) == "42"
    assert isinstance(session, TalkSession)
