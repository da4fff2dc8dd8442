"""Connections that come and go leave nothing behind: no thread, no open descriptor, no task of a loop."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from blocking import blocking_connect

import grokcall
from scripted_service import KEY, Service

MANY = 200
SOME = 20
ASK = "CALL GenerateResponse(:m)"
QUERY = "SELECT r.Response_Result FROM GenerateResponse('query') r"


def entries(folder: str) -> int:
    """How many entries a folder of the system has; 0 where there is no such folder."""
    try:
        return len(list(Path(folder).iterdir()))
    except FileNotFoundError:
        return 0


def unfinished_tasks() -> int:
    """How many tasks of event loops have not come to their end, whichever thread their loop is in."""
    return sum(isinstance(each, asyncio.Task) and not each.done() for each in gc.get_objects())


def counted() -> dict[str, int]:
    """What there is of everything that a connection needs."""
    gc.collect()
    loops = sum(isinstance(each, asyncio.AbstractEventLoop) and not each.is_closed() for each in gc.get_objects())
    return {
        "threads": threading.active_count(),
        "threads of the system": entries("/proc/self/task"),
        "descriptors": entries("/proc/self/fd" if sys.platform == "linux" else "/dev/fd"),
        "tasks": unfinished_tasks(),
        "loops": loops,
    }


def settled(before: dict[str, int]) -> dict[str, int]:
    """What there is once it is no more than before; the service's side of sockets may need a moment to end."""
    now = counted()
    deadline = time.monotonic() + 60
    while any(now[name] > before[name] for name in before) and time.monotonic() < deadline:
        time.sleep(0.05)
        now = counted()
    return now


def use(connection: Any) -> None:
    """A call, a lookup and a query."""
    with connection.cursor() as cursor:
        assert cursor.execute(ASK, {"m": "call"}).fetchone()[0] == "CALL"
    assert connection.lookup(ASK, [{"m": "lookup"}]).rows["Response_Result"].to_pylist() == ["LOOKUP"]
    assert connection.execute(QUERY).fetchall() == [("QUERY",)]


def leave_blocking(options: dict[str, Any]) -> None:
    with grokcall.connect(**options) as connection:
        use(connection)


def leave_in_many_loops(options: dict[str, Any]) -> None:
    with blocking_connect(**options) as connection:
        use(connection)


def leave_in_one_loop(options: dict[str, Any]) -> None:
    async def main() -> None:
        async with grokcall.aconnect(**options) as connection:
            cursor = await connection.execute(ASK, {"m": "call"})
            assert (await cursor.fetchone())[0] == "CALL"
            async for output, _ in connection.lookup_stream(ASK, [{"m": "lookup"}]):
                assert output["Response_Result"].to_pylist() == ["LOOKUP"]
            assert await (await connection.execute(QUERY)).fetchall() == [("QUERY",)]

    asyncio.run(main())


def leave_after_cancels(options: dict[str, Any]) -> None:
    """A connection whose statements were all given up."""

    async def main() -> None:
        async with grokcall.aconnect(**options) as connection:
            asking = [
                asyncio.create_task(connection.execute(ASK, {"m": "call"})),
                asyncio.create_task(connection.lookup(ASK, [{"m": "lookup"}])),
                asyncio.create_task(connection.execute(QUERY)),
            ]
            await asyncio.sleep(0)
            for each in asking:
                each.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    asyncio.run(main())


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("leave", "connections"),
    [(leave_blocking, MANY), (leave_in_one_loop, MANY), (leave_in_many_loops, SOME), (leave_after_cancels, SOME)],
)
def test_connections_that_come_and_go_leave_nothing_behind(
    service: Service, leave: Callable[[dict[str, Any]], None], connections: int
):
    options = {"api_key": KEY, "base_url": service.base_url}
    leave(options)  # what is made once for the whole process is there from here on
    before = counted()
    for _ in range(connections):
        leave(options)
    after = settled(before)
    assert {name: after[name] for name in before if after[name] > before[name]} == {}
