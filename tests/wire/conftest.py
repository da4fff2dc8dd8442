"""What every test of the wire side starts from: a server of its own, and an environment without surprises."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from grokcall.http.aiohttp_transport import AiohttpTransport
from grokcall.http.httpx_transport import HttpxTransport
from grokcall.http.transport import Transport

from .bad_server import BadServer, ServerThread


@pytest.fixture
def server_thread() -> Iterator[ServerThread]:
    thread = ServerThread()
    yield thread
    thread.close()


@pytest.fixture
def server(server_thread: ServerThread) -> BadServer:
    return server_thread.bad_server()


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No proxies, keys, certificates or options of the machine on which the tests run."""
    for name in list(os.environ):
        if name.upper().startswith(("XAI_", "GROKCALL_", "SSL_CERT")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.fixture(params=[AiohttpTransport, HttpxTransport])
def transport(request: pytest.FixtureRequest) -> Transport:
    made: Transport = request.param()
    return made
