"""Both transports keep the same promises, over real sockets."""

from __future__ import annotations

import asyncio
import json
import socket
import time

import aiohttp
import httpx
import pytest

from bad_server import KEY, MEGABYTE, BadServer, ServerThread, exchange, request_to
from grokcall import errors
from grokcall.http import aiohttp_failures, httpx_transport
from grokcall.http.aiohttp_transport import AiohttpTransport
from grokcall.http.httpx_transport import HttpxTransport
from grokcall.http.transport import HttpRequest, HttpResponse, Transport


def error_of_exchange(transport: Transport, request: HttpRequest) -> Exception:
    try:
        exchange(transport, request)
    except errors.Error as error:
        return error
    raise AssertionError("no error was raised")


def test_a_reply_comes_back_whole_with_lower_case_header_names(transport: Transport, server: BadServer) -> None:
    (reply,) = exchange(transport, request_to(server.url("/answer"), body=b'{"input":"hi"}'))
    assert reply.status == 200
    assert reply.headers["x-request-id"] == "r-1"
    assert json.loads(reply.body) == {"method": "POST", "body": '{"input":"hi"}'}


def test_headers_arrive_as_given_and_none_is_made_up_that_matters(transport: Transport, server: BadServer) -> None:
    exchange(transport, request_to(server.url("/answer")))
    (received,) = server.requests
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["user-agent"] == "test"
    assert "cookie" not in received.headers


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_request_without_a_body_is_sent_without_one(transport: Transport, server: BadServer, method: str) -> None:
    (reply,) = exchange(transport, request_to(server.url("/answer"), method, None))
    assert json.loads(reply.body) == {"method": method, "body": ""}


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_an_error_status_is_a_reply_and_no_exception(transport: Transport, server: BadServer, status: int) -> None:
    (reply,) = exchange(transport, request_to(server.url(f"/status/{status}")))
    assert (reply.status, reply.body) == (status, b'{"code":"some-code","error":"Some sentence."}')


def test_a_redirect_is_handed_back_and_not_followed(transport: Transport, server: BadServer) -> None:
    (reply,) = exchange(transport, request_to(server.url("/redirect")))
    assert (reply.status, reply.headers["location"]) == (302, server.url("/answer"))
    assert len(server.requests) == 1


def test_cookies_are_not_kept(transport: Transport, server: BadServer) -> None:
    exchange(transport, request_to(server.url("/cookie")), request_to(server.url("/cookie")))
    assert "cookie" not in server.requests[1].headers


def test_a_connection_is_kept_for_the_next_request(transport: Transport, server: BadServer) -> None:
    exchange(transport, *[request_to(server.url("/answer"))] * 5)
    assert (len(server.requests), server.connections) == (5, 1)


def test_a_refused_connection_was_not_sent(transport: Transport) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = error_of_exchange(transport, request_to(f"http://127.0.0.1:{unused.getsockname()[1]}/x"))
    assert isinstance(error, errors.NotSentError)
    assert error.retryable


def test_an_unknown_host_was_not_sent(transport: Transport) -> None:
    assert isinstance(error_of_exchange(transport, request_to("http://nowhere.invalid/x")), errors.NotSentError)


def test_a_server_that_takes_no_connection_in_time_was_not_sent(transport: Transport) -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for each in (first, second):
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}/x"
        started = time.monotonic()
        error = error_of_exchange(transport, request_to(url, connect_timeout=0.3))
    assert isinstance(error, errors.NotSentError)
    assert "0.3 s" in str(error)
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "http:///x", "nonsense"])
def test_an_address_that_is_none_was_not_sent_and_is_not_tried_again(transport: Transport, url: str) -> None:
    error = error_of_exchange(transport, request_to(url))
    assert isinstance(error, errors.NotSentError)
    assert not error.retryable


def test_an_address_that_no_parser_accepts_was_not_sent(transport: Transport) -> None:
    assert isinstance(error_of_exchange(transport, request_to("http://[half/x")), errors.NotSentError)


