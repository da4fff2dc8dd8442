"""A function of the user's that leaves by ``sys.exit()`` in the midst of a call."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import grokcall
from grokcall.sandbox import SANDBOX_KEY, Sandbox

IN_VAIN = 60
"""Seconds after which a wait would never have ended."""


class Key:
    """A key source that leaves a number of times before it gives the key."""

    def __init__(self, leaving: BaseException, times: int) -> None:
        self.leaving = leaving
        self.times = times

    def __call__(self) -> str:
        if self.times:
            self.times -= 1
            raise self.leaving
        return SANDBOX_KEY


def within(seconds, function):
    """What a function gives or raises, in a thread that is not waited for any longer."""
    told = []

    def run():
        try:
            told.append(function())
        except BaseException as error:
            told.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert told, "it waits for ever"
    return told[0]


@pytest.mark.parametrize("leaving", [SystemExit(3), KeyboardInterrupt()], ids=["exit", "interrupt"])
def test_who_waits_for_the_call_gets_the_exit_and_the_connection_goes_on(leaving):
    with Sandbox() as sandbox:
        connection = grokcall.connect(api_key=Key(leaving, 2), base_url=sandbox.base_url)

        def asked():
            return connection.execute("CALL GenerateResponse('hello')").fetchone()[0]

        assert within(IN_VAIN, asked) is leaving
        assert within(IN_VAIN, asked) is leaving
        assert isinstance(within(IN_VAIN, asked), str)
        assert within(IN_VAIN, connection.close) is None


def test_calls_of_other_threads_are_answered_although_some_leave():
    def asked(index):
        try:
            return connection.execute("CALL GenerateResponse(?)", [str(index)]).fetchone()[0]
        except SystemExit as error:
            return error.code

    key = Key(SystemExit(7), 5)
    with (
        Sandbox() as sandbox,
        grokcall.connect(api_key=key, base_url=sandbox.base_url) as connection,
        ThreadPoolExecutor(8) as pool,
    ):
        told = [each.result(IN_VAIN) for each in [pool.submit(asked, index) for index in range(40)]]
    assert 7 in told
    assert all(isinstance(each, str) for each in told if each != 7)
    assert sum(isinstance(each, str) for each in told) >= 30


def test_the_connection_closes_while_calls_leave():
    with Sandbox() as sandbox:
        for _ in range(20):
            connection = grokcall.connect(api_key=Key(SystemExit(7), 1000), base_url=sandbox.base_url)
            with ThreadPoolExecutor(4) as pool:
                calls = [pool.submit(connection.execute, "CALL ListModels()") for _ in range(4)]
                assert within(IN_VAIN, connection.close) is None
                for call in calls:
                    assert isinstance(call.exception(IN_VAIN), SystemExit | grokcall.InterfaceError)
