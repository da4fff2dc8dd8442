"""What every test of the wire side starts from: a server of its own, and bare surroundings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bad_server import BadServer, ServerThread
from grokcall.http.aiohttp_transport import AiohttpTransport
from grokcall.http.httpx_transport import HttpxTransport
from grokcall.http.transport import Transport


@pytest.fixture
def server_thread() -> Iterator[ServerThread]:
    thread = ServerThread()
    yield thread
    thread.close()


@pytest.fixture
def server(server_thread: ServerThread) -> BadServer:
    return server_thread.bad_server()


@pytest.fixture(autouse=True)
def bare(bare_environment: None) -> None:
    """Every test here has bare surroundings."""


@pytest.fixture(params=[AiohttpTransport, HttpxTransport])
def transport(request: pytest.FixtureRequest) -> Transport:
    made: Transport = request.param()
    return made
