"""A service that does what a test tells it to, over real sockets, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import inspect
import json
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import TracebackType
from typing import Any, Self

KEY = "xai-PLANTED5b1e8d7f4c2a9036ThatMustNeverShow"
COST_TICKS = 2_306_000


@dataclass(frozen=True)
class Asked:
    """One request as the service read it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    time: float
    """Seconds on the monotonic clock when it had come."""

    @cached_property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """What the model was asked."""
        return text_of(self.json["input"])


def text_of(content: Any) -> str:
    """The text in an ``input``, in either of its forms."""
    if isinstance(content, str):
        return content
    return "".join(text_of(part.get("content") or part.get("text") or "") for part in content)


@dataclass(frozen=True)
class Answer:
    """One reply: its delay comes before its first byte; ``cut`` ends the connection instead of answering."""

    body: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False


def answered(text: str, *, delay: float = 0.0, ticks: int | None = COST_TICKS, **members: Any) -> Answer:
    """A response object with this text."""
    usage = {"input_tokens": 10, "output_tokens": 2, "total_tokens": 12, "cost_in_usd_ticks": ticks}
    document = {
        "id": "resp-1",
        "object": "response",
        "created_at": 1790000000,
        "status": "completed",
        "model": "grok-4.3",
        "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}],
        "usage": {name: value for name, value in usage.items() if value is not None},
        **members,
    }
    return Answer(json.dumps(document).encode(), headers={"x-request-id": f"req-{text[:20]}"}, delay=delay)


def refused(status: int, message: str = "No.", code: str = "", **headers: str) -> Answer:
    """An error of the API."""
    body = json.dumps({"code": code, "error": message} if code else {"error": message}).encode()
    return Answer(body, status, {"x-request-id": "req-refused", **{n.replace("_", "-"): v for n, v in headers.items()}})


WRONG_KEY = refused(400, "Incorrect API key provided: xa***ow. You can obtain an API key from https://console.x.ai.")

Script = Callable[[Asked], Answer | Awaitable[Answer]]


def echo(asked: Asked) -> Answer:
    """The prompt in capitals."""
    return answered(asked.text.upper())


class Service:
    """A server in a thread.

    Args:
        script: Gives the answer to a request; called on the server's own loop, and may be async.
    """

    def __init__(self, script: Script = echo) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self.in_flight = 0
        self.peak = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="scripted service", daemon=True)
        self._server: asyncio.Server | None = None

    @property
    def origin(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """The address that a client is given."""
        return f"{self.origin}/v1"

    @property
    def texts(self) -> list[str]:
        """What the model was asked, in the order of the requests."""
        return [asked.text for asked in self.asked if asked.path == "/v1/responses"]

    def calm(self, seconds: float = 0.15) -> int:
        """Waits until no request has come for a while; gives how many there were."""
        while True:
            before = len(self.asked)
            time.sleep(seconds)
            if len(self.asked) == before:
                return before

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(300)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cuts every connection and listens no more; harmless when repeated."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(300)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(300)
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20, backlog=1024)

    async def _end(self) -> None:
        assert self._server is not None
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (asked := await read_request(reader)) is not None:
                self.asked.append(asked)
                self.in_flight += 1
                self.peak = max(self.peak, self.in_flight)
                try:
                    answer = self.script(asked)
                    if inspect.isawaitable(answer):
                        answer = await answer
                    await asyncio.sleep(answer.delay)
                finally:
                    self.in_flight -= 1
                if answer.cut:
                    break
                if hasattr(answer, "pieces"):
                    if not await send_pieces(answer, writer):
                        break
                    continue
                writer.write(wire_form(answer, asked.method))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


async def send_pieces(answer: Any, writer: asyncio.StreamWriter) -> bool:
    """Sends a reply in pieces; whether its connection stays open."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    writer.write(f"HTTP/1.1 {answer.status} Whatever\r\n{lines}transfer-encoding: chunked\r\n\r\n".encode())
    for piece in answer.pieces:
        if isinstance(piece, bytes):
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
        else:
            await asyncio.sleep(piece)
    if answer.whole:
        writer.write(b"0\r\n\r\n")
        await writer.drain()
    return bool(answer.whole)


async def read_request(reader: asyncio.StreamReader) -> Asked | None:
    """The next request of a connection; None at its end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(method, path, headers, body, time.monotonic())


def wire_form(answer: Answer, method: str) -> bytes:
    """The bytes of a reply."""
    headers = {"content-type": "application/json", **answer.headers, "content-length": str(len(answer.body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} Whatever\r\n{lines}\r\n".encode() + (b"" if method == "HEAD" else answer.body)
