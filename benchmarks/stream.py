"""What an answer in pieces costs: time to the first piece and to the row, and CPU a token.

    python benchmarks/stream.py [--tokens 2000] [--answers 20] [--pause-ms 0]

Every figure comes from a fresh process against a server in another process, which sends one event for each token.
`stream` gives each piece to the caller and the row at the end, `folded` the row alone (receive="stream"), `whole` the
row of a reply that comes whole; `openai` is the client of OpenAI, where it is installed, which gives the events alone.
Trust the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STATEMENT = "CALL GenerateResponse('Tell a story', Model => 'grok-4.3', Store => false)"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nTransfer-Encoding: chunked\r\n\r\n"


def event(number: int, kind: str, **fields: object) -> bytes:
    """One event as the service sends it."""
    data = json.dumps({"sequence_number": number, "type": kind, **fields})
    return f"event: {kind}\ndata: {data}\n\n".encode()


def frames(tokens: int) -> tuple[list[bytes], bytes]:
    """The events of an answer of so many tokens, and the whole reply."""
    words = [f" word{number % 100}" for number in range(tokens)]
    content = [{"type": "output_text", "text": "".join(words), "annotations": [], "logprobs": []}]
    response = {
        "id": "0b6f3c1e-1111-4222-8333-9c0ffee00001",
        "object": "response",
        "created_at": 1790000000,
        "status": "completed",
        "model": "grok-4.3",
        "output": [{"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": 10,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": tokens + 10,
            "cost_in_usd_ticks": 1,
        },
    }
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    begun = {**response, "status": "in_progress", "output": [], "usage": None}
    sent = [event(0, "response.created", response=begun)]
    sent += [
        event(number, "response.output_text.delta", **place, delta=word, logprobs=[])
        for number, word in enumerate(words, 1)
    ]
    return [*sent, event(tokens + 1, "response.completed", response=response)], json.dumps(response).encode()


async def serve(tokens: int, pause: float) -> None:
    """Serves until standard input closes; prints the port."""
    events, whole = frames(tokens)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0])
                streamed = b'"stream":true' in (await reader.readexactly(length)).replace(b" ", b"")
                writer.write(HEAD % (b"text/event-stream" if streamed else b"application/json"))
                for piece in events if streamed else [whole]:
                    writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                    if pause:
                        await asyncio.sleep(pause)
                    await writer.drain()
                writer.write(b"0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


@contextmanager
def server(tokens: int, pause: float) -> Iterator[str]:
    """The address of a server in a process of its own."""
    command = [sys.executable, __file__, "--serve", "--tokens", str(tokens), "--pause-ms", str(pause)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
    finally:
        process.stdin.close()
        process.wait(10)


def ask_stream(url: str, answers: int) -> Iterator[tuple[float, float]]:
    """The seconds to the first piece and to the row, piece by piece."""
    import grokcall

    with grokcall.connect(base_url=url, api_key="xai-benchmark") as connection:
        for _ in range(answers):
            started, first = time.perf_counter(), 0.0
            with connection.stream(STATEMENT) as stream:
                for piece in stream:
                    if piece.kind == "text" and not first:
                        first = time.perf_counter() - started
            assert stream.result is not None
            yield first, time.perf_counter() - started


def ask_rows(url: str, answers: int, receive: str) -> Iterator[tuple[float, float]]:
    """The seconds to the row, twice."""
    import grokcall

    with grokcall.connect(base_url=url, api_key="xai-benchmark", receive=receive) as connection:
        for _ in range(answers):
            started = time.perf_counter()
            assert connection.execute(STATEMENT).fetchone() is not None
            yield (taken := time.perf_counter() - started), taken


def ask_openai(url: str, answers: int) -> Iterator[tuple[float, float]]:
    """The same with OpenAI's client, which makes objects of the events and no row."""
    import openai

    with openai.OpenAI(base_url=url, api_key="xai-benchmark") as client:
        for _ in range(answers):
            started, first = time.perf_counter(), 0.0
            for each in client.responses.create(model="grok-4.3", input="Tell a story", stream=True):
                if each.type == "response.output_text.delta" and not first:
                    first = time.perf_counter() - started
            yield first, time.perf_counter() - started


CONTESTANTS: dict[str, Callable[[str, int], Iterator[tuple[float, float]]]] = {
    "stream": ask_stream,
    "folded": lambda url, answers: ask_rows(url, answers, "stream"),
    "whole": lambda url, answers: ask_rows(url, answers, "whole"),
    "openai": ask_openai,
}


def run(name: str, url: str, answers: int) -> None:
    """Measures one contestant in this process and prints its figures."""
    for _ in CONTESTANTS[name](url, 2):  # loads what is loaded once
        pass
    before = resource.getrusage(resource.RUSAGE_SELF)
    taken = list(CONTESTANTS[name](url, answers))
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    first, row = (statistics.median(column) for column in zip(*taken, strict=True))
    sys.stdout.write(json.dumps({"first": first, "row": row, "cpu": cpu / answers}))


def main() -> None:
    """Measures all contestants and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=2000)
    parser.add_argument("--answers", type=int, default=20)
    parser.add_argument("--pause-ms", type=float, default=0.0)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--run", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve(given.tokens, given.pause_ms / 1000))
        return
    if given.run:
        run(*given.run, given.answers)
        return
    names = [name for name in CONTESTANTS if name != "openai" or importlib.util.find_spec("openai")]
    sys.stdout.write(f"{'':8} {'first piece':>12} {'row':>10} {'CPU/token':>11}\n")
    with server(given.tokens, given.pause_ms) as url:
        for name in names:
            command = [sys.executable, __file__, "--answers", str(given.answers), "--run", name, url]
            told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            cpu = told["cpu"] / given.tokens * 1e6
            sys.stdout.write(f"{name:8} {told['first'] * 1e3:9.1f} ms {told['row'] * 1e3:7.1f} ms {cpu:8.1f} µs\n")


if __name__ == "__main__":
    main()
