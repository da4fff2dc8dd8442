"""connection.speak: sound of texts of any length, over a socket."""

from __future__ import annotations

import asyncio
import base64
import io
import os
import wave
from decimal import Decimal

import pytest
from aiohttp import web
from scripted_sockets import Talk

import grokcall
from grokcall.sandbox import SANDBOX_KEY, Sandbox
from scripted_service import Answer

CHARACTER = Decimal("0.000015")
SENTENCES = ["Good morning. ", "How are you? ", "It rains."]


def ledger(sandbox: Sandbox) -> list[tuple[object, object]]:
    return [(entry["endpoint"], entry["ticks"]) for entry in sandbox.ledger()]


@pytest.mark.parametrize(
    "given",
    ["".join(SENTENCES), SENTENCES, tuple(SENTENCES), iter(SENTENCES)],
    ids=["text", "list", "tuple", "iterator"],
)
def test_a_text_or_pieces_of_it_are_spoken_alike(on_sandbox, sandbox, given):
    whole = on_sandbox.execute(
        "CALL GenerateAudio(:text, 'en', 'ara', 'pcm', '16000')", {"text": SENTENCES[0]}
    ).fetchone()[0]
    sandbox.reset()
    with on_sandbox.speak(given, Voice="ara", Language="en", Codec="pcm", SampleRate=16000) as sound:
        pieces = list(sound)
    assert all(isinstance(piece, bytes) for piece in pieces)
    assert b"".join(pieces) == sound.sound
    assert sound.sound.startswith(whole)
    assert ledger(sandbox) == [("/v1/tts", len("".join(SENTENCES)) * 150_000)]


def test_what_was_said_is_paid_by_characters(on_sandbox, sandbox):
    with on_sandbox.speak(SENTENCES) as sound:
        list(sound)
    characters = len("".join(SENTENCES))
    assert sound.characters == characters
    assert sound.cost_usd == on_sandbox.budget.spent_usd == characters * CHARACTER
    assert on_sandbox.budget.in_flight == on_sandbox.budget.reserved_ticks == 0


def test_the_parameters_stand_in_the_address_by_the_socket_s_names(scripted):
    async def script(talk: Talk) -> None:
        await talk.until("text.done")
        await talk.send(type="audio.done")

    service, connection = scripted(script)
    list(connection.speak("Hi", Voice="ARA", Language="pt-br", Codec="mulaw", SampleRate=8000))
    list(connection.speak("Hi", OutputCodec="wav", OutputSampleRate="48000"))
    list(connection.speak("Hi"))
    assert [talk.query for talk in service.talks] == [
        {"language": "pt-BR", "voice": "ara", "codec": "mulaw", "sample_rate": "8000"},
        {"language": "auto", "codec": "wav", "sample_rate": "48000"},
        {"language": "auto"},
    ]
    assert service.talks[0].got == [{"type": "text.delta", "delta": "Hi"}, {"type": "text.done"}]


def test_a_long_text_goes_in_pieces_that_end_where_sentences_do(scripted):
    async def script(talk: Talk) -> None:
        await talk.until("text.done")
        await talk.send(type="audio.done")

    service, connection = scripted(script)
    text = "This is a sentence of some length. " * 1_000
    list(connection.speak(text))
    deltas = [each["delta"] for each in service.talks[0].got[:-1]]
    assert "".join(deltas) == text
    assert [len(each) <= 15_000 and each.endswith(". ") for each in deltas] == [True] * 3


def test_sound_comes_before_the_text_is_whole(scripted):
    async def script(talk: Talk) -> None:
        while (message := await talk.next()) is not None and message["type"] == "text.delta":
            await talk.send(type="audio.delta", delta=base64.b64encode(message["delta"].encode()).decode())
        await talk.send(type="audio.done")

    _, connection = scripted(script)
    heard: list[bytes] = []

    def answers():
        yield "one"
        while not heard:  # the second text waits for the sound of the first
            pass
        yield "two"

    with connection.speak(answers()) as sound:
        for piece in sound:
            heard += [piece]
    assert heard == [b"one", b"two"]


