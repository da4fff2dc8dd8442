"""A stub of the service for benchmarks: canned replies, a fixed latency, nothing parsed that need not be.

    python benchmarks/stub_server.py [--latency-ms 50] [--slow-ms 500 --slow-every 50] [--latencies FILE]

It prints its port and then serves until its standard input closes. One protocol object a connection, no framework:
a Python client in another process is what gets measured.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ANSWER = (
    "Arrow keeps each column of a table in one piece of memory, so a scan reads only what it needs. A program that "
    "asks a model for each row has two jobs: to keep enough requests in flight, and to put every answer in its column "
    "without making an object of each cell. The first is bounded by the account's limits, the second by the processor."
)
REPLY = {
    "id": "0b6f3c1e-1111-4222-8333-9c0ffee00001",
    "object": "response",
    "created_at": 1790000000,
    "completed_at": 1790000002,
    "status": "completed",
    "background": False,
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "model": "grok-4.3",
    "output": [
        {
            "type": "reasoning",
            "id": "rs_0b6f3c1e-1111-4222-8333-9c0ffee00001",
            "status": "completed",
            "summary": [{"type": "summary_text", "text": "The question is about columns; the answer should be short."}],
        },
        {
            "type": "message",
            "id": "msg_0b6f3c1e-1111-4222-8333-9c0ffee00001",
            "role": "assistant",
            "status": "completed",
            "content": [
                {
                    "type": "output_text",
                    "text": ANSWER,
                    "logprobs": [],
                    "annotations": [
                        {
                            "type": "url_citation",
                            "url": "https://arrow.example/format",
                            "title": "1",
                            "start_index": 0,
                            "end_index": 60,
                        }
                    ],
                }
            ],
        },
    ],
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": "low", "summary": "detailed"},
    "safety_identifier": None,
    "service_tier": "default",
    "store": True,
    "temperature": 0.7,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 0.95,
    "truncation": "disabled",
    "usage": {
        "input_tokens": 213,
        "input_tokens_details": {"cached_tokens": 128},
        "output_tokens": 391,
        "output_tokens_details": {"reasoning_tokens": 263},
        "total_tokens": 604,
        "num_sources_used": 0,
        "num_server_side_tools_used": 0,
        "cost_in_usd_ticks": 10_093_500,
        "context_details": {"input_tokens": 213, "output_tokens": 391},
    },
    "user": None,
    "metadata": {},
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
}
BODY = json.dumps(REPLY, separators=(",", ":")).encode()
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
    b"x-request-id: 00000000-0000-4000-8000-000000000000\r\nx-ratelimit-limit-requests: 1800\r\n"
    b"x-ratelimit-remaining-requests: 1799\r\n\r\n" % len(BODY)
)
WHOLE = HEAD + BODY


class Stub(asyncio.Protocol):
    """One connection. Requests are told apart by their Content-Length only."""

    latency = 0.0
    slow = 0.0
    every = 0
    latencies: tuple[float, ...] = ()
    served = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        self.transport = transport
        self.loop = asyncio.get_running_loop()
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        """Answers each whole request."""
        self.buffer = self.buffer + data if self.buffer else data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            self.buffer = self.buffer[end + 4 + length :]
            self.answer()

    def answer(self) -> None:
        """Replies now or after the latency."""
        number, Stub.served = Stub.served, Stub.served + 1
        wait = self.latencies[number % len(self.latencies)] if self.latencies else self.latency
        if self.every and number % self.every == self.every - 1:
            wait = self.slow
        if wait:
            self.loop.call_later(wait, self.reply)
        else:
            self.reply()

    def reply(self) -> None:
        """Sends the canned reply."""
        if not self.transport.is_closing():
            self.transport.write(WHOLE)  # type: ignore[attr-defined]


async def serve() -> None:
    """Serves until standard input closes."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Stub, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


@contextmanager
def stub(
    latency_ms: float = 0, slow_ms: float = 0, slow_every: int = 0, latencies: Path | None = None
) -> Iterator[str]:
    """The base URL of a stub in a process of its own, which ends with the block."""
    command = [sys.executable, __file__, "--latency-ms", str(latency_ms)]
    command += ["--slow-ms", str(slow_ms), "--slow-every", str(slow_every)]
    command += ["--latencies", str(latencies)] if latencies else []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        finally:
            process.stdin.close()
            process.wait(timeout=10)


def main() -> None:
    """Reads the command line and serves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--slow-ms", type=float, default=0)
    parser.add_argument("--slow-every", type=int, default=0)
    parser.add_argument("--latencies", type=Path)
    options = parser.parse_args()
    Stub.latency, Stub.slow, Stub.every = options.latency_ms / 1000, options.slow_ms / 1000, options.slow_every
    if options.latencies:
        Stub.latencies = tuple(float(line) / 1000 for line in options.latencies.read_text().split())
    asyncio.run(serve())


if __name__ == "__main__":
    main()
