"""The flow of calls over the wire: how many, how far ahead, what is tried again, and what ends it."""

from __future__ import annotations

import asyncio
import base64
import io
import os
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal

import pyarrow as pa
import pytest
from PIL import Image
from together import together

import grokcall
from scripted_service import KEY, Answer, Service, answered, refused

ASK = "CALL GenerateResponse(:Message)"


def numbered(count: int, first: int = 0) -> list[dict[str, str]]:
    return [{"Message": str(number)} for number in range(first, first + count)]


def results(table: pa.Table) -> list[str]:
    return table["Response_Result"].to_pylist()


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_no_more_calls_are_in_flight_than_the_connection_allows(connecting, service, limit):
    service.script = together(service, limit, lambda asked: answered(asked.text, delay=0.004))
    connecting(concurrency=limit).lookup(ASK, numbered(60))
    assert service.peak == limit


def test_a_lookup_can_ask_for_fewer(connecting, service):
    service.script = together(service, 2, lambda asked: answered(asked.text, delay=0.004))
    connecting(concurrency=16).lookup(ASK, numbered(60), concurrency=2)
    assert service.peak == 2


def test_a_lookup_cannot_ask_for_more(connecting, service):
    service.script = together(service, 3, lambda asked: answered(asked.text, delay=0.004))
    connecting(concurrency=3).lookup(ASK, numbered(60), concurrency=50)
    assert service.peak == 3


def test_retries_do_not_raise_the_number_of_calls_in_flight(connecting, service):
    tried: set[str] = set()

    def script(asked):
        if asked.text not in tried and int(asked.text) % 2:
            tried.add(asked.text)
            return refused(503, "Busy.")
        return answered(asked.text, delay=0.02)

    service.script = script
    result = connecting(concurrency=32).lookup(ASK, numbered(60), concurrency=4)
    assert results(result.rows) == [str(number) for number in range(60)]
    assert service.peak <= 4


