"""Connections that are awaited: nothing blocks the loop, and a cancel loses nothing that may have been paid for."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import grokcall
from scripted_service import KEY, Service, answered

ASK = "CALL GenerateResponse(:m)"
LATERAL = "SELECT count(r.Response_Result) FROM (SELECT 'q' || range AS q FROM range(10)) t, GenerateResponse(t.q) r"
ENDLESS = "range(1000000000) a, range(1000) b WHERE a.range % 7 = b.range % 11"


def rows(count: int) -> list[dict[str, str]]:
    return [{"m": f"m{number}"} for number in range(count)]


async def was_asked(held: Any, count: int = 1) -> None:
    """Waits until so many more requests have come, without holding up the loop."""
    await asyncio.to_thread(held.wait_for, count)


async def taken_note(connection: grokcall.AsyncConnection) -> None:
    """Waits until this loop, and then that of the connection, have dealt with what they were told before."""

    async def turns() -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    await turns()
    await connection.runtime.loop.arun(turns())


@pytest.fixture
def opened(service: Service) -> Any:
    """Makes connections to the service."""
    return lambda **options: grokcall.aconnect(**{"api_key": KEY, "base_url": service.base_url, **options})


def test_a_connection_is_entered_or_awaited(opened):
    async def main() -> None:
        async with opened() as connection:
            assert isinstance(connection, grokcall.AsyncConnection)
            assert await (await connection.execute("SELECT 1")).fetchone() == (1,)
        assert connection.closed
        assert repr(connection).startswith("<grokcall.AsyncConnection to http://127.0.0.1")
        awaited = await opened()
        try:
            assert (await awaited.call(ASK, {"m": "a"}))["Response_Result"].to_pylist() == ["A"]
        finally:
            await awaited.close()
        with pytest.raises(grokcall.InterfaceError, match="the connection is closed"):
            await awaited

    asyncio.run(main())


def test_wrong_options_are_told_when_the_connection_is_made():
    with pytest.raises(grokcall.InterfaceError, match="concurency"):
        grokcall.aconnect(concurency=3)


def test_a_connection_has_what_the_other_kind_has(opened, service):
    async def main() -> None:
        async with opened(max_calls=20) as connection:
            assert connection.options.base_url == service.base_url
            assert "GenerateResponse" in connection.catalog
            assert connection.guarantee(ASK, {"m": "a"}) == "The connection will not make more than 20 calls."
            assert connection.key().value.reveal() == KEY
            result = await connection.lookup(ASK, rows(3))
            assert result.rows["Response_Result"].to_pylist() == ["M0", "M1", "M2"]
            assert connection.budget.limited
            assert connection.database().summary.calls == 0
            await connection.commit()
            await connection.rollback()
            with pytest.raises(TypeError, match="cannot be pickled"):
                connection.__reduce__()

    asyncio.run(main())


def test_calls_of_many_tasks_run_side_by_side_without_a_thread_for_each(opened, held, service):
    async def main() -> None:
        async with opened(concurrency=40) as connection:
            before = threading.active_count()
            asking = [asyncio.create_task(connection.execute(ASK, {"m": f"m{number}"})) for number in range(40)]
            await was_asked(held, 40)
            assert threading.active_count() <= before + 2  # the loop of the connection, and the one that waits
            held.let_go()
            cursors = await asyncio.gather(*asking)
            assert [(await cursor.fetchone())[0] for cursor in cursors] == [f"M{number}" for number in range(40)]

    asyncio.run(main())


def test_a_query_does_not_hold_up_the_loop(opened, held):
    async def main() -> None:
        async with opened() as connection:
            query = asyncio.create_task(connection.execute(LATERAL))
            await was_asked(held, 10)
            assert await (await connection.execute("SELECT 2")).fetchall() == [(2,)]
            assert not query.done()
            held.let_go()
            assert await (await query).fetchall() == [(10,)]

    asyncio.run(main())


def test_loops_in_several_threads_share_a_connection(opened):
    connection = opened(concurrency=4)
    given: list[object] = []

    async def work(number: int) -> None:
        async with connection.cursor() as cursor:
            await cursor.execute(ASK, {"m": f"t{number}"})
            given.append((await cursor.fetchone())[0])
            await cursor.execute("SELECT ?", [number])
            given.append((await cursor.fetchone())[0])
        async for output, _ in connection.lookup_stream(ASK, [{"m": f"s{number}"}]):
            given.extend(output["Response_Result"].to_pylist())

    threads = [threading.Thread(target=asyncio.run, args=(work(number),)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    asyncio.run(connection.close())
    assert sorted(map(str, given)) == sorted(f"{kind}{number}" for kind in ("", "T", "S") for number in range(6))


def test_a_result_is_read_by_whatever_reads_arrow(opened):
    async def main() -> None:
        async with opened() as connection:
            cursor = await connection.execute(ASK, {"m": "a"})
            assert pa.table(cursor)["Response_Result"].to_pylist() == ["A"]
            assert cursor.fetch_arrow_table().num_rows == 1
            assert await cursor.adbc_execute_schema(ASK) == cursor.fetch_arrow_table().schema
            assert (await cursor.adbc_execute_schema("SELECT 1 AS one")).names == ["one"]
            assert cursor.fetch_df()["Response_Result"].to_list() == ["A"]

    asyncio.run(main())


# Cancelled tasks


def test_a_cancelled_call_is_waited_for_and_its_answer_can_be_fetched(opened, held):
    async def main() -> None:
        async with opened() as connection, connection.cursor() as cursor:
            asking = asyncio.create_task(cursor.execute(ASK, {"m": "a"}))
            await was_asked(held)
            asking.cancel()
            held.let_go()
            with pytest.raises(asyncio.CancelledError) as cancelled:
                await asking
            assert cancelled.value.result["Response_Result"].to_pylist() == ["A"]
            assert (await cursor.fetchone())[0] == "A"

    asyncio.run(main())


@pytest.mark.parametrize("statement", [ASK, LATERAL])
def test_a_second_cancel_leaves_at_once(opened, held, statement):
    async def main() -> None:
        async with opened() as connection, connection.cursor() as cursor:
            asking = asyncio.create_task(cursor.execute(statement, {"m": "a"} if statement is ASK else None))
            await was_asked(held)
            asking.cancel()
            await asyncio.sleep(0)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            held.let_go()
            assert await (await cursor.execute("SELECT 1")).fetchone() == (1,)

    asyncio.run(main())


def test_a_cancelled_executemany_sends_nothing_more(opened, held, service):
    async def main() -> None:
        async with opened(concurrency=3) as connection, connection.cursor() as cursor:
            asking = asyncio.create_task(cursor.executemany(ASK, rows(10)))
            await was_asked(held, 3)
            asking.cancel()
            await taken_note(connection)
            held.let_go()
            with pytest.raises(asyncio.CancelledError) as cancelled:
                await asking
            assert cancelled.value.result["Response_Result"].to_pylist() == ["M0", "M1", "M2"]
            assert [row[0] async for row in cursor] == ["M0", "M1", "M2"]
            assert len(service.asked) == 3

    asyncio.run(main())


def test_a_cancelled_query_ends_and_the_next_one_finds_its_answers(opened, held, service):
    async def main() -> None:
        async with opened(concurrency=3) as connection, connection.cursor() as cursor:
            asking = asyncio.create_task(cursor.execute(LATERAL))
            await was_asked(held, 3)
            asking.cancel()
            await taken_note(connection)
            held.let_go()
            with pytest.raises(asyncio.CancelledError):
                await asking
            assert len(service.asked) == 3
            assert await (await cursor.execute(LATERAL)).fetchall() == [(10,)]
            assert len(service.asked) == 10

    asyncio.run(main())


def test_a_query_that_only_calculates_ends_with_its_time(opened, held):
    async def main() -> None:
        async with opened() as connection, connection.cursor() as cursor:
            held.let_go()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await cursor.execute(f"SELECT count(*) FROM GenerateResponse('x') r, {ENDLESS}")
            assert await (await cursor.execute("SELECT 1")).fetchone() == (1,)

    asyncio.run(main())


def test_another_task_cancels_a_statement_and_leaves_its_task_alone(opened, held):
    async def main() -> None:
        async with opened() as connection, connection.cursor() as cursor:
            asking = asyncio.create_task(cursor.execute(ASK, {"m": "a"}))
            await was_asked(held)
            cursor.cancel()
            held.let_go()
            with pytest.raises(grokcall.StoppedError) as stopped:
                await asking
            assert stopped.value.result["Response_Result"].to_pylist() == ["A"]
            assert not asking.cancelled()

    asyncio.run(main())


def test_closing_ends_what_runs(opened, held):
    async def main() -> None:
        connection = opened()
        asking = [
            asyncio.create_task(connection.execute(ASK, {"m": "a"})),
            asyncio.create_task(connection.execute(LATERAL)),
            asyncio.create_task(connection.lookup(ASK, rows(3))),
        ]
        await was_asked(held, 14)
        await connection.close()
        for error in await asyncio.gather(*asking, return_exceptions=True):
            assert isinstance(error, grokcall.InterfaceError | grokcall.StoppedError), error

    asyncio.run(main())


def test_a_connection_that_was_used_and_not_closed_warns(opened):
    async def main() -> None:
        await opened().execute(ASK, {"m": "a"})

    def run() -> None:
        asyncio.run(main())
        gc.collect()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run()
    assert any(str(each.message).startswith("unclosed <grokcall.AsyncConnection to http") for each in caught)


# Lookup streams


def test_a_lookup_stream_is_iterated_over(opened, tmp_path: Path):
    table = tmp_path / "asked.csv"
    table.write_text("m\n" + "".join(f"m{number}\n" for number in range(700)))

    async def main() -> None:
        async with opened() as connection:
            given: list[str] = []
            stream = connection.lookup_stream(ASK, table)
            async for output, failed in stream:
                given += output["Response_Result"].to_pylist()
                assert failed.num_rows == 0
            assert given == [f"M{number}" for number in range(700)]
            assert stream.summary.ok == 700
            assert stream.state == "finished"
            assert [each async for each in stream] == []

    asyncio.run(main())


def test_a_lookup_stream_tells_of_itself_once_it_has_begun(opened):
    async def main() -> None:
        async with opened(max_calls=5) as connection:
            stream = connection.lookup_stream(ASK, rows(3))
            with pytest.raises(grokcall.InterfaceError, match="has not begun"):
                _ = stream.schema
            async with stream:
                assert stream.schema.names[0] == "m"
                assert stream.error_schema.names[0] == "m"
                assert stream.row_count == 3
                assert stream.guarantee == "The connection will not make more than 5 calls."
            assert stream.state == "stopped"
            assert (await connection.lookup_stream(ASK, rows(3)).dry_run()).calls == 3

    asyncio.run(main())


@pytest.mark.parametrize(
    ("command", "options", "words"),
    [
        ("CALL GenerateRespons(:m)", {}, "did you mean GenerateResponse"),
        (ASK, {"on_eror": "fail"}, "did you mean on_error"),
        (ASK, {"mapping": {"m": "no"}}, "no"),
    ],
)
def test_what_is_wrong_with_a_stream_is_told_where_it_begins(opened, service, command, options, words):
    async def main() -> None:
        async with opened() as connection:
            with pytest.raises(grokcall.Error, match=words):
                async with connection.lookup_stream(command, rows(3), **options):
                    pass
            with pytest.raises(grokcall.Error, match=words):
                async for _ in connection.lookup_stream(command, rows(3), **options):
                    pass

    asyncio.run(main())
    assert service.asked == []


def test_leaving_a_stream_early_makes_no_more_calls(opened, service):
    service.script = lambda asked: answered(asked.text, delay=0.01)

    async def main() -> None:
        async with opened(concurrency=2) as connection:
            async with connection.lookup_stream(ASK, rows(3000)) as stream:
                async for _ in stream:
                    break
            asked = await asyncio.to_thread(service.calm)
            assert asked < 3000
            assert [each async for each in stream] == []
            assert await connection.call(ASK, {"m": "next"})
            assert len(service.asked) == asked + 1

    asyncio.run(main())


def test_a_stream_that_is_stopped_gives_what_has_ended(opened, held, service):
    async def main() -> None:
        async with opened(concurrency=3) as connection, connection.lookup_stream(ASK, rows(10)) as stream:
            first = asyncio.create_task(anext(stream))
            await was_asked(held, 3)
            stopping = asyncio.create_task(stream.stop(patience=30))
            await taken_note(connection)
            held.let_go()
            await stopping
            output, _ = await first
            assert output["Response_Result"].to_pylist() == ["M0", "M1", "M2"]
            with pytest.raises(grokcall.StoppedError, match="the lookup was stopped"):
                await anext(stream)
            assert len(service.asked) == 3

    asyncio.run(main())


@pytest.mark.parametrize("in_block", [False, True])
def test_a_cancelled_stream_has_what_was_in_flight_in_its_result(opened, held, service, in_block):
    async def read(stream: grokcall.AsyncLookupStream) -> None:
        if not in_block:
            async for _ in stream:
                pass
            return
        async with stream:
            async for _ in stream:
                pass

    async def main() -> None:
        async with opened(concurrency=3) as connection:
            reading = asyncio.create_task(read(connection.lookup_stream(ASK, rows(10))))
            await was_asked(held, 3)
            reading.cancel()
            await taken_note(connection)
            held.let_go()
            with pytest.raises(asyncio.CancelledError) as cancelled:
                await reading
            assert cancelled.value.result.rows["Response_Result"].to_pylist() == ["M0", "M1", "M2"]
            assert len(service.asked) == 3

    asyncio.run(main())


def test_an_error_in_the_block_of_a_stream_has_the_rows_that_were_not_given_out(opened, service):
    given: list[str] = []

    async def failing(stream: grokcall.AsyncLookupStream) -> None:
        async with stream:
            async for output, _ in stream:
                given.extend(output["Response_Result"].to_pylist())
                raise ZeroDivisionError

    async def main() -> None:
        async with opened(concurrency=4) as connection:
            with pytest.raises(ZeroDivisionError) as raised:
                await failing(connection.lookup_stream(ASK, rows(3000)))
            left = raised.value.result.rows["Response_Result"].to_pylist()
            assert given
            assert sorted(given + left) == sorted(text.upper() for text in service.texts)
            assert len(service.asked) < 3000

    asyncio.run(main())


def test_a_stream_with_a_journal_goes_on_where_it_was_cancelled(opened, held, service, tmp_path: Path):
    journal = tmp_path / "answers.journal"

    async def main() -> None:
        async with opened(concurrency=3) as connection:
            reading = asyncio.create_task(connection.lookup(ASK, rows(10), journal=journal))
            await was_asked(held, 3)
            reading.cancel()
            await taken_note(connection)
            held.let_go()
            with pytest.raises(asyncio.CancelledError):
                await reading
            given: list[str] = []
            async for output, _ in connection.lookup_stream(ASK, rows(10), journal=journal):
                given += output["Response_Result"].to_pylist()
            assert given == [f"M{number}" for number in range(10)]
            assert len(service.asked) == 10

    asyncio.run(main())
