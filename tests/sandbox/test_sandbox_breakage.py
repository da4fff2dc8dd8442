"""Faults on the way: errors, cut connections, slow, short and unreadable replies; and what the ledger says of them."""

import asyncio
import json
import socket
import time
from http.client import HTTPResponse

import httpx
import pytest

import grokcall
from grokcall.sandbox import SANDBOX_KEY, Sandbox, create_app
from grokcall_sandbox.profiles import open_profile
from grokcall_sandbox.state import SandboxState

BODY = json.dumps({"model": "grok-4.3", "input": "2+2?"}).encode()
RESET = "reset"


def head(length=None):
    return (
        f"POST /v1/responses HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SANDBOX_KEY}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length or len(BODY)}\r\n\r\n"
    ).encode()


def exchange(sandbox, sent):
    """All bytes that come back over a connection of its own, and how it ended: in a reset or in good order."""
    port = int(sandbox.base_url.rsplit(":", 1)[1].split("/")[0])
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=400) as connection:
        try:
            connection.sendall(sent)
            while data := connection.recv(65_536):
                received += data
        except ConnectionResetError:
            return received, RESET
    return received, "closed"


def answered(engine):
    return [entry["answered"] for entry in engine.sandbox.ledger()]


def test_server_errors_have_the_services_shapes_and_cost_nothing(faulty):
    engine = faulty("server-errors:share=1")
    replies = [engine.ask() for _ in range(60)]
    assert {reply.status_code for reply in replies} == {500, 502, 503, 504, 520, 529}
    for reply in replies:
        if reply.headers["content-type"] == "application/json":
            assert set(reply.json()) == {"code", "error"}
            assert "x-request-id" in reply.headers
        else:
            assert reply.text.startswith(("error code: ", "upstream connect error"))
            assert "x-request-id" not in reply.headers
    assert engine.sandbox.ledger() == []


@pytest.mark.parametrize("status", [500, 503, 524])
def test_the_status_of_server_errors_can_be_chosen(faulty, status):
    assert set(faulty(f"server-errors:share=1,status={status}").statuses(10)) == {status}


@pytest.mark.parametrize("how", ["reset", "close"])
@pytest.mark.parametrize("at", ["head", "body"])
def test_a_cut_before_handling_answers_and_bills_nothing(faulty, at, how):
    engine = faulty(f"cut-before:share=1,at={at},how={how}")
    assert exchange(engine.sandbox, head() + BODY) == (b"", RESET if how == "reset" else "closed")
    assert engine.sandbox.ledger() == []
    assert engine.sandbox.stats()["by_status"] == {"cut": 1}


def test_a_cut_at_the_head_does_not_wait_for_the_body(faulty):
    engine = faulty("cut-before:share=1,at=head")
    started = time.monotonic()
    assert exchange(engine.sandbox, head(length=1_000_000)) == (b"", RESET)
    assert time.monotonic() - started < 30


def test_a_cut_after_handling_bills_what_is_never_answered(faulty):
    engine = faulty("cut-after:share=1")
    assert exchange(engine.sandbox, head() + BODY) == (b"", RESET)
    with pytest.raises(httpx.TransportError):
        engine.ask()
    assert answered(engine) == [False, False]
    assert engine.sandbox.stats()["by_status"] == {"cut": 2}


@pytest.mark.parametrize("how", ["reset", "close"])
def test_a_cut_can_come_in_the_middle_of_the_reply(faulty, how):
    engine = faulty(f"cut-after:share=1,sent=0.5,how={how}")
    received, end = exchange(engine.sandbox, head() + BODY)
    assert end == (RESET if how == "reset" else "closed")
    top, _, body = received.partition(b"\r\n\r\n")
    length = int(next(line for line in top.split(b"\r\n") if line.startswith(b"content-length")).split(b":")[1])
    assert top.startswith(b"HTTP/1.1 200 OK")
    assert len(body) == length // 2
    assert answered(engine) == [False]


def test_a_stream_can_be_cut_too(faulty):
    engine = faulty("cut-after:share=1,sent=0.5")
    body = json.dumps({"model": "grok-4.3", "input": "2+2?", "stream": True}).encode()
    received, end = exchange(engine.sandbox, head(length=len(body)) + body)
    assert b"event: response.created" in received
    assert b"response.completed" not in received
    assert (end, answered(engine)) == (RESET, [False])


def test_a_refusal_is_not_cut(faulty):
    engine = faulty("cut-after:share=1")
    assert engine.ask(model="nobody").status_code == 400


