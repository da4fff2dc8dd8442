"""Interrupts that wake nobody: the stop button of a notebook, a signal in the moment before a wait begins."""

from __future__ import annotations

import _thread
import asyncio
import threading
from collections.abc import Callable, Iterator

import duckdb
import pytest

import grokcall
import grokcall.duckdb
from scripted_service import Answer, Asked, Service, answered

SECONDS_OF_SILENCE = 60
"""Seconds after which the answer comes all the same, so that a wait that hears nothing ends."""


class Silence:
    """A service that answers when it is let go, and knows whether it was."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.answers = 0

    async def __call__(self, asked: Asked) -> Answer:
        if not await asyncio.to_thread(self.over.wait, SECONDS_OF_SILENCE):
            self.answers += 1
        return answered(asked.text)


@pytest.fixture
def silence(service: Service) -> Iterator[Silence]:
    """The service, silent."""
    silent = Silence()
    service.script = silent
    yield silent
    silent.over.set()


def executed(connection: grokcall.Connection) -> None:
    connection.execute("CALL GenerateResponse('m')")


def executed_many(connection: grokcall.Connection) -> None:
    connection.cursor().executemany("CALL GenerateResponse(?)", [("a",), ("b",)])


def looked_up(connection: grokcall.Connection) -> None:
    connection.lookup("CALL GenerateResponse(:m)", [{"m": "a"}, {"m": "b"}])


def queried(connection: grokcall.Connection) -> None:
    connection.execute("SELECT r.* FROM range(3) t(i), GenerateResponse('m' || t.i) r")


def registered(connection: grokcall.Connection) -> None:
    with duckdb.connect() as con, grokcall.duckdb.register(con, connection) as registration:
        registration.query("SELECT r.* FROM range(3) t(i), GenerateResponse('m' || t.i) r")


@pytest.mark.parametrize("wait", [executed, executed_many, looked_up, queried, registered])
def test_an_interrupt_is_heard_by_whoever_waits(
    wait: Callable[[grokcall.Connection], None],
    connection: grokcall.Connection,
    service: Service,
    silence: Silence,
) -> None:
    ended, turn = threading.Event(), threading.Lock()

    def press() -> None:
        while not service.asked and not ended.wait(0.01):
            pass
        for _ in range(2):  # the first one waits for the answers
            with turn:
                if not ended.is_set():
                    _thread.interrupt_main()
            ended.wait(1)

    def waiting() -> None:
        try:
            wait(connection)
        finally:
            with turn:
                ended.set()

    pressing = threading.Thread(target=press)
    pressing.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            waiting()
    finally:
        pressing.join()
    assert silence.answers == 0
