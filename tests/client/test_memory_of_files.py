"""400 MB up and 400 MB down need no more memory than a few blocks: the peak of a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

SIZE = 400_000_000
ROOM = 64 * 1024 * 1024
BLOCK = bytes(1 << 20)
VIDEO = b"\0\0\0\x20ftypisom"
"""What a video begins with."""
CHILD = """
import re, sys
import grokcall

def peak():
    with open("/proc/self/status") as file:
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", file.read())[1]) * 1024

url, transport, small, large, folder = sys.argv[1:]
with grokcall.connect(base_url=url, api_key="k" * 20, transport=transport, allow_files=True) as connection:
    for sound, name in ((small, "small"), (large, "large")):
        text = connection.execute("CALL TranscribeAudio(:sound)", {"sound": f"file:{sound}"}).fetchone()[0]
        connection.execute("CALL DownloadFile(:id, To => :to)", {"id": name, "to": f"{folder}/{name}.down"})
        connection.execute("CALL GetVideo(:id, To => :to)", {"id": name, "to": f"{folder}/{name}.mp4"})
        print(text, peak())
"""


class Exchange(BaseHTTPRequestHandler):
    """Reads what comes and forgets it, telling how much it was; gives as much as it is asked for."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def do_POST(self) -> None:
        left = length = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, len(BLOCK))))
        self._head(body := b'{"text":"%d","words":[]}' % length, "application/json")
        self.wfile.write(body)

    def do_GET(self) -> None:
        if self.path.startswith("/v1/videos/"):
            url = f"http://{self.headers['Host']}/media/{self.path.rpartition('/')[2]}"
            self._head(body := b'{"status":"done","video":{"url":"%b"}}' % url.encode(), "application/json")
            self.wfile.write(body)
            return
        size = SIZE if "large" in self.path else 1000
        self._head(range(size), "application/octet-stream")
        self.wfile.write(VIDEO)
        for start in range(len(VIDEO), size, len(BLOCK)):
            self.wfile.write(BLOCK[: size - start])

    def _head(self, body: bytes | range, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Exchange)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process's memory")
@pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
def test_large_files_go_up_and_down_in_little_memory(url: str, transport: str, tmp_path: Path) -> None:
    small, large = tmp_path / "small.wav", tmp_path / "large.wav"
    small.write_bytes(bytes(1000))
    with large.open("wb") as file:
        file.truncate(SIZE)  # sparse: it takes no room
    command = [sys.executable, "-c", CHILD, url, transport, str(small), str(large), str(tmp_path)]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300)
    assert run.returncode == 0, run.stderr
    (few, before), (many, after) = (map(int, line.split()) for line in run.stdout.splitlines())
    assert 1000 < few < 2000
    assert many > SIZE
    for written in (tmp_path / "large.down", tmp_path / "large.mp4"):
        assert written.stat().st_size == SIZE
        written.unlink()
    assert after - before < ROOM