def test_a_truncated_reply_is_shorter_than_it_says_and_ends_in_good_order(faulty):
    engine = faulty("truncated:share=1,sent=0.25")
    received, end = exchange(engine.sandbox, head() + BODY)
    top, _, body = received.partition(b"\r\n\r\n")
    length = int(next(line for line in top.split(b"\r\n") if line.startswith(b"content-length")).split(b":")[1])
    assert (len(body), end) == (length // 4, "closed")
    with pytest.raises(httpx.RemoteProtocolError):
        engine.ask()
    assert answered(engine) == [False, False]


@pytest.mark.parametrize("stream", [False, True])
def test_a_slow_body_dribbles_and_comes_whole(faulty, stream):
    engine = faulty("slow-body:seconds=0.3")
    with engine.http.stream(
        "POST", "/responses", json={"model": "grok-4.3", "input": "2+2?", "stream": stream}
    ) as reply:
        started = time.monotonic()
        pieces = list(reply.iter_raw())
    assert time.monotonic() - started >= 0.25
    assert len(pieces) > 5
    assert b"".join(pieces).rstrip()[-1:] == b"}"
    assert answered(engine) == [True]


def test_a_malformed_reply_is_delivered_and_is_no_json(faulty):
    engine = faulty("malformed:share=1")
    reply = engine.ask()
    assert reply.status_code == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        reply.json()
    assert answered(engine) == [True]


def test_a_malformed_stream_has_one_broken_event(faulty):
    events = faulty("malformed:share=1").ask(stream=True).text.split("\n\n")
    data = [line.removeprefix("data: ") for event in events for line in event.split("\n") if line.startswith("data: ")]
    broken = []
    for text in data:
        try:
            json.loads(text)
        except ValueError:
            broken.append(text)
    assert len(broken) == 1


def test_malformed_leaves_sound_alone(faulty):
    made = faulty("malformed:share=1").http.post("/tts", json={"text": "a", "language": "en"})
    assert made.headers["content-type"] == "audio/mpeg"


def test_a_page_comes_with_status_200_in_the_replys_place(faulty):
    engine = faulty("wrong-type:share=1")
    reply = engine.ask()
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert reply.text.startswith("<!DOCTYPE html>")
    assert answered(engine) == [True]


def test_a_client_that_leaves_before_the_reply_is_not_noted_as_answered(faulty):
    engine = faulty("latency:seconds=2")
    with pytest.raises(httpx.ReadTimeout):
        engine.http.post("/responses", content=BODY, headers={"Content-Type": "application/json"}, timeout=0.1)
    deadline = time.monotonic() + 240
    while engine.sandbox.stats()["in_flight"] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert answered(engine) == [False]


def test_a_connection_goes_on_after_a_fault_that_leaves_it_whole(faulty):
    engine = faulty("malformed:share=0.5+server-errors:share=0.5,on=text")
    port = int(engine.sandbox.base_url.rsplit(":", 1)[1].split("/")[0])
    with socket.create_connection(("127.0.0.1", port), timeout=400) as connection:
        for _ in range(20):
            connection.sendall(head() + BODY)
            reply = HTTPResponse(connection)
            reply.begin()
            assert reply.status in (200, 500, 502, 503, 504, 520, 529)
            reply.read()


@pytest.mark.parametrize("profile", ["cut-before", "server-errors", "storm:every=4,length=1"])
def test_a_client_that_tries_again_pays_once_for_each_row(faulty, profile):
    engine = faulty(profile.replace("cut-before", "cut-before:share=0.3").replace("errors", "errors:share=0.3"))
    rows = [{"q": f"{number}+1?"} for number in range(30)]
    options = {"api_key": SANDBOX_KEY, "base_url": engine.sandbox.base_url, "max_attempts": 12}
    with grokcall.connect(**options) as connection:
        result = connection.lookup("CALL GenerateResponse(:q)", rows, on_error="redirect")
    assert result.rows.num_rows + result.errors.num_rows == 30
    assert len(engine.sandbox.ledger()) == result.rows.num_rows
    assert sum(entry["ticks"] for entry in engine.sandbox.ledger()) == result.summary.cost_ticks


@pytest.mark.parametrize(
    ("profile", "reached"),
    [("cut-after", False), ("truncated", False), ("malformed", True), ("wrong-type", True), ("slow-body", True)],
)
def test_every_billed_call_is_in_the_ledger_once_whatever_follows(faulty, profile, reached):
    engine = faulty(f"{profile}:share=0.5" + (",seconds=0.01" if profile == "slow-body" else ""))
    for _ in range(20):
        try:
            engine.ask()
        except httpx.TransportError:
            continue
    entries = engine.sandbox.ledger()
    assert len(entries) == len({entry["request_id"] for entry in entries}) == 20
    assert (False in answered(engine)) is not reached


def test_under_another_server_a_cut_is_an_error_of_the_application():
    app = create_app(SandboxState(make_profile=lambda: open_profile("cut-before:share=1")))

    async def ask():
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            await client.post("/v1/responses", content=BODY)

    with pytest.raises(ConnectionResetError, match="the sandbox cuts the connection"):
        asyncio.run(ask())


def test_a_server_stops_with_slow_replies_under_way():
    with Sandbox(profile="slow-body:seconds=60") as sandbox:
        port = int(sandbox.base_url.rsplit(":", 1)[1].split("/")[0])
        connection = socket.create_connection(("127.0.0.1", port), timeout=400)
        connection.sendall(head() + BODY)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        started = time.monotonic()
    connection.close()
    assert time.monotonic() - started < 8
    assert [entry["answered"] for entry in sandbox.ledger()] == [False]


@pytest.mark.parametrize("profile", ["cut-after:share=0.2", "cut-after:share=0.2,sent=0.5", "truncated:share=0.2"])
def test_what_is_noted_as_answered_is_what_a_client_got(faulty, profile):
    engine = faulty(profile)
    rows = [{"q": f"{number}+1?"} for number in range(60)]
    options = {"api_key": SANDBOX_KEY, "base_url": engine.sandbox.base_url, "concurrency": 12}
    with grokcall.connect(**options) as connection:
        result = connection.lookup("CALL GenerateResponse(:q)", rows, on_error="redirect")
    assert result.errors.num_rows > 0
    assert answered(engine).count(True) == result.rows.num_rows
    assert answered(engine).count(False) == 60 - result.rows.num_rows