def test_a_server_that_speaks_no_tls_was_not_sent_to(transport: Transport, server: BadServer) -> None:
    error = error_of_exchange(
        transport, request_to(server.url("/answer").replace("http:", "https:"), connect_timeout=0.3)
    )
    assert isinstance(error, errors.NotSentError)
    assert server.requests == []


@pytest.mark.parametrize("path", ["/cut", "/reset", "/half", "/garbage", "/broken-chunks"])
def test_a_reply_that_ends_early_or_is_no_http_is_a_cut_connection(
    transport: Transport, server: BadServer, path: str
) -> None:
    error = error_of_exchange(transport, request_to(server.url(path)))
    assert isinstance(error, errors.ConnectionCutError)
    assert f"127.0.0.1:{server.port}" in str(error)
    assert len(server.requests) == 1


def test_a_connection_that_is_closed_before_anything_is_read_is_a_cut_connection(
    transport: Transport, server_thread: ServerThread
) -> None:
    async def close_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    port = server_thread.listen(close_at_once)
    error = error_of_exchange(transport, request_to(f"http://127.0.0.1:{port}/x"))
    assert isinstance(error, errors.ConnectionCutError | errors.NotSentError)


@pytest.mark.parametrize("path", ["/hang", "/dribble"])
def test_a_reply_that_does_not_end_in_time_is_a_read_timeout(
    transport: Transport, server: BadServer, path: str
) -> None:
    started = time.monotonic()
    error = error_of_exchange(transport, request_to(server.url(path), connect_timeout=0.1, read_timeout=0.3))
    assert isinstance(error, errors.ReadTimeoutError)
    assert "0.3 s" in str(error)
    assert 0.25 < time.monotonic() - started < 30


@pytest.mark.parametrize("path", [f"/large/{MEGABYTE}", "/chunked/16", f"/gzip/{MEGABYTE}"])
def test_a_reply_may_be_as_long_as_the_limit_and_no_longer(transport: Transport, server: BadServer, path: str) -> None:
    (reply,) = exchange(transport, request_to(server.url(path), max_bytes=MEGABYTE))
    assert reply.body == b"x" * MEGABYTE
    again = type(transport)()
    error = error_of_exchange(again, request_to(server.url(path), max_bytes=MEGABYTE - 1))
    assert isinstance(error, errors.ReplyTooLargeError)
    assert "1,048,575 bytes" in str(error)


def test_an_endless_reply_is_cut_off_long_before_it_ends(transport: Transport, server: BadServer) -> None:
    started = time.monotonic()
    error = error_of_exchange(transport, request_to(server.url("/chunked/100000"), max_bytes=MEGABYTE))
    assert isinstance(error, errors.ReplyTooLargeError)
    assert time.monotonic() - started < 30


def test_connections_that_the_server_closed_while_idle_do_no_harm(transport: Transport, server: BadServer) -> None:
    async def main() -> list[HttpResponse]:
        replies = []
        for _ in range(3):
            replies.append(await transport.send(request_to(server.url("/answer-then-close"))))
            await asyncio.sleep(0.05)
        await transport.close()
        return replies

    assert [reply.status for reply in asyncio.run(main())] == [200, 200, 200]
    assert server.connections == 3


def test_what_is_reported_as_not_sent_never_reached_the_server(transport: Transport, server: BadServer) -> None:
    """The server closes after each reply while the next request is already on its way."""

    async def main() -> dict[str, type[BaseException]]:
        failed = {}
        for number in range(200):
            try:
                await transport.send(request_to(server.url(f"/answer-then-close/{number}")))
            except errors.TransportError as error:
                failed[f"/answer-then-close/{number}"] = type(error)
        await transport.close()
        return failed

    failed = asyncio.run(main())
    assert set(failed.values()) <= {errors.NotSentError, errors.ConnectionCutError}
    unsent = {target for target, error in failed.items() if error is errors.NotSentError}
    assert not unsent & {received.target for received in server.requests}
    targets = [received.target for received in server.requests]
    assert len(targets) == len(set(targets)), "a POST was sent twice behind our back"