def test_an_answer_is_spoken_while_it_is_written(on_sandbox):
    answer = on_sandbox.stream("CALL GenerateResponse('What is 6 * 7?')")
    with on_sandbox.speak(answer, Codec="pcm") as sound:
        assert b"".join(sound)
    assert sound.characters == len(answer.text)


def test_a_wav_can_be_played_while_it_grows(on_sandbox):
    with on_sandbox.speak(SENTENCES, Codec="wav", SampleRate=8000) as sound:
        content = b"".join(sound)
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)


def test_the_twin_takes_asynchronous_texts(sandbox):
    async def written():
        for each in SENTENCES:
            await asyncio.sleep(0)
            yield each

    async def main() -> bool:
        async with grokcall.aconnect(api_key=SANDBOX_KEY, base_url=sandbox.base_url) as connection:
            async with connection.speak(written(), Codec="pcm") as sound:
                first = [piece async for piece in sound]
            async with connection.speak(SENTENCES, Codec="pcm") as sound:
                second = [piece async for piece in sound]
            return b"".join(first) == b"".join(second) != b""

    assert asyncio.run(main())


def test_nothing_to_say_costs_nothing_and_opens_no_socket(scripted):
    service, connection = scripted(lambda talk: talk.next())
    assert list(connection.speak(iter(()))) == list(connection.speak(["", ""])) == []
    assert service.upgrades == connection.budget.calls == 0
    with pytest.raises(grokcall.DataError, match="the text is empty"):
        connection.speak(" ")


@pytest.mark.parametrize(
    ("given", "parameters", "error", "words"),
    [
        ("Hi", {"Speed": 2}, grokcall.InterfaceError, "the socket has Voice, Language, .*GenerateAudio has Speed"),
        ("Hi", {"Vioce": "eve"}, grokcall.InterfaceError, "takes no 'Vioce'; .*Voice"),
        ("Hi", {"SampleRate": "fast"}, grokcall.DataError, "SampleRate"),
        ("Hi", {"max_cost": -1}, grokcall.InterfaceError, "max_cost"),
        (b"Hi", {}, grokcall.InterfaceError, "not bytes"),
        (7, {}, grokcall.InterfaceError, "not int"),
        (["Hi", 7], {}, grokcall.DataError, "element 2 is int"),
    ],
)
def test_what_cannot_be_spoken_is_refused_by_name(on_sandbox, given, parameters, error, words):
    with pytest.raises(error, match=words):
        list(on_sandbox.speak(given, **parameters))


def test_an_asynchronous_text_needs_the_twin(on_sandbox):
    async def written():
        yield "Hi"

    with pytest.raises(grokcall.InterfaceError, match="aconnect"):
        on_sandbox.speak(written())


def test_unlisted_values_are_sent_with_a_warning(on_sandbox):
    sound = on_sandbox.speak("Hi", Language="tlh")
    assert "tlh" in sound.warnings[0]
    with pytest.raises(grokcall.InvalidRequestError, match="unsupported language"):
        list(sound)


def test_a_limit_is_kept_and_what_was_paid_for_still_comes(on_sandbox, sandbox):
    sound = on_sandbox.speak(SENTENCES, Codec="pcm", max_cost=CHARACTER * 20)
    with pytest.raises(grokcall.BudgetReachedError, match="max_cost"), sound:
        list(sound)
    assert sound.sound
    assert sound.characters == len(SENTENCES[0])
    assert ledger(sandbox) == [("/v1/tts", len(SENTENCES[0]) * 150_000)]
    assert on_sandbox.budget.spent_usd == len(SENTENCES[0]) * CHARACTER


def test_a_text_that_does_not_fit_the_limit_is_not_begun(on_sandbox, sandbox):
    with pytest.raises(grokcall.BudgetReachedError):
        list(on_sandbox.speak("".join(SENTENCES), max_cost="0.0001"))
    assert ledger(sandbox) == []
    assert on_sandbox.budget.spent_ticks == on_sandbox.budget.in_flight == 0


