"""Services of sockets, and connections to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from scripted_sockets import KEY, SocketService

import grokcall

Scripted = Callable[..., tuple[SocketService, grokcall.Connection]]


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """Starts a service with a script and gives it with a connection to it."""
    with ExitStack() as stack:

        def start(script: Any, **options: Any) -> tuple[SocketService, grokcall.Connection]:
            service = stack.enter_context(SocketService(script))
            given = {"api_key": KEY, "base_url": service.base_url, "max_attempts": 1, **options}
            return service, stack.enter_context(grokcall.connect(**given))

        yield start