def test_two_lookups_at_a_time_share_the_limit_of_their_connection(connecting, service):
    service.script = lambda asked: answered(asked.text, delay=0.004)
    connection = connecting(concurrency=6)
    found: dict[int, list[str]] = {}

    def look_up(first: int) -> None:
        found[first] = results(connection.lookup(ASK, numbered(80, first)).rows)

    threads = [threading.Thread(target=look_up, args=(first,)) for first in (0, 1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert found == {first: [str(first + number) for number in range(80)] for first in (0, 1000)}
    assert 3 < service.peak <= 6


def test_one_slow_row_holds_up_no_other(connecting, service):
    """Rows of many chunks are answered while the very first one is still on its way."""
    others_done = threading.Event()

    async def script(asked):
        if asked.text == "0":
            await asyncio.to_thread(others_done.wait, 20)
        elif len(service.asked) == 1000:
            others_done.set()
        return answered(asked.text)

    service.script = script
    result = connecting(concurrency=8).lookup(ASK, numbered(1000))
    assert results(result.rows) == [str(number) for number in range(1000)]


def test_reading_ahead_is_bounded_while_a_row_is_slow(connecting, service):
    release = threading.Event()
    read = 0

    def rows():
        nonlocal read
        for number in range(40_000):
            read = number
            yield {"Message": str(number)}

    async def script(asked):
        if asked.text == "0":
            await asyncio.to_thread(release.wait, 120)
        return answered(asked.text)

    def let_go_once_all_wait():
        while len(service.asked) <= 4_001:
            time.sleep(0.02)
        service.calm(0.4)
        release.set()

    service.script = script
    connection = connecting(concurrency=32)
    with connection.lookup_stream(ASK, rows(), fields=["Response_Result"]) as stream:
        pairs = iter(stream)
        waiting = threading.Thread(target=let_go_once_all_wait, daemon=True)
        waiting.start()
        first, _ = next(pairs)
        waiting.join()
        held = read
    assert first["Response_Result"][0].as_py() == "0"
    # 8,192 rows may wait for an earlier one; one chunk and one reading of the source (1,024 rows) may come on top.
    assert 4_000 < held <= 8_192 + 256 + 2 * 1_024


def test_images_are_read_ahead_by_few_rows(connecting, service):
    picture = io.BytesIO()
    Image.new("RGB", (2, 2)).save(picture, "JPEG")
    body = b'{"data":[{"b64_json":"%b"}]}' % base64.b64encode(picture.getvalue())
    release = threading.Event()

    async def script(asked):
        if asked.json["prompt"] == "0":
            await asyncio.to_thread(release.wait, 20)
        return Answer(body)

    service.script = script
    with connecting(concurrency=4).lookup_stream("CALL GenerateImage(:Message)", numbered(1000)) as stream:
        threading.Timer(0.5, release.set).start()
        first, _ = next(iter(stream))
        asked = service.calm()
    assert first.num_rows == 8
    assert asked < 120


def test_leaving_a_stream_early_stops_the_calls(connecting, service):
    service.script = lambda asked: answered(asked.text, delay=0.002)
    with connecting(concurrency=4).lookup_stream(ASK, numbered(20_000)) as stream:
        rows, _ = next(iter(stream))
    assert rows.num_rows == 256
    asked = service.calm()
    assert asked < 2_000


def test_a_stream_gives_rows_and_failed_rows_as_they_end(connecting, service):
    service.script = lambda asked: refused(400, "Bad.") if asked.text.endswith("7") else answered(asked.text)
    with connecting().lookup_stream(ASK, numbered(600)) as stream:
        pairs = [(rows.num_rows, failed.num_rows) for rows, failed in stream]
        assert stream.summary.rows == 600
        assert stream.schema.names[0] == "Message"
        assert stream.row_count == 600
    assert len(pairs) > 1
    assert [sum(column) for column in zip(*pairs, strict=True)] == [540, 60]


def test_a_source_that_fails_ends_the_lookup_and_keeps_what_was_answered(connecting):
    def rows():
        yield from numbered(2000)
        raise OSError("the cable is out")

    with pytest.raises(grokcall.OperationalError, match="the cable is out") as caught:
        connecting().lookup(ASK, rows())
    kept = results(caught.value.result.rows)
    assert kept == [str(number) for number in range(len(kept))]
    assert len(kept) >= 1024


def test_closing_the_connection_ends_a_lookup_in_another_thread(connecting, service):
    service.script = lambda asked: answered(asked.text, delay=60)
    connection = connecting(concurrency=4)
    raised: list[BaseException] = []

    def look_up() -> None:
        try:
            connection.lookup(ASK, numbered(100))
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=look_up)
    thread.start()
    while len(service.asked) < 4:
        time.sleep(0.01)
    connection.close()
    thread.join(5)
    assert not thread.is_alive()
    assert [(type(error), str(error)) for error in raised] == [(grokcall.InterfaceError, "the connection is closed")]
    assert service.calm() == 4


# What is tried again -------------------------------------------------------------------------------------------------


def test_a_rate_limit_is_waited_out_as_long_as_the_service_asks(connecting, service):
    def script(asked):
        return (
            refused(429, "Too many requests for team.", retry_after="1") if len(service.asked) == 1 else answered("x")
        )

    service.script = script
    connecting().execute(ASK, {"Message": "hi"})
    first, second = service.asked
    assert 1.0 <= second.time - first.time < 2.0


def test_other_rows_go_on_while_one_waits(connecting, service):
    def script(asked):
        if asked.text == "0" and service.texts.count("0") == 1:
            return refused(500, "It broke.", retry_after="1")
        return answered(asked.text, delay=0.002)

    service.script = script
    result = connecting(concurrency=1).lookup(ASK, numbered(50), call_columns=True)
    assert results(result.rows) == [str(number) for number in range(50)]
    assert service.texts == ["0", *map(str, range(1, 50)), "0"]
    assert result.rows["Call_Attempts"].to_pylist() == [2] + [1] * 49
    assert result.summary.calls == 51


def test_a_longer_wait_than_five_minutes_is_not_waited_out(connecting, service):
    service.script = lambda asked: refused(429, "Too many requests for team.", retry_after="301")
    with pytest.raises(grokcall.RateLimitedError) as caught:
        connecting().execute(ASK, {"Message": "hi"})
    assert caught.value.retry_after == 301
    assert len(service.asked) == 1


def test_tries_end_with_the_number_that_was_set(connecting, service):
    service.script = lambda asked: refused(503, "Busy.")
    with pytest.raises(grokcall.ServerFailureError):
        connecting(max_attempts=2).execute(ASK, {"Message": "hi"})
    assert len(service.asked) == 2


def test_a_cut_connection_is_not_asked_again_for_what_may_have_been_billed(connecting, service):
    service.script = lambda asked: Answer(cut=True)
    with pytest.raises(grokcall.ConnectionCutError):
        connecting().execute(ASK, {"Message": "hi"})
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("statement", "path"),
    [
        ("CALL GenerateImage('kite')", "/v1/images/generations"),
        ("CALL GenerateVideo('kite')", "/v1/videos/generations"),
        ("CALL GenerateAudio('hello', 'en')", "/v1/tts"),
    ],
)
def test_media_that_may_have_been_billed_are_not_asked_for_again(connecting, service, statement, path):
    service.script = lambda asked: refused(504, "Gateway timeout.")
    with pytest.raises(grokcall.ServerFailureError):
        connecting().execute(statement)
    assert [asked.path for asked in service.asked] == [path]