def test_what_the_texts_fail_with_is_raised_after_what_was_said(on_sandbox):
    def written():
        yield "One. "
        raise OSError("the book has no more pages")

    sound = on_sandbox.speak(written(), Codec="pcm")
    with pytest.raises(OSError, match="no more pages"):
        list(sound)
    assert sound.sound
    assert on_sandbox.budget.in_flight == 0


def test_leaving_early_closes_the_socket_and_settles(scripted):
    async def script(talk: Talk) -> None:
        await talk.next()
        await talk.send(type="audio.delta", delta="AAAA")
        await talk.until("never")

    service, connection = scripted(script)

    def endless():
        while True:
            yield "more "

    with connection.speak(endless()) as sound:
        assert next(sound) == b"\0\0\0"
    assert list(sound) == []
    assert connection.budget.in_flight == connection.budget.reserved_ticks == 0
    assert connection.budget.spent_usd == sound.characters * CHARACTER
    assert service.upgrades == 1


def test_who_takes_no_sound_is_sent_no_more_than_fits(scripted):
    sent = 0

    async def script(talk: Talk) -> None:
        nonlocal sent
        await talk.next()
        for _ in range(400):
            await talk.send(type="audio.delta", delta=base64.b64encode(bytes(300_000)).decode())
            sent += 1
        await talk.send(type="audio.done")

    _, connection = scripted(script)
    with connection.speak("Hi") as sound:
        next(sound)
        assert sent < 400
        assert sum(map(len, sound)) == 399 * 300_000


def test_a_socket_that_is_cut_is_an_error_with_the_sound_so_far(scripted):
    async def script(talk: Talk) -> None:
        await talk.next()
        await talk.send(type="audio.delta", delta=base64.b64encode(b"half").decode())
        talk.cut()

    _, connection = scripted(script)
    sound = connection.speak("Hello")
    with pytest.raises(grokcall.StreamCutError, match=r"cut off after 4 bytes: the connection was cut") as caught:
        list(sound)
    assert caught.value.partial == b"half"
    assert connection.budget.spent_usd == 5 * CHARACTER


def test_a_socket_that_is_closed_too_early_says_what_the_service_said(scripted):
    async def script(talk: Talk) -> None:
        await talk.next()
        await talk.socket.close(code=1011, message=b"going down")

    _, connection = scripted(script)
    with pytest.raises(grokcall.StreamCutError, match=r"closed by the service with 1011"):
        list(connection.speak("Hello"))


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"type": "error", "message": "out of voices"}, grokcall.ServiceError),
        ({"type": "error", "error": {"message": "out of voices", "code": "invalid-argument"}}, grokcall.ServiceError),
        ({"type": "error", "error": "out of voices"}, grokcall.ServiceError),
    ],
)
def test_an_error_of_the_service_is_raised(scripted, document, error):
    async def script(talk: Talk) -> None:
        await talk.next()
        await talk.send(**document)
        await talk.until("never")

    _, connection = scripted(script)
    with pytest.raises(error, match="out of voices"):
        list(connection.speak("Hello"))


@pytest.mark.parametrize("text", ["[1]", "nothing", '{"type": "audio.delta", "delta": "?"}'])
def test_what_is_no_document_is_a_malformed_reply(scripted, text):
    async def script(talk: Talk) -> None:
        await talk.next()
        await talk.socket.send_str(text)
        await talk.until("never")

    _, connection = scripted(script)
    with pytest.raises(grokcall.MalformedReplyError):
        list(connection.speak("Hello"))


