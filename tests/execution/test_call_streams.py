"""An answer comes in pieces, over the wire, and what becomes of one that is cut is told as it is."""

from __future__ import annotations

import asyncio
import gc
import pickle
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import duckdb
import pytest
from streaming import COMMENT, IdleProxy, begun, completed, delta, event, streamed, told

import grokcall
from grokcall.http.transport import HttpResponse
from scripted_service import COST_TICKS, KEY, WRONG_KEY, Answer, answered, refused

ASK = "CALL GenerateResponse(:m, Model => 'grok-4.3')"
PROMPT = {"m": "hi"}


def texts(stream: grokcall.CallStream) -> list[str]:
    return [str(piece) for piece in stream if piece.kind is grokcall.PieceKind.TEXT]


def test_pieces_come_as_they_are_written_and_the_row_at_the_end(service, connection):
    goes_on = threading.Event()

    async def script(asked):
        assert asked.json["stream"] is True
        return streamed(begun(), delta("Yel"), *([0.02] * 5), delta("low"), completed("Yellow"))

    service.script = script
    with connection.stream(ASK, PROMPT) as stream:
        assert (stream.result, stream.usage, stream.text) == (None, None, "")
        seen = []
        for piece in stream:
            if piece.kind is grokcall.PieceKind.TEXT:
                seen.append((str(piece), stream.text))
                goes_on.set()
        assert seen[0][0] == "Yel"
        assert [word for word, _ in seen] == ["Yel", "low"]
    assert stream.text == "Yellow"
    assert stream.result["Response_Result"] == "Yellow"
    assert stream.result["Response_Id"] == "resp-1"
    assert (stream.usage.input_tokens, stream.usage.output_tokens, stream.usage.unpriced) == (10, 2, 0)
    assert str(stream.usage.cost_usd) == "0.0002306000"


def test_the_row_is_that_of_a_cursor(service, connection):
    service.script = lambda asked: told("one two three") if asked.json.get("stream") else answered("one two three")
    cursor = connection.execute(ASK, PROMPT)
    with connection.stream(ASK, PROMPT) as stream:
        assert "".join(texts(stream)) == "one two three"
    names = [column[0] for column in cursor.description]
    assert stream.result == dict(zip(names, cursor.fetchone(), strict=True))


def test_the_twin_that_awaits_gives_the_same(service, connecting):
    service.script = lambda _: told("one two")

    async def main() -> tuple[list[str], object]:
        async with grokcall.aconnect(api_key=KEY, base_url=service.base_url) as connection:
            async with connection.astream(ASK, PROMPT) as stream:
                found = [str(piece) async for piece in stream if piece.kind is grokcall.PieceKind.TEXT]
            again = [str(piece) async for piece in connection.stream(ASK, PROMPT) if piece.kind == "text"]
            assert found == again
            return found, stream.result

    found, result = asyncio.run(main())
    assert found == ["one", " two"]
    assert result["Response_Result"] == "one two"


def test_procedures_that_give_no_pieces_say_which_do(connection, service):
    with pytest.raises(grokcall.NotSupportedError, match=r"GenerateImage gives its answer whole; .* GenerateResponse"):
        connection.stream("CALL GenerateImage('a kite')")
    with pytest.raises(grokcall.StatementError):
        connection.stream("CALL GenerateRespons('a kite')")
    assert service.asked == []


def test_a_procedure_of_the_user_s_own_streams_as_the_one_inside(service, connection):
    service.script = lambda _: told("one two")
    connection.execute("CREATE PROCEDURE Ask(Question VARCHAR) AS CALL GenerateResponse('Q: ' || :Question)")
    with connection.stream("CALL Ask('why')") as stream:
        assert texts(stream) == ["one", " two"]
    assert service.asked[-1].text == "Q: why"


def test_chat_messages_and_sound_stream_too(on_sandbox):
    with on_sandbox.stream("CALL CreateChatCompletion('grok-4.3', 'Say good morning')") as stream:
        assert "".join(texts(stream)) == stream.result["Completion_Content"] == "good morning"
        assert stream.usage.cost_usd > 0
    with on_sandbox.stream("CALL CreateMessage('Say good morning', 'grok-4.3')") as stream:
        assert "".join(texts(stream)) == stream.result["Message_Content"] == "good morning"
    with on_sandbox.stream("CALL GenerateAudio('Good morning', 'en')") as stream:
        sound = b"".join(piece.data for piece in stream)
        assert sound == stream.sound == stream.result["ResultAudio_Content"]


def test_a_transport_without_pieces_gives_one(connecting):
    with grokcall.connect(
        api_key=KEY, transport=lambda _: HttpResponse(200, {}, answered("one two").body)
    ) as connection:
        stream = connection.stream(ASK, PROMPT)
        assert texts(stream) == ["one two"]
        assert stream.result["Response_Result"] == "one two"


