"""A server that behaves as badly as it is told to, over real sockets."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from grokcall.http.transport import HttpRequest, HttpResponse, Transport

KEY = "xai-4PlantedKeyThatMustNeverShow9876543210abcdefghij"
MEGABYTE = 1 << 20


@dataclass
class Received:
    """One request as the server read it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class BadServer:
    """Answers by path: ``/answer``, ``/cut``, ``/hang`` and so on; remembers what it has read."""

    host: str = "127.0.0.1"
    port: int = 0
    scheme: str = "http"
    requests: list[Received] = field(default_factory=list)
    connections: int = 0
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, path: str) -> str:
        return f"{self.scheme}://{self.host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while (received := await read_request(reader)) is not None:
                self.requests.append(received)
                if not await self.answer(received, writer):
                    break
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def answer(self, received: Received, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection stays open."""
        name, _, argument = received.target.partition("?")[0].strip("/").partition("/")
        match name:
            case "answer":
                writer.write(
                    http_reply(json.dumps({"method": received.method, "body": received.body.decode()}).encode())
                )
            case "status":
                writer.write(http_reply(b'{"code":"some-code","error":"Some sentence."}', status=int(argument)))
            case "large":
                writer.write(http_reply(b"x" * int(argument)))
            case "chunked":
                writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in range(int(argument)):
                    writer.write(b"%x\r\n%b\r\n" % (MEGABYTE // 16, b"x" * (MEGABYTE // 16)))
                    await writer.drain()
                writer.write(b"0\r\n\r\n")
            case "gzip":
                packed = gzip.compress(b"x" * int(argument))
                writer.write(http_reply(packed, extra="Content-Encoding: gzip\r\n"))
            case "redirect":
                writer.write(http_reply(b"", status=302, extra=f"Location: {self.url('/answer')}\r\n"))
            case "cookie":
                writer.write(http_reply(b"{}", extra="Set-Cookie: taste=sweet; Path=/\r\n"))
            case "cut":
                return False
            case "reset":
                # With nothing to linger for, closing sends a reset instead of a proper end.
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                return False
            case "half":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")
                await writer.drain()
                return False
            case "garbage":
                writer.write(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")
                await writer.drain()
                return False
            case "broken-chunks":
                writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a length\r\n")
                await writer.drain()
                return False
            case "broken-gzip":
                writer.write(http_reply(b"this is not gzip", extra="Content-Encoding: gzip\r\n"))
            case "hang":
                await self.stop.wait()
                return False
            case "dribble":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
                while not self.stop.is_set():
                    writer.write(b".")
                    await writer.drain()
                    await asyncio.sleep(0.02)
                return False
            case "answer-and-say-goodbye":
                writer.write(http_reply(b"{}", extra="Connection: close\r\n"))
                await writer.drain()
                return False
            case "answer-then-close":
                writer.write(http_reply(b"{}"))
                await writer.drain()
                return False
            case _:
                writer.write(http_reply(b"{}", status=404))
        await writer.drain()
        return True


async def read_request(reader: asyncio.StreamReader) -> Received | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Received(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))


def http_reply(body: bytes, status: int = 200, extra: str = "") -> bytes:
    head = f"HTTP/1.1 {status} Whatever\r\nContent-Type: application/json\r\nX-Request-ID: r-1\r\n{extra}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


class ServerThread:
    """An event loop in a thread with any number of listening sockets."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.servers: list[asyncio.Server] = []
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def listen(self, handler: Handler, context: ssl.SSLContext | None = None) -> int:
        """The port on which ``handler`` is called for every connection."""

        async def start() -> int:
            server = await asyncio.start_server(handler, "127.0.0.1", 0, ssl=context)
            self.servers.append(server)
            port: int = server.sockets[0].getsockname()[1]
            return port

        return asyncio.run_coroutine_threadsafe(start(), self.loop).result(300)

    def bad_server(self, context: ssl.SSLContext | None = None) -> BadServer:
        server = BadServer(scheme="https" if context else "http")
        server.port = self.listen(server.serve, context)
        return server

    def close(self) -> None:
        async def end() -> None:
            for server in self.servers:
                server.close()
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(300)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(300)
        self.loop.close()


def request_to(url: str, method: str = "POST", body: bytes | None = b"{}", **changes: Any) -> HttpRequest:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", "User-Agent": "test"}
    return HttpRequest(method, url, headers, body, **{"connect_timeout": 2.0, "read_timeout": 5.0, **changes})


def exchange(transport: Transport, *requests: HttpRequest) -> list[HttpResponse]:
    """The replies to ``requests``, sent one after the other over one transport."""

    async def main() -> list[HttpResponse]:
        try:
            return [await transport.send(request) for request in requests]
        finally:
            await transport.close()

    return asyncio.run(main())
