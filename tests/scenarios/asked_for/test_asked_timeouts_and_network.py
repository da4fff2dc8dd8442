"""Slow answers, company networks and images that take their time: nothing is cut off by a time nobody can set."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from commanding import run

import grokcall
from grokcall.sandbox import SANDBOX_KEY, Sandbox
from scripted_service import Answer, answered

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SAY = "CALL GenerateResponse('hello')"


class Proxy:
    """A proxy for plain requests, which remembers whom it was asked for."""

    def __init__(self) -> None:
        self.asked_for: list[str] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Proxy:
        self._thread.start()
        server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop)
        self._server = server.result(300)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *ended: object) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(300)
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, rest = (await message_from(reader)).split(b"\r\n", 1)
        method, target, version = first.decode().split(" ")
        self.asked_for.append(target)
        there = urlsplit(target)
        from_service, to_service = await asyncio.open_connection(there.hostname, there.port)
        to_service.write(f"{method} {there.path} {version}\r\n".encode() + rest)
        writer.write(await message_from(from_service))
        await writer.drain()
        writer.close()
        to_service.close()


async def message_from(reader: asyncio.StreamReader) -> bytes:
    """A request or a reply as it is on the wire."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return head + await reader.readexactly(int(length[1]) if length else 0)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as running:
        yield running


def test_how_long_an_answer_may_take_can_be_set_in_every_way_in_which_options_are(service, monkeypatch, connecting):
    service.script = lambda asked: answered("late", delay=0.6)
    with pytest.raises(grokcall.ReadTimeoutError, match="the option timeout"):
        connecting(timeout=0.2).execute(SAY)
    assert connecting(timeout=30).execute(SAY).fetchone()[0] == "late"
    monkeypatch.setenv("GROKCALL_TIMEOUT", "0.2")
    with pytest.raises(grokcall.ReadTimeoutError):
        connecting().execute(SAY)


def test_a_long_thought_is_waited_for_longer_than_five_minutes_unless_told_otherwise():
    assert grokcall.Options().timeout is None
    assert "None for 600" in (grokcall.Options.model_fields["timeout"].description or "")


def test_a_service_behind_a_proxy_is_reached_like_curl_reaches_it(service, proxy):
    done = run(service, "call", SAY, "--format", "jsonl", HTTP_PROXY=f"http://127.0.0.1:{proxy.port}")
    assert (done.code, json.loads(done.out)["Response_Result"]) == (0, "HELLO"), done.err
    assert proxy.asked_for == [f"{service.base_url}/responses"]


@pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_every_spelling_of_a_proxy_is_heeded_and_so_is_no_proxy(
    service, proxy, variable, transport, monkeypatch, connecting
):
    monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
    assert connecting(transport=transport).execute(SAY).fetchone()[0] == "HELLO"
    assert len(proxy.asked_for) == 1
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert connecting(transport=transport).execute(SAY).fetchone()[0] == "HELLO"
    assert (len(proxy.asked_for), len(service.asked)) == (1, 2)


def test_an_image_is_not_cut_off_by_the_time_that_texts_are_given(service, connecting):
    body = json.dumps({"data": [{"b64_json": base64.b64encode(PICTURE).decode()}], "usage": {}}).encode()
    service.script = lambda asked: Answer(body, delay=0.8)
    cursor = connecting(timeout=0.2).execute("CALL GenerateImage('a red kite')")
    assert cursor.fetchone()[0] == PICTURE


def test_a_video_is_waited_for_as_long_as_is_set_and_is_not_lost_after_that():
    with (
        Sandbox(video_seconds=1.5) as sandbox,
        grokcall.connect(
            api_key=SANDBOX_KEY, base_url=sandbox.base_url, poll_interval=0.05, poll_timeout=0.2
        ) as connection,
    ):
        with pytest.raises(grokcall.NotReadyError) as waited:
            connection.execute("CALL GenerateVideo('a red kite', Duration => 1)")
        billed = len(sandbox.ledger())
        time.sleep(1.5)
        fetched = connection.execute("CALL GetVideo(?)", [waited.value.request_id])
        assert fetched.fetchone()[0][4:8] == b"ftyp"
        assert len(sandbox.ledger()) == billed