def test_a_transport_of_one_s_own_may_give_pieces():
    class Canned:
        async def send(self, request: grokcall.HttpRequest) -> grokcall.HttpResponse:
            raise AssertionError("asked for the whole")

        @asynccontextmanager
        async def open(self, request: grokcall.HttpRequest) -> AsyncIterator[grokcall.HttpStream]:
            async def chunks() -> AsyncIterator[bytes]:
                for piece in told("one two").pieces:
                    yield piece

            yield grokcall.HttpStream(200, {"content-type": "text/event-stream"}, chunks())

        async def close(self) -> None:
            pass

    with grokcall.connect(api_key=KEY, transport=Canned()) as connection:
        assert texts(connection.stream(ASK, PROMPT)) == ["one", " two"]


def test_a_server_that_does_not_know_of_streams_gives_one_piece(service, connection):
    stream = connection.stream(ASK, PROMPT)
    assert texts(stream) == ["HI"]
    assert stream.result["Response_Result"] == "HI"


def test_httpx_streams_as_well(service, connecting):
    service.script = lambda _: told("one two")
    with connecting(transport="httpx").stream(ASK, PROMPT) as stream:
        assert texts(stream) == ["one", " two"]


def test_a_refusal_is_that_of_a_whole_reply(service, connection):
    service.script = lambda _: refused(404, "The model grok-9 does not exist.")
    with pytest.raises(grokcall.NotFoundError):
        list(connection.stream(ASK, PROMPT))


def test_a_key_is_renewed_and_the_answer_streamed(service, connecting):
    service.script = lambda asked: told("one two") if "new" in asked.headers["authorization"] else WRONG_KEY
    keys = iter(["xai-old-0123456789", "xai-new-0123456789"])
    with connecting(api_key=lambda: next(keys)).stream(ASK, PROMPT) as stream:
        assert texts(stream) == ["one", " two"]


def failing_first(*first: bytes):
    replies = iter([streamed(*first), told("one two")])
    return lambda _: next(replies)


BUSY = event("error", code="overloaded", message="The service is overloaded.")


def test_a_failure_before_the_first_piece_is_tried_again_as_its_status_would_be(service, connection):
    service.script = failing_first(begun(), BUSY)
    with connection.stream(ASK, PROMPT) as stream:
        assert texts(stream) == ["one", " two"]
    assert len(service.asked) == 2
    assert stream.usage.unpriced == 0


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("insufficient_quota", grokcall.CreditsExhaustedError),
        ("invalid_request_error", grokcall.InvalidRequestError),
        ("invalid_api_key", grokcall.AuthenticationError),
        ("timeout", grokcall.ServerFailureError),
    ],
)
def test_a_failure_that_waiting_does_not_mend_is_not_tried_again(service, connection, code, kind):
    service.script = failing_first(begun(), event("error", code=code, message="No."))
    with pytest.raises(kind):
        list(connection.stream(ASK, PROMPT))
    assert len(service.asked) == 1


def test_a_failure_after_the_first_piece_is_never_tried_again_and_may_have_been_billed(service, connection):
    service.script = failing_first(begun(), delta("Yel"), BUSY)
    with connection.stream(ASK, PROMPT) as stream:
        with pytest.raises(grokcall.ServerFailureError) as caught:
            list(stream)
        assert stream.text == "Yel"
        assert stream.result is None
    assert len(service.asked) == 1
    assert not caught.value.retryable
    assert "may have been billed" in caught.value.__notes__[0]
    assert stream.usage.unpriced == 1


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("store", ["false", "true"])
def test_a_cut_answer_says_how_far_it_came_and_is_not_sent_again(service, connection, whole, store):
    identity = "" if store == "true" else "resp-9"
    service.script = lambda _: streamed(begun(identity), delta("Yel"), delta("low"), whole=whole)
    stream = connection.stream(f"CALL GenerateResponse('hi', Store => {store})")
    with pytest.raises(grokcall.StreamCutError, match="cut off after 6 characters") as caught:
        list(stream)
    assert (caught.value.partial, caught.value.response_id) == ("Yellow", identity or None)
    assert isinstance(caught.value, grokcall.TransportError)
    assert not caught.value.retryable
    assert len(service.asked) == 1
    assert stream.usage.unpriced == 1
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.partial, again.response_id) == ("Yellow", identity or None)


def test_an_answer_that_the_service_kept_is_fetched_and_is_the_row(service, connection):
    def script(asked):
        if asked.method == "GET":
            return answered("Yellow like the sun")
        return streamed(begun("resp/1"), delta("Yel"), delta("low"), whole=False)

    service.script = script
    with connection.stream(ASK, PROMPT) as stream:
        assert texts(stream) == ["Yel", "low", " like the sun"]
    assert stream.result["Response_Result"] == stream.text == "Yellow like the sun"
    assert [asked.path for asked in service.asked] == ["/v1/responses", "/v1/responses/resp%2F1"]
    assert stream.usage.unpriced == 0
    assert stream.usage.cost_usd is not None


