"""Answers of a scripted service that come in pieces, and a proxy that takes silence for the end."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from scripted_service import COST_TICKS, Answer, answered

COMMENT = b": keepalive\n\n"


@dataclass(frozen=True)
class Pieces(Answer):
    """A reply in pieces: bytes that are sent and seconds that are waited, one after the other.

    ``whole`` says whether the connection gives all of it or is cut after the last piece.
    """

    pieces: Sequence[bytes | float] = ()
    whole: bool = True


def event(kind: str, **fields: Any) -> bytes:
    """One event."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def begun(identity: str = "resp-1", **members: Any) -> bytes:
    """The event that an answer begins with."""
    return event("response.created", response={"id": identity, "status": "in_progress", "usage": None, **members})


def delta(text: str) -> bytes:
    """A piece of an answer."""
    return event("response.output_text.delta", item_id="msg-1", output_index=0, content_index=0, delta=text)


def completed(text: str, ticks: int | None = COST_TICKS, **members: Any) -> bytes:
    """The event that an answer ends with."""
    return event("response.completed", response=json.loads(answered(text, ticks=ticks, **members).body))


def streamed(*pieces: bytes | float, whole: bool = True, delay: float = 0.0) -> Pieces:
    """A stream of events."""
    headers = {"content-type": "text/event-stream", "x-request-id": "req-stream"}
    return Pieces(headers=headers, pieces=pieces, whole=whole, delay=delay)


def told(text: str) -> Pieces:
    """An answer, word by word."""
    words = text.split(" ")
    deltas = [delta(word if number == 0 else f" {word}") for number, word in enumerate(words)]
    return streamed(begun(), *deltas, completed(text))


class IdleProxy:
    """A proxy in a thread that cuts each connection over which nothing has come for a while.

    Args:
        port: Where the service listens.
        seconds: For how long it bears silence.
    """

    def __init__(self, port: int, seconds: float) -> None:
        self.cuts = 0
        self.port = 0
        self._target, self._seconds = port, seconds
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="idle proxy", daemon=True)
        self._server: asyncio.Server | None = None

    @property
    def base_url(self) -> str:
        """The address that a client is given."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(300)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(300)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(300)
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _end(self) -> None:
        assert self._server is not None
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, away = await asyncio.open_connection("127.0.0.1", self._target)
        forth = asyncio.create_task(self._pass_on(reader, away))
        try:
            while chunk := await asyncio.wait_for(there.read(1 << 16), self._seconds):
                writer.write(chunk)
                await writer.drain()
        except TimeoutError:
            self.cuts += 1
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            forth.cancel()
            writer.close()
            away.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(1 << 16):
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            pass