def test_a_text_that_takes_too_long_is_not_asked_for_again(connecting, service):
    service.script = lambda asked: answered("late", delay=2)
    with pytest.raises(grokcall.ReadTimeoutError, match=r"did not answer within 0.2 s"):
        connecting(timeout=0.2, connect_timeout=0.2).execute(ASK, {"Message": "hi"})
    assert len(service.asked) == 1


def test_a_list_of_models_is_asked_for_again_after_a_cut(connecting, service):
    service.script = lambda asked: Answer(cut=True) if len(service.asked) == 1 else Answer(b'{"data":[{"id":"m"}]}')
    assert connecting().execute("CALL ListModels()").fetchone()[0] == "m"
    assert len(service.asked) == 2


def test_an_unreachable_service_ends_a_lookup_soon(connecting):
    with Service() as gone:
        address = gone.base_url
    started = time.monotonic()
    with pytest.raises(grokcall.NotSentError, match=r"No connection to 127.0.0.1"):
        connecting(base_url=address, max_attempts=2).lookup(ASK, numbered(5000))
    assert time.monotonic() - started < 30


def test_a_service_that_goes_away_for_good_ends_a_lookup_and_keeps_the_rows(connecting):
    with Service() as service:
        connection = connecting(base_url=service.base_url, concurrency=4, max_attempts=1)
        stream = connection.lookup_stream(ASK, numbered(3000), fields=["Response_Result"])
        with stream:
            pairs = iter(stream)
            kept = [next(pairs)[0]]
            service.close()
            with pytest.raises(grokcall.NotSentError):
                kept += [rows for rows, _ in pairs]
    assert kept[0].num_rows == 256
    assert stream.summary.rows < 3000


def test_a_redirect_of_the_api_is_not_followed(connecting, service):
    service.script = lambda asked: Answer(b"", 302, {"location": "http://me:secret@127.0.0.1:9/login?token=x#y"})
    with pytest.raises(grokcall.OperationalError) as ended:
        connecting().execute(ASK, {"Message": "hi"})
    told = str(ended.value)
    assert "answered with a redirect (status 302) to http://127.0.0.1:9/login; check base_url" in told
    assert len(service.asked) == 1


@pytest.mark.parametrize("location", ["https://elsewhere.invalid/v1/responses", "/login", "http://[half", "", None])
def test_a_service_that_redirects_every_call_ends_a_lookup_at_once(connecting, service, location):
    headers = {} if location is None else {"location": location}
    service.script = lambda asked: Answer(b"", 301, headers)
    with pytest.raises(grokcall.RedirectedError, match="check base_url"):
        connecting(concurrency=16).lookup(ASK, numbered(500))
    assert len(service.asked) <= 16


def test_a_download_that_is_sent_on_to_no_address_is_the_error_of_its_row(connecting, service):
    def script(asked):
        return Answer(b"", 302, {"location": "http://[half"}) if asked.path == "/film" else start(asked)

    start = video_script(service, lambda: f"{service.origin}/film")
    service.script = script
    with pytest.raises(grokcall.MediaError, match="sends the download on to an address that is none"):
        connecting(poll_interval=0.01).execute("CALL GenerateVideo('a kite')")


# Media ---------------------------------------------------------------------------------------------------------------


def film() -> bytes:
    return b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(100)


def video_script(service, url):
    def script(asked):
        if asked.method == "POST":
            return Answer(b'{"request_id":"video-1"}')
        if asked.path == "/v1/videos/video-1":
            ready = sum(each.path == asked.path for each in service.asked) > 2
            if not ready:
                return Answer(b'{"status":"pending","progress":5}', 202)
            return Answer(b'{"status":"done","video":{"url":"%b"},"usage":{"cost_in_usd_ticks":77}}' % url().encode())
        if asked.path == "/moved":
            return Answer(b"", 302, {"location": "/film.mp4"})
        return Answer(film(), headers={"content-type": "video/mp4"})

    return script