def test_an_answer_that_the_service_has_not_kept_is_looked_for_twice(service, connection):
    def script(asked):
        if asked.method == "GET":
            return refused(404, "Response with id=resp-1 not found")
        return streamed(begun(), delta("Yel"), whole=False)

    service.script = script
    with pytest.raises(grokcall.StreamCutError):
        list(connection.stream(ASK, PROMPT))
    looks = [asked.time for asked in service.asked if asked.method == "GET"]
    assert len(looks) == 2
    assert looks[1] - looks[0] > 9


def test_silence_ends_an_answer_and_the_limit_for_a_whole_reply_does_not(service, connecting):
    service.script = lambda _: streamed(begun(""), delta("Yel"), *[0.1, COMMENT] * 10, completed("Yellow"))
    quick = connecting(timeout=0.2, idle_timeout=20)
    with quick.stream(ASK, PROMPT) as stream:
        assert texts(stream) == ["Yel"]
    assert stream.result["Response_Result"] == "Yellow"
    service.script = lambda _: streamed(begun(""), delta("Yel"), 60.0)
    with pytest.raises(grokcall.StreamCutError, match=r"No byte came from .* for 0.3 s"):
        list(connecting(idle_timeout=0.3).stream(ASK, PROMPT))


def test_whoever_leaves_early_cuts_the_answer_off_which_counts_as_it_was_reserved(service, connecting):
    service.script = lambda _: streamed(begun(), delta("Yel"), 60.0, completed("Yellow"))
    connection = connecting(max_cost="1")
    with connection.stream(ASK, PROMPT) as stream:
        assert next(piece for piece in stream if piece.kind == "text").text == "Yel"
    assert stream.text == "Yel"
    assert stream.result is None
    assert list(stream) == []
    stream.close()
    assert connection.budget.spent_usd > COST_TICKS / 10**10


def test_a_stream_that_is_dropped_is_cut_off(service, connecting):
    service.script = lambda _: streamed(begun(), delta("Yel"), 60.0, completed("Yellow"))
    connection = connecting(max_cost="1")
    stream = connection.stream(ASK, PROMPT)
    assert next(iter(stream)) is not None
    del stream
    gc.collect()
    connection.close()


def test_nothing_is_sent_for_a_stream_that_nobody_reads(service, connection):
    with connection.stream(ASK, PROMPT):
        pass
    connection.stream(ASK, PROMPT).close()
    assert service.asked == []


def test_a_limit_that_is_reached_sends_nothing(service, connecting):
    with pytest.raises(grokcall.BudgetReachedError):
        list(connecting(max_calls=0).stream(ASK, PROMPT))
    with pytest.raises(grokcall.BudgetReachedError):
        list(connecting().stream(ASK, PROMPT, max_cost="0"))
    assert service.asked == []


def test_answers_that_do_not_fit_are_asked_for_again_and_the_text_is_that_of_the_last(service, connection):
    replies = iter(["no JSON", '{"n": 7}'])
    service.script = lambda _: told(next(replies))
    with connection.stream("CALL GenerateResponse('hi', OutputSchema => 'n INTEGER')") as stream:
        began = [piece for piece in stream if str(piece) == "begun"]
    assert len(began) == 2
    assert (stream.text, stream.result["n"]) == ('{"n": 7}', 7)


def test_no_piece_shows_the_key(service, connection):
    service.script = lambda _: streamed(begun(), delta(f"Your key is {KEY}"), completed(f"Your key is {KEY}"))
    with connection.stream(ASK, PROMPT) as stream:
        assert KEY not in repr(list(stream)) + stream.text + repr(stream.result)


def test_one_connection_carries_one_stream_after_the_other(service, connection):
    service.script = lambda _: told("one two")
    for _ in range(3):
        assert texts(connection.stream(ASK, PROMPT)) == ["one", " two"]


@pytest.mark.parametrize("receive", ["whole", "stream"])
def test_a_cursor_receives_as_it_is_told(service, connecting, receive):
    service.script = lambda asked: told("one two") if asked.json.get("stream") else answered("one two")
    connection = connecting(receive="whole" if receive == "stream" else "stream")
    cursor = connection.cursor(receive=receive)
    assert cursor.execute(ASK, PROMPT).fetchone()[0] == "one two"
    cursor.executemany(ASK, [{"m": "a"}, {"m": "b"}])
    assert [row[0] for row in cursor] == ["one two", "one two"]
    assert [asked.json.get("stream") for asked in service.asked] == [True if receive == "stream" else None] * 3
    with pytest.raises(grokcall.InterfaceError, match="receive must be one of whole, stream"):
        connection.cursor(receive="pieces")