def test_silence_is_given_up_after_the_idle_timeout(scripted):
    _, connection = scripted(lambda talk: talk.until("never"), idle_timeout=0.3)
    with pytest.raises(grokcall.ReadTimeoutError, match="idle_timeout"):
        list(connection.speak("Hello"))


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, '{"code":"unauthenticated","error":"Missing key."}', grokcall.AuthenticationError),
        (400, '{"code":"invalid-argument","error":"Incorrect API key provided."}', grokcall.AuthenticationError),
        (403, '{"error":"No access."}', grokcall.PermissionDeniedError),
        (404, '{"error":"unknown voice"}', grokcall.NotFoundError),
        (429, '{"error":"Too many sessions."}', grokcall.RateLimitedError),
        (503, "upstream connect error", grokcall.ServerFailureError),
        (307, "", grokcall.RedirectedError),
        (200, "{}", grokcall.MalformedReplyError),
    ],
)
def test_a_refused_upgrade_is_the_error_of_its_status(scripted, status, body, error):
    service, connection = scripted(lambda talk: talk.next())
    service.refusal = web.Response(status=status, text=body, headers={"Location": "https://elsewhere.example/"})
    with pytest.raises(error):
        list(connection.speak("Hello"))
    assert connection.budget.spent_ticks == connection.budget.in_flight == 0


def test_a_socket_that_was_refused_for_a_while_is_opened_again(scripted):
    async def script(talk: Talk) -> None:
        await talk.until("text.done")
        await talk.send(type="audio.done")

    service, connection = scripted(script, max_attempts=3)
    service.refusal = web.Response(status=503, text="busy")
    assert list(connection.speak("Hello")) == []
    assert service.upgrades == 2


def test_nobody_there_is_not_sent():
    with grokcall.connect(api_key="xai-any-key", base_url="http://127.0.0.1:9/v1", max_attempts=1) as connection:
        with pytest.raises(grokcall.NotSentError, match="base_url"):
            list(connection.speak("Hello"))
        assert connection.budget.spent_ticks == 0


@pytest.mark.parametrize(
    "transport", ["httpx", lambda request: grokcall.HttpResponse(200, {}, b"{}")], ids=["httpx", "a function"]
)
def test_a_transport_without_sockets_says_so(transport):
    with (
        grokcall.connect(api_key="xai-any-key", transport=transport) as connection,
        pytest.raises(grokcall.NotSupportedError, match="aiohttp"),
    ):
        list(connection.speak("Hello"))


def test_a_closed_connection_speaks_no_more(on_sandbox):
    sound = on_sandbox.speak("Hello")
    on_sandbox.close()
    with pytest.raises(grokcall.InterfaceError, match="closed"):
        list(sound)
    with pytest.raises(grokcall.InterfaceError, match="closed"):
        on_sandbox.speak("Hello")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_speech_goes_on_in_the_process_that_began_it(on_sandbox):
    with on_sandbox.speak(SENTENCES, Codec="pcm") as sound:
        first = next(sound)
        child = os.fork()
        if not child:
            code = 1
            try:
                next(sound)
            except grokcall.InterfaceError as error:
                code = 0 if "forked" in str(error) else 2
            finally:
                sound.close()
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert first + b"".join(sound) == sound.sound


def test_a_longer_text_than_generateaudio_takes_is_told_what_to_do(on_sandbox):
    with pytest.raises(grokcall.Error, match=r"at most 15,000 are allowed; connection\.speak"):
        on_sandbox.execute("CALL GenerateAudio(:text, 'en')", {"text": "a" * 15_001})


def test_the_longest_text_of_a_call_is_an_option(connecting, service):
    service.script = lambda asked: Answer(b"\xff\xfb\x90\x00", headers={"content-type": "audio/mpeg"})
    speak = "CALL GenerateAudio(:text, 'en')"
    connecting(speech_characters=20_000).execute(speak, {"text": "a" * 20_000})
    assert len(service.asked[0].json["text"]) == 20_000
    short = connecting(speech_characters=10)
    short.execute("CREATE PROCEDURE Say(text VARCHAR) AS CALL GenerateAudio(:text, 'en')")
    for call in (speak, "CALL Say(:text)"):
        with pytest.raises(grokcall.DataError, match=r"at most 10 are allowed; connection\.speak.* speech_characters"):
            short.execute(call, {"text": "a" * 11})
    assert len(service.asked) == 1


@pytest.mark.parametrize("value", [0, -1, "many", 1_000_001])
def test_a_longest_text_that_cannot_be_is_refused(connecting, value):
    with pytest.raises(grokcall.InterfaceError, match="speech_characters"):
        connecting(speech_characters=value)