@pytest.mark.parametrize("path", ["/film.mp4", "/moved"])
def test_a_video_is_awaited_and_fetched_without_the_key(connecting, service, path):
    service.script = video_script(service, lambda: service.origin + path)
    connection = connecting(poll_interval=0.01)
    result = connection.lookup("CALL GenerateVideo(:Message)", numbered(1), call_columns=True)
    assert result.rows["ResultVideo_Content"][0].as_py() == film()
    assert result.rows["Call_CostUsd"][0].as_py() == Decimal("0.0000000077")
    assert result.rows["Call_Attempts"][0].as_py() == 1
    for asked in service.asked:
        ours = asked.path.startswith("/v1/")
        assert ("authorization" in asked.headers) is ours
        assert (KEY in str(asked.headers)) is ours
    assert any(not asked.path.startswith("/v1/") for asked in service.asked)


def test_fetching_a_video_again_costs_nothing(connecting, service):
    service.script = video_script(service, lambda: f"{service.origin}/film.mp4")
    connection = connecting(poll_interval=0.01)
    result = connection.lookup("CALL GetVideo(:id)", [{"id": "video-1"}], call_columns=True)
    assert result.rows["ResultVideo_Content"][0].as_py() == film()
    assert result.rows["Call_CostUsd"].to_pylist() == [None]
    assert result.summary.cost_ticks == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/film.mp4",
        "ftp://127.0.0.1/film.mp4",
        "file:///etc/passwd",
        "http://127.0.0.1.example.org/film.mp4",
        "http://169.254.169.254/latest/meta-data",
        "//example.org/x",
        "film.mp4",
    ],
)
def test_a_video_is_fetched_over_https_or_from_this_machine_only(connecting, service, url):
    service.script = video_script(service, lambda: url)
    with pytest.raises(grokcall.DataError) as caught:
        connecting(poll_interval=0.01).execute("CALL GenerateVideo('kite')")
    assert "https" in str(caught.value) or "no proper address" in str(caught.value)
    assert caught.value.__notes__ == ["CALL GetVideo('video-1') fetches the video without paying again"]


def test_a_video_is_not_fetched_from_where_a_redirect_leads_in_the_clear(connecting, service):
    inner = video_script(service, lambda: f"{service.origin}/moved")

    def script(asked):
        answer = inner(asked)
        return answer if answer.status != 302 else Answer(b"", 302, {"location": "http://example.org/film.mp4"})

    service.script = script
    with pytest.raises(grokcall.MediaError, match=r"media is fetched over https only, not from http://example.org"):
        connecting(poll_interval=0.01).execute("CALL GenerateVideo('kite')")


def test_redirects_that_never_end_do(connecting, service):
    inner = video_script(service, lambda: f"{service.origin}/moved")

    def script(asked):
        answer = inner(asked)
        return answer if answer.status != 302 else Answer(b"", 302, {"location": "/moved"})

    service.script = script
    with pytest.raises(grokcall.MediaError, match="sent the download on more than 3 times"):
        connecting(poll_interval=0.01).execute("CALL GenerateVideo('kite')")


def test_a_video_that_outlives_its_limit_reports_how_to_fetch_it(connecting, service):
    def script(asked):
        return Answer(b'{"request_id":"video-9"}') if asked.method == "POST" else Answer(b'{"status":"pending"}', 202)

    service.script = script
    connection = connecting(poll_interval=0.02, poll_timeout=0.1)
    result = connection.lookup("CALL GenerateVideo(:Message)", numbered(1))
    (failed,) = result.errors.to_pylist()
    assert failed["Call_ErrorCode"] == "video_timeout"
    assert failed["Call_RequestId"] == "video-9"
    assert failed["Call_ErrorMessage"] == (
        "the video video-9 is not ready after 0.1 seconds; "
        "CALL GetVideo('video-9') fetches the video without paying again"
    )
    assert sum(asked.method == "POST" for asked in service.asked) == 1


def test_an_upload_is_deleted_when_the_call_fails(connecting, service):
    def script(asked):
        if asked.path == "/v1/files":
            return Answer(b'{"id":"file-1"}')
        return Answer(b'{"deleted":true}') if asked.method == "DELETE" else refused(400, "Bad.")

    service.script = script
    with pytest.raises(grokcall.InvalidRequestError):
        connecting().execute("CALL AnalyzeFile('What?', ?, 'a.pdf')", [b"%PDF-1.7 " + bytes(500)])
    assert [(asked.method, asked.path) for asked in service.asked] == [
        ("POST", "/v1/files"),
        ("POST", "/v1/responses"),
        ("DELETE", "/v1/files/file-1"),
    ]


# Other loops, threads and signals