def test_a_lookup_folds_streams_and_its_rows_are_the_same(service, connecting):
    service.script = lambda asked: (
        told(asked.text.upper()) if asked.json.get("stream") else answered(asked.text.upper())
    )
    rows = [{"m": f"text {number}"} for number in range(20)]
    whole = connecting().lookup(ASK, rows)
    asked_before = len(service.asked)
    folded = connecting().lookup(ASK, rows, receive="stream")
    assert folded.rows.equals(whole.rows)
    assert folded.summary.cost_ticks == whole.summary.cost_ticks
    assert all(asked.json["stream"] for asked in service.asked[asked_before:])
    assert connecting(receive="stream").lookup(ASK, rows).rows.equals(whole.rows)


def test_queries_receive_in_pieces(service, connecting):
    service.script = lambda asked: told(asked.text.upper() if asked.json["stream"] else "")
    connection = connecting()
    query = "SELECT r.Response_Result FROM (VALUES ('a b'), ('c')) t(m), GenerateResponse(t.m) r ORDER BY 1"
    with duckdb.connect() as database, grokcall.duckdb.register(database, connection, receive="stream"):
        assert database.sql(query).fetchall() == [("A B",), ("C",)]


def test_cut_streams_are_in_the_summary_as_such_and_never_silently_whole(service, connecting):
    def script(asked):
        cut = int(asked.text) % 3 == 0
        return streamed(begun(""), delta("Yel"), whole=False) if cut else told(f"answer {asked.text}")

    service.script = script
    result = connecting(max_cost="5").lookup(ASK, [{"m": str(number)} for number in range(9)], receive="stream")
    assert [row["Response_Result"] for row in result.rows.to_pylist()] == [f"answer {n}" for n in (1, 2, 4, 5, 7, 8)]
    assert [row["m"] for row in result.errors.to_pylist()] == ["0", "3", "6"]
    assert {row["Call_ErrorCode"] for row in result.errors.to_pylist()} == {"stream_cut"}
    assert {row["Call_Retryable"] for row in result.errors.to_pylist()} == {False}
    assert (result.summary.failed, result.summary.unpriced) == (3, 3)
    assert result.summary.unpriced_ticks > 0
    assert len(service.asked) == 9


def test_a_rerun_with_a_journal_does_not_send_a_cut_answer_again_by_itself(service, connecting, tmp_path):
    service.script = lambda _: streamed(begun(""), delta("Yel"), whole=False)
    options = {"receive": "stream", "journal": tmp_path / "j"}
    for _ in range(2):
        result = connecting().lookup(ASK, [PROMPT], **options)
        assert result.errors.to_pylist()[0]["Call_ErrorCode"] == "stream_cut"
    assert len(service.asked) == 1
    service.script = lambda _: told("one two")
    result = connecting().lookup(ASK, [PROMPT], **options, retry_failed=True)
    assert result.rows.to_pylist()[0]["Response_Result"] == "one two"


def test_a_proxy_that_cuts_silent_connections_lets_an_answer_in_pieces_through(service, connecting):
    """The answer takes five times what the proxy bears."""

    async def script(asked):
        if asked.json.get("stream"):
            return streamed(*[COMMENT, 0.1] * 50, begun(""), delta("done"), completed("done"))
        await asyncio.sleep(5)
        return answered("done")

    service.script = script
    with IdleProxy(service.port, seconds=1.0) as proxy:
        folded = connecting(base_url=proxy.base_url).lookup(ASK, [PROMPT], receive="stream")
        assert [row["Response_Result"] for row in folded.rows.to_pylist()] == ["done"]
        assert proxy.cuts == 0
        whole = connecting(base_url=proxy.base_url, max_attempts=1).lookup(ASK, [PROMPT])
        assert whole.errors.to_pylist()[0]["Call_ErrorCode"] == "connection_cut"
        assert proxy.cuts >= 1  # connections that were kept are silent as well


def test_an_interrupt_cuts_the_answer_off(service, connecting):
    service.script = lambda _: streamed(begun(), delta("Yel"), 60.0, completed("Yellow"))

    async def read(stream: grokcall.AsyncCallStream) -> None:
        async for _ in stream:
            pass

    async def main() -> str:
        async with grokcall.aconnect(api_key=KEY, base_url=service.base_url) as connection:
            async with connection.astream(ASK, PROMPT) as stream:
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(read(stream), 0.5)
            return stream.text

    assert asyncio.run(main()) in ("Yel", "")


def test_a_reply_that_is_no_stream_and_no_document_is_told_as_it_is(service, connection):
    service.script = lambda _: Answer(b"<html><title>Hello</title></html>", headers={"content-type": "text/html"})
    with pytest.raises(grokcall.MalformedReplyError):
        list(connection.stream(ASK, PROMPT))
