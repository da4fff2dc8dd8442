"""Both kinds of connections, and a service that keeps its answers back."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from blocking import blocking_connect

import grokcall
from scripted_service import KEY, Answer, Asked, Service, answered


@pytest.fixture(params=["blocking", "awaiting"])
def connect(request: pytest.FixtureRequest, service: Service) -> Iterator[Callable[..., Any]]:
    """Makes connections of either kind to the service, which are closed at the end of the test."""
    opening = grokcall.connect if request.param == "blocking" else blocking_connect
    with ExitStack() as stack:

        def opened(**options: Any) -> Any:
            return stack.enter_context(opening(**{"api_key": KEY, "base_url": service.base_url, **options}))

        yield opened


class HeldAnswers:
    """A script that answers in capitals, once it may."""

    def __init__(self) -> None:
        self._asked = threading.Semaphore(0)
        self._may_answer: concurrent.futures.Future[None] = concurrent.futures.Future()

    def wait_for(self, count: int = 1) -> None:
        """Waits until so many more requests have come."""
        for _ in range(count):
            assert self._asked.acquire(timeout=400)

    def let_go(self) -> None:
        """Has all requests answered, those to come as well."""
        self._may_answer.set_result(None)

    async def __call__(self, asked: Asked) -> Answer:
        self._asked.release()
        await asyncio.shield(asyncio.wrap_future(self._may_answer))
        return answered(asked.text.upper())


@pytest.fixture
def held(service: Service) -> HeldAnswers:
    """Has the service keep its answers back."""
    service.script = held = HeldAnswers()
    return held


class Running:
    """Something that runs in a thread of its own."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self._error = error

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._thread.is_alive()

    def error(self) -> BaseException | None:
        """What it was ended by, once it has ended."""
        self._thread.join(300)
        assert not self._thread.is_alive()
        return self._error


@pytest.fixture
def running() -> type[Running]:
    """Runs something in a thread of its own."""
    return Running