def test_requests_run_concurrently_and_no_more_at_once_than_allowed(server: BadServer) -> None:
    for transport in (AiohttpTransport(concurrency=3), HttpxTransport(concurrency=3)):
        before = server.connections

        async def main(transport: Transport = transport) -> None:
            await asyncio.gather(*(transport.send(request_to(server.url("/answer"))) for _ in range(30)))
            await transport.close()

        asyncio.run(main())
        assert 1 < server.connections - before <= 3


def test_waiting_for_a_turn_does_not_count_as_waiting_for_a_connection(server: BadServer) -> None:
    transport = AiohttpTransport(concurrency=1)
    slow = request_to(server.url("/hang"), connect_timeout=0.2, read_timeout=0.6)

    async def main() -> list[object]:
        first = asyncio.create_task(transport.send(slow))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(transport.send(request_to(server.url("/answer"), connect_timeout=0.2)))
        results: list[object] = list(await asyncio.gather(first, second, return_exceptions=True))
        await transport.close()
        return results

    first, second = asyncio.run(main())
    assert isinstance(first, errors.ReadTimeoutError)
    assert isinstance(second, HttpResponse)


def test_a_cancelled_request_frees_its_place(transport: Transport, server: BadServer) -> None:
    async def main() -> HttpResponse:
        hanging = asyncio.create_task(transport.send(request_to(server.url("/hang"))))
        await asyncio.sleep(0.1)
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        reply = await transport.send(request_to(server.url("/answer")))
        await transport.close()
        return reply

    assert asyncio.run(main()).status == 200


def test_a_closed_transport_says_so(transport: Transport, server: BadServer) -> None:
    async def main() -> None:
        await transport.close()
        await transport.send(request_to(server.url("/answer")))

    with pytest.raises(errors.InterfaceError, match="closed"):
        asyncio.run(main())


def test_a_transport_whose_loop_has_ended_starts_anew_in_the_next(server: BadServer) -> None:
    transport = AiohttpTransport()
    for _ in range(2):
        assert asyncio.run(transport.send(request_to(server.url("/answer-and-say-goodbye")))).status == 200
    asyncio.run(transport.close())


def test_a_signed_address_is_sent_as_it_is(server: BadServer) -> None:
    target = "/answer?sig=a%2Bb%7E&x=%41%2f"
    exchange(AiohttpTransport(), request_to(server.url(target), "GET", None))
    assert server.requests[0].target == target


def public_exceptions(module: object) -> set[str]:
    found = (getattr(module, name) for name in dir(module))
    return {each.__name__ for each in found if isinstance(each, type) and issubclass(each, Exception)}


def test_no_exception_of_aiohttp_is_missing_from_the_table() -> None:
    from aiohttp import client_exceptions

    listed = set(aiohttp_failures.FAILURES)
    assert public_exceptions(client_exceptions) | {"TooManyRedirects"} <= listed
    assert all(getattr(aiohttp, name).__name__ in listed for name in ("ServerTimeoutError", "ClientPayloadError"))


def test_no_exception_of_httpx_is_missing_from_the_table() -> None:
    assert public_exceptions(httpx) <= set(httpx_transport.FAILURES)


def test_a_kept_connection_that_closed_before_the_request_was_written_counts_as_not_sent(server: BadServer) -> None:
    """Each second request meets the closing of the connection that the one before it used."""
    transport = AiohttpTransport()

    async def main() -> set[type[BaseException]]:
        failed: set[type[BaseException]] = set()
        for _ in range(400):
            try:
                await transport.send(request_to(server.url("/answer-then-close")))
            except errors.TransportError as error:
                failed.add(type(error))
        await transport.close()
        return failed

    assert errors.NotSentError in asyncio.run(main())
