"""One engine for all tests of it, emptied before each."""

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import openai
import pytest
from PIL import Image

from grokcall.sandbox import MANAGEMENT_KEY, SANDBOX_KEY, Sandbox


@pytest.fixture(scope="session")
def _http(running_sandbox: Sandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {SANDBOX_KEY}"}
    with httpx.Client(base_url=running_sandbox.base_url, headers=headers, timeout=400) as client:
        yield client


@pytest.fixture
def http(_http: httpx.Client, sandbox: Sandbox) -> httpx.Client:
    return _http


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=SANDBOX_KEY, base_url=sandbox.base_url, max_retries=0) as openai_client:
        yield openai_client


@dataclass(frozen=True)
class Faulty:
    """An engine with faults, and a client of it."""

    sandbox: Sandbox
    http: httpx.Client

    def ask(self, text: str = "2+2?", **fields: Any) -> httpx.Response:
        return self.http.post("/responses", json={"model": "grok-4.3", "input": text, **fields})

    def statuses(self, count: int) -> list[int]:
        """The statuses of so many requests, one after the other; 0 for a connection that was cut."""
        return [self._status() for _ in range(count)]

    def _status(self) -> int:
        try:
            return self.ask().status_code
        except httpx.TransportError:
            return 0


@pytest.fixture
def faulty() -> Iterator[Callable[..., Faulty]]:
    """Starts engines with faults, which are stopped at the end of the test."""
    with ExitStack() as stack:

        def start(profile: str | None, **options: Any) -> Faulty:
            sandbox = stack.enter_context(Sandbox(profile=profile, **{"video_seconds": 0.02, **options}))
            headers = {"Authorization": f"Bearer {SANDBOX_KEY}"}
            client = httpx.Client(base_url=sandbox.base_url, headers=headers, timeout=240)
            return Faulty(sandbox, stack.enter_context(client))

        yield start


@pytest.fixture
def ask(http: httpx.Client) -> Callable[..., dict[str, Any]]:
    """The response object of a request that must succeed."""

    def send(text: Any, /, **fields: Any) -> dict[str, Any]:
        reply = http.post("/responses", json={"model": "grok-4.3", "input": text, **fields})
        assert reply.status_code == 200, reply.text
        return reply.json()

    return send


@pytest.fixture
def say(ask: Callable[..., dict[str, Any]]) -> Callable[..., str]:
    """The text of the answer to a request that must succeed."""

    def send(text: Any, /, **fields: Any) -> str:
        parts = [
            part for item in ask(text, **fields)["output"] if item["type"] == "message" for part in item["content"]
        ]
        return "".join(part["text"] for part in parts)

    return send


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """An image file of one colour."""

    def make(colour: str = "red", size: tuple[int, int] = (60, 40), kind: str = "PNG") -> bytes:
        held = io.BytesIO()
        Image.new("RGB", size, colour).save(held, kind)
        return held.getvalue()

    return make


@pytest.fixture
def manager(sandbox) -> Iterator[httpx.Client]:
    """A client of the management host."""
    headers = {"Authorization": f"Bearer {MANAGEMENT_KEY}"}
    with httpx.Client(base_url=sandbox.management_base_url, headers=headers, timeout=400) as client:
        yield client


@pytest.fixture
def make(manager):
    """Makes a collection."""

    def made(name: str = "handbook", **members: object) -> dict:
        reply = manager.post("/v1/collections", json={"collection_name": name, **members})
        assert reply.status_code == 200, reply.text
        return reply.json()

    return made