def test_calls_and_lookups_can_be_awaited_from_any_loop(connection):
    async def main():
        table = await connection.acall(ASK, {"Message": "one"})
        lookups = await asyncio.gather(*(connection.alookup(ASK, numbered(20, first)) for first in (0, 100)))
        return table, lookups

    table, lookups = asyncio.run(main())
    assert results(table) == ["ONE"]
    assert [results(lookup.rows)[0] for lookup in lookups] == ["0", "100"]


def test_an_awaited_call_raises_its_error(connection, service):
    service.script = lambda asked: refused(400, "Bad.")
    with pytest.raises(grokcall.InvalidRequestError):
        asyncio.run(connection.acall(ASK, {"Message": "one"}))


def test_an_awaited_lookup_that_ends_early_keeps_its_rows(connecting, service):
    service.script = lambda asked: refused(400, "Bad.") if asked.text == "2" else answered(asked.text)
    with pytest.raises(grokcall.LookupFailedError) as caught:
        asyncio.run(connecting(concurrency=1).alookup(ASK, numbered(5), on_error="fail"))
    assert results(caught.value.result.rows) == ["0", "1"]


def test_cancelling_an_awaited_lookup_stops_its_calls(connecting, service):
    service.script = lambda asked: answered(asked.text, delay=0.05)
    connection = connecting(concurrency=4)

    async def main():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(connection.alookup(ASK, numbered(1000)), 0.3)

    asyncio.run(main())
    assert service.calm() < 100


def test_other_work_goes_on_while_a_lookup_is_awaited(connecting, service):
    service.script = lambda asked: answered(asked.text, delay=0.3)
    connection = connecting()

    async def main():
        lookup = asyncio.ensure_future(connection.alookup(ASK, numbered(2)))
        beats = 0
        while not lookup.done():
            await asyncio.sleep(0.01)
            beats += 1
        return beats

    assert asyncio.run(main()) > 10


def test_closing_ends_what_is_awaited(connecting, service):
    service.script = lambda asked: answered(asked.text, delay=30)
    connection = connecting()

    async def main():
        call = asyncio.ensure_future(connection.acall(ASK, {"Message": "hi"}))
        while not service.asked:  # noqa: ASYNC110 - the list is filled in another thread
            await asyncio.sleep(0.01)
        await asyncio.to_thread(connection.close)
        with pytest.raises(grokcall.InterfaceError, match="the connection is closed"):
            await asyncio.wait_for(call, 5)

    asyncio.run(main())


INTERRUPTED = """
import grokcall
connection = grokcall.connect()
try:
    connection.lookup("CALL GenerateResponse(:Message)", [{"Message": str(n)} for n in range(5000)], concurrency=8)
except KeyboardInterrupt as interrupt:
    kept = interrupt.result.rows["Response_Result"].to_pylist()
    connection.close()
    print(len(kept), kept == [str(n) for n in range(len(kept))])
"""


def test_an_interrupt_ends_a_lookup_at_once_and_keeps_its_rows(service):
    service.script = lambda asked: answered(asked.text, delay=0.005)
    environment = {**os.environ, "XAI_API_KEY": KEY, "XAI_BASE_URL": service.base_url}
    program = [sys.executable, "-c", INTERRUPTED]
    with subprocess.Popen(program, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            while len(service.asked) < 600 and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=25)  # less than what answers in flight are waited for
        finally:
            process.kill()
    count, in_order = said.split()
    assert process.returncode == 0
    assert in_order == "True"
    assert len(service.asked) - 8 <= int(count) <= len(service.asked)


UNCLOSED = """
import grokcall
connection = grokcall.connect()
print(connection.execute("CALL GenerateResponse('hi')").fetchone()[0])
"""


def test_a_program_that_forgets_to_close_ends_quietly(service):
    # Without asyncio's debug mode, which tells of whatever takes long on a busy machine.
    quiet = {"PYTHONASYNCIODEBUG": ""}
    environment = {**os.environ, **quiet, "XAI_API_KEY": KEY, "XAI_BASE_URL": service.base_url}
    command = [sys.executable, "-c", UNCLOSED]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout, done.stderr) == (0, "HI\n", "")


def test_the_client_says_who_it_is(connecting, service):
    connecting().execute(ASK, {"Message": "hi"})
    connecting(user_agent="my-flow/2.1").execute(ASK, {"Message": "hi"})
    assert [asked.headers["user-agent"] for asked in service.asked] == [
        f"grokcall/{grokcall.__version__}",
        "my-flow/2.1",
    ]
